"""The key of a stage: a hash of everything its output depends on, and of nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from partsight.cad.reading import content_key
from partsight.config.recipe import Recipe
from partsight.config.section import Section
from partsight.detector.own_weights import weights_path
from partsight.errors import CadError
from partsight.files import hash_file, hash_json, hash_tree

FORMAT_VERSIONS = {"cad": 3, "render": 3, "dataset": 2, "train": 2, "evaluate": 3, "report": 3}
"""Raised whenever a stage's output changes for the same inputs."""


def cad_key(recipe: Recipe) -> str:
    """Return the key of the imported parts: settings and the content of the CAD files and of those that they name."""
    missing = [str(path) for part in recipe.cad_parts.values() for path in part.files if not path.is_file()]
    if missing:
        raise CadError("no such CAD file:\n" + "\n".join(f"  {path}" for path in missing))
    section = recipe.cad_section
    files = {
        name: [content_key(name, path, part, section) for path in part.files] for name, part in recipe.cad_parts.items()
    }
    return _key("cad", {"order": list(files), "files": files})


def render_key(recipe: Recipe, parts_key: str, variant: str) -> str:
    """Return the key of the renders; the count is not in it: more pictures of the same kind extend the same folder."""
    folders = (recipe.randomize.background.folder, recipe.randomize.light.environment_folder)
    content = {
        "parts": parts_key,
        "seed": recipe.seed,
        "randomize": _dump(recipe.randomize),
        "folders": [hash_folder(folder) for folder in folders],
        "render": _dump(recipe.render, exclude={"count", "workers", "variant", "blender"}),
        "annotate": _dump(recipe.annotate),
        "variant": variant,
    }
    return _key("render", content)


def dataset_key(recipe: Recipe, renders_key: str) -> str:
    """Return the key of the mixed dataset."""
    folders = (recipe.photos.folder, recipe.photos.background_folder)
    content = {
        "renders": [renders_key, recipe.render.count],
        "classes": list(recipe.class_names),
        "seed": recipe.draw_seed,
        "photos": _dump(recipe.photos),
        "folders": [hash_folder(folder) for folder in folders],
        "dataset": _dump(recipe.dataset, exclude={"seed"}),
    }
    if recipe.train.schedule == "two_stage":
        shown = recipe.train.finetune.model_dump(include={"pictures", "replay_share", "negative_share"})
        content["replay"] = {**shown, "seed of renders": recipe.render_draw_seed}
    if recipe.train.crop != 1:
        content["crop"] = recipe.train.crop
    return _key("dataset", content)


def train_key(recipe: Recipe, data_key: str, start_key: str | None = None) -> str:
    """Return the key of the checkpoint of one training; the number of threads is not in it.

    `start_key` is the key of the training that this one goes on from. How trainings follow one another is not in the key of each;
    crops are in that of the dataset.
    """
    weights = weights_path(recipe.train.weights)
    content = {
        "dataset": data_key,
        "seed": recipe.train_seed,
        "train": _dump(
            recipe.train, exclude={"threads", "seed", "schedule", "finetune", "hard", "self_training", "crop"}
        ),
        "weights": hash_file(weights) if weights.is_file() else recipe.train.weights,
    }
    if start_key is not None:
        content["start"] = start_key
    return _key("train", content)


def evaluate_key(recipe: Recipe, checkpoint_key: str) -> str:
    """Return the key of the evaluation."""
    return _key("evaluate", {"train": checkpoint_key, "evaluate": _dump(recipe.evaluate), "seed": recipe.seed})


def report_key(recipe: Recipe, evaluation_key: str) -> str:
    """Return the key of the report."""
    descriptions = {name: part.description for name, part in recipe.parts.items()}
    return _key(
        "report",
        {"evaluate": evaluation_key, "report": _dump(recipe.report), "parts": descriptions, "name": recipe.name},
    )


def hash_folder(folder: Path | None) -> str:
    """Return the hash of all files in a folder; 'none' for no folder, so that a missing one is reported by its reader."""
    return hash_tree(folder) if folder is not None and folder.is_dir() else "none"


def _dump(section: Section, exclude: set[str] | None = None) -> dict[str, Any]:
    """Return a section as JSON-like data, without paths: what lies there is hashed instead."""
    dumped = section.model_dump(mode="json", exclude=exclude)
    return {name: value for name, value in dumped.items() if not isinstance(getattr(section, name), Path)}


def _key(stage: str, content: Mapping[str, Any]) -> str:
    return hash_json([stage, FORMAT_VERSIONS[stage], content])
