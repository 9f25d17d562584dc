"""From two filmed walks to a labeled, split, checked dataset, without a step by hand; the renderer films, so every box is known."""

import dataclasses
import json

import numpy as np
import pytest

from partsight.annotate.annotating import annotate_scene
from partsight.cli.app import run
from partsight.config.loading import read_recipe
from partsight.dataset.photos import read_photos
from partsight.dataset.splits import check_disjoint, split_photos
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.randomize.sampler import open_sampler
from partsight.render.renderer import open_renderer
from partsight.render.sensor import expose
from partsight.structures.world.camera import Camera
from partsight.structures.world.transform import look_at, rotation_about
from tests.unit.photos.videos import RATE, write_video

SIZE_WH = (192, 144)
NUM_FRAMES, KEY_STEP = 17, 4
ORBIT_DEG = 24.0
TOLERANCE_PX = 3.0
"""Between key frames 6° of the walk apart, boxes do not move quite evenly."""


def walk(scene):
    """The same scene from cameras that go round its classed parts."""
    places = [instance.world_from_part[:3, 3] for instance in scene.instances if instance.class_id is not None]
    middle = np.mean(places, axis=0)
    offset = scene.camera.world_from_camera[:3, 3] - middle
    reach = max(np.linalg.norm(place - middle) for place in places)
    offset *= max(1.0, 4 * reach / np.linalg.norm(offset))
    for step in range(NUM_FRAMES):
        eye = middle + rotation_about([0, 0, 1], ORBIT_DEG * step / (NUM_FRAMES - 1)) @ offset
        yield dataclasses.replace(scene, camera=Camera(scene.camera.intrinsics, look_at(eye, middle)))


def boxes_of(scene, recipe):
    """Exact boxes by class."""
    found = annotate_scene(scene, recipe.annotate).objects
    return {one.class_id: one.box_xyxy for one in found}


def find_scene(parts, recipe, seed):
    """The first scene with one of each part, both whole in every frame of the walk."""
    sampler = open_sampler(recipe.randomize, parts, SIZE_WH, seed)
    for index in range(60):
        scene = sampler.sample(index)
        classes = sorted(one.class_id for one in scene.instances if one.class_id is not None)
        if classes == [0, 1] and all(is_whole(view, recipe) for view in walk(scene)):
            return scene
    pytest.fail("no such scene")


def is_whole(scene, recipe):
    found = annotate_scene(scene, recipe.annotate).objects
    return len(found) == 2 and all(one.truncated_fraction == 0 and one.visible_fraction > 0.95 for one in found)


def export(names, boxes):
    """Key frames as Label Studio writes them."""
    results = []
    for class_id, name in enumerate(names):
        keys = []
        for frame in range(0, NUM_FRAMES, KEY_STEP):
            left, top, right, bottom = (boxes[frame][class_id] / np.array([*SIZE_WH, *SIZE_WH]) * 100).tolist()
            keys.append({"frame": frame + 1, "enabled": True, "rotation": 0, "x": left, "y": top, "width": right - left,
                         "height": bottom - top, "time": frame / RATE})  # fmt: skip
        value = {"framesCount": NUM_FRAMES, "duration": NUM_FRAMES / RATE, "sequence": keys, "labels": [name]}
        results.append({"id": f"t{class_id}", "type": "videorectangle", "from_name": "box", "to_name": "video",
                        "origin": "manual", "value": value})  # fmt: skip
    return [
        {"id": 1, "data": {"video": "/data/upload/1/3f2b9c1e-walk.mp4"}, "annotations": [{"id": 1, "result": results}]}
    ]


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory):
    """Two sessions filmed, added, imported; the exact boxes of all frames by session."""
    folder, recipe = tmp_path_factory.mktemp("walks"), finished.recipe
    recipe = recipe.at({"randomize.scatter.parts_per_image": (2, 2), "randomize.scatter.empty_share": 0.0})
    parts, exact = load_parts(finished.import_parts().folder, finished.import_parts().files), {}
    with open_renderer(recipe.render, 1) as renderer:
        for seed, session in enumerate(("monday", "tuesday")):
            scenes = list(walk(find_scene(parts, recipe, seed)))
            frames = [expose(renderer.render(scene), scene.sensor) for scene in scenes]
            exact[session] = [boxes_of(scene, recipe) for scene in scenes]
            video = write_video(folder / session / "walk.mp4", frames)
            (folder / f"{session}.json").write_text(json.dumps(export(recipe.class_names, exact[session])))
            photos = ["--photos", str(folder / "photos")]
            assert run(["photos", "add", str(video), "--session", session, *photos]) == 0
            waiting = str(folder / "photos" / "to_label" / session)
            source = str(folder / f"{session}.json")
            assert run(["photos", "import", source, "--session", session, "--pictures", waiting, "--yes", *photos]) == 0
    (folder / "recipe.toml").write_text(
        "".join(f'[parts.{name}]\nfiles = ["{part.files[0]}"]\n' for name, part in recipe.parts.items())
        + '[photos]\nfolder = "photos"\ntrain = ["monday"]\ntest = ["tuesday"]\n'
    )
    return folder, exact


def test_interpolated_boxes_are_those_of_the_film(project):
    folder, exact = project
    recipe = read_recipe(folder / "recipe.toml")
    photos = read_photos(recipe.photos, recipe.class_names)
    between = 0
    for sample in photos.samples:
        frame = round(int(sample.image_path.stem.rpartition("-")[2]) / 1000 * RATE)
        between += frame % KEY_STEP != 0
        known = exact[sample.image_path.parent.name][frame]
        for class_id, box in zip(sample.class_ids.tolist(), sample.boxes_xyxy, strict=True):
            np.testing.assert_allclose(box, known[class_id], atol=TOLERANCE_PX)
        assert sorted(sample.class_ids.tolist()) == [0, 1]
    assert between >= 2


def test_sessions_are_kept_apart(project):
    recipe = read_recipe(project[0] / "recipe.toml")
    splits = split_photos(read_photos(recipe.photos, recipe.class_names), recipe.photos)
    check_disjoint(splits)
    assert {sample.session for sample in splits.train.samples} == {"monday"}
    assert {sample.session for sample in splits.test.samples} == {"tuesday"}


def test_the_check_says_what_one_test_session_cannot_prove(project, capsys):
    assert run(["photos", "check", "--recipe", str(project[0] / "recipe.toml")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "the test is one session" in shown
    assert "same picture in two sessions" not in shown
