"""False alarms on photos without parts, fed back: the photos as negatives, what was seen on them as distractors in renders."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from partsight.config.recipe import Recipe
from partsight.dataset.listing import Shares, list_with_replay
from partsight.dataset.pasting import cut_out, paste
from partsight.detector.detector import open_family
from partsight.evaluate.detecting import detect_samples
from partsight.files import hash_json, write_bytes
from partsight.pictures import jpeg_bytes, read_picture
from partsight.pipeline.running.workspace import Workspace, claimed, read_manifest, write_manifest
from partsight.pipeline.stages.train.stage import TrainOutput
from partsight.progress import Progress
from partsight.structures.arrays import FloatArray
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample

STAGE = "pasted"
_JPEG_QUALITY = 92
_MOST_CUTOUTS = 200


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A photo without parts on which the detector saw some."""

    sample: Sample
    boxes_xyxy: FloatArray


def find_false_alarms(
    recipe: Recipe, train: Dataset, trained: TrainOutput, progress: Progress
) -> tuple[FalseAlarm, ...]:
    """Return the training photos without parts on which the detector sees one."""
    empty = [sample for sample in train.samples if sample.source == "photo" and not len(sample.class_ids)]
    detector = open_family(trained.checkpoint.family).load(trained.checkpoint, recipe.train.threads)
    with progress.stage("false alarms", len(empty), "pictures") as advance:
        found = detect_samples(detector, empty, recipe.evaluate, lambda done, _total: advance(done, ""))
    least = recipe.train.hard.score
    alarms = (
        FalseAlarm(sample, detections.boxes_xyxy[detections.scores >= least])
        for sample, detections in zip(empty, found, strict=True)
    )
    return tuple(alarm for alarm in alarms if len(alarm.boxes_xyxy))


@dataclass(frozen=True, slots=True)
class HardRound:
    """What a training after a look for false alarms learns from."""

    key: str
    splits: Splits
    times: Mapping[str, int]
    """How often each training picture is listed."""


def make_hard_round(
    recipe: Recipe, dataset_key: str, splits: Splits, alarms: Sequence[FalseAlarm], *, number: int, workspace: Workspace
) -> HardRound:
    """List photos with false alarms more often, and paste what was seen there into a share of the renders."""
    finetune = recipe.train.finetune
    seed = recipe.draw_seed + 1000 * number
    times = list_with_replay(
        splits.train,
        Shares(finetune.pictures, finetune.replay_share, finetune.negative_share),
        seed=seed,
        hard_ids={alarm.sample.sample_id for alarm in alarms},
        hard_repeat=recipe.train.hard.repeat,
    )
    seen = {alarm.sample.sample_id: alarm.boxes_xyxy.round(2).tolist() for alarm in alarms}
    key = hash_json(["hard", dataset_key, times, seen, recipe.train.hard.pasted])
    renders = [one for one in splits.train.samples if one.source == "render" and times[one.sample_id]]
    rng = np.random.default_rng((seed, 5))
    chosen = [one for one in renders if rng.random() < recipe.train.hard.pasted]
    pasted = _paste_all(chosen, alarms, key, workspace)
    train = tuple(pasted.get(sample.sample_id, sample) for sample in splits.train.samples)
    return HardRound(key, replace(splits, train=Dataset(splits.train.class_names, train)), times)


def _paste_all(
    renders: Sequence[Sample], alarms: Sequence[FalseAlarm], key: str, workspace: Workspace
) -> dict[str, Sample]:
    """Write renders with cut-outs, or find them written; return them by id, with the labels they had."""
    cutouts = [one for alarm in alarms for one in cut_out(read_picture(alarm.sample.image_path), alarm.boxes_xyxy)]
    if not cutouts or not renders:
        return {}
    folder = workspace.stage_dir(STAGE, key)
    paths = {sample.sample_id: folder / "images" / f"{sample.sample_id}.jpg" for sample in renders}
    with claimed(folder):
        if read_manifest(folder) is None:
            started = time.monotonic()
            for place, sample in enumerate(renders):
                rng = np.random.default_rng([int(key[:8], 16), place])
                picture = paste(read_picture(sample.image_path), sample.boxes_xyxy, cutouts[:_MOST_CUTOUTS], rng)
                write_bytes(paths[sample.sample_id], jpeg_bytes(picture, _JPEG_QUALITY))
            write_manifest(folder, {"num_pictures": len(renders), "num_cutouts": len(cutouts)}, started=started)
    return {sample.sample_id: replace(sample, image_path=paths[sample.sample_id]) for sample in renders}
