"""Why a photo gave no template, as data. Apart from the other types, so that errors need no numpy to load."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FailureCode(StrEnum):
    """Why a photo gave no template. The families are those of NIST FRVT 1:N return codes."""

    UNREADABLE = "unreadable"  # the file cannot be opened: permission, vanished, I/O error
    EMPTY = "empty-file"
    UNSUPPORTED_FORMAT = "unsupported-format"  # not JPEG, PNG, WebP or GIF by content
    CANNOT_PARSE = "cannot-parse"  # damaged or truncated image data
    FILE_TOO_LARGE = "file-too-large"
    TOO_MANY_PIXELS = "too-many-pixels"
    LINK_LOOP = "link-loop"
    NOT_ALLOWED = "not-allowed"  # reading from that place is not allowed: see docs/sources.md
    ROW_UNREADABLE = "row-unreadable"  # a row of a manifest that cannot be understood
    ROW_WITHOUT_PHOTO = "row-without-photo"  # a row of a manifest that names no photo
    NOT_A_MANIFEST = "not-a-manifest"  # a file that was named as one, without a column of photos
    MATERIAL_DAMAGED = "material-damaged"  # a manifest or archive that is damaged here
    MATERIAL_CUT_OFF = "material-cut-off"  # an archive that ends in the middle of something
    MATERIAL_TOO_LARGE = "material-too-large"  # an archive with more than may be read of one
    ORIGINAL_MISSING = "original-missing"  # a record that refers to an earlier one which its archive lacks
    NO_VIDEO = "no-video"  # a file of sound, or of pictures that are no video
    VIDEO_TOO_LONG = "video-too-long"
    FACE_NOT_DETECTED = "face-not-detected"
    EXTRACTION_FAILED = "extraction-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One photo that gave no template, as data: a code to count and a sentence to read."""

    code: FailureCode
    message: str
