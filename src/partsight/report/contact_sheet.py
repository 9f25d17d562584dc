"""Contact sheets: many pictures on one, each with its caption."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from partsight.files import write_bytes
from partsight.structures.arrays import Image

CAPTION_PX = 22


def write_contact_sheet(pictures: Sequence[Image], captions: Sequence[str], path: Path) -> None:
    """Write equally large (H, W, 3) pictures as one PNG, as nearly square as they allow. Raises StorageError."""
    height, width = pictures[0].shape[:2]
    columns = math.ceil(math.sqrt(len(pictures) * (height + CAPTION_PX) / width))
    rows = math.ceil(len(pictures) / columns)
    sheet = Pillow.new("RGB", (columns * width, rows * (height + CAPTION_PX)), "white")
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        corner = (number % columns * width, number // columns * (height + CAPTION_PX))
        _paste(sheet, picture, caption, corner)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())


def _paste(sheet: Pillow.Image, picture: Image, caption: str, corner: tuple[int, int]) -> None:
    height, width = picture.shape[:2]
    sheet.paste(Pillow.fromarray(picture), corner)
    middle = (corner[0] + width // 2, corner[1] + height + CAPTION_PX // 2)
    font = ImageFont.load_default(size=14)
    ImageDraw.Draw(sheet).text(middle, caption[: width // 8], fill="black", anchor="mm", font=font)
