"""Pictures per second of each renderer on the same scenes: python benchmarks/render.py [--size 640] [--threads 2]."""

import argparse
import platform
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from partsight.config.render import RenderSection
from partsight.errors import RenderError
from partsight.render.renderer import open_renderer
from partsight.render.sensor import encode_picture, expose
from partsight.structures.light import Lamp
from partsight.structures.material import Material
from partsight.structures.scene import Scene
from partsight.structures.sensor import Sensor

sys.path.append(str(Path(__file__).parents[1] / "tests" / "unit" / "render"))
from scenes import ball_part, box_part, camera, checkered_texture, placed, sky_environment

CAMERA_SENSOR = Sensor(
    auto_exposure=True, defocus_px=0.7, motion_px=3.0, shot_noise=0.02, read_noise=0.01, jpeg_quality=90
)


def main():
    arguments = parsed_arguments()
    scenes = [sampled_scene(np.random.default_rng(seed), arguments.size) for seed in range(arguments.scenes + 1)]
    print(
        f"{platform.processor() or platform.machine()}, {arguments.threads} threads, {arguments.size} px, "
        f"{arguments.samples} samples per pixel, depth {arguments.depth}, {arguments.scenes} scenes of 4-12 parts"
    )
    titles = ("opens in s", "first in s", "s per picture", "slowest s", "CPU s", "per second")
    print(f"{'renderer':<34}" + "".join(f"{title:>15}" for title in titles))
    for section in sections(arguments):
        print(measured_row(section, arguments.threads, scenes))
    print(f"{'sensor and JPEG':<64}{measured_sensor_s(arguments.size):>15.3f}")


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--scenes", type=int, default=8)
    return parser.parse_args()


def sections(arguments):
    settings = {"samples_per_pixel": arguments.samples, "max_depth": arguments.depth}
    yield from (RenderSection(variant=variant, **settings) for variant in ("scalar_rgb", "llvm_ad_rgb", "cuda_ad_rgb"))
    if find_spec("pyvista"):
        yield RenderSection(renderer="pyvista", **settings)


def sampled_scene(rng, size_px):
    """A textured ground, 4 to 12 balls and boxes of random materials, 0 to 4 lamps."""
    parts = [ball_part(num_rings=60), box_part((0.12, 0.2, 0.1), num_slots=2), box_part((0.1, 0.1, 0.3))]
    ground = Material("ground", (0.5, 0.5, 0.5), texture=checkered_texture(0.3, 128))
    things = [sampled_instance(rng, parts[rng.integers(len(parts))]) for _ in range(rng.integers(4, 13))]
    lamps = [Lamp(tuple(rng.uniform(0.5, 1.0, 3)), 0.08, (14.0, 11.0, 8.0)) for _ in range(rng.integers(5))]
    return Scene(
        camera=camera((size_px, size_px)),
        instances=(placed(box_part((3, 3, 0.02)), (0, 0, -0.2), material=ground, class_id=None), *things),
        environment=sky_environment(64),
        lamps=tuple(lamps),
        render_seed=int(rng.integers(2**31)),
    )


def sampled_instance(rng, part):
    texture = checkered_texture(0.1, 64) if rng.random() < 0.5 else None
    color = tuple(rng.uniform(0.1, 0.9, 3))
    material = Material("thing", color, float(rng.random() < 0.5), float(rng.uniform(0.1, 0.9)), texture)
    position_m = rng.uniform([-0.4, -0.4, -0.1], [0.4, 0.4, 0.1])
    return placed(part, position_m, turn_deg=rng.uniform(0, 360), material=material)


def measured_row(section, num_threads, scenes):
    start = time.perf_counter()
    try:
        renderer = open_renderer(section, num_threads)
    except RenderError as error:
        return f"{section.variant:<34}  {error}"
    with renderer:
        opened = time.perf_counter()
        seconds = [timed(renderer.render, scenes[0])]
        busy_start = time.process_time()
        seconds += [timed(renderer.render, scene) for scene in scenes[1:]]
        busy_s = (time.process_time() - busy_start) / len(scenes[1:])
    mean_s, slowest_s = np.mean(seconds[1:]), np.max(seconds[1:])
    times = (
        f"{opened - start:>12.2f}{seconds[0]:>12.2f}{mean_s:>15.3f}{slowest_s:>12.3f}{busy_s:>12.3f}{1 / mean_s:>12.2f}"
    )
    return f"{renderer.variant:<34}{times}"


def measured_sensor_s(size_px):
    from partsight.structures.rendering import Rendering

    rendering = Rendering(np.random.default_rng(0).uniform(0, 1, (size_px, size_px, 3)).astype(np.float32))
    return min(timed(lambda: encode_picture(expose(rendering, CAMERA_SENSOR), CAMERA_SENSOR)) for _ in range(5))


def timed(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
