"""Counts over the cases of one organisation and period. Exercises are never counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from antigone.records.case_tables import CandidateRow, CaseRow, CaseSearchRow, ConclusionRow, DecisionRow
from antigone.records.deceased import OnwardRow
from antigone.records.standing_tables import InboxItemRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """What is counted: an organisation, from a moment on, until before another one."""

    organisation: int
    begins: datetime
    ends: datetime

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies within."""
        return self.begins <= moment < self.ends


class Counts:
    """Counts of one workspace."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def searches(self, within: Within) -> dict[str, int]:
        """Count searches by kind."""
        query = select(CaseSearchRow.kind, func.count()).join(CaseRow, CaseRow.id == CaseSearchRow.case_id)
        return self._grouped(query, CaseSearchRow.kind, CaseSearchRow.at, within)

    def people_who_searched(self, within: Within, *, but: str) -> int:
        """Count the people who searched themselves: searches of the kind ``but`` are made by no one."""
        query = (
            select(func.count(CaseSearchRow.person_id.distinct()))
            .join(CaseRow, CaseRow.id == CaseSearchRow.case_id)
            .where(CaseSearchRow.kind != but, *_counted(CaseSearchRow.at, within))
        )
        return self._number(query)

    def cases_opened(self, within: Within) -> dict[str, int]:
        """Count cases by purpose."""
        return self._grouped(
            select(CaseRow.purpose, func.count()), CaseRow.purpose, CaseRow.opened_at, within
        )

    def arrived(self, within: Within) -> int:
        """Count candidates that standing searches put into the inbox."""
        query = select(func.count()).select_from(InboxItemRow)
        query = query.join(CaseRow, CaseRow.id == InboxItemRow.case_id)
        return self._number(query.where(*_counted(InboxItemRow.arrived_at, within)))

    def decisions(self, within: Within) -> dict[str, int]:
        """Count decisions by stage."""
        query = (
            select(DecisionRow.stage, func.count())
            .join(CandidateRow, CandidateRow.id == DecisionRow.candidate_id)
            .join(CaseSearchRow, CaseSearchRow.id == CandidateRow.search_id)
            .join(CaseRow, CaseRow.id == CaseSearchRow.case_id)
        )
        return self._grouped(query, DecisionRow.stage, DecisionRow.decided_at, within)

    def confirmed(self, within: Within) -> dict[str, int]:
        """Count conclusions that a second person confirmed, by kind."""
        query = (
            select(ConclusionRow.kind, func.count())
            .join(CaseRow, CaseRow.id == ConclusionRow.case_id)
            .where(ConclusionRow.confirms.is_not(None))
        )
        return self._grouped(query, ConclusionRow.kind, ConclusionRow.stated_at, within)

    def onward(self, kind: str, within: Within) -> int:
        """Count the cases with an onward entry of a kind that was not corrected before the period ended."""
        later = aliased(OnwardRow)
        corrected = select(later.id).where(later.corrects == OnwardRow.id, later.recorded_at < within.ends)
        query = (
            select(func.count(OnwardRow.case_id.distinct()))
            .join(CaseRow, CaseRow.id == OnwardRow.case_id)
            .where(OnwardRow.kind == kind, ~corrected.exists(), *_counted(OnwardRow.recorded_at, within))
        )
        return self._number(query)

    def case_numbers(self, organisation: int) -> frozenset[str]:
        """Return the numbers of an organisation's cases."""
        query = select(CaseRow.id).where(CaseRow.organisation_id == organisation, CaseRow.exercise.is_(False))
        with self._engine.connect() as connection:
            return frozenset(f"C-{number:06d}" for number in connection.scalars(query))

    def places(self, organisation: int) -> dict[int, tuple[int, int]]:
        """Return for each candidate that was decided about its search's audit entry, and its reference."""
        query = (
            select(CandidateRow.id, CaseSearchRow.audit, CandidateRow.reference)
            .join(CaseSearchRow, CaseSearchRow.id == CandidateRow.search_id)
            .join(CaseRow, CaseRow.id == CaseSearchRow.case_id)
            .where(CaseRow.organisation_id == organisation)
            .where(select(DecisionRow.id).where(DecisionRow.candidate_id == CandidateRow.id).exists())
        )
        with self._engine.connect() as connection:
            return {
                candidate: (audit, reference) for candidate, audit, reference in connection.execute(query)
            }

    def _grouped(
        self,
        query: Any,  # noqa: ANN401 - a select of a name and a number
        by: InstrumentedAttribute[str],
        at: InstrumentedAttribute[datetime],
        within: Within,
    ) -> dict[str, int]:
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(*_counted(at, within)).group_by(by).order_by(by))
            return {str(name): int(number) for name, number in rows}

    def _number(self, query: Select[int]) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


def _counted(at: InstrumentedAttribute[datetime], within: Within) -> tuple[ColumnElement[bool], ...]:
    return (
        at >= within.begins,
        at < within.ends,
        CaseRow.organisation_id == within.organisation,
        CaseRow.exercise.is_(False),
    )
