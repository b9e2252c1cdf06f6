"""The records of a WARC file (ISO 28500), one after the other, and the places where it is damaged.

FastWARC takes the records apart. What it reads is handed to it part by part (see `warc_bytes`), so that
every record has an exact offset from which it can be read again, and so that damage in one compressed part
ends nothing but that part: reading goes on with the next that can be made out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, HeaderMap, WarcRecord

from antigone.failures import FailureCode
from antigone.sources.warc_bytes import GZIP, Budget, GzipPart, Part, Trouble, part_at

MAX_HEADER_BYTES = 64 << 10
"""Longest header block of a record, and of the HTTP message in it; servers send at most some kilobytes."""

MAX_DAMAGES = 1_000
"""Damaged places of one archive after which the rest of it is left; each costs a search for what follows."""

_NEXT = re.compile(rb"(?<=\n)WARC/\d\.\d{1,2}\r?\n[A-Za-z]|\x1f\x8b\x08")
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_OVERLAP = 32  # bytes, more than `_NEXT` can span
_CHUNK = 256 << 10
_BLANKS = bytes(range(33))  # and control characters, as padding at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a record begins: its offset, and for one amid a compressed part, the offset once inflated."""

    at: int  # bytes from the start of the file, of the record or of the compressed part that holds it
    inflated: int | None = None  # bytes from the start of the inflated file


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A place that could not be read."""

    spot: Spot
    trouble: Trouble


@dataclass(slots=True, kw_only=True)
class Record:
    """One record. Its block can be read until the next one is asked for."""

    spot: Spot
    kind: str  # "response", "resource", "revisit", "request", "warcinfo", ...
    headers: HeaderMap
    uri: str  # the address that it is about; empty where it names none
    length: int  # bytes of its block
    _record: WarcRecord = field(repr=False)
    _taken: int = 0

    def header(self, name: str) -> str:
        """Return the value of a header; empty where there is none."""
        return (self.headers.get(name) or "").strip()

    @property
    def date(self) -> datetime | None:
        """When it was captured, in UTC."""
        return _moment(self.header("WARC-Date"))

    def read(self, size: int) -> bytes:
        """Return up to ``size`` more bytes of the block; fewer only at its end."""
        parts = []
        size = min(size, self.length - self._taken)
        while size > 0 and (part := self._record.reader.read(size)):
            parts.append(part)
            size -= len(part)
            self._taken += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def is_whole(self) -> bool:
        """Pass over what was not read of the block; tell whether all of it was there."""
        self._taken += self._record.reader.consume()
        return self._taken >= self.length


def read_records(source: BinaryIO, budget: Budget, *, start: int = 0) -> Iterator[Record | Damage]:
    """Yield records and damages from the offset ``start`` on, in the order of the file.

    Damage that goes on is told once, where it begins. Never raises for what the file holds, only `OSError`
    where ``source`` cannot be read. It must be able to seek.
    """
    at: int | None = start
    inflated = damages = 0
    sound = True  # something could be read since the last damage
    while at is not None:
        part = part_at(source, at, budget)
        if part is None:
            return
        reading = _Reading(source, part, budget, at=at, inflated=inflated)
        for record in reading.records():
            sound = True
            yield record
        damage = reading.damage
        final = damage is not None and damage.trouble.code in _FINAL
        at = None if final else reading.following()
        inflated += part.given
        if damage is None:
            continue
        if sound and (final or at is not None or not _is_blank(source, damage.spot.at)):
            damages += 1
            yield damage
        sound = False
        if damages == MAX_DAMAGES:
            return


def read_record(source: BinaryIO, budget: Budget, spot: Spot) -> Record | None:
    """Return the record that begins at ``spot``; None where none does.

    One amid a compressed part takes as long as inflating all that lies before it.
    """
    if spot.inflated is None:
        first = next(read_records(source, budget, start=spot.at), None)
        return first if isinstance(first, Record) and first.spot.at == spot.at else None
    for met in read_records(source, budget):
        if isinstance(met, Record) and met.spot.inflated is not None and met.spot.inflated >= spot.inflated:
            return met if met.spot.inflated == spot.inflated else None
    return None


class _Reading:
    """One pass over the records of a part; iterate it once, then see what `damage` there was."""

    def __init__(self, source: BinaryIO, part: Part, budget: Budget, *, at: int, inflated: int) -> None:
        self.damage: Damage | None = None
        self._source = source
        self._budget = budget
        self._part = part
        self._compressed = isinstance(part, GzipPart)
        self._at = at
        self._inflated = inflated
        self._last: Record | None = None

    def records(self) -> Iterator[Record]:
        try:
            for found in ArchiveIterator(
                self._part, parse_http=False, stream_detect=False, max_header_len=MAX_HEADER_BYTES
            ):
                record = self._record(found)
                if self._budget.records == 0:
                    self.damage = Damage(spot=record.spot, trouble=_TOO_MANY)
                    return
                self._budget.records -= 1
                if not record.header("Content-Length"):
                    ended = not self._compressed and self._part.end is not None
                    lacking = _CUT_OFF if ended else _NO_LENGTH
                    self.damage = Damage(spot=record.spot, trouble=self._part.trouble or lacking)
                    return
                yield record
                if not record.is_whole():
                    short = _SHORT if self._compressed else _CUT_OFF
                    self.damage = Damage(spot=record.spot, trouble=self._part.trouble or short)
                    return
                self._last = record
        except OSError:  # FastWARC's word for a header that is none
            begun = _CUT_OFF if self._ends_with_a_beginning() else _NO_RECORD
            trouble: Trouble | None = self._part.trouble or begun
        else:
            trouble = self._part.trouble or (None if self._ends_well() else _CUT_OFF)
        if trouble is not None:
            self.damage = Damage(spot=Spot(at=self._end_of_last()), trouble=trouble)

    def following(self) -> int | None:
        """Return where to go on; None where nothing follows."""
        if self._compressed:
            self._part.drain()
        if self._part.end is not None and (self._compressed or self.damage is None):
            return self._part.end
        if self.damage is None:
            return None
        return _next_start(self._source, self.damage.spot.at + 1, self._budget)

    def _record(self, found: WarcRecord) -> Record:
        within = found.stream_pos
        spot = Spot(at=self._at + within)
        if self._compressed:
            spot = Spot(at=self._at, inflated=self._inflated + within if within else None)
        return Record(
            spot=spot,
            kind=str(found.record_type),
            headers=found.headers,
            uri=_address(found.headers.get("WARC-Target-URI") or ""),
            length=found.content_length,
            _record=found,
        )

    def _ends_well(self) -> bool:
        """Tell whether nothing is left behind the last record; FastWARC takes half a header for the end."""
        return self._compressed or _is_blank(self._source, self._end_of_last())

    def _ends_with_a_beginning(self) -> bool:
        """Tell whether all that is left is the first letters of a record."""
        if self._compressed:
            return False
        self._source.seek(self._end_of_last())
        left = self._source.read(_OVERLAP).lstrip()
        return len(left) < len(b"WARC/1.0\r\n") and b"WARC/".startswith(left[:5])

    def _end_of_last(self) -> int:
        """Return where the block of the last record ends; of a compressed part, its beginning."""
        if self._compressed or self._last is None:
            return self._at
        self._source.seek(self._last.spot.at)
        header = _END_OF_HEADER.search(self._source.read(MAX_HEADER_BYTES))
        return self._last.spot.at + (header.end() if header else 0) + self._last.length


_NO_RECORD = Trouble(code=FailureCode.MATERIAL_DAMAGED, what="is damaged: no record begins where one should")
_SHORT = Trouble(code=FailureCode.MATERIAL_DAMAGED, what="is damaged: a record is shorter than it says")
_NO_LENGTH = Trouble(
    code=FailureCode.MATERIAL_DAMAGED, what="is damaged: a record does not say how long it is"
)
_CUT_OFF = Trouble(code=FailureCode.MATERIAL_CUT_OFF, what="ends within a record")
_TOO_MANY = Trouble(
    code=FailureCode.MATERIAL_TOO_LARGE,
    what="holds more records than may be read of one archive (ANTIGONE_MAX_ARCHIVE_RECORDS)",
)
_FINAL = frozenset((FailureCode.MATERIAL_TOO_LARGE, FailureCode.UNREADABLE))


def _next_start(source: BinaryIO, start: int, budget: Budget) -> int | None:
    """Return where the next record, or compressed part with one, begins at or after ``start``."""
    begin = max(start - 1, 0)  # the end of the line before is part of the mark
    source.seek(begin)
    held = b""
    while (chunk := source.read(_CHUNK)) and budget.spend(len(chunk)) is None:
        held += chunk
        looked_at = False
        for mark in _NEXT.finditer(held):
            at = begin + mark.start()
            if at < start or mark.end() == len(held):
                continue
            if mark[0] != GZIP or _holds_records(source, at):
                return at
            looked_at = True
        kept = held[-_OVERLAP:]
        begin, held = begin + len(held) - len(kept), kept
        if looked_at:  # otherwise the source stands there, and going back may be costly
            source.seek(begin + len(kept))
    return None


def _holds_records(source: BinaryIO, at: int) -> bool:
    """Tell whether a compressed part begins there, and not just three bytes of a picture."""
    part = part_at(source, at, Budget(inflated_bytes=_CHUNK, records=0))
    return part is not None and part.read(5) == b"WARC/"


def _is_blank(source: BinaryIO, at: int) -> bool:
    source.seek(at)
    while chunk := source.read(_CHUNK):
        if chunk.strip(_BLANKS):
            return False
    return True


def _address(uri: str) -> str:
    uri = uri.strip()
    return uri[1:-1] if uri.startswith("<") and uri.endswith(">") else uri  # as older wget writes it


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
