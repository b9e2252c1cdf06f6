"""Collections: adding, finding and counting them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from antigone.errors import ConflictError, NotFoundError, UsageError
from antigone.records.results import CollectionCounts, FailureRecord
from antigone.records.tables import CollectionRow, FaceRow, FailureRow, ImportRow, PhotoRow
from antigone.types import CollectionInfo

PARTICULARS = ("owner", "source", "purpose", "basis", "jurisdiction")
"""What is said of a collection in words; all of it must be said before anything may enter."""

_LONGEST_NAME = 100
_LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCollection:
    """What must be said of a collection before anything may enter it. All of it is required."""

    name: str
    owner: str
    source: str
    purpose: str
    basis: str
    jurisdiction: str
    retain_until: date

    def __post_init__(self) -> None:
        for field in ("name", *PARTICULARS):
            object.__setattr__(self, field, _clean(getattr(self, field), field))
        if len(self.name) > _LONGEST_NAME:
            raise UsageError(f"a collection's name has at most {_LONGEST_NAME} characters")
        _check_retention(self.retain_until)


def _check_retention(retain_until: date) -> None:
    if retain_until < datetime.now(UTC).date():
        raise UsageError(
            f"the retention date {retain_until} has passed",
            hint="name the day until which this material may be kept",
        )


def _clean(text: str, field: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        raise UsageError(
            f"the {field} of a collection must be said",
            hint="owner, source, purpose, legal basis and jurisdiction are all required",
        )
    if len(text) > _LONGEST_TEXT or any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise UsageError(f"the {field} of a collection is one line of at most {_LONGEST_TEXT} characters")
    return text


def add_collection(connection: Connection, new: NewCollection) -> CollectionInfo:
    """Add a collection. Raises `ConflictError` when the name is taken."""
    values = {
        "name": new.name,
        "owner": new.owner,
        "source": new.source,
        "purpose": new.purpose,
        "basis": new.basis,
        "jurisdiction": new.jurisdiction,
        "retain_until": new.retain_until,
        "created_at": datetime.now(UTC),
    }
    try:
        row = connection.execute(insert(CollectionRow).values(values).returning(CollectionRow.__table__))
    except IntegrityError as error:
        raise ConflictError(
            f"there is already a collection named {new.name}", hint="choose another name"
        ) from error
    return _info(row.mappings().one())


def change_collection(
    connection: Connection, collection_id: int, said: Mapping[str, str | date]
) -> CollectionInfo:
    """Complete or change what is said of a collection: `PARTICULARS` and ``retain_until``.

    Raises `UsageError` for an empty text or a day that has passed.
    """
    values: dict[str, str | date] = {}
    for field, value in said.items():
        if isinstance(value, date):
            _check_retention(value)
        values[field] = value if isinstance(value, date) else _clean(value, field)
    change = update(CollectionRow).where(CollectionRow.id == collection_id).values(values)
    row = connection.execute(change.returning(CollectionRow.__table__))
    return _info(row.mappings().one())


def find_collection(connection: Connection, name: str) -> CollectionInfo:
    """Return the collection of that name. Raises `NotFoundError`."""
    name = unicodedata.normalize("NFC", name).strip()
    found = connection.execute(select(CollectionRow.__table__).where(CollectionRow.name == name))
    row = found.mappings().first()
    if row is None:
        names = connection.scalars(select(CollectionRow.name).order_by(CollectionRow.name).limit(20)).all()
        raise NotFoundError(
            f"there is no collection named {name}",
            hint=f"there are: {', '.join(names)}" if names else "add one with: antigone collection add",
        )
    return _info(row)


def all_collections(connection: Connection) -> tuple[CollectionInfo, ...]:
    """Return every collection by name."""
    rows = connection.execute(select(CollectionRow.__table__).order_by(CollectionRow.name))
    return tuple(_info(row) for row in rows.mappings())


def count_collection(connection: Connection, collection_id: int) -> CollectionCounts:
    """Count what a collection holds."""
    photos = select(func.count()).where(PhotoRow.collection_id == collection_id)
    faces = select(func.count(FaceRow.id)).join(PhotoRow, PhotoRow.id == FaceRow.photo_id)
    imports = select(func.count()).where(ImportRow.collection_id == collection_id)
    failures = (
        select(FailureRow.code, func.count(FailureRow.location.distinct()))
        .join(ImportRow, ImportRow.id == FailureRow.import_id)
        .where(ImportRow.collection_id == collection_id)
        .group_by(FailureRow.code)
        .order_by(FailureRow.code)
    )
    return CollectionCounts(
        photos=connection.execute(photos).scalar_one(),
        faces=connection.execute(faces.where(PhotoRow.collection_id == collection_id)).scalar_one(),
        failures=dict(connection.execute(failures).all()),
        imports=connection.execute(imports).scalar_one(),
    )


def failures_of(connection: Connection, collection_id: int, *, each: int | None) -> list[FailureRecord]:
    """Return at most ``each`` failures of every code, each source as the latest import met it."""
    codes = connection.scalars(
        select(FailureRow.code)
        .distinct()
        .join(ImportRow, ImportRow.id == FailureRow.import_id)
        .where(ImportRow.collection_id == collection_id)
        .order_by(FailureRow.code)
    )
    return [failure for code in codes.all() for failure in _failures(connection, collection_id, code, each)]


def has_failed(connection: Connection, collection_id: int, sha256: str) -> bool:
    """Tell whether a photo of this digest is among the failures of a collection."""
    failed = (
        select(FailureRow.id)
        .join(ImportRow, ImportRow.id == FailureRow.import_id)
        .where(ImportRow.collection_id == collection_id, FailureRow.sha256 == sha256)
    )
    return connection.scalar(failed.limit(1)) is not None


def _failures(
    connection: Connection, collection_id: int, code: str, most: int | None
) -> Iterator[FailureRecord]:
    latest = (
        select(func.max(FailureRow.id))
        .join(ImportRow, ImportRow.id == FailureRow.import_id)
        .where(ImportRow.collection_id == collection_id, FailureRow.code == code)
        .group_by(FailureRow.location)
        .order_by(FailureRow.location)
        .limit(most)
    )
    query = (
        select(
            FailureRow.code,
            FailureRow.location.label("source"),
            FailureRow.message,
            FailureRow.sha256,
            FailureRow.import_id,
        )
        .where(FailureRow.id.in_(latest))
        .order_by(FailureRow.location)
    )
    for row in connection.execute(query).mappings():
        yield FailureRecord(**row)


def _info(row: RowMapping) -> CollectionInfo:
    return CollectionInfo(**row)
