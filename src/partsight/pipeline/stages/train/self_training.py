"""Self-training: frames of the user's own videos, labeled by the detector itself where it is sure, shown in one further training.

The teacher stays as it is. Frames and labels are a stage of their own: found when finished, made again after a kill.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partsight.config.recipe import Recipe
from partsight.dataset.listing import list_with_replay
from partsight.dataset.pseudo_labels import Followed, Trust, choose_labels, number_detections
from partsight.deploy.live.tracking import BoxTracker
from partsight.detector.detector import Detector, open_family
from partsight.errors import DatasetError
from partsight.files import read_json, write_bytes, write_json
from partsight.photos.decoding import Video
from partsight.photos.storage import read_records
from partsight.pictures import jpeg_bytes
from partsight.pipeline.running.keys import hash_content
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest
from partsight.pipeline.stages.dataset.assembling import finetune_shares
from partsight.pipeline.stages.dataset.stage import Composition, DatasetStage, WrittenDataset
from partsight.pipeline.stages.train.stage import TrainStage
from partsight.progress import Advance, Progress
from partsight.structures.arrays import Image
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample

FRAMES = "frames.json"
SESSION = "video "
"""How the sessions of such frames begin."""
_MOST_PARTS = 100
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameManifest(Manifest):
    """How many frames were looked at, and how many got labels."""

    num_frames: int
    num_labeled: int


@dataclass(frozen=True)
class FrameStage(Stage[FrameManifest, tuple[Sample, ...]]):
    """Frames of the recipe's videos, labeled by a trained detector where it is sure.

    Making it raises DatasetError for a video that is not there, PhotosError for one that cannot be read.
    """

    recipe: Recipe
    teacher: TrainStage

    name, version, manifest_type, unit = "frames", 1, FrameManifest, "frame"

    def inputs(self) -> Mapping[str, Any]:
        """Return teacher, videos and what it takes to be sure."""
        section = self.recipe.train.self_training
        settings = section.model_dump(exclude={"videos"})
        hashes = [hash_content(path) for path in _existing(section.videos)]
        return {"teacher": self.teacher.key, "videos": hashes, "settings": settings}

    @property
    def upstream(self) -> tuple[TrainStage]:
        """The teacher."""
        return (self.teacher,)

    @property
    def num_units(self) -> int:
        """Frames that are looked at."""
        return self.recipe.train.self_training.frames * len(self.recipe.train.self_training.videos)

    def make(self, run: Resolver, folder: Path) -> FrameManifest:
        """Label frames of all videos."""
        checkpoint = run.resolve(self.teacher).checkpoint
        detector = open_family(checkpoint.family).load(checkpoint, self.recipe.train.threads)
        return _label_all(self.recipe, detector, folder, run.progress)

    def load(self, run: Resolver, folder: Path, manifest: FrameManifest) -> tuple[Sample, ...]:
        """Return the frames that got labels."""
        run.progress.say(f"{manifest.num_labeled} of {manifest.num_frames} frames labeled by the detector itself")
        return tuple(_sample(folder, entry) for entry in read_json(folder / FRAMES))


@dataclass(frozen=True)
class FrameDataset(WrittenDataset):
    """The recipe's dataset with such frames among the training pictures."""

    dataset: DatasetStage
    frames: FrameStage

    def inputs(self) -> Mapping[str, Any]:
        """Return dataset, frames and shares."""
        shares = finetune_shares(self.recipe)
        return {
            "dataset": self.dataset.key,
            "frames": self.frames.key,
            "shown": [shares.num_pictures, shares.replay, shares.negative, self.recipe.draw_seed + 1],
        }

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """The dataset and the frames."""
        return (self.dataset, self.frames)

    @property
    def num_units(self) -> int:
        """Pictures of an epoch."""
        return self.recipe.train.finetune.pictures

    def compose(self, run: Resolver) -> Composition | None:
        """Add the frames; None where no frame got labels."""
        frames = run.resolve(self.frames)
        if not frames:
            return None
        splits = run.resolve(self.dataset).splits
        train = Dataset(splits.train.class_names, (*splits.train.samples, *frames))
        times = list_with_replay(train, finetune_shares(self.recipe), seed=self.recipe.draw_seed + 1)
        return Composition(Splits(train, splits.validation, splits.test), times)


def check_held_out(recipe: Recipe, photos: Splits) -> None:
    """Raise DatasetError for a video of which `photos add` took frames for a session that judges."""
    if recipe.photos.folder is None:
        return
    videos = recipe.train.self_training.videos
    hashes = [hash_content(path) for path in _existing(videos)]
    judging = {sample.session for sample in (*photos.validation.samples, *photos.test.samples)}
    for source in read_records(recipe.photos.folder).sources:
        if source.content_hash in hashes and source.session in judging:
            video = videos[hashes.index(source.content_hash)]
            raise DatasetError(
                f"train.self_training.videos: {video}: frames of this video are the session {source.session!r} of validation or test. "
                "What judges a detector must not teach it: give another video."
            )


def _existing(videos: Sequence[Path]) -> Sequence[Path]:
    missing = [str(path) for path in videos if not path.is_file()]
    if missing:
        raise DatasetError("train.self_training.videos: no such file:\n" + "\n".join(f"  {path}" for path in missing))
    return videos


def _label_all(recipe: Recipe, detector: Detector, folder: Path, progress: Progress) -> FrameManifest:
    """Write the frames that got labels, and the list of them."""
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
    write_json(folder / FRAMES, entries)
    return FrameManifest(num_frames=num_frames, num_labeled=len(entries))


def _spread(path: Path, count: int) -> tuple[list[int], list[float]]:
    """Return evenly spread frame numbers of a video and their times."""
    times_s = [preview.time_s or 0.0 for preview in Video(path).preview_frames(lambda _: None)]
    numbers = np.unique(np.linspace(0, len(times_s) - 1, min(count, len(times_s))).round().astype(int)).tolist()
    return numbers, [times_s[number] for number in numbers]


def _counted(advance: Advance, num_before: int) -> Advance:
    return lambda done, note: advance(num_before + done, note)


def _follow(
    detector: Detector, path: Path, numbers: Sequence[int], times_s: Sequence[float], doubt: float, advance: Advance
) -> list[Followed]:
    """Return the detections of these frames, each with the number of the part that it belongs to."""
    tracker, followed = BoxTracker(), []
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
