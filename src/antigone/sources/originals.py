"""The bytes of a photo, read again from where its source said they lie."""

from __future__ import annotations

import hashlib

from antigone.errors import PhotoError
from antigone.faces.images import ImageLimits, decode
from antigone.failures import FailureCode
from antigone.provenance import Holding, Place
from antigone.settings import Settings
from antigone.sources.remote import read_file
from antigone.types import Uint8Array


def read_original(place: Place, settings: Settings) -> bytes:
    """Return the bytes of a photo from its place. Raises `PhotoError`.

    Whoever shows them compares their hash with the one on record: a file may have changed since.
    """
    if place.holding is Holding.FILE:
        return read_file(place.stored_at, settings)
    if place.holding is Holding.RECORD:
        from antigone.sources.warc import read_from_archive  # loads what takes archives apart

        return read_from_archive(place, settings)
    raise PhotoError(FailureCode.UNREADABLE, f"A {place.holding.value} cannot be read again yet.")


def read_pixels(place: Place, sha256: str, settings: Settings) -> Uint8Array:
    """Return a photo or a frame as it was received: upright (H, W, 3) RGB pixels.

    Raises `PhotoError` as `read_original` and `decode`, and unreadable where something else is there now.
    """
    if place.holding is Holding.FRAME:
        from antigone.sources.video_frames import read_frame  # loads the decoders

        return read_frame(place, sha256, settings)
    data = read_original(place, settings)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise PhotoError(FailureCode.UNREADABLE, "The file has changed since it was imported.")
    return decode(data, ImageLimits.of(settings)).pixels
