"""How fast pictures are made, and where the time goes: `python benchmarks/render.py WHAT [options]`.

speed    pictures per second of each renderer on the same scenes
noise    time of Mitsuba and of Cycles (Blender) for a picture of equal measured noise
growth   time per picture against the number of triangles and of parts
scaling  pictures per second with 1, 2, … workers
memory   memory of one worker over many pictures
first    from a STEP file to the first picture, nothing cached
parts-of-a-picture  CPU seconds of each step of a picture of the demo and of the default recipe (`--set` changes keys of both)

Scenes are those of recipes/default.toml with the sample parts, unless the table says otherwise.
`--blender` names a Python that has bpy, or Blender's executable.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from picture_parts import print_parts

from partsight.annotate.annotating import annotate_scene
from partsight.cad.reading import read_parts
from partsight.config.loading import read_recipe
from partsight.config.sections.render import RenderSection
from partsight.errors import RenderError
from partsight.randomize.sampler import open_sampler
from partsight.render.renderer import open_renderer
from partsight.render.sensor import expose
from partsight.structures.world.material import Material
from partsight.structures.world.part import Mesh, Part
from partsight.structures.world.scene import Instance
from partsight.structures.world.transform import rigid, rotation_about

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "recipes" / "default.toml"


def main():
    arguments = parsed_arguments()
    print(
        f"# {arguments.what}: {cpu_name()}, {os.cpu_count()} cores, {arguments.threads} threads, "
        f"{arguments.size} px, load {os.getloadavg()[0]:.1f} at the start"
    )
    MEASUREMENTS[arguments.what](arguments)


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=MEASUREMENTS)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--scenes", type=int, default=6)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument(
        "--reference", type=int, default=1024, help="samples of the picture that noise is measured against"
    )
    parser.add_argument("--set", dest="settings", action="append", default=[], help="change one key of the recipes")
    parser.add_argument("--blender", default=os.environ.get("PARTSIGHT_BLENDER", ""))
    return parser.parse_args()


def measure_speed(arguments):
    scenes = default_scenes(arguments.size, arguments.scenes + 1)
    titles = ("opens in s", "first in s", "s per picture", "slowest s", "per second")
    print(f"{'renderer':<34}" + "".join(f"{title:>15}" for title in titles))
    for section in sections(arguments):
        print(speed_row(section, arguments.threads, scenes))


def sections(arguments):
    settings = {"samples_per_pixel": arguments.samples}
    yield from (RenderSection(variant=variant, **settings) for variant in ("scalar_rgb", "llvm_ad_rgb", "cuda_ad_rgb"))
    if find_spec("pyvista"):
        yield RenderSection(renderer="pyvista", **settings)
    if arguments.blender:
        yield RenderSection(renderer="blender", blender=arguments.blender, **settings)


def speed_row(section, num_threads, scenes):
    start = time.perf_counter()
    try:
        renderer = open_renderer(section, num_threads)
    except RenderError as error:
        return f"{section.variant:<34}  {str(error)[:90]}"
    opened_s = time.perf_counter() - start
    with renderer:
        seconds = [timed(renderer.render, scene) for scene in scenes]
    mean_s = np.mean(seconds[1:])
    figures = (opened_s, seconds[0], mean_s, max(seconds[1:]), 1 / mean_s)
    return f"{renderer.variant:<34}" + "".join(f"{figure:>15.3f}" for figure in figures)


def measure_parts(arguments):
    print_parts(arguments.scenes, arguments.threads, arguments.settings)


def measure_noise(arguments):
    """At each number of samples: error against the renderer's own many-sample picture, and time."""
    scenes = default_scenes(arguments.size, arguments.scenes)
    peers = {"mitsuba": {}, "blender": {"blender": arguments.blender}}
    curves = {name: noise_curve(name, scenes, arguments, settings) for name, settings in peers.items()}
    print(f"{'renderer':<10}{'samples':>9}{'RMSE':>9}{'s per picture':>15}")
    for name, curve in curves.items():
        for samples, error, seconds in curve:
            print(f"{name:<10}{samples:>9}{error:>9.4f}{seconds:>15.2f}")
    for samples, error, seconds in curves["mitsuba"]:
        needed_s = seconds_for(error, curves["blender"])
        print(
            f"error {error:.4f} (Mitsuba, {samples} samples): Cycles needs {needed_s:.2f} s, {needed_s / seconds:.1f} ×"
        )


def noise_curve(name, scenes, arguments, settings):
    rows = []
    references = pictures_of(name, scenes, arguments, settings, arguments.reference)[0]
    for samples in (4, 16, 64):
        pictures, seconds = pictures_of(name, scenes, arguments, settings, samples)
        errors = [root_mean_square(a - b) for a, b in zip(pictures, references, strict=True)]
        rows.append((samples, float(np.mean(errors)), seconds))
    return rows


def pictures_of(name, scenes, arguments, settings, samples):
    """Return display-clipped pictures and the mean seconds, after one picture to warm up."""
    section = RenderSection(renderer=name, samples_per_pixel=samples, **settings)
    with open_renderer(section, arguments.threads) as renderer:
        renderer.render(scenes[0])
        results = [timed_result(renderer.render, scene) for scene in scenes]
    pictures = [np.clip(rendering.radiance, 0.0, 1.0) for _, rendering in results]
    return pictures, float(np.mean([seconds for seconds, _ in results]))


def seconds_for(error, curve):
    """Return the time at which a curve of (samples, error, seconds) reaches an error: straight lines in logarithms."""
    errors, seconds = np.log([row[1] for row in curve]), np.log([row[2] for row in curve])
    slope, offset = np.polyfit(errors, seconds, 1)
    return float(np.exp(slope * np.log(error) + offset))


def measure_growth(arguments):
    scene = default_scenes(arguments.size, 1)[0]
    section = RenderSection(samples_per_pixel=arguments.samples)
    print(f"{'triangles':>10}{'s per picture':>15}{'labels s':>10}    one ball on the default scene's ground")
    with open_renderer(section, arguments.threads) as renderer:
        for num_triangles in (10_000, 50_000, 200_000, 1_000_000, 2_000_000):
            print_growth(renderer, with_things(scene, [ball_of(num_triangles)]), f"{num_triangles:>10}")
        print(f"{'parts':>10}{'s per picture':>15}{'labels s':>10}    sample parts on the default scene's ground")
        for num_parts in (1, 5, 10, 20, 50):
            print_growth(renderer, with_things(scene, crowd(num_parts)), f"{num_parts:>10}")


def print_growth(renderer, scene, title):
    renderer.render(scene)
    labels = read_recipe(RECIPE).annotate
    annotate_scene(scene, labels)
    seconds = min(timed(renderer.render, scene) for _ in range(3))
    print(f"{title}{seconds:>15.3f}{min(timed(annotate_scene, scene, labels) for _ in range(3)):>10.3f}", flush=True)


def with_things(scene, instances):
    """Return the scene with these instead of its labeled things."""
    grounds = tuple(instance for instance in scene.instances if instance.class_id is None)
    return replace(scene, instances=(*grounds, *instances))


def ball_of(num_triangles):
    num_rings = round((num_triangles / 4) ** 0.5)
    polar, azimuth = np.meshgrid(
        np.linspace(0, np.pi, num_rings + 1), np.linspace(0, 2 * np.pi, 2 * num_rings + 1), indexing="ij"
    )
    normals = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], -1)
    rows, columns = (
        grid.ravel() for grid in np.meshgrid(np.arange(num_rings), np.arange(2 * num_rings), indexing="ij")
    )
    first = rows * (2 * num_rings + 1) + columns
    below = first + 2 * num_rings + 1
    triangles = np.concatenate([np.stack([first, below, below + 1], 1), np.stack([first, below + 1, first + 1], 1)])
    flat = normals.reshape(-1, 3)
    part = Part(
        name=f"ball {num_triangles}",
        mesh=Mesh(flat * 0.2, flat, triangles),
        materials=(Material("paint", (0.2, 0.3, 0.6)),),
        material_ids=np.zeros(len(triangles), int),
        node_names=("ball",),
        node_ids=np.zeros(len(triangles), int),
        key=f"ball {num_triangles}",
    )
    return Instance(part, rigid(np.eye(3), (0.0, 0.0, 0.2)), part.materials, 0)


def crowd(num_parts):
    """Return that many sample parts side by side on a grid."""
    parts = [found[0].part for found in sample_parts().values()]
    side = int(np.ceil(num_parts**0.5))
    pitch_m = 1.2 * max(np.ptp(part.mesh.vertices_m, axis=0).max() for part in parts)
    return [
        Instance(
            part := parts[index % len(parts)],
            rigid(
                rotation_about([0, 0, 1], 37.0 * index),
                ((index % side - side / 2) * pitch_m, (index // side - side / 2) * pitch_m, 0.0),
            ),
            part.materials,
            index % len(parts),
        )
        for index in range(num_parts)
    ]


def measure_scaling(arguments):
    """Whole runs of the command line, start-up included and without: two lengths, and the difference between them.

    Each run may use as many cores as it has workers, so that one worker does not draw with the threads of two.
    """
    print(f"{'workers':>8}{'short run s':>13}{'long run s':>12}{'pictures per second':>21}{'ratio':>8}")
    few, many = 16, 16 + 20 * arguments.scenes
    rates = []
    for workers in sorted({1, 2, os.cpu_count() or 1}):
        short_s, long_s = (render_run_s(arguments, workers, count) for count in (few, many))
        rates.append((many - few) / (long_s - short_s))
        print(f"{workers:>8}{short_s:>13.1f}{long_s:>12.1f}{rates[-1]:>21.2f}{rates[-1] / rates[0]:>8.2f}", flush=True)


def render_run_s(arguments, workers, count):
    settings = {"width": arguments.size, "height": arguments.size, "samples_per_pixel": arguments.samples}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "partsight", "render", "--recipe", str(RECIPE), "--out", folder]
        options = {**settings, "workers": workers, "count": count}
        command += [word for key, value in options.items() for word in ("--set", f"render.{key}={value}")]
        with on_cores(workers):
            return timed(lambda: subprocess.run(command, check=True, capture_output=True))


@contextmanager
def on_cores(count):
    """Keep this process and those that it starts to so many cores, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[:count]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def measure_memory(arguments):
    """One process, as a worker is, over many pictures of many scenes."""
    sampler, labels = default_sampler(arguments.size), read_recipe(RECIPE).annotate
    print(f"{'pictures':>10}{'memory MB':>11}{'per second':>12}")
    start = time.perf_counter()
    with open_renderer(RenderSection(samples_per_pixel=arguments.samples), arguments.threads) as renderer:
        for index in range(arguments.pictures):
            scene = sampler.sample(index)
            annotate_scene(scene, labels)
            expose(renderer.render(scene), scene.sensor)
            if index + 1 in {10, 50, 100, 200} or (index + 1) % 250 == 0:
                rate = (index + 1) / (time.perf_counter() - start)
                print(f"{index + 1:>10}{memory_mb():>11.0f}{rate:>12.2f}", flush=True)


def measure_first(arguments):
    """One STEP file, one picture, a fresh process and no cache; the kernels that Mitsuba keeps on disk may be warm."""
    part = max((ROOT / "src" / "partsight" / "samples").glob("*.step"), key=lambda path: path.stat().st_size)
    with tempfile.TemporaryDirectory() as folder:
        recipe = Path(folder) / "recipe.toml"
        size = f"width = {arguments.size}\nheight = {arguments.size}\nsamples_per_pixel = {arguments.samples}"
        recipe.write_text(f'[parts.thing]\nfiles = ["{part}"]\n[render]\ncount = 1\n{size}\n')
        command = [
            sys.executable,
            "-m",
            "partsight",
            "render",
            "--recipe",
            str(recipe),
            "--out",
            str(Path(folder) / "runs"),
        ]
        seconds = timed(lambda: subprocess.run(command, check=True, capture_output=True))
    print(
        f"{part.name}, {part.stat().st_size / 1e6:.2f} MB: {seconds:.1f} s from the command to the first picture with labels"
    )


@cache
def sample_parts():
    recipe = read_recipe(RECIPE)
    return read_parts(recipe.parts, recipe.cad_section)


def default_sampler(size_px):
    parts = {name: [item.part for item in found] for name, found in sample_parts().items()}
    return open_sampler(read_recipe(RECIPE).randomize, parts, (size_px, size_px), 0)


def default_scenes(size_px, count):
    sampler = default_sampler(size_px)
    return [sampler.sample(index) for index in range(count)]


def timed(function, *arguments):
    return timed_result(function, *arguments)[0]


def timed_result(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def root_mean_square(values):
    return float(np.sqrt(np.mean(np.square(values))))


def memory_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_name():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


MEASUREMENTS = {
    "speed": measure_speed,
    "noise": measure_noise,
    "growth": measure_growth,
    "scaling": measure_scaling,
    "memory": measure_memory,
    "first": measure_first,
    "parts-of-a-picture": measure_parts,
}

if __name__ == "__main__":
    main()
