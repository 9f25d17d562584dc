"""Boxes with names drawn over a picture, readable at any size of the picture."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from partsight.pose.outline import PosedOutline
from partsight.structures.arrays import FloatArray, Image, IntArray
from partsight.structures.detections import Detections

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

COLORS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a3b9c", "#8a6d00", "#b3003b", "#3f5f6f",
)  # fmt: skip
"""One for each class, in turn; the first six are Okabe and Ito's, told apart by color-blind people too."""
_LINE_SHARE, _TEXT_SHARE = 1 / 320, 1 / 38
"""Of the picture's mean side."""
_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "arial.ttf", "Arial.ttf")
_TINT = 0.45
"""Share of the class's color in the pixels of a mask."""
_DARK, _LIGHT = "#101418", "#ffffff"


def class_color(class_id: int) -> str:
    """Return the color of a class, as #rrggbb."""
    return COLORS[class_id % len(COLORS)]


def draw_detections(image: Image, detections: Detections, class_names: Sequence[str]) -> Image:
    """Return a copy of the picture with masks where there are any, boxes, names and scores; the best lie on top."""
    scored = zip(detections.class_ids.tolist(), detections.scores.tolist(), strict=True)
    texts = [f"{class_names[class_id]} {100 * score:.0f}%" for class_id, score in scored]
    return draw_boxes(tint_masks(image, detections), detections.boxes_xyxy, detections.class_ids, texts)


def tint_masks(image: Image, detections: Detections) -> Image:
    """Return the picture with the pixels of each mask in the color of its class; as it is where there are no masks."""
    if not detections.masks:
        return image
    tinted = np.array(image)
    for mask, class_id in reversed(list(zip(detections.masks, detections.class_ids.tolist(), strict=True))):
        pixels, (left, top) = mask.cut
        region, color = tinted[top : top + pixels.shape[0], left : left + pixels.shape[1]], class_color(class_id)
        rgb = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
        region[pixels] = ((1 - _TINT) * region[pixels] + _TINT * np.array(rgb)).astype(np.uint8)
    return tinted


def draw_boxes(image: Image, boxes_xyxy: FloatArray, class_ids: IntArray, texts: Sequence[str]) -> Image:
    """Return a copy of the picture with (N, 4) boxes, each in the color of its class with its text; the first lie on top."""
    picture = PillowImage.fromarray(image)
    pen = _Pen(ImageDraw.Draw(picture), (picture.width, picture.height))
    found = list(zip(boxes_xyxy.tolist(), class_ids.tolist(), texts, strict=True))
    for box, class_id, _ in reversed(found):
        pen.box(box, class_color(class_id))
    for box, class_id, text in reversed(found):
        pen.label(box, text, class_color(class_id))
    return np.asarray(picture)


def draw_outlines(image: Image, outlines: Sequence[PosedOutline | None], class_ids: IntArray) -> Image:
    """Return a copy of the picture with the edges of posed parts, and the names of their sub-parts, the first on top."""
    picture = PillowImage.fromarray(image)
    pen = _Pen(ImageDraw.Draw(picture), (picture.width, picture.height))
    for outline, class_id in reversed(list(zip(outlines, class_ids.tolist(), strict=True))):
        if outline is not None:
            pen.outline(outline, class_color(class_id))
    return np.asarray(picture)


class _Pen:
    """Draws in widths that suit the size of the picture."""

    def __init__(self, draw: ImageDraw.ImageDraw, size_wh: tuple[int, int]) -> None:
        side = (size_wh[0] * size_wh[1]) ** 0.5
        self._draw, self._size_wh = draw, size_wh
        self._line_px = max(1, round(side * _LINE_SHARE))
        self._font, self._is_wide = _load_font(max(9, round(side * _TEXT_SHARE)))

    def box(self, box_xyxy: Sequence[float], color: str) -> None:
        """Draw a box with a thin light rim, so that it shows on any ground."""
        left, top, right, bottom = (round(value) for value in box_xyxy)
        right, bottom = max(left, right - 1), max(top, bottom - 1)
        rim = max(1, self._line_px // 3)
        self._draw.rectangle((left - rim, top - rim, right + rim, bottom + rim), outline=_LIGHT, width=rim)
        self._draw.rectangle((left, top, right, bottom), outline=color, width=self._line_px)

    def outline(self, outline: PosedOutline, color: str) -> None:
        """Draw lines on a light rim, and names at their places."""
        lines = [tuple(line.ravel().tolist()) for line in outline.lines]
        for width, shade in ((self._line_px + 2, _LIGHT), (self._line_px, color)):
            for line in lines:
                self._draw.line(line, fill=shade, width=width)
        for name, x, y in outline.names:
            text = name if self._is_wide else _in_ascii(name)
            self._draw.text((x, y), text, fill=_DARK, font=self._font, anchor="mm", stroke_width=2, stroke_fill=_LIGHT)

    def label(self, box_xyxy: Sequence[float], text: str, color: str) -> None:
        """Write a name above its box, or inside where there is no room; never outside of the picture."""
        text, pad = text if self._is_wide else _in_ascii(text), self._line_px + 1
        left, top, right, bottom = self._draw.textbbox((0, 0), text, font=self._font)
        width, height = right - left + 2 * pad, bottom - top + 2 * pad
        x = max(0, min(round(box_xyxy[0]), self._size_wh[0] - width))
        above = round(box_xyxy[1]) - height
        y = above if above >= 0 else min(max(0, round(box_xyxy[1])), self._size_wh[1] - height)
        self._draw.rectangle((x, y, x + width - 1, y + height - 1), fill=color)
        self._draw.text((x + pad - left, y + pad - top), text, fill=_text_color(color), font=self._font)


@lru_cache(maxsize=32)
def _load_font(size_px: int) -> tuple[Font, bool]:
    """Return a font of this machine, or Pillow's own, and whether it has more than ASCII."""
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size_px), True
        except OSError:
            continue
    return ImageFont.load_default(size_px), False


def _in_ascii(text: str) -> str:
    """Return text without accents; what has no Latin base becomes a question mark."""
    apart = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).encode("ascii", "replace").decode()


def _text_color(color: str) -> str:
    """Return dark or light, whichever contrasts more (WCAG 2.2, relative luminance)."""
    shares = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    luminance = sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return _DARK if luminance > 0.18 else _LIGHT
