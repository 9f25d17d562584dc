"""The cad stage: CAD files → parts on disk, so that workers need no CAD kernel."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.cad.reading import read_parts
from partsight.cad.storage import load_part, save_part
from partsight.config.recipe import Recipe
from partsight.pipeline.progress import Progress
from partsight.pipeline.stage_key import cad_key
from partsight.pipeline.workspace import Workspace, claimed, read_manifest, write_manifest
from partsight.structures.part import Part


@dataclass(frozen=True, slots=True)
class PartsOutput:
    """Finished parts: where they lie, by class, in the recipe's order."""

    key: str
    folder: Path
    files: Mapping[str, tuple[str, ...]]
    seconds: float


def make_parts(recipe: Recipe, workspace: Workspace, progress: Progress) -> PartsOutput:
    """Import the recipe's CAD files, or find them imported. Raises CadError listing every bad file."""
    key = cad_key(recipe)
    folder = workspace.stage_dir("cad", key)
    with claimed(folder):
        manifest = read_manifest(folder)
        if manifest is None:
            manifest = _import_parts(recipe, folder, progress)
    return PartsOutput(
        key, folder, {name: tuple(files) for name, files in manifest["files"].items()}, manifest["seconds"]
    )


def load_parts(folder: Path, files: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[Part, ...]]:
    """Load finished parts by class."""
    return {name: tuple(load_part(folder / file) for file in names) for name, names in files.items()}


def _import_parts(recipe: Recipe, folder: Path, progress: Progress) -> dict[str, Any]:
    started = time.monotonic()
    files: dict[str, list[str]] = {}
    with progress.stage("cad", len(recipe.parts), "classes") as advance:
        parts = read_parts(recipe.parts, recipe.cad)
        for class_id, (name, variants) in enumerate(parts.items()):
            files[name] = [f"{class_id:02d}-{variant:02d}.npz" for variant in range(len(variants))]
            for file, part in zip(files[name], variants, strict=True):
                save_part(part, folder / file)
            advance(class_id + 1, name)
    return write_manifest(folder, {"files": files}, started=started)
