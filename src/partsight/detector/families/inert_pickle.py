"""Pickles read as plain data: what a file says is written down; nothing that it names is imported, built or called.

A pickle is a program for a small stack machine, and some of its instructions import and call what the file names. Here they only
leave a note (`Made`). Names are judged all the same: a file that names anything else than the classes of networks, tensors and plain
values was made to run code, and is refused.
"""

import pickletools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

LARGEST = 64_000_000
"""Bytes of a pickle; that of a checkpoint with 20,000 tensors has 5 million."""
_MOST_STEPS = 1_000_000
"""Instructions of a pickle; a whole network of 350 tensors has 30,000."""
_KEYS = (str, int, float, bytes, type(None))
"""Keys of dictionaries that are kept: the hash of nested tuples can take forever."""

TENSORS = frozenset(
    f"torch.{name}"
    for name in (
        "_utils._rebuild_tensor", "_utils._rebuild_tensor_v2", "_utils._rebuild_tensor_v3", "_utils._rebuild_parameter",
        "_utils._rebuild_parameter_with_state", "_tensor._rebuild_from_type_v2",
    )
)  # fmt: skip
"""Functions that checkpoints call for a tensor, by their full names."""
_VALUES = frozenset(
    {
        "_codecs.encode", "builtins.bytearray", "builtins.complex", "builtins.frozenset", "builtins.set",
        "collections.Counter", "collections.OrderedDict", "datetime.datetime", "numpy._core.multiarray.scalar",
        "numpy.core.multiarray.scalar", "numpy.dtype", "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath",
        "pathlib.WindowsPath", "torch.Size", "torch.device", "torch.serialization._get_layout",
        "ultralytics.utils.IterableSimpleNamespace", "ultralytics.yolo.utils.IterableSimpleNamespace",
    }
)  # fmt: skip
"""What checkpoints call for plain values, by full names."""
_CLASS = re.compile(
    r"(torch\.nn\.(modules\.\w+|parallel\.\w+|parameter)"
    r"|torch\._dynamo\.eval_frame"
    r"|ultralytics\.(yolo\.)?(nn\.(modules|modules\.\w+|tasks)|utils|utils\.loss|utils\.tal|v8\.detect\.train)"
    r"|models\.(yolo|common|experimental)|utils\.loss)"
    r"\.(v8|v10)?[A-Z]\w*"
)
"""Full names of the classes of networks and their losses, of all versions of the library: only ever written down."""
_BARE = re.compile(
    r"torch\.((storage\.)?\w+Storage|Tensor|(b?float|u?int|q?u?int|complex)\d+|float8_\w+|bool|strided"
    r"|per_(tensor|channel)_\w+|(nn\.functional|_C\._nn)\.\w+)"
)
"""Full names that stand in checkpoints as values: types of numbers, and functions that a layer keeps."""
_OLD_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}


class RefusedError(ValueError):
    """The pickle names or calls what no checkpoint of a network does."""


@dataclass(frozen=True, slots=True)
class Name:
    """Something named by module and name, not imported."""

    full: str


@dataclass(slots=True, eq=False)
class Made:
    """A call or an object as the pickle describes it, not made."""

    what: str
    """Full name."""
    arguments: tuple[Any, ...]
    state: Any = None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The attributes that the object would have."""
        return self.state if isinstance(self.state, dict) else {}


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A persistent id: something that lies elsewhere in the file."""

    key: Any


def read_pickle(stream: BinaryIO) -> Any:
    """Return what one pickle holds, as plain values, `Made`, `Name` and `Stored`; the stream stands behind it afterwards.

    Sets are read as lists. Raises RefusedError, and ValueError, IndexError or KeyError for what is no pickle.
    """
    machine = _Machine()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if number > _MOST_STEPS:
            raise RefusedError(f"more than {_MOST_STEPS} instructions")
        machine.step(opcode.name, argument)
    return machine.stack[-1]


class _Machine:
    """The stack, the marks and the memo of a pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._outer: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Follow one instruction. Raises RefusedError, ValueError, IndexError, KeyError."""
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _FRESH:
            self.stack.append(_FRESH[name]())
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in _PASSED_OVER:
            raise RefusedError(f"the instruction {name}")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self, _: Any) -> None:
        self._outer.append(self.stack)
        self.stack = []

    def marked(self) -> list[Any]:
        """Return what came since the last mark."""
        items, self.stack = self.stack, self._outer.pop()
        return items

    def take(self, count: int) -> tuple[Any, ...]:
        """Return the last values."""
        if len(self.stack) < count:
            raise IndexError("the stack is empty")
        taken = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        return taken

    def remember(self, place: Any) -> None:
        self._memo[len(self._memo) if place is None else int(place)] = self.stack[-1]

    def recall(self, place: Any) -> None:
        self.stack.append(self._memo[int(place)])

    def name(self, written: str | None) -> None:
        module, name = self.take(2) if written is None else written.split(" ", 1)
        self.stack.append(_checked_name(module, name))

    def call(self, what: Any, arguments: Any) -> None:
        """Write down a call. Raises RefusedError unless tensors and plain values are made that way."""
        if not isinstance(what, Name) or what.full not in TENSORS | _VALUES or not isinstance(arguments, tuple):
            raise RefusedError(f"a call of {what.full if isinstance(what, Name) else 'something unnamed'}")
        plain = _PLAIN.get(what.full)
        self.stack.append(plain(*arguments) if plain else Made(what.full, arguments))

    def make(self, what: Any, arguments: Any) -> None:
        """Write down an object that is made without a call of its class."""
        if not isinstance(what, Name) or not _CLASS.fullmatch(what.full):
            raise RefusedError(f"an object of {what.full if isinstance(what, Name) else 'something unnamed'}")
        self.stack.append(Made(what.full, arguments if isinstance(arguments, tuple) else ()))

    def build(self, _: Any) -> None:
        target, state = self.take(2)
        if isinstance(target, Made):
            target.state = state
        elif not isinstance(target, dict):
            raise RefusedError("a state for something that has none")
        self.stack.append(target)

    def extend(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise RefusedError("items for what is no list")
        self.stack[-1].extend(items)

    def put(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], dict):
            raise RefusedError("entries for what is no dictionary")
        self.stack[-1].update(_pairs(items))


def _checked_name(module: Any, name: Any) -> Name:
    full = f"{_OLD_MODULES.get(str(module), module)}.{name}"
    if full in TENSORS | _VALUES or _CLASS.fullmatch(full) or _BARE.fullmatch(full):
        return Name(full)
    raise RefusedError(full[:200])


def _stored(key: Any) -> Stored | Name:
    """Return what a persistent id stands for; before archives, classes were kept together with their source text."""
    is_class = isinstance(key, tuple) and len(key) > 1 and key[0] == "module" and isinstance(key[1], Name)
    return key[1] if is_class else Stored(key)


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return {key: value for key, value in zip(items[::2], items[1::2], strict=True) if isinstance(key, _KEYS)}


def _as_dict(pairs: Any = (), *_: Any) -> dict[Any, Any]:
    return (
        _pairs([item for pair in pairs if isinstance(pair, (list, tuple)) for item in pair])
        if isinstance(pairs, list)
        else {}
    )


def _as_list(items: Any = (), *_: Any) -> list[Any]:
    return list(items) if isinstance(items, list) else []


def _as_tuple(items: Any = (), *_: Any) -> tuple[Any, ...]:
    return tuple(items) if isinstance(items, (tuple, list)) else ()


_PLAIN: Mapping[str, Callable[..., Any]] = {
    "collections.OrderedDict": _as_dict, "builtins.set": _as_list, "builtins.frozenset": _as_list, "torch.Size": _as_tuple,
}  # fmt: skip
"""Calls that give plain values."""
_PASSED_OVER = frozenset({"PROTO", "FRAME", "STOP"})
_PUSHED = frozenset(
    {
        "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING", "SHORT_BINSTRING",
        "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
        "BYTEARRAY8", "FLOAT", "BINFLOAT",
    }
)  # fmt: skip
_FRESH: Mapping[str, Callable[[], Any]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "EMPTY_TUPLE": tuple, "EMPTY_LIST": list,
    "EMPTY_SET": list, "EMPTY_DICT": dict,
}  # fmt: skip
_Step: TypeAlias = Callable[[_Machine, Any], Any]
_STEPS: Mapping[str, _Step] = {
    "MARK": _Machine.mark,
    "POP": lambda machine, _: machine.take(1) if machine.stack else machine.marked(),
    "POP_MARK": lambda machine, _: machine.marked(),
    "DUP": lambda machine, _: machine.push(machine.stack[-1]),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.marked())),
    "TUPLE1": lambda machine, _: machine.push(machine.take(1)),
    "TUPLE2": lambda machine, _: machine.push(machine.take(2)),
    "TUPLE3": lambda machine, _: machine.push(machine.take(3)),
    "LIST": lambda machine, _: machine.push(machine.marked()),
    "FROZENSET": lambda machine, _: machine.push(machine.marked()),
    "DICT": lambda machine, _: machine.push(_pairs(machine.marked())),
    "APPEND": lambda machine, _: machine.extend(list(machine.take(1))),
    "APPENDS": lambda machine, _: machine.extend(machine.marked()),
    "ADDITEMS": lambda machine, _: machine.extend(machine.marked()),
    "SETITEM": lambda machine, _: machine.put(list(machine.take(2))),
    "SETITEMS": lambda machine, _: machine.put(machine.marked()),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.recall),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.remember),
    **dict.fromkeys(("GLOBAL", "STACK_GLOBAL"), _Machine.name),
    "REDUCE": lambda machine, _: machine.call(*machine.take(2)),
    "NEWOBJ": lambda machine, _: machine.make(*machine.take(2)),
    "NEWOBJ_EX": lambda machine, _: machine.make(*machine.take(3)[:2]),
    "BUILD": _Machine.build,
    "PERSID": lambda machine, written: machine.push(_stored(written)),
    "BINPERSID": lambda machine, _: machine.push(_stored(*machine.take(1))),
}
