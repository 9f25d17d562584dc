"""The rows of `real.py` as curves: mAP50 over photos per class, a panel for each set, a line for each recipe.

    python benchmarks/curves.py benchmarks/results/real/rows.json docs/pictures/results.svg

Bars are 95 % intervals over seeds (Student's t). Needs matplotlib, which comes with the extra [yolo].
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import matplotlib as mpl
from real import ALL
from tables import half_width

from partsight.files import read_json

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "partsight"  # equal rows give equal files
from matplotlib import pyplot as plt  # noqa: E402

LOOKS = {
    "default": ("#1f6feb", "o", "renders (and photos mixed in)"),
    "two_stage": ("#1a7f37", "s", "two stages: renders, then photos"),
    "two_stage_long": ("#0a3069", "h", "two stages, the second as long as photos alone"),
    "empties": ("#8250df", "D", "renders and photos of rooms"),
    "two_stage_empties": ("#8250df", "P", "two stages with photos of rooms"),
    "crops": ("#bf3989", "X", "renders of crops"),
    "two_stage_crops": ("#bf3989", "p", "two stages on crops"),
    "photos_only_crops": ("#bc4c00", "<", "photos alone on crops"),
    "photos_only": ("#9a6700", "^", "photos alone"),
    "baseline": ("#8c959f", "v", "published baseline's renders"),
}
"""Recipe: color, marker, name in the legend."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    rows = [row for row in read_json(arguments.rows) if _is_of_the_sets_recipe(row)]
    starts = sorted({row["marks"]["weights"] for row in rows})
    if len(starts) > 1:
        parser.error(f"{arguments.rows} has rows that start from {' and '.join(starts)}; a line is to have one start")
    draw(rows, arguments.picture)


def _is_of_the_sets_recipe(row: Mapping[str, Any]) -> bool:
    """Return whether a row was made without changed keys and with the set's own number of renders."""
    return not row["cell"]["renders"] and not row["marks"]["settings"]


def draw(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the picture."""
    names = list(dict.fromkeys(row["cell"]["set_name"] for row in rows))
    places = {photos: place for place, photos in enumerate(sorted({row["cell"]["photos"] for row in rows}))}
    figure, panels = plt.subplots(
        1, len(names), figsize=(4.2 * len(names), 3.8), sharey=True, squeeze=False, layout="constrained"
    )
    for panel, name in zip(panels[0], names, strict=True):
        for recipe, (color, marker, title) in LOOKS.items():
            line = _line([row for row in rows if (row["cell"]["set_name"], row["cell"]["recipe"]) == (name, recipe)])
            if not line:
                continue
            xs = [places[photos] for photos, _, _ in line]
            ys, bars = [each[1] for each in line], [each[2] for each in line]
            panel.errorbar(xs, ys, yerr=bars, color=color, marker=marker, label=title, capsize=3, markersize=5)
        panel.set_xticks(list(places.values()), ["all" if photos == ALL else str(photos) for photos in places])
        panel.set(title=name, xlabel="photos per class", ylim=(0, 1))
        panel.grid(visible=True, alpha=0.3)
    panels[0][0].set_ylabel("mAP50 on test photos")
    shown: dict[str, Any] = {}
    for panel in panels[0]:
        handles, titles = panel.get_legend_handles_labels()
        shown |= dict(zip(titles, handles, strict=True))
    figure.legend(shown.values(), shown.keys(), fontsize=8, loc="outside lower center", ncols=3)
    figure.savefig(path, metadata={"Date": None})


def _line(rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, float, float]]:
    """Return photos per class, mean and half width of the interval."""
    values: dict[int, list[float]] = {}
    for row in rows:
        values.setdefault(row["cell"]["photos"], []).append(row["map50"])
    return [(photos, mean(found), half_width(found)) for photos, found in sorted(values.items())]


if __name__ == "__main__":
    main()
