"""The camera's own traces in one picture."""

from dataclasses import dataclass, field, replace

import numpy as np

from partsight.config.randomize import SensorSection
from partsight.randomize.streams import chance
from partsight.structures.arrays import FloatArray
from partsight.structures.sensor import Sensor

REFERENCE_WIDTH = 640
"""Picture width at which blur is stated."""


@dataclass(frozen=True, slots=True, eq=False)
class Illumination:
    """What a camera's automatics meet."""

    exposure_ev: float = 0.0
    """Error of the exposure, in stops."""
    color: FloatArray = field(default_factory=lambda: np.ones(3))
    """Linear RGB of a white floor in this light."""


def sample_sensor(rng: np.random.Generator, section: SensorSection, width: int, lit: Illumination) -> Sensor:
    """Draw one exposure; blur scales with the picture's width."""
    exposure_ev = lit.exposure_ev
    if not section.vary:
        return Sensor(auto_exposure=True, exposure_ev=exposure_ev)
    scale = width / REFERENCE_WIDTH
    averaged = min(1.0, width / section.noise_width) if section.noise_width else 1.0
    is_moving = chance(rng, section.motion_share)
    sensor = Sensor(
        exposure_ev=exposure_ev,
        auto_exposure=True,
        white_balance=(float(rng.uniform(*section.white_balance)), 1.0, float(rng.uniform(*section.white_balance))),
        contrast=float(rng.uniform(*section.contrast)),
        saturation=0.0 if chance(rng, section.grey_share) else float(rng.uniform(*section.saturation)),
        defocus_px=float(rng.uniform(*section.defocus_px)) * scale,
        motion_px=float(rng.uniform(*section.motion_px)) * scale if is_moving else 0.0,
        motion_angle_deg=float(rng.uniform(0, 180)),
        vignetting=float(rng.uniform(*section.vignetting)),
        shot_noise=float(rng.uniform(*section.shot_noise)) * averaged,
        read_noise=float(rng.uniform(*section.read_noise)) * averaged,
        sharpening=float(rng.uniform(*section.sharpening)),
        jpeg_quality=int(rng.integers(section.jpeg_quality[0], section.jpeg_quality[1] + 1)),
        noise_seed=int(rng.integers(2**31)),
        chromatic_px=float(rng.uniform(*section.chromatic_px)) * scale,
        has_mosaic=chance(rng, section.mosaic_share),
    )
    return replace(sensor, white_balance=_balanced(rng, section, sensor.white_balance, lit.color))


def _balanced(
    rng: np.random.Generator, section: SensorSection, error: tuple[float, float, float], color: FloatArray
) -> tuple[float, float, float]:
    """Return the gains of a camera that takes out part of the light's color, but for an error."""
    share = rng.uniform(*section.auto_white_balance)
    red, green, blue = (np.asarray(error) * (color[1] / np.maximum(color, 1e-3)) ** share).tolist()
    return red, green, blue
