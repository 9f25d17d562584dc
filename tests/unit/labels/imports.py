"""An import through the command line, and what it left in the photos folder."""

import contextlib
import io
from pathlib import Path

from partsight.cli.app import run
from partsight.labels.own_folders import read_yolo


def imported(source: Path, photos: Path, *more: str) -> tuple[int, str]:
    """Return the exit code and all that was printed, in one line."""
    out = io.StringIO()
    arguments = ["photos", "import", str(source), "--photos", str(photos), "--yes", "--session", "s", *more]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        rc = run(
            [*arguments, "--recipe", str(photos.parent / "no-recipe.toml")] if "--recipe" not in more else arguments
        )
    return rc, " ".join(out.getvalue().split())


def boxes_in(photos: Path) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    """Return class and box of each label, by picture name."""
    names = (photos / "classes.txt").read_text().splitlines() if (photos / "classes.txt").is_file() else ["-"]
    if not (photos / "classes.txt").is_file():
        (photos / "classes.txt").write_text("-\n")
    dataset = read_yolo(photos, names, lambda path: path)
    return {
        sample.sample_id.split("__")[-1]: sorted(
            (names[class_id], tuple(round(edge, 3) for edge in box))
            for class_id, box in zip(sample.class_ids.tolist(), sample.boxes_xyxy.tolist(), strict=True)
        )
        for sample in dataset.samples
    }
