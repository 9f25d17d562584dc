"""The model folder: all that is needed to recognize parts, in one folder that can be copied anywhere.

    model/
      model.json            what it is: classes, input, threshold, part cards, provenance, parity, speed
      model.onnx            the network
      verifier.onnx         the network that looks once more at what is found, where there is one
      openvino/model.xml    the same for other runtimes, where asked for
      cards/QF.png          pictures of the CAD models
      documents/QF/…        documents of the parts
      shapes/QF.npz         meshes with symmetries, for poses

Nothing in it is ever executed or unpickled. The files named in model.json, and no others, are read.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import getpid
from pathlib import Path

from pydantic import ValidationError

from partsight.deploy.description import (
    FORMAT,
    ModelDescription,
    NetworkFile,
    PartCard,
    ShapeFile,
    as_json,
    binding_of,
    shapes_binding_of,
)
from partsight.errors import ModelError, StorageError
from partsight.files import write_json
from partsight.pose.shapes.shape import PartShape
from partsight.pose.shapes.shape_file import read_shape

DESCRIPTION = "model.json"
_LARGEST_JSON = 16_000_000
"""Bytes; model.json of hundreds of classes has some hundred thousand."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder that has been read and checked."""

    path: Path
    description: ModelDescription

    def network(self, runtime: str) -> Path:
        """Return the network for a runtime. Raises ModelError when it is missing or not the one that was exported."""
        return checked_file(self.path, self.description.networks[runtime])

    def file(self, relative: str) -> Path:
        """Return the place of a picture or document that model.json names. Raises ModelError for any other."""
        if relative not in self.named_files():
            raise ModelError(f"{relative}: not a file that {self.path / DESCRIPTION} names")
        return inside(self.path, relative)

    def shapes(self) -> tuple[PartShape | None, ...]:
        """Return the shape of each class, None where it has none. Raises ModelError without any, or for one that was not exported."""
        entries = [part.shape for part in self.description.parts]
        if not any(entries):
            raise ModelError(
                f"{self.path}: has no shapes of its parts, which poses need. Export the model again with this Partsight."
            )
        return tuple(None if entry is None else read_shape(checked_file(self.path, entry)) for entry in entries)

    def named_files(self) -> frozenset[str]:
        """Return the pictures and documents that model.json names."""
        return frozenset(name for part in self.description.parts for name in _files_of(part))


def checked_file(folder: Path, entry: NetworkFile | ShapeFile) -> Path:
    """Return the network or shape that model.json names. Raises ModelError when it is missing or not the one that was exported."""
    path = inside(folder, entry.path)
    if not path.exists():
        raise ModelError(f"{path}: missing, though {DESCRIPTION} names it. Copy the whole folder, or export again.")
    if hash_files(path) != entry.sha256:
        raise ModelError(
            f"{path}: is not the file that was exported (its SHA-256 differs). Copy the folder again, or export again."
        )
    return path


def read_model_folder(path: Path) -> ModelFolder:
    """Read and check a model folder. Raises ModelError with everything that is wrong."""
    description = _read_description(path)
    folder = ModelFolder(path, description)
    looking_again = description.verifier.networks if description.verifier else {}
    networks = (*description.networks.values(), *looking_again.values())
    shapes = [part.shape.path for part in description.parts if part.shape]
    named = [entry.path for entry in networks] + sorted(folder.named_files()) + shapes
    missing = [name for name in named if not inside(path, name).exists()]
    if missing:
        raise ModelError(
            f"{path}: {DESCRIPTION} names files that are missing: {', '.join(missing[:10])}. Copy the whole folder."
        )
    return folder


@contextmanager
def written_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill; when that went well it takes the place of `path`, otherwise it is deleted.

    Raises StorageError when something else than a model folder is at `path`.
    """
    _check_replaceable(path)
    fresh = path.with_name(f".{path.name}.{getpid()}.partial")
    _mend_after_kill(path)
    try:
        fresh.mkdir(parents=True)
        yield fresh
        _put_in_place(fresh, path)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written ({error.strerror or error}). What stood there is kept."
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_description(folder: Path, description: ModelDescription) -> None:
    """Write model.json; done last, it makes the folder a model folder. Raises StorageError."""
    bound = {"binding": binding_of(description), "shapes_binding": shapes_binding_of(description)}
    write_json(folder / DESCRIPTION, {**as_json(description), **bound})


def network_entry(folder: Path, path: Path) -> NetworkFile:
    """Return what model.json says about a network that lies in the folder."""
    size = sum(file.stat().st_size for file in _network_files(path))
    return NetworkFile(path=path.relative_to(folder).as_posix(), sha256=hash_files(path), bytes=size)


def hash_files(path: Path) -> str:
    """Return the SHA-256 of a network or shape: of its file, of the .xml and .bin of OpenVINO, or of all files of its folder."""
    digest = hashlib.sha256()
    for file in _network_files(path):
        content = file.read_bytes()
        digest.update(f"{file.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def inside(folder: Path, relative: str) -> Path:
    """Return the place of a file in a folder. Raises ModelError when a link leads out of it."""
    path = folder / relative
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"{path}: leads out of the folder. Copy the file into it.")
    return path


def shape_entry(folder: Path, path: Path) -> ShapeFile:
    """Return what model.json says about a shape that lies in the folder."""
    return ShapeFile(path=path.relative_to(folder).as_posix(), sha256=hash_files(path))


def _network_files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    return [path, path.with_suffix(".bin")] if path.suffix == ".xml" else [path]


def _files_of(part: PartCard) -> list[str]:
    documents = [document.path for document in part.documents if document.path is not None]
    return documents if part.picture is None else [part.picture, *documents]


def _read_description(folder: Path) -> ModelDescription:
    path = folder / DESCRIPTION
    if not path.is_file():
        raise ModelError(
            f"{folder}: no model folder ({DESCRIPTION} is missing). Make one with 'partsight export' and name its folder."
        )
    if path.stat().st_size > _LARGEST_JSON:
        raise ModelError(f"{path}: is larger than {_LARGEST_JSON} bytes, so it is not written by Partsight")
    try:
        description = ModelDescription.model_validate_json(path.read_bytes())
    except ValidationError as error:
        problems = [f"  {'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors()[:20]]
        hint = "Checkpoints of 'partsight train' are turned into model folders by 'partsight export'."
        raise ModelError("\n".join([f"{path}: not a description of a model folder", *problems, hint])) from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    if description.format > FORMAT:
        raise ModelError(
            f"{path}: is of format {description.format}, this Partsight knows up to {FORMAT}. Update Partsight."
        )
    return description


def _check_replaceable(path: Path) -> None:
    if not path.exists() or (path.is_dir() and (not any(path.iterdir()) or (path / DESCRIPTION).is_file())):
        return
    raise StorageError(f"{path}: is there and no model folder. Choose another folder (`out`).")


def _put_in_place(fresh: Path, path: Path) -> None:
    """Between the two renames the folder is absent for an instant; a kill there is mended by the next export."""
    old = _old(path)
    if path.exists():
        path.rename(old)
    fresh.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _mend_after_kill(path: Path) -> None:
    """Put back the old folder if a killed export had just moved it away; delete what it had begun."""
    old = _old(path)
    if old.exists() and not path.exists():
        old.rename(path)
    for leftover in path.parent.glob(f".{path.name}.*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old.partial")
