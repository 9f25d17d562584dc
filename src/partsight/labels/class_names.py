"""Class names: they travel with the data, and two sources must say the same."""

from collections.abc import Sequence

from partsight.errors import DatasetError


def check_same_names(expected: Sequence[str], found: Sequence[str], where: str) -> None:
    """Raise DatasetError unless both lists hold the same names in the same order; `where` says whose are `found`."""
    if tuple(expected) != tuple(found):
        raise DatasetError(
            f"{where}: class names do not match.\n  found:    {_numbered(found)}\n  expected: {_numbered(expected)}\n"
            "Class numbers would mean different parts: give both sources the same names in the same order."
        )


def check_unique_names(names: Sequence[str], where: str) -> None:
    """Raise DatasetError when a class name is empty or occurs twice."""
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice or not all(name.strip() for name in names):
        raise DatasetError(f"{where}: class names must be unique and not empty; found {_numbered(names)}")


def _numbered(names: Sequence[str]) -> str:
    return ", ".join(f"{index}={name}" for index, name in enumerate(names)) or "none"
