"""The few facts that matter from EXIF metadata: which way is up, and when the photo was taken.

A reader of its own, because EXIF in the wild is often damaged: libraries answer that with warnings, which
cannot be silenced safely in one thread of many. Whatever is damaged here simply is not known. The layout is
that of TIFF 6.0 (a byte-order mark, then directories of 12-byte entries); the tags are those of EXIF 2.32
(CIPA DC-008).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

_ORIENTATION = 0x0112
_EXIF_DIRECTORY = 0x8769
_DATE_TIME_ORIGINAL = 0x9003
_OFFSET_TIME_ORIGINAL = 0x9011

_ASCII, _SHORT, _LONG = 2, 3, 4
_ENTRY = 12
_MAX_ENTRIES = 1_000  # of one directory; cameras write fewer than a hundred
_MAX_TEXT = 64

_MOMENT = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExifFacts:
    """What was found; the defaults stand for anything missing or damaged."""

    orientation: int = 1  # 1 to 8, as in EXIF: 1 is upright
    captured_at: datetime | None = None  # naive where no offset is given


def read_exif(block: bytes) -> ExifFacts:
    """Read an EXIF block, with or without its ``Exif`` prefix; damage of any kind gives the defaults."""
    tiff = block[6:] if block.startswith(b"Exif\0") else block
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return ExifFacts()
    main = _directory(tiff, order, struct.unpack_from(order + "I", tiff, 4)[0])
    orientation = _number(tiff, order, main.get(_ORIENTATION))
    inner_at = _number(tiff, order, main.get(_EXIF_DIRECTORY))
    inner = _directory(tiff, order, inner_at) if inner_at else {}
    return ExifFacts(
        orientation=orientation if orientation and 1 <= orientation <= 8 else 1,
        captured_at=_moment(
            _text(tiff, order, inner.get(_DATE_TIME_ORIGINAL)),
            _text(tiff, order, inner.get(_OFFSET_TIME_ORIGINAL)),
        ),
    )


def _directory(tiff: bytes, order: str, offset: int) -> dict[int, int]:
    """Return where the entry of each tag starts, for the entries that lie inside the block."""
    if offset + 2 > len(tiff):
        return {}
    (count,) = struct.unpack_from(order + "H", tiff, offset)
    inside = (len(tiff) - offset - 2) // _ENTRY
    starts = (offset + 2 + _ENTRY * i for i in range(min(count, inside, _MAX_ENTRIES)))
    return {struct.unpack_from(order + "H", tiff, start)[0]: start for start in starts}


def _number(tiff: bytes, order: str, entry: int | None) -> int | None:
    if entry is None:
        return None
    (kind,) = struct.unpack_from(order + "H", tiff, entry + 2)
    layout = {_SHORT: "H", _LONG: "I"}.get(kind)
    return int(struct.unpack_from(order + layout, tiff, entry + 8)[0]) if layout else None


def _text(tiff: bytes, order: str, entry: int | None) -> str | None:
    if entry is None:
        return None
    kind, count = struct.unpack_from(order + "HI", tiff, entry + 2)
    if kind != _ASCII:
        return None
    at = entry + 8 if count <= 4 else struct.unpack_from(order + "I", tiff, entry + 8)[0]
    return tiff[at : at + min(count, _MAX_TEXT)].split(b"\0")[0].decode("ascii", "replace").strip()


def _moment(text: str | None, offset: str | None) -> datetime | None:
    found = _MOMENT.match(text or "")
    if not found:
        return None
    try:
        moment = datetime(*map(int, found.groups()))  # type: ignore[arg-type]
    except ValueError:  # the thirtieth of February, or the zeros of an unset clock
        return None
    zone = _OFFSET.fullmatch(offset or "")
    if not zone:
        return moment
    distance = timedelta(hours=int(zone[2]), minutes=int(zone[3]))
    if distance > timedelta(hours=14):  # no place on Earth is further from UTC
        return moment
    return moment.replace(tzinfo=timezone(distance if zone[1] == "+" else -distance))
