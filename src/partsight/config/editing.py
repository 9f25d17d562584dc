"""Changes of a recipe file that leave its comments, its order and everything else as they are."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from partsight.config.content import key_parts, read_toml, value_of, with_value, without
from partsight.config.recipe import Recipe
from partsight.config.renamed import new_setting
from partsight.config.trust import script_values
from partsight.errors import RecipeError, StaleRecipeError
from partsight.files import hash_content, write_bytes

DELETED: Any = object()
"""In the place of a value: the key is taken out, so that preset or default count again."""
_OWN_HEADING = 2
"""Groups up to this depth stand under a heading of their own, as `[train.augment]`."""


def recipe_revision(path: Path) -> str:
    """Return what tells one state of a recipe file from another. Raises RecipeError."""
    return hash_content(_content_of(path))


def edit_recipe(path: Path, changes: Mapping[str, Any], revision: str | None = None) -> str:
    """Set dotted keys of a recipe file, or take them out (`DELETED`), and return its new revision.

    The result is validated before anything is written. Raises RecipeError, StaleRecipeError where the file is no longer of
    `revision`, StorageError.
    """
    before = _content_of(path)
    if revision is not None and revision != hash_content(before):
        raise _stale(path)
    read_toml(path)  # says where it is no TOML
    document = tomlkit.parse(before.decode())
    expected = document.unwrap()
    for key, value in changes.items():
        new_key, new_value = new_setting(key, value)
        expected = _without(expected, new_key) if value is DELETED else with_value(expected, new_key, new_value)
        _set(document, key_parts(new_key), new_value)
    after = tomlkit.dumps(document)
    _check(expected, path, changes)
    if tomllib.loads(after) != expected:
        raise RecipeError(f"{path}: {', '.join(changes)} cannot be written into a file of this form. Write it by hand.")
    if _content_of(path) != before:  # another window, or a command, while this change was checked
        raise _stale(path)
    write_bytes(path, after.encode(), is_synced=True)
    return hash_content(after.encode())


def _stale(path: Path) -> StaleRecipeError:
    return StaleRecipeError(f"{path}: was changed elsewhere meanwhile. Load it again; nothing was written.")


def _check(content: Mapping[str, Any], path: Path, changes: Mapping[str, Any]) -> None:
    Recipe.parse(content, base_dir=path.resolve().parent, where=str(path))
    asked = [key for key in script_values(content) if key in changes]
    if asked:
        raise RecipeError(
            f"{', '.join(asked)}: as trusted as a script (docs/background/security.md), so only written by hand, in {path.name}."
        )


def _set(table: Any, parts: tuple[str, ...], value: Any) -> None:
    """Set or take out a value below a table; groups that are missing are made, the deeper ones in line."""
    *groups, last = parts
    for depth, group in enumerate(groups):
        if group not in table:
            if value is DELETED:
                return
            table[group] = tomlkit.table() if depth < _OWN_HEADING else tomlkit.inline_table()
        table = table[group]
    if value is DELETED:
        table.pop(last, None)
    else:
        table[last] = _in_line(value)


def _in_line(value: Any) -> Any:
    """Return a mapping as one line, as people write it: `{ "*" = "steel" }`."""
    if not isinstance(value, Mapping):
        return value
    table = tomlkit.inline_table()
    for key, item in value.items():
        table[key] = _in_line(item)
    return table


def _without(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    return dict(content) if value_of(content, key) is None else without(content, key)


def _content_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such recipe. Make one with 'partsight init parts/*.step'.") from error
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error})") from error
