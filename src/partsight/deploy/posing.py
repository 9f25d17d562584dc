"""Poses of what a model found: in pictures one by one, in videos from frame to frame."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from partsight.errors import SourceError
from partsight.pose.finding import FoundPose, find_pose, follow_pose
from partsight.pose.optics import Calibration, KnownCamera, camera_of, read_calibration
from partsight.pose.outline import PosedOutline, outline_of
from partsight.pose.shapes.shape import PartShape
from partsight.structures.arrays import FloatArray, Image
from partsight.structures.boxes import FOUND_IOU, pair_boxes
from partsight.structures.detections import Detections
from partsight.structures.world.camera import Intrinsics

FOLLOWED_FIT = 0.45
"""A pose that fits less is not followed into the next frame but looked for anew."""


def asked_calibration(path: Path | None, *, for_poses: bool) -> Calibration | None:
    """Read the calibration that a user gave. Raises SourceError for one that would change nothing."""
    if path is not None and not for_poses:
        raise SourceError("`calibration` tells where parts are, so it serves poses only: give `pose` as well")
    return None if path is None else read_calibration(path)


@dataclass(frozen=True, slots=True, eq=False)
class PosedPicture:
    """Poses of the detections of one picture, in their order; None where none was found or the class has no shape."""

    camera: KnownCamera
    poses: tuple[FoundPose | None, ...]
    outlines: tuple[PosedOutline | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One detection of a picture."""

    image: Image
    box_xyxy: FloatArray
    class_id: int
    intrinsics: Intrinsics


@dataclass(frozen=True, slots=True, eq=False)
class _Followed:
    """What was found in the frame before."""

    boxes_xyxy: FloatArray = field(default_factory=lambda: np.empty((0, 4)))
    class_ids: tuple[int, ...] = ()
    poses: tuple[FoundPose, ...] = ()


@dataclass(eq=False)
class Poser:
    """Finds poses of what was detected; of a video's frames it follows those of the frame before."""

    shapes: Sequence[PartShape | None]
    """Of each class; None where it has none."""
    calibration: Calibration | None = None
    _before: _Followed = field(default_factory=_Followed)

    def forget(self) -> None:
        """Begin with a source whose first frame has nothing to do with what came before."""
        self._before = _Followed()

    def pose(
        self, image: Image, found: Detections, *, picture: Path | None = None, is_frame: bool = False
    ) -> PosedPicture:
        """Return the poses of the detections of a picture; its file tells of the camera. Raises ModelError, SourceError."""
        camera = camera_of((image.shape[1], image.shape[0]), picture, self.calibration)
        if not is_frame:
            self.forget()
        poses = tuple(
            None if shape is None else self._one(shape, _Task(image, box, class_id, camera.intrinsics))
            for shape, box, class_id in self._shown(found)
        )
        self._remember(found, poses)
        outlines = tuple(
            None if pose is None or shape is None else outline_of(shape, pose.camera_from_part, camera.intrinsics)
            for (shape, _, _), pose in zip(self._shown(found), poses, strict=True)
        )
        return PosedPicture(camera, poses, outlines)

    def _shown(self, found: Detections) -> list[tuple[PartShape | None, FloatArray, int]]:
        return [(self.shapes[one.class_id], one.box_xyxy, one.class_id) for one in found]

    def _one(self, shape: PartShape, task: "_Task") -> FoundPose | None:
        """Follow the pose that the part had in the frame before, or find it."""
        last = self._last(task.box_xyxy, task.class_id)
        followed = None if last is None else follow_pose(shape, task.image, last.camera_from_part, task.intrinsics)
        if followed is not None and followed.fit >= FOLLOWED_FIT:
            return followed
        return find_pose(shape, task.image, task.box_xyxy, task.intrinsics)

    def _last(self, box_xyxy: FloatArray, class_id: int) -> FoundPose | None:
        pairs = pair_boxes(box_xyxy[None], self._before.boxes_xyxy, FOUND_IOU)
        if not len(pairs) or self._before.class_ids[int(pairs[0, 1])] != class_id:
            return None
        return self._before.poses[int(pairs[0, 1])]

    def _remember(self, found: Detections, poses: Sequence[FoundPose | None]) -> None:
        kept = [(number, pose) for number, pose in enumerate(poses) if pose is not None and pose.fit >= FOLLOWED_FIT]
        self._before = _Followed(
            found.boxes_xyxy[[number for number, _ in kept]].reshape(-1, 4),
            tuple(int(found.class_ids[number]) for number, _ in kept),
            tuple(pose for _, pose in kept),
        )
