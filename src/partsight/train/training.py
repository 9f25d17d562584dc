"""Dataset → checkpoint, through the recipe's detector family."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from partsight.config.sections.train import TrainSection
from partsight.detector.batch_size import Say, find_batch
from partsight.detector.detector import Checkpoint, Look, Tracker, TrainJob, open_family
from partsight.detector.devices import freed_memory_kept
from partsight.files import read_json, write_json
from partsight.train.trackers import HistoryTracker, tell_all


def train_detector(  # noqa: PLR0913 - what is learned, how, where, and who is told
    data_yaml: Path,
    class_names: Sequence[str],
    section: TrainSection,
    *,
    seed: int,
    num_pictures: int,
    output_dir: Path,
    tracker: Tracker,
    say: Say,
    look: Look | None = None,
) -> Checkpoint:
    """Train a detector on so many pictures per epoch; a killed training goes on from its last finished epoch.

    The family chooses the checkpoint by the validation pictures named in `data_yaml`, never by test pictures.
    Raises DetectorError and StorageError.
    """
    batch = _batch_size(section, len(class_names), num_pictures, output_dir / "batch.json", say)
    job = TrainJob(data_yaml, tuple(class_names), section, seed, output_dir, batch, look)
    history = HistoryTracker(output_dir)
    with freed_memory_kept():
        checkpoint = open_family(section.family).train(job, tell_all(history, tracker), say=say)
    history.write()
    return checkpoint


def _batch_size(section: TrainSection, num_classes: int, num_pictures: int, kept: Path, say: Say) -> int:
    """Return the pictures per step; what was once found for a training stays, wherever it goes on."""
    if section.batch != "auto":
        return section.batch
    if not kept.is_file():
        found = find_batch(section, num_classes, num_pictures, say)
        say(f"train.batch: {found.batch} ({found.reason})")
        write_json(kept, asdict(found))
    return int(read_json(kept)["batch"])
