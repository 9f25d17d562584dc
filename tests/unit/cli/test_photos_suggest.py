"""`partsight photos suggest` on a small real run: what it says, and what it must not look at."""

import pytest
from PIL import Image

from partsight.cli.app import run
from partsight.config.loading import read_recipe
from partsight.pipeline.photos.suggest import usable_photos
from tests.unit.cli.conftest import RECIPE

SPLITS = 'train = ["monday"]\ntest = ["tuesday"]\n'


def suggest(project, *more, photos=SPLITS):
    (project / "recipe.toml").write_text(RECIPE + photos)
    return run(["photos", "suggest", "--recipe", str(project / "recipe.toml"), *more])


def test_with_few_renders_no_view_is_claimed_and_sizes_are_still_judged(rendered_project, capsys):
    assert suggest(rendered_project) == 0
    shown = capsys.readouterr().out
    assert "from which side your photos show it cannot be told" in shown
    assert "too few to try that on" in shown
    page = (rendered_project / "runs" / "suggestions.html").read_text()
    assert '<svg class="map"' not in page
    assert "http" not in page.replace("http-equiv", "")


def test_other_test_photos_give_the_same_advice(rendered_project, capsys):
    assert suggest(rendered_project) == 0
    first = capsys.readouterr().out
    for path in (rendered_project / "photos" / "images" / "tuesday").iterdir():
        Image.new("RGB", (100, 80), (250, 250, 250)).save(path)
        (rendered_project / "photos" / "labels" / "tuesday" / f"{path.stem}.txt").write_text("0 0.5 0.5 0.9 0.9\n" * 3)
    assert suggest(rendered_project) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if "take" in line or "QF:" in line] == [
        line for line in first.splitlines() if "take" in line or "QF:" in line
    ]
    assert "take QF" in first


@pytest.mark.parametrize(
    ("photos", "sessions"), [(SPLITS, {"monday"}), ('test = ["monday"]\n', {"tuesday"}), ("", {"monday", "tuesday"})]
)
def test_all_sessions_but_those_of_the_test_are_used(project, photos, sessions):
    (project / "recipe.toml").write_text(RECIPE + photos)
    recipe = read_recipe(project / "recipe.toml")
    assert {sample.session for sample in usable_photos(recipe)} == sessions


def test_a_recipe_without_photos_says_so(project, capsys):
    (project / "recipe.toml").write_text('[parts.QF]\nfiles = ["QF.stl"]\n')
    assert run(["photos", "suggest", "--recipe", str(project / "recipe.toml")]) == 1
    assert "the recipe has no photos" in capsys.readouterr().err


def test_the_detector_never_judges_labels_of_the_test(project, capsys):
    (project / "recipe.toml").write_text(RECIPE + 'test = ["monday", "tuesday"]\n')
    assert run(["photos", "check", "--detector", "--recipe", str(project / "recipe.toml")]) == 1
    assert "must not choose labels of the test" in capsys.readouterr().err


def test_unreadable_photos_are_passed_over_and_named(project, capsys):
    path = project / "photos" / "images" / "monday" / "monday0.png"
    path.write_bytes(path.read_bytes()[:900])
    assert suggest(project) == 0
    assert "monday0.png: not a readable picture" in " ".join(capsys.readouterr().out.split())
