"""The facts that matter from EXIF metadata: which way is up, when and where the photo was taken, by what.

A reader of its own, because EXIF in the wild is often damaged: libraries answer that with warnings, which
cannot be silenced safely in one thread of many. Whatever is damaged here simply is not known. The tags are
those of EXIF 2.32 (CIPA DC-008).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from antigone.evidence import Block, Camera, Description, Position
from antigone.faces.texts import MAX_TEXT, distinct
from antigone.faces.tiff import Tiff

_ORIENTATION = 0x0112
_IMAGE_DESCRIPTION, _MAKE, _MODEL, _SOFTWARE = 0x010E, 0x010F, 0x0110, 0x0131
_ARTIST, _COPYRIGHT = 0x013B, 0x8298
_EXIF_DIRECTORY, _GPS_DIRECTORY = 0x8769, 0x8825
_DATE_TIME_ORIGINAL, _OFFSET_TIME_ORIGINAL, _BODY_SERIAL_NUMBER = 0x9003, 0x9011, 0xA431
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_ALTITUDE_REF, _ALTITUDE, _GPS_TIME, _GPS_DATE = 5, 6, 7, 29
_BELOW_SEA_LEVEL = 1
_LOWEST, _HIGHEST = -1_000, 100_000  # metres; the Dead Sea lies at -430, and no camera flies higher

_MOMENT = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_DATE = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExifFacts:
    """What was found; the defaults stand for anything missing or damaged."""

    orientation: int = 1  # 1 to 8, as in EXIF: 1 is upright
    captured_at: datetime | None = None  # naive where no offset is given
    block: Block | None = None  # everything else


def read_exif(block: bytes) -> ExifFacts:
    """Read an EXIF block, with or without its ``Exif`` prefix; damage of any kind gives the defaults."""
    if not block:
        return ExifFacts()
    tiff = Tiff.of(block[6:] if block.startswith(b"Exif\0") else block)
    if tiff is None:
        return ExifFacts()
    main = tiff.main()
    inner = tiff.directory(tiff.number(main.get(_EXIF_DIRECTORY)))
    orientation = tiff.number(main.get(_ORIENTATION))
    return ExifFacts(
        orientation=orientation if orientation and 1 <= orientation <= 8 else 1,
        captured_at=_moment(
            tiff.text(inner.get(_DATE_TIME_ORIGINAL)), tiff.text(inner.get(_OFFSET_TIME_ORIGINAL))
        ),
        block=Block(
            camera=_camera(tiff, main, inner),
            position=_position(tiff, tiff.directory(tiff.number(main.get(_GPS_DIRECTORY)))),
            description=_description(tiff, main),
        ),
    )


def _camera(tiff: Tiff, main: dict[int, int], inner: dict[int, int]) -> Camera | None:
    camera = Camera(
        make=tiff.text(main.get(_MAKE)),
        model=tiff.text(main.get(_MODEL)),
        serial=tiff.text(inner.get(_BODY_SERIAL_NUMBER)),
        software=tiff.text(main.get(_SOFTWARE)),
    )
    return None if camera == Camera() else camera


def _description(tiff: Tiff, main: dict[int, int]) -> Description | None:
    caption, artist, rights = (
        tiff.text(main.get(tag), most=MAX_TEXT) for tag in (_IMAGE_DESCRIPTION, _ARTIST, _COPYRIGHT)
    )
    description = Description(caption=caption, creators=distinct((artist or "").split(";")), rights=rights)
    return None if description == Description() else description


# ---- where -----------------------------------------------------------------------------------------------


def _position(tiff: Tiff, entries: dict[int, int]) -> Position | None:
    """Return the position; None where a part is missing, so that no hemisphere is ever guessed."""
    if not entries:
        return None
    latitude = _degrees(tiff, entries, _LATITUDE, signs={"N": 1, "S": -1}, most=90)
    longitude = _degrees(tiff, entries, _LONGITUDE, signs={"E": 1, "W": -1}, most=180)
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None  # where Guinea's Gulf meets the equator: what receivers without a fix write
    return Position(
        latitude=latitude,
        longitude=longitude,
        altitude=_altitude(tiff, entries),
        at=_satellite_time(tiff, entries),
    )


def _degrees(
    tiff: Tiff, entries: dict[int, int], tag: int, *, signs: dict[str, int], most: int
) -> float | None:
    """Read degrees, minutes and seconds; the tag before ``tag`` says on which side of the line."""
    parts = tiff.rationals(entries.get(tag), 3)
    sign = signs.get((tiff.text(entries.get(tag - 1)) or "").upper())
    if parts is None or sign is None:
        return None
    degrees, minutes, seconds = parts
    if minutes > 60 or seconds > 60:  # not "60 and more": programs round 59.9999 up
        return None
    total = degrees + minutes / 60 + seconds / 3600
    return round(sign * total, 7) if total <= most else None


def _altitude(tiff: Tiff, entries: dict[int, int]) -> float | None:
    found = tiff.rationals(entries.get(_ALTITUDE), 1)
    if found is None:
        return None
    below = tiff.number(entries.get(_ALTITUDE_REF)) == _BELOW_SEA_LEVEL
    altitude = round(-found[0] if below else found[0], 2)
    return altitude if _LOWEST <= altitude <= _HIGHEST else None


def _satellite_time(tiff: Tiff, entries: dict[int, int]) -> datetime | None:
    date = _DATE.fullmatch(tiff.text(entries.get(_GPS_DATE)) or "")
    clock = tiff.rationals(entries.get(_GPS_TIME), 3)
    if date is None or clock is None or clock[0] >= 24 or clock[1] >= 60 or clock[2] >= 61:
        return None
    hours, minutes, seconds = clock
    try:
        day = datetime(int(date[1]), int(date[2]), int(date[3]), tzinfo=UTC)
        return day + timedelta(hours=hours, minutes=minutes, seconds=round(seconds, 3))
    except (ValueError, OverflowError):
        return None


# ---- when ------------------------------------------------------------------------------------------------


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
