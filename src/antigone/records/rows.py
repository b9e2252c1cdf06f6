"""Rows of one table as plain records: what stores of records that are only ever added share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from antigone.errors import ConflictError
from antigone.records.tables import Base

_R = TypeVar("_R")


def all_rows(
    engine: Engine, table: type[Base], record: type[_R], *where: ColumnElement[bool]
) -> tuple[_R, ...]:
    """Return the rows that fit, by their number."""
    query = select(table.__table__).where(*where).order_by(table.__table__.c.id)
    with engine.connect() as connection:
        return tuple(record(**row) for row in connection.execute(query).mappings())


def insert_row(
    writer: Engine, table: type[Base], values: Mapping[str, Any], *, refused: str = ""
) -> dict[str, Any]:
    """Add a row and return it as it is kept.

    Raises `ConflictError` where the database refuses it: with ``refused`` as its sentence, else its own.
    """
    with writer.begin() as connection:
        try:
            added = connection.execute(insert(table).values(**values).returning(table.__table__))
            return dict(added.mappings().one())
        except IntegrityError as error:
            raise ConflictError(refused or f"this is not allowed here: {error.orig}") from error


def take_turn(
    engine: Engine, writer: Engine, due: Select[Any], table: type[Base], **values: object
) -> dict[str, Any] | None:
    """Mark the first row that is ``due`` as taken and return it; None where none is.

    No two workers get the same: it is looked for again where only one writes. Looking costs no turn at
    writing.
    """
    with engine.connect() as connection:
        if connection.execute(due).scalar() is None:
            return None
    with writer.begin() as connection:
        id_ = connection.execute(due).scalar()
        if id_ is None:
            return None
        taken = update(table).where(table.__table__.c.id == id_).values(**values)
        return dict(connection.execute(taken.returning(table.__table__)).mappings().one())
