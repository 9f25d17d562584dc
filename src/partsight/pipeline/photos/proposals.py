"""Boxes proposed to a person who labels: the newest detector's, and those of the photo before carried along."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from partsight.detector.detector import Checkpoint, Detector
from partsight.detector.verifying import load_detector
from partsight.errors import DatasetError, PartsightError
from partsight.evaluate.breakdown.disagreement import doubt_of
from partsight.labels.kept_proposals import read_proposals
from partsight.labels.label import Label
from partsight.labels.photo_labels import Outlook, PhotoLabels, Proposal, Proposals
from partsight.labels.store import LabelStore
from partsight.photos.carrying import carry_box
from partsight.pictures import read_picture
from partsight.pipeline.running.workspace import MANIFEST, Workspace, inside, list_finished
from partsight.structures.boxes import FOUND_IOU, pairwise_iou
from partsight.structures.detections import Detections

MIN_SCORE = 0.3
MIN_VERIFIED_SCORE = 0.1
"""Scores of a detector with a verifier are products of two, and lower."""
MAX_DETECTIONS = 50
_MOST_STEPS = 8
"""Frames without labels through which boxes are carried: each step adds its error."""


def find_newest_checkpoint(workspace: Workspace, class_names: tuple[str, ...]) -> Checkpoint | None:
    """Return the detector trained last under a workspace whose classes are all among ours, with its verifier where there is one."""
    # Stages know how renders are made, which needs an extra that a machine for labeling has not.
    from partsight.pipeline.stages.train.stage import TrainManifest, TrainStage

    finished = list_finished(workspace, TrainStage.name, TrainManifest)
    for folder, manifest in sorted(finished, key=lambda one: (one[0] / MANIFEST).stat().st_mtime, reverse=True):
        if manifest.checkpoint and set(manifest.class_names) <= set(class_names):
            path = inside(folder, manifest.checkpoint)
            return Checkpoint(path, manifest.family, manifest.class_names, _find_verifier(workspace, folder.name))
    return None


def _find_verifier(workspace: Workspace, trained_key: str) -> Path | None:
    """Return the verifier of the detector that a training of this key made."""
    from partsight.pipeline.stages.verify.stage import VerifyManifest, VerifyStage

    for folder, manifest in list_finished(workspace, VerifyStage.name, VerifyManifest):
        if manifest.trained == trained_key:
            return inside(folder, manifest.verifier)
    return None


@dataclass
class PhotoProposer:
    """Proposes for photos that are not finished; the detector looks through them in the background."""

    store: LabelStore
    checkpoint: Checkpoint | None
    threads: int = 1
    _detected: dict[str, tuple[Proposal, ...]] = field(default_factory=dict)
    _carried: dict[tuple[str, tuple[Label, ...], str], tuple[Proposal, ...]] = field(default_factory=dict)
    _wanted: list[str] = field(default_factory=list)
    _asked: frozenset[str] = frozenset()
    _problem: str = ""
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def start(self) -> None:
        """Begin to look through all unfinished photos in the background."""
        if self.checkpoint is None:
            return
        self._wanted = [key for key in self.store.list_keys() if self._is_open(key)]
        self._asked = frozenset(self._wanted)
        threading.Thread(target=self._look_through, args=(self.checkpoint,), daemon=True).start()

    def _is_open(self, key: str) -> bool:
        """Return whether a photo waits for labels; of one whose files are damaged the page tells when it is opened."""
        try:
            return self.store.read(key).state == "open"
        except DatasetError:
            return False

    def propose(self, key: str) -> Proposals:
        """Return carried and detected boxes that are on no label yet; a photo asked for is looked at next."""
        labels = self.store.read(key)
        if labels.state != "open":
            return Proposals((), is_complete=True)
        is_complete = self._hasten(key)
        kept = read_proposals(self.store.folder, key)
        unknown = {one.box.class_name for one in kept} - set(self.store.class_names)
        found: list[Proposal] = []
        taken = list(labels.boxes)
        for proposal in (*kept, *self._carry_to(key), *self._detected.get(key, ())):
            if proposal.box.class_name in unknown:
                continue
            if not _overlaps(proposal.box, taken):
                found.append(proposal)
                taken.append(proposal.box)
        return Proposals(tuple(found), is_complete, self._problem or _told_unknown(unknown))

    def outlooks(self) -> dict[str, Outlook]:
        """Return how many boxes are known for each unfinished photo, and how unsure the least sure one is."""
        known: dict[str, tuple[Proposal, ...]] = {}
        for key in self.store.list_keys():
            found = (*read_proposals(self.store.folder, key), *self._detected.get(key, ()))
            if found and self._is_open(key):
                known[key] = found
        return {key: Outlook(len(found), doubt_of([one.score for one in found])) for key, found in known.items()}

    @property
    def is_looking(self) -> bool:
        """Whether the detector still looks through photos."""
        return not self._problem and not self._asked <= self._detected.keys()

    def _hasten(self, key: str) -> bool:
        """Put a photo in front; return whether nothing more is to come for it."""
        with self._changed:
            if self.checkpoint is None or key in self._detected or self._problem:
                return True
            self._wanted = [key, *(other for other in self._wanted if other != key)]
            self._changed.notify()
        return False

    def _carry_to(self, key: str, steps: int = _MOST_STEPS) -> tuple[Proposal, ...]:
        """Carry the boxes of the photo before; of a film also what was carried to that one, through a few frames without labels."""
        before = self._before(key)
        if before is None:
            return ()
        boxes = before.boxes
        if before.state == "open" and steps > 1:
            carried = (one.box for one in self._carry_to(before.key, steps - 1))
            boxes = (*boxes, *(box for box in carried if not _overlaps(box, before.boxes)))
        name = (before.key, boxes, key)
        if name not in self._carried:
            self._carried[name] = self._carry(before.key, boxes, key)
        return self._carried[name]

    def _before(self, key: str) -> PhotoLabels | None:
        """Return the photo before in the session; None for the first one, and after one that cannot be read."""
        keys = self.store.list_keys()
        index = keys.index(key)
        if index == 0 or self.store.session_of(keys[index - 1]) != self.store.session_of(key):
            return None
        try:
            return self.store.read(keys[index - 1])
        except DatasetError:
            return None

    def _carry(self, before: str, boxes: tuple[Label, ...], key: str) -> tuple[Proposal, ...]:
        if not boxes or self.store.read(before).size_wh != self.store.read(key).size_wh:
            return ()
        pictures = [read_picture(self.store.picture(one)) for one in (before, key)]
        found = ((box, carry_box(pictures[0], pictures[1], box.box_xyxy)) for box in boxes)
        return tuple(
            Proposal(Label(one.box_xyxy, box.class_name), round(one.score, 3), "previous")
            for box, one in found
            if one is not None
        )

    def _look_through(self, checkpoint: Checkpoint) -> None:
        """Detect for as long as the process lives; what the user can mend is told on the page."""
        try:
            detector = load_detector(checkpoint, self.threads)
            while True:
                self._detect(detector, self._next_key())
        except PartsightError as error:
            self._problem = f"no proposals by the detector: {error}"

    def _next_key(self) -> str:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._wanted))
            return self._wanted.pop(0)

    @property
    def _least_score(self) -> float:
        is_verified = self.checkpoint is not None and self.checkpoint.verifier is not None
        return MIN_VERIFIED_SCORE if is_verified else MIN_SCORE

    def _detect(self, detector: Detector, key: str) -> None:
        if key not in self._detected:
            try:
                image = read_picture(self.store.picture(key))
            except DatasetError:
                # The page tells when it is opened; others are still looked through.
                self._detected[key] = ()
                return
            found = detector.detect([image], self._least_score, MAX_DETECTIONS)[0]
            self._detected[key] = _proposals(found, detector.class_names)


def _overlaps(box: Label, others: Sequence[Label]) -> bool:
    """Return whether a box says the same as one of the others."""
    places = np.array([other.box_xyxy for other in others]).reshape(-1, 4)
    return bool(pairwise_iou(np.array([box.box_xyxy]), places).max(initial=0.0) >= FOUND_IOU)


def _told_unknown(names: Collection[str]) -> str:
    """Say which kept boxes cannot be proposed; nothing where all can."""
    if not names:
        return ""
    return (
        f"boxes of {', '.join(sorted(names))} were kept with this photo, but are no class here: name them as `classes`"
    )


def _proposals(found: Detections, class_names: tuple[str, ...]) -> tuple[Proposal, ...]:
    rows = zip(found.boxes_xyxy.tolist(), found.scores.tolist(), found.class_ids.tolist(), strict=True)
    return tuple(
        Proposal(Label((x0, y0, x1, y1), class_names[number]), round(score, 3), "detector")
        for (x0, y0, x1, y1), score, number in rows
    )
