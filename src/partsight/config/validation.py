"""Validation: content becomes a section, or one error names every key with what was found and what was expected."""

import difflib
from collections.abc import Mapping
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
        problems = "\n".join(f"  {_describe(kind, problem)}" for problem in error.errors())
        raise RecipeError(f"{where}: {error.error_count()} problem(s)\n{problems}") from error


def _describe(kind: type[BaseModel], problem: Any) -> str:
    """Return 'key: found …, expected …' for one of pydantic's findings."""
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key. {_nearest(kind, problem['loc'])}"
    if problem["type"] == "missing":
        return f"{key}: missing"
    return f"{key}: found {problem['input']!r}; {problem['msg']}"


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
