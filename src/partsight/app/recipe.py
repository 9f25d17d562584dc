"""What the page knows of the recipe, and how it changes it."""

from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from partsight.app.project import Project
from partsight.config.content import read_toml, value_of
from partsight.config.presets import PRESETS, read_preset
from partsight.config.recipe import Recipe
from partsight.errors import RecipeError

SHOWN = (
    "name", "preset", "randomize.camera.object_size", "randomize.scatter.parts_per_image", "randomize.distractors.per_image",
    "randomize.placement", "render.count", "train.epochs", "train.image_size", "train.weights",
    "photos.folder", "photos.train", "photos.validation", "photos.test",
)  # fmt: skip
"""Keys whose effective values the page shows."""
EDITABLE = (
    "name",
    "preset",
    "parts.",
    "randomize.",
    "render.",
    "train.",
    "photos.",
    "evaluate.",
    "budget.",
    "verify.",
    "annotate.",
    "dataset.",
)
"""Keys that the page may change; those that are as trusted as a script are refused in any case."""


class SentChanges(BaseModel):
    """Changes of the recipe as the page sends them; null takes a key out."""

    model_config = ConfigDict(extra="forbid")
    revision: Annotated[str, Field(max_length=64)] | None = None
    changes: Annotated[dict[str, Any], Field(min_length=1, max_length=200)]


def serve(app: FastAPI, project: Project) -> None:
    """Serve state and changes of the recipe."""

    @app.get("/api/project")
    def state() -> dict[str, Any]:
        shared = {"folder": str(project.folder), "presets": {name: read_preset(name).description for name in PRESETS}}
        if not project.has_recipe:
            return {**shared, "revision": "", "name": project.folder.name, "classes": [], "values": {}, "stated": {}}
        recipe, stated = project.recipe(), read_toml(project.recipe_path)
        return {
            **shared,
            "revision": project.revision,
            "name": recipe.name,
            "classes": recipe.class_names,
            "values": {key: _plain(recipe, key) for key in SHOWN},
            "stated": {key: value for key in SHOWN if (value := value_of(stated, key)) is not None},
        }

    @app.put("/api/recipe")
    def change(sent: SentChanges) -> dict[str, str]:
        foreign = [key for key in sent.changes if not any(key == one or key.startswith(one) for one in EDITABLE)]
        if foreign:
            raise RecipeError(
                f"{', '.join(foreign)}: not a key that the page changes. Edit {project.recipe_path.name} by hand."
            )
        return {"revision": project.edit(sent.changes, sent.revision)}

    @app.get("/api/recipe")
    def text() -> dict[str, str]:
        found = project.recipe_path.read_text(encoding="utf-8") if project.has_recipe else ""
        return {"revision": project.revision, "text": found}


def _plain(recipe: Recipe, key: str) -> Any:
    return value_of(recipe.model_dump(mode="json"), key)
