"""Frames of a live camera kept as photos to label, with the boxes that were shown as proposals."""

from dataclasses import dataclass
from pathlib import Path

from partsight.deploy.live.keeping import KeptFrame, ShownFrame
from partsight.files import hash_content, storage_errors
from partsight.labels.kept_proposals import write_proposals
from partsight.photos.footage import PreviewFrame
from partsight.photos.measuring import measure
from partsight.photos.stills import small_gray
from partsight.photos.storage import (
    JPEG_QUALITY,
    TO_LABEL,
    PictureRecord,
    check_session,
    picture_stem,
    read_records,
    write_picture,
    write_records,
)
from partsight.pictures import jpeg_bytes
from partsight.staging import StagedFolder, staged

_WAIT_S = 10.0
SOURCE = "live camera"


@dataclass(frozen=True, slots=True)
class SnapshotKeeper:
    """Keeps frames in one session of a photos folder. Follows `deploy.live.keeping.Keeper`."""

    photos: Path
    session: str

    def __post_init__(self) -> None:
        check_session(self.session)

    def keep(self, frame: ShownFrame) -> KeptFrame:
        """Write picture, proposals and record; a frame that is there already gets what is shown now as its proposals.

        The photo is open until a person has labeled it. Raises StorageError; what was kept before stays as it is.
        """
        with storage_errors(self.photos), staged(self.photos, patience_s=_WAIT_S) as changes:
            kept = self._keep(changes, frame)
            changes.commit()
        return kept

    def _keep(self, changes: StagedFolder, frame: ShownFrame) -> KeptFrame:
        content_hash = hash_content(jpeg_bytes(frame.image, JPEG_QUALITY))
        records = read_records(self.photos)
        same = (one.file for one in records.pictures if (one.content_hash, one.session) == (content_hash, self.session))
        known = next((file for file in same if (self.photos / file).is_file()), None)
        file = known or write_picture(changes, self.session, _stem(frame), frame.image)
        key = Path(file).relative_to(TO_LABEL).as_posix()
        write_proposals(self.photos, key, frame.proposals, write=changes.write_json)
        if known is None:
            write_records(changes, records.with_pictures([self._record(file, frame, content_hash)]))
        return KeptFrame(file, is_new=known is None)

    def _record(self, file: str, frame: ShownFrame, content_hash: str) -> PictureRecord:
        measurement = measure(PreviewFrame(0, None, small_gray(frame.image)))
        is_film = frame.time_s is not None
        return PictureRecord(
            file=file,
            source=Path(frame.source).name if is_film else SOURCE,
            content_hash=content_hash,
            time_s=frame.time_s,
            session=self.session,
            part=None,
            size_wh=(frame.image.shape[1], frame.image.shape[0]),
            sharpness=round(measurement.sharpness, 2),
            perceptual_hash=f"{measurement.hash64:016x}",
            taken_at=None if is_film else f"{frame.taken_at:%Y-%m-%dT%H:%M:%S}",
        )


def _stem(frame: ShownFrame) -> str:
    """Return a name that says the frame's time: in the film, or by the clock of this machine."""
    if frame.time_s is not None:
        return picture_stem(frame.source, frame.time_s)
    return f"live-{frame.taken_at:%Y%m%dT%H%M%S}{frame.taken_at.microsecond // 1000:03}"
