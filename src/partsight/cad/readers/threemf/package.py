"""The files of a 3MF package (a zip after ECMA-376-2): which is the model, and which models it draws on."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from partsight.errors import CadError
from partsight.texts import MalformedText, parse_xml
from partsight.unpacking import BombError, check_members

LARGEST_BYTES = 4_000_000_000
_START = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
_NAMESPACE = "http://schemas.microsoft.com/3dmanufacturing/"
READ_EXTENSIONS = ("core/", "material/", "production/")
TOLD_EXTENSIONS = ("beamlattice/", "slice/", "trianglesets/", "displacement/")
"""Their triangles are read; what else they say is told, not drawn."""


@dataclass(frozen=True)
class ThreeMfModel:
    """One model file of a package."""

    name: str
    root: Any
    unit: str

    @cached_property
    def resources(self) -> dict[str, Any]:
        """The elements of the resources by their id."""
        return {
            entry.get("id"): entry for part in self.root.iterfind("{*}resources") for entry in part.iterfind("{*}*")
        }


class ThreeMfPackage:
    """Opens the models of a package, each once. Raises CadError for extensions that change what is meant."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        self._names = {_plain(name): name for name in archive.namelist()}
        self._models: dict[str, ThreeMfModel] = {}
        self.start = self.model(self._start_name())

    def model(self, name: str) -> ThreeMfModel:
        """Return the model of this name in the package. Raises KeyError when there is none."""
        key = _plain(name)
        if key not in self._models:
            root = _parse(self.read(name))
            _check_extensions(self._path, root)
            unit = root.get("unit") or (self.start.unit if self._models else "millimeter")
            self._models[key] = ThreeMfModel(key, root, unit)
        return self._models[key]

    def read(self, name: str) -> bytes:
        """Return the content of a file, whatever the case of its name. Raises KeyError when there is none."""
        if _plain(name) not in self._names:
            raise KeyError(f"no {name} in it")
        return self._archive.read(self._names[_plain(name)])

    def _start_name(self) -> str:
        """Return the model that the package's relationships name, else the only one, else the one in the usual place."""
        if "_rels/.rels" in self._names:
            for entry in _parse(self.read("_rels/.rels")).iterfind("{*}Relationship"):
                if entry.get("Type") == _START:
                    return str(entry.get("Target"))
        models = [name for name in self._names if name.endswith(".model")]
        return models[0] if len(models) == 1 else "3d/3dmodel.model"


def open_package(path: Path, archive: zipfile.ZipFile) -> ThreeMfPackage:
    """Open a package. Raises CadError for one that unpacks to more than any real one."""
    try:
        check_members(archive, path.stat().st_size, largest_bytes=LARGEST_BYTES)
    except BombError as error:
        raise CadError(f"{path}: {error}.") from error
    return ThreeMfPackage(path, archive)


def _plain(name: str) -> str:
    return unquote(name).replace("\\", "/").lstrip("/").lower()


def _parse(content: bytes) -> Any:
    try:
        return parse_xml(content)
    except MalformedText as error:
        raise ValueError(f"not XML: {error}") from error


def _check_extensions(path: Path, root: Any) -> None:
    unknown = [uri for uri in _required(root) if not _extension(uri).startswith((*READ_EXTENSIONS, *TOLD_EXTENSIONS))]
    if unknown:
        raise CadError(
            f"{path}: needs the 3MF extension {', '.join(unknown)}, which is not read. "
            "Export it without (core 3MF), or as STEP or STL."
        )


def _required(root: Any) -> Iterator[str]:
    for prefix in (root.get("requiredextensions") or "").split():
        yield root.nsmap.get(prefix, prefix)


def _extension(uri: str) -> str:
    return uri.removeprefix(_NAMESPACE)
