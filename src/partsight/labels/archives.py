"""Zip archives of other tools, unpacked without trusting them."""

import errno
import lzma
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from partsight.errors import DatasetError, PartsightError, StorageError
from partsight.unpacking import BombError, Unpacking, check_announced

LARGEST_BYTES = 20_000_000_000
_LONGEST_SHOWN = 80


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive into an empty folder.

    Raises DatasetError for damaged archives and for members that would land elsewhere: absolute paths, `..`, links; and for
    archives that unpack to more than a plausible size; StorageError when the disk for temporary files refuses.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            check_announced(archive, path.stat().st_size, largest_bytes=LARGEST_BYTES)
            for member in members:
                _check_member(path, member)
            unpacking = Unpacking(path.stat().st_size, largest_bytes=LARGEST_BYTES)
            for member in members:
                _unpack_member(archive, member, folder, unpacking)
    except BombError as error:
        raise DatasetError(f"{path}: {error}. Export it in pieces.") from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DatasetError(f"{path}: cannot be unpacked ({error}). Export or copy it again.") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be opened ({error.strerror or error}).") from error


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in "".join(name.parts[:1]):
        raise DatasetError(f"{path}: member {member.filename!r} would be written outside the folder. Refused.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DatasetError(f"{path}: member {member.filename!r} is a link. Refused; export plain files.")


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, unpacking: Unpacking) -> None:
    target = folder / PurePosixPath(member.filename.replace("\\", "/"))
    try:
        if member.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as packed, target.open("wb") as unpacked:
            unpacking.copy(packed, unpacked)
    except OSError as error:
        raise _unwritable(Path(archive.filename or ""), member, error) from error


def _unwritable(path: Path, member: zipfile.ZipInfo, error: OSError) -> PartsightError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}:
        return StorageError(
            f"{path}: cannot be unpacked ({error.strerror}). Free some space where temporary files lie."
        )
    shown = member.filename if len(member.filename) <= _LONGEST_SHOWN else f"{member.filename[:_LONGEST_SHOWN]}…"
    return DatasetError(
        f"{path}: member {shown!r} cannot be written ({error.strerror}): its name is too long, or it is a file and a folder at "
        "once. Rename it and pack again, or give the folder instead of the archive."
    )
