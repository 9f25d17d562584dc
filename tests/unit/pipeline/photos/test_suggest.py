"""What to photograph next is said as one says it to a person, with a drawing of each side that is missing."""

import numpy as np

from partsight.pipeline.photos import suggest
from partsight.pipeline.photos.suggest import _advise, _Figures
from partsight.pipeline.photos.view_coverage import Reliability, ViewCoverage
from partsight.report.pages.coverage import write_coverage
from tests.unit.randomize.drawing import PARTS

SIDES = np.array([(0, -1, 0), (0.6, 0.6, 0.6), (0, 0, -1)], float)
GOOD = Reliability(99, 10.0, 80.0, 0.72, 0.1, is_better_than_chance=True)


def advised(reliability=GOOD):
    views = ViewCoverage(SIDES, np.array([3, 0, 0]), np.ones(3, bool), np.array([True, False, False]), reliability, 12)
    taken = _Figures(np.full(20, 0.2), np.full(20, 0.4), np.zeros(20))
    drawn = _Figures(np.linspace(0.02, 0.8, 60), np.linspace(0.05, 0.9, 60), np.zeros(60))
    part = next(iter(PARTS.values()))[0]
    return _advise("QF", part, 0, views=views, figures=(taken, drawn))


def test_sides_sizes_and_light_are_wished_in_plain_words():
    sentences = " | ".join(advised().sentences)
    assert "QF from the back right and above, " in sentences
    assert "from below" in sentences
    assert "in the picture (stand " in sentences
    assert "in dim light" in sentences
    assert advised().remark.startswith(
        "QF: from which side your photos show it is estimated by its shape, which was right on 72 of 100"
    )


def test_each_missing_side_is_drawn_and_none_where_nothing_is_known(tmp_path):
    advice = advised()
    assert [side for side, _ in advice.drawings] == ["from the back right and above", "from below"]
    assert all(picture.std() > 5 for _, picture in advice.drawings)
    write_coverage(suggest._content([advice], ()), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count("data:image/png;base64,") == 2
    assert "Photograph QF from the back right and above" in page
    doubtful = advised(Reliability(9, np.nan, np.nan, np.nan, np.nan, is_better_than_chance=False))
    assert doubtful.drawings == ()
    assert "cannot be told" in doubtful.remark
