"""Zip archives of other tools, unpacked without trusting them."""

import errno
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from partsight.errors import DatasetError, PartsightError, StorageError

LARGEST_BYTES = 20_000_000_000
MOST_MEMBERS = 500_000
LARGEST_RATIO = 200
"""Unpacked over packed size: pictures are packed already, text shrinks tenfold; more is a bomb."""
_LONGEST_SHOWN = 80
SMALL_BYTES = 50_000_000
"""Below this the ratio does not matter."""


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive into an empty folder.

    Raises DatasetError for damaged archives and for members that would land elsewhere: absolute paths, `..`, links; and for
    archives that unpack to more than a plausible size; StorageError when the disk for temporary files refuses.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_sizes(path, members)
            for member in members:
                _check_member(path, member)
            for member in members:
                _unpack_member(archive, member, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DatasetError(f"{path}: cannot be unpacked ({error}). Export or copy it again.") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be opened ({error.strerror or error}).") from error


def _check_sizes(path: Path, members: list[zipfile.ZipInfo]) -> None:
    total, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if total > LARGEST_BYTES or len(members) > MOST_MEMBERS:
        raise DatasetError(f"{path}: unpacks to {len(members)} files of {total / 1e9:.1f} GB. Export it in pieces.")
    if total > SMALL_BYTES and total > LARGEST_RATIO * max(packed, 1):
        raise DatasetError(
            f"{path}: {packed / 1e6:.1f} MB unpack to {total / 1e6:.0f} MB, as no export does. Refused as a bomb."
        )


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in "".join(name.parts[:1]):
        raise DatasetError(f"{path}: member {member.filename!r} would be written outside the folder. Refused.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DatasetError(f"{path}: member {member.filename!r} is a link. Refused; export plain files.")


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / PurePosixPath(member.filename.replace("\\", "/"))
    try:
        if member.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as packed, target.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
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
