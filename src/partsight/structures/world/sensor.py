"""What one exposure of a camera does to light: the numbers only; `render.sensor` applies them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sensor:
    """One exposure. The default is an ideal camera: sRGB encoding and nothing else."""

    exposure_ev: float = 0.0
    """Stops by which the light is raised before clipping."""
    auto_exposure: bool = False
    """Whether the picture is first scaled so that its mean is middle gray, as a camera's automatic does."""
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Gains of red, green and blue."""
    contrast: float = 1.0
    """Slope of the tone curve around middle gray; 1 is plain sRGB."""
    saturation: float = 1.0
    """0 is gray, 1 leaves colors as they are."""
    defocus_px: float = 0.0
    """Standard deviation of the blur of the lens, in pixels."""
    chromatic_px: float = 0.0
    """Distance between red and blue in the corners, in pixels; green stays where it is."""
    has_mosaic: bool = False
    """Whether each pixel saw one color only and the others were interpolated (Bayer's pattern)."""
    motion_px: float = 0.0
    """Length of the motion blur, in pixels."""
    motion_angle_deg: float = 0.0
    """Direction of the motion blur in the picture."""
    vignetting: float = 0.0
    """Share of light lost in the corners."""
    shot_noise: float = 0.0
    """Standard deviation of photon noise at white, in linear light."""
    read_noise: float = 0.0
    """Standard deviation of the signal-independent noise, in linear light."""
    sharpening: float = 0.0
    """Strength of the unsharp mask after encoding."""
    jpeg_quality: int | None = None
    """Quality of the JPEG compression the picture goes through; None for none."""
    noise_seed: int = 0
    """Seed of the noise."""
