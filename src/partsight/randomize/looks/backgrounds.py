"""What stands behind and below: the user's photographs, or procedural pictures."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from partsight.config.sections.randomize import BackgroundSection
from partsight.errors import DatasetError, SceneError
from partsight.pictures import PICTURE_SUFFIXES, pictures_below, read_picture
from partsight.randomize.looks.textures import sample_collage
from partsight.randomize.streams import chance
from partsight.structures.arrays import Image
from partsight.structures.world.scene import Background

LONGEST_PX = 1280
"""Photos are kept in memory no larger than this."""


def sample_backdrop(
    rng: np.random.Generator, section: BackgroundSection, size_wh: tuple[int, int]
) -> Background | None:
    """Draw a picture for behind hovering parts; in workshops half the time the room itself, out of focus."""
    if section.vary and section.workshop_share and chance(rng, 0.5 * section.workshop_share):
        return None
    return Background(sample_background(rng, section, size_wh))


def sample_background(rng: np.random.Generator, section: BackgroundSection, size_wh: tuple[int, int]) -> Image:
    """Draw an (H, W, 3) picture for behind the scene."""
    if not section.vary:
        return np.full((size_wh[1], size_wh[0], 3), 200, np.uint8)
    photo = sample_photo(rng, section, size_wh)
    return sample_collage(rng, size_wh) if photo is None else photo


def sample_photo(rng: np.random.Generator, section: BackgroundSection, size_wh: tuple[int, int]) -> Image | None:
    """Draw a crop of one of the user's photographs, or None where there are none or another kind is drawn."""
    is_drawn = bool(section.pictures) and chance(rng, section.photo_share)
    return sample_crop(rng, section.pictures, size_wh) if is_drawn else None


def sample_crop(rng: np.random.Generator, paths: Sequence[Path], size_wh: tuple[int, int]) -> Image:
    """Draw a crop of one of these pictures, mirrored half the time."""
    photo = _read_photo(paths[int(rng.integers(len(paths)))])
    scale = min(photo.width / size_wh[0], photo.height / size_wh[1]) * rng.uniform(0.4, 1.0)
    width, height = size_wh[0] * scale, size_wh[1] * scale
    left, top = rng.uniform(0, photo.width - width), rng.uniform(0, photo.height - height)
    crop = photo.resize(size_wh, Pillow.Resampling.BILINEAR, (left, top, left + width, top + height))
    return np.asarray(crop)[:, :: -1 if chance(rng, 0.5) else 1]


@lru_cache(maxsize=8)
def find_photos(folder: Path | None, key: str) -> tuple[Path, ...]:
    """Return the pictures that a folder held when first asked for, as every scene draws from it. Raises as `list_photos`."""
    return list_photos(folder, key)


def list_photos(folder: Path | None, key: str) -> tuple[Path, ...]:
    """Return the pictures in a folder, by name. Raises SceneError when it has none."""
    if folder is None:
        return ()
    paths = tuple(pictures_below(folder))
    if not paths:
        raise SceneError(f"{folder}: no pictures ({', '.join(sorted(PICTURE_SUFFIXES))}) here; mend {key}")
    return paths


@lru_cache(maxsize=128)
def _read_photo(path: Path) -> Pillow.Image:
    try:
        photo = Pillow.fromarray(read_picture(path))
    except DatasetError as error:
        raise SceneError(f"background picture {error}") from error
    photo.thumbnail((LONGEST_PX, LONGEST_PX))
    return photo
