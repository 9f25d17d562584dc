"""The camera's own traces in one picture."""

import numpy as np

from partsight.config.sections.randomize import SensorSection
from partsight.randomize.streams import chance
from partsight.structures.world.sensor import Sensor

REFERENCE_WIDTH = 640
"""Picture width at which blur is stated."""


def sample_sensor(rng: np.random.Generator, section: SensorSection, width: int, exposure_ev: float) -> Sensor:
    """Draw one exposure; blur scales with the picture's width."""
    if not section.vary:
        return Sensor(auto_exposure=True, exposure_ev=exposure_ev)
    scale = width / REFERENCE_WIDTH
    averaged = min(1.0, width / section.noise_width) if section.noise_width else 1.0
    is_moving = chance(rng, section.motion_share)
    return Sensor(
        exposure_ev=exposure_ev,
        auto_exposure=True,
        white_balance=(float(rng.uniform(*section.white_balance)), 1.0, float(rng.uniform(*section.white_balance))),
        contrast=float(rng.uniform(*section.contrast)),
        saturation=0.0 if chance(rng, section.gray_share) else float(rng.uniform(*section.saturation)),
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
