"""Which photos teach and judge where masks are learned: those in which every part has an outline; boxes are judged on all."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.config.recipe import Recipe
from partsight.pipeline.stages.dataset.assembling import assemble, render_shares
from partsight.pipeline.stages.dataset.photo_splits import choosing_photos, draw_training_photos, tell_untaught
from partsight.structures.dataset import Dataset, Splits
from tests.builders import dataset_of, showing

TRIANGLE = np.array([[1.0, 1.0], [20.0, 1.0], [20.0, 20.0]])
PARTS = {"QD": {"files": ["/QD.step"]}, "QF": {"files": ["/QF.step"]}}
RECIPE = Recipe.of(parts=PARTS, dataset={"photos_per_class": "all"})
MASKS = RECIPE.at("train.task", "segment")


def outlined(photo):
    return replace(photo, outlines=(TRIANGLE,) * len(photo.class_ids))


def half_outlined(photo):
    return replace(photo, outlines=(TRIANGLE, None))


def photos(train=(), validation=(), test=()):
    return Splits(*(dataset_of(*samples, names=("QD", "QF")) for samples in (train, validation, test)))


def ids(dataset):
    return [sample.sample_id for sample in dataset]


TAUGHT = (
    outlined(showing("outlined", 0, 1)),
    showing("boxed", 0),
    half_outlined(showing("half", 0, 1)),
    showing("empty"),
)


def test_masks_are_learned_from_photos_in_which_every_part_has_an_outline_and_from_empty_ones():
    given = dataset_of(*TAUGHT)
    assert ids(draw_training_photos(MASKS, given)) == ["outlined", "empty"]
    assert ids(draw_training_photos(RECIPE, given)) == ids(given)


def test_it_is_told_how_many_photos_do_not_teach_masks():
    given = photos(train=TAUGHT, validation=(showing("v", 0),), test=(showing("t", 0),))
    assert tell_untaught(RECIPE, given) == ()
    assert [told.partition(" photos")[0] for told in tell_untaught(MASKS, given)] == [
        "2 of 4 training",
        "1 of 1 validation",
    ]


def test_renders_follow_the_same_photos_whatever_is_learned_from_them():
    given = photos(train=TAUGHT)
    assert ids(choosing_photos(MASKS, given)) == ids(choosing_photos(RECIPE, given)) == ids(given.train)


@pytest.mark.parametrize(
    "of_split", [{"validation": (showing("boxed", 0),)}, {"validation": (half_outlined(showing("h", 0, 1)),)}]
)
def test_held_out_renders_judge_masks_where_no_photo_of_a_split_tells_of_any(of_split):
    boxed = photos(**of_split)
    assert render_shares(RECIPE, boxed).validation == 0
    assert render_shares(MASKS, boxed).validation == MASKS.dataset.render_validation_share > 0
    told = photos(validation=tuple(outlined(one) for one in of_split["validation"]))
    assert render_shares(MASKS, told).validation == 0


def test_boxes_are_judged_on_all_photos_whatever_is_learned():
    given = photos(train=TAUGHT, validation=(showing("v", 0, session="b"),), test=(showing("t", 1, session="c"),))
    renders = Dataset(
        ("QD", "QF"),
        tuple(replace(showing(f"r{n}", n % 2, session=f"r{n}"), source="render") for n in range(20)),
    )
    splits = assemble(MASKS, renders, given)
    assert "v" in ids(splits.validation)
    assert "t" in ids(splits.test)
    assert not {"boxed", "half"} & set(ids(splits.train))
