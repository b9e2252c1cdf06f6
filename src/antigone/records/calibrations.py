"""Calibrations: what scores of one model are worth, learnt on labelled people. They are never changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID, Sha256
from antigone.records.tables import NEVER_REUSED, Base


class CalibrationRow(Base):
    """One calibration; the newest of a model is the one in use."""

    __tablename__ = "calibrations"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    model: Mapped[str] = mapped_column(index=True)
    made_at: Mapped[datetime]
    version: Mapped[str]  # of Antigone
    material: Mapped[str] = mapped_column(Sha256)  # of the photos' hashes and labels
    body: Mapped[str]  # JSON, see antigone.evaluate.calibration
    sha256: Mapped[str] = mapped_column(Sha256)  # of the body


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRecord:
    """A calibration as it is kept."""

    id: int
    model: str
    made_at: datetime
    version: str
    material: str
    body: str
    sha256: str

    @property
    def sound(self) -> bool:
        """Whether the body is still what was written."""
        return hashlib.sha256(self.body.encode()).hexdigest() == self.sha256


class Calibrations:
    """The calibrations of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def add(self, *, model: str, version: str, material: str, body: str) -> CalibrationRecord:
        """Keep a calibration, which is in use for its model from now on."""
        values = {
            "model": model,
            "made_at": datetime.now(UTC),
            "version": version,
            "material": material,
            "body": body,
            "sha256": hashlib.sha256(body.encode()).hexdigest(),
        }
        with self._writer.begin() as connection:
            statement = insert(CalibrationRow).values(**values).returning(CalibrationRow.id)
            number = connection.execute(statement).scalar_one()
        return CalibrationRecord(id=number, **values)  # type: ignore[arg-type]

    def newest(self, model: str) -> CalibrationRecord | None:
        """Return the calibration in use for a model, None where there is none."""
        query = select(CalibrationRow.__table__).where(CalibrationRow.model == model)
        with self._engine.connect() as connection:
            row = connection.execute(query.order_by(CalibrationRow.id.desc()).limit(1)).mappings().first()
        return None if row is None else CalibrationRecord(**row)

    def all(self) -> tuple[CalibrationRecord, ...]:
        """Return every calibration, newest first."""
        query = select(CalibrationRow.__table__).order_by(CalibrationRow.id.desc())
        with self._engine.connect() as connection:
            return tuple(CalibrationRecord(**row) for row in connection.execute(query).mappings())
