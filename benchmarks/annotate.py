"""How exact and how fast labels are: `python benchmarks/annotate.py [scenes]`.

Accuracy: on random scenes (1,000 by default), boxes, masks and depth against an independent float64 z-buffer. Speed: a picture of
640 × 640 with eight parts of 10,000 triangles on a ground, one core; and, of the sample parts, what labels, scene and layers
cost beside the picture itself.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from tests.unit.annotate.rasterizer import box_of, rasterize_depth
from tests.unit.annotate.scenes import box_part, placed, random_scene, scene_of, sphere_part

import partsight
from partsight.annotate.annotating import annotate_scene, annotate_with_masks
from partsight.annotate.surface import trace_surface
from partsight.cad.reading import read_parts
from partsight.config.recipe import Recipe
from partsight.config.sections.annotate import AnnotateSection
from partsight.randomize.sampler import SceneSampler, open_sampler
from partsight.render.renderer import Renderer, draw_scene, open_renderer
from partsight.render.sensor import encode_picture, expose
from partsight.structures.arrays import IntArray
from partsight.structures.world.camera import Camera, centered_intrinsics
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import look_at

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
NUM_RUNS = 20
NUM_SAMPLE_PICTURES = 4
SAMPLE_SIZE_WH = (320, 320)
SAMPLES = Path(partsight.__file__).parent / "samples"


def main(num_scenes: int) -> None:
    pin_to_one_core()
    print_accuracy(num_scenes)
    print_speed()
    print_shares(NUM_SAMPLE_PICTURES)


def print_accuracy(num_scenes: int) -> None:
    deviations_px: list[float] = []
    num_unlike, num_px, num_unmatched, num_far_px, num_deep_px, worst_mm = 0, 0, 0, 0, 0, 0.0
    for seed in range(num_scenes):
        scene = random_scene(seed)
        expected, expected_m = rasterize_depth(scene)
        traced = annotate_with_masks(scene, EVERYTHING)
        annotation = traced.annotation
        both = (annotation.instance_mask == expected) & (expected >= 0)
        off_m = np.abs(traced.depth_m[both] - expected_m[both])
        worst_mm = max(worst_mm, 1000 * float(off_m.max(initial=0.0)))
        num_deep_px += np.count_nonzero(off_m > 1e-4 + 1e-3 * expected_m[both])
        num_far_px += far_from_edges(annotation.instance_mask, expected)
        num_unlike += np.count_nonzero(annotation.instance_mask != expected)
        num_px += expected.size
        for item in annotation.objects:
            is_seen = expected == item.instance_id
            num_unmatched += not is_seen.any()
            if is_seen.any():
                deviations_px.append(float(np.abs(item.box_xyxy - box_of(is_seen)).max()))
    worst, over = max(deviations_px), sum(deviation > 1 for deviation in deviations_px)
    print(f"scenes                      {num_scenes}")
    print(f"boxes                       {len(deviations_px)} (seen by only one of the two: {num_unmatched})")
    print(f"worst deviation of an edge  {worst:.3f} px; over 1 px: {over} boxes")
    print(f"mask pixels that differ     {num_unlike} of {num_px} ({num_unlike / num_px:.2e})")
    print(f"  more than 1 px from edges {num_far_px}")
    print(f"worst difference of depth   {worst_mm:.4f} mm; over 0.1 mm + 0.1 %: {num_deep_px} px")


def far_from_edges(mask: IntArray, expected: IntArray) -> int:
    """Count pixels that show another instance than expected, with no such pixel of the other mask beside them."""
    different = mask != expected
    beside = [np.roll(expected, (down, across), (0, 1)) == mask for down in (-1, 0, 1) for across in (-1, 0, 1)]
    return int(np.count_nonzero(different & ~np.any(beside, axis=0)))


def print_shares(num_pictures: int) -> None:
    """Say what labels and layers of the sample parts cost beside the picture."""
    recipe = Recipe.of(parts={name: {"files": [str(SAMPLES / f"{name}.step")]} for name in ("QF", "SD")})
    read = read_parts(recipe.cad_parts, recipe.cad_section)
    parts = {name: tuple(one.part for one in variants) for name, variants in read.items()}
    sampler = open_sampler(recipe.randomize, parts, SAMPLE_SIZE_WH, 1)
    spent = dict.fromkeys(("scene", "labels", "labels with masks and depth", "normals and sub-parts", "picture"), 0.0)
    width, height = SAMPLE_SIZE_WH
    with open_renderer(recipe.render.but(width=width, height=height), 1) as renderer:
        for index in range(-1, num_pictures):
            times = time_picture(sampler, renderer, max(index, 0))
            spent = {name: spent[name] + (seconds if index >= 0 else 0.0) for name, seconds in times.items()}
    print(
        f"{num_pictures} pictures of {width} × {height} of two sample parts, {recipe.render.samples_per_pixel} samples, one core:"
    )
    for name, seconds in spent.items():
        print(
            f"  {name:28} {1e3 * seconds / num_pictures:7.1f} ms {100 * seconds / spent['picture']:6.1f} % of a picture"
        )


def time_picture(sampler: SceneSampler, renderer: Renderer, index: int) -> dict[str, float]:
    marks = [time.perf_counter()]
    scene = sampler.sample(index)
    marks.append(time.perf_counter())
    annotate_scene(scene, AnnotateSection())
    marks.append(time.perf_counter())
    traced = annotate_with_masks(scene, AnnotateSection())
    marks.append(time.perf_counter())
    trace_surface(scene, traced)
    marks.append(time.perf_counter())
    encode_picture(expose(draw_scene(renderer, scene), scene.sensor), scene.sensor)
    marks.append(time.perf_counter())
    names = ("scene", "labels", "labels with masks and depth", "normals and sub-parts", "picture")
    return dict(zip(names, np.diff(marks).tolist(), strict=True))


def print_speed() -> None:
    scene = crowded_scene()
    start = time.perf_counter()
    annotation = annotate_scene(scene, EVERYTHING)
    first_s = time.perf_counter() - start
    times_s = []
    for _ in range(NUM_RUNS):
        start = time.perf_counter()
        annotate_scene(scene, EVERYTHING)
        times_s.append(time.perf_counter() - start)
    print(f"640 × 640, {len(annotation.objects)} parts of 10,000 triangles and a ground, one core:")
    print(f"  median {1e3 * float(np.median(times_s)):.1f} ms, slowest {1e3 * max(times_s):.1f} ms of {NUM_RUNS}")
    print(f"  first picture (parts are built once per process) {1e3 * first_s:.1f} ms")


def crowded_scene() -> Scene:
    camera = Camera(centered_intrinsics((640, 640), 700.0), look_at(np.array([0.6, 0.0, 0.5]), np.zeros(3)))
    rng = np.random.default_rng(0)
    ground = placed(box_part((6, 6, 0.01)), (0, 0, -0.06), class_id=None)
    parts = (sphere_part(0.06 + 0.001 * index, num_rings=51) for index in range(8))
    return scene_of(camera, ground, *(placed(part, (*rng.uniform(-0.2, 0.2, 2), 0.0)) for part in parts))


def pin_to_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
