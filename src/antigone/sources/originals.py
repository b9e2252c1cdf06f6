"""The bytes of a photo, read again from where its source said they lie."""

from __future__ import annotations

from antigone.errors import PhotoError
from antigone.failures import FailureCode
from antigone.provenance import Holding, Place
from antigone.settings import Settings
from antigone.sources.remote import read_file


def read_original(place: Place, settings: Settings) -> bytes:
    """Return the bytes of a photo from its place. Raises `PhotoError`.

    Whoever shows them compares their hash with the one on record: a file may have changed since.
    """
    if place.holding is Holding.FILE:
        return read_file(place.stored_at, settings)
    raise PhotoError(FailureCode.UNREADABLE, f"A {place.holding.value} cannot be read again yet.")
