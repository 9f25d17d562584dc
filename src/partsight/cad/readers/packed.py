"""Packed STEP files: one STEP file in gzip or zip."""

import gzip
import lzma
import zipfile
import zlib
from pathlib import Path

from partsight.cad.readers.formats import STEP_SUFFIXES
from partsight.errors import CadError
from partsight.unpacking import BombError, Readable, Unpacking, check_members

LARGEST_BYTES = 4_000_000_000
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)
"""What the library says of damaged, encrypted and unknown members."""


def unpack_step(path: Path, folder: Path) -> Path:
    """Unpack a .stpz file into a folder; return the STEP file. Raises CadError for other contents and for bombs."""
    target = folder / f"{path.stem}.step"
    try:
        if zipfile.is_zipfile(path):
            _unpack_zip(path, target)
        else:
            with gzip.open(path) as packed:
                _copy(path, packed, target)
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
        members = [info for info in archive.infolist() if Path(info.filename).suffix.lower() in STEP_SUFFIXES]
        if len(members) != 1:
            raise CadError(
                f"{path}: holds {len(members)} STEP files, expected one. Unpack it and name the file to use."
            )
        with archive.open(members[0]) as packed:
            _copy(path, packed, target)


def _copy(path: Path, packed: Readable, target: Path) -> None:
    with target.open("wb") as unpacked:
        Unpacking(path.stat().st_size, largest_bytes=LARGEST_BYTES).copy(packed, unpacked)
