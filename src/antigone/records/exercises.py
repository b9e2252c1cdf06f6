"""Exercises as the records keep them, one transaction a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, select

from antigone.records.standing_tables import ExerciseCaseRow, ExerciseRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseRecord:
    """One exercise of one learner."""

    id: int
    organisation_id: int
    person_id: int
    learner_id: int
    collection: str
    seed: int
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseCaseRecord:
    """A case of an exercise, and whom its probe shows."""

    id: int
    exercise_id: int
    case_id: int
    search_id: int
    subject: str


class ExerciseStore:
    """The exercises of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def add(self, exercise: dict[str, object], cases: Sequence[dict[str, object]]) -> ExerciseRecord:
        """Add an exercise with its cases."""
        with self._writer.begin() as connection:
            added = connection.execute(
                insert(ExerciseRow).values(**exercise).returning(ExerciseRow.__table__)
            )
            record = ExerciseRecord(**added.mappings().one())
            connection.execute(insert(ExerciseCaseRow), [{**one, "exercise_id": record.id} for one in cases])
            return record

    def of_person(self, person: int) -> tuple[ExerciseRecord, ...]:
        """Return the exercises of somebody, oldest first."""
        query = select(ExerciseRow.__table__).where(ExerciseRow.person_id == person).order_by(ExerciseRow.id)
        with self._engine.connect() as connection:
            return tuple(ExerciseRecord(**row) for row in connection.execute(query).mappings())

    def cases(self, exercise: int) -> tuple[ExerciseCaseRecord, ...]:
        """Return the cases of an exercise in order."""
        query = select(ExerciseCaseRow.__table__).where(ExerciseCaseRow.exercise_id == exercise)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(ExerciseCaseRow.id)).mappings()
            return tuple(ExerciseCaseRecord(**row) for row in rows)
