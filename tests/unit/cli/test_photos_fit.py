"""`partsight photos fit-camera`: ranges from photos, and a recipe that keeps its comments."""

import tomllib

import numpy as np
import pytest
from PIL import Image

from partsight.cli.app import run

RECIPE = """# our magnets
[parts.QF]
files = ["QF.step"]

[photos]
folder = "photos"
validation = ["monday"]   # the quiet day
test = ["tuesday"]
"""


@pytest.fixture
def project(tmp_path, samples):
    (tmp_path / "QF.step").write_bytes((samples / "QF.step").read_bytes())
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "classes.txt").write_text("QF\n")
    for session, quality in (("monday", 60), ("tuesday", 90)):
        for kind in ("images", "labels"):
            (tmp_path / "photos" / kind / session).mkdir(parents=True)
        for number in range(4):
            pixels = np.random.default_rng(number).integers(60, 200, (120, 160, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"photos/images/{session}/{session}{number}.jpg", quality=quality)
            (tmp_path / f"photos/labels/{session}/{session}{number}.txt").write_text("0 0.5 0.5 0.3 0.4\n")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path


def fit(project, *more):
    return run(["photos", "fit-camera", "--recipe", str(project / "recipe.toml"), *more])


def test_the_ranges_are_shown_and_nothing_is_written_unasked(project, capsys):
    assert fit(project) == 0
    shown = capsys.readouterr().out
    assert "4 photos measured" in shown
    assert "jpeg_quality = [60, 60]" in shown
    assert (project / "recipe.toml").read_text() == RECIPE


def test_test_photos_choose_nothing(project, capsys):
    fit(project)
    assert "90" not in capsys.readouterr().out.split("jpeg_quality =")[1]


def test_the_recipe_takes_the_ranges_and_keeps_its_comments(project):
    assert fit(project, "--write") == 0
    text = (project / "recipe.toml").read_text()
    assert "# our magnets" in text
    assert "# the quiet day" in text
    assert tomllib.loads(text)["randomize"]["sensor"]["jpeg_quality"] == [60, 60]
    assert [path.name for path in project.glob("*.trial")] == []
    assert fit(project, "--write") == 0
    assert (project / "recipe.toml").read_text() == text


def test_a_folder_of_pictures_will_do(project, capsys):
    assert fit(project, str(project / "photos" / "images" / "tuesday")) == 0
    assert "jpeg_quality = [90, 90]" in capsys.readouterr().out


def test_without_photos_it_says_what_to_give(project, capsys):
    (project / "recipe.toml").write_text(RECIPE.split("[photos]", maxsplit=1)[0])
    assert fit(project) != 0
    assert "give a folder of pictures" in capsys.readouterr().err


def test_unreadable_photos_are_passed_over_and_named(project, capsys):
    images = project / "photos" / "images" / "monday"
    (images / "monday0.jpg").write_bytes((images / "monday0.jpg").read_bytes()[:900])
    (images / "monday1.jpg").write_bytes(b"nothing")
    assert fit(project) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 photos measured" in shown
    assert "monday0.jpg: not a readable picture" in shown
    assert "monday1.jpg: not a readable picture" in shown


@pytest.mark.parametrize("size_wh", [(400, 1), (1, 400), (9000, 2)])
def test_pictures_with_nothing_to_measure_tell_nothing(project, size_wh):
    (project / "thin").mkdir()
    Image.new("RGB", size_wh).save(project / "thin" / "a.png")
    assert fit(project, str(project / "thin")) == 0
