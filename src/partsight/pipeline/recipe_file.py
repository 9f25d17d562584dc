"""A recipe file changed in place: its comments and order stay, and what would not be a recipe is never written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import ParseError
from tomlkit.items import Table

from partsight.config.content import key_parts
from partsight.config.loading import read_recipe
from partsight.errors import RecipeError
from partsight.files import write_text


def write_values(recipe_path: Path, values: Mapping[str, Any]) -> None:
    """Put values of dotted keys into a recipe. Raises RecipeError, and then leaves the file as it was."""
    document = _parse(recipe_path)
    for key, value in values.items():
        *sections, last = key_parts(key)
        section: Container | Table = document
        for name in sections:
            if name not in section:
                section[name] = tomlkit.table()
            section = section[name]
        section[last] = value
    trial = recipe_path.with_name(f".{recipe_path.name}.trial")
    try:
        write_text(trial, tomlkit.dumps(document))
        read_recipe(trial, [])
        trial.replace(recipe_path)
    finally:
        trial.unlink(missing_ok=True)


def _parse(recipe_path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(recipe_path.read_text(encoding="utf-8"))
    except ParseError as error:
        raise RecipeError(f"{recipe_path}: {error}") from error
