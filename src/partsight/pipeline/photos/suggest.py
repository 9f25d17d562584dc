"""Which photos to take next: views, sizes and light that photos lack, and pictures that the detector is unsure of."""

import fnmatch
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.views.drawing import draw_views
from partsight.config.recipe import Recipe
from partsight.dataset.bands import LIGHTS, SIZES, Band, thin_bands
from partsight.dataset.photos import read_photos
from partsight.dataset.splits import split_photos, unused_sessions
from partsight.detector.verifying import load_detector
from partsight.errors import DatasetError
from partsight.evaluate.breakdown.disagreement import doubt
from partsight.evaluate.detecting import detect_samples
from partsight.labels.own_folders import PassOver
from partsight.photos.appearance import measure_picture, measure_sizes
from partsight.photos.storage import TO_LABEL
from partsight.pictures import list_pictures, picture_size, read_picture
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photo_answers import keep_drawing, keeping
from partsight.pipeline.photos.view_coverage import ViewCoverage, cover_views, missing_views
from partsight.pipeline.portraits import encode_png
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.dataset.decoding import keep_decodable
from partsight.report.pages.coverage import CoverageContent, PartSphere, write_coverage
from partsight.structures.arrays import FloatArray, Image
from partsight.structures.sample import Sample
from partsight.structures.world.part import Part

PAGE = "suggestions.html"
SUGGESTIONS_PER_PART = 3
MOST_UNSURE = 8
MIN_DOUBT = 0.5
WIDE_LENS = 0.8
"""Focal length of a telephone's wide lens as a share of the picture's width."""
_MOST_MEASURED = 200
DRAWING_PX = 160
_LIGHT_WORDS = {"dark": "in dim light", "evenly lit": "in even light", "bright": "in bright light"}


@dataclass(frozen=True, slots=True, eq=False)
class PartAdvice:
    """What the photos of one part lack."""

    name: str
    num_boxes: int
    views: ViewCoverage
    sentences: tuple[str, ...]
    remark: str
    """How far the views can be believed."""
    drawings: tuple[tuple[str, Image], ...] = ()
    """The part from the sides that are missing, each with its name."""


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What to photograph and what to label next."""

    parts: tuple[PartAdvice, ...]
    unsure: tuple[tuple[str, float], ...]
    """Picture and doubt in 0…1, the most doubtful first; empty when no detector was asked."""
    page: Path


@dataclass(frozen=True, slots=True, eq=False)
class _Figures:
    """Box sizes of each class, and the brightness of the picture each box lies in."""

    sizes: FloatArray
    lights: FloatArray
    class_ids: FloatArray


def suggest_photos(experiment: Experiment, *, with_detector: bool) -> Advice:
    """Compare the recipe's training and validation photos with its renders, and keep what is said; test photos are not looked at.

    Raises DatasetError.
    """
    with keeping(experiment, "suggest") as answer:
        advice = _suggest(experiment, with_detector=with_detector)
        answer.update(_answer(experiment.workspace, advice))
    return advice


def _answer(workspace: Workspace, advice: Advice) -> dict[str, Any]:
    parts = [
        {
            "name": part.name,
            "remark": part.remark,
            "sentences": part.sentences,
            "drawings": [
                {"side": side, "picture": keep_drawing(workspace, encode_png(picture))}
                for side, picture in part.drawings
            ],
        }
        for part in advice.parts
    ]
    return {"parts": parts, "unsure": [{"photo": key, "doubt": round(doubt, 2)} for key, doubt in advice.unsure]}


def _suggest(experiment: Experiment, *, with_detector: bool) -> Advice:
    recipe = experiment.recipe
    photos = keep_decodable(usable_photos(recipe, experiment.progress.say), experiment.workspace, experiment.progress)
    renders = experiment.render()
    imported = experiment.import_parts()
    parts = load_parts(imported.folder, imported.files)
    taken, drawn = _measure(photos), _measure(renders.dataset.samples[:_MOST_MEASURED])
    advised = []
    with experiment.progress.stage("suggest", len(parts), "parts") as advance:
        for number, (name, variants) in enumerate(parts.items()):
            views = cover_views(recipe, variants[0], number, renders=renders, photos=photos)
            advised.append(_advise(name, variants[0], number, views=views, figures=(taken, drawn)))
            advance(number + 1, name)
    unsure = _unsure(experiment) if with_detector else ()
    page = experiment.workspace.root / PAGE
    write_coverage(_content(advised, unsure), page)
    return Advice(tuple(advised), unsure, page)


def usable_photos(recipe: Recipe, pass_over: PassOver | None = None) -> tuple[Sample, ...]:
    """Return the photos of all sessions but those of the test. Raises DatasetError when the recipe has no photos.

    Photos that cannot be read are errors, or only told to `pass_over`.
    """
    section = recipe.photos
    if section.folder is None:
        raise DatasetError(
            "the recipe has no photos: give photos.folder, or add some (partsight photos add) and label them (partsight photos label)."
        )
    photos = read_photos(section, recipe.class_names, pass_over)
    if not (section.train or section.validation or section.test):
        return photos.samples
    splits, unused = split_photos(photos, section), set(unused_sessions(photos, section))
    return (
        *splits.train.samples, *splits.validation.samples,
        *(sample for sample in photos.samples if sample.session in unused),
    )  # fmt: skip


def _measure(samples: Sequence[Sample]) -> _Figures:
    kept = [sample for sample in samples if len(sample.class_ids)]
    lights = [measure_picture(read_picture(sample.image_path))["brightness"] for sample in kept]
    return _Figures(
        measure_sizes(kept),
        np.repeat(lights, [len(sample.class_ids) for sample in kept]),
        np.concatenate([np.zeros(0), *(sample.class_ids for sample in kept)]),
    )


def _advise(
    name: str, part: Part, class_id: int, *, views: ViewCoverage, figures: tuple[_Figures, _Figures]
) -> PartAdvice:
    taken, drawn = figures
    ours, theirs = taken.class_ids == class_id, drawn.class_ids == class_id
    sizes = thin_bands(SIZES, taken.sizes[ours], drawn.sizes[theirs])
    lights = thin_bands(LIGHTS, taken.lights[ours], drawn.lights[theirs])
    sides = dict(itertools.islice(missing_views(views).items(), SUGGESTIONS_PER_PART))
    wishes = zip_longest(
        [f"from {_side_words(side)}" for side in sides],
        [_size_words(band, part) for band in sizes],
        [_LIGHT_WORDS[band.name] for band in lights],
    )
    sentences = [f"{name} " + ", ".join(wish for wish in row if wish) for row in wishes]
    directions = [(float(x), float(y), float(z)) for x, y, z in sides.values()]
    pictures = draw_views(part, directions, DRAWING_PX) if sides else []
    drawings = tuple((f"from {_side_words(side)}", picture) for side, picture in zip(sides, pictures, strict=True))
    return PartAdvice(
        name, int(ours.sum()), views, tuple(sentences[:SUGGESTIONS_PER_PART]), _remark(name, views), drawings
    )


def _side_words(side: str) -> str:
    """Return 'the front right and above' for 'front right, above'."""
    return " and ".join(f"the {word}" if word not in ("above", "below") else word for word in side.split(", "))


def _size_words(band: Band, part: Part) -> str:
    """Say how large the part should be, and how far away that is with a telephone."""
    across_m = 2 * float(np.linalg.norm(part.mesh.vertices_m, axis=1).max()) * WIDE_LENS
    near = across_m / min(band.high, 1.0)
    far = f"{near:.2g} to {across_m / band.low:.2g} m" if band.low else f"more than {near:.2g} m"
    return f"{band.name} in the picture (stand {far} away with a telephone's wide lens)"


def _remark(name: str, views: ViewCoverage) -> str:
    """Say how far it can be told from which side photos show a part."""
    tried = views.reliability
    if np.isnan(tried.median_deg):
        return (
            f"{name}: from which side your photos show it cannot be told: only {tried.num_boxes} boxes in the renders show it "
            "whole, too few to try that on."
        )
    if not tried.is_better_than_chance:
        return (
            f"{name}: from which side your photos show it cannot be told by its shape; on {tried.num_boxes} renders it was "
            "no better than guessing."
        )
    return (
        f"{name}: from which side your photos show it is estimated by its shape, which was right on {100 * tried.within:.0f} of 100 "
        f"renders (guessing: {100 * tried.chance_within:.0f}); {views.num_judged} parts on your photos were judged."
    )


def _unsure(experiment: Experiment) -> tuple[tuple[str, float], ...]:
    """Return the pictures waiting for labels that the recipe's detector is least sure of; sessions of the test are left out."""
    recipe = experiment.recipe
    waiting = keep_decodable(_waiting(recipe, experiment.progress.say), experiment.workspace, experiment.progress)
    if not waiting:
        return ()
    detector = load_detector(experiment.verify(), recipe.train.threads)
    found = detect_samples(detector, waiting, recipe.evaluate, lambda _done, _total: None)
    doubts = [(sample.sample_id, doubt(detections)) for sample, detections in zip(waiting, found, strict=True)]
    kept = sorted((entry for entry in doubts if entry[1] >= MIN_DOUBT), key=lambda entry: -entry[1])
    return tuple(kept[:MOST_UNSURE])


def _waiting(recipe: Recipe, pass_over: PassOver) -> list[Sample]:
    folder = (recipe.photos.folder or Path()) / TO_LABEL
    paths = list_pictures(folder) if folder.is_dir() and any(folder.rglob("*.*")) else []
    samples = []
    for path in paths:
        try:
            samples.append(_unlabeled(path, folder))
        except DatasetError as error:
            pass_over(f"passed over: {error}")
    return [sample for sample in samples if not _matches(sample.session, recipe.photos.test)]


def _unlabeled(path: Path, folder: Path) -> Sample:
    relative = path.relative_to(folder)
    nothing = np.zeros((0, 4)), np.zeros(0, np.int64)
    return Sample(relative.as_posix(), path, picture_size(path), *nothing, "photo", relative.parent.as_posix())


def _matches(session: str, patterns: Sequence[str]) -> bool:
    """Say whether a session's folder is named by a pattern as sessions of labeled photos are, with or without `images/`."""
    names = (session, f"{session}/", f"images/{session}", f"images/{session}/")
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _content(advised: Sequence[PartAdvice], unsure: Sequence[tuple[str, float]]) -> CoverageContent:
    spheres = [
        PartSphere(
            part.name, part.num_boxes, part.views.directions, part.views.counts, part.views.is_expected,
            part.views.is_covered, part.views.reliability.is_better_than_chance, part.sentences, part.remark,
            tuple((side, encode_png(picture)) for side, picture in part.drawings),
        )
        for part in advised
    ]  # fmt: skip
    return CoverageContent(tuple(spheres), tuple(unsure))
