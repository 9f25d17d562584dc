"""Near-duplicates: copies across sessions are found however they were stored; different scenes are not taken for copies."""

import io

import numpy as np
from PIL import Image

from partsight.photos.duplicates import HashedPicture, find_duplicates
from partsight.photos.footage import PreviewFrame
from partsight.photos.measuring import measure
from partsight.photos.stills import small_gray

from .videos import texture


def hash_of(image: np.ndarray) -> int:
    return measure(PreviewFrame(0, None, small_gray(image))).hash64


def stored_again(image: np.ndarray) -> np.ndarray:
    stream = io.BytesIO()
    half = Image.fromarray(image).resize((image.shape[1] // 2, image.shape[0] // 2))
    half.save(stream, "JPEG", quality=50)
    return np.asarray(Image.open(stream))


def test_smaller_copies_of_low_quality_are_found_across_sessions_only():
    scenes = [texture(seed, (640, 480)) for seed in range(8)]
    pictures = [HashedPicture(f"a{n}", "a", hash_of(scene)) for n, scene in enumerate(scenes)]
    pictures += [HashedPicture("a0 again", "a", pictures[0].hash64)]
    copies = [HashedPicture(f"b{n}", "b", hash_of(stored_again(scenes[n]))) for n in (2, 5)]
    pairs = find_duplicates([*pictures, *copies])
    assert {(pair.first.name, pair.second.name) for pair in pairs} == {("a2", "b2"), ("a5", "b5")}


def test_distance_is_the_number_of_differing_bits_and_the_closest_come_first():
    base = 2**63 + 5
    pictures = [HashedPicture("x", "a", base), HashedPicture("y", "b", base ^ 0b111), HashedPicture("z", "c", base)]
    pairs = find_duplicates(pictures)
    assert [(pair.first.name, pair.second.name, pair.num_bits) for pair in pairs] == [
        ("x", "z", 0),
        ("x", "y", 3),
        ("y", "z", 3),
    ]
    assert find_duplicates(pictures, near_bits=2) == pairs[:1]


def test_no_pictures_have_no_duplicates():
    assert find_duplicates([]) == ()
