"""Photos without any of the parts, for the benchmarks: halls only count false alarms, rooms elsewhere choose, others teach."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from partsight.detector.verifying import load_detector
from partsight.pictures import read_picture
from partsight.pipeline.experiment import Experiment
from partsight.structures.detections import Detections

EMPTY = Path(__file__).resolve().parents[2] / "shared" / "real" / "backgrounds"


def halls() -> list[Path]:
    """Return the photos that every detector is shown; they teach nothing and choose nothing."""
    return sorted(EMPTY.glob("loco_*.jpg"))


def validation_rooms() -> list[Path]:
    """Return the photos that choose thresholds, and among settings."""
    return sorted(EMPTY.glob("pexels_*.jpg"))[::2]


def training_rooms() -> list[Path]:
    """Return the photos that recipes with negatives learn from."""
    return sorted(EMPTY.glob("pexels_*.jpg"))[1::2]


def room_settings(sessions: Sequence[str], out: Path, *, among: bool, behind: bool) -> list[str]:
    """Return the recipe settings by which half of the photos of rooms join the validation `sessions`.

    The other half teaches, if asked: `among` the renders, `behind` and below the parts, or both. Nothing where there are no photos.
    """
    validation = validation_rooms()
    if not validation:
        return []
    shown = [*validation, *(training_rooms() if among or behind else [])]
    folder = gather(shown, out / ("rooms" if among or behind else "validation_rooms"))
    named = [*sessions, *(f"places/{path.stem}" for path in validation)]
    settings = [f'photos.places="{folder}"', f"photos.validation={json.dumps(named)}"]
    return settings if behind else [*settings, "randomize.background.photo_share=0"]


def gather(paths: Sequence[Path], folder: Path) -> Path:
    """Copy photos into a folder of their own, as recipes name folders; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    return folder.resolve()


def detect_on(experiment: Experiment, paths: Sequence[Path], *, is_verified: bool = True) -> list[Detections]:
    """Return what the experiment's detector sees on each photo, with its second opinion where it has one, or alone."""
    checkpoint, recipe = experiment.verify() if is_verified else experiment.train().checkpoint, experiment.recipe
    size = experiment.evaluate().evaluation.image_size
    detector = load_detector(checkpoint, recipe.train.threads, image_size=size)
    settings = recipe.evaluate.min_score, recipe.evaluate.max_detections
    return [detector.detect([read_picture(path)], *settings)[0] for path in paths]
