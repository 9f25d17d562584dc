"""Class names: they travel with the data, and two sources must say the same."""

from collections.abc import Sequence

from partsight.errors import DatasetError
from partsight.structures.names import name_fault


def check_same_names(expected: Sequence[str], found: Sequence[str], where: str) -> None:
    """Raise DatasetError unless both lists hold the same names in the same order; `where` says whose are `found`."""
    if tuple(expected) != tuple(found):
        raise DatasetError(
            f"{where}: class names do not match.\n  found:    {_numbered(found)}\n  expected: {_numbered(expected)}\n"
            "Class numbers would mean different parts: give both sources the same names in the same order."
        )


def check_names(names: Sequence[str], where: str) -> None:
    """Raise DatasetError when a text is no name of a class, or a name occurs twice."""
    faults = [f"{name!r} {fault}" for name in names if (fault := name_fault(name)) is not None]
    if faults:
        raise DatasetError(f"{where}: the name {'; '.join(faults)}. Rename the class.")
    if len(set(names)) < len(names):
        raise DatasetError(f"{where}: class names must be unique; found {_numbered(names)}")


def _numbered(names: Sequence[str]) -> str:
    return ", ".join(f"{index}={name}" for index, name in enumerate(names)) or "none"
