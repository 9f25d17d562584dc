"""Poses found in a process of their own: what computes there takes no turn from the threads that read, detect and send.

It gives way to other programs, and is started when the first part is to be posed.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TypeAlias, final

from partsight.deploy.model_folder import ModelFolder
from partsight.deploy.posing import PosedPicture, Poser
from partsight.errors import ModelError, PartsightError
from partsight.pose.optics import Calibration
from partsight.pose.shapes.shape import PartShape
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections

_Shapes: TypeAlias = Sequence[PartShape | None]
_MOST_PARTS = 100
"""Of which the process remembers the pose before."""
_NICENESS = 10


@final
class ModelPosers:
    """Posers with the shapes of a model, also of one that is exported anew. Raises ModelError where it has none.

    Follows `PoserSource`.
    """

    def __init__(self, folder: Callable[[], ModelFolder], calibration: Calibration | None = None) -> None:
        self._folder, self._calibration = folder, calibration
        self._entries, self.shapes = _entries(folder()), folder().shapes()
        self._numbers = count()
        self._child: _Child | None = None

    def renew(self) -> bool:
        """Take up other shapes if there are any; return whether there were. Raises ModelError."""
        folder = self._folder()
        if _entries(folder) == self._entries:
            return False
        self.shapes = folder.shapes()
        self._entries = _entries(folder)
        self.close()
        return True

    def new(self) -> "RemotePoser":
        """Return a poser that has seen nothing."""
        return RemotePoser(next(self._numbers), self._ask)

    def close(self) -> None:
        """End the process; a pose that it is finding is given up."""
        child, self._child = self._child, None
        if child is not None:
            child.process.terminate()
            child.process.join()

    def _ask(self, number: int, image: Image, found: Detections) -> PosedPicture:
        child = self._child = self._child or _start(self.shapes, self._calibration)
        try:
            child.line.send((number, image, found))
            answer: PosedPicture | PartsightError | ValueError = child.line.recv()
        except (EOFError, OSError) as error:
            self.close()
            raise ModelError(
                f"the process that finds poses has ended (exit code {child.process.exitcode}), perhaps for want of memory. It is "
                "started again; when that goes on, leave out `pose`."
            ) from error
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(frozen=True, slots=True)
class RemotePoser:
    """Poses one part in frame after frame, in the process. Follows `FramePoser`."""

    number: int
    ask: Callable[[int, Image, Detections], PosedPicture]

    def pose(self, image: Image, found: Detections, *, is_frame: bool) -> PosedPicture:
        """Return the poses of the detections of a frame. Raises PartsightError, ValueError."""
        if not is_frame:
            raise ValueError("only frames are posed here")
        return self.ask(self.number, image, found)


@dataclass(frozen=True, slots=True)
class _Child:
    process: SpawnProcess
    line: "Connection"


def _entries(folder: ModelFolder) -> list[object]:
    return [part.shape for part in folder.description.parts]


def _start(shapes: _Shapes, calibration: Calibration | None) -> _Child:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, shapes, calibration), name="poses", daemon=True)
    process.start()
    theirs.close()
    return _Child(process, ours)


def _serve(line: "Connection", shapes: _Shapes, calibration: Calibration | None) -> None:
    """Answer until the page's process is gone. Ctrl+C is that one's matter."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    posers: dict[int, Poser] = {}
    while True:
        try:
            number, image, found = line.recv()
        except EOFError:
            return
        poser = posers.pop(number, None) or Poser(shapes, calibration)
        posers[number] = poser
        for oldest in list(posers)[:-_MOST_PARTS]:
            del posers[oldest]
        line.send(_answer(poser, image, found))


def _answer(poser: Poser, image: Image, found: Detections) -> PosedPicture | PartsightError | ValueError:
    try:
        return poser.pose(image, found, is_frame=True)
    except (PartsightError, ValueError) as error:
        return error
