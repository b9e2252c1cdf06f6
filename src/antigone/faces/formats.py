"""What a photo file is, by its first bytes: one of the four formats that are read, or a helpful word."""

from __future__ import annotations

from typing import Literal

from antigone.errors import PhotoError
from antigone.types import FailureCode

Format = Literal["JPEG", "PNG", "WEBP", "GIF"]

_CONVERT = "Convert it to JPEG, PNG or WebP and try again."
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"II*\0", "a TIFF or camera raw picture", _CONVERT),
    (b"MM\0*", "a TIFF or camera raw picture", _CONVERT),
    (b"BM", "a BMP picture", _CONVERT),
    (b"8BPS", "a Photoshop document", _CONVERT),
    (b"\0\0\x01\0", "an icon", _CONVERT),
    (b"\xff\x0a", "a JPEG XL picture", _CONVERT),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture", _CONVERT),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", _CONVERT),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture", _CONVERT),
    (b"%PDF", "a PDF document", "Extract the photos from it first."),
    (b"\x1aE\xdf\xa3", "a video (Matroska or WebM)", "Extract still frames from it first."),
    (b"PK\x03\x04", "a ZIP archive or an office document", "Unpack it first."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
)
# Lengths of a BMP's second header, little-endian; the letters alone also begin words.
_BMP_HEADERS = frozenset(length.to_bytes(4, "little") for length in (12, 40, 52, 56, 64, 108, 124))
_BRANDS: tuple[tuple[frozenset[bytes], str, str], ...] = (  # of ISO base media files, after "ftyp"
    (frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")), "a HEIC picture", _CONVERT),
    (frozenset((b"avif", b"avis")), "an AVIF picture", _CONVERT),
    (frozenset((b"crx ",)), "a camera raw picture", _CONVERT),
)
_MARKUP: tuple[tuple[bytes, str, str], ...] = (
    (b"<svg", "an SVG drawing", "Draw it into a PNG first, if it holds a photo."),
    (b"<!doctype html", "a web page", "The download of the photo probably failed."),
    (b"<html", "a web page", "The download of the photo probably failed."),
)


def recognise(data: bytes) -> Format:
    """Return the format of the file by its content; its name plays no part.

    Raises ``PhotoError`` (unsupported-format) that names what the file is where that can be told.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    kind, hint = _name(data)
    raise PhotoError(
        FailureCode.UNSUPPORTED_FORMAT,
        f"The file is {kind}; only JPEG, PNG, WebP and GIF photos are read.",
        hint=hint,
    )


def is_picture(data: bytes) -> bool:
    """Tell by the first bytes whether a file is a picture of pixels, in a format that is read or in another.

    Drawings and icons are none.
    """
    try:
        recognise(data)
    except PhotoError:
        return _name(data)[0].endswith("picture") and (data[:2] != b"BM" or data[14:18] in _BMP_HEADERS)
    return True


def _name(data: bytes) -> tuple[str, str]:
    if data[4:8] == b"ftyp":
        for brands, kind, hint in _BRANDS:
            if data[8:12] in brands:
                return kind, hint
        return "a video (MP4 or QuickTime)", "Extract still frames from it first."
    for start, kind, hint in _STARTS:
        if data.startswith(start):
            return kind, hint
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for tag, kind, hint in _MARKUP:
        if head.startswith(tag) or (tag == b"<svg" and head.startswith(b"<?xml") and tag in head):
            return kind, hint
    if _is_text(data[:1024]):
        return "text, whatever its name says", "Check where it came from."
    return "of an unknown kind", _CONVERT


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # otherwise only the last character is cut
            return False
        text = start[: error.start].decode("utf-8")
    return all(character.isprintable() or character.isspace() for character in text)
