"""Rules of finding from where a part was seen."""

import numpy as np
import pytest

from partsight.cad.reading import read_parts
from partsight.cad.views.drawing import draw_views
from partsight.cad.views.matching import UPRIGHT_ROLLS_DEG, angle_errors_deg, draw_gallery, match_views
from partsight.config.recipe import PartSection
from partsight.config.sections.cad import CadSection


@pytest.fixture(scope="module")
def part(samples, tmp_path_factory):
    section = PartSection.model_validate({"files": [samples / "QF.step"]})
    found = read_parts({"QF": section}, CadSection(), tmp_path_factory.mktemp("cad"), lambda _done, _note: None)
    return found["QF"][0].part


@pytest.fixture(scope="module")
def gallery(part):
    return draw_gallery(part, UPRIGHT_ROLLS_DEG)


def cut(drawing):
    drawn = (drawing < 250).any(axis=2)
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    return drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_drawings_from_between_the_known_views_are_placed_nearby(part, gallery):
    generator = np.random.default_rng(4)
    directions = generator.normal(size=(24, 3)) * (1, 1, 0.4)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    crops = [cut(drawing) for drawing in draw_views(part, [tuple(one) for one in directions.tolist()], 160)]
    errors = angle_errors_deg(gallery, match_views(gallery, crops), directions)
    assert np.median(errors) < 17


def test_exposure_and_contrast_do_not_change_what_is_found(part, gallery):
    crops = [
        cut(drawing) for drawing in draw_views(part, [tuple(one) for one in gallery.directions[::15].tolist()], 160)
    ]
    darker = [(crop * 0.5 + 40).astype(np.uint8) for crop in crops]
    assert (match_views(gallery, crops) == match_views(gallery, darker)).mean() >= 0.8


def test_likeness_holds_both_ways_and_a_view_is_like_itself(gallery):
    assert (gallery.is_alike == gallery.is_alike.T).all()
    assert gallery.is_alike.diagonal().all()


def test_neighbors_are_never_excused_as_looking_the_same(gallery):
    cosines = gallery.directions @ gallery.directions.T
    is_near = (cosines > np.cos(np.radians(39))) & ~np.eye(len(cosines), dtype=bool)
    assert not gallery.is_alike[is_near].any()


def test_no_boxes_have_no_views(gallery):
    assert len(match_views(gallery, [])) == 0
