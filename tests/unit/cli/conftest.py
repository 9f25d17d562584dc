"""A small project with photos, and renders of its part, made once for all tests that look at renders."""

import shutil

import numpy as np
import pytest
import trimesh
from PIL import Image

from partsight.cli.app import run

RECIPE = """
[parts.QF]
files = ["QF.stl"]
[randomize]
placement = "orbit"
[render]
count = 4
width = 96
height = 96
samples_per_pixel = 2
variant = "scalar_rgb"
workers = 1
[photos]
folder = "photos"
"""


def write_part(path):
    """A block: it is read and drawn in no time."""
    trimesh.creation.box((400, 300, 200)).export(path)


@pytest.fixture
def project(tmp_path):
    write_part(tmp_path / "QF.stl")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "classes.txt").write_text("QF\n")
    for session in ("monday", "tuesday"):
        for kind in ("images", "labels"):
            (tmp_path / "photos" / kind / session).mkdir(parents=True)
        for number in range(2):
            pixels = np.random.default_rng(number + 10 * len(session)).integers(0, 255, (80, 100, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"photos/images/{session}/{session}{number}.png")
            (tmp_path / f"photos/labels/{session}/{session}{number}.txt").write_text("0 0.5 0.5 0.3 0.4\n")
    return tmp_path


@pytest.fixture(scope="session")
def finished_runs(tmp_path_factory):
    """The runs folder after the part was read and its pictures were made."""
    folder = tmp_path_factory.mktemp("rendered")
    write_part(folder / "QF.stl")
    (folder / "recipe.toml").write_text(RECIPE.split("[photos]", maxsplit=1)[0])
    assert run(["render", "--recipe", str(folder / "recipe.toml")]) == 0
    return folder / "runs"


@pytest.fixture
def rendered_project(project, finished_runs):
    """The project with its pictures made."""
    shutil.copytree(finished_runs, project / "runs")
    return project
