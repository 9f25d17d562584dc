"""The cad stage: CAD files → parts on disk, so that workers need no CAD kernel."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.cad.facts import PartFacts, read_facts, write_facts
from partsight.cad.reading import read_parts
from partsight.cad.storage import load_part, save_part
from partsight.config.recipe import OTHERS, Recipe
from partsight.pipeline.progress import Progress
from partsight.pipeline.stage_key import cad_key
from partsight.pipeline.workspace import Workspace, claimed, inside, read_manifest, write_manifest
from partsight.structures.part import Part

CACHE = "cad_files"
"""Folder of single files already read: one changed file is read again, the others are not."""


@dataclass(frozen=True, slots=True)
class PartsOutput:
    """Finished parts: where they lie, by class, in the recipe's order."""

    key: str
    folder: Path
    files: Mapping[str, tuple[str, ...]]
    seconds: float
    others: tuple[str, ...] = ()
    """Parts that are none of the classes."""


def make_parts(recipe: Recipe, workspace: Workspace, progress: Progress) -> PartsOutput:
    """Import the recipe's CAD files, or find them imported. Raises CadError listing every bad file."""
    key = cad_key(recipe)
    folder = workspace.stage_dir("cad", key)
    with claimed(folder):
        manifest = read_manifest(folder)
        if manifest is None:
            manifest = _import_parts(recipe, workspace, folder, progress)
    files = {name: tuple(found) for name, found in manifest["files"].items()}
    others = files.pop(OTHERS, ())
    return PartsOutput(key, folder, files, manifest["seconds"], others)


def load_parts(folder: Path, files: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[Part, ...]]:
    """Load finished parts by class."""
    return {name: tuple(load_part(inside(folder, file)) for file in names) for name, names in files.items()}


def load_facts(output: PartsOutput) -> dict[str, tuple[PartFacts, ...]]:
    """Load the figures of finished parts by class."""
    return {name: read_facts(output.folder / f"{number:02d}.json") for number, name in enumerate(output.files)}


def _import_parts(recipe: Recipe, workspace: Workspace, folder: Path, progress: Progress) -> dict[str, Any]:
    started = time.monotonic()
    files: dict[str, list[str]] = {}
    num_files = sum(len(part.files) for part in recipe.cad_parts.values())
    with progress.stage("cad", num_files, "files") as advance:
        found = read_parts(recipe.cad_parts, recipe.cad_section, workspace.root / CACHE, advance)
    for class_id, (name, variants) in enumerate(found.items()):
        files[name] = [f"{class_id:02d}-{variant:02d}.npz" for variant in range(len(variants))]
        for file, variant in zip(files[name], variants, strict=True):
            save_part(variant.part, folder / file)
        write_facts([variant.facts for variant in variants], folder / f"{class_id:02d}.json")
    for name, variants in found.items():
        for warning in dict.fromkeys(warning for variant in variants for warning in variant.facts.warnings):
            progress.say(f"cad: {name}: {warning}")
    return write_manifest(folder, {"files": files}, started=started)
