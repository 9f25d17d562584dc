"""Detections and evaluations as a notebook shows them."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from partsight.errors import PartsightError
from partsight.notebook.drawings import draw_small, found_texts, names_of
from partsight.notebook.markup import beside, figure, frame, note, table
from partsight.pictures import read_picture
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections
from partsight.structures.evaluation import Evaluation, Interval, Score

if TYPE_CHECKING:
    from partsight.deploy.model import FoundParts

_PICTURE_PX = 520
_GROUND_RGB = (244, 245, 246)
_MOST_ROWS = 20
_FIGURES = {"precision": "precision", "recall": "recall", "f1": "f1", "ap50": "map50"}
"""Fields of a score that have intervals, and what these are called."""


def show_detections(detections: Detections) -> str:
    """Return the boxes on an empty ground, as detections do not know their picture, and a line for each."""
    hint = note("drawn without the picture: detections.draw(picture) shows it, as does detections.draw(sample)")
    return frame("Detections", _count(detections), _drawn(detections, (), _ground(detections)), hint)


def show_found_parts(found: "FoundParts") -> str:
    """Return the picture with what was recognized, or an empty ground where it was no file, and a line for each part."""
    image = _ground(found.detections)
    hint = note("drawn without the picture: found.draw(picture) shows it")
    if found.picture_path is not None:
        try:
            image, hint = read_picture(found.picture_path), ""
        except PartsightError:
            hint = note(f"{found.picture_path} cannot be read any more")
    return frame("Found parts", _count(found.detections), _drawn(found.detections, found.class_names, image), hint)


def show_evaluation(evaluation: Evaluation) -> str:
    """Return the figures of each class and of all with their n and 95 % intervals, and what they rest on."""
    rows = [
        _score_row(name, score, evaluation.intervals, f":{name}")
        for name, score in zip(evaluation.class_names, evaluation.per_class, strict=True)
    ]
    rows.append(_score_row("all", evaluation.overall, evaluation.intervals, ""))
    empty = f"{evaluation.num_empty_images} of them without parts"
    facts = f"{evaluation.num_images} pictures, {empty}, {evaluation.num_sessions} sessions"
    return frame(
        "Evaluation",
        facts,
        table(("class", "n", "precision", "recall", "F1", "AP50", "AP50–95"), rows),
        _basis(evaluation),
    )


def _basis(evaluation: Evaluation) -> str:
    """Return the lines below the figures."""
    own = "one for each class" if evaluation.class_thresholds else f"{evaluation.threshold:.3f}"
    false_alarms = evaluation.false_positives_per_empty_image
    alarms = "" if math.isnan(false_alarms) else f"; {false_alarms:.2f} false alarms per picture without parts"
    found = f"any class AP50 {_number(evaluation.class_agnostic_ap50)}{alarms}"
    chosen = (
        f"chosen on {evaluation.threshold_source} pictures" if evaluation.choice is None else evaluation.choice.in_words
    )
    lines = f"Threshold {own}, {chosen}; {found}."
    return note(lines) + note("In brackets: 95 % intervals, by bootstrap over sessions; n: true boxes.")


def _score_row(name: str, score: Score, intervals: dict[str, Interval], suffix: str) -> list[str]:
    """Return one line; intervals of a class are named 'ap50:class', those of all by the figure alone."""
    cells = [name, str(score.num_boxes)]
    for field, of_all in _FIGURES.items():
        interval = intervals.get(f"{field}{suffix}" if suffix else of_all)
        cells.append(_number(getattr(score, field)) + _bracketed(interval))
    return [*cells, _number(score.ap50_95)]


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _bracketed(interval: Interval | None) -> str:
    if interval is None or math.isnan(interval.low):
        return ""
    return f" [{interval.low:.2f},\N{NO-BREAK SPACE}{interval.high:.2f}]"


def _count(detections: Detections) -> str:
    return f"{len(detections)} boxes" if len(detections) != 1 else "1 box"


def _drawn(detections: Detections, class_names: Sequence[str], image: Image) -> str:
    texts = found_texts(detections, class_names)
    drawn = draw_small(image, detections.boxes_xyxy, detections.class_ids, texts=texts, longer_side_px=_PICTURE_PX)
    shown = detections[:_MOST_ROWS]
    rows = zip(names_of(shown.class_ids, class_names), shown.scores.tolist(), shown.boxes_xyxy.tolist(), strict=True)
    lines = ((name, f"{score:.3f}", ", ".join(f"{side:.0f}" for side in box)) for name, score, box in rows)
    more = note(f"and {len(detections) - _MOST_ROWS} more") if len(detections) > _MOST_ROWS else ""
    listed = f"<div>{table(('class', 'score', 'box'), lines)}{more}</div>"
    return beside([figure(drawn), listed])


def _ground(detections: Detections) -> Image:
    """Return an empty picture that all boxes fit into."""
    right, bottom = detections.boxes_xyxy[:, 2:].max(axis=0, initial=0).tolist()
    return np.full((max(64, math.ceil(bottom * 1.05)), max(64, math.ceil(right * 1.05)), 3), _GROUND_RGB, np.uint8)
