"""Light around a scene: procedural rooms, the user's environment maps, lamps."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from partsight.config.sections.randomize import LightSection
from partsight.errors import SceneError
from partsight.randomize.light.halls import sample_hall
from partsight.randomize.light.radiance_file import read_radiance
from partsight.randomize.looks.textures import fractal_noise, sample_color
from partsight.randomize.streams import chance, log_uniform
from partsight.structures.arrays import Float32Array, FloatArray
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.material import linear_from_srgb

MAP_HEIGHT = 128
SUFFIXES = (".exr", ".hdr")


def sample_environment(rng: np.random.Generator, section: LightSection) -> EnvironmentMap:
    """Draw a room or one of the user's maps; scaled so that a white floor has radiance about 1."""
    if not section.vary:
        return EnvironmentMap(np.full((8, 16, 3), 0.8, np.float32))
    paths = find_maps(section.environment_folder)
    use_file = bool(paths) and chance(rng, 0.5)
    radiance = read_map(paths[int(rng.integers(len(paths)))]) if use_file else _procedural(rng, section)
    turned = np.roll(radiance, int(rng.integers(radiance.shape[1])), axis=1)
    return EnvironmentMap((turned * rng.uniform(0.4, 1.3) / _floor_radiance(turned)).astype(np.float32))


def sample_lamps(rng: np.random.Generator, section: LightSection, distance_m: float) -> tuple[Lamp, ...]:
    """Draw lamps above and around a scene that is looked at from this distance."""
    if not section.vary:
        return ()
    return tuple(_lamp(rng, distance_m) for _ in range(int(rng.integers(section.lamps[0], section.lamps[1] + 1))))


def sample_exposure(rng: np.random.Generator, section: LightSection) -> float:
    """Draw the exposure error in stops."""
    return float(rng.uniform(*section.exposure_ev)) if section.vary else 0.0


@lru_cache(maxsize=8)
def find_maps(folder: Path | None) -> tuple[Path, ...]:
    """Return the maps that a folder held when first asked for, as every scene draws from it. Raises as `list_maps`."""
    return list_maps(folder)


def list_maps(folder: Path | None) -> tuple[Path, ...]:
    """Return the environment maps in a folder, by name. Raises SceneError when it has none."""
    if folder is None:
        return ()
    paths = tuple(sorted(path for path in folder.glob("**/*") if path.suffix.lower() in SUFFIXES))
    if not paths:
        raise SceneError(f"{folder}: no environment map ({', '.join(SUFFIXES)}) here; mend light.environment_folder")
    return paths


@lru_cache(maxsize=64)
def read_map(path: Path) -> Float32Array:
    """Read an equirectangular map, shrunk to the rows of all maps. Raises SceneError naming the file."""
    radiance = read_radiance(path) if path.suffix.lower() == ".hdr" else _read_exr(path)
    factor = MAP_HEIGHT / len(radiance)
    small = ndimage.zoom(np.clip(radiance, 0, 500), (factor, 2 * MAP_HEIGHT / radiance.shape[1], 1), order=1)
    return np.asarray(np.maximum(small, 0), np.float32)


def _read_exr(path: Path) -> Float32Array:
    import OpenEXR

    try:
        with OpenEXR.File(str(path)) as file:
            return np.asarray(file.channels()["RGB"].pixels, np.float32)[..., :3]
    except (RuntimeError, OSError, KeyError, ValueError) as error:
        raise SceneError(f"{path}: not an RGB OpenEXR file that can be read ({error})") from error


def _procedural(rng: np.random.Generator, section: LightSection) -> Float32Array:
    """Draw a hall or a soft room."""
    is_hall = section.hall_share > 0 and chance(rng, section.hall_share)  # without halls, draws stay what they were
    return sample_hall(rng, MAP_HEIGHT) if is_hall else _room(rng)


def _room(rng: np.random.Generator) -> Float32Array:
    """Draw floor, walls and ceiling, windows and lamps."""
    height, width = MAP_HEIGHT, 2 * MAP_HEIGHT
    colors = [linear_from_srgb(sample_color(rng)) * rng.uniform(0.3, 1.0) for _ in range(3)]
    ceiling, floor = rng.uniform(0.15, 0.42), rng.uniform(0.52, 0.8)
    row = (np.arange(height) + 0.5)[:, None, None] / height
    room = np.where(row < ceiling, colors[0], np.where(row < floor, colors[1], colors[2]))
    room = np.repeat(room, width, axis=1) * (0.5 + fractal_noise(rng, width, 1.5)[:height, :, None])
    for _ in range(int(rng.integers(0, 4))):
        _glow(
            rng,
            room,
            (rng.uniform(0.2, 0.5), rng.uniform(0.05, 0.25)),
            _kelvin(rng, 0.6, 1.0) * log_uniform(rng, 2, 15),
        )
    for _ in range(int(rng.integers(1, 7))):
        _glow(
            rng,
            room,
            (rng.uniform(0.02, 0.35), rng.uniform(0.01, 0.08)),
            _kelvin(rng, 0.0, 1.0) * log_uniform(rng, 8, 80),
        )
    return np.asarray(ndimage.gaussian_filter(room, (0.7, 0.7, 0), mode=("nearest", "wrap", "nearest")), np.float32)


def _glow(rng: np.random.Generator, room: FloatArray, place: tuple[float, float], radiance: FloatArray) -> None:
    """Paint a bright rectangle whose upper edge and size are shares of the map's height and width."""
    height, width = room.shape[:2]
    top = int(place[0] * height)
    rows = slice(top, top + max(1, int(rng.uniform(0.02, 0.2) * height)))
    left = int(rng.integers(width))
    columns = np.arange(left, left + max(1, int(place[1] * width))) % width
    room[rows, columns] = radiance


def _kelvin(rng: np.random.Generator, low: float, high: float) -> FloatArray:
    """Draw a light color between warm white (0) and daylight blue (1), linear RGB of mean about 1."""
    cold = rng.uniform(low, high)
    return np.asarray(np.array([1.35, 0.97, 0.55]) * (1 - cold) + np.array([0.85, 1.0, 1.2]) * cold)


def _floor_radiance(radiance: Float32Array) -> float:
    """Return the radiance of a white diffuse floor under the map (mean channel): cosine-weighted mean of the upper half."""
    height = len(radiance) // 2
    polar = (np.arange(height) + 0.5) / height * np.pi / 2
    weights = np.cos(polar) * np.sin(polar)
    return float((radiance[:height].mean(axis=(1, 2)) * weights).sum() / weights.sum()) + 1e-6


def _lamp(rng: np.random.Generator, distance_m: float) -> Lamp:
    """Draw a lamp that adds 0.1…1.5 to the radiance of a white floor."""
    azimuth, elevation = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(20, 85))
    reach = distance_m * rng.uniform(1.2, 3.0)
    direction = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    radius = reach * log_uniform(rng, 0.04, 0.35)
    radiance = _kelvin(rng, 0.0, 1.0) * log_uniform(rng, 0.1, 1.5) * (reach / radius) ** 2
    x, y, z = (direction * reach).tolist()
    red, green, blue = radiance.tolist()
    return Lamp((x, y, z), float(radius), (red, green, blue))
