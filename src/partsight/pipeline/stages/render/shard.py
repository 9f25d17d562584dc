"""What a render worker does: a few pictures of one job, each with its labels, each written whole or not at all."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from partsight.annotate.annotating import TracedScene, annotate_traced
from partsight.annotate.darkness import drop_unlit
from partsight.config.sections.annotate import AnnotateSection
from partsight.config.sections.randomize import RandomizeSection
from partsight.config.sections.render import RenderSection
from partsight.errors import RenderError
from partsight.files import hash_bytes, write_bytes, write_json
from partsight.labels.formats.rendered import describe_render, encode_masks, label_path, mask_path
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.render.scene_choice import NUM_ATTEMPTS, choose_scene
from partsight.randomize.sampler import SceneSampler, open_sampler
from partsight.render.renderer import draw_scene, open_renderer
from partsight.render.sensor import encode_picture, expose


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


def open_scenes(job: RenderJob) -> Callable[[int], TracedScene]:
    """Load a job's parts and return what makes its scenes by their numbers, always the same, and traced."""
    parts = load_parts(job.parts_folder, dict(job.part_files))
    others = load_parts(job.parts_folder, {"": job.other_files})[""]
    size_wh = (job.render.width, job.render.height)

    @functools.lru_cache(maxsize=NUM_ATTEMPTS)
    def sampler_of(seed: int) -> SceneSampler:
        return open_sampler(job.randomize, parts, size_wh, seed, others)

    return lambda index: choose_scene(sampler_of, job.seed, index, job.randomize.max_occlusion)


@functools.lru_cache(maxsize=1)
def _open_job(job: RenderJob) -> Callable[[int], None]:
    """Load parts and renderer once per worker."""
    scene_of = open_scenes(job)
    class_ids = {name: class_id for class_id, name in enumerate(job.class_names)}
    renderer = open_renderer(job.render, job.num_threads or num_cores())
    _check_variant(renderer.variant, job)

    def make_picture(index: int) -> None:
        traced = scene_of(index)
        scene = traced.scene
        image = expose(draw_scene(renderer, scene), scene.sensor)
        annotation = drop_unlit(annotate_traced(traced, job.annotate, class_ids), image)
        suffix, encoded = encode_picture(image, scene.sensor)
        name = f"{index:06d}{suffix}"
        labels_at, mask_png = label_path(job.output_dir, index), encode_masks(annotation)
        write_bytes(job.output_dir / "images" / name, encoded)
        write_bytes(mask_path(labels_at), mask_png)
        labels = {
            "image": name,
            "sha": hash_bytes(encoded, mask_png),
            "size_wh": (job.render.width, job.render.height),
            **describe_render(scene, annotation),
        }
        write_json(labels_at, labels)

    return make_picture


def _check_variant(variant: str, job: RenderJob) -> None:
    """Refuse to mix pictures of two render variants in one dataset."""
    if variant != job.variant:
        raise RenderError(
            f"{job.output_dir}: this run draws with {job.variant}, this worker found {variant}. "
            "Set render.variant in the recipe so that all workers draw alike."
        )
