"""Draw what the tutorial has no camera for: films of a hall with the parts of a recipe in it, and their true labels.

    python tools/draw_hall.py films recipe.toml hall      # hall/monday.mp4, tuesday.mp4, wednesday.mp4, empty.mp4
    python tools/draw_hall.py labels hall photos          # hall/labels.json (COCO), for the frames in photos/to_label

Each film is a walk round one scene that no training picture shows.
"""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from partsight import Recipe, Scene, open_experiment
from partsight.annotate.annotating import annotate_scene
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.randomize.sampler import SceneSampler, open_sampler
from partsight.render.renderer import draw_scene, open_renderer
from partsight.render.sensor import expose
from partsight.structures.world.camera import Camera
from partsight.structures.world.transform import look_at, rotation_about

HALL = (
    "randomize.placement='stand'", "randomize.background.workshop_share=1.0", "randomize.light.hall_share=1.0",
    "randomize.wear.share=0.7", "randomize.distractors.tool_share=0.5", "randomize.stand.parts_per_image=[3,4]",
    "randomize.camera.object_size=[0.25,0.45]", "randomize.materials.keep_colors=1.0", "render.samples_per_pixel=8",
)  # fmt: skip
DAYS = ("monday", "tuesday", "wednesday")
HALL_SEED, ORBIT_DEG, FRAMES_PER_S = 2024, 70.0, 2
CANDIDATES = 100
"""Scenes looked at for each film."""
FRAME_NAME = re.compile(r"(?P<film>\w+)-(?P<milliseconds>\d+)\.jpg")


def main() -> None:
    arguments = parse()
    arguments.run(arguments)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    films = commands.add_parser("films")
    films.add_argument("recipe", type=Path)
    films.add_argument("hall", type=Path)
    films.add_argument("--frames", type=int, default=16)
    films.add_argument("--width", type=int, default=480)
    films.set_defaults(run=draw_films)
    labels = commands.add_parser("labels")
    labels.add_argument("hall", type=Path)
    labels.add_argument("photos", type=Path)
    labels.set_defaults(run=write_labels)
    return parser.parse_args()


def draw_films(arguments: argparse.Namespace) -> None:
    """Draw a film for each day and one of the empty hall, and write what is in their frames to truth.json."""
    experiment = open_experiment(arguments.recipe, HALL)
    parts = experiment.import_parts()
    size_wh = (arguments.width, arguments.width * 3 // 4)
    sampler = open_sampler(experiment.recipe.randomize, load_parts(parts.folder, parts.files), size_wh, HALL_SEED)
    arguments.hall.mkdir(parents=True, exist_ok=True)
    truth: dict[str, Any] = {"classes": experiment.recipe.class_names, "size_wh": size_wh, "films": {}}
    for number, day in enumerate(DAYS):
        scenes = walk_of_day(sampler, number, experiment.recipe, arguments.frames)
        write_film(arguments.hall / f"{day}.mp4", experiment.recipe, scenes)
        truth["films"][day] = [boxes_of(scene, experiment.recipe) for scene in scenes]
    empty = [
        without_parts(scene) for scene in walk_of_day(sampler, len(DAYS), experiment.recipe, arguments.frames)[::2]
    ]
    write_film(arguments.hall / "empty.mp4", experiment.recipe, empty)
    (arguments.hall / "truth.json").write_text(json.dumps(truth), encoding="utf-8")


def walk_of_day(sampler: SceneSampler, number: int, recipe: Recipe, num_frames: int) -> list[Scene]:
    """Return the walk of a day: the first one drawn that shows two parts or more at its begin, middle and end."""
    for attempt in range(CANDIDATES):
        scene = sampler.sample(CANDIDATES * number + attempt)
        if sum(one.class_id is not None for one in scene.instances) < 2:
            continue
        scenes = list(walk(scene, num_frames))
        looked_at = (scenes[0], scenes[num_frames // 2], scenes[-1])
        if all(len(boxes_of(one, recipe)) >= 2 for one in looked_at):
            return scenes
    raise SystemExit(f"none of {CANDIDATES} scenes shows two parts all along the walk")


def walk(scene: Scene, num_frames: int) -> Iterator[Scene]:
    """Yield the scene from cameras that go round the middle of its parts."""
    middle = np.mean([one.world_from_part[:3, 3] for one in scene.instances if one.class_id is not None], axis=0)
    offset = scene.camera.world_from_camera[:3, 3] - middle
    for step in range(num_frames):
        eye = middle + rotation_about([0, 0, 1], ORBIT_DEG * step / num_frames) @ offset
        camera = Camera(scene.camera.intrinsics, look_at(eye, middle))
        yield replace(scene, camera=camera, sensor=replace(scene.sensor, noise_seed=step), render_seed=step)


def without_parts(scene: Scene) -> Scene:
    """Return the scene with everything but the parts."""
    return replace(scene, instances=tuple(one for one in scene.instances if one.class_id is None))


def write_film(path: Path, recipe: Recipe, scenes: Sequence[Scene]) -> None:
    """Render the scenes into an H.264 film."""
    with open_renderer(recipe.render, num_cores()) as renderer:
        images = [expose(draw_scene(renderer, scene), scene.sensor) for scene in scenes]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S)
        stream.height, stream.width, stream.pix_fmt = *images[0].shape[:2], "yuv420p"
        stream.options = {"crf": "16"}
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    print(f"{path}: {len(images)} frames")


def boxes_of(scene: Scene, recipe: Recipe) -> list[dict[str, Any]]:
    """Return class number and box [left, top, width, height] of each part that can be seen."""
    found = annotate_scene(scene, recipe.annotate).objects
    return [{"category_id": int(one.class_id), "bbox": as_ltwh(one.box_xyxy)} for one in found]


def as_ltwh(box_xyxy: NDArray[np.float64]) -> list[float]:
    left, top, right, bottom = map(float, box_xyxy)
    return [left, top, right - left, bottom - top]


def write_labels(arguments: argparse.Namespace) -> None:
    """Write the labels of the frames that wait in the photos folder."""
    truth = json.loads((arguments.hall / "truth.json").read_text(encoding="utf-8"))
    width, height = truth["size_wh"]
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for path in sorted((arguments.photos / "to_label").rglob("*.jpg")):
        found = FRAME_NAME.fullmatch(path.name)
        if found is None or found["film"] not in truth["films"]:
            continue
        frame = round(int(found["milliseconds"]) * FRAMES_PER_S / 1000)
        images.append({"id": len(images), "file_name": path.name, "width": width, "height": height})
        for box in truth["films"][found["film"]][frame]:
            boxes.append({**box, "id": len(boxes), "image_id": images[-1]["id"], "iscrowd": 0})
    categories = [{"id": number, "name": name} for number, name in enumerate(truth["classes"])]
    content = {"images": images, "annotations": boxes, "categories": categories}
    path = arguments.hall / "labels.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    print(f"{path}: {len(boxes)} boxes in {len(images)} photos")


if __name__ == "__main__":
    main()
