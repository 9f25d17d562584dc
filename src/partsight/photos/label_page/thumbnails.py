"""Small pictures for the strip of photos: made when they are first asked for, kept beside the photos."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image as PillowImage
from PIL import ImageOps

from partsight.errors import DatasetError, StorageError
from partsight.files import hash_json, write_bytes
from partsight.pictures import is_read_alike, read_picture

SIDE_PX: Final = 160
_QUALITY = 72
_FOLDER = ".thumbnails"


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """Thumbnails of one photos folder; a disk that is full only makes them slower."""

    photos: Path

    def jpeg(self, picture: Path) -> bytes:
        """Return the thumbnail of a picture as JPEG. Raises DatasetError for one that cannot be read."""
        cached = self._place(picture)
        if cached.is_file():
            return cached.read_bytes()
        content = _made(picture)
        try:
            write_bytes(cached, content)
        except StorageError:
            return content
        return content

    def _place(self, picture: Path) -> Path:
        """Return the file for this very state of a picture."""
        try:
            state = picture.stat()
        except OSError as error:
            raise DatasetError(f"{picture}: cannot be read ({error.strerror}).") from error
        name = hash_json([str(picture.relative_to(self.photos)), state.st_mtime_ns, state.st_size])
        return self.photos / _FOLDER / f"{name}.jpg"


def _made(picture: Path) -> bytes:
    small = _decoded_small(picture) if is_read_alike(picture) else PillowImage.fromarray(read_picture(picture))
    small.thumbnail((SIDE_PX, SIDE_PX), PillowImage.Resampling.BILINEAR, reducing_gap=2.0)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _decoded_small(picture: Path) -> PillowImage.Image:
    """Decode a plain picture; a JPEG at a fraction of its size, which costs a tenth of the time."""
    try:
        with PillowImage.open(picture) as opened:
            opened.draft("RGB", (2 * SIDE_PX, 2 * SIDE_PX))
            upright = ImageOps.exif_transpose(opened)
            return upright.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise DatasetError(f"{picture}: cannot be read ({error}).") from error
