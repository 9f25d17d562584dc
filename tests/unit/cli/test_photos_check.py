"""`partsight photos check` on a small real run: what it finds, what it refuses to look at."""

import numpy as np
import pytest
from PIL import Image

from partsight.cli.app import run

RECIPE = """
[parts.QF]
files = ["QF.step"]
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


@pytest.fixture
def project(tmp_path, samples):
    (tmp_path / "QF.step").write_bytes((samples / "QF.step").read_bytes())
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


def test_gaps_name_the_figures_and_the_keys(project, capsys):
    assert check(project, "--gaps", photos='train = ["monday"]\ntest = ["tuesday"]\n') == 0
    shown = capsys.readouterr().out
    assert "noise" in shown
    assert "object size" in shown
    assert "to cover more, change randomize." in shown


def test_test_photos_are_not_compared(project, capsys):
    assert check(project, "--gaps", photos='test = ["monday", "tuesday"]\n') == 1
    assert "Test photos choose nothing" in capsys.readouterr().err


def test_a_recipe_without_photos_says_so(project, capsys):
    (project / "recipe.toml").write_text('[parts.QF]\nfiles = ["QF.step"]\n')
    assert run(["photos", "check", "--recipe", str(project / "recipe.toml")]) == 1
    assert "the recipe has no photos" in capsys.readouterr().err
