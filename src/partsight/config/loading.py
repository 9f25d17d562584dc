"""Recipe files: read once, with settings on top; and the whole recipe as data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from partsight.config.recipe import Recipe


def read_recipe(path: Path, settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe file, with `a.b=c` settings on top. Raises RecipeError with all problems, one a line."""
    return Recipe.read(path, settings)


def effective_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return the whole recipe with every default written out, as JSON-like data."""
    return recipe.model_dump(mode="json")
