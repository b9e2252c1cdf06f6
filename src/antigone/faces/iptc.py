"""What IPTC metadata says of a photo: the datasets of IIM 4.2 inside Photoshop's resource blocks of a JPEG.

Bounded and forgiving: reading ends at the first damage, and what was read before stays.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import datetime

from antigone.evidence import Block, Description
from antigone.faces.texts import MAX_ITEMS, MAX_TEXT, decoded, distinct

PHOTOSHOP = b"Photoshop 3.0\0"
"""How the segment of a JPEG begins that holds the resource blocks."""

_SIGNATURE = b"8BIM"
_IPTC_RESOURCE = 0x0404
_DATASET = 0x1C
_APPLICATION = 2  # record of IIM
_TITLE, _KEYWORD, _CREATED, _CREATED_TIME, _BY_LINE, _RIGHTS, _CAPTION = 5, 25, 55, 60, 80, 116, 120
_WANTED = frozenset((_TITLE, _KEYWORD, _CREATED, _CREATED_TIME, _BY_LINE, _RIGHTS, _CAPTION))
_MOMENT = re.compile(r"(\d{8})(?:(\d{6})([+-]\d{4})?)?")


def read_iptc(resources: bytes) -> Block | None:
    """Read resource blocks, without `PHOTOSHOP`; None where they say nothing of what is wanted."""
    texts: dict[int, list[str]] = {}
    for record, number, content in _datasets(_resource(resources)):
        if record == _APPLICATION and number in _WANTED:
            found = texts.setdefault(number, [])
            if len(found) < MAX_ITEMS:
                # Whatever character set the envelope names: programs write UTF-8 without saying so.
                found.append(decoded(content))
    description = Description(
        title=_first(texts, _TITLE),
        caption=_first(texts, _CAPTION),
        keywords=distinct(texts.get(_KEYWORD, ())),
        creators=distinct(texts.get(_BY_LINE, ())),
        rights=_first(texts, _RIGHTS),
    )
    block = Block(
        description=None if description == Description() else description,
        created_at=_moment((_first(texts, _CREATED) or "") + (_first(texts, _CREATED_TIME) or "")),
    )
    return None if block == Block() else block


def _resource(blocks: bytes) -> bytes:
    """Return the content of the block that holds IPTC."""
    at = 0
    while blocks[at : at + 4] == _SIGNATURE and at + 12 <= len(blocks):
        (number,) = struct.unpack_from(">H", blocks, at + 4)
        name = 1 + blocks[at + 6]  # a length and that many characters, padded to an even number
        start = at + 6 + name + (name & 1) + 4
        if start > len(blocks):
            break
        (size,) = struct.unpack_from(">I", blocks, start - 4)
        if number == _IPTC_RESOURCE:
            return blocks[start : start + size]
        at = start + size + (size & 1)
    return b""


def _datasets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 5 <= len(data) and data[at] == _DATASET:
        record, number, size = struct.unpack_from(">BBH", data, at + 1)
        if size & 0x8000:  # an extended dataset: for pictures within, none of what is wanted
            return
        yield record, number, data[at + 5 : at + 5 + min(size, 4 * MAX_TEXT)]
        at += 5 + size


def _first(texts: dict[int, list[str]], number: int) -> str | None:
    return next(filter(None, texts.get(number, ())), None)


def _moment(text: str) -> datetime | None:
    found = _MOMENT.fullmatch(text)
    if not found or not found[2]:  # a day alone is no moment
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S%z" if found[3] else "%Y%m%d%H%M%S")
    except ValueError:
        return None
