"""Annotated copies: one for each source, readable, and never over one another."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from partsight.deploy.annotated import AnnotatedFolder
from partsight.deploy.frame_source import read_frames
from partsight.deploy.overlay import COLORS, class_color, draw_detections, tint_masks
from partsight.deploy.sources import list_sources, views
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask
from tests.unit.photos.videos import pan, write_video

NAMES = ("QF", "Größe")
FOUND = Detections([[40, 60, 120, 160], [0, 0, 30, 20], [300, 230, 320, 240]], [0.9, 0.6, 0.3], [0, 1, 0])


def rgb(color):
    return [int(color[start : start + 2], 16) for start in (1, 3, 5)]


@pytest.mark.parametrize("size_wh", [(160, 120), (320, 240), (3000, 2000)])
def test_boxes_are_drawn_in_the_color_of_their_class_where_they_are(size_wh):
    image = np.full((size_wh[1], size_wh[0], 3), 128, np.uint8)
    box = np.array([0.4, 0.5, 0.8, 0.9]) * np.tile(size_wh, 2)
    drawn = draw_detections(image, Detections([box], [0.9], [1]), NAMES)
    left, _, _, bottom = np.round(box).astype(int)
    assert drawn.shape == image.shape
    assert drawn[bottom - 1, (left + size_wh[0]) // 2].tolist() == rgb(class_color(1))
    assert (drawn[: size_wh[1] // 4, : size_wh[0] // 4] == 128).all()
    assert (image == 128).all()


def test_names_stay_inside_the_picture():
    """Each label is a filled bar: its color shows near the box also at corners."""
    image = np.zeros((240, 320, 3), np.uint8)
    corners = [[0, 0, 20, 12], [300, 0, 320, 12], [300, 228, 320, 240], [0, 228, 20, 240]]
    for box in corners:
        drawn = draw_detections(image, Detections([box], [0.5], [0]), NAMES)
        assert (drawn == rgb(class_color(0))).all(axis=2).sum() > 200


def test_every_color_carries_its_text_in_contrast():
    """At least 4.5 : 1, as WCAG 2.2 asks of small text."""
    from partsight.deploy.overlay import _text_color

    def luminance(color):
        shares = np.array(rgb(color)) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    for color in COLORS:
        low, high = sorted((luminance(color), luminance(_text_color(color))))
        assert (high + 0.05) / (low + 0.05) >= 4.5, color


def test_pictures_of_the_same_name_do_not_overwrite_each_other(tmp_path):
    sources = []
    for name in ("one/a.png", "two/a.png", "one/a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(pan(1)[0]).save(tmp_path / name)
        sources += list_sources([str(tmp_path / name)])
    with AnnotatedFolder(tmp_path / "out", NAMES) as annotated:
        for source in sources:
            for view in views(source, 1, print):
                annotated.add(view, FOUND)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-2.jpg", "a-3.jpg", "a.jpg"]


def test_a_video_becomes_a_video_with_the_times_it_had(tmp_path):
    times = [0.0, 0.1, 0.15, 0.5, 0.9]
    path = write_video(tmp_path / "walk.mp4", pan(5), times)
    (source,) = list_sources([str(path)])
    with AnnotatedFolder(tmp_path / "out", NAMES) as annotated:
        for view in views(source, 1, print):
            annotated.add(view, FOUND)
    frames = list(read_frames(str(tmp_path / "out" / "walk.mp4"), print))
    np.testing.assert_allclose([frame.time_s for frame in frames], times, atol=0.002)
    assert frames[0].image.shape == (240, 320, 3)
    assert np.abs(frames[2].image.astype(int) - pan(5)[2]).mean() > 1
    assert not list((tmp_path / "out").glob("*.partial"))


def test_a_video_of_odd_size_is_written_too(tmp_path):
    view = next(views(list_sources([str(write_video(tmp_path / "a.mp4", pan(1)))])[0], 1, print))
    import dataclasses

    odd = dataclasses.replace(view, image=np.ascontiguousarray(view.image[:-1, :-1]))
    with AnnotatedFolder(tmp_path / "out", NAMES) as annotated:
        annotated.add(odd, FOUND)
    assert next(read_frames(str(tmp_path / "out" / "a.mp4"), print)).image.shape == (238, 318, 3)


def test_the_pixels_of_a_mask_take_on_the_color_of_its_class():
    image = np.full((60, 80, 3), 100, np.uint8)
    pixels = np.zeros((60, 80), bool)
    pixels[20:50, 10:40] = True
    found = Detections([[10, 20, 40, 50]], [0.9], [1], (Mask.of(pixels),))
    tinted = tint_masks(image, found)
    np.testing.assert_array_equal((tinted != image).any(axis=2), pixels)
    np.testing.assert_array_equal(tint_masks(image, replace(found, masks=None)), image)
    assert (draw_detections(image, found, ("a", "b"))[30, 20] == tinted[30, 20]).all()
