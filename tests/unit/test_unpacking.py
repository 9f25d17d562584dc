"""Archives of somebody else: one that grows beyond reason is refused while it is unpacked, and leaves nothing behind."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import pytest

from partsight.cad.readers.freecad.shown import read_freecad_shapes
from partsight.cad.readers.packed import unpack_step
from partsight.cad.readers.threemf.reading import read_3mf as read_package
from partsight.errors import CadError, DatasetError
from partsight.labels.archives import unpack
from partsight.unpacking import BombError, Unpacking, check_announced

ZEROS = b"\0" * 55_000_000


def zipped(path: Path, member: str, content: bytes = ZEROS, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(member, content)
    return path


def gzipped(path: Path, content: bytes = ZEROS) -> Path:
    path.write_bytes(gzip.compress(content, 1))
    return path


def lying(path: Path, announced: int = 1000) -> Path:
    """Announce another size than the member has, in both of its headers."""
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + offset, announced)
    path.write_bytes(bytes(content))
    return path


def read_step(path: Path, folder: Path) -> None:
    unpack_step(path, folder)


def read_3mf(path: Path, _folder: Path) -> None:
    read_package(path)


BOMBS = {
    "gzip.stpz": (gzipped, read_step),
    "several.stpz": (lambda path: path.write_bytes(gzip.compress(ZEROS[:9_000_000], 1) * 9) and path, read_step),
    "zip.stpz": (lambda path: zipped(path, "a.step"), read_step),
    "bz2.stpz": (lambda path: zipped(path, "a.step", method=zipfile.ZIP_BZIP2), read_step),
    "lying.stpz": (lambda path: lying(zipped(path, "a.step")), read_step),
    "a.3mf": (lambda path: zipped(path, "3D/3dmodel.model"), read_3mf),
    "lying.3mf": (lambda path: lying(zipped(path, "3D/3dmodel.model")), read_3mf),
    "a.FCStd": (lambda path: zipped(path, "Document.xml"), read_freecad_shapes),
    "lying.FCStd": (lambda path: lying(zipped(path, "Document.xml")), read_freecad_shapes),
    "labels.zip": (lambda path: zipped(path, "labels/a.txt"), unpack),
    "lying.zip": (lambda path: lying(zipped(path, "labels/a.txt")), unpack),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_names_the_file(tmp_path, name):
    make, read = BOMBS[name]
    path, folder = tmp_path / name, tmp_path / "out"
    make(path)
    folder.mkdir()
    with pytest.raises((CadError, DatasetError), match=name):
        read(path, folder)
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 54_000_000


def test_what_comes_out_is_counted_whatever_was_announced():
    unpacking = Unpacking(1000, largest_bytes=10**12)
    with pytest.raises(BombError, match="Refused as a bomb"):
        unpacking.copy(io.BytesIO(ZEROS), io.BytesIO())
    with pytest.raises(BombError, match=r"more than 0\.01 GB"):
        Unpacking(10**9, largest_bytes=10**7).copy(io.BytesIO(ZEROS), io.BytesIO())


def test_the_members_of_an_archive_count_together(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}.txt", ZEROS[:9_000_000])
    with zipfile.ZipFile(tmp_path / "a.zip") as archive, pytest.raises(BombError):
        check_announced(archive, (tmp_path / "a.zip").stat().st_size, largest_bytes=10**12)


def test_a_small_document_may_repeat_itself(tmp_path):
    content = b"#1=CARTESIAN_POINT('',(0.,0.,0.));\n" * 500_000
    for path in (gzipped(tmp_path / "a.stpz", content), zipped(tmp_path / "b.stpz", "b.step", content)):
        assert unpack_step(path, tmp_path).read_bytes() == content
