"""One run of a recipe: each stage is found finished or made, once, with what it reads."""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.errors import StorageError, first_of
from partsight.files import storage_errors, write_json
from partsight.pipeline.running.contents import find_damage, record_contents
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.running.stage import Stage
from partsight.pipeline.running.workspace import MANIFEST, Manifest, Workspace, claimed, read_manifest, write_manifest
from partsight.progress import Progress

RECIPE = "recipe.json"
"""The whole recipe, defaults included, beside what was made by it."""
OutputT = TypeVar("OutputT")
Watch: TypeAlias = Callable[[int, Mapping[str, float]], None]
"""Called with an epoch's number and its figures."""


def ignore(epoch: int, figures: Mapping[str, float]) -> None:
    """Watch nothing."""
    del epoch, figures


@dataclass(frozen=True)
class Run:
    """A recipe that is being followed in a workspace."""

    recipe: Recipe
    workspace: Workspace
    progress: Progress
    watch: Watch = ignore
    """Told the figures of each epoch of the recipe's training."""
    _outputs: dict[tuple[str, str, int], Any] = field(default_factory=dict, repr=False)

    def resolve(self, stage: Stage[Any, OutputT]) -> OutputT:
        """Return a stage's output: from this run, found finished in the workspace, or made after all that it reads."""
        place = (stage.name, stage.key, stage.extent)
        if place not in self._outputs:
            folder = self.workspace.stage_dir(stage.name, stage.key)
            manifest = self._find(stage, folder) or self._make(stage, folder)
            self._outputs[place] = stage.load(self, folder, manifest)
        output: OutputT = self._outputs[place]
        return output

    def _find(self, stage: Stage[Any, Any], folder: Path) -> Manifest | None:
        """Return the manifest of a finished stage. Raises StorageError when files of it were damaged, after which it is made anew."""
        try:
            manifest = find_manifest(stage, folder)
            damaged = find_damage(folder, manifest.contents) if manifest is not None else ()
        except StorageError:
            manifest, damaged = None, (MANIFEST,)
        if damaged:
            discard(stage, folder, damaged)
            raise StorageError(told_damage(stage.name, folder, damaged))
        return manifest

    def _make(self, stage: Stage[Any, Any], folder: Path) -> Manifest:
        for one in stage.upstream:
            self.resolve(one)
        with claimed(folder):
            manifest = find_manifest(stage, folder)  # another process may have finished it meanwhile
            if manifest is None:
                num_missing, started = stage.num_missing(folder), time.monotonic()
                made = stage.make(self, folder)
                manifest = replace(
                    made,
                    contents=record_contents(folder),
                    seconds=round(time.monotonic() - started, 2),
                    num_units=num_missing,
                    speed_kind=stage.speed_kind,
                    machine=machine_name(),
                )
                write_json(folder / RECIPE, effective_recipe(self.recipe))
                write_manifest(folder, manifest)
        return manifest


def find_manifest(stage: Stage[Any, Any], folder: Path) -> Manifest | None:
    """Return the manifest of a stage that is finished as far as it goes, None otherwise."""
    manifest = read_manifest(folder, stage.manifest_type)
    return manifest if manifest is not None and stage.is_whole(manifest) else None


def discard(stage: Stage[Any, Any], folder: Path, damaged: Sequence[str]) -> None:
    """Take a damaged stage for unfinished and delete what cannot be kept of it. Raises StorageError where it is in use."""
    with claimed(folder), storage_errors(folder):
        (folder / MANIFEST).unlink(missing_ok=True)
        stage.delete_damaged(folder, damaged)


def told_damage(name: str, folder: Path, damaged: Sequence[str]) -> str:
    """Return which files of which stage are damaged, and what to do."""
    verb = "was" if len(damaged) == 1 else "were"
    return (
        f"{folder}: {first_of(list(damaged))} {verb} changed or deleted after the stage '{name}' was finished. "
        "It is taken for unfinished now: run the same command again, and what is missing is made anew."
    )


def machine_name() -> str:
    """Return what tells machines of different speed apart."""
    return f"{platform.node()} {platform.machine()}, {num_cores()} cores"
