"""Packed STEP files: one STEP file in gzip or zip."""

import gzip
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from partsight.cad.readers.formats import STEP_SUFFIXES
from partsight.errors import CadError

LARGEST_BYTES = 4_000_000_000
_CHUNK = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def unpack_step(path: Path, folder: Path) -> Path:
    """Unpack a .stpz file into a folder; return the STEP file. Raises CadError for other contents and for bombs."""
    target = folder / f"{path.stem}.step"
    try:
        if zipfile.is_zipfile(path):
            _unpack_zip(path, target)
        else:
            with gzip.open(path) as packed:
                _copy(path, packed, target)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise CadError(f"{path}: cannot be unpacked ({error}). Export or copy it again.") from error
    return target


def _unpack_zip(path: Path, target: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if Path(info.filename).suffix.lower() in STEP_SUFFIXES]
        if len(members) != 1:
            raise CadError(
                f"{path}: holds {len(members)} STEP files, expected one. Unpack it and name the file to use."
            )
        with archive.open(members[0]) as packed:
            _copy(path, packed, target)


def _copy(path: Path, packed: _Readable, target: Path) -> None:
    """Copy until the end, or until it is clear that there is no reasonable end."""
    with target.open("wb") as unpacked:
        for _ in range(LARGEST_BYTES // _CHUNK):
            chunk = packed.read(_CHUNK)
            if not chunk:
                return
            unpacked.write(chunk)
        if packed.read(1):
            shutil.rmtree(target.parent, ignore_errors=True)
            raise CadError(f"{path}: unpacks to more than {LARGEST_BYTES // 10**9} GB. Export a smaller file.")
