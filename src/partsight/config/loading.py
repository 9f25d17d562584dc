"""Recipe files: read once, with settings on top; and the whole recipe as data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from partsight.config.recipe import Recipe


def read_recipe(path: Path, settings: Sequence[str] = (), *, varied: Sequence[str] = ()) -> Recipe:
    """Read a recipe file, with `a.b=c` settings on top: the user's, then those that the recipe itself varies.

    Raises RecipeError with all problems, one a line; UntrustedRecipeError where the file holds values that are as trusted as a
    script and were never accepted.
    """
    return Recipe.read(path, settings, varied=varied)


def effective_recipe(recipe: Recipe) -> dict[str, Any]:
    """Return the whole recipe with every default written out, as JSON-like data."""
    return recipe.model_dump(mode="json")
