"""The cad stage: CAD files → parts on disk, so that workers need no CAD kernel."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.cad.facts import PartFacts, read_facts, write_facts
from partsight.cad.reading import content_key, read_parts
from partsight.cad.storage import load_part, save_part
from partsight.config.recipe import OTHERS, Recipe
from partsight.errors import CadError
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest, inside
from partsight.structures.world.part import Part

CACHE = "cad_files"
"""Folder of single files already read: one changed file is read again, the others are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CadManifest(Manifest):
    """The files of each class, in the recipe's order."""

    files: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PartsOutput:
    """Finished parts: where they lie, by class, in the recipe's order."""

    key: str
    folder: Path
    files: Mapping[str, tuple[str, ...]]
    seconds: float
    others: tuple[str, ...] = ()
    """Parts that are none of the classes."""


@dataclass(frozen=True)
class CadStage(Stage[CadManifest, PartsOutput]):
    """The recipe's CAD files, imported. Making it raises CadError listing every bad file."""

    recipe: Recipe

    name, version, manifest_type, unit = "cad", 4, CadManifest, "file"

    def inputs(self) -> Mapping[str, Any]:
        """Return settings and the content of the CAD files and of those that they name. Raises CadError for missing files."""
        recipe = self.recipe
        missing = [str(path) for part in recipe.cad_parts.values() for path in part.files if not path.is_file()]
        if missing:
            raise CadError("no such CAD file:\n" + "\n".join(f"  {path}" for path in missing))
        files = {
            name: [content_key(name, path, part, recipe.cad_section) for path in part.files]
            for name, part in recipe.cad_parts.items()
        }
        return {"order": list(files), "files": files}

    @property
    def upstream(self) -> tuple[()]:
        """Nothing."""
        return ()

    @property
    def num_units(self) -> int:
        """CAD files."""
        return sum(len(part.files) for part in self.recipe.cad_parts.values())

    def make(self, run: Resolver, folder: Path) -> CadManifest:
        """Import what is not in the cache of single files."""
        recipe, files = self.recipe, dict[str, tuple[str, ...]]()
        with run.progress.stage(self.name, self.num_units, "files") as advance:
            found = read_parts(recipe.cad_parts, recipe.cad_section, run.workspace.root / CACHE, advance)
        for class_id, (name, variants) in enumerate(found.items()):
            files[name] = tuple(f"{class_id:02d}-{variant:02d}.npz" for variant in range(len(variants)))
            for file, variant in zip(files[name], variants, strict=True):
                save_part(variant.part, folder / file)
            write_facts([variant.facts for variant in variants], folder / f"{class_id:02d}.json")
        for name, variants in found.items():
            for warning in dict.fromkeys(warning for variant in variants for warning in variant.facts.warnings):
                run.progress.say(f"cad: {name}: {warning}")
        return CadManifest(files=files)

    def load(self, run: Resolver, folder: Path, manifest: CadManifest) -> PartsOutput:
        """Return where the parts lie."""
        del run
        files = dict(manifest.files)
        others = files.pop(OTHERS, ())
        return PartsOutput(self.key, folder, files, manifest.seconds, others)


def load_parts(folder: Path, files: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[Part, ...]]:
    """Load finished parts by class."""
    return {name: tuple(load_part(inside(folder, file)) for file in names) for name, names in files.items()}


def load_facts(output: PartsOutput) -> dict[str, tuple[PartFacts, ...]]:
    """Load the figures of finished parts by class."""
    return {name: read_facts(output.folder / f"{number:02d}.json") for number, name in enumerate(output.files)}
