"""STEP files to unpack: one in gzip or zip, or one with a byte order mark, which the kernel takes for damage."""

import gzip
import lzma
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from partsight.cad.readers.formats import STEP_SUFFIXES
from partsight.cad.readers.plain_text import has_mark, without_mark
from partsight.errors import CadError
from partsight.unpacking import BombError, Readable, Unpacking, check_members

LARGEST_BYTES = 4_000_000_000
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)
"""What the library says of damaged, encrypted and unknown members."""


def unpack_step(path: Path, folder: Path) -> Path:
    """Unpack a STEP file into a folder, without a byte order mark; return it. Raises CadError for other contents and for bombs."""
    target = folder / f"{path.stem}.step"
    try:
        if zipfile.is_zipfile(path):
            _unpack_zip(path, target)
        elif has_mark(path):
            shutil.copyfile(path, target)
        else:
            with gzip.open(path) as packed:
                _copy(path, packed, target)
        if has_mark(target):
            target.write_bytes(without_mark(target.read_bytes()))
    except BombError as error:
        target.unlink(missing_ok=True)
        raise CadError(f"{path}: {error}.") from error
    except (*_DAMAGE, OSError) as error:
        raise CadError(f"{path}: cannot be unpacked ({error}). Export or copy it again.") from error
    return target


def check_zipped(path: Path) -> None:
    """Refuse a document that is a zip archive and holds more than it could, or other than it says. Raises CadError."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, path.stat().st_size, largest_bytes=LARGEST_BYTES)
    except BombError as error:
        raise CadError(f"{path}: {error}.") from error
    except (*_DAMAGE, OSError) as error:
        raise CadError(f"{path}: cannot be unpacked ({error}). Export or copy it again.") from error


def _unpack_zip(path: Path, target: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if _is_step(info)]
        if len(members) != 1:
            raise CadError(
                f"{path}: holds {len(members)} STEP files, expected one. Unpack it and name the file to use."
            )
        with archive.open(members[0]) as packed:
            _copy(path, packed, target)


def _is_step(info: zipfile.ZipInfo) -> bool:
    """Return whether a member is a STEP file; a Mac puts a twin of each file below `__MACOSX`, or `._` before its name."""
    path = PurePosixPath(info.filename)
    is_twin = "__MACOSX" in path.parts or path.name.startswith("._")
    return path.suffix.lower() in STEP_SUFFIXES and not is_twin and not info.is_dir()


def _copy(path: Path, packed: Readable, target: Path) -> None:
    with target.open("wb") as unpacked:
        Unpacking(path.stat().st_size, largest_bytes=LARGEST_BYTES).copy(packed, unpacked)
