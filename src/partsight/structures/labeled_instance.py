"""One labeled part of a sample, with all that is known of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, locked
from partsight.structures.offered import offered
from partsight.structures.world.annotation import Occluder
from partsight.structures.world.transform import Transform


@dataclass(frozen=True, slots=True, eq=False)
class LabeledInstance:
    """One labeled part in a picture; what only renders know is None for photos."""

    class_id: int
    class_name: str
    box_xyxy: FloatArray
    """(4,) in pixels, right and lower edges exclusive."""
    camera_from_part: Transform | None = None
    """Its pose: (4, 4), from the part's frame to OpenCV camera axes, in meters."""
    visible_fraction: float | None = None
    """Visible pixels over those that the part would cover alone in a picture without borders."""
    truncated_fraction: float | None = None
    """Share of those pixels that fall outside the picture."""
    hidden_by: tuple[Occluder, ...] | None = None
    """What stands before it, most hiding first."""
    num_visible_px: int | None = None
    instance_id: int | None = None
    """Its number in the scene and in the picture of masks."""
    mask_path: Path | None = None
    """The picture of masks."""
    place: int = 0
    """Its place among the labels of the picture."""
    layers_path: Path | None = None
    """The folder of the layers of renders, where they were written."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "box_xyxy", locked(self.box_xyxy, np.float64, (4,)))
        if self.camera_from_part is not None:
            object.__setattr__(self, "camera_from_part", locked(self.camera_from_part, np.float64, (4, 4)))

    @property
    def mask(self) -> BoolArray | None:
        """The (H, W) visible pixels, read when asked for; None for photos, and for sub-parts without the layer 'masks'.

        Raises DatasetError when the picture of masks cannot be read.
        """
        if self.mask_path is None:
            return None
        own = self._layer_mask("visible")
        if own is not None:
            return own
        mask: BoolArray = offered("labels.formats.rendered", "read_masks")(self.mask_path) == self.instance_id
        return mask if np.count_nonzero(mask) == self.num_visible_px else None

    @property
    def amodal_mask(self) -> BoolArray | None:
        """The (H, W) pixels it would cover if nothing stood before it, read when asked for; None without the layer 'masks'."""
        return self._layer_mask("whole")

    def _layer_mask(self, kind: str) -> BoolArray | None:
        if self.layers_path is None or self.mask_path is None:
            return None
        read = offered("labels.formats.exact.layers", "read_mask")
        mask: BoolArray | None = read(self.layers_path, self.mask_path.stem, self.place, kind)
        return mask
