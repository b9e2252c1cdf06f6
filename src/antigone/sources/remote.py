"""Files that hold photos, opened for reading wherever they lie."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from antigone.errors import PhotoError
from antigone.faces.reading import open_regular
from antigone.failures import FailureCode
from antigone.settings import Settings


def open_material(stored_at: str, settings: Settings) -> BinaryIO:
    """Open an archive, a video or a manifest, by absolute path or URL, for reading; it can seek.

    Raises `PhotoError` (unreadable, link-loop, not-allowed) where it cannot be opened; reading raises
    `OSError` with a sentence for a person where the connection fails later. Close it after use.
    """
    if "://" in stored_at:
        raise PhotoError(FailureCode.UNREADABLE, "URLs cannot be read yet.")
    return open_regular(Path(stored_at))
