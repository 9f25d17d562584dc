"""What self-training is worth: a detector of plain renders meets a hall that it was not made for, and learns from videos of it.

    python benchmarks/self_training.py --weights WEIGHTS

The hall is drawn: walks round the sample magnets with the looks of recipes/workshop.toml, which the teacher never saw. All is known
of its frames, so the labels that the detector gives itself are judged, and the detector before and after, on walks of their own.
Resumable.
"""

import argparse
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from partsight.annotate.annotating import annotate_scene
from partsight.cli.show.progress import TerminalProgress
from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.detector.detector import open_family
from partsight.evaluate.detecting import detect_samples
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.running.run import Run
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.train.self_training import FrameStage
from partsight.pipeline.stages.train.stage import TrainOutput
from partsight.randomize.sampler import open_sampler
from partsight.render.renderer import draw_scene, open_renderer
from partsight.render.sensor import encode_picture, expose
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample
from partsight.structures.world.camera import Camera
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import look_at, rotation_about

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "src" / "partsight" / "samples" / "demo.toml"
TEACHER = (
    "render.count=300", "render.width=256", "render.height=256", "dataset.render_validation_share=0.13",
    "dataset.render_test_share=0.1", "train.image_size=192", "train.batch=8", "train.epochs=20", "train.augment.close_mosaic=4",
    "evaluate.bootstrap=100", "randomize.scatter.parts_per_image=[1,2]",
)  # fmt: skip
HALL = (
    "randomize.background.workshop_share=1.0", "randomize.light.hall_share=1.0", "randomize.wear.share=0.7",
    "randomize.scatter.float_share=0.0", "randomize.scatter.empty_share=0.0", "randomize.distractors.tool_share=0.5",
    "randomize.scatter.parts_per_image=[1,3]", "randomize.camera.object_size=[0.2,0.5]", "randomize.camera.elevation_deg=[15,50]",
)  # fmt: skip
FRAMES, RATE, ORBIT_DEG = 40, 10, 40.0
LEARN, JUDGE = range(8), range(100, 108)
"""Scenes of the walks that teach, and of those that judge."""


def main() -> None:
    arguments = parse()
    console = Console()
    recipe = read_recipe(DEMO, [*TEACHER, f'train.weights="{arguments.weights}"', *arguments.settings])
    workspace = Workspace(arguments.out)
    progress = TerminalProgress(console)
    parts = Experiment(recipe, workspace, progress).import_parts()
    hall = read_recipe(DEMO, [*TEACHER, *HALL])
    films = [film(hall, load_parts(parts.folder, parts.files), scene, workspace.root) for scene in LEARN]
    judging = [film(hall, load_parts(parts.folder, parts.files), scene, workspace.root) for scene in JUDGE]
    print(
        f"{platform.platform()}, {num_cores()} cores; {len(films)} walks of {FRAMES} frames teach, {len(judging)} judge"
    )
    print(
        "| seed | frames labeled | boxes right | of the parts there | mAP50 before | after | mAP50-95 before | after |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for seed in arguments.seeds:
        print(compare(seeded(recipe, seed, films), workspace, progress, (films, judging)), flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="scratch")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "self_training")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--set", dest="settings", action="append", default=[], help="change one recipe key")
    return parser.parse_args()


@dataclass(frozen=True)
class Film:
    """A walk as a video, and the truth about its frames."""

    path: Path
    samples: tuple[Sample, ...]


def film(recipe: Recipe, parts, number: int, root: Path) -> Film:
    """Draw a walk, or find it drawn; frames are kept as pictures beside the video."""
    import av

    folder = root / "walks" / f"{number:03d}"
    scenes = list(walk(next_scene(recipe, parts, number)))
    annotations = [annotate_scene(scene, recipe.annotate) for scene in scenes]
    path = folder / f"walk{number}.mkv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with open_renderer(recipe.render, num_cores()) as renderer:
            images = [expose(draw_scene(renderer, scene), scene.sensor) for scene in scenes]
        for index, image in enumerate(images):
            (folder / f"{index:03d}.png").write_bytes(
                encode_picture(image, replace(scenes[0].sensor, jpeg_quality=None))[1]
            )
        partial = folder / "partial.mkv"
        with av.open(str(partial), "w") as container:
            stream = container.add_stream("libx264", rate=RATE)
            stream.height, stream.width, stream.pix_fmt = *images[0].shape[:2], "yuv420p"
            stream.options = {"crf": "16"}
            for image in images:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            container.mux(stream.encode())
        partial.replace(path)
    size_wh = (recipe.render.width, recipe.render.height)
    samples = [
        Sample(
            f"walk{number}-{index}", folder / f"{index:03d}.png", size_wh,
            np.array([one.box_xyxy for one in found.objects]).reshape(-1, 4),
            np.array([one.class_id for one in found.objects], np.int64), "photo", f"walk{number}",
        )
        for index, found in enumerate(annotations)
    ]  # fmt: skip
    return Film(path, tuple(samples))


def next_scene(recipe: Recipe, parts, number: int) -> Scene:
    return open_sampler(recipe.randomize, parts, (recipe.render.width, recipe.render.height), 77).sample(number)


def walk(scene: Scene) -> Iterator[Scene]:
    """The same scene from cameras that go round what it shows."""
    middle = np.mean([one.world_from_part[:3, 3] for one in scene.instances if one.class_id is not None], axis=0)
    offset = scene.camera.world_from_camera[:3, 3] - middle
    for step in range(FRAMES):
        eye = middle + rotation_about([0, 0, 1], ORBIT_DEG * step / (FRAMES - 1)) @ offset
        sensor = replace(scene.sensor, noise_seed=step)
        yield replace(
            scene, camera=Camera(scene.camera.intrinsics, look_at(eye, middle)), sensor=sensor, render_seed=step
        )


def seeded(recipe: Recipe, seed: int, films: Sequence[Film]) -> Recipe:
    return recipe.at(
        {
            "train.seed": seed,
            "train.self_training.videos": tuple(one.path for one in films),
            "train.self_training.frames": FRAMES,
            "train.finetune.epochs": 4,
            "train.finetune.pictures": 400,
        }
    )


def compare(
    recipe: Recipe, workspace: Workspace, progress: TerminalProgress, films: tuple[list[Film], list[Film]]
) -> str:
    experiment = Experiment(recipe, workspace, progress)
    trained = experiment.train()
    teacher = trained.earlier[0] if trained.earlier else trained
    (frames,) = (stage for stage in experiment.graph.stages if isinstance(stage, FrameStage))
    labeled = Run(recipe, workspace, progress).resolve(frames)
    right, wrong, there = judge_labels(labeled, films[0], recipe.class_names)
    figures = [judge(recipe, one, films[1], progress) for one in (teacher, trained)]
    before, after = ((one.ap50, one.ap50_95) for one in figures)
    return (
        f"| {recipe.train.seed} | {len(labeled)} of {frames.num_units} | {right} of {right + wrong} "
        f"| {right} of {there} | {before[0]:.3f} | {after[0]:.3f} | {before[1]:.3f} | {after[1]:.3f} |"
    )


def judge_labels(
    samples: Sequence[Sample], films: Sequence[Film], class_names: tuple[str, ...]
) -> tuple[int, int, int]:
    """Return labels that are right (class, IoU 0.5), labels that are not, and how many parts there are in the labeled frames."""
    truths = {f"{one.path.name}": one.samples for one in films}
    right = wrong = there = 0
    for sample in samples:
        truth = truths[sample.session.removeprefix("video ")][int(sample.sample_id.rsplit("-", 1)[1])]
        found = Detections(sample.boxes_xyxy, np.ones(len(sample.class_ids)), sample.class_ids)
        num_right = int(match(Dataset(class_names, (truth,)), [found]).at(0).is_right.sum())
        right, wrong, there = right + num_right, wrong + len(sample.class_ids) - num_right, there + len(truth.class_ids)
    return right, wrong, there


def judge(recipe: Recipe, trained: TrainOutput, films: Sequence[Film], progress: TerminalProgress):
    dataset = Dataset(recipe.class_names, tuple(sample for one in films for sample in one.samples))
    detector = open_family(trained.checkpoint.family).load(trained.checkpoint, recipe.train.threads)
    with progress.stage("judge", len(dataset.samples), "frames") as advance:
        found = detect_samples(detector, dataset.samples, recipe.evaluate, lambda done, _total: advance(done, ""))
    return evaluate(match(dataset, found), recipe.evaluate, threshold=0.5, threshold_source="none", seed=0).overall


if __name__ == "__main__":
    main()
