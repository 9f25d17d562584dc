"""What waits in the photos folder: pictures without labels, and sessions that are labeled and serve no split."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.config.editing import edit_recipe
from partsight.config.recipe import Recipe
from partsight.dataset.photos import read_photos
from partsight.dataset.splits import unused_sessions
from partsight.photos.storage import TO_LABEL
from partsight.pictures import pictures_below
from partsight.pipeline.photo_folders import PHOTOS


@dataclass(frozen=True, slots=True)
class Waiting:
    """Counts by session, in name order."""

    to_label: tuple[tuple[str, int], ...] = ()
    """Pictures without labels."""
    unused: tuple[tuple[str, int], ...] = ()
    """Labeled photos of sessions that serve no split."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """'live-2026-11-29: 8 labeled photos, in no split', and what is to be labeled."""
        labeled = [f"{session}: {_photos(count, 'labeled ')}, in no split" for session, count in self.unused]
        return (*labeled, *(f"{session}: {_photos(count, '')} to label" for session, count in self.to_label))


def find_waiting(recipe: Recipe, usual: Path) -> Waiting:
    """Return what waits in the recipe's photos folder, or in the usual one where it names none. Raises DatasetError for bad labels."""
    folder = recipe.photos.folder or usual
    waiting, labeled = folder / TO_LABEL, folder / "images"
    open_pictures = pictures_below(waiting) if waiting.is_dir() else []
    keys = [path.relative_to(waiting) for path in open_pictures if not (labeled / path.relative_to(waiting)).is_file()]
    to_label = Counter(key.parent.as_posix() for key in keys)
    return Waiting(tuple(sorted(to_label.items())), _unused(recipe, folder) if labeled.is_dir() else ())


def add_to_training(recipe_path: Path, sessions: Sequence[str]) -> tuple[str, ...]:
    """Let sessions teach from now on; return the keys that were written into the recipe. Raises RecipeError.

    Where the recipe had photos teach nothing yet, all of them do, in a second stage: what was learned from renders stays as it is.
    """
    recipe = Recipe.read(recipe_path)
    values: dict[str, Any] = {} if recipe.photos.folder else {"photos.folder": PHOTOS}
    values |= {"photos.train": list(dict.fromkeys([*recipe.photos.train, *sessions]))}
    if recipe.dataset.photos_per_class == 0:
        values["dataset.photos_per_class"] = "all"
        values |= {} if "schedule" in recipe.train.model_fields_set else {"train.schedule": "two_stage"}
    edit_recipe(recipe_path, values)
    return tuple(values)


def _unused(recipe: Recipe, folder: Path) -> tuple[tuple[str, int], ...]:
    photos = read_photos(recipe.photos.but(folder=folder, places=()), recipe.class_names)
    counts = Counter(sample.session for sample in photos.samples)
    return tuple((session, counts[session]) for session in unused_sessions(photos, recipe.photos))


def _photos(count: int, kind: str) -> str:
    return f"{count} {kind}photo{'' if count == 1 else 's'}"
