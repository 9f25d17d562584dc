"""How exact and how fast labels are: `python benchmarks/annotate.py [scenes]`.

Accuracy: on random scenes (1,000 by default), boxes against an independent float64 z-buffer. Speed: a picture of 640 ×
640 with eight parts of 10,000 triangles on a ground, one core.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from tests.unit.annotate.rasterizer import box_of, rasterize
from tests.unit.annotate.scenes import box_part, placed, random_scene, scene_of, sphere_part

from partsight.annotate.annotating import annotate_scene
from partsight.config.sections.annotate import AnnotateSection
from partsight.structures.world.camera import Camera, centered_intrinsics
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import look_at

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
NUM_RUNS = 20


def main(num_scenes: int) -> None:
    pin_to_one_core()
    print_accuracy(num_scenes)
    print_speed()


def print_accuracy(num_scenes: int) -> None:
    deviations_px: list[float] = []
    num_unlike, num_px, num_unmatched = 0, 0, 0
    for seed in range(num_scenes):
        scene = random_scene(seed)
        expected = rasterize(scene)
        annotation = annotate_scene(scene, EVERYTHING)
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
