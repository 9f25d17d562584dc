"""Other files that a CAD file names: parts of a STEP or FreeCAD assembly, materials of an OBJ, buffers of a glTF.

Found by reading the text, without a kernel, so that a changed companion is noticed and a missing one reported.
"""

import html
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from partsight.cad.readers.encodings import as_utf8, without_escapes
from partsight.cad.readers.formats import FREECAD_SUFFIXES, STEP_SUFFIXES
from partsight.texts import parse_json
from partsight.unpacking import check_announced

_STEP_DOCUMENT = re.compile(rb"DOCUMENT_FILE\s*\(\s*'((?:[^']|'')*)'\s*,\s*'((?:[^']|'')*)'")
_OBJ_LIBRARY = re.compile(rb"^mtllib\s+(\S.*)", re.MULTILINE)
_MTL_PICTURE = re.compile(rb"^map_\w+\s+(?:-\w+\s+(?:(?:-?[\d.]+|on|off|[rgbmlz])\s+)+)*(\S.*)", re.MULTILINE)


_LARGEST_DOCUMENT = 500_000_000
"""Bytes of a list of objects that are looked through; the reader says what is wrong with a larger one."""
_FREECAD_LINK = re.compile(rb'<XLink[^>]*\sfile="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Companions:
    """The files named, near and far, in the order of their names."""

    found: Mapping[str, Path]
    """By the name that is used for them."""
    missing: tuple[str, ...]
    """Names as the file gives them."""


def find_companions(path: Path, folder: Path | None = None) -> Companions:
    """Return the files that a CAD file names, and those that they name in turn.

    Relative names start at the namer's folder, for the first file at `folder` when it is given.
    """
    found: dict[str, Path] = {}
    missing: set[str] = set()
    waiting = [path]
    while waiting:
        owner = waiting.pop()
        for name in _names_in(owner):
            companion = locate_companion(folder or owner.parent if owner == path else owner.parent, name)
            if companion is None:
                missing.add(name)
            elif name not in found:
                found[name] = companion
                waiting.append(companion)
    return Companions(dict(sorted(found.items())), tuple(sorted(missing)))


def _names_in(path: Path) -> Iterator[str]:
    """Return the file names that one file mentions."""
    suffix = path.suffix.lower()
    if suffix in STEP_SUFFIXES:
        yield from _names_in_step(path.read_bytes())
    elif suffix == ".obj":
        yield from (_text(match) for match in _OBJ_LIBRARY.findall(path.read_bytes()))
    elif suffix == ".mtl":
        yield from (_text(match) for match in _MTL_PICTURE.findall(path.read_bytes()))
    elif suffix == ".gltf":
        yield from _names_in_gltf(path.read_bytes())
    elif suffix in FREECAD_SUFFIXES:
        yield from _names_in_freecad(path)


def _names_in_step(content: bytes) -> Iterator[str]:
    """DOCUMENT_FILE gives the name first or second, whoever wrote it (ISO 10303-214, external references)."""
    for found in _STEP_DOCUMENT.findall(as_utf8(content)[0]):
        names = [without_escapes(_text(name)) for name in found if name.strip()]
        yield from [name for name in names if Path(name).suffix.lower() in STEP_SUFFIXES][:1] or names[:1]


def _names_in_gltf(content: bytes) -> Iterator[str]:
    try:
        tree = parse_json(content)
    except ValueError:
        return  # the reader says what is wrong with it
    if isinstance(tree, dict):
        lists = (tree.get(key) for key in ("buffers", "images"))
        entries = (entry for listed in lists if isinstance(listed, list) for entry in listed)
        uris = (entry.get("uri") for entry in entries if isinstance(entry, dict))
        yield from (unquote(uri) for uri in uris if isinstance(uri, str) and uri and not uri.startswith("data:"))


def _names_in_freecad(path: Path) -> Iterator[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            check_announced(archive, path.stat().st_size, largest_bytes=_LARGEST_DOCUMENT)
            with archive.open("Document.xml") as packed:
                content = packed.read(_LARGEST_DOCUMENT)
    except (OSError, KeyError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError):
        return  # the reader says what is wrong with it
    yield from sorted({html.unescape(_text(name)) for name in _FREECAD_LINK.findall(content)})


def locate_companion(folder: Path, name: str) -> Path | None:
    """Return the file of this name beside its namer, whatever the case of its letters."""
    plain = Path(name.replace("\\", "/"))
    for candidate in (folder / plain, folder / plain.name):
        if _is_file(candidate):
            return candidate
    lower = plain.name.lower()
    return next((path for path in sorted(folder.iterdir()) if path.name.lower() == lower and path.is_file()), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False  # a name that no file system takes


def _text(raw: bytes) -> str:
    return raw.rstrip().decode("utf-8", errors="replace").replace("''", "'")
