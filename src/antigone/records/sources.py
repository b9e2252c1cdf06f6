"""What the records keep of a source: rows from provenance, and provenance from rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from antigone.evidence import Evidence
from antigone.provenance import Appearance, Check, CheckOutcome, Holding, Material, Place
from antigone.records.results import Outcome, Visit
from antigone.records.tables import AppearanceRow, ImportRow, MaterialRow, SourceRow


def add_material(connection: Connection, import_id: int, material: Material) -> int:
    """Note received material and return its number; the same file is noted once an import."""
    same = select(MaterialRow.id).where(
        MaterialRow.import_id == import_id,
        MaterialRow.location == material.location,
        MaterialRow.sha256 == material.sha256,
    )
    known = connection.execute(same).scalar()
    if known is not None:
        return known
    values = {
        "import_id": import_id,
        "location": material.location,
        "kind": material.kind,
        "sha256": material.sha256,
        "byte_size": material.byte_size,
        "received_at": datetime.now(UTC),
        "checks": json.dumps([asdict(check) for check in material.checks]),
    }
    return connection.execute(insert(MaterialRow).values(values).returning(MaterialRow.id)).scalar_one()


def materials(
    connection: Connection, *, import_id: int | None = None, collection_id: int | None = None
) -> tuple[Material, ...]:
    """Return what one import, or all imports of a collection, received; the same file and hash once."""
    query = select(MaterialRow.__table__).join(ImportRow, ImportRow.id == MaterialRow.import_id)
    if import_id is not None:
        query = query.where(ImportRow.id == import_id)
    if collection_id is not None:
        query = query.where(ImportRow.collection_id == collection_id)
    rows = connection.execute(query.order_by(MaterialRow.id)).mappings()
    return tuple({(row["location"], row["sha256"]): material_of(row) for row in rows}.values())


def material_of(row: RowMapping) -> Material:
    """Return a material from its columns."""
    return Material(
        **{name: row[name] for name in ("location", "kind", "sha256", "byte_size")},
        checks=tuple(
            Check(name=check["name"], outcome=CheckOutcome(check["outcome"]), message=check["message"])
            for check in json.loads(row["checks"])
        ),
    )


def material_ids(connection: Connection, import_id: int, locations: Sequence[str]) -> dict[str, int]:
    """Return the number of each material by its location; of a file that changed, as it is now."""
    query = select(MaterialRow.location, MaterialRow.id).where(
        MaterialRow.import_id == import_id, MaterialRow.location.in_(locations)
    )
    return dict(connection.execute(query.order_by(MaterialRow.id)).all()) if locations else {}


def source_row(visit: Visit, outcome: Outcome, *, received_at: datetime) -> dict[str, Any]:
    """Return the columns of a source, but for the numbers of its import, photo and material."""
    place, said = visit.place, visit.provenance
    captured_at, captured_offset = split_capture_time(said.captured_at)
    return {
        "location": visit.location,
        "outcome": outcome.value,
        "received_at": received_at,
        "holding": place.holding.value,
        "stored_at": None if place.stored_at == visit.location else place.stored_at,
        "member": place.member,
        "position": place.position,
        "source_url": said.source_url,
        "captured_at": captured_at,
        "captured_offset": captured_offset,
        "collected_at": said.collected_at,
        "licence": said.licence,
        "subject_id": said.subject_id,
        "attributes": json.dumps(dict(said.attributes), ensure_ascii=False) if said.attributes else None,
    }


def write_sources(
    connection: Connection, rows: Sequence[tuple[dict[str, Any], tuple[Appearance, ...]]]
) -> None:
    """Write sources of one import, with the pages on which the photos stand."""
    if not rows:
        return
    connection.execute(insert(SourceRow), [row for row, _ in rows])
    on_pages = [(row, appearances) for row, appearances in rows if appearances]
    if not on_pages:
        return
    # Asking for the new numbers afterwards takes half the time of having each insertion return its own.
    written = select(SourceRow.id, SourceRow.location, SourceRow.photo_id).where(
        SourceRow.import_id == on_pages[0][0]["import_id"],
        SourceRow.location.in_([row["location"] for row, _ in on_pages]),
    )
    ids = {(location, photo): id_ for id_, location, photo in connection.execute(written)}
    connection.execute(
        insert(AppearanceRow),
        [
            _appearance_row(ids[row["location"], row["photo_id"]], appearance)
            for row, appearances in on_pages
            for appearance in appearances
        ],
    )


def _appearance_row(source_id: int, appearance: Appearance) -> dict[str, Any]:
    # Written out, for `dataclasses.asdict` takes as long as the insertion.
    return {
        "source_id": source_id,
        "page_url": appearance.page_url,
        "page_title": appearance.page_title,
        "how": appearance.how,
        "caption": appearance.caption,
        "text": appearance.text,
        "author": appearance.author,
        "author_url": appearance.author_url,
        "language": appearance.language,
    }


def evidence_text(evidence: Evidence) -> str | None:
    """Return what a photo's metadata says as JSON; None where it says nothing."""
    document = evidence.document()
    return json.dumps(document, ensure_ascii=False) if document else None


def place_of(
    *, location: str, holding: str, stored_at: str | None, member: str | None, position: int | None
) -> Place:
    """Return where the bytes lie, from the columns of a source."""
    return Place(
        holding=Holding(holding),
        stored_at=location if stored_at is None else stored_at,
        member=member,
        position=position,
    )


def split_capture_time(moment: datetime | None) -> tuple[datetime | None, int | None]:
    """Return wall-clock time and minutes east of UTC, None where no zone is known."""
    if moment is None or moment.tzinfo is None:
        return moment, None
    offset = moment.utcoffset()
    assert offset is not None
    return moment.replace(tzinfo=None), round(offset.total_seconds() / 60)


def join_capture_time(wall_clock: datetime | None, offset: int | None) -> datetime | None:
    """Undo `split_capture_time`."""
    if wall_clock is None or offset is None:
        return wall_clock
    return wall_clock.replace(tzinfo=timezone(timedelta(minutes=offset)))
