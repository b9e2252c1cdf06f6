"""What is on record of the dead and of what was handed on about them: rows are added and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Engine, ForeignKey, UniqueConstraint, insert
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID, AnyText, Sha256
from antigone.records.rows import all_rows, insert_row
from antigone.records.tables import Base


def _to(target: str, *, index: bool = False) -> Mapped[int]:
    return mapped_column(ROW_ID, ForeignKey(f"{target}.id"), index=index)


class ParticularRow(Base):
    """One particular of a dead person as somebody recorded it; the latest of a field stands."""

    __tablename__ = "particulars"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases", index=True)
    field: Mapped[str]  # casework.particulars.FIELDS
    value: Mapped[str | None] = mapped_column(AnyText)  # None: what stood there does not hold
    source: Mapped[str] = mapped_column(AnyText)  # how it is known, or why it does not hold
    recorded_by: Mapped[int] = _to("people")
    recorded_at: Mapped[datetime]


class CaseExportRow(Base):
    """A document of a case that left the workspace."""

    __tablename__ = "case_exports"
    __table_args__ = (CheckConstraint("what IN ('particulars', 'report')", name="what"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases", index=True)
    what: Mapped[str]
    form: Mapped[str]  # "json", "pdf", "html"
    sha256: Mapped[str] = mapped_column(Sha256)
    unblurred: Mapped[bool]  # whether it shows the dead as they are
    person_id: Mapped[int] = _to("people")
    at: Mapped[datetime]
    audit: Mapped[int] = mapped_column(ROW_ID)  # number of its audit entry


class OnwardRow(Base):
    """That an authority was given particulars, or informed the family; or that an entry does not hold."""

    __tablename__ = "onward"
    __table_args__ = (
        UniqueConstraint("corrects"),
        CheckConstraint("kind IN ('given', 'family-informed', 'withdrawn')", name="kind"),
        CheckConstraint(
            "authority_kind IN ('national-information-bureau', 'central-tracing-agency',"
            " 'police-liaison', 'other')",
            name="authority_kind",
        ),
        CheckConstraint("kind <> 'given' OR document IS NOT NULL", name="document"),
        CheckConstraint("kind <> 'withdrawn' OR corrects IS NOT NULL", name="withdrawn"),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases", index=True)
    kind: Mapped[str]
    authority_kind: Mapped[str]
    authority: Mapped[str] = mapped_column(AnyText)
    reference: Mapped[str] = mapped_column(AnyText)
    document: Mapped[str | None] = mapped_column(Sha256)  # of what was given
    on_day: Mapped[date]
    by_whom: Mapped[str] = mapped_column(AnyText)  # who handed it over
    note: Mapped[str] = mapped_column(AnyText)  # how it is known
    corrects: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("onward.id"))
    recorded_by: Mapped[int] = _to("people")
    recorded_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticularRecord:
    """One particular as somebody recorded it."""

    id: int
    case_id: int
    field: str
    value: str | None
    source: str
    recorded_by: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseExportRecord:
    """A document of a case that left the workspace."""

    id: int
    case_id: int
    what: str
    form: str
    sha256: str
    unblurred: bool
    person_id: int
    at: datetime
    audit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnwardRecord:
    """One entry of the onward record of a case."""

    id: int
    case_id: int
    kind: str
    authority_kind: str
    authority: str
    reference: str
    document: str | None
    on_day: date
    by_whom: str
    note: str
    corrects: int | None
    recorded_by: int
    recorded_at: datetime


class Deceased:
    """Particulars, exports and onward entries of one workspace's cases."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def record(self, said: Sequence[Mapping[str, object]]) -> tuple[ParticularRecord, ...]:
        """Add particulars, all in one transaction."""
        with self._writer.begin() as connection:
            added = [
                connection.execute(insert(ParticularRow).values(**one).returning(ParticularRow.__table__))
                for one in said
            ]
            return tuple(ParticularRecord(**one.mappings().one()) for one in added)

    def particulars(self, case: int) -> tuple[ParticularRecord, ...]:
        """Return every particular that was ever recorded in a case, oldest first."""
        return all_rows(self._engine, ParticularRow, ParticularRecord, ParticularRow.case_id == case)

    def add_export(self, **values: object) -> CaseExportRecord:
        """Add a document that leaves the workspace."""
        return CaseExportRecord(**insert_row(self._writer, CaseExportRow, values))

    def exports(self, case: int) -> tuple[CaseExportRecord, ...]:
        """Return the documents of a case that left the workspace, oldest first."""
        return all_rows(self._engine, CaseExportRow, CaseExportRecord, CaseExportRow.case_id == case)

    def hand_on(self, **values: object) -> OnwardRecord:
        """Add an onward entry. Raises `ConflictError` where the database's guards refuse it."""
        return OnwardRecord(**insert_row(self._writer, OnwardRow, values))

    def onward(self, case: int) -> tuple[OnwardRecord, ...]:
        """Return the onward entries of a case, oldest first."""
        return all_rows(self._engine, OnwardRow, OnwardRecord, OnwardRow.case_id == case)
