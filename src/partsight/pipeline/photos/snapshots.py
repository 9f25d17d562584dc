"""Frames of a live camera kept as photos to label, with the boxes that the detector drew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from partsight.errors import StorageError
from partsight.files import hash_file
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
        try:
            self.photos.mkdir(parents=True, exist_ok=True)
            with FileLock(self.photos / ".lock", timeout=_WAIT_S):
                return self._keep(image, boxes, taken_at)
        except Timeout as error:
            raise StorageError(
                f"{self.photos}: another partsight process adds photos here. Try again later."
            ) from error
        except OSError as error:
            raise StorageError(
                f"{self.photos}: cannot be written ({error.strerror or error}). Free some space."
            ) from error

    def _keep(self, image: Image, boxes: Sequence[Label], taken_at: datetime) -> str:
        file = write_picture(
            self.photos, self.session, f"live-{taken_at:%Y%m%dT%H%M%S}{taken_at.microsecond // 1000:03}", image
        )
        records = read_records(self.photos)
        write_records(self.photos, records.with_pictures([self._record(file, image)]))
        write_first_draft(self.photos, Path(file).relative_to(TO_LABEL).as_posix(), boxes)
        return file

    def _record(self, file: str, image: Image) -> PictureRecord:
        measurement = measure(PreviewFrame(0, None, small_gray(image)))
        return PictureRecord(
            file=file,
            source=SOURCE,
            content_hash=hash_file(self.photos / file),
            time_s=None,
            session=self.session,
            part=None,
            size_wh=(image.shape[1], image.shape[0]),
            sharpness=round(measurement.sharpness, 2),
            perceptual_hash=f"{measurement.hash64:016x}",
        )
