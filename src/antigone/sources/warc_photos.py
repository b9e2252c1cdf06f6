"""The second reading of an archive: each picture as an offer, with all that the archive says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from antigone.errors import PhotoError
from antigone.faces.reading import empty, too_large
from antigone.failures import Failure, FailureCode
from antigone.printable import printable
from antigone.provenance import Holding, Place, Provenance
from antigone.settings import Settings
from antigone.sources.offer import Aside, Offer
from antigone.sources.pages_notes import PageNotes
from antigone.sources.urls import without_secrets
from antigone.sources.walk import Found
from antigone.sources.warc_bytes import Budget
from antigone.sources.warc_payload import Body, Message, check_digest
from antigone.sources.warc_records import Damage, Record, Spot, read_record, read_records
from antigone.sources.warc_survey import Content, content_of, first_look, read_picture

INFLATED = "@inflated"
"""Ends the name of a place's member where its position is one in the inflated file: of a record amid a
compressed part, as in a WARC file that was compressed as a whole."""

_MAX_ATTRIBUTE = 1_000  # characters


class Photos:
    """Makes the offers of one archive. ``names`` are those of its WARC files, None outside a package."""

    def __init__(
        self, found: Found, names: tuple[str | None, ...], notes: PageNotes, settings: Settings
    ) -> None:
        self._found = found
        self._names = names
        self._notes = notes
        self._settings = settings

    def read(self, source: BinaryIO, file: int, budget: Budget) -> Iterator[tuple[int, Offer | Aside | None]]:
        """Yield what the WARC file with the number ``file`` holds, and how many of its bytes lie behind."""
        for met in read_records(source, budget):
            if isinstance(met, Damage):
                yield met.spot.at, self.damaged(file, met)
            elif met.kind in ("response", "resource"):
                yield met.spot.at, self._picture(met, file)
            elif met.kind == "revisit":
                yield met.spot.at, self._revisit(met, file)
            else:
                yield met.spot.at, None

    def damaged(self, file: int, damage: Damage) -> Offer:
        """Return the failure of a damaged place."""
        place = self._place(file, damage.spot)
        failure = Failure(
            code=damage.trouble.code,
            message=f"The archive {damage.trouble.what} (at byte {damage.spot.at:,}).",
        )
        return self._offer(self._location(file, "damage", damage.spot.at), place, failure=failure)

    def _picture(self, record: Record, file: int) -> Offer | Aside | None:
        message = first_look(record)
        content = content_of(message)
        if content is Content.ASIDE:
            return Aside(location=self._location_of(record, file))
        if content is not Content.PICTURE:
            return None
        message, body = read_picture(record, message, self._settings)
        failure = _failure(record, message, body, self._settings)
        if failure is None and len(message.block) < record.length:
            return None  # cut off: the damage follows
        outcome = None if failure else check_digest(record, message, body).value
        about = {**_about(record, message), **({"digest-check": outcome} if outcome else {})}
        return self._offer(
            self._location_of(record, file),
            self._place(file, record.spot),
            record=record,
            attributes=about,
            data=None if failure else body.data,
            failure=failure,
        )

    def _revisit(self, record: Record, file: int) -> Offer | None:
        """Offer the bytes of an earlier record for a later visit that found the same."""
        message = first_look(record)
        about = _about(record, message)
        where = self._notes.original(
            record_id=record.header("WARC-Refers-To"),
            url=record.header("WARC-Refers-To-Target-URI").strip("<>") or record.uri,
            date=record.header("WARC-Refers-To-Date"),
            digest=record.header("WARC-Payload-Digest").lower(),
        )
        location, place, failure = self._location_of(record, file), self._place(file, record.spot), None
        if where is not None:
            place = self._place(where.file, where.spot)
            about["original-record"] = self._location(where.file, *_name_of(where.spot))
        elif not message.content_type.startswith("image/"):
            return None
        else:
            failure = Failure(
                code=FailureCode.ORIGINAL_MISSING,
                message="The picture was as on an earlier visit, of which the archive has no record.",
            )
        return self._offer(location, place, record=record, attributes=about, failure=failure)

    def _offer(
        self,
        location: str,
        place: Place,
        *,
        record: Record | None = None,
        attributes: Mapping[str, str] | None = None,
        data: bytes | None = None,
        failure: Failure | None = None,
    ) -> Offer:
        said = Provenance()
        if record is not None:
            said = Provenance(
                source_url=without_secrets(record.uri) or None,
                collected_at=record.date,
                appearances=self._notes.appearances(record.uri, record.header("WARC-Page-ID") or None),
                attributes=attributes or {},
            )
        return Offer(
            location=location,
            place=place,
            size=len(data or b""),
            changed_ns=self._found.changed_ns,
            data=data,
            failure=failure,
            provenance=said,
            material=self._found.location,
        )

    def _location_of(self, record: Record, file: int) -> str:
        return self._location(file, *_name_of(record.spot))

    def _location(self, file: int, kind: str, position: int) -> str:
        name = self._names[file]
        within = f"{name}&" if name is not None else ""
        return f"{self._found.location}#{within}{kind}={position}"

    def _place(self, file: int, spot: Spot) -> Place:
        name = self._names[file]
        amid = spot.inflated is not None
        return Place(
            holding=Holding.RECORD,
            stored_at=self._found.location,
            member=f"{name or ''}{INFLATED}" if amid else name,
            position=spot.inflated if amid else spot.at,
        )


def picture_at(source: BinaryIO, position: int, *, inflated: bool, settings: Settings) -> bytes:
    """Return the picture of the record at a position of a WARC file. Raises `PhotoError`."""
    budget = Budget(inflated_bytes=settings.max_archive_bytes, records=settings.max_archive_records)
    spot = Spot(at=0, inflated=position) if inflated else Spot(at=position)
    record = read_record(source, budget, spot)
    if record is None:
        raise PhotoError(FailureCode.UNREADABLE, "The archive has no record at this place any more.")
    message, body = read_picture(record, first_look(record), settings)
    failure = _failure(record, message, body, settings)
    if failure is not None:
        raise PhotoError(failure.code, failure.message)
    if len(message.block) < record.length:
        raise PhotoError(FailureCode.MATERIAL_DAMAGED, "The archive is damaged or cut off at this place.")
    return body.data


def _name_of(spot: Spot) -> tuple[str, int]:
    return ("record", spot.at) if spot.inflated is None else ("inflated", spot.inflated)


def _failure(record: Record, message: Message, body: Body, settings: Settings) -> Failure | None:
    """Return why a record gives no photo, if it gives none."""
    if body.exceeds or record.length > settings.max_file_bytes + message.body_at:
        return too_large(max(record.length, len(body.data) + 1), settings.max_file_bytes).failure
    if body.trouble and len(message.block) == record.length:
        return Failure(code=FailureCode.CANNOT_PARSE, message=body.trouble)
    if not body.data and len(message.block) == record.length:
        return empty().failure
    return None


def _about(record: Record, message: Message) -> dict[str, str]:
    """Return what a record says beside address and time, as attributes."""
    values = {
        "content-type": message.content_type,
        "http-status": str(message.status) if message.status not in (None, 200) else "",
        "record": record.header("WARC-Record-ID"),
        "digest": record.header("WARC-Payload-Digest"),
        "truncated": record.header("WARC-Truncated"),
    }
    return {name: printable(value[:_MAX_ATTRIBUTE]) for name, value in values.items() if value}
