"""What a notebook shows: self-contained, small, quick, and never broken by odd names or missing files."""

import base64
import io
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import partsight
from partsight.cad.storage import load_part, save_part
from partsight.deploy.model import FoundParts
from partsight.errors import SourceError
from partsight.notebook.world import draw_scene
from partsight.pipeline.experiment import open_experiment
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from tests.builders import dataset_of, sample_of, showing, write_picture
from tests.unit.annotate.scenes import random_scene, scene_of, sphere_part
from tests.unit.report import small

ODD = "<script>alert('1')</script> & \"quotes\""
VOID = {"img", "meta", "br"}


class Balance(HTMLParser):
    """Raises where tags do not close in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.images = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag == "img":
            self.images.append(dict(attrs)["src"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check(noun, most_kb=200):
    """Return the HTML of a noun and its pictures, having checked what holds for all."""
    html = noun._repr_html_()
    page = Balance()
    page.feed(html)
    assert page.open == []
    assert not page.seen & {"script", "link", "iframe", "object"}
    assert not re.search(r"https?:|javascript:|\son\w+=", html)
    assert len(html) < most_kb * 1000
    pictures = [Image.open(io.BytesIO(base64.b64decode(uri.partition("base64,")[2]))) for uri in page.images]
    return html, pictures


@pytest.fixture
def photos(tmp_path):
    paths = [write_picture(tmp_path / f"{number}.png", shade=60 * number) for number in range(12)]
    return dataset_of(*(sample_of(path, [(2, 2, 20, 20)], [number % 2]) for number, path in enumerate(paths)))


def found(names=2):
    return Detections(np.array([[0, 0, 9, 9], [5, 5, 20, 30]], float), np.array([0.9, 0.4]), np.array([1, 0]))


def test_a_sample_shows_its_picture_with_a_box_where_the_box_is(photos):
    html, (picture,) = check(photos[0])
    assert "QD" in html
    before = np.full((30, 40, 3), (0, 0, 99))
    scale = picture.width / 40
    drawn = np.asarray(picture.convert("RGB")).astype(int)
    ground = drawn[-3, -3]
    np.testing.assert_allclose(ground, before[0, 0], atol=12)
    assert np.abs(drawn[int(11 * scale), int(2 * scale)] - ground).max() > 60
    assert np.abs(drawn[int(11 * scale), int(30 * scale)] - ground).max() < 20


def test_a_dataset_shows_some_pictures_and_the_counts_of_each_class(photos):
    html, pictures = check(photos)
    assert 4 <= len(pictures) <= 8
    assert "12 samples (12 photos), 12 labeled parts, 0 samples without any" in html
    assert re.search(r">QD</td><td[^>]*>6</td><td[^>]*>6<", html)
    assert re.search(r">SX</td><td[^>]*>0</td><td[^>]*>0<", html)


def test_an_empty_dataset_and_lost_pictures_are_shown_as_such(tmp_path):
    check(dataset_of())
    html, (picture,) = check(dataset_of(showing("a", 0))[0])
    assert "no picture at a.png" in html
    assert picture.getbbox()
    (tmp_path / "b.png").write_bytes(b"no picture")
    check(Dataset(("QD",), (sample_of(tmp_path / "b.png", [(1, 1, 9, 9)], [0]),)))


def test_names_cannot_break_the_page(tmp_path):
    path = write_picture(tmp_path / "a.png")
    odd = replace(sample_of(path, [(2, 2, 20, 20)], [0], session=ODD), sample_id=ODD)
    nouns = (odd, Dataset((ODD,), (odd,))[0], FoundParts(found(), (ODD, ODD)), replace(sphere_part(0.1), name=ODD))
    for noun in (Dataset((ODD,), (odd,)), *nouns):
        html, _ = check(noun)
        assert "&lt;script&gt;" in html


def test_detections_are_shown_without_a_picture_and_found_parts_with_it(tmp_path):
    _, (plain,) = check(found())
    assert plain.getbbox()
    path = write_picture(tmp_path / "a.png", (80, 60), shade=200)
    html, (picture,) = check(FoundParts(found(), ("bolt", "nut"), path))
    assert "nut" in html
    assert picture.size == (240, 180)
    check(Detections(np.empty((0, 4)), np.empty(0), np.empty(0, int)))
    path.unlink()
    assert "cannot be read any more" in check(FoundParts(found(), ("bolt", "nut"), path))[0]


def test_detections_are_drawn_over_any_kind_of_picture(photos, tmp_path):
    image = np.zeros((60, 80, 3), np.uint8)
    path = write_picture(tmp_path / "a.png", (80, 60))
    for picture in (image, Image.fromarray(image), path, str(path)):
        assert found().draw(picture, ("bolt", "nut")).size == (80, 60)
    assert found().draw(photos[0]).size == (40, 30)
    assert FoundParts(found(), ("bolt", "nut"), path).draw().size == (80, 60)
    with pytest.raises(SourceError, match="give the array"):
        FoundParts(found(), ("bolt", "nut")).draw()


def test_an_evaluation_shows_figures_with_n_and_intervals(tmp_path):
    samples = (
        small.sample(tmp_path, "a", [small.LEFT], [0]),
        small.sample(tmp_path, "b", [small.LEFT, small.RIGHT], [0, 1]),
    )
    truth = Dataset(("bolt", "nut"), samples)
    judged = small.evaluation(truth, [small.found([small.LEFT], [0.9], [0]), small.found([small.LEFT], [0.8], [1])])
    html, _ = check(judged)
    assert re.search(r">all</td><td[^>]*>3</td>", html)
    interval = judged.intervals["map50"]
    assert f"{judged.overall.ap50:.3f} [{interval.low:.2f}," in html
    assert "chosen on validation" in html


def test_a_part_shows_its_drawings_and_its_size(tmp_path):
    save_part(sphere_part(0.05), tmp_path / "a.npz")
    html, pictures = check(load_part(tmp_path / "a.npz"))
    assert "100 × 100 × 100 mm" in html
    assert len(pictures) == 4
    assert all(np.asarray(picture.convert("L")).min() < 200 for picture in pictures)


def test_a_scene_is_drawn_as_the_camera_sees_it_within_a_second():
    scene = random_scene(4, size_wh=(640, 480))
    scene._repr_html_()
    start = time.perf_counter()
    html, (picture,) = check(scene)
    assert time.perf_counter() - start < 1.0
    assert picture.size == (420, 315)
    assert "parts of classes among" in html
    empty = scene_of(scene.camera)
    assert np.ptp(draw_scene(empty, 64)) == 0


def test_an_experiment_shows_its_recipe_and_runs_nothing(tmp_path):
    recipe = Path(__file__).resolve().parents[3] / "recipes" / "smoke.toml"
    html, _ = check(open_experiment(recipe, out=tmp_path / "runs"))
    assert "QF" in html
    assert "nothing there yet" in html
    assert list(tmp_path.iterdir()) == []


def test_one_line_reads_a_cad_file(samples):
    part = partsight.read_part(samples / "QF.step")
    assert part.name == "QF"
    assert repr(part).startswith("Part('QF', ")
    assert len(check(part)[1]) == 4
