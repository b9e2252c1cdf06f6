"""Uploaded photos: read within the limits of every photo, whatever the client says of them."""

from __future__ import annotations

from fastapi import UploadFile

from antigone.errors import PhotoError
from antigone.faces.images import ImageLimits
from antigone.types import FailureCode


def read_upload(upload: UploadFile, limits: ImageLimits) -> bytes:
    """Return the bytes of an upload. Raises `PhotoError` for an empty one and one beyond the limit."""
    data = upload.file.read(limits.max_file_bytes + 1)
    if not data:
        raise PhotoError(FailureCode.EMPTY, "The upload is empty.")
    if len(data) > limits.max_file_bytes:
        raise PhotoError(
            FailureCode.FILE_TOO_LARGE, f"The upload is larger than {limits.max_file_bytes:,} bytes."
        )
    return data
