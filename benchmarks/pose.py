"""How exact poses are: `python benchmarks/pose.py [pictures] [renderer] [frames]`.

Pictures: held-out renders of the five sample magnets with everything varied (materials, light, ground, distractors, up to half
hidden); each labeled part's true box is given, its pose is looked for. Errors are those of BOP. Film: one magnet, a hand-held
camera that goes round it, known poses; the first frame is found, the others are followed. Time is that of one core.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

import partsight
from partsight.annotate.annotating import annotate_scene
from partsight.cad.reading import read_parts
from partsight.cad.symmetry.finding import find_symmetry
from partsight.config.recipe import Recipe
from partsight.config.sections.annotate import AnnotateSection
from partsight.config.sections.render import RenderSection
from partsight.deploy.posing import Poser
from partsight.pose.finding import FoundPose, find_pose
from partsight.pose.library import library_of
from partsight.pose.metrics import (
    add_s_m,
    area_under_curve,
    average_recall,
    mspd_px,
    mspd_unit_px,
    mssd_m,
    rotation_error_deg,
)
from partsight.pose.optics import Calibration
from partsight.pose.shapes.shape import PartShape, shape_of
from partsight.pose.shapes.symmetric import equal_transforms
from partsight.randomize.sampler import open_sampler
from partsight.render.renderer import draw_scene, open_renderer
from partsight.render.sensor import expose
from partsight.structures.detections import Detections
from partsight.structures.world.camera import Camera, centered_intrinsics
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import Transform, look_at

SAMPLES = Path(partsight.__file__).parent / "samples"
NAMES = ("QF", "QD", "QFA", "SD", "SHD")
SIZE_PX, SEED = 480, 777
FILM_WH, FRAMES_PER_S = (480, 360), 15
SMALLEST_PX = 32.0
RIGHT_DEG = 10.0
NUM_POINTS = 800


@dataclass(frozen=True)
class Row:
    """One part of one picture."""

    name: str
    side_px: float
    visible: float
    pose: FoundPose | None
    turned_deg: float
    away: float
    """Error of the position over the distance."""
    mssd: float
    """Over the diameter."""
    mspd: float
    """Over its unit."""
    add_s: float
    """Over the diameter."""
    seconds: float


def main(num_pictures: int, renderer: str, num_frames: int) -> None:
    pin_to_one_core()
    parts = sample_parts()
    shapes = {name: shape_for(part) for name, part in parts.items()}
    started = time.process_time()
    for shape in shapes.values():
        library_of(shape)
    print(f"library of views: {(time.process_time() - started) / len(shapes):.1f} s a part, once", flush=True)
    section = Recipe.of(parts=files()).render.but(renderer=renderer)
    print_pictures(list(rows(parts, shapes, section, num_pictures)))
    print_film(parts["QF"], shapes["QF"], section, num_frames)


def files() -> dict[str, dict[str, list[str]]]:
    return {name: {"files": [str(SAMPLES / f"{name}.step")]} for name in NAMES}


def sample_parts() -> dict[str, Part]:
    recipe = Recipe.of(parts=files())
    return {name: variants[0].part for name, variants in read_parts(recipe.cad_parts, recipe.cad_section).items()}


def shape_for(part: Part) -> PartShape:
    symmetry = find_symmetry(part)
    mesh, names = part.mesh, part.node_names
    return shape_of(mesh.vertices_m, mesh.triangles, node_ids=part.node_ids, node_names=names, symmetry=symmetry)


def rows(parts: dict[str, Part], shapes: dict[str, PartShape], section: RenderSection, count: int) -> Iterator[Row]:
    recipe = Recipe.of(parts=files())
    sampler = open_sampler(recipe.randomize, {name: (part,) for name, part in parts.items()}, (SIZE_PX, SIZE_PX), SEED)
    with open_renderer(section.but(width=SIZE_PX, height=SIZE_PX), 1) as renderer:
        for index in range(count):
            scene = sampler.sample(index)
            image = expose(draw_scene(renderer, scene), scene.sensor)
            for one in annotate_scene(scene, AnnotateSection()).objects:
                side = float(max(one.box_xyxy[2:] - one.box_xyxy[:2]))
                if side < SMALLEST_PX:
                    continue
                name, started = NAMES[one.class_id], time.process_time()
                found = find_pose(shapes[name], image, one.box_xyxy, scene.camera.intrinsics)
                spent = time.process_time() - started
                errors = errors_of(found, one.camera_from_part, shapes[name], scene.camera.intrinsics.focal_px)
                yield Row(name, side, one.visible_fraction, found, *errors, spent)


def errors_of(
    found: FoundPose | None, truth: Transform, shape: PartShape, focal_px: float
) -> tuple[float, float, float, float, float]:
    if found is None:
        return 180.0, np.inf, np.inf, np.inf, np.inf
    pose, same = found.camera_from_part, equal_transforms(shape.symmetry)
    ends, points = shape.outermost_m, shape.vertices_m[:: max(1, len(shape.vertices_m) // NUM_POINTS)]
    away = float(np.linalg.norm(pose[:3, 3] - truth[:3, 3]) / np.linalg.norm(truth[:3, 3]))
    return (
        rotation_error_deg(pose, truth, same),
        away,
        mssd_m(pose, truth, ends, same) / shape.diameter_m,
        mspd_px(pose, truth, ends, same, focal_px=focal_px) / mspd_unit_px(SIZE_PX),
        add_s_m(pose, truth, points) / shape.diameter_m,
    )


def print_pictures(found: list[Row]) -> None:
    sizes = {"32…80 px": (32, 80), "80…160 px": (80, 160), "over 160 px": (160, 1e9)}
    hidden = {"at most 10 % hidden": (0.9, 1.1), "10…40 % hidden": (0.6, 0.9), "more hidden": (0.0, 0.6)}
    groups: dict[str, Callable[[Row], bool]] = {"all": lambda row: row.side_px > 0}
    groups |= {name: lambda row, name=name: row.name == name for name in NAMES}  # type: ignore[misc]
    groups |= {text: lambda row, ends=ends: ends[0] <= row.side_px < ends[1] for text, ends in sizes.items()}  # type: ignore[misc]
    groups |= {text: lambda row, ends=ends: ends[0] <= row.visible < ends[1] for text, ends in hidden.items()}  # type: ignore[misc]
    groups["fits at least 0.5"] = lambda row: row.pose is not None and row.pose.fit >= 0.5
    print(f"{'':22} parts  ≤5°  ≤10°  median  ≤5% away  AR MSSD  AR MSPD  AUC ADD-S    ms")
    for text, belongs in groups.items():
        chosen = [row for row in found if belongs(row)]
        if chosen:
            print(f"{text:22} {len(chosen):5} {line_of(chosen)}", flush=True)


def line_of(chosen: list[Row]) -> str:
    turned, away, mssd, mspd, add_s, seconds = (
        np.array([getattr(row, name) for row in chosen])
        for name in ("turned_deg", "away", "mssd", "mspd", "add_s", "seconds")
    )
    return (
        f"{np.mean(turned <= 5):4.0%} {np.mean(turned <= RIGHT_DEG):5.0%} {np.median(turned):6.1f}° {np.mean(away <= 0.05):9.0%} "
        f"{average_recall(mssd, 1):8.2f} {average_recall(mspd, 1):8.2f} {area_under_curve(add_s, 0.1):10.2f} "
        f"{1000 * np.median(seconds):5.0f}"
    )


def print_film(part: Part, shape: PartShape, section: RenderSection, num_frames: int) -> None:
    turned, away, seconds, num_lost = [], [], [], 0
    camera = centered_intrinsics(FILM_WH, 1.1 * FILM_WH[0])
    poser = Poser((shape,), Calibration(Path("film"), camera))
    with open_renderer(section.but(width=FILM_WH[0], height=FILM_WH[1]), 1) as renderer:
        for scene in film(part, num_frames):
            image = expose(draw_scene(renderer, scene), scene.sensor)
            (truth,) = annotate_scene(scene, AnnotateSection()).objects
            found = Detections(truth.box_xyxy[None], np.ones(1), np.zeros(1))
            started = time.process_time()
            pose = poser.pose(image, found, is_frame=True).poses[0]
            seconds.append(time.process_time() - started)
            errors = errors_of(pose, truth.camera_from_part, shape, camera.focal_px)
            turned.append(errors[0])
            away.append(errors[1])
            num_lost += errors[0] > RIGHT_DEG
    print(
        f"film of {num_frames} frames: median {np.median(turned):.1f}° and {np.median(away):.1%} of the distance; over "
        f"{RIGHT_DEG:.0f}°: {num_lost} frames; {1 / np.median(seconds):.0f} poses and outlines a second",
        flush=True,
    )


def film(part: Part, num_frames: int) -> Iterator[Scene]:
    """Go round a part by a quarter turn, near and far, with a hand that shakes; ground, light and things stay as they are."""
    recipe = Recipe.of(parts={"QF": files()["QF"]})
    camera = centered_intrinsics(FILM_WH, 1.1 * FILM_WH[0])
    alone = recipe.randomize.but(scatter={"parts_per_image": [1, 1], "float_share": 0.0, "empty_share": 0.0})
    scene = open_sampler(alone, {"QF": (part,)}, FILM_WH, SEED).sample(3)
    (placed,) = [one for one in scene.instances if one.class_id is not None]
    center, rng = placed.world_from_part[:3, 3], np.random.default_rng(SEED)
    first = scene.camera.world_from_camera[:3, 3] - center
    around = np.arctan2(first[1], first[0])
    shake = np.cumsum(rng.normal(0, 1, (num_frames, 4)), axis=0) * [0.004, 0.004, 0.004, 0.25]
    for frame in range(num_frames):
        share = frame / FRAMES_PER_S
        angle, distance = around + 0.18 * share, diagonal_m(part.mesh) * (2.6 + 0.5 * np.sin(0.7 * share))
        up = np.radians(30 + 8 * np.sin(0.5 * share))
        eye = center + distance * np.array([np.cos(angle) * np.cos(up), np.sin(angle) * np.cos(up), np.sin(up)])
        at = look_at(eye + shake[frame, :3], center + shake[frame, 2::-1], float(shake[frame, 3]))
        yield replace(scene, camera=Camera(camera, at))


def pin_to_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 60,
        given[1] if len(given) > 1 else "pyvista",
        int(given[2]) if len(given) > 2 else 150,
    )
