"""The layers of finished renders: masks, sub-parts, depth, normals and poses, by the rays that made the labels.

Nothing is rendered: a scene is a function of recipe, seed and number, so it is made again and traced again.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from partsight.errors import DatasetError
from partsight.files import write_json
from partsight.pipeline.running.shards import work_through
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.layers.shard import LAYERS, LayersJob, layers_shard, pose_path, sub_part_table
from partsight.pipeline.stages.render.stage import RenderStage, open_workers, render_job
from partsight.pipeline.stages.render.truths import class_keypoints
from partsight.structures.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class LayersManifest(Manifest):
    """How many pictures have layers."""

    count: int


@dataclass(frozen=True, slots=True)
class LayersOutput:
    """Renders with layers."""

    folder: Path
    layers: tuple[str, ...]
    dataset: Dataset
    """The renders; their samples know where their layers lie."""


@dataclass(frozen=True)
class LayersStage(Stage[LayersManifest, LayersOutput]):
    """Layers of the recipe's renders; more renders extend the same folder."""

    renders: RenderStage
    layers: tuple[str, ...]
    """Of `LAYERS`, in that order."""

    name, version, manifest_type, unit = "layers", 1, LayersManifest, "picture"

    def inputs(self) -> Mapping[str, Any]:
        """Return the renders, the layers and the keypoints."""
        keypoints = class_keypoints(self.renders.recipe)
        return {"renders": self.renders.key, "layers": list(self.layers), "keypoints": keypoints}

    @property
    def upstream(self) -> tuple[RenderStage]:
        """The renders."""
        return (self.renders,)

    @property
    def num_units(self) -> int:
        """Pictures."""
        return self.renders.num_units

    @property
    def extent(self) -> int:
        """Pictures, as of the renders."""
        return self.renders.extent

    def is_whole(self, manifest: LayersManifest) -> bool:
        """Return whether there are as many pictures as the recipe asks for."""
        return manifest.count >= self.num_units

    def num_missing(self, folder: Path) -> int:
        """Return the number of pictures that still have no layers."""
        return len(self._missing(folder))

    def delete_damaged(self, folder: Path, damaged: Sequence[str]) -> None:
        """Delete the JSON of damaged pictures: these are written anew, all others stay."""
        for index in {Path(name).stem for name in damaged}:
            (folder / "poses" / f"{index}.json").unlink(missing_ok=True)

    def make(self, run: Resolver, folder: Path) -> LayersManifest:
        """Write the layers of pictures that have none."""
        recipe, renders = self.renders.recipe, run.resolve(self.renders)
        parts = run.resolve(self.renders.parts)
        job = LayersJob(
            render_job(recipe, parts, renders.folder, renders.variant), self.layers, folder, class_keypoints(recipe)
        )
        if "sub-parts" in self.layers:
            table = sub_part_table(load_parts(parts.folder, parts.files))
            keys = ("class", "part", "sub-part")
            write_json(folder / "sub-parts.json", [dict(zip(keys, row, strict=True)) for row in table])
        missing = self._missing(folder)
        with run.progress.stage(self.name, len(missing), "pictures") as advance:
            workers = functools.partial(open_workers, recipe, run.workspace)
            work_through(workers, functools.partial(layers_shard, job), missing, advance)
        return LayersManifest(count=self.num_units)

    def load(self, run: Resolver, folder: Path, manifest: LayersManifest) -> LayersOutput:
        """Return the renders with their layers."""
        del manifest
        dataset = run.resolve(self.renders).dataset
        samples = tuple(replace(sample, layers_path=folder) for sample in dataset)
        return LayersOutput(folder, self.layers, Dataset(dataset.class_names, samples))

    def _missing(self, folder: Path) -> list[int]:
        return [index for index in range(self.num_units) if not pose_path(folder, index).is_file()]


def all_layers(renders: RenderStage) -> Iterator[LayersStage]:
    """Yield the stages of all choices of layers of some renders."""
    for count in range(1, len(LAYERS) + 1):
        yield from (LayersStage(renders, chosen) for chosen in combinations(LAYERS, count))


def layers_named(names: Sequence[str]) -> tuple[str, ...]:
    """Return known layers in their order. Raises DatasetError for unknown ones, and for none."""
    unknown = [name for name in names if name not in LAYERS]
    if unknown or not names:
        raise DatasetError(f"{', '.join(unknown) or 'nothing'}: unknown layer (`write`). Known: {', '.join(LAYERS)}.")
    return tuple(layer for layer in LAYERS if layer in names)
