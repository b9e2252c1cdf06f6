"""Evaluations that an organisation keeps as its own measure of a model, and whose faces they measured."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID, AnyText, Sha256
from antigone.records.rows import insert_row
from antigone.records.tables import Base


class EvaluationRow(Base):
    """The figures of one evaluation, byte for byte as its report holds them. Never changed."""

    __tablename__ = "evaluations"
    __table_args__ = (UniqueConstraint("organisation_id", "sha256"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("organisations.id"))
    model: Mapped[str]
    kind: Mapped[str]  # "verification", "identification"
    people: Mapped[int] = mapped_column(ROW_ID)
    photos: Mapped[int] = mapped_column(ROW_ID)
    material: Mapped[str] = mapped_column(Sha256)  # of the photos' hashes and labels
    body: Mapped[str] = mapped_column(AnyText)  # the report's figures.json
    sha256: Mapped[str] = mapped_column(Sha256)  # of the body
    audit: Mapped[int] = mapped_column(ROW_ID)  # number of the entry that the evaluation left
    note: Mapped[str] = mapped_column(AnyText)  # whom and what the material shows
    kept_by: Mapped[int] = mapped_column(ROW_ID, ForeignKey("people.id"))
    kept_at: Mapped[datetime]


class DeclarationRow(Base):
    """Somebody's statement that an evaluation was on faces of the dead; the latest about it stands."""

    __tablename__ = "post_mortem_declarations"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("evaluations.id"), index=True)
    holds: Mapped[bool]
    note: Mapped[str] = mapped_column(AnyText)
    declared_by: Mapped[int] = mapped_column(ROW_ID, ForeignKey("people.id"))
    declared_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRecord:
    """One kept evaluation."""

    id: int
    organisation_id: int
    model: str
    kind: str
    people: int
    photos: int
    material: str
    body: str
    sha256: str
    audit: int
    note: str
    kept_by: int
    kept_at: datetime

    @property
    def sound(self) -> bool:
        """Whether the body is still what was written."""
        return hashlib.sha256(self.body.encode("utf-8", "backslashreplace")).hexdigest() == self.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationRecord:
    """A statement on whose faces an evaluation measured."""

    id: int
    evaluation_id: int
    holds: bool
    note: str
    declared_by: int
    declared_at: datetime


class Evaluations:
    """The kept evaluations of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def keep(self, **values: object) -> EvaluationRecord:
        """Add an evaluation. Raises `ConflictError` where its organisation keeps it already."""
        return EvaluationRecord(
            **insert_row(self._writer, EvaluationRow, values, refused="this evaluation is kept already")
        )

    def declare(self, **values: object) -> DeclarationRecord:
        """Add a statement about an evaluation."""
        return DeclarationRecord(
            **insert_row(self._writer, DeclarationRow, values, refused="there is no such evaluation")
        )

    def of(self, organisation: int, *, model: str | None = None) -> tuple[EvaluationRecord, ...]:
        """Return the evaluations that an organisation keeps, of one model or of all, oldest first."""
        where = [EvaluationRow.organisation_id == organisation]
        if model is not None:
            where.append(EvaluationRow.model == model)
        query = select(EvaluationRow.__table__).where(*where).order_by(EvaluationRow.id)
        with self._engine.connect() as connection:
            return tuple(EvaluationRecord(**row) for row in connection.execute(query).mappings())

    def declarations(self, organisation: int) -> dict[int, DeclarationRecord]:
        """Return the latest statement about each evaluation of an organisation, by its number."""
        query = (
            select(DeclarationRow.__table__)
            .join(EvaluationRow, EvaluationRow.id == DeclarationRow.evaluation_id)
            .where(EvaluationRow.organisation_id == organisation)
            .order_by(DeclarationRow.id)
        )
        with self._engine.connect() as connection:
            made = (DeclarationRecord(**row) for row in connection.execute(query).mappings())
            return {one.evaluation_id: one for one in made}

    def on_the_dead(self, organisation: int, model: str) -> tuple[EvaluationRecord, ...]:
        """Return the evaluations of a model that are declared to be on faces of the dead, oldest first."""
        said = self.declarations(organisation)
        return tuple(
            one for one in self.of(organisation, model=model) if one.id in said and said[one.id].holds
        )
