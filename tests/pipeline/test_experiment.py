"""The whole way: from CAD files to the report, with nothing mocked."""

import pytest
from PIL import Image

from partsight.errors import DatasetError
from partsight.files import read_json
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.stages.dataset.assembling import assemble, listed_times
from partsight.pipeline.stages.dataset.photo_splits import behind_parts, check_behind_parts, read_splits
from partsight.progress import Silence


@pytest.mark.slow
def test_a_recipe_becomes_a_report(finished, smoke):
    experiment = Experiment(smoke, finished.workspace, Silence())
    page = experiment.report().read_text()
    evaluation = experiment.evaluate().evaluation
    assert evaluation.class_names == tuple(smoke.parts)
    assert evaluation.threshold_source == "validation"
    assert evaluation.num_images == len(experiment.assemble().splits.test.samples)
    assert all(name in page for name in smoke.parts)
    assert "http://" not in page.replace("http://www.w3.org", "")
    recorded = read_json(experiment.train().checkpoint.path.parent / "recipe.json")
    assert recorded["seed"] == smoke.seed


def test_too_few_pictures_for_a_test_set_say_what_to_do(finished, smoke):
    experiment = Experiment(smoke.at("dataset.render_test_share", 0.0), finished.workspace, Silence())
    with pytest.raises(DatasetError, match=r"dataset\.test: 0 pictures"):
        experiment.assemble()


def test_photos_without_parts_are_a_share_of_what_is_shown_once_their_folder_is_named(finished, smoke, tmp_path):
    for number in range(2):
        Image.new("RGB", (64, 48), (number, 9, 9)).save(tmp_path / f"place{number}.jpg")
    recipe = smoke.at("photos.places", tmp_path)
    train = assemble(recipe, finished.render().dataset, read_splits(recipe)).train
    times = listed_times(recipe, train)
    listed = {
        source: [times.get(one.sample_id, 1) for one in train.samples if one.source == source]
        for source in ("render", "photo")
    }
    assert len(listed["photo"]) == 2
    assert set(listed["render"]) == {1}
    assert sum(listed["photo"]) == max(2, round(len(listed["render"]) * 0.15 / 0.85))


def test_backgrounds_among_the_pictures_that_choose_join_the_renders(finished, smoke, tmp_path):
    for name in ("hall", "yard"):
        Image.new("RGB", (64, 48), (9, 9, 9)).save(tmp_path / f"{name}.jpg")
    section = smoke.photos.but(places=tmp_path, validation=("places/hall",))
    recipe = smoke.but(photos=section)
    splits = assemble(recipe, finished.render().dataset, read_splits(recipe))
    as_before = assemble(smoke, finished.render().dataset, read_splits(smoke))
    names = [{sample.sample_id for sample in one.validation.samples} for one in (splits, as_before)]
    assert names[0] == names[1] | {"place__hall"}
    assert len(names[1]) > 0
    assert "place__yard" in {sample.sample_id for sample in splits.train.samples}


def test_a_photo_that_validates_is_refused_behind_the_parts(finished, smoke, tmp_path):
    places = tmp_path / "places"
    places.mkdir()
    for number, name in enumerate(("hall", "yard")):
        Image.new("RGB", (64, 48), (number, number, 9)).save(places / f"{name}.png")
    photos = smoke.photos.but(places=places, validation=("places/hall",))
    recipe = smoke.at({"photos": photos})
    assert [path.name for path in behind_parts(recipe).randomize.background.pictures] == ["yard.png"]
    check_behind_parts(recipe, read_splits(recipe))
    stated = recipe.at("randomize.background.pictures", [str(places / "hall.png")])
    with pytest.raises(DatasetError, match=r"1 of 1 pictures of places .* validate or test as well: .*hall\.png\."):
        check_behind_parts(stated, read_splits(stated))
