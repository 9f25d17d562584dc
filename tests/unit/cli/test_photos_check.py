"""`partsight photos check` on a small real run: what it finds, what it refuses to look at."""

from partsight.cli.app import run
from tests.unit.cli.conftest import RECIPE


def check(project, *more, photos=""):
    (project / "recipe.toml").write_text(RECIPE + photos)
    return run(["photos", "check", "--recipe", str(project / "recipe.toml"), *more])


def test_sessions_and_splits_are_shown(project, capsys):
    assert check(project, photos='train = ["monday"]\ntest = ["tuesday"]\n') == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "4 photos, 4 boxes" in shown
    assert "monday train 2" in shown
    assert "the test is one session" in shown


def test_strict_fails_for_findings(project):
    assert check(project, "--strict", photos='train = ["monday"]\n') == 1


def test_gaps_name_the_figures_and_the_keys(rendered_project, capsys):
    assert check(rendered_project, "--gaps", photos='train = ["monday"]\ntest = ["tuesday"]\n') == 0
    shown = capsys.readouterr().out
    assert "noise" in shown
    assert "object size" in shown
    assert "to cover more, change randomize." in shown


def test_test_photos_are_not_compared(project, capsys):
    assert check(project, "--gaps", photos='test = ["monday", "tuesday"]\n') == 1
    assert "Test photos choose nothing" in capsys.readouterr().err


def test_a_recipe_without_photos_says_so(project, capsys):
    (project / "recipe.toml").write_text('[parts.QF]\nfiles = ["QF.stl"]\n')
    assert run(["photos", "check", "--recipe", str(project / "recipe.toml")]) == 1
    assert "the recipe has no photos" in capsys.readouterr().err
