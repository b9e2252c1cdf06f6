"""The one door for photos: bytes or a file in, upright RGB pixels and facts out, everything bounded.

Nothing is believed: the format comes from the content, sizes are checked before a pixel is decoded, and
every way in which a photo can be bad ends in one ``PhotoError`` with a typed code and a sentence for a
person. Safe to call from many threads at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from antigone.errors import PhotoError, UsageError
from antigone.faces import reading
from antigone.faces.codecs import decode_pixels
from antigone.faces.containers import read_header
from antigone.faces.exif import read_exif
from antigone.faces.formats import recognise
from antigone.faces.metadata import read_evidence
from antigone.faces.phash import perceptual_hash
from antigone.settings import Settings
from antigone.types import FailureCode, PhotoFacts, Uint8Array

__all__ = [
    "DecodedPhoto",
    "ImageLimits",
    "check_size",
    "decode",
    "from_pixels",
    "perceptual_hash",
    "read_bounded",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLimits:
    """What a photo may cost."""

    max_file_bytes: int
    max_pixels: int
    max_side: int  # pixels

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take the limits from the settings."""
        return cls(
            max_file_bytes=settings.max_file_bytes, max_pixels=settings.max_pixels, max_side=settings.max_side
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecodedPhoto:
    """A photo as a person sees it."""

    pixels: Uint8Array = field(repr=False)  # (H, W, 3) RGB, C-contiguous, EXIF orientation applied
    facts: PhotoFacts


def read_bounded(path: Path, limits: ImageLimits) -> bytes:
    """Return the bytes of a photo file, without waiting on pipes or reading beyond the limit.

    Raises ``PhotoError`` (unreadable, link-loop, empty-file, file-too-large).
    """
    return reading.read_bounded(path, limits.max_file_bytes)


def decode(photo: Path | bytes, limits: ImageLimits) -> DecodedPhoto:
    """Decode a JPEG, PNG, WebP or GIF photo, or the first frame of an animated one, at its full size.

    Transparent pixels show a mid grey behind them. Raises ``PhotoError``; besides the codes of
    ``read_bounded``: unsupported-format, too-many-pixels, cannot-parse.
    """
    data = photo if isinstance(photo, bytes) else read_bounded(photo, limits)
    if not data:
        raise reading.empty()
    if len(data) > limits.max_file_bytes:
        raise reading.too_large(len(data), limits.max_file_bytes)
    header = read_header(data, recognise(data))
    check_size(header.width, header.height, limits)
    exif = read_exif(header.exif)
    try:
        pixels = _upright(decode_pixels(header), exif.orientation)
    except MemoryError as error:
        raise PhotoError(
            FailureCode.TOO_MANY_PIXELS,
            f"The photo has {header.width:,} x {header.height:,} pixels, more than fit into memory now.",
        ) from error
    height, width = pixels.shape[:2]
    return DecodedPhoto(
        pixels=pixels,
        facts=PhotoFacts(
            width=width,
            height=height,
            format=header.format,
            perceptual_hash=perceptual_hash(pixels),
            captured_at=exif.captured_at,
            evidence=read_evidence(header, exif),
        ),
    )


def from_pixels(pixels: Uint8Array, limits: ImageLimits) -> DecodedPhoto:
    """Take (H, W, 3) uint8 RGB pixels that a program already holds for a photo.

    Raises ``UsageError`` for any other shape or type and ``PhotoError`` (too-many-pixels).
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise UsageError(f"pixels must be (H, W, 3) uint8 RGB, not {pixels.shape} {pixels.dtype}")
    height, width = pixels.shape[:2]
    check_size(width, height, limits)
    pixels = np.ascontiguousarray(pixels)
    facts = PhotoFacts(
        width=width, height=height, format="RAW", perceptual_hash=perceptual_hash(pixels), captured_at=None
    )
    return DecodedPhoto(pixels=pixels, facts=facts)


def check_size(width: int, height: int, limits: ImageLimits) -> None:
    """Raise `PhotoError` (too-many-pixels) for a picture that is larger than the limits allow."""
    shown = f"The photo has {width:,} x {height:,} pixels"
    if max(width, height) > limits.max_side:
        raise PhotoError(
            FailureCode.TOO_MANY_PIXELS,
            f"{shown}; the longest side allowed is {limits.max_side:,}.",
            hint="Raise ANTIGONE_MAX_SIDE if photos of this size are expected.",
        )
    if width * height > limits.max_pixels:
        raise PhotoError(
            FailureCode.TOO_MANY_PIXELS,
            f"{shown}; at most {limits.max_pixels:,} in all are allowed.",
            hint="Raise ANTIGONE_MAX_PIXELS if photos of this size are expected.",
        )


def _upright(pixels: Uint8Array, orientation: int) -> Uint8Array:
    """Undo an EXIF orientation: 2, 4, 5 and 7 are mirrored, the others only turned."""
    match orientation:
        case 2:
            turned = cv2.flip(pixels, 1)
        case 3:
            turned = cv2.rotate(pixels, cv2.ROTATE_180)
        case 4:
            turned = cv2.flip(pixels, 0)
        case 5:
            turned = cv2.transpose(pixels)
        case 6:
            turned = cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE)
        case 7:
            turned = cv2.flip(cv2.transpose(pixels), -1)
        case 8:
            turned = cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)
        case _:
            turned = pixels
    return np.ascontiguousarray(turned)
