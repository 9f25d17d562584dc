"""What a renderer returns: light, before any camera has seen it."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import Float32Array, locked


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """(H, W, 3) linear RGB radiance, background included; 1.0 is diffuse white at exposure 0."""

    radiance: Float32Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "radiance", locked(self.radiance, np.float32, (None, None, 3)))
