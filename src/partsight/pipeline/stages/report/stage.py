"""The report stage: everything that was made and measured → one page."""

import json
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import partsight
from partsight.cad.facts import PartFacts
from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.detector.starts import describe_start
from partsight.evaluate.matching import match
from partsight.files import write_bytes, write_json
from partsight.labels.balance import balance_sentences
from partsight.labels.importing import read_imports
from partsight.pipeline.portraits import draw_portraits, encode_png
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.running.keys import section_content
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest, inside
from partsight.pipeline.stages.cad.stage import CadStage, PartsOutput, load_facts, load_parts
from partsight.pipeline.stages.dataset.stage import DatasetOutput, shown_in_training
from partsight.pipeline.stages.evaluate.stage import NO_OPINION, EvaluateOutput, EvaluateStage
from partsight.pipeline.stages.render.stage import RenderOutput, RenderStage
from partsight.pipeline.stages.report.earlier import find_earlier
from partsight.pipeline.stages.train.stage import TrainOutput
from partsight.pipeline.stages.verify.stage import VerifyOutput
from partsight.report.advice import give_advice
from partsight.report.cards import DATASET_CARD, MODEL_CARD, TrainedFrom, write_cards
from partsight.report.content import ReportContent, ReportPart, ReportPicture, StageTiming, TestSource
from partsight.report.gallery import pick_gallery
from partsight.report.page import write_report
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

PAGE = "report.html"
ADVICE = "advice.json"
"""What the page says to do next, as a list of sentences."""
PORTRAIT_PX = 320
LIBRARIES = ("mitsuba", "cadquery-ocp-novtk", "embreex", "numpy", "torch", "ultralytics-opencv-headless")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportManifest(Manifest):
    """The page's file."""

    page: str


@dataclass(frozen=True, slots=True)
class _Outputs:
    """What the stages before the report have made."""

    parts: PartsOutput
    renders: RenderOutput
    dataset: DatasetOutput
    trained: TrainOutput
    verified: VerifyOutput | None
    evaluated: EvaluateOutput


@dataclass(frozen=True)
class ReportStage(Stage[ReportManifest, Path]):
    """The page, and the cards of model and dataset; copies lie on top of the workspace."""

    recipe: Recipe
    parts: CadStage
    renders: RenderStage
    evaluated: EvaluateStage

    name, version, manifest_type, unit = "report", 6, ReportManifest, "page"

    def inputs(self) -> Mapping[str, Any]:
        """Return the figures, what else is shown, and how it is described."""
        recipe = self.recipe
        return {
            "evaluate": self.evaluated.key,
            "dataset": self.evaluated.dataset.key,
            "renders": [self.renders.key, self.renders.extent],
            "report": section_content(recipe.report),
            "parts": {name: part.description for name, part in recipe.parts.items()},
            "name": recipe.name,
        }

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """All stages before."""
        return (self.parts, self.renders, self.evaluated.dataset, self.evaluated.trained, self.evaluated)

    @property
    def num_units(self) -> int:
        """One page."""
        return 1

    def make(self, run: Resolver, folder: Path) -> ReportManifest:
        """Write page and cards."""
        outputs = _Outputs(
            parts=run.resolve(self.parts),
            renders=run.resolve(self.renders),
            dataset=run.resolve(self.evaluated.dataset),
            trained=run.resolve(self.evaluated.trained),
            verified=run.resolve(self.evaluated.verified) if self.evaluated.verified else None,
            evaluated=run.resolve(self.evaluated),
        )
        with run.progress.stage(self.name, 1, "page") as advance:
            splits = replace(outputs.dataset.splits, train=shown_in_training(self.recipe, outputs.dataset))
            content = _content(self.recipe, outputs, splits.train)
            content = replace(
                content,
                notes=(NO_OPINION,) if self.evaluated.lacks_verifier else (),
                earlier=find_earlier(self.recipe, outputs.evaluated, splits.test, run.workspace),
            )
            write_report(content, self.recipe.report, folder / PAGE)
            write_json(folder / ADVICE, give_advice(content))
            write_cards(content, _trained_from(self.recipe), splits, folder)
            advance(1, "")
        return ReportManifest(page=PAGE)

    def load(self, run: Resolver, folder: Path, manifest: ReportManifest) -> Path:
        """Copy page and cards to the top of the workspace where others lie there; return the page in its folder."""
        for name in (manifest.page, MODEL_CARD, DATASET_CARD):
            copy, content = run.workspace.root / name, inside(folder, name).read_bytes()
            if not copy.is_file() or copy.read_bytes() != content:
                write_bytes(copy, content)
        return inside(folder, manifest.page)


def _content(recipe: Recipe, made: _Outputs, train: Dataset) -> ReportContent:
    renders, dataset, trained, evaluated = made.renders, made.dataset, made.trained, made.evaluated
    test, evaluation = dataset.splits.test, evaluated.evaluation
    gallery = pick_gallery(match(test, evaluated.detections), evaluation.limits, recipe.report.gallery)
    sources = Counter((each.source, each.source == "render" or len(each.class_ids) > 0) for each in train.samples)
    return ReportContent(
        title=recipe.report.title,
        evaluation=evaluation,
        test_source=_test_source(test.samples),
        parts=_cards(recipe, made.parts),
        renders=tuple(_labeled(sample) for sample in renders.dataset.samples[: recipe.report.gallery]),
        history=trained.history,
        best=gallery.best,
        worst=gallery.worst,
        false_positives=gallery.false_positives,
        recipe=json.dumps(effective_recipe(recipe), indent=1, ensure_ascii=False),
        provenance=(*_provenance(made), *_imports(recipe)),
        timings=_timings(made),
        num_trainings=1 + len(trained.earlier),
        num_train_renders=sources["render", True],
        num_train_photos=sources["photo", True],
        num_train_backgrounds=sources["photo", False],
        dropped_labels=(("too hidden or too small", renders.num_hidden), ("out of view", renders.num_unseen)),
    )


def _trained_from(recipe: Recipe) -> TrainedFrom:
    return TrainedFrom(
        recipe.train.family,
        recipe.train.network,
        describe_start(recipe.train.weights),
        recipe.train.detect_size,
        recipe.train.crop,
    )


def _test_source(samples: tuple[Sample, ...]) -> TestSource:
    sources = {
        sample.source for sample in samples if len(sample.class_ids)
    }  # places without parts prove nothing about finding
    return "mixed" if len(sources) > 1 else "photo" if sources == {"photo"} else "render"


def _labeled(sample: Sample) -> ReportPicture:
    return ReportPicture(sample.image_path, sample.boxes_xyxy, sample.class_ids)


def _cards(recipe: Recipe, output: PartsOutput) -> tuple[ReportPart, ...]:
    """Return a card for the first variant of each class."""
    shown = {name: variants[0] for name, variants in load_parts(output.folder, output.files).items()}
    facts = load_facts(output)
    portraits = draw_portraits(list(shown.values()), PORTRAIT_PX, recipe.render, num_cores())
    return tuple(
        ReportPart(
            name,
            recipe.parts[name].description,
            encode_png(portrait),
            _facts(facts[name][0], len(output.files[name])),
        )
        for name, portrait in zip(shown, portraits, strict=True)
    )


def _facts(facts: PartFacts, num_variants: int) -> tuple[tuple[str, str], ...]:
    size = " × ".join(f"{side * 1000:.4g}" for side in facts.size_m)
    variants = (("Variants", str(num_variants)),) if num_variants > 1 else ()
    warnings = (("Remarks", "; ".join(facts.warnings)),) if facts.warnings else ()
    return (
        ("Size", f"{size} mm"),
        ("Triangles", str(facts.num_triangles)),
        ("Sub-parts", str(facts.num_nodes)),
        *variants,
        *warnings,
    )


def _imports(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """Return where labels of photos were brought in from, and what became of all that was found there."""
    records = read_imports(recipe.photos.folder) if recipe.photos.folder is not None else ()
    return tuple((f"Imported from {record.source}", "; ".join(balance_sentences(record.balance))) for record in records)


def _provenance(made: _Outputs) -> tuple[tuple[str, str], ...]:
    names = ("parts", "renders", "dataset", "trained", *(["verified"] if made.verified else []), "evaluated")
    keys = {name: getattr(made, name).key for name in names}
    return (
        ("Partsight", partsight.__version__),
        ("Renderer", made.renders.variant),
        *((library, _version(library)) for library in LIBRARIES),
        ("Python", platform.python_version()),
        ("Machine", f"{platform.system()} {platform.machine()}, {num_cores()} cores"),
        *((f"Key of {stage}", key) for stage, key in keys.items()),
    )


def _lessons(verified: VerifyOutput) -> str:
    return "crops: " + ", ".join(f"{count} {kind}" for kind, count in verified.counts.items())


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def _timings(made: _Outputs) -> tuple[StageTiming, ...]:
    num_test = made.evaluated.evaluation.num_images
    return (
        StageTiming("cad", made.parts.seconds),
        StageTiming("render", made.renders.seconds, f"{len(made.renders.dataset.samples)} pictures"),
        StageTiming("dataset", made.dataset.seconds),
        *(
            StageTiming(output.title, output.seconds, f"{len(output.history)} epochs")
            for output in (*made.trained.earlier, made.trained)
        ),
        *([StageTiming("verify", made.verified.seconds, _lessons(made.verified))] if made.verified else []),
        StageTiming("evaluate", made.evaluated.seconds, f"{num_test} test pictures"),
    )
