"""A model over many sources: one record a picture; what cannot be read is told and the rest goes on."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from partsight.deploy.model import Model
from partsight.deploy.posing import PosedPicture, Poser
from partsight.deploy.records import Record
from partsight.deploy.sources import MediaSource, View, views
from partsight.errors import DatasetError, SourceError
from partsight.structures.detections import Detections


@dataclass(frozen=True, slots=True)
class LookPlan:
    """What is looked for."""

    threshold: float | None
    """None: the model's own, which may be one for each class."""
    max_detections: int
    every: int = 1
    """Of videos and streams, every n-th frame."""
    poser: Poser | None = None
    """Finds poses, where they are asked for."""


@dataclass(slots=True)
class Tally:
    """What has come of it so far."""

    num_pictures: int = 0
    num_parts: int = 0
    detection_s: float = 0.0
    """Spent in the detector alone."""
    num_poses: int = 0
    pose_s: float = 0.0
    """Spent on poses."""
    problems: list[str] = field(default_factory=list)
    """Sources that could not be read."""


def look(
    model: Model, sources: Sequence[MediaSource], plan: LookPlan, *, tally: Tally, tell: Callable[[str], None]
) -> Iterator[tuple[View, Record]]:
    """Detect in all pictures of all sources, in their order; the tally is kept up to date."""
    for source in sources:
        try:
            for view in views(source, plan.every, tell):
                yield view, _look_at(model, view, plan, tally)
        except (SourceError, DatasetError) as error:
            tally.problems.append(str(error))


def _look_at(model: Model, view: View, plan: LookPlan, tally: Tally) -> Record:
    started = time.perf_counter()
    found = _detect(model, view, plan)
    tally.detection_s += time.perf_counter() - started
    tally.num_pictures += 1
    tally.num_parts += len(found.scores)
    posed = _posed(view, found, plan.poser, tally)
    return Record(view.source.name, view.frame, view.time_s, (view.image.shape[1], view.image.shape[0]), found, posed)


def _posed(view: View, found: Detections, poser: Poser | None, tally: Tally) -> PosedPicture | None:
    if poser is None:
        return None
    started, is_frame = time.perf_counter(), view.frame is not None
    if view.frame == 0:
        poser.forget()
    picture = None if is_frame else Path(view.source.address)
    posed = poser.pose(view.image, found, picture=picture, is_frame=is_frame)
    tally.pose_s += time.perf_counter() - started
    tally.num_poses += sum(pose is not None for pose in posed.poses)
    return posed


def _detect(model: Model, view: View, plan: LookPlan) -> Detections:
    return model.detect(view.image, threshold=plan.threshold, max_detections=plan.max_detections).detections
