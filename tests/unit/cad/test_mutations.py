"""Damaged files: each loads or is explained, within the limits, and the main process lives.

`benchmarks/cad.py --mutations 2000` does the same at scale.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from partsight.cad.reading import read_file
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError
from tests.unit.cad.conftest import READERS, write_step
from tests.unit.cad.mutations import mutated

NUM_FILES = 16
LIMITS = CadSection(timeout_s=30, memory_limit_gb=2)


def outcome(path):
    try:
        read_file(path.stem, path, PartSection(files=(path,)), LIMITS, (None, READERS))
    except CadError as error:
        return str(error)
    return "loaded"


def test_damaged_files_are_survived_and_explained(tmp_path, box):
    original = write_step(tmp_path / "box.step", [("A", box, (0, 0, 0), (1, 0, 0)), ("B", box, (50, 0, 0), None)])
    content = original.read_bytes()
    paths = []
    for seed in range(NUM_FILES):
        kind, damaged = mutated(content, np.random.default_rng(seed))
        paths.append(tmp_path / f"{seed:02d}-{kind}.step")
        paths[-1].write_bytes(damaged)
    with ThreadPoolExecutor(2) as executor:
        outcomes = list(executor.map(outcome, paths))
    assert len(outcomes) == NUM_FILES
    for path, told in zip(paths, outcomes, strict=True):
        assert told == "loaded" or str(path) in told
        assert "Traceback" not in told
    assert any(told != "loaded" for told in outcomes)
