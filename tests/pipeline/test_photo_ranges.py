"""Ranges of the camera that follow the photos: sizes of objects and focal lengths; test photos choose nothing."""

import numpy as np
import pytest
from PIL import Image as Pillow
from scipy.stats import ks_2samp

from partsight.annotate.annotating import annotate_scene
from partsight.errors import DatasetError
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.camera_ranges import for_rendering
from partsight.pipeline.stages.dataset.photo_splits import read_splits
from partsight.randomize.sampler import open_sampler

FOCAL_35MM_TAG, EXIF_IFD = 0xA405, 0x8769


def write_photos(folder, sizes, focal_35mm=None, session="monday"):
    """Photos of 300 × 200 pixels, each with one square box of this share of the longer side."""
    (folder / "images" / session).mkdir(parents=True)
    (folder / "labels" / session).mkdir(parents=True)
    for number, size in enumerate(sizes):
        picture, exif = Pillow.new("RGB", (300, 200), (90, 90, 90)), Pillow.Exif()
        if focal_35mm is not None:
            exif.get_ifd(EXIF_IFD)[FOCAL_35MM_TAG] = focal_35mm
        picture.save(folder / "images" / session / f"{number}.jpg", exif=exif)
        across, down = size, size * 300 / 200
        (folder / "labels" / session / f"{number}.txt").write_text(f"0 0.5 0.5 {across:.6f} {down:.6f}\n")


def recipe_with(smoke, folder, **camera):
    (folder / "classes.txt").write_text("\n".join(smoke.class_names))
    if not (folder / "images" / "tuesday").exists():
        write_photos(folder, [0.6], focal_35mm=80, session="tuesday")
    photos = smoke.photos.but(folder=folder, validation=("monday",), test=("tuesday",))
    return smoke.at({"photos": photos, "randomize.camera": smoke.randomize.camera.but(**camera)})


def followed_by(recipe):
    """The recipe with the camera that its photos give."""
    return for_rendering(recipe, lambda: read_splits(recipe))


def test_sizes_are_drawn_as_the_photos_have_them(finished, smoke, tmp_path):
    wanted = np.random.default_rng(0).lognormal(np.log(0.15), 0.3, 80).clip(0.05, 0.6)
    write_photos(tmp_path, wanted)
    followed = followed_by(recipe_with(smoke, tmp_path, object_size="photos"))
    parts = load_parts(finished.import_parts().folder, finished.import_parts().files)
    drawn = {}
    for name, section in (("photos", followed.randomize), ("range", smoke.randomize)):
        sampler = open_sampler(section, parts, (160, 160), 0)
        found = [annotate_scene(sampler.sample(index), smoke.annotate).objects for index in range(120)]
        sides = [item.box_xyxy[2:] - item.box_xyxy[:2] for items in found for item in items if item.instance_id == 0]
        drawn[name] = ks_2samp([side.max() / 160 for side in sides], wanted).statistic
    assert drawn["photos"] < 0.2
    assert drawn["photos"] < 0.6 * drawn["range"]


def test_test_photos_choose_nothing(smoke, tmp_path):
    write_photos(tmp_path, [0.2] * 12)
    write_photos(tmp_path, [0.05] * 30, session="tuesday")
    followed = followed_by(recipe_with(smoke, tmp_path, object_size="photos"))
    assert followed.randomize.camera.object_size.choices == pytest.approx([0.2] * 33, abs=0.001)


def test_focal_lengths_come_from_the_exif_data(smoke, tmp_path):
    write_photos(tmp_path, [0.2] * 3, focal_35mm=26)
    low, high = followed_by(recipe_with(smoke, tmp_path, focal="photos")).randomize.camera.focal
    assert low == high == pytest.approx(26 / 36, rel=0.001)  # a picture of 3 : 2, as the film is


def test_photos_without_what_is_asked_for_are_named(smoke, tmp_path):
    write_photos(tmp_path, [0.2] * 3)
    with pytest.raises(DatasetError, match="3 labeled boxes"):
        followed_by(recipe_with(smoke, tmp_path, object_size="photos"))
    with pytest.raises(DatasetError, match="EXIF"):
        followed_by(recipe_with(smoke, tmp_path, focal="photos"))


def test_a_recipe_that_follows_nothing_needs_no_photos(smoke):
    def refuse():
        raise AssertionError("photos were asked for")

    assert for_rendering(smoke, refuse) is smoke
