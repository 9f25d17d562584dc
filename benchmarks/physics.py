"""Milliseconds per scene with and without physics, by number of bodies: python benchmarks/physics.py [--scenes 20].

Layouts only: where things lie, without light, materials and pictures. Both ways lay the same number of parts of the bundled CAD
files on a ground and leave out distractors; the columns on the right drop as many onto a table or into a bin.
"""

import argparse
import platform
import time
from pathlib import Path

import numpy as np

from partsight.cad.reading import read_parts
from partsight.config.loading import read_recipe
from partsight.config.sections.randomize import RandomizeSection
from partsight.randomize.sampler import SceneSampler

ROOT = Path(__file__).resolve().parents[1]
SIZE_WH = (640, 640)
WAYS = {
    "scatter": {"enabled": False},
    "ground": {"enabled": True, "table": {"share": 0.0}, "bin": {"share": 0.0}},
    "table": {"enabled": True, "table": {"share": 1.0}, "bin": {"share": 0.0}},
    "bin": {"enabled": True, "table": {"share": 0.0}, "bin": {"share": 1.0}},
}


def main():
    arguments = parsed_arguments()
    parts = bundled_parts()
    print(f"{platform.processor() or platform.machine()}, {arguments.scenes} scenes each, one thread")
    titles = [f"{way} {what}" for way in WAYS for what in ("ms", "slowest", "parts")]
    print(f"{'asked':>5}" + "".join(f"{title:>16}" for title in titles))
    for count in arguments.bodies:
        cells = [cell for settings in WAYS.values() for cell in measured(parts, count, settings, arguments.scenes)]
        print(f"{count:>5}" + "".join(f"{cell:>16.1f}" for cell in cells))


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=20)
    parser.add_argument("--bodies", type=int, nargs="+", default=[1, 5, 10, 20])
    return parser.parse_args()


def bundled_parts():
    recipe = read_recipe(ROOT / "recipes" / "default.toml")
    return tuple(tuple(read.part for read in found) for found in read_parts(recipe.parts, recipe.cad_section).values())


def measured(parts, count, settings, num_scenes):
    """Mean and slowest milliseconds of a layout, and the mean number of parts that found a place; hulls are warm."""
    scatter = {"parts_per_image": (count, count), "float_share": 0.0, "empty_share": 0.0, "physics": settings}
    section = RandomizeSection.model_validate({"scatter": scatter, "distractors": {"per_image": (0, 0)}})
    sampler = SceneSampler(section, parts, SIZE_WH, 0)
    sampler.layout(num_scenes)
    seconds, found = [], []
    for index in range(num_scenes):
        started = time.perf_counter()
        layout = sampler.layout(index)
        seconds.append(time.perf_counter() - started)
        found.append(len(layout.bodies))
    return 1e3 * np.mean(seconds), 1e3 * np.max(seconds), np.mean(found)


if __name__ == "__main__":
    main()
