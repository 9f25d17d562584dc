"""Rules of reading pictures."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from partsight.errors import DatasetError
from partsight.pictures import list_pictures, picture_size, read_picture
from tests.builders import write_picture

SHARED = Path(os.environ.get("PARTSIGHT_SHARED", Path(__file__).resolve().parents[2] / ".." / "shared"))


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


GREY = np.linspace(60, 114, 12).reshape(3, 4)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_gray_values_of_every_depth_look_the_same(tmp_path: Path, bits: int) -> None:
    white = 2**bits - 1
    Image.fromarray(np.rint(GREY / 255 * white).astype(np.uint16)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png")[:, :, 0] == pytest.approx(GREY, abs=1)


@pytest.mark.parametrize("values", [GREY.astype(np.int32), GREY.astype(np.float32), (GREY / 255).astype(np.float32)])
def test_gray_values_of_every_type_look_the_same(tmp_path: Path, values: np.ndarray) -> None:
    Image.fromarray(values).save(tmp_path / "a.tif")
    assert read_picture(tmp_path / "a.tif")[:, :, 0] == pytest.approx(GREY, abs=1)


def test_what_is_no_number_is_black(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0.5, np.nan], [np.inf, 1.0]], np.float32)).save(tmp_path / "a.tif")
    assert read_picture(tmp_path / "a.tif")[:, :, 0].tolist() == [[128, 0], [0, 255]]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_of_the_header_is_that_of_the_pixels(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    Image.new("RGB", (40, 30)).save(path, exif=exif)
    assert picture_size(path) == read_picture(path).shape[1::-1]


def test_what_is_transparent_lies_on_white_and_an_idle_alpha_channel_says_nothing(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2, 4), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "idle.png")
    pixels[0, 0, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "cut.png")
    assert read_picture(tmp_path / "idle.png").max() == 0
    assert read_picture(tmp_path / "cut.png")[:, :, 0].tolist() == [[0, 255], [255, 255]]


@pytest.mark.slow
def test_pictures_of_200_million_pixels_are_read(tmp_path: Path) -> None:
    Image.new("L", (16320, 12240)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").shape == (12240, 16320, 3)


@pytest.mark.parametrize("size_wh", [(40_000, 25_000), (25_000, 20_000)])
def test_a_file_that_states_more_pixels_than_any_camera_has_is_refused(
    tmp_path: Path, size_wh: tuple[int, int]
) -> None:
    chunks = b"IHDR" + struct.pack(">IIBBBBB", *size_wh, 8, 0, 0, 0, 0), b"IDAT" + zlib.compress(b"")
    framed = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(framed))
    with pytest.raises(DatasetError, match="pixels"):
        read_picture(tmp_path / "a.png")


def test_linked_folders_are_walked_once_and_hidden_files_passed_over(tmp_path: Path) -> None:
    write_picture(tmp_path / "real" / "a.png")
    write_picture(tmp_path / "real" / "._a.png")
    write_picture(tmp_path / "real" / "__MACOSX" / "a.png")
    (tmp_path / "walked").mkdir()
    (tmp_path / "walked" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "walked")
    assert [path.name for path in list_pictures(tmp_path / "walked")] == ["a.png"]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["grey16.png", "grey12in16.png", "int32.tif"])
def test_deep_greys_of_cameras_are_neither_black_nor_white(name: str) -> None:
    path = SHARED / "cases" / "pictures" / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    image = read_picture(path)
    assert (image.min(), image.max()) == (65, 114)


@pytest.mark.parametrize(("largest", "is_told"), [(4095, True), (1023, True), (65535, False), (30000, False)])
def test_colors_of_twelve_bits_in_sixteen_are_told_not_read_as_black(tmp_path, largest, is_told):
    """Pillow keeps the upper 8 of 16 bits."""
    pixels = np.zeros((4, 5, 3), np.uint16)
    pixels[1:, :, 1] = largest
    path = tmp_path / "deep.png"
    path.write_bytes(deep_png(pixels))
    if is_told:
        with pytest.raises(DatasetError, match="16 bits of which 12 or fewer are used"):
            read_picture(path)
    else:
        assert read_picture(path).max() == largest >> 8


def deep_png(pixels):
    """A PNG file of 16-bit colors, which Pillow cannot write."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
