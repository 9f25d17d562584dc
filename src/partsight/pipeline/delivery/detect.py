"""A model folder over pictures, videos and streams, with all that is written about it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from partsight.deploy.annotated import AnnotatedFolder
from partsight.deploy.looking import LookPlan, Tally, look
from partsight.deploy.model import Model
from partsight.deploy.records import Record, write_records
from partsight.deploy.sources import MediaSource, count_views
from partsight.deploy.track_log import TrackLog, check_tracks_path, write_tracks
from partsight.progress import Progress


@dataclass(frozen=True, slots=True)
class DetectJob:
    """What to look at, and what to write."""

    model: Model
    sources: Sequence[MediaSource]
    plan: LookPlan
    files: Mapping[str, Path]
    """By kind: json, jsonl, csv, coco."""
    annotated: Path | None
    """Folder for pictures and videos with boxes."""
    tracks: Path | None = None
    """File for the parts of videos: from when to when each was there, and how many at once."""
    problems: Sequence[str] = ()
    """What was asked for and is not there."""


def detect_sources(job: DetectJob, progress: Progress, show: Callable[[Record], None]) -> Tally:
    """Detect and write; `show` hears of every picture. When interrupted, the files hold what was found until then."""
    records: list[Record] = []
    tally, log = Tally(problems=list(job.problems)), TrackLog()
    if job.tracks is not None:
        check_tracks_path(job.tracks)
    total = sum(count_views(source, job.plan.every) for source in job.sources)
    try:
        with progress.stage("detect", total, "pictures") as advance, _annotator(job) as annotator:
            for view, record in look(job.model, job.sources, job.plan, tally=tally, tell=progress.say):
                if job.files:
                    records.append(record)
                if annotator is not None:
                    annotator.add(view, record.detections, record.posed.outlines if record.posed else ())
                if job.tracks is not None:
                    log.add(record)
                show(record)
                advance(tally.num_pictures, "")
    finally:
        for kind, path in job.files.items():
            write_records(records, job.model.class_names, kind, path)
        if job.tracks is not None:
            write_tracks(log, job.model.class_names, job.tracks)
    return tally


def _annotator(job: DetectJob) -> AbstractContextManager[AnnotatedFolder | None]:
    return nullcontext() if job.annotated is None else AnnotatedFolder(job.annotated, job.model.class_names)
