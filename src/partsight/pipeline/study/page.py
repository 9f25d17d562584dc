"""What a sweep leaves: every cell as JSON, the table as CSV, and a page."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.evaluate.intervals.shot_curve import fit_shot_curve
from partsight.files import write_text
from partsight.pipeline.study.sweep import CellResult, Row, Sweep, describe, plan_cells, summarize, write_results
from partsight.report.pages.sweep import SweepContent, SweepRow, write_sweep

SHOWN = {"precision": "P", "recall": "R", "f1": "F1", "ap50": "mAP50", "ap50_95": "mAP50-95"}
PHOTOS, MORE_PHOTOS = "dataset.photos_per_class", 10
PAGE, TABLE, CELLS = "sweep.html", "sweep.csv", "sweep.json"


def publish_sweep(sweep: Sweep, results: Sequence[CellResult]) -> Path:
    """Write what is known so far on top of the workspace, and return the page's path."""
    recipe, root, rows = sweep.recipe(), sweep.workspace.root, summarize(results)
    write_results(results, root / CELLS)
    write_text(root / TABLE, _csv(rows))
    content = SweepContent(
        title=f"Sweep: {recipe.name}",
        keys=tuple(recipe.sweep.grid),
        figure_names=tuple(SHOWN.values()),
        rows=tuple(_shown(row) for row in rows),
        num_cells=len(plan_cells(recipe.sweep)),
        num_finished=len(results),
        problems=tuple(dict.fromkeys(problem for row in rows for problem in row.problems)),
        notes=_notes(recipe),
        gains=gain_sentences(results, np.random.default_rng(recipe.seed)),
        recipe=json.dumps(effective_recipe(recipe), indent=1, ensure_ascii=False),
    )
    write_sweep(content, root / PAGE)
    return root / PAGE


def gain_sentences(results: Sequence[CellResult], rng: np.random.Generator) -> tuple[str, ...]:
    """Say for each combination of the other keys what ten more photos per class should bring, where that can be fitted."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for result in results:
        values = dict(result.values)
        photos = values.pop(PHOTOS, None)
        if isinstance(photos, int) and not result.problem:
            groups.setdefault(describe(tuple(values.items())), []).append((photos, result.figures["ap50"]))
    return tuple(
        _gain_sentence(name, points, rng)
        for name, points in groups.items()
        if len({photos for photos, _ in points}) >= 3
    )


def _gain_sentence(name: str, points: Sequence[tuple[float, float]], rng: np.random.Generator) -> str:
    photos, figures = zip(*points, strict=True)
    most = max(photos)
    gain = fit_shot_curve(photos, figures, rng).gain(most, MORE_PHOTOS)
    interval = "" if gain.interval is None else f" (95 % {gain.interval.low:+.3f} to {gain.interval.high:+.3f})"
    words = f"{MORE_PHOTOS} more photos per class than {most:g} should bring {gain.mean:+.3f} mAP50{interval}"
    return f"{name}: {words}" if name else words[0].upper() + words[1:]


def _shown(row: Row) -> SweepRow:
    return SweepRow(
        values=tuple(value for _, value in row.values),
        num_seeds=row.figures["ap50"].num_seeds,
        num_boxes=row.num_boxes,
        map50=row.figures["ap50"].mean,
        half_width=row.figures["ap50"].half_width,
        figures=tuple(str(row.figures[name]) for name in SHOWN),
    )


def _notes(recipe: Recipe) -> tuple[str, ...]:
    """Say what these figures cannot claim."""
    notes = []
    if not recipe.photos.test:
        notes.append(
            "No photo session is kept for testing: every cell is tested on held-out renders of its own, which differ from cell to "
            "cell and say nothing about photographs."
        )
    if recipe.sweep.seeds < 3:
        notes.append("Fewer than three seeds: intervals are wide or missing.")
    notes.append("Seeds redraw the photos and the training; the renders of a recipe are the same for all of them.")
    return tuple(notes)


def _csv(rows: Sequence[Row]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    keys = [key for key, _ in rows[0].values] if rows else []
    ends = [f"{name}{suffix}" for name in SHOWN.values() for suffix in ("", " ±")]
    writer.writerow([*keys, "seeds", "images", "boxes", *ends])
    for row in rows:
        figures = [value for name in SHOWN for value in (row.figures[name].mean, row.figures[name].half_width)]
        sizes = (row.figures["ap50"].num_seeds, row.num_images, row.num_boxes)
        writer.writerow([*(value for _, value in row.values), *sizes, *(f"{figure:.6g}" for figure in figures)])
    return buffer.getvalue()
