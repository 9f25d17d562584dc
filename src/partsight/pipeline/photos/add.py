"""Videos, folders and zips → picked frames in the photos folder, to be labeled."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from partsight.errors import PhotosError
from partsight.files import hash_file, hash_json
from partsight.labels.archives import unpack
from partsight.photos.decoding import VIDEO_SUFFIXES, Video, read_video_facts
from partsight.photos.duplicates import DuplicatePair, HashedPicture, find_duplicates
from partsight.photos.footage import Footage, PreviewFrame
from partsight.photos.measuring import FrameAppearance, Measurement, measure
from partsight.photos.picking import Picking, pick, pick_steps
from partsight.photos.stills import Stills, small_gray
from partsight.photos.storage import (
    TO_LABEL,
    PictureRecord,
    Records,
    SourceRecord,
    check_session,
    picture_stem,
    read_records,
    write_picture,
    write_records,
)
from partsight.pictures import HEIF_SUFFIXES, PICTURE_SUFFIXES, name_order, read_camera_facts, read_picture
from partsight.progress import Progress
from partsight.scratch import scratch_folder
from partsight.staging import StagedFolder, staged
from partsight.structures.arrays import Image

NUM_STRETCHES = 4
"""Sessions into which a film of a place is divided, so that one may judge what another taught."""
READABLE_SUFFIXES = PICTURE_SUFFIXES | HEIF_SUFFIXES


@dataclass(frozen=True, slots=True)
class IntakeJob:
    """Where frames go and how many."""

    photos: Path
    session: str
    part: str | None = None
    max_frames: int = 40
    """Of each video and of the pictures of each folder or zip."""
    step_s: float | None = None
    """Seconds from one frame to the next, whatever they show; None picks sharp frames that differ."""
    is_places: bool = False
    """Whether they show places without parts: nothing is labeled, and each film becomes several sessions, one for each stretch."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One video, or all pictures of a folder or zip."""

    name: str
    is_video: bool
    paths: tuple[Path, ...]
    content_hashes: tuple[str, ...]
    """Of each file."""

    @property
    def content_hash(self) -> str:
        """Hash of the whole, independent of file names."""
        return self.content_hashes[0] if self.is_video else hash_json(sorted(self.content_hashes))


@dataclass(frozen=True, slots=True)
class Contents:
    """What a source holds."""

    clips: tuple[Clip, ...]
    passed_over: str = ""
    """Files of other kinds, in words; empty when there are none."""


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """What came of one video or set of pictures."""

    name: str
    picking: Picking | None
    """None when it was added to this session before, or could not be used."""
    findings: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """What was added."""

    clips: tuple[ClipOutcome, ...]
    passed_over: tuple[str, ...]
    """A sentence per source that holds files of other kinds."""
    num_added: int
    duplicates: tuple[DuplicatePair, ...]
    """New pictures that are nearly the same as one of another session."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be used."""
        return tuple(clip.problem for clip in self.clips if clip.problem is not None)


def add_photos(sources: Sequence[Path], job: IntakeJob, progress: Progress) -> Intake:
    """Pick frames of all sources and add them to the session; what cannot be used is a problem beside what can.

    Raises PhotosError when a source does not exist or holds neither videos nor pictures, DatasetError for hostile archives,
    StorageError when another process adds photos here.
    """
    check_session(job.session)
    missing = [str(source) for source in sources if not source.exists()]
    if missing:
        advice = "Give a video, a picture, a folder or a zip of them; nothing was added."
        raise PhotosError(f"{', '.join(missing)}: no such file or folder. {advice}")
    with staged(job.photos) as changes:
        return _add_all(sources, _Adding(job, changes, progress))


@dataclass(frozen=True, slots=True)
class _Adding:
    """What is added, to where, and who is told."""

    job: IntakeJob
    changes: StagedFolder
    progress: Progress


def _add_all(sources: Sequence[Path], adding: _Adding) -> Intake:
    job = adding.job
    before = len(read_records(job.photos).pictures)
    outcomes: list[ClipOutcome] = []
    passed_over: list[str] = []
    loose = [source for source in sources if _is_picture(source)]
    if loose:
        outcomes.append(_add_clip(_clip("pictures given singly", loose, is_video=False), adding))
    for source in (source for source in sources if source not in loose):
        with _opened(source, job.photos) as contents:
            passed_over += [contents.passed_over] if contents.passed_over else []
            outcomes += [_add_clip(clip, adding) for clip in contents.clips]
    records = read_records(job.photos)
    new = {record.file for record in records.pictures[before:]}
    return Intake(tuple(outcomes), tuple(passed_over), len(new), _duplicates(records, new))


def _is_picture(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in READABLE_SUFFIXES


@contextmanager
def _opened(source: Path, photos: Path) -> Iterator[Contents]:
    """Return what a file, folder or zip holds; a zip is unpacked for as long."""
    if source.suffix.lower() == ".zip" and source.is_file():
        with scratch_folder("photos") as folder:
            unpack(source, folder)
            yield _contents_of(folder, source.name, photos)
    elif source.is_dir():
        yield _contents_of(source, source.resolve().name, photos)
    else:
        yield Contents((_clip(source.name, [source], is_video=True),))


def _contents_of(folder: Path, name: str, photos: Path) -> Contents:
    """Return each video, then all pictures together, in the order people count."""
    paths = sorted(_files_below(folder, photos), key=lambda path: name_order(path.relative_to(folder).as_posix()))
    videos = [path for path in paths if path.suffix.lower() in VIDEO_SUFFIXES]
    pictures = [path for path in paths if path.suffix.lower() in READABLE_SUFFIXES]
    passed_over = _passed_over(set(paths) - set(videos) - set(pictures), name)
    if not videos and not pictures:
        known = ", ".join(sorted(VIDEO_SUFFIXES | READABLE_SUFFIXES))
        raise PhotosError(f"{name}: neither videos nor pictures in it. {passed_over or 'It is empty.'} Known: {known}.")
    clips = [_clip(path.name, [path], is_video=True) for path in videos]
    return Contents((*clips, *([_clip(name, pictures, is_video=False)] if pictures else [])), passed_over)


def _files_below(folder: Path, photos: Path) -> Iterable[Path]:
    """Return the files of a folder but hidden ones, what macOS adds to zips, and the photos folder itself."""
    own = photos.resolve()
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
        if path.is_file() and not is_hidden and not path.resolve().is_relative_to(own):
            yield path


def _passed_over(paths: Iterable[Path], name: str) -> str:
    counts = Counter(path.suffix.lower() or "no suffix" for path in paths)
    told = ", ".join(f"{count} × {suffix}" for suffix, count in sorted(counts.items()))
    return f"{name}: passed over {told}." if told else ""


def _clip(name: str, paths: Sequence[Path], *, is_video: bool) -> Clip:
    return Clip(name, is_video, tuple(paths), tuple(hash_file(path) for path in paths))


def _add_clip(clip: Clip, adding: _Adding) -> ClipOutcome:
    job = adding.job
    records = read_records(job.photos)
    if records.find_source(clip.content_hash, job.session) is not None:
        return ClipOutcome(clip.name, None, (f"{clip.name}: was added to session {job.session} before; nothing added",))
    findings: dict[str, None] = {}
    try:
        footage = _footage(clip)
        measurements = _measure_all(clip, footage, findings, adding.progress)
    except PhotosError as error:
        return ClipOutcome(clip.name, None, tuple(findings), str(error))
    picking = _pick(measurements, job, records)
    pictures = list(_write_all(clip, footage, picking, adding))
    source = SourceRecord(clip.name, clip.content_hash, job.session, picking.num_seen, len(pictures))
    write_records(adding.changes, records.with_source(source, pictures))
    adding.changes.commit()
    return ClipOutcome(clip.name, picking, tuple(findings))


def _pick(measurements: Sequence[Measurement], job: IntakeJob, records: Records) -> Picking:
    if job.step_s is not None:
        return pick_steps(measurements, job.step_s, job.max_frames)
    return pick(measurements, job.max_frames, _known_looks(records, job))


def _footage(clip: Clip) -> Footage:
    return Video(clip.paths[0]) if clip.is_video else Stills(clip.paths, read_picture)


def _measure_all(clip: Clip, footage: Footage, findings: dict[str, None], progress: Progress) -> list[Measurement]:
    """Look through all frames, keeping their measurements only."""
    total = math.ceil(read_video_facts(clip.paths[0]).duration_s) if clip.is_video else len(clip.paths)
    measurements = []
    with progress.stage("look", total, "s of video" if clip.is_video else "pictures") as advance:
        for preview in footage.preview_frames(lambda finding: findings.update({finding: None})):
            measurements.append(measure(preview))
            advance(min(_units_done(preview), total), clip.name)
        advance(total, clip.name)
    return measurements


def _units_done(preview: PreviewFrame) -> int:
    return preview.number + 1 if preview.time_s is None else int(preview.time_s)


def _known_looks(records: Records, job: IntakeJob) -> list[FrameAppearance]:
    """Return the looks of the session's pictures that still lie there: new ones shall differ from them."""
    own = {job.session, *(_stretch_name(job, number) for number in range(NUM_STRETCHES))}
    paths = [job.photos / record.file for record in records.pictures if record.session in own]
    return [measure(PreviewFrame(0, None, small_gray(read_picture(path)))).look for path in paths if path.is_file()]


def _write_all(clip: Clip, footage: Footage, picking: Picking, adding: _Adding) -> Iterator[PictureRecord]:
    """Prepare the picked frames; a video is decoded a second time."""
    picked = {measurement.number: measurement for measurement in picking.picked}
    sessions = _sessions(clip, list(picked), adding.job)
    with adding.progress.stage("write", len(picked), "pictures") as advance:
        for done, (number, image) in enumerate(footage.frames(picked), 1):
            job = replace(adding.job, session=sessions[number])
            yield _write_one(clip, picked[number], image, replace(adding, job=job))
            advance(done, clip.name)


def _sessions(clip: Clip, numbers: Sequence[int], job: IntakeJob) -> dict[int, str]:
    """Return the session of each frame: the stretch of a film of a place, as many frames in each; otherwise the one asked for."""
    if not (job.is_places and clip.is_video):
        return dict.fromkeys(numbers, job.session)
    ordered = sorted(numbers)
    return {number: _stretch_name(job, place * NUM_STRETCHES // len(ordered)) for place, number in enumerate(ordered)}


def _stretch_name(job: IntakeJob, number: int) -> str:
    return f"{job.session}-{number + 1}"


def _write_one(clip: Clip, measurement: Measurement, image: Image, adding: _Adding) -> PictureRecord:
    job = adding.job
    index = 0 if clip.is_video else measurement.number
    source = clip.paths[index].name
    stem = picture_stem(source, measurement.time_s)
    file = write_picture(adding.changes, job.session, stem, image, below="" if job.is_places else TO_LABEL)
    return PictureRecord(
        file=file,
        source=source,
        content_hash=clip.content_hashes[index],
        time_s=None if measurement.time_s is None else round(measurement.time_s, 3),
        session=job.session,
        part=job.part,
        size_wh=(image.shape[1], image.shape[0]),
        sharpness=round(measurement.sharpness, 2),
        perceptual_hash=f"{measurement.hash64:016x}",
        **({} if clip.is_video else asdict(read_camera_facts(clip.paths[index]))),
    )


def _duplicates(records: Records, new: set[str]) -> tuple[DuplicatePair, ...]:
    """Return pairs across sessions in which one picture is new."""
    pictures = [
        HashedPicture(record.file, record.session, int(record.perceptual_hash, 16)) for record in records.pictures
    ]
    return tuple(pair for pair in find_duplicates(pictures) if {pair.first.name, pair.second.name} & new)
