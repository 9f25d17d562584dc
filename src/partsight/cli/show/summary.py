"""The closing lines of a run: the figures with their n, and where to look."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from partsight.files import read_json

if TYPE_CHECKING:
    from partsight.structures.evaluation import Evaluation, Score


def print_summary(console: Console, evaluation: "Evaluation", report: Path | None, seconds: float) -> None:
    """Print the figures of each class and of all, then the path of the report."""
    table = Table("class", "n", "P", "R", "F1", "mAP50", "mAP50-95", box=SIMPLE_HEAD)
    for name, score in zip(evaluation.class_names, evaluation.per_class, strict=True):
        table.add_row(name, *_figures(score))
    table.add_row("all", *_figures(evaluation.overall), style="bold")
    console.print(table)
    console.print(
        f"{evaluation.num_images} test pictures, {evaluation.num_empty_images} of them empty; threshold "
        f"{evaluation.threshold:.3f}, {_choice(evaluation)}; {seconds:.0f} s",
        soft_wrap=True,
    )
    if evaluation.masks is not None:
        masks = evaluation.masks
        console.print(
            f"masks: mAP50 {_number(masks.overall.ap50)}, mAP50-95 {_number(masks.overall.ap50_95)}, on the {masks.num_images} test "
            f"pictures that tell the pixels of every part ({masks.overall.num_shapes} parts)",
            soft_wrap=True,
        )
    num_false = int(evaluation.confusion[-1].sum())
    if num_false:
        console.print(f"false detections: {num_false}, {num_false / evaluation.num_images:.2g} a picture")
    if evaluation.second_opinion is not None:
        before, after = evaluation.second_opinion.before, evaluation.second_opinion.after
        console.print(
            f"second opinion: false detections {before.num_false} → {after.num_false}, wrong names {before.num_misnamed} → "
            f"{after.num_misnamed}, right {before.num_right} → {after.num_right}"
        )
    if report is not None:
        _print_changes(console, report)
        console.print(f"report {report}", soft_wrap=True)


def _print_changes(console: Console, report: Path) -> None:
    """Print what the report says has changed since the evaluation before."""
    changes = read_json(report.with_suffix(".json")).get("changes", [])
    if changes:
        console.print(f"since the evaluation before, on the same pictures: {' '.join(changes)}", soft_wrap=True)


def _choice(evaluation: "Evaluation") -> str:
    return f"chosen on {evaluation.threshold_source}" if evaluation.choice is None else evaluation.choice.in_words


def _figures(score: "Score") -> list[str]:
    values = (score.precision, score.recall, score.f1, score.ap50, score.ap50_95)
    return [str(score.num_boxes), *map(_number, values)]


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
