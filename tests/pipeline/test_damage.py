"""Every kind of file below `runs/`, damaged: the next command says so, and the one after it ends as if nothing had happened."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from partsight.errors import PartsightError
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.inventory import list_folders, verify_folder
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)

pytestmark = pytest.mark.slow
BESIDE = {".lock", "recipe.json"}
"""Files on which nothing depends."""


@pytest.fixture(scope="module")
def whole(smoke, tmp_path_factory):
    """A finished experiment of its own, and its detections."""
    workspace = Workspace(tmp_path_factory.mktemp("damage"))
    experiment = Experiment(smoke, workspace, Silence())
    experiment.report()
    return workspace, [found.boxes_xyxy.tolist() for found in experiment.evaluate().detections]


def one_of_each_kind(workspace):
    """Return a file of each folder and suffix of each stage."""
    found = {}
    for path in sorted(workspace.root.glob("*/*/**/*")):
        stage = path.relative_to(workspace.root).parts[0]
        if (
            path.is_file()
            and stage in {"cad", "render", "dataset", "train", "evaluate", "report"}
            and path.name not in BESIDE
        ):
            found.setdefault((stage, path.parent.name, path.suffix), path)
    return list(found.values())


def flip(path):
    content = bytearray(path.read_bytes()) or bytearray(1)
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def run_again(smoke, workspace):
    """Run all verbs up to five times; return what was told on the way, and the detections, None where it never ends well."""
    told = []
    for _ in range(5):
        experiment = Experiment(smoke, workspace, Silence())
        try:
            for verb in (
                experiment.import_parts,
                experiment.render,
                experiment.assemble,
                experiment.train,
                experiment.report,
            ):
                verb()
            return told, [found.boxes_xyxy.tolist() for found in experiment.evaluate().detections]
        except PartsightError as error:
            told.append(str(error))
    return told, None


@pytest.mark.parametrize("damage", [flip, Path.unlink])
def test_no_damage_is_silent_and_all_of_it_is_mended(whole, smoke, damage):
    workspace, detections = whole
    silent, stuck = [], []
    for path in one_of_each_kind(workspace):
        damage(path)
        told, found = run_again(smoke, workspace)
        if found != detections:
            stuck.append((path, told))
        is_as_killed = path.name == "manifest.json" and damage is Path.unlink
        if not told and not is_as_killed:
            silent.append(path)
    assert (silent, stuck) == ([], [])
    assert all(not verify_folder(one) for one in list_folders(workspace, ()))
