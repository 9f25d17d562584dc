"""Where photos lie: all commands use the folders of the recipe, unless they are told another."""

import os
from pathlib import Path

from partsight.config.editing import edit_recipe
from partsight.config.recipe import Recipe
from partsight.errors import PhotosError
from partsight.photos.storage import TO_LABEL

PHOTOS, PLACES = "photos", "places"
"""Folders beside the recipe where it names none."""


def photos_folder(given: Path | None, recipe_path: Path) -> Path:
    """Return the folder given, the recipe's, or `photos` beside the recipe. Raises RecipeError for a recipe that cannot be read."""
    if given is not None:
        return given
    stated = Recipe.read(recipe_path).photos.folder if recipe_path.is_file() else None
    return _shown(stated or recipe_path.parent / PHOTOS)


def places_folder(given: Path | None, recipe_path: Path) -> Path:
    """Return the folder given, the first of the recipe's places, or `places` beside the recipe.

    Raises RecipeError, PhotosError for a folder of labeled photos: what lies among places counts as without parts.
    """
    if given is not None:
        if any((given / name).exists() for name in ("images", TO_LABEL)):
            raise PhotosError(
                f"{given}: holds photos of parts, and places have a folder of their own. Leave out `photos`."
            )
        return given
    stated = Recipe.read(recipe_path).photos.places if recipe_path.is_file() else ()
    return _shown(stated[0] if stated else recipe_path.parent / PLACES)


def name_in_recipe(recipe_path: Path, places: Path) -> bool:
    """Write a folder of places into a recipe that states none; return whether it was written. Raises RecipeError."""
    if not recipe_path.is_file() or Recipe.read(recipe_path).photos.places:
        return False
    edit_recipe(recipe_path, {"photos.places": Path(os.path.relpath(places, recipe_path.parent)).as_posix()})
    return True


def _shown(folder: Path) -> Path:
    """Return a folder as it is said at the prompt: relative where it lies below the working directory."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_absolute() and folder.is_relative_to(here) else folder
