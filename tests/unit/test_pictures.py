"""Rules of reading pictures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from partsight.errors import DatasetError
from partsight.pictures import list_pictures, picture_size, read_picture
from tests.builders import write_picture


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_from_the_header_is_the_size_as_read_and_exif_turns_the_picture(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.zeros((30, 40, 3), np.uint8)
    pixels[:10, :10, 0] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    image = read_picture(tmp_path / "a.png")
    assert image.shape[1::-1] == picture_size(tmp_path / "a.png") == ((30, 40) if orientation > 4 else (40, 30))
    corners = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}
    assert image[corners[orientation]].tolist() == [255, 0, 0]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "CMYK"])
def test_every_color_mode_becomes_rgb_bytes(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (4, 3)).save(tmp_path / "a.tif")
    image = read_picture(tmp_path / "a.tif")
    assert (image.shape, image.dtype) == ((3, 4, 3), np.uint8)


@pytest.mark.parametrize("content", [None, b"", b"text", "truncated"])
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "broken.jpg"
    if content == "truncated":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(path)
        content = path.read_bytes()[:900]
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"broken\.jpg"):
        read_picture(path)


def test_pictures_are_listed_in_the_order_people_count(tmp_path: Path) -> None:
    for name in ("f10.png", "f2.PNG", "d/f1.png"):
        write_picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("")
    assert [path.name for path in list_pictures(tmp_path)] == ["f1.png", "f2.PNG", "f10.png"]


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no pictures"):
        list_pictures(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        list_pictures(tmp_path / "x")
