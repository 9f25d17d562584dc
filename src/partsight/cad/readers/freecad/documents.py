"""The FreeCAD document to read and those that its links lead into, each opened once."""

import lzma
import struct
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from partsight.cad.readers.companions import locate_companion
from partsight.cad.readers.freecad.objects import FreecadObject, read_objects
from partsight.errors import CadError
from partsight.unpacking import BombError, check_members

LARGEST_BYTES = 2_000_000_000
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    KeyError,
    ValueError,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
)
"""What reading an archive that is damaged, or none, ends with."""


@dataclass(frozen=True, slots=True, eq=False)
class FreecadDocument:
    """One open document."""

    number: int
    path: Path
    archive: zipfile.ZipFile
    objects: dict[str, FreecadObject]

    def has_content(self, member: str) -> bool:
        """Return whether a file of the archive is there and holds anything."""
        return bool(member) and bool(self.archive.getinfo(member).file_size)

    def unpack(self, member: str, folder: Path) -> Path:
        """Unpack one file under a name of our own: names in archives are not to be trusted."""
        target = folder / f"{self.number}-{self.archive.namelist().index(member)}.brp"
        if not target.exists():
            target.write_bytes(self.archive.read(member))
        return target


class FreecadDocuments:
    """Opens documents, the first and those beside it that links name; a context manager that closes them."""

    def __init__(self, path: Path) -> None:
        self._stack = ExitStack()
        self._open: dict[Path, FreecadDocument] = {}
        self.missing: list[str] = []
        """Names of linked files that are not there."""
        self.first = self._opened(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def follow(self, owner: FreecadDocument, name: str) -> FreecadDocument | None:
        """Return the document that a link in another one names, None (and remember it) when it is not there."""
        if not name:
            return owner
        path = locate_companion(owner.path.parent, name)
        if path is None:
            self.missing.append(name)
            return None
        return self._open.get(path.resolve()) or self._opened(path)

    def _opened(self, path: Path) -> FreecadDocument:
        try:
            archive = self._stack.enter_context(zipfile.ZipFile(path))
            check_members(archive, path.stat().st_size, largest_bytes=LARGEST_BYTES)
            document = FreecadDocument(len(self._open), path, archive, read_objects(archive))
        except BombError as error:
            raise CadError(f"{path}: {error}.") from error
        except DAMAGES as error:
            raise damaged(path, error) from error
        self._open[path.resolve()] = document
        return document


def damaged(path: Path, error: Exception) -> CadError:
    """Return the error that a document which cannot be read is refused with."""
    return CadError(f"{path}: not a FreeCAD document, or a damaged one ({error}). Save it again.")
