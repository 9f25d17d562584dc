import json
import re
from dataclasses import replace

import numpy as np

from partsight.evaluate.matching import match
from partsight.evaluate.summary import evaluation_as_json, evaluation_from_json
from partsight.report.figures import headline_cells
from partsight.report.gallery import pick_gallery
from partsight.report.thumbnails import Encoding, make_thumbnail
from partsight.structures.dataset import Dataset
from partsight.structures.evaluation import ShapeFigures, ShapeScore
from partsight.structures.mask import Mask

from .small import ABOVE, LEFT, RIGHT, content, found, sample


def gallery_of(tmp_path, *pairs, count=10):
    samples = [sample(tmp_path, str(number), *truth) for number, (truth, _) in enumerate(pairs)]
    return pick_gallery(match(Dataset(("bolt", "nut"), tuple(samples)), [guess for _, guess in pairs]), 0.5, count)


def names(pictures):
    return [picture.image_path.stem for picture in pictures]


BOTH = ([LEFT, RIGHT], [0, 1])


def test_best_pictures_are_all_right_and_led_by_the_highest_lowest_score(tmp_path):
    unsure = found([LEFT, RIGHT], [0.99, 0.6], [0, 1])
    sure = found([LEFT, RIGHT], [0.8, 0.7], [0, 1])
    half = found([LEFT], [0.99], [0])
    assert names(gallery_of(tmp_path, (BOTH, unsure), (BOTH, sure), (BOTH, half)).best) == ["1", "0"]


def test_worst_pictures_are_led_by_the_most_errors_of_any_kind(tmp_path):
    confused = found([LEFT, RIGHT], [0.9, 0.9], [0, 0])
    nothing = found()
    wild = found([ABOVE, LEFT], [0.9, 0.9], [0, 1])
    gallery = gallery_of(tmp_path, (BOTH, confused), (BOTH, nothing), (BOTH, wild))
    assert names(gallery.worst) == ["2", "1", "0"]
    assert gallery.worst[0].caption == "2: 1 confused, 1 missed, 1 false"


def test_false_positives_are_detections_on_background_the_surest_first(tmp_path):
    confused = found([LEFT], [0.99], [1])
    gallery = gallery_of(
        tmp_path,
        (([LEFT], [0]), confused),
        ((), found([LEFT], [0.6], [0])),
        (BOTH, found([ABOVE], [0.7], [0])),
    )
    assert names(gallery.false_positives) == ["2", "1"]


def test_detections_below_the_threshold_do_not_count(tmp_path):
    gallery = gallery_of(tmp_path, ((), found([LEFT], [0.49], [0])))
    assert gallery.false_positives == gallery.worst == ()


def test_an_empty_picture_left_alone_is_not_shown_as_a_success(tmp_path):
    assert gallery_of(tmp_path, ((), found())).best == ()


def test_no_more_pictures_than_asked_for(tmp_path):
    gallery = gallery_of(tmp_path, *[(BOTH, found())] * 5, count=3)
    assert len(gallery.worst) == 3


def test_the_pixels_of_a_detection_are_drawn_over_its_picture(tmp_path):
    pixels = np.zeros((120, 160), bool)
    pixels[60:110, 10:35] = True
    seen = replace(found([LEFT], [0.9], [0]), masks=(Mask.of(pixels),))
    (picture,) = gallery_of(tmp_path, (([LEFT], [0]), seen)).best
    truth, right = make_thumbnail(picture, ("bolt", "nut"), Encoding(80, 80)).marks
    numbers = np.array([float(one) for one in re.findall(r"[\d.]+", right.path)]).reshape(-1, 2)
    np.testing.assert_allclose([*numbers.min(axis=0), *numbers.max(axis=0)], [5, 30, 17.5, 55], atol=0.6)
    assert truth.path == ""


def test_figures_of_masks_stand_on_the_page_and_in_the_model_card_where_there_are_any(tmp_path):
    plain = content(tmp_path)
    masks = ShapeFigures(
        2, ShapeScore(3, 0.75, 0.5), (ShapeScore(2, 0.75, 0.5), ShapeScore(1, float("nan"), float("nan")))
    )
    masked = replace(plain, evaluation=replace(plain.evaluation, masks=masks))
    assert [cell.value for cell in headline_cells(masked.evaluation) if cell.label.startswith("Mask")] == [
        "0.750",
        "0.500",
    ]
    assert not [cell for cell in headline_cells(plain.evaluation) if cell.label.startswith("Mask")]
    again = evaluation_from_json(json.loads(json.dumps(evaluation_as_json(masked.evaluation)))).masks
    assert (again.num_images, again.overall, again.per_class[0]) == (2, masks.overall, masks.per_class[0])
    assert np.isnan(again.per_class[1].ap50)
