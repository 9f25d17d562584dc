"""Contact sheets: many pictures on one, each with its caption."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from partsight.files import write_bytes
from partsight.structures.arrays import FloatArray, Image, IntArray

CAPTION_PX = 22
_COLORS = ("#e69f00", "#56b4e9", "#2fd6a8", "#f0e442", "#ff7a2e", "#dd94bd", "#ffffff")


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


def draw_labels(picture: Image, boxes_xyxy: FloatArray, class_ids: IntArray, class_names: Sequence[str]) -> Image:
    """Return a copy of a picture with boxes and their names, one color for each class (Okabe & Ito, 2008)."""
    marked = Pillow.fromarray(picture)
    pen = ImageDraw.Draw(marked)
    font = ImageFont.load_default(size=11)
    for box, class_id in zip(boxes_xyxy.tolist(), class_ids.tolist(), strict=True):
        name, color = class_names[class_id], _COLORS[class_id % len(_COLORS)]
        pen.rectangle(box, outline=color, width=2)
        corner = (box[0] + 2, max(0.0, box[1] - 13))
        pen.rectangle(pen.textbbox(corner, name, font=font), fill="black")
        pen.text(corner, name, fill=color, font=font)
    return np.asarray(marked)


def _paste(sheet: Pillow.Image, picture: Image, caption: str, corner: tuple[int, int]) -> None:
    height, width = picture.shape[:2]
    sheet.paste(Pillow.fromarray(picture), corner)
    middle = (corner[0] + width // 2, corner[1] + height + CAPTION_PX // 2)
    font = ImageFont.load_default(size=14)
    ImageDraw.Draw(sheet).text(middle, caption[: width // 8], fill="black", anchor="mm", font=font)
