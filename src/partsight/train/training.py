"""Dataset → checkpoint, through the recipe's detector family."""

from collections.abc import Sequence
from pathlib import Path

from partsight.config.train import TrainSection
from partsight.detector.detector import Checkpoint, Tracker, TrainJob, open_family
from partsight.train.trackers import HistoryTracker, tell_all


def train_detector(
    data_yaml: Path,
    class_names: Sequence[str],
    section: TrainSection,
    *,
    seed: int,
    output_dir: Path,
    tracker: Tracker,
) -> Checkpoint:
    """Train a detector; a killed training goes on from its last finished epoch. Raises DetectorError.

    The family chooses the checkpoint by the validation pictures named in `data_yaml`, never by test pictures.
    """
    job = TrainJob(data_yaml, tuple(class_names), section, seed, output_dir)
    return open_family(section.family).train(job, tell_all(HistoryTracker(output_dir), tracker))
