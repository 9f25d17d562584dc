"""Archives of somebody else: what comes out is counted while it comes out, and what is no document any more is refused as a bomb."""

import zipfile
from typing import BinaryIO, Protocol

LARGEST_RATIO = 200
"""Unpacked over packed size: pictures are packed already, text shrinks tenfold, a drawing that repeats itself fiftyfold."""
SMALL_BYTES = 50_000_000
"""Below this the ratio does not matter."""
MOST_MEMBERS = 500_000
_CHUNK = 1 << 20


class Readable(Protocol):
    """What gives unpacked bytes."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""


class BombError(ValueError):
    """An archive unpacks to more than anything that its size could hold."""


class Unpacking:
    """Counts what comes out of one archive."""

    def __init__(self, packed_bytes: int, *, largest_bytes: int) -> None:
        self._packed_bytes, self._largest_bytes = packed_bytes, largest_bytes
        self._unpacked_bytes = 0

    def copy(self, packed: Readable, unpacked: BinaryIO) -> None:
        """Write what comes out, until the end or until it is too much. Raises BombError."""
        while chunk := packed.read(_CHUNK):
            self.count(len(chunk))
            unpacked.write(chunk)

    def count(self, num_bytes: int) -> None:
        """Add what has come out, or is announced to. Raises BombError."""
        self._unpacked_bytes += num_bytes
        if self._unpacked_bytes > self._largest_bytes:
            raise BombError(f"unpacks to more than {self._largest_bytes / 1e9:g} GB")
        if self._unpacked_bytes > max(SMALL_BYTES, LARGEST_RATIO * self._packed_bytes):
            raise BombError(
                f"{self._packed_bytes / 1e6:.1f} MB unpack to more than {self._unpacked_bytes / 1e6:.0f} MB, as no document does. "
                "Refused as a bomb"
            )


def check_announced(archive: zipfile.ZipFile, packed_bytes: int, *, largest_bytes: int) -> None:
    """Refuse an archive by the sizes that it announces. Raises BombError."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise BombError(f"holds {len(members)} files, more than {MOST_MEMBERS}")
    announced = Unpacking(packed_bytes, largest_bytes=largest_bytes)
    for member in members:
        announced.count(member.file_size)


def check_members(archive: zipfile.ZipFile, packed_bytes: int, *, largest_bytes: int) -> None:
    """Read all members to their ends, a piece at a time: readers that take a whole member at once can trust their sizes then.

    Raises BombError; zipfile.BadZipFile, zlib.error or EOFError for members that are not what was announced.
    """
    check_announced(archive, packed_bytes, largest_bytes=largest_bytes)
    for member in archive.infolist():
        with archive.open(member) as packed:
            while packed.read(_CHUNK):
                pass
