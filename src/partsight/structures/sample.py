"""One labelled picture on disk, made or taken."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray, locked

Source: TypeAlias = Literal["render", "photo"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture and its boxes; a sample without boxes is a negative, known to show none of the classes."""

    sample_id: str
    """Unique in its dataset; also the stem of its files when the dataset is written."""
    image_path: Path
    size_wh: tuple[int, int]
    boxes_xyxy: FloatArray
    """(N, 4) in pixels, right and lower edges exclusive."""
    class_ids: IntArray
    """(N,) index into the dataset's class names."""
    source: Source
    session: str
    """What must never be divided between splits: one walk around one object, one render run."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes_xyxy", locked(self.boxes_xyxy, np.float64, (None, 4)))
        object.__setattr__(self, "class_ids", locked(self.class_ids, np.int64, (len(self.boxes_xyxy),)))
