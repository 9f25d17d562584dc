"""Validation: content becomes a section, or one error names every key with what was found and what was expected."""

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from partsight.errors import RecipeError

_Model = TypeVar("_Model", bound=BaseModel)


def validated(kind: type[_Model], content: Mapping[str, Any], *, where: str, folder: Path | None = None) -> _Model:
    """Return content as a model of its kind; relative paths are resolved against `folder`, if one is given.

    Raises RecipeError with all problems, one a line.
    """
    try:
        return kind.model_validate(content, context={"folder": folder})
    except ValidationError as error:
        problems = _describe(kind, error.errors())
        lines = "\n".join(f"  {key}: {told}" for key, told in problems.items())
        raise RecipeError(f"{where}: {len(problems)} problem(s)\n{lines}") from error


_ALTERNATIVE = re.compile(r"[\[(]|^(constrained-)?(int|float|str)$")
"""What pydantic calls an alternative of a key that takes several kinds of values."""


def _describe(kind: type[BaseModel], problems: Sequence[Any]) -> dict[str, str]:
    """Return 'found …; expected …' for each key of pydantic's findings; alternatives of one key are one problem."""
    told: dict[str, str] = {}
    for problem in problems:
        key = ".".join(str(part) for part in problem["loc"] if not _ALTERNATIVE.search(str(part)))
        said = problem["msg"].removeprefix("Value error, ")
        told[key] = f"{told[key]}, or: {said}" if key in told else _sentence(kind, problem, said)
    return told


def _sentence(kind: type[BaseModel], problem: Any, said: str) -> str:
    if problem["type"] == "extra_forbidden":
        return f"unknown key. {_nearest(kind, problem['loc'])}"
    return "missing" if problem["type"] == "missing" else f"found {problem['input']!r}; {said}"


def _nearest(kind: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """Return the known keys of the section in which an unknown key was found."""
    section: Any = kind
    for part in loc[:-1]:
        section = _section_of(section, str(part))
    known = list(section.model_fields) if isinstance(section, type) and issubclass(section, BaseModel) else []
    close = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f"Did you mean '{close[0]}'?" if close else f"Known keys: {', '.join(known)}"


def _section_of(section: Any, key: str) -> Any:
    """Return the class of a sub-section; the values of a table of sections are taken for any key."""
    if not (isinstance(section, type) and issubclass(section, BaseModel)):
        return section
    field = section.model_fields.get(key)
    if field is None:
        return section
    arguments = getattr(field.annotation, "__args__", ())
    return arguments[1] if arguments and getattr(field.annotation, "__origin__", None) is dict else field.annotation
