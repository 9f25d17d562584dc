"""The content of a recipe before it is validated: read as TOML, changed by dotted keys."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from partsight.errors import RecipeError
from partsight.texts import DEEPEST_KEY, MalformedText, parse_toml


def read_toml(path: Path) -> dict[str, Any]:
    """Return a recipe file's content. Raises RecipeError."""
    try:
        return parse_toml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such recipe. Make one with 'partsight init parts/*.step'.") from error
    except MalformedText as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: cannot be read ({error})") from error


def parse_setting(setting: str) -> tuple[str, Any]:
    """Return key and value of `a.b=value`; the value is read as TOML, or taken as text if it is none. Raises RecipeError."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"setting {setting!r}: expected key=value, for example render.count=200")
    try:
        return key.strip(), parse_toml(f"value = {text}")["value"]
    except MalformedText:
        return key.strip(), text


def with_value(content: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return the content with the value of one dotted key. Raises RecipeError where the key goes through a value."""
    return _with_value(content, key_parts(key), value, key=key)


def value_of(content: Mapping[str, Any], key: str) -> Any:
    """Return the value of a dotted key, None where there is none or a section stands whole."""
    found: Any = content
    for part in key_parts(key):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def without(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the content without a dotted key that is in it."""
    return _without(content, key_parts(key))


def _without(content: Mapping[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    first, *below = parts
    if not below:
        return {name: value for name, value in content.items() if name != first}
    return {**content, first: _without(content[first], below)}


def key_parts(key: str) -> tuple[str, ...]:
    """Return the parts of a dotted key; those with dots are quoted as in TOML: `parts."M2.5".color`. Raises RecipeError."""
    if key.count(".") > DEEPEST_KEY:
        raise RecipeError(f"key {key[:40]!r}…: more than {DEEPEST_KEY} dots")
    parts = _quoted_parts(key) if '"' in key or "'" in key else tuple(key.split("."))
    if not parts or not all(parts):
        raise RecipeError(f"key {key!r}: expected names with dots between them, for example render.count")
    return parts


def _quoted_parts(key: str) -> tuple[str, ...]:
    try:
        found: Any = parse_toml(f"{key} = 0")
    except MalformedText:
        return ()
    parts: list[str] = []
    while isinstance(found, dict):
        part, found = next(iter(found.items()))
        parts.append(part)
    return tuple(parts)


def _with_value(content: Any, parts: tuple[str, ...], value: Any, *, key: str) -> dict[str, Any]:
    first, *others = parts
    if isinstance(content, BaseModel):
        content = content.model_dump(exclude_unset=True)
    if not others:
        return {**content, first: value}
    below = content.get(first, {})
    if not isinstance(below, Mapping | BaseModel):
        raise RecipeError(f"{key}: {first} is a value ({below!r}), not a section")
    return {**content, first: _with_value(below, tuple(others), value, key=key)}
