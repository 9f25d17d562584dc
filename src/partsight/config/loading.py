"""Recipe files: parse once, resolve paths, apply settings, report every mistake together."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from partsight.config.recipe import Recipe
from partsight.config.section import Section
from partsight.config.trust import check_trusted, script_values
from partsight.errors import RecipeError


def read_recipe(path: Path, settings: Sequence[str] = (), *, varied: Sequence[str] = ()) -> Recipe:
    """Read a recipe file, with `a.b=c` settings on top: the user's, then those that the recipe itself varies.

    Raises RecipeError with all problems, one a line; UntrustedRecipeError where the file holds values that are as trusted as a
    script and were never accepted.
    """
    content = _changed(_read_toml(path), [*settings, *varied])
    recipe = parse_recipe(content, where=str(path), folder=path.resolve().parent)
    own = script_values(_changed(_read_toml(path), varied))
    check_trusted({key: value for key, value in script_values(content).items() if own.get(key) == value}, path)
    return recipe


def parse_recipe(content: Mapping[str, Any], *, where: str, folder: Path) -> Recipe:
    """Validate a recipe's content; relative paths are resolved against `folder`. Raises RecipeError."""
    try:
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        problems = "\n".join(f"  {_describe(problem)}" for problem in error.errors())
        raise RecipeError(f"{where}: {error.error_count()} problem(s)\n{problems}") from error
    absolute: Recipe = _with_absolute_paths(recipe, folder)
    return absolute


def effective_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return the whole recipe with every default written out, as JSON-like data."""
    return recipe.model_dump(mode="json")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such recipe. Make one with 'partsight init parts/*.step'.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from error


def _changed(content: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return the content with settings put into it."""
    for setting in settings:
        _apply(content, setting)
    return content


def _apply(content: dict[str, Any], setting: str) -> None:
    """Put one `a.b=value` into the content; the value is read as TOML, or taken as text if it is none."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"setting {setting!r}: expected key=value, for example render.count=200")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *groups, last = key.strip().split(".")
    for group in groups:
        content = content.setdefault(group, {})
        if not isinstance(content, dict):
            raise RecipeError(f"setting {setting!r}: {group} is a value, not a section")
    content[last] = value


def _describe(problem: Any) -> str:
    """Return 'key: found …, expected …' for one of pydantic's findings."""
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key. {_nearest(problem['loc'])}"
    if problem["type"] == "missing":
        return f"{key}: missing"
    return f"{key}: found {problem['input']!r}; {problem['msg']}"


def _nearest(loc: tuple[int | str, ...]) -> str:
    """Return the known keys of the section in which an unknown key was found."""
    import difflib

    section: Any = Recipe
    for part in loc[:-1]:
        section = _section_of(section, str(part))
    known = list(section.model_fields) if isinstance(section, type) and issubclass(section, Section) else []
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


def _with_absolute_paths(section: Any, folder: Path) -> Any:
    """Return the section with every relative path made absolute against the recipe's folder."""
    if isinstance(section, Path):
        return section if section.is_absolute() else folder / section
    if isinstance(section, tuple):
        return tuple(_with_absolute_paths(item, folder) for item in section)
    if isinstance(section, dict):
        return {key: _with_absolute_paths(item, folder) for key, item in section.items()}
    if isinstance(section, Section):
        changes = {name: _with_absolute_paths(getattr(section, name), folder) for name in type(section).model_fields}
        return section.model_copy(update=changes)
    return section
