"""Frames of a live camera kept as photos to label, with the boxes that the detector drew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from partsight.files import hash_file, storage_errors
from partsight.labels.label import Label
from partsight.labels.store import write_first_draft
from partsight.photos.footage import PreviewFrame
from partsight.photos.measuring import measure
from partsight.photos.stills import small_gray
from partsight.photos.storage import (
    TO_LABEL,
    PictureRecord,
    check_session,
    read_records,
    write_picture,
    write_records,
)
from partsight.staging import StagedFolder, staged
from partsight.structures.arrays import Image

_WAIT_S = 10.0
SOURCE = "live camera"


@dataclass(frozen=True, slots=True)
class SnapshotKeeper:
    """Keeps frames in one session of a photos folder. Follows `deploy.live.server.Keeper`."""

    photos: Path
    session: str

    def __post_init__(self) -> None:
        check_session(self.session)

    def keep(self, image: Image, boxes: Sequence[Label], taken_at: datetime) -> str:
        """Write picture, record and boxes; the photo is open until a person has labeled it. Raises StorageError."""
        with storage_errors(self.photos), staged(self.photos, patience_s=_WAIT_S) as changes:
            stem = f"live-{taken_at:%Y%m%dT%H%M%S}{taken_at.microsecond // 1000:03}"
            file = write_picture(changes, self.session, stem, image)
            record = self._record(changes, file, image)
            write_records(changes, read_records(self.photos).with_pictures([record]))
            write_first_draft(changes, Path(file).relative_to(TO_LABEL).as_posix(), boxes)
            changes.commit()
        return file

    def _record(self, changes: StagedFolder, file: str, image: Image) -> PictureRecord:
        measurement = measure(PreviewFrame(0, None, small_gray(image)))
        return PictureRecord(
            file=file,
            source=SOURCE,
            content_hash=hash_file(changes.place(self.photos / file)),
            time_s=None,
            session=self.session,
            part=None,
            size_wh=(image.shape[1], image.shape[0]),
            sharpness=round(measurement.sharpness, 2),
            perceptual_hash=f"{measurement.hash64:016x}",
        )
