"""Lists over the cases of an organisation: found by what they are, and what waits in them for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, Select, and_, exists, select
from sqlalchemy.orm import aliased

from antigone.records.case_tables import (
    AuthorisationRow,
    CandidateRow,
    CaseRow,
    CaseSearchRow,
    ConclusionRow,
    DecisionRow,
)
from antigone.records.cases import CandidateRecord, CaseRecord, ConclusionRecord
from antigone.records.tables import Base

_R = TypeVar("_R", CandidateRecord, ConclusionRecord)


class CaseLists:
    """Reads over many cases at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(
        self, organisation: int, *, before: int, limit: int, closed: bool | None, purpose: str | None
    ) -> tuple[CaseRecord, ...]:
        """Return cases with numbers below ``before``, newest first; None takes both, or every purpose."""
        where: list[ColumnElement[bool]] = [CaseRow.organisation_id == organisation, CaseRow.id < before]
        if closed is not None:
            where.append(CaseRow.closed_at.is_not(None) if closed else CaseRow.closed_at.is_(None))
        if purpose is not None:
            where.append(CaseRow.purpose == purpose)
        query = select(CaseRow.__table__).where(*where).order_by(CaseRow.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return tuple(CaseRecord(**row) for row in connection.execute(query).mappings())

    def disputed(
        self, organisation: int, *, person: int, limit: int
    ) -> tuple[tuple[CaseRecord, CandidateRecord], ...]:
        """Return candidates about which two people differ and nobody resolved it, oldest first.

        Those that ``person`` decided about are left out.
        """
        first, second = aliased(DecisionRow), aliased(DecisionRow)
        here = CandidateRow.id
        differ = exists().where(
            first.candidate_id == here,
            second.candidate_id == here,
            first.stage == "first",
            second.stage == "second",
            first.verdict != second.verdict,
        )
        where = and_(differ, ~_decided("resolution"), ~_decided_by(person))
        return self._candidates(organisation, "second", where, limit)

    def undecided_second(
        self, organisation: int, *, person: int, limit: int
    ) -> tuple[tuple[CaseRecord, CandidateRecord], ...]:
        """Return candidates with a first decision by somebody else and no second one, oldest first."""
        where = and_(~_decided("second"), ~_decided_by(person))
        return self._candidates(organisation, "first", where, limit)

    def unconfirmed(
        self, organisation: int, *, person: int, limit: int
    ) -> tuple[tuple[CaseRecord, ConclusionRecord], ...]:
        """Return statements of others in open cases that nobody confirmed yet, oldest first."""
        confirming = aliased(ConclusionRow)
        query = (
            select(CaseRow.__table__, ConclusionRow.__table__)
            .join(ConclusionRow, ConclusionRow.case_id == CaseRow.id)
            .where(
                CaseRow.organisation_id == organisation,
                CaseRow.closed_at.is_(None),
                ConclusionRow.confirms.is_(None),
                ConclusionRow.person_id != person,
                ~exists().where(confirming.confirms == ConclusionRow.id),
            )
            .order_by(ConclusionRow.id)
            .limit(limit)
        )
        return self._with_case(query, ConclusionRow, ConclusionRecord)

    def never_authorised(self, organisation: int, *, purpose: str, limit: int) -> tuple[CaseRecord, ...]:
        """Return open cases of a purpose for which no authorisation was ever recorded, oldest first."""
        query = (
            select(CaseRow.__table__)
            .where(
                CaseRow.organisation_id == organisation,
                CaseRow.closed_at.is_(None),
                CaseRow.purpose == purpose,
                ~exists().where(AuthorisationRow.case_id == CaseRow.id),
            )
            .order_by(CaseRow.id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return tuple(CaseRecord(**row) for row in connection.execute(query).mappings())

    def _candidates(
        self, organisation: int, stage: str, where: ColumnElement[bool], limit: int
    ) -> tuple[tuple[CaseRecord, CandidateRecord], ...]:
        """Return candidates with a decision of that stage that are as wanted.

        Few candidates are ever decided about, so the decisions are gone through, not all candidates of the
        organisation: its column is read in a sum, for which a database looks up no index.
        """
        decided = select(DecisionRow.candidate_id).where(DecisionRow.stage == stage)
        query = (
            select(CaseRow.__table__, CandidateRow.__table__)
            .join(CaseSearchRow, CaseSearchRow.case_id == CaseRow.id)
            .join(CandidateRow, CandidateRow.search_id == CaseSearchRow.id)
            .where(
                CandidateRow.id.in_(decided),
                CaseRow.organisation_id + 0 == organisation,
                CaseRow.closed_at.is_(None),
                where,
            )
            .order_by(CandidateRow.id)
            .limit(limit)
        )
        return self._with_case(query, CandidateRow, CandidateRecord)

    def _with_case(
        self, query: Select[Any], table: type[Base], record: type[_R]
    ) -> tuple[tuple[CaseRecord, _R], ...]:
        width = len(CaseRow.__table__.columns)
        with self._engine.connect() as connection:
            return tuple(
                (CaseRecord(**_named(CaseRow, row[:width])), record(**_named(table, row[width:])))
                for row in connection.execute(query)
            )


def _named(table: type[Base], values: Sequence[Any]) -> dict[str, Any]:
    """Return the values of one of two joined tables by the names of its columns."""
    return dict(zip(table.__table__.columns.keys(), values, strict=True))


def _decided(stage: str) -> ColumnElement[bool]:
    decision = aliased(DecisionRow)
    return exists().where(decision.candidate_id == CandidateRow.id, decision.stage == stage)


def _decided_by(person: int) -> ColumnElement[bool]:
    decision = aliased(DecisionRow)
    return exists().where(decision.candidate_id == CandidateRow.id, decision.person_id == person)
