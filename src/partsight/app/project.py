"""The project that the app shows: a folder with a recipe, what was made from it, and its jobs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from partsight.config.content import read_toml, value_of
from partsight.config.editing import DELETED, edit_recipe, recipe_revision
from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.errors import RecipeError, StorageError
from partsight.files import storage_errors
from partsight.pipeline.cad_files.init import begin_recipe, init_demo
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.jobs.queue import JobQueue
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence

CAD, INCOMING = "cad", "incoming"
"""Folders of the project for files that are brought in: CAD files, and photos and videos that are still to be looked through."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder."""

    folder: Path

    @property
    def recipe_path(self) -> Path:
        """The recipe's file; it need not be there yet."""
        return self.folder / "recipe.toml"

    @property
    def has_recipe(self) -> bool:
        """Whether there is a recipe."""
        return self.recipe_path.is_file()

    @property
    def workspace(self) -> Workspace:
        """Where everything that is made lies."""
        return Workspace(self.folder / "runs")

    @property
    def jobs(self) -> JobQueue:
        """The jobs of this project."""
        return JobQueue(self.workspace.root, self.folder)

    @property
    def revision(self) -> str:
        """What tells one state of the recipe from another; empty without one."""
        return recipe_revision(self.recipe_path) if self.has_recipe else ""

    def recipe(self) -> Recipe:
        """Read the recipe. Raises RecipeError."""
        return read_recipe(self.recipe_path)

    def experiment(self) -> Experiment:
        """Return the recipe's experiment, quietly. Raises RecipeError."""
        return Experiment(self.recipe(), self.workspace, Silence())

    def edit(self, changes: dict[str, Any], revision: str | None) -> str:
        """Change keys of the recipe; None takes a key out. Return the new revision. Raises RecipeError, StorageError."""
        meant = {key: DELETED if value is None else value for key, value in changes.items()}
        return edit_recipe(self.recipe_path, meant, revision)

    def add_part(self, name: str, file: Path) -> None:
        """Make a CAD file a class of the recipe, which is begun with the first. Raises RecipeError, StorageError."""
        key = f"parts.{_quoted(name)}.files"
        shown = file.relative_to(self.folder) if file.is_relative_to(self.folder) else file
        if self.has_recipe:
            if name in self.recipe().parts:
                raise RecipeError(
                    f"{name}: is a class of the recipe already. Rename the file, or remove that class first."
                )
            self.edit({key: [shown.as_posix()]}, None)
            return
        begin_recipe(self.recipe_path, name, file)
        self.recipe()

    def add_samples(self) -> list[str]:
        """Begin with the sample parts, and return their names. Raises RecipeError where the project has parts already."""
        if self.has_recipe:
            raise RecipeError(
                f"{self.folder.name}: has parts already. Start the app in a new folder to try the samples."
            )
        init_demo(self.folder)
        return list(self.recipe().class_names)

    def rename_part(self, name: str, new_name: str) -> None:
        """Give a class another name. Raises RecipeError, StorageError."""
        stated = value_of(read_toml(self.recipe_path), f"parts.{_quoted(name)}")
        if stated is None:
            raise RecipeError(f"{name}: no class of the recipe. Load the page again.")
        if new_name in self.recipe().parts:
            raise RecipeError(f"{new_name}: is a class of the recipe already. Choose another name.")
        self.edit({f"parts.{_quoted(name)}": None, f"parts.{_quoted(new_name)}": stated}, None)


def open_project(folder: Path) -> Project:
    """Open a folder as a project, or begin one. Raises StorageError, RecipeError."""
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if not folder.is_dir():
        raise StorageError(f"{folder}: not a folder.")
    project = Project(folder.resolve())
    if project.has_recipe:
        project.recipe()
    return project


def _quoted(text: str) -> str:
    return tomlkit.string(text).as_string()
