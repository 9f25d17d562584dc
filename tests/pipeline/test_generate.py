"""Renders: a picture is a function of recipe, seed and number; a killed run ends like an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.errors import StorageError
from partsight.files import read_json, write_json
from partsight.labels.formats.rendered import label_path
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace, claimed
from partsight.pipeline.stages.render.stage import dataset_hash
from partsight.progress import Silence


def changed(recipe: Recipe, **render) -> Recipe:
    return recipe.but(render=recipe.render.but(**render))


def hash_in(root: Path, recipe: Recipe) -> str:
    renders = Experiment(recipe, Workspace(root), Silence()).render()
    return dataset_hash(renders.folder, recipe.render.count)


def test_two_workers_make_the_same_pictures_as_one(finished, smoke, tmp_path):
    one = dataset_hash(finished.render().folder, smoke.render.count)
    assert hash_in(tmp_path, changed(smoke, workers=2)) == one


def test_fresh_workers_go_on_where_worn_ones_stopped(finished, smoke, tmp_path, monkeypatch):
    monkeypatch.setattr("partsight.pipeline.stages.render.stage.PICTURES_PER_WORKER", 1)
    one = dataset_hash(finished.render().folder, smoke.render.count)
    assert hash_in(tmp_path, changed(smoke, workers=2)) == one


def test_a_picture_made_alone_is_the_one_made_in_sequence(finished, smoke, tmp_path):
    """Only the last picture is missing: it is made alone, and the dataset is as before."""
    count = smoke.render.count
    folder = Experiment(smoke, Workspace(tmp_path), Silence()).render().folder
    label_path(folder, count - 1).unlink()
    (folder / "manifest.json").unlink()
    assert hash_in(tmp_path, smoke) == dataset_hash(finished.render().folder, count)


def test_more_pictures_extend_the_folder(smoke, tmp_path):
    few = Experiment(changed(smoke, count=2), Workspace(tmp_path), Silence()).render()
    written = label_path(few.folder, 0).stat().st_mtime_ns
    more = Experiment(changed(smoke, count=4), Workspace(tmp_path), Silence()).render()
    assert more.folder == few.folder
    assert len(more.dataset.samples) == 4
    assert label_path(more.folder, 0).stat().st_mtime_ns == written


def test_another_seed_makes_other_pictures(finished, smoke, tmp_path):
    other = smoke.but(seed=smoke.seed + 1)
    assert hash_in(tmp_path, changed(other, count=2)) != dataset_hash(finished.render().folder, 2)


def test_a_finished_stage_is_found_not_repeated(finished, smoke):
    before = {path: path.stat().st_mtime_ns for path in finished.render().folder.glob("*/*")}
    Experiment(smoke, finished.workspace, Silence()).render()
    assert {path: path.stat().st_mtime_ns for path in finished.render().folder.glob("*/*")} == before


def test_boxes_lie_in_the_picture_and_around_visible_pixels(finished, smoke):
    for index in range(smoke.render.count):
        label = read_json(label_path(finished.render().folder, index))
        for found in label["objects"]:
            left, top, right, bottom = found["box_xyxy"]
            assert 0 <= left < right <= label["size_wh"][0]
            assert 0 <= top < bottom <= label["size_wh"][1]
            assert 0 < found["num_visible_px"] <= (right - left) * (bottom - top)


def test_a_workspace_is_absolute(tmp_path, monkeypatch):
    """The demo's own default is a relative folder, which the detector library would take for one of its own."""
    monkeypatch.chdir(tmp_path)
    assert Workspace(Path("runs")).stage_dir("train", "x") == tmp_path / "runs" / "train" / "x"


def test_a_folder_in_use_is_refused(tmp_path):
    with claimed(tmp_path), pytest.raises(StorageError, match="another partsight process"), claimed(tmp_path):
        pass


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_like_an_undisturbed_one(finished, smoke, tmp_path):
    """Kills the whole process group with SIGKILL; two workers, so kills fall between all kinds of writes."""
    recipe_path = tmp_path / "recipe.json"
    write_json(recipe_path, effective_recipe(changed(smoke, workers=2)))
    moments = random.Random(4)
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", RUN, str(recipe_path), str(tmp_path)], start_new_session=True)
        time.sleep(moments.uniform(2.0, 6.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert hash_in(tmp_path / "runs", smoke) == dataset_hash(finished.render().folder, smoke.render.count)
    assert not list(tmp_path.glob("**/*.partial"))


RUN = """
import sys
from pathlib import Path
from partsight.config.recipe import Recipe
from partsight.files import read_json
from partsight.pipeline.experiment import Experiment
from partsight.progress import Silence
from partsight.pipeline.running.workspace import Workspace

if __name__ == "__main__":
    recipe = Recipe.parse(read_json(Path(sys.argv[1])))
    Experiment(recipe, Workspace(Path(sys.argv[2]) / "runs"), Silence()).render()
"""


def test_other_cad_files_stand_around_and_are_part_of_the_key(smoke, samples, tmp_path):
    """They are read like the classes, drawn into the scenes, and never labeled."""
    distractors = smoke.randomize.distractors.but(cad=(samples / "SHD.step",), cad_share=1.0, per_image=(3, 3))
    crowded = changed(smoke.at("randomize.distractors", distractors), count=2)
    alone = Experiment(changed(smoke, count=2), Workspace(tmp_path), Silence())
    together = Experiment(crowded, Workspace(tmp_path), Silence())
    assert together.import_parts().key != alone.import_parts().key
    assert set(together.import_parts().files) == set(smoke.parts)
    assert len(together.import_parts().others) == 1
    assert together.render().dataset.class_names == alone.render().dataset.class_names
    assert hash_in(tmp_path, crowded) != hash_in(tmp_path, changed(smoke, count=2))
