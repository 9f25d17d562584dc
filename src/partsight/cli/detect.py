"""`partsight detect`: parts in pictures, folders, videos and streams."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from partsight.cli.console import headed, open_console
from partsight.cli.show.progress import TerminalProgress

if TYPE_CHECKING:
    from partsight.deploy.looking import Tally
    from partsight.deploy.records import Record
    from partsight.pipeline.delivery.detect import DetectJob

NOTHING_FOUND = 3


def detect(
    model: Annotated[Path, typer.Argument(help="A model folder, made by 'partsight export'.")],
    sources: Annotated[list[str], typer.Argument(help="Pictures, videos, folders, or http and rtsp addresses.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder for annotated pictures and videos.")] = Path("detections"),
    annotated: Annotated[
        bool, typer.Option("--annotated", help="Write pictures and videos with boxes into --out.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write a JSON file; .jsonl gives one line a picture; - prints lines.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write a CSV file, one line a part.")] = None,
    coco: Annotated[Path | None, typer.Option("--coco", help="Write a COCO file with scores.")] = None,
    tracks: Annotated[
        Path | None,
        typer.Option(
            "--tracks", help="Of videos, write each part with first and last time seen, .csv or .json with counts."
        ),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Lowest score; by default the one chosen on validation pictures.")
    ] = None,
    max_parts: Annotated[int, typer.Option(min=1, help="Most parts in a picture.")] = 100,
    every: Annotated[int, typer.Option(min=1, help="Of videos and streams, look at every n-th frame.")] = 1,
    image_size: Annotated[
        int | None, typer.Option("--imgsz", help="Input size; smaller is faster, by default as trained.")
    ] = None,
    runtime: Annotated[str, typer.Option(help="auto, onnx or openvino.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 takes all free cores.")] = 0,
    pose: Annotated[
        bool,
        typer.Option(
            "--pose", help="Find how each part is turned and where it is; into JSON and CSV, drawn with --annotated."
        ),
    ] = False,
    calibration: Annotated[
        Path | None,
        typer.Option(
            "--calibration",
            help="JSON file with width, height, fx, fy, cx, cy of the camera; otherwise EXIF or an estimate.",
        ),
    ] = None,
    fail_if_none: Annotated[bool, typer.Option("--fail-if-none", help="Exit with 3 when no part was found.")] = False,
) -> None:
    """Find parts. Exit codes: 0 done, 1 something could not be read or written, 3 nothing found (with --fail-if-none)."""
    from partsight.deploy.looking import LookPlan
    from partsight.deploy.model import load
    from partsight.deploy.posing import Poser, asked_calibration
    from partsight.deploy.sources import find_sources
    from partsight.errors import SourceError
    from partsight.pipeline.delivery.detect import DetectJob, detect_sources

    prints_json = json == Path("-")
    console = open_console(stderr=prints_json)
    known = asked_calibration(calibration, for_poses=pose)
    loaded = load(model, runtime=runtime, threads=threads, image_size=image_size)
    plan = LookPlan(threshold, max_parts, every, Poser(loaded.folder.shapes(), known) if pose else None)
    found, problems = find_sources(sources)
    if not found:
        raise SourceError("\n".join(problems))
    job = DetectJob(loaded, found, plan, _files(json, csv, coco), out if annotated else None, tracks, problems)
    printer = _JsonLines(loaded.class_names) if prints_json else _Lines(console, loaded.class_names)
    started = time.perf_counter()
    tally = detect_sources(job, TerminalProgress(console), printer.show)
    printer.finish()
    _show_summary(console, tally, time.perf_counter() - started)
    _show_written(console, job)
    if tally.problems:
        raise typer.Exit(1)
    if fail_if_none and tally.num_parts == 0:
        raise typer.Exit(NOTHING_FOUND)


class _Lines:
    """One line a picture; of a video, one line when it ends."""

    def __init__(self, console: Console, class_names: Sequence[str]) -> None:
        self._console, self._class_names = console, class_names
        self._video, self._num_frames = "", 0
        self._seen: Counter[str] = Counter()

    def show(self, record: "Record") -> None:
        """Print or count a picture."""
        if record.frame is None:
            self.finish()
            found = zip(record.detections.class_ids, record.detections.scores, strict=True)
            texts = [f"{self._class_names[class_id]} {score:.2f}" for class_id, score in found]
            self._say(f"{record.source}: {', '.join(texts) or 'nothing'}")
            return
        if record.source != self._video:
            self.finish()
        self._video = record.source
        self._num_frames += 1
        self._seen.update({self._class_names[class_id] for class_id in record.detections.class_ids})

    def finish(self) -> None:
        """Print what is known about the video that has ended."""
        if self._num_frames:
            texts = [f"{name} in {count}" for name, count in self._seen.most_common()]
            self._say(
                f"{self._video}: {self._num_frames} frame{'s' * (self._num_frames > 1)}, {', '.join(texts) or 'nothing in any'}"
            )
        self._num_frames, self._seen = 0, Counter()

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)


class _JsonLines:
    """One JSON object a line on standard output, as soon as it is known."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self._class_names = class_names

    def show(self, record: "Record") -> None:
        """Print a picture."""
        from partsight.deploy.records import as_json_lines

        sys.stdout.write(as_json_lines([record], self._class_names))
        sys.stdout.flush()

    def finish(self) -> None:
        """Print nothing more."""


def _files(json: Path | None, csv: Path | None, coco: Path | None) -> dict[str, Path]:
    kind = "jsonl" if json is not None and json.suffix == ".jsonl" else "json"
    given = {kind: None if json == Path("-") else json, "csv": csv, "coco": coco}
    return {name: path for name, path in given.items() if path is not None}


def _show_summary(console: Console, tally: "Tally", seconds: float) -> None:
    for problem in tally.problems:
        console.print(headed("error", "bold red", problem), soft_wrap=True)
    speed = ""
    if tally.num_pictures:
        each_ms = 1000 * tally.detection_s / tally.num_pictures
        speed = f": {tally.num_pictures / seconds:.1f} per second; detection alone takes {each_ms:.0f} ms each"
    console.print(
        f"{tally.num_parts} parts in {tally.num_pictures} pictures in {seconds:.1f} s{speed}",
        soft_wrap=True,
    )
    if tally.num_poses:
        console.print(f"{tally.num_poses} poses, {1000 * tally.pose_s / tally.num_poses:.0f} ms each", soft_wrap=True)


def _show_written(console: Console, job: "DetectJob") -> None:
    others = [path for path in (job.annotated, job.tracks) if path is not None]
    paths = [*job.files.values(), *others]
    if paths:
        console.print(f"written {', '.join(map(str, paths))}", soft_wrap=True)
