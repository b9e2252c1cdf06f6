"""The pictures of a sheet: a face cut out with some of its surroundings, and where it is in its photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from antigone.errors import PhotoError
from antigone.faces.images import decode
from antigone.identify.sheet.fonts import Letters
from antigone.printable import printable
from antigone.sources.originals import read_pixels
from antigone.types import Box, Candidate, Uint8Array

if TYPE_CHECKING:
    from antigone.faces.images import ImageLimits
    from antigone.records import ReferenceRecord
    from antigone.settings import Settings

FACE_SIDE = 480  # pixels of a face picture, sharp at twice the size it is shown at
WHOLE_SIDE = 160  # longest side of the small picture of the whole photo
PHOTO_SIDE = 1_544  # longest side of a photo whose faces are to be chosen from
SURROUNDINGS = 1.9  # side of the cut-out, in sides of the face's box: hair, ears and chin help people compare
WHOLE_BELOW = 0.45  # the whole photo is shown too when the cut-out is less than this share of it
LINE = (255, 214, 64)  # neither green nor red: a box is no verdict
LINE_EDGE = (24, 24, 27)
GROUND = (228, 228, 231)  # where a cut-out reaches over the edge of its photo


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """What to show of a face, or why there is nothing to show."""

    face: Image.Image | None  # with the box drawn
    whole: Image.Image | None = None  # the whole photo, small, where the face is a small part of it
    missing: str = ""  # the reason, when ``face`` is None


def pixels_of(content: bytes | Uint8Array, limits: ImageLimits) -> Uint8Array:
    """Decode a photo that was analysed before to (H, W, 3) uint8 RGB, upright."""
    return content if isinstance(content, np.ndarray) else decode(content, limits).pixels


def picture_of_reference(
    shown: Candidate | ReferenceRecord, settings: Settings, *, whole_photo: bool = False
) -> Picture:
    """Show a reference from where its original lies, provided it is still what was imported.

    With ``whole_photo`` it is the whole photo, scaled down, with the face's box, not the face cut out.
    """
    stored_at = shown.place.stored_at
    if stored_at.lower().startswith(("http://", "https://")):
        return Picture(face=None, missing="the original lies at a web address, which a sheet never opens")
    if "://" not in stored_at and not Path(stored_at).exists():
        return Picture(face=None, missing="file no longer at its place")
    try:
        pixels = read_pixels(shown.place, shown.photo, settings)
    except PhotoError as error:
        return Picture(face=None, missing=printable(error.failure.message))
    if not whole_photo:
        return picture_of_face(pixels, shown.box)
    photo, scale = _shrunk(pixels, PHOTO_SIDE)
    draw_box(photo, _scaled(shown.box, scale), line=3)
    return Picture(face=photo)


def picture_of_face(pixels: Uint8Array, box: Box, *, with_whole: bool = True) -> Picture:
    """Cut the face out as a square with some of its surroundings and mark its box.

    ``with_whole`` adds the whole photo, small, where the face is a small part of it.
    """
    height, width = pixels.shape[:2]
    side = min(SURROUNDINGS * max(box.w, box.h), max(width, height))
    left = _shifted(box.x + box.w / 2 - side / 2, side, width)
    top = _shifted(box.y + box.h / 2 - side / 2, side, height)
    face = _cut(pixels, left, top, side)
    scale = FACE_SIDE / side
    draw_box(face, Box((box.x - left) * scale, (box.y - top) * scale, box.w * scale, box.h * scale), line=5)
    whole = None
    if with_whole and side * side < WHOLE_BELOW * width * height:
        whole, shrink = _shrunk(pixels, WHOLE_SIDE)
        draw_box(whole, _scaled(box, shrink), line=3)
    return Picture(face=face, whole=whole)


def picture_of_photo(pixels: Uint8Array, boxes: Sequence[Box]) -> Picture:
    """Show a whole photo with its faces numbered from 1."""
    photo, scale = _shrunk(pixels, PHOTO_SIDE)
    for number, box in enumerate(boxes, 1):
        draw_box(photo, _scaled(box, scale), line=3, label=str(number))
    return Picture(face=photo)


def draw_box(image: Image.Image, box: Box, *, line: int, label: str = "") -> None:
    """Draw a box that stands out on light and on dark ground, with a label at its upper left corner."""
    draw = ImageDraw.Draw(image)
    corners = (box.x, box.y, max(box.x + box.w, box.x + 1), max(box.y + box.h, box.y + 1))
    wider = (corners[0] - 1, corners[1] - 1, corners[2] + 1, corners[3] + 1)
    draw.rectangle(wider, outline=LINE_EDGE, width=1)
    draw.rectangle(corners, outline=LINE, width=line)
    if label:
        text = Letters(max(15, min(30, int(box.h / 3))), 700).picture(label)
        wide, high = text.width + 12, text.height
        x, y = round(max(box.x, 0)), round(box.y - high if box.y >= high else max(box.y, 0))
        draw.rectangle((x - 1, y - 1, x + wide, y + high), fill=LINE, outline=LINE_EDGE)
        image.paste(LINE_EDGE, (x + 6, y), text)


def _shifted(start: float, side: float, length: int) -> float:
    """Move a cut of ``side`` into a photo of ``length``, centred where it is too long for it."""
    if side >= length:
        return (length - side) / 2
    return min(max(start, 0.0), length - side)


def _cut(pixels: Uint8Array, left: float, top: float, side: float) -> Image.Image:
    height, width = pixels.shape[:2]
    x0, y0 = max(int(left), 0), max(int(top), 0)
    x1, y1 = min(int(np.ceil(left + side)), width), min(int(np.ceil(top + side)), height)
    scale = FACE_SIDE / side
    part = Image.fromarray(np.ascontiguousarray(pixels[y0:y1, x0:x1]))
    size = (max(round((x1 - x0) * scale), 1), max(round((y1 - y0) * scale), 1))
    ground = Image.new("RGB", (FACE_SIDE, FACE_SIDE), GROUND)
    ground.paste(
        part.resize(size, Image.Resampling.LANCZOS), (round((x0 - left) * scale), round((y0 - top) * scale))
    )
    return ground


def _shrunk(pixels: Uint8Array, longest: int) -> tuple[Image.Image, float]:
    height, width = pixels.shape[:2]
    scale = min(longest / max(width, height), 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0), scale


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x * scale, box.y * scale, box.w * scale, box.h * scale)
