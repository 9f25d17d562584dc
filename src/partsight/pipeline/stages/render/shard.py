"""What a render worker does: a few pictures of one job, each with its labels, each written whole or not at all."""

import functools
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from partsight.annotate.annotating import annotate_scene
from partsight.config.sections.annotate import AnnotateSection
from partsight.config.sections.randomize import RandomizeSection
from partsight.config.sections.render import RenderSection
from partsight.errors import RenderError
from partsight.files import hash_bytes, write_bytes, write_json
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.render.scene_choice import NUM_ATTEMPTS, choose_scene
from partsight.randomize.sampler import SceneSampler, open_sampler
from partsight.render.renderer import draw_scene, open_renderer
from partsight.render.sensor import encode_picture, expose
from partsight.structures.world.annotation import Annotation, InstanceAnnotation
from partsight.structures.world.scene import Scene


@dataclass(frozen=True)
class RenderJob:
    """Everything a picture depends on besides its number; equal jobs make equal pictures."""

    parts_folder: Path
    class_names: tuple[str, ...]
    part_files: tuple[tuple[str, tuple[str, ...]], ...]
    other_files: tuple[str, ...]
    """Parts that are none of the classes."""
    randomize: RandomizeSection
    render: RenderSection
    annotate: AnnotateSection
    seed: int
    output_dir: Path
    variant: str
    num_threads: int
    """Threads of a worker; 0 means all cores that the worker finds itself allowed to use."""


def render_shard(job: RenderJob, indices: tuple[int, ...]) -> int:
    """Make these pictures, but for those that a lost worker has left finished, and return how many that were."""
    make_picture = _open_job(job)
    for index in indices:
        if not label_path(job.output_dir, index).exists():
            make_picture(index)
    return len(indices)


def find_variant(section: RenderSection) -> str:
    """Return what draws on this machine."""
    with open_renderer(section, 1) as renderer:
        return renderer.variant


def label_path(output_dir: Path, index: int) -> Path:
    """Return where the labels of picture `index` lie; a picture is finished when they do."""
    return output_dir / "labels" / f"{index:06d}.json"


@functools.lru_cache(maxsize=1)
def _open_job(job: RenderJob) -> Callable[[int], None]:
    """Load parts and renderer once per worker."""
    parts = load_parts(job.parts_folder, dict(job.part_files))
    others = load_parts(job.parts_folder, {"": job.other_files})[""]
    size_wh = (job.render.width, job.render.height)

    @functools.lru_cache(maxsize=NUM_ATTEMPTS)
    def sampler_of(seed: int) -> SceneSampler:
        return open_sampler(job.randomize, parts, size_wh, seed, others)

    class_ids = {name: class_id for class_id, name in enumerate(job.class_names)}
    renderer = open_renderer(job.render, job.num_threads or num_cores())
    _check_variant(renderer.variant, job)

    def make_picture(index: int) -> None:
        scene = choose_scene(sampler_of, job.seed, index, job.randomize.max_occlusion)
        annotation = annotate_scene(scene, job.annotate, class_ids)
        image = expose(draw_scene(renderer, scene), scene.sensor)
        suffix, encoded = encode_picture(image, scene.sensor)
        name = f"{index:06d}{suffix}"
        mask_png = _encode_mask(annotation)
        write_bytes(job.output_dir / "images" / name, encoded)
        write_bytes(job.output_dir / "masks" / f"{index:06d}.png", mask_png)
        labels = {
            "image": name,
            "sha": hash_bytes(encoded, mask_png),
            "size_wh": size_wh,
            **_describe(scene, annotation),
        }
        write_json(label_path(job.output_dir, index), labels)

    return make_picture


def _check_variant(variant: str, job: RenderJob) -> None:
    """Refuse to mix pictures of two render variants in one dataset."""
    if variant != job.variant:
        raise RenderError(
            f"{job.output_dir}: this run draws with {job.variant}, this worker found {variant}. "
            "Set render.variant in the recipe so that all workers draw alike."
        )


def _encode_mask(annotation: Annotation) -> bytes:
    """Return a PNG whose value is the instance number plus one, 0 for nothing."""
    buffer = io.BytesIO()
    depth = np.uint8 if annotation.instance_mask.max(initial=0) < 255 else np.uint16
    Pillow.fromarray((annotation.instance_mask + 1).astype(depth)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _describe(scene: Scene, annotation: Annotation) -> Mapping[str, Any]:
    return {
        "parts": [number for number, instance in enumerate(scene.instances) if instance.class_id is not None],
        "objects": [_describe_object(instance) for instance in annotation.objects],
        "num_unseen": annotation.num_unseen,
        "num_hidden": annotation.num_hidden,
    }


def _describe_object(instance: InstanceAnnotation) -> Mapping[str, Any]:
    return {
        "instance_id": instance.instance_id,
        "class_id": instance.class_id,
        "box_xyxy": instance.box_xyxy.tolist(),
        "num_visible_px": instance.num_visible_px,
        "visible_fraction": round(instance.visible_fraction, 6),
        "truncated_fraction": round(instance.truncated_fraction, 6),
        "camera_from_part": instance.camera_from_part.tolist(),
    }
