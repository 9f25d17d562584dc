"""Light: environment maps around the scene, and lamps in it."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import Float32Array, locked


@dataclass(frozen=True, slots=True, eq=False)
class EnvironmentMap:
    """Radiance from all directions: (H, 2H, 3) linear RGB, equirectangular, first row is world +z (up).

    Column u in 0…1 is the world azimuth −180°…180°, measured from +x towards +y, decreasing with u
    (the picture is seen from inside).
    """

    radiance: Float32Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "radiance", locked(self.radiance, np.float32, (None, None, 3)))


@dataclass(frozen=True, slots=True)
class Lamp:
    """A glowing sphere: position and radius in meters, linear RGB radiance."""

    position_m: tuple[float, float, float]
    radius_m: float
    radiance: tuple[float, float, float]
