"""`partsight photos check` on a small real run: what it finds, what it refuses to look at."""

import numpy as np
from PIL import Image

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
    assert "than in nearly all renders: widen randomize." in " ".join(shown.split())


def test_test_photos_are_not_compared(project, capsys):
    assert check(project, "--gaps", photos='test = ["monday", "tuesday"]\n') == 1
    assert "Test photos choose nothing" in capsys.readouterr().err


def test_a_recipe_without_photos_says_so(project, capsys):
    (project / "recipe.toml").write_text('[parts.QF]\nfiles = ["QF.stl"]\n')
    assert run(["photos", "check", "--recipe", str(project / "recipe.toml")]) == 1
    assert "the recipe has no photos" in capsys.readouterr().err


def textured(seed):
    """A smooth picture that no other seed resembles."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((160, 120), Image.Resampling.BICUBIC)


def put(project, session, name, image):
    (project / "photos" / "images" / session).mkdir(parents=True, exist_ok=True)
    (project / "photos" / "labels" / session).mkdir(parents=True, exist_ok=True)
    image.save(project / "photos" / "images" / session / name)
    (project / "photos" / "labels" / session / name).with_suffix(".txt").write_text("0 0.5 0.5 0.3 0.4\n")


SPLITS = 'train = ["monday"]\ntest = ["tuesday"]\n'


def test_nearly_the_same_picture_in_two_splits_is_told(project, capsys):
    put(project, "monday", "walk.png", textured(7))
    put(project, "tuesday", "other.jpg", textured(7).resize((80, 60)))
    assert check(project, "--strict", photos=SPLITS) == 1
    assert "nearly the same picture: 1 pairs, monday__walk and tuesday__other" in capsys.readouterr().out


def test_copies_that_roboflow_made_of_one_picture_are_told_by_their_names(project, capsys):
    for session, seed in (("monday", 7), ("tuesday", 8)):
        put(project, session, f"walk_jpg.rf.{seed:032x}.png", textured(seed))
    assert check(project, "--strict", photos=SPLITS) == 1
    assert "copies of one picture: 1 pairs" in capsys.readouterr().out


def test_copies_are_told_by_what_their_import_kept(project, capsys, tmp_path):
    for split, seed in (("train", 7), ("test", 8)):
        (tmp_path / "export" / split / "images").mkdir(parents=True)
        (tmp_path / "export" / split / "labels").mkdir(parents=True)
        name = f"walk_jpg.rf.{seed:032x}"
        textured(seed).save(tmp_path / "export" / split / "images" / f"{name}.png")
        (tmp_path / "export" / split / "labels" / f"{name}.txt").write_text("0 0.5 0.5 0.3 0.4\n")
    (tmp_path / "export" / "data.yaml").write_text("names: [QF]\n")
    arguments = ["photos", "import", str(tmp_path / "export"), "--photos", str(project / "photos")]
    assert run([*arguments, "--session-from", "(train|test)"]) == 0
    assert check(project, "--strict", photos='train = ["train"]\ntest = ["test"]\n') == 1
    shown = capsys.readouterr().out
    assert "copies of one picture: 1 pairs, train__walk and test__walk" in shown
    assert "pictures found 2 = 2 imported + 0 left out" in shown, "the balance stays"


def test_copies_within_one_split_leak_nothing(project, capsys):
    put(project, "monday", "one.png", textured(7))
    put(project, "wednesday", "two.png", textured(7))
    check(project, photos='train = ["monday", "wednesday"]\ntest = ["tuesday"]\n')
    assert "two splits" not in capsys.readouterr().out


def test_a_photo_that_was_cut_off_is_told_by_name(project, capsys):
    put(project, "monday", "cut.png", textured(7))
    path = project / "photos" / "images" / "monday" / "cut.png"
    path.write_bytes(path.read_bytes()[:800])
    assert check(project) == 1
    assert "cut.png: not a readable picture" in capsys.readouterr().err


def test_what_was_decoded_whole_is_remembered_by_content(project):
    from partsight.files import read_json

    assert check(project) == 0
    remembered = read_json(project / "runs" / "pictures.json")["hashes"]
    assert len(remembered) == 4
    before = (project / "runs" / "pictures.json").stat().st_mtime_ns
    assert check(project) == 0
    assert (project / "runs" / "pictures.json").stat().st_mtime_ns == before
