"""The page of a sweep: table with intervals, heat map, curves; one self-contained file."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from partsight.files import write_text
from partsight.report import charts
from partsight.report.charts import Axes, Chart, Series


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One combination of values with its figures over seeds, already as words where they are only shown."""

    values: tuple[object, ...]
    num_seeds: int
    num_boxes: int
    map50: float
    half_width: float
    """Half the 95 % interval of mAP50; NaN for one seed."""
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepContent:
    """Everything on the page."""

    title: str
    keys: tuple[str, ...]
    figure_names: tuple[str, ...]
    rows: tuple[SweepRow, ...]
    num_cells: int
    num_finished: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    recipe: str
    gains: tuple[str, ...] = ()
    """What more photos should bring, in words."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """mAP50 over two keys, the others held."""

    title: str
    row_key: str
    column_key: str
    columns: tuple[object, ...]
    rows: tuple[tuple[object, tuple[SweepRow | None, ...]], ...]


def write_sweep(content: SweepContent, path: Path) -> None:
    """Write the page. Raises StorageError."""
    environment = Environment(
        loader=PackageLoader("partsight.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    page = environment.get_template("sweep.html").render(
        content=content, verdict=sweep_verdict(content), maps=heat_maps(content), curves=curves(content), frame=charts
    )
    write_text(path, page)


def sweep_verdict(content: SweepContent) -> str:
    """Return the finding in words."""
    known = [row for row in content.rows if not math.isnan(row.map50)]
    unfinished = content.num_cells - content.num_finished
    rest = f" {unfinished} of {content.num_cells} cells are still to come." if unfinished else ""
    if not known:
        return f"No cell has figures yet.{rest}"
    best = max(known, key=lambda row: row.map50)
    close = [row for row in known if row is not best and _overlap(row, best)]
    words = f"Best mean mAP50: {_figure(best)} with {_named(content.keys, best.values)}"
    if math.isnan(best.half_width):
        return f"{words} (one seed: no interval, so that differences of a few hundredths mean nothing).{rest}"
    if not close:
        return f"{words}; no other combination's interval reaches it.{rest}"
    return (
        f"{words}; {len(close)} other combination{'s' if len(close) > 1 else ''} cannot be told from it at 95 %.{rest}"
    )


def heat_maps(content: SweepContent) -> list[HeatMap]:
    """Return a map over the last two keys that vary, for every combination of the others."""
    varying = [index for index in range(len(content.keys)) if len({row.values[index] for row in content.rows}) > 1]
    if len(varying) < 2:
        return []
    row_index, column_index = varying[-2:]
    others = varying[:-2]
    groups = dict.fromkeys(tuple(row.values[index] for index in others) for row in content.rows)
    return [_heat_map(content, (row_index, column_index), others, held) for held in groups]


def curves(content: SweepContent) -> list[Chart]:
    """Return mAP50 against each key that has at least two numbers, one line for each combination of the others."""
    return [chart for index in range(len(content.keys)) if (chart := _curve(content, index)) is not None]


def _heat_map(
    content: SweepContent, indices: tuple[int, int], others: Sequence[int], held: tuple[object, ...]
) -> HeatMap:
    row_index, column_index = indices
    rows = [row for row in content.rows if tuple(row.values[index] for index in others) == held]
    columns = tuple(dict.fromkeys(row.values[column_index] for row in rows))
    by_place = {(row.values[row_index], row.values[column_index]): row for row in rows}
    lines = tuple(
        (value, tuple(by_place.get((value, column)) for column in columns))
        for value in dict.fromkeys(row.values[row_index] for row in rows)
    )
    title = _named([content.keys[index] for index in others], held)
    return HeatMap(title, content.keys[row_index], content.keys[column_index], columns, lines)


def _curve(content: SweepContent, index: int) -> Chart | None:
    known = [row for row in content.rows if _is_number(row.values[index]) and not math.isnan(row.map50)]
    xs = sorted({float(str(row.values[index])) for row in known})
    if len(xs) < 2:
        return None
    groups: dict[str, list[SweepRow]] = {}
    for row in known:
        rest = [
            (key, value) for at, (key, value) in enumerate(zip(content.keys, row.values, strict=True)) if at != index
        ]
        groups.setdefault(_named([key for key, _ in rest], [value for _, value in rest]) or "mAP50", []).append(row)
    series = [_series(name, rows, index, color) for color, (name, rows) in enumerate(groups.items())]
    bands = [band for one, rows in zip(series, groups.values(), strict=True) for band in _bands(one, rows, index)]
    return charts.line_chart(
        f"mAP50 over {content.keys[index]}",
        f"Mean mAP50 over seeds against {content.keys[index]}, one line for each of the other values; dashed: 95 % interval.",
        [*series, *bands],
        Axes(content.keys[index], (xs[0], xs[-1])),
    )


def _series(name: str, rows: Sequence[SweepRow], index: int, color: int) -> Series:
    ordered = sorted(rows, key=lambda row: float(str(row.values[index])))
    xs = np.array([float(str(row.values[index])) for row in ordered])
    return Series(name, xs, np.array([row.map50 for row in ordered]), color)


def _bands(series: Series, rows: Sequence[SweepRow], index: int) -> list[Series]:
    """Return the interval's two ends, where several seeds give one; only for a single line: more would be a tangle."""
    widths = np.array([row.half_width for row in sorted(rows, key=lambda row: float(str(row.values[index])))])
    if not np.isfinite(widths).all() or series.color_id > 0:
        return []
    ends = ((series.ys - widths, "lower end"), (series.ys + widths, "upper end"))
    return [
        Series(f"{series.name}: {name}", series.xs, np.clip(ys, 0, 1), series.color_id, is_dashed=True)
        for ys, name in ends
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _overlap(row: SweepRow, best: SweepRow) -> bool:
    widths = [0.0 if math.isnan(one.half_width) else one.half_width for one in (row, best)]
    return row.map50 + widths[0] >= best.map50 - widths[1]


def _named(keys: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in zip(keys, values, strict=True))


def _figure(row: SweepRow) -> str:
    return f"{row.map50:.3f}" if math.isnan(row.half_width) else f"{row.map50:.3f} ± {row.half_width:.3f}"
