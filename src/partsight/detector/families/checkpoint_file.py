"""Tensors of PyTorch checkpoints: archives and the format before them, state dicts and whole pickled networks.

Nothing is unpickled: the pickle is read as data (`inert_pickle`), a network's tensors are collected from its description in plain
Python, and only their bytes are given to torch.
"""

import io
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import torch

from partsight.detector.families.inert_pickle import LARGEST, TENSORS, Made, Name, RefusedError, Stored, read_pickle
from partsight.errors import DetectorError

Storages: TypeAlias = Callable[[str], bytearray]
"""Gives the bytes of a storage by its key."""

_MAGIC = 0x1950A86A20F9469CFC6C
"""Begins a file of the format before archives."""
_WRAPPED = {"DataParallel": "module", "DistributedDataParallel": "module", "OptimizedModule": "_orig_mod"}
"""Classes that hold a network under that name."""
_DEEPEST, _MOST_MODULES = 100, 100_000
_DTYPES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
    "UntypedStorage": torch.uint8,
}  # fmt: skip


def read_checkpoint(path: Path, ways_out: str) -> dict[str, torch.Tensor]:
    """Return the tensors of a state dict or a whole network by name. Raises DetectorError, which ends with the ways out."""
    try:
        with path.open("rb") as stream:
            is_archive = stream.read(4) == b"PK\x03\x04"
            stream.seek(0)
            return _read_archive(stream) if is_archive else _read_before_archives(stream)
    except RefusedError as error:
        raise DetectorError(
            f"{path}: refused, because it is made to run code, or holds more than a network ({error}). "
            f"Convert it to safetensors where you trust it. {ways_out}"
        ) from error
    except (ValueError, LookupError, EOFError, OSError, RuntimeError, OverflowError, zipfile.BadZipFile) as error:
        raise DetectorError(f"{path}: not a PyTorch file that can be read ({error}). {ways_out}") from error


def _read_archive(stream: BinaryIO) -> dict[str, torch.Tensor]:
    """Read a file of torch.save: an uncompressed zip of one pickle and one entry for each storage."""
    with zipfile.ZipFile(stream) as archive:
        _check_archive(archive, stream.seek(0, io.SEEK_END))
        folder = _only_pickle(archive).removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != sys.byteorder.encode():
            raise ValueError("its numbers have another byte order than this machine's")
        content = read_pickle(io.BytesIO(archive.read(f"{folder}data.pkl")))
        return _tensors(content, lambda key: bytearray(archive.read(f"{folder}data/{key}")))


def _check_archive(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what torch never writes: entries that grow, overlap, or stand twice under one name. Raises ValueError."""
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if len(names) < len(entries):
        raise ValueError("an entry stands twice in the archive")
    if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries):
        raise ValueError("its entries are compressed or encrypted, as torch never writes them")
    if sum(entry.file_size for entry in entries) > size:
        raise ValueError("its entries are larger than the file")


def _only_pickle(archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if name.endswith(".pkl")]
    if any(name.endswith("constants.pkl") for name in names):
        raise RefusedError("a TorchScript program")
    if len(names) != 1 or names[0].rpartition("/")[2] != "data.pkl":
        raise ValueError(f"{len(names)} pickles in the archive, expected one data.pkl")
    if archive.getinfo(names[0]).file_size > LARGEST:
        raise ValueError(f"its description has more than {LARGEST} bytes")
    return names[0]


def _read_before_archives(stream: BinaryIO) -> dict[str, torch.Tensor]:
    """Read five pickles (magic number, version, machine, content, keys), then each storage's length and bytes."""
    head = io.BytesIO(stream.read(LARGEST))
    if read_pickle(head) != _MAGIC:
        raise ValueError("neither an archive nor a checkpoint of old versions")
    _version, _machine, content, keys = (read_pickle(head) for _ in range(4))
    sizes = _item_sizes(content)
    stream.seek(head.tell())
    storages = {key: _read_storage(stream, sizes.get(key, 1)) for key in keys if isinstance(key, str)}
    return _tensors(content, storages.__getitem__)


def _read_storage(stream: BinaryIO, item_size: int) -> bytearray:
    count = int.from_bytes(stream.read(8), "little") * item_size
    position, end = stream.tell(), stream.seek(0, io.SEEK_END)
    stream.seek(position)
    if count > end - position:
        raise EOFError("the file ends before its tensors do")
    return bytearray(stream.read(count))


def _item_sizes(content: Any) -> dict[str, int]:
    """Return the bytes per number of every storage that the content names."""
    sizes: dict[str, int] = {}
    seen: set[int] = set()
    waiting = [content]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Stored):
            dtype, key, _ = _storage_of(item)
            sizes[key] = dtype.itemsize
        elif isinstance(item, Made):
            waiting += [item.arguments, item.state]
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, (list, tuple)):
            waiting += item
    return sizes


def _tensors(content: Any, read_storage: Storages) -> dict[str, torch.Tensor]:
    """Return the tensors of the network that a checkpoint's content describes. Raises ValueError where there is none."""
    for key in ("ema", "model", "state_dict"):
        if isinstance(content, dict) and content.get(key) is not None:
            content = content[key]
            break
    described = dict(_described(_unwrapped(content)))
    if not described or not all(isinstance(value, Made) and value.what in TENSORS for value in described.values()):
        raise ValueError("it holds no network weights")
    kept: dict[str, bytearray] = {}

    def read_once(key: str) -> bytearray:
        if key not in kept:
            kept[key] = read_storage(key)
        return kept[key]

    tensors = {name: _tensor(value, read_once) for name, value in described.items()}
    return _without_prefix(tensors)


def _unwrapped(content: Any) -> Any:
    """Return the network inside what trains it on several devices, or compiles it."""
    if isinstance(content, Made):
        name = _WRAPPED.get(content.what.rpartition(".")[2])
        children = content.fields.get("_modules")
        if name and isinstance(children, dict):
            return children.get(name)
    return content


def _described(content: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and description of each tensor, as `state_dict` orders them."""
    if isinstance(content, dict):
        yield from ((str(name), value) for name, value in content.items())
        return
    waiting = [("", content)]
    for _ in range(_MOST_MODULES):
        if not waiting:
            return
        prefix, module = waiting.pop()
        if not isinstance(module, Made) or prefix.count(".") > _DEEPEST:
            raise ValueError("it describes no network")
        yield from _own(prefix, module.fields)
        children = _named(module.fields, "_modules")
        waiting += [(f"{prefix}{name}.", child) for name, child in reversed(children.items())]
    raise ValueError(f"a network of more than {_MOST_MODULES} modules")


def _own(prefix: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    passing = fields.get("_non_persistent_buffers_set")
    left_out = passing if isinstance(passing, list) else []
    buffers = {name: value for name, value in _named(fields, "_buffers").items() if name not in left_out}
    for name, value in {**_named(fields, "_parameters"), **buffers}.items():
        yield f"{prefix}{name}", value


def _named(fields: Mapping[str, Any], group: str) -> dict[str, Any]:
    found = fields.get(group)
    return {str(name): value for name, value in found.items() if value is not None} if isinstance(found, dict) else {}


def _without_prefix(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Drop what wrappers put before every name."""
    for prefix in ("module.", "_orig_mod."):
        if all(name.startswith(prefix) for name in tensors):
            return {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors


def _tensor(described: Any, read_storage: Storages, depth: int = 0) -> torch.Tensor:
    """Make one tensor of its description. Raises ValueError, RuntimeError, RefusedError."""
    if not isinstance(described, Made) or described.what not in TENSORS or depth > 3:
        raise RefusedError("a tensor that is made in another way")
    arguments, name = described.arguments, described.what.rpartition(".")[2]
    if name.startswith("_rebuild_parameter"):
        return _tensor(arguments[0], read_storage, depth + 1)
    if name == "_rebuild_from_type_v2":
        function, _, inner, *_ = arguments
        rebuilt = Made(function.full if isinstance(function, Name) else "", inner if isinstance(inner, tuple) else ())
        return _tensor(rebuilt, read_storage, depth + 1)
    if len(arguments) < 4 or not isinstance(arguments[0], Stored):
        raise RefusedError("a tensor whose numbers do not lie in the file")
    dtype, key, view = _storage_of(arguments[0])
    if name == "_rebuild_tensor_v3":
        dtype = _named_dtype(arguments[6])
    offset, size, stride = arguments[1:4]
    return _placed(read_storage(key), dtype, _whole(offset) + view, _wholes(size), _wholes(stride))


def _storage_of(stored: Stored) -> tuple[torch.dtype, str, int]:
    """Return type, key and first number of what a persistent id names: ("storage", type, key, device, count, and once a view)."""
    key = stored.key
    if not isinstance(key, tuple) or len(key) < 5 or key[0] != "storage" or not isinstance(key[1], Name):
        raise RefusedError("a persistent id that is no storage")
    kind, view = key[1].full.rpartition(".")[2], key[5] if len(key) > 5 else None
    if kind not in _DTYPES or not isinstance(key[2], str):
        raise ValueError(f"tensors of the kind {kind}")
    return _DTYPES[kind], key[2], _whole(view[1]) if isinstance(view, tuple) and len(view) == 3 else 0


def _named_dtype(name: Any) -> torch.dtype:
    dtype = getattr(torch, name.full.removeprefix("torch."), None) if isinstance(name, Name) else None
    if not isinstance(dtype, torch.dtype):
        raise RefusedError("a tensor of an unknown type")
    return dtype


def _placed(
    content: bytearray, dtype: torch.dtype, offset: int, size: tuple[int, ...], stride: tuple[int, ...]
) -> torch.Tensor:
    """View a storage as a tensor. Raises ValueError where the tensor would reach beyond it."""
    if len(size) != len(stride):
        raise ValueError("a tensor with more sides than strides")
    if not prod(size):
        return torch.empty(size, dtype=dtype)
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    count = len(content) // dtype.itemsize
    if last >= count:
        raise ValueError("a tensor reaches beyond its numbers")
    return torch.frombuffer(content, dtype=dtype, count=count).as_strided(size, stride, offset)


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**48:
        raise ValueError("a tensor with an impossible size")
    return value


def _wholes(values: Any) -> tuple[int, ...]:
    return tuple(_whole(value) for value in values) if isinstance(values, (tuple, list)) else (_whole(None),)
