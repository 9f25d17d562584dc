"""Keys form a graph before anything runs, and each depends on what its stage reads, and on nothing else."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from partsight.config.recipe import Recipe
from partsight.detector.backbones import imagenet
from partsight.detector.verifier import open_verifiers
from partsight.pipeline.stages.graph import Graph

SESSIONS = ("monday", "tuesday", "wednesday")
"""They train, validate and test."""


@pytest.fixture
def project(tmp_path, samples):
    """A folder with a CAD file and three sessions of labeled photos."""
    shutil.copy(samples / "QF.step", tmp_path / "QF.step")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "classes.txt").write_text("QF\n")
    for number, session in enumerate(SESSIONS):
        for name in ("images", "labels"):
            (tmp_path / "photos" / name / session).mkdir(parents=True)
        for index in range(2):
            color = (number, index, 0)
            Image.new("RGB", (64, 48), color).save(tmp_path / "photos" / "images" / session / f"{index}.png")
            (tmp_path / "photos" / "labels" / session / f"{index}.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    return tmp_path


def keys(project: Path, **changes) -> dict[str, tuple[str, ...]]:
    """Return the keys of a project's stages by name, in their order."""
    content = {
        "parts": {"QF": {"files": ["QF.step"]}},
        "photos": {
            "folder": "photos",
            **dict(zip(("train", "validation", "test"), map(list, zip(SESSIONS)), strict=True)),
        },
        "dataset": {"photos_per_class": "all"},
        "verify": {"enabled": False},
    }
    for section, values in changes.items():
        content[section] = {**content.get(section, {}), **values}
    recipe = Recipe.parse(content, base_dir=project)
    found: dict[str, tuple[str, ...]] = {}
    for stage in Graph(recipe, lambda _recipe: "scalar_rgb").stages:
        found[stage.name] = (*found.get(stage.name, ()), stage.key)
    return found


def changed(before: dict[str, tuple[str, ...]], after: dict[str, tuple[str, ...]]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def label(project: Path, session: str) -> Path:
    return project / "photos" / "labels" / session / "0.txt"


@pytest.mark.parametrize(
    "stray",
    [
        "photos/.DS_Store",
        "photos/images/monday/.DS_Store",
        "photos/to_label/new/1.png",
        "photos/photos.json",
        "photos/notes.txt",
    ],
)
def test_a_file_that_no_stage_reads_changes_no_key(project, stray):
    before = keys(project)
    (project / stray).parent.mkdir(parents=True, exist_ok=True)
    (project / stray).write_bytes(b"anything")
    assert changed(before, keys(project)) == set()


def test_a_label_of_a_test_photo_is_measured_again_and_trains_nothing(project):
    before = keys(project)
    label(project, "wednesday").write_text("0 0.4 0.4 0.2 0.2\n")
    assert changed(before, keys(project)) == {"evaluate", "report"}


@pytest.mark.parametrize("session", ["monday", "tuesday"])
def test_a_label_of_a_photo_that_teaches_or_validates_trains_anew(project, session):
    before = keys(project)
    label(project, session).write_text("0 0.4 0.4 0.2 0.2\n")
    assert changed(before, keys(project)) == {"dataset", "train", "evaluate", "report"}


def test_other_pixels_under_the_same_name_train_anew(project):
    before = keys(project)
    Image.new("RGB", (64, 48), (9, 9, 9)).save(project / "photos" / "images" / "monday" / "0.png")
    assert changed(before, keys(project)) == {"dataset", "train", "evaluate", "report"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"render": {"count": 7}}, {"dataset", "train", "evaluate", "report"}),
        ({"render": {"workers": 3}}, set()),
        ({"train": {"threads": 1}}, set()),
        ({"train": {"epochs": 3}}, {"train", "evaluate", "report"}),
        ({"train": {"task": "detect"}}, set()),
        ({"train": {"task": "segment"}}, {"dataset", "train", "evaluate", "report"}),
        ({"evaluate": {"min_score": 0.02}}, {"evaluate", "report"}),
        ({"report": {"gallery": 3}}, {"report"}),
        ({"cluster": {"kind": "slurm"}}, set()),
    ],
)
def test_a_setting_changes_the_stages_that_read_it(project, changes, expected):
    assert changed(keys(project), keys(project, **changes)) == expected


def test_photos_alone_do_not_depend_on_how_pictures_are_drawn(project):
    alone = {"dataset": {"photos_per_class": "all", "renders": 0}}
    before, after = keys(project, **alone), keys(project, **alone, render={"samples_per_pixel": 3})
    assert changed(before, after) == {"render", "report"}


def test_other_files_beside_the_users_pictures_of_places_draw_nothing_anew(project):
    places = project / "places"
    places.mkdir()
    Image.new("RGB", (32, 32), (1, 2, 3)).save(places / "hall.png")
    behind = {"photos": {"places": "places"}}
    before = keys(project, **behind)
    (places / "Thumbs.db").write_bytes(b"x")
    assert changed(before, keys(project, **behind)) == set()
    Image.new("RGB", (32, 32), (3, 2, 1)).save(places / "yard.png")
    assert "render" in changed(before, keys(project, **behind))


def film_places(project, count):
    for number in range(count):
        path = project / "places" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (32, 32), (number, 200, 3)).save(path)
    return {"photos": {"places": "places"}}


def test_places_that_judge_are_not_drawn_behind_parts_and_change_no_render(project):
    behind = {**film_places(project, 40), "photos": {"places": "places", "validation": ["tuesday", "places/0"]}}
    before = keys(project, **behind)
    Image.new("RGB", (32, 32), (9, 9, 9)).save(project / "places" / "0.png")
    after = keys(project, **behind)
    assert before["render"] == after["render"]
    assert before["evaluate"] != after["evaluate"]


def test_places_can_be_left_out_from_behind_the_parts(project):
    plain = keys(project)
    hidden = keys(project, **film_places(project, 3), randomize={"background": {"photo_share": 0.0}})
    assert "train" in changed(plain, hidden)
    unseen = keys(project, randomize={"background": {"photo_share": 0.0}})
    assert hidden["render"] == unseen["render"]


@pytest.mark.parametrize(("count", "num_trainings"), [(19, 1), (20, 2)])
def test_with_enough_places_there_is_a_round_against_false_alarms(project, count, num_trainings):
    assert len(keys(project, **film_places(project, count))["train"]) == num_trainings
    assert len(keys(project, **film_places(project, count), train={"hard": {"rounds": 0}})["train"]) == 1


def test_a_round_that_nobody_asked_for_takes_a_third_of_the_training_at_most(project):
    content = {"parts": {"QF": {"files": ["QF.step"]}}, **film_places(project, 20), "verify": {"enabled": False}}
    short = {"render": {"count": 90}, "train": {"epochs": 8}}
    usual, hard = Graph(Recipe.parse({**content, **short}, base_dir=project), lambda _recipe: "scalar_rgb").trainings
    assert 0 < hard.num_units <= usual.num_units / 3
    asked = {**short, "train": {"epochs": 8, "hard": {"rounds": 1}}}
    _, stated = Graph(Recipe.parse({**content, **asked}, base_dir=project), lambda _recipe: "scalar_rgb").trainings
    assert stated.num_units == 16000


def test_a_session_that_is_added_to_train_trains_the_second_stage_only(project):
    staged = {"train": {"schedule": "two_stage"}}
    before = keys(project, **staged, photos={"train": []})
    after = keys(project, **staged)
    assert before["render"] == after["render"]
    assert len(before["train"]) == 1
    assert after["train"][0] == before["train"][0]
    assert len(after["train"]) == 2
    alone = keys(project, photos={"train": []}, dataset={"photos_per_class": 0})
    assert alone["train"] == after["train"][:1], "what renders taught a recipe without photos is found again"


def test_all_trainings_of_a_schedule_have_keys_before_anything_ran(project):
    video = project / "walk.mp4"
    video.write_bytes(b"a film")
    rounds = {"hard": {"rounds": 2}, "self_training": {"videos": ["walk.mp4"]}}
    found = keys(project, train={"schedule": "two_stage", **rounds})
    assert len(set(found["train"])) == 5, "renders, photos, two rounds against false alarms, own labels"
    assert (len(found["alarms"]), len(found["pasted"]), len(found["frames"])) == (2, 2, 1)
    assert not (project / "runs").exists()


needs_weights = pytest.mark.skipif(
    open_verifiers().find_weights() is None, reason="the weights of the second opinion are not installed"
)


@needs_weights
def test_a_second_opinion_is_measured_and_trains_no_detector(project):
    alone, verified = keys(project), keys(project, verify={"enabled": True})
    assert set(verified) - set(alone) == {"verify"}
    assert changed(alone, verified) == {"evaluate", "report"}


@needs_weights
def test_a_verifier_depends_on_what_it_learns_from_and_not_on_the_test(project):
    before = keys(project, verify={"enabled": True})
    label(project, "wednesday").write_text("0 0.4 0.4 0.2 0.2\n")
    assert changed(before, keys(project, verify={"enabled": True})) == {"evaluate", "report"}
    label(project, "monday").write_text("0 0.4 0.4 0.2 0.2\n")
    assert "verify" in changed(before, keys(project, verify={"enabled": True}))


def test_without_its_weights_there_is_no_second_opinion(project, monkeypatch):
    monkeypatch.setattr(imagenet, "_PACKAGE", "no_such_package")
    assert "verify" not in keys(project, verify={"enabled": True})


OUTLINE = "0 0.4 0.4 0.6 0.4 0.6 0.6 0.5 0.55 0.4 0.6\n"
"""Its extent is the box that all photos of the project have."""
OTHER_OUTLINE = "0 0.4 0.4 0.6 0.4 0.6 0.6 0.5 0.45 0.4 0.6\n"


def outline_all(project: Path) -> None:
    for session in SESSIONS:
        for index in range(2):
            (project / "photos" / "labels" / session / f"{index}.txt").write_text(OUTLINE)


@pytest.mark.parametrize(
    ("task", "expected"), [("detect", set()), ("segment", {"dataset", "train", "evaluate", "report"})]
)
def test_an_outline_of_the_same_box_counts_where_masks_are_learned(project, task, expected):
    outline_all(project)
    before = keys(project, train={"task": task})
    label(project, "monday").write_text(OTHER_OUTLINE)
    assert changed(before, keys(project, train={"task": task})) == expected


def test_an_outline_of_a_test_photo_is_measured_again_and_trains_nothing(project):
    outline_all(project)
    before = keys(project, train={"task": "segment"})
    label(project, "wednesday").write_text(OTHER_OUTLINE)
    assert changed(before, keys(project, train={"task": "segment"})) == {"evaluate", "report"}


def test_masks_of_sub_parts_are_layers_and_boxes_need_none(project):
    parts = {"QF": {"files": ["QF.step"], "labels": {"Coil": ["COIL*"]}}}
    assert "layers" in keys(project, parts=parts, train={"task": "segment"})
    assert "layers" not in keys(project, parts=parts)
    assert "layers" not in keys(project, train={"task": "segment"})


def test_a_training_of_boxes_is_known_by_what_it_was_known_by_before_there_were_masks(project):
    parts = {"QF": {"files": ["QF.step"]}}
    for task, is_said in (("detect", False), ("segment", True)):
        recipe = Recipe.parse({"parts": parts, "train": {"task": task}}, base_dir=project)
        graph = Graph(recipe, lambda _recipe: "scalar_rgb")
        assert ("task" in graph.trainings[-1].inputs()["train"]) == is_said
        assert ("outlines" in graph.dataset.inputs()) == is_said
