"""One labeled picture on disk, made or taken."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from partsight.structures.arrays import Float32Array, FloatArray, IntArray, locked
from partsight.structures.labeled_instance import LabeledInstance
from partsight.structures.offered import html_of, offered

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
    class_names: tuple[str, ...] = ()
    """Those of the dataset, which gives them to its samples; empty outside of any."""
    label_path: Path | None = None
    """Where the exact labels of a render lie; None for photos, which have boxes only."""
    layers_path: Path | None = None
    """The folder of the layers of renders, where they were written (`Experiment.write_layers`)."""
    outlines: tuple[FloatArray | None, ...] = ()
    """Of a photo, for each box the closed (P, 2) outline in pixels, None where only the box was drawn; empty where none was."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes_xyxy", locked(self.boxes_xyxy, np.float64, (None, 4)))
        object.__setattr__(self, "class_ids", locked(self.class_ids, np.int64, (len(self.boxes_xyxy),)))
        if self.outlines and len(self.outlines) != len(self.boxes_xyxy):
            raise ValueError(f"{len(self.outlines)} outlines for {len(self.boxes_xyxy)} boxes")
        drawn = (None if one is None else locked(one, np.float64, (None, 2)) for one in self.outlines)
        object.__setattr__(self, "outlines", tuple(drawn))

    @property
    def instances(self) -> tuple[LabeledInstance, ...]:
        """The labeled parts in the order of the boxes, with poses and visibility where it is a render.

        One small file is read for a render, masks only when they are asked for. Raises DatasetError.
        """
        if self.label_path is not None:
            found: tuple[LabeledInstance, ...] = offered("labels.formats.rendered", "read_instances")(self)
            return found
        labels = zip(self.class_ids.tolist(), self.boxes_xyxy, strict=True)
        return tuple(LabeledInstance(class_id, self.class_name(class_id), box) for class_id, box in labels)

    @property
    def depth_m(self) -> Float32Array | None:
        """The (H, W) depths along the optical axis in meters, infinite for nothing, read now; None where they were not written."""
        depth: Float32Array | None = self._layer("read_depth")
        return depth

    @property
    def normals(self) -> Float32Array | None:
        """The (H, W, 3) unit normals in camera axes, towards the camera, read now; None where they were not written."""
        normals: Float32Array | None = self._layer("read_normals")
        return normals

    @property
    def sub_parts(self) -> IntArray | None:
        """The (H, W) numbers in the table `sub-parts.json` of what is seen, −1 for none; None where they were not written."""
        numbers: IntArray | None = self._layer("read_sub_parts")
        return numbers

    def _layer(self, reader: str) -> Any:
        if self.layers_path is None or self.label_path is None:
            return None
        return offered("labels.formats.exact.layers", reader)(self.layers_path, self.label_path.stem)

    def class_name(self, class_id: int) -> str:
        """Return the name of a class, or its number where the sample belongs to no dataset."""
        return self.class_names[class_id] if self.class_names else f"class {class_id}"

    def _repr_html_(self) -> str:
        return html_of(self, "samples", "show_sample")
