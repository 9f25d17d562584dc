"""Self-training: frames of the user's own videos, labelled by the detector itself where it is sure, shown in one further training.

The teacher stays as it is. Frames and labels are a stage of their own: found when finished, made again after a kill.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partsight.config.recipe import Recipe
from partsight.dataset.pseudo_labels import Followed, Trust, choose_labels, number_detections
from partsight.deploy.live.tracking import Tracker
from partsight.detector.detector import Detector, open_family
from partsight.errors import DatasetError
from partsight.files import hash_file, hash_json, read_json, write_bytes, write_json
from partsight.photos.decoding import Video
from partsight.photos.storage import read_records
from partsight.pictures import jpeg_bytes
from partsight.pipeline.running.workspace import Workspace, claimed, read_manifest
from partsight.pipeline.stages.train.stage import TrainOutput
from partsight.progress import Advance, Progress
from partsight.structures.arrays import Image
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample

STAGE = "pseudo"
SESSION = "video "
"""How the sessions of such frames begin."""
_MANIFEST = "manifest.json"
_MOST_PARTS = 100
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class PseudoLabelled:
    """Frames that the teacher labelled."""

    key: str
    samples: tuple[Sample, ...]
    num_frames: int
    """Frames that were looked at."""


def label_videos(
    recipe: Recipe, splits: Splits, trained: TrainOutput, *, workspace: Workspace, progress: Progress
) -> PseudoLabelled:
    """Let a trained detector label frames of the recipe's videos, or find them labelled.

    Raises DatasetError for a video of which a test or validation session was made, PhotosError for one that cannot be read.
    """
    section = recipe.train.self_training
    hashes = [hash_file(path) for path in _existing(section.videos)]
    _check_held_out(recipe, splits, hashes)
    settings = section.model_dump(exclude={"videos"})
    folder = workspace.stage_dir(STAGE, hash_json([STAGE, 2, trained.key, hashes, settings]))
    with claimed(folder):
        if read_manifest(folder) is None:
            detector = open_family(trained.checkpoint.family).load(trained.checkpoint, recipe.train.threads)
            _label_all(recipe, detector, folder, progress)
        content = read_json(folder / _MANIFEST)
    return PseudoLabelled(
        folder.name, tuple(_sample(folder, entry) for entry in content["frames"]), content["num_frames"]
    )


def with_frames(splits: Splits, labelled: PseudoLabelled) -> Splits:
    """Return the splits with the frames among the training pictures."""
    train = Dataset(splits.train.class_names, (*splits.train.samples, *labelled.samples))
    return Splits(train, splits.validation, splits.test)


def _existing(videos: Sequence[Path]) -> Sequence[Path]:
    missing = [str(path) for path in videos if not path.is_file()]
    if missing:
        raise DatasetError("train.self_training.videos: no such file:\n" + "\n".join(f"  {path}" for path in missing))
    return videos


def _check_held_out(recipe: Recipe, splits: Splits, hashes: Sequence[str]) -> None:
    """Refuse videos of which `photos add` took frames for a session that judges."""
    if recipe.photos.folder is None:
        return
    judging = {sample.session for sample in (*splits.validation.samples, *splits.test.samples)}
    for source in read_records(recipe.photos.folder).sources:
        if source.content_hash in hashes and source.session in judging:
            video = recipe.train.self_training.videos[hashes.index(source.content_hash)]
            raise DatasetError(
                f"train.self_training.videos: {video}: frames of this video are the session {source.session!r} of validation or test. "
                "What judges a detector must not teach it: give another video."
            )


def _label_all(recipe: Recipe, detector: Detector, folder: Path, progress: Progress) -> None:
    """Write the frames that got labels, then the list of them, which declares the stage finished."""
    section = recipe.train.self_training
    entries, num_frames = [], 0
    with progress.stage("own labels", section.frames * len(section.videos), "frames") as advance:
        for number, path in enumerate(section.videos):
            numbers, times_s = _spread(path, section.frames)
            followed = _follow(detector, path, numbers, times_s, section.doubt, _counted(advance, num_frames))
            trust = Trust(section.score, section.doubt, section.track)
            labels = choose_labels(followed, trust)
            kept = {frame: one for frame, one in zip(numbers, labels, strict=True) if one is not None}
            for frame, image in Video(path).frames(list(kept)):
                name = f"{number:02d}-{path.stem}-{frame:06d}.jpg"
                write_bytes(folder / "images" / name, jpeg_bytes(image, _JPEG_QUALITY))
                boxes, class_ids = kept[frame]
                size_wh = (image.shape[1], image.shape[0])
                entries.append({"file": name, "video": path.name, "size_wh": size_wh,
                                "boxes": boxes.tolist(), "class_ids": class_ids.tolist()})  # fmt: skip
            num_frames += len(numbers)
    write_json(folder / _MANIFEST, {"frames": entries, "num_frames": num_frames})


def _spread(path: Path, count: int) -> tuple[list[int], list[float]]:
    """Return evenly spread frame numbers of a video and their times."""
    times_s = [glimpse.time_s or 0.0 for glimpse in Video(path).glimpses(lambda _: None)]
    numbers = np.unique(np.linspace(0, len(times_s) - 1, min(count, len(times_s))).round().astype(int)).tolist()
    return numbers, [times_s[number] for number in numbers]


def _counted(advance: Advance, num_before: int) -> Advance:
    return lambda done, note: advance(num_before + done, note)


def _follow(
    detector: Detector, path: Path, numbers: Sequence[int], times_s: Sequence[float], doubt: float, advance: Advance
) -> list[Followed]:
    """Return the detections of these frames, each with the number of the part that it belongs to."""
    tracker, followed = Tracker(), []
    for done, ((_, image), time_s) in enumerate(zip(_frames(path, numbers), times_s, strict=True), 1):
        (found,) = detector.detect([image], doubt, _MOST_PARTS)
        tracks = [track for track in tracker.update(found, time_s, (image.shape[1], image.shape[0])) if track.is_seen]
        boxes = np.array([track.box_xyxy for track in tracks]).reshape(-1, 4)
        followed.append(number_detections(found, boxes, [track.number for track in tracks]))
        advance(done, path.name)
    return followed


def _frames(path: Path, numbers: Sequence[int]) -> Iterator[tuple[int, Image]]:
    yield from Video(path).frames(list(numbers))


def _sample(folder: Path, entry: Mapping[str, Any]) -> Sample:
    name, (width, height) = entry["file"], entry["size_wh"]
    return Sample(
        sample_id=f"video__{Path(name).stem}",
        image_path=folder / "images" / name,
        size_wh=(width, height),
        boxes_xyxy=np.array(entry["boxes"], np.float64).reshape(-1, 4),
        class_ids=np.array(entry["class_ids"], np.int64),
        source="photo",
        session=f"{SESSION}{entry['video']}",
    )
