"""Lists of persons sought, and the cases that may be held against them; one transaction a method."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from antigone.errors import ConflictError
from antigone.records.standing_tables import PermittedListRow, SoughtListRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtRecord:
    """That a collection is a list of persons sought."""

    id: int
    collection_id: int
    basis: str
    marked_by: int
    marked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedRecord:
    """That a case may hold live photos against a list."""

    id: int
    case_id: int
    collection_id: int
    authority: str
    reference: str
    at_most: float | None
    least_score: float | None
    permitted_by: int
    permitted_at: datetime
    withdrawn_at: datetime | None


class Sought:
    """The lists of persons sought of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def mark(self, **values: object) -> SoughtRecord:
        """Make a collection such a list. Raises `ConflictError` where it is one."""
        with self._writer.begin() as connection:
            try:
                added = connection.execute(
                    insert(SoughtListRow).values(**values).returning(SoughtListRow.__table__)
                )
            except IntegrityError as error:
                raise ConflictError("this collection is a list of persons sought already") from error
            return SoughtRecord(**added.mappings().one())

    def unmark(self, collection: int) -> bool:
        """Take that back: no case is held against it any more. False when it is no such list."""
        with self._writer.begin() as connection:
            gone = delete(SoughtListRow).where(SoughtListRow.collection_id == collection)
            return bool(connection.execute(gone).rowcount)

    def lists(self) -> dict[int, SoughtRecord]:
        """Return every list, by the number of its collection."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(SoughtListRow.__table__)).mappings()
            return {row["collection_id"]: SoughtRecord(**row) for row in rows}

    def permit(self, **values: object) -> PermittedRecord:
        """Let a case be held against a list. Raises `ConflictError` where it may be already."""
        with self._writer.begin() as connection:
            try:
                added = connection.execute(
                    insert(PermittedListRow).values(**values).returning(PermittedListRow.__table__)
                )
            except IntegrityError as error:
                raise ConflictError("this case may be held against this list already") from error
            return PermittedRecord(**added.mappings().one())

    def withdraw(self, case: int, collection: int, *, at: datetime) -> bool:
        """Take that back; False when it may not be anyway."""
        live = (
            PermittedListRow.case_id == case,
            PermittedListRow.collection_id == collection,
            PermittedListRow.withdrawn_at.is_(None),
        )
        with self._writer.begin() as connection:
            gone = update(PermittedListRow).where(*live).values(withdrawn_at=at)
            return bool(connection.execute(gone).rowcount)

    def permitted(self, case: int) -> tuple[PermittedRecord, ...]:
        """Return what a case may be held against now, oldest first."""
        query = (
            select(PermittedListRow.__table__)
            .where(PermittedListRow.case_id == case, PermittedListRow.withdrawn_at.is_(None))
            .order_by(PermittedListRow.id)
        )
        with self._engine.connect() as connection:
            return tuple(PermittedRecord(**row) for row in connection.execute(query).mappings())
