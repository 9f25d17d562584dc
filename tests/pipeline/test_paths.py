"""The whole way in a folder with a name of every sign: from CAD files and photos to boxes."""

import json
import shutil
from importlib.util import find_spec

import pytest
from PIL import Image

from partsight.cli.app import run
from partsight.config.loading import read_recipe
from tests.hostile_names import ALL_IN_ONE

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
needs_library = pytest.mark.skipif(find_spec("ultralytics") is None, reason="the extra [yolo] is not installed")
RECIPE = """
name = "{name}"
[parts.{name}]
files = [{cad}]
[randomize.camera]
object_size = [0.4, 0.9]
[render]
count = 8
width = 96
height = 96
samples_per_pixel = 4
variant = "scalar_rgb"
workers = 1
[photos]
folder = {photos}
train = [{session}]
[dataset]
render_validation_share = 0.3
render_test_share = 0.3
[train]
family = "{family}"
model = "{model}"
weights = "scratch"
image_size = 96
epochs = 1
batch = 4
[evaluate]
bootstrap = 50
"""


READABLE = ALL_IN_ONE.replace("\n", " ")
"""Paths may hold every sign; names that people read are one line."""


def make_project(folder, samples, family):
    """A recipe, a CAD file and a labeled photo whose names are all of every sign."""
    name = ALL_IN_ONE
    session = folder / name / "images" / READABLE
    labels = folder / name / "labels" / READABLE
    for made in (session, labels):
        made.mkdir(parents=True)
    shutil.copy(samples / "QF.step", folder / f"{name}.step")
    Image.new("RGB", (96, 96), (90, 120, 60)).save(session / f"{name}.jpg")
    (labels / f"{name}.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    (folder / name / "classes.txt").write_text("part\n")
    quoted = {"cad": f"{name}.step", "photos": name, "session": READABLE}
    content = {"name": "part", "family": family, "model": "nano" if family == "compact" else "yolov8n"}
    content |= {key: json.dumps(value) for key, value in quoted.items()}
    (folder / "recipe.toml").write_text(RECIPE.format(**content))


@pytest.mark.slow
@pytest.mark.parametrize("family", [pytest.param("ultralytics", marks=needs_library), "compact"])
def test_every_stage_works_in_a_folder_of_any_name(tmp_path, samples, family):
    folder = tmp_path / ALL_IN_ONE
    folder.mkdir()
    make_project(folder, samples, family)
    recipe = ["--recipe", str(folder / "recipe.toml")]
    assert run(["run", *recipe]) == 0
    assert run(["photos", "check", *recipe]) == 0
    assert len(list(folder.glob("runs/report/*/report.html"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [ALL_IN_ONE], "nothing lies beside the folder"
    if family == "ultralytics":  # a network that has learned nothing: the other family's answers differ by chance
        check_model_is_made_and_used(folder, recipe)


def check_model_is_made_and_used(folder, recipe):
    pictures, found = folder / f"in {ALL_IN_ONE}", folder / f"out {ALL_IN_ONE}"
    shutil.copytree(folder / ALL_IN_ONE / "images", pictures)
    assert run(["export", *recipe, "--to", "onnx"]) == 0
    told = [f"--{kind}={folder / 'told' / kind}" for kind in ("json", "csv", "coco")]
    assert run(["detect", str(folder / "model"), str(pictures), "--annotated", "--out", str(found), *told]) == 0
    assert [path.name for path in found.rglob("*.jpg")] == [f"{ALL_IN_ONE}.jpg"]


@pytest.mark.parametrize("kind", ["yolo", "coco", "voc", "cvat", "label-studio"])
def test_labels_of_photos_of_any_name_are_handed_on(tmp_path, samples, kind):
    folder = tmp_path / ALL_IN_ONE
    folder.mkdir()
    make_project(folder, samples, "compact")
    assert (
        run(["photos", "export", "--to", kind, "--out", str(folder / kind), "--photos", str(folder / ALL_IN_ONE)]) == 0
    )
    brought = folder / "brought"
    assert run(["photos", "import", str(folder / kind), "--photos", str(brought), "--session", "one"]) == 0
    assert len(list(brought.rglob("*.jpg"))) == 1


def test_a_project_is_made_in_a_folder_of_any_name(tmp_path, samples):
    folder = tmp_path / ALL_IN_ONE
    (folder / "cad").mkdir(parents=True)
    shutil.copy(samples / "QF.step", folder / "cad" / f"{ALL_IN_ONE}.step")
    assert run(["init", str(folder / "cad"), "--out", str(folder)]) == 0
    recipe = read_recipe(folder / "recipe.toml")
    assert recipe.name == READABLE
    (name,) = recipe.class_names
    assert "\n" not in name
    assert [path.resolve() for path in recipe.parts[name].files] == [folder / "cad" / f"{ALL_IN_ONE}.step"]
