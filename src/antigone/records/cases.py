"""Cases as the records keep them, one transaction a method. The rules of casework stand above this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, insert, select, update

from antigone.records.access_tables import OrganisationRow
from antigone.records.case_tables import (
    AuthorisationRow,
    CandidateRow,
    CaseRow,
    CaseSearchRow,
    ConclusionRow,
    DecisionRow,
    NoteRow,
    ProbeRow,
)
from antigone.records.evaluations import Evaluations
from antigone.records.rows import all_rows, insert_row
from antigone.records.tables import FaceRow, SourceRow, TemplateRow


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """One question about one unknown person."""

    id: int
    organisation_id: int
    title: str
    purpose: str
    explanation: str
    basis: str
    opened_by: int
    opened_at: datetime
    closed_at: datetime | None
    exercise: bool = False  # nobody is searched for in earnest

    @property
    def number(self) -> str:
        """How people write it, such as C-000001."""
        return f"C-{self.id:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationRecord:
    """That an authority allowed the searches of a case."""

    id: int
    case_id: int
    authority: str
    reference: str
    expires_at: datetime | None
    recorded_by: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRecord:
    """An original photo of the unknown person."""

    id: int
    case_id: int
    sha256: str
    byte_size: int
    source: str
    added_by: int
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSearchRecord:
    """One search of a case."""

    id: int
    case_id: int
    person_id: int
    at: datetime
    kind: str
    model: str
    exact: bool
    collections: str  # JSON
    probes: str  # JSON
    audit: int
    hidden: bool
    faces: str = "[]"  # JSON, see casework.probes
    extent: str = "{}"  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRecord:
    """One candidate of a search, as it was returned."""

    id: int
    search_id: int
    rank: int
    shown_as: int
    score: float
    reference: int
    collection: str
    photo: str
    face: int
    seeded: bool
    returned: str  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What one examiner holds of one candidate."""

    id: int
    candidate_id: int
    person_id: int
    stage: str
    verdict: str
    features: str  # JSON
    note: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConclusionRecord:
    """One person's statement of what a case comes to."""

    id: int
    case_id: int
    person_id: int
    kind: str
    candidate_id: int | None
    identifier: str | None
    identifier_reference: str | None
    authority: str | None
    authority_reference: str | None
    confirms: int | None
    note: str
    stated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord:
    """A note or an exhibit of a case."""

    id: int
    case_id: int
    person_id: int
    kind: str
    text: str
    sha256: str | None
    file_name: str | None
    byte_size: int | None
    noted_at: datetime


class Cases:
    """The cases of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    @cached_property
    def evaluations(self) -> Evaluations:
        """What organisations measured of models, which is said beside what their cases find."""
        return Evaluations(self._engine, self._writer)

    def open(self, **values: object) -> CaseRecord:
        """Add a case."""
        return CaseRecord(**insert_row(self._writer, CaseRow, values))

    def is_exercise(self, organisation: int) -> bool:
        """Tell whether an organisation is one in which people learn."""
        with self._engine.connect() as connection:
            query = select(OrganisationRow.exercise).where(OrganisationRow.id == organisation)
            return bool(connection.execute(query).scalar())

    def case(self, id_: int) -> CaseRecord | None:
        """Return a case, if there is one of this number."""
        return next(iter(all_rows(self._engine, CaseRow, CaseRecord, CaseRow.id == id_)), None)

    def cases(self, organisation: int) -> tuple[CaseRecord, ...]:
        """Return the cases of an organisation, oldest first."""
        return all_rows(self._engine, CaseRow, CaseRecord, CaseRow.organisation_id == organisation)

    def close(self, id_: int, *, at: datetime | None) -> None:
        """Close a case, or open it again with None."""
        with self._writer.begin() as connection:
            connection.execute(update(CaseRow).where(CaseRow.id == id_).values(closed_at=at))

    def authorise(self, **values: object) -> AuthorisationRecord:
        """Add an authorisation."""
        return AuthorisationRecord(**insert_row(self._writer, AuthorisationRow, values))

    def authorisations(self, case: int) -> tuple[AuthorisationRecord, ...]:
        """Return the authorisations of a case, oldest first."""
        return all_rows(self._engine, AuthorisationRow, AuthorisationRecord, AuthorisationRow.case_id == case)

    def add_probe(self, **values: object) -> None:
        """Add a probe; the same bytes once more change nothing."""
        same = (ProbeRow.case_id == values["case_id"], ProbeRow.sha256 == values["sha256"])
        if not all_rows(self._engine, ProbeRow, ProbeRecord, *same):
            insert_row(self._writer, ProbeRow, values)

    def probes(self, case: int) -> tuple[ProbeRecord, ...]:
        """Return the probes of a case, oldest first."""
        return all_rows(self._engine, ProbeRow, ProbeRecord, ProbeRow.case_id == case)

    def add_search(
        self, search: dict[str, object], candidates: Sequence[dict[str, object]]
    ) -> tuple[CaseSearchRecord, tuple[CandidateRecord, ...]]:
        """Add a search with its candidates, in one transaction."""
        with self._writer.begin() as connection:
            statement = insert(CaseSearchRow).values(**search).returning(CaseSearchRow.__table__)
            added = CaseSearchRecord(**connection.execute(statement).mappings().one())
            if candidates:
                rows = [{**candidate, "search_id": added.id} for candidate in candidates]
                connection.execute(insert(CandidateRow), rows)
        return added, self.candidates(added.id)

    def search(self, id_: int) -> CaseSearchRecord | None:
        """Return a search, if there is one of this number."""
        return next(
            iter(all_rows(self._engine, CaseSearchRow, CaseSearchRecord, CaseSearchRow.id == id_)), None
        )

    def searches(self, case: int) -> tuple[CaseSearchRecord, ...]:
        """Return the searches of a case, oldest first."""
        return all_rows(self._engine, CaseSearchRow, CaseSearchRecord, CaseSearchRow.case_id == case)

    def count_searches_by(self, person: int, *, since: datetime, but: str, through: int | None = None) -> int:
        """Count the searches of a person from then on, up to one of them, except those of one kind."""
        query = select(func.count()).where(
            CaseSearchRow.person_id == person, CaseSearchRow.at >= since, CaseSearchRow.kind != but
        )
        if through is not None:
            query = query.where(CaseSearchRow.id <= through)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def candidates(self, search: int) -> tuple[CandidateRecord, ...]:
        """Return the candidates of a search by rank."""
        found = all_rows(self._engine, CandidateRow, CandidateRecord, CandidateRow.search_id == search)
        return tuple(sorted(found, key=lambda candidate: candidate.rank))

    def candidate(self, id_: int) -> CandidateRecord | None:
        """Return a candidate, if there is one of this number."""
        return next(iter(all_rows(self._engine, CandidateRow, CandidateRecord, CandidateRow.id == id_)), None)

    def decide(self, **values: object) -> DecisionRecord:
        """Add a decision. Raises `ConflictError` where the database's guards refuse it."""
        return DecisionRecord(**insert_row(self._writer, DecisionRow, values))

    def decisions(self, candidate: int) -> tuple[DecisionRecord, ...]:
        """Return the decisions about a candidate, oldest first."""
        return all_rows(self._engine, DecisionRow, DecisionRecord, DecisionRow.candidate_id == candidate)

    def decisions_of_search(self, search: int) -> tuple[DecisionRecord, ...]:
        """Return the decisions about all candidates of a search, oldest first."""
        candidates = select(CandidateRow.id).where(CandidateRow.search_id == search)
        return all_rows(self._engine, DecisionRow, DecisionRecord, DecisionRow.candidate_id.in_(candidates))

    def decisions_about_seeds(self, organisation: int) -> tuple[tuple[DecisionRecord, ...], ...]:
        """Return the decisions about each seed that an organisation decided about, oldest first."""
        seeds = (
            select(CandidateRow.id)
            .join(CaseSearchRow, CaseSearchRow.id == CandidateRow.search_id)
            .join(CaseRow, CaseRow.id == CaseSearchRow.case_id)
            .where(CandidateRow.seeded.is_(True), CaseRow.organisation_id == organisation)
        )
        made: dict[int, list[DecisionRecord]] = {}
        for decision in all_rows(
            self._engine, DecisionRow, DecisionRecord, DecisionRow.candidate_id.in_(seeds)
        ):
            made.setdefault(decision.candidate_id, []).append(decision)
        return tuple(tuple(decisions) for decisions in made.values())

    def subjects(self, references: Sequence[int]) -> dict[int, set[str]]:
        """Return the subjects that the sources of references declare; without any it is left out.

        At most a few thousand ``references``.
        """
        query = (
            select(TemplateRow.id, SourceRow.subject_id)
            .join(FaceRow, FaceRow.id == TemplateRow.face_id)
            .join(SourceRow, SourceRow.photo_id == FaceRow.photo_id)
            .where(TemplateRow.id.in_(references), SourceRow.subject_id.is_not(None))
        )
        declared: dict[int, set[str]] = {}
        with self._engine.connect() as connection:
            for reference, subject in connection.execute(query):
                declared.setdefault(reference, set()).add(str(subject))
        return declared

    def waiting_for_review(self, organisation: int, *, reviewer: int) -> tuple[CandidateRecord, ...]:
        """Return candidates with a first decision by someone else and no second one, oldest first."""
        mine = aliased_decisions(DecisionRow.stage == "first", DecisionRow.person_id != reviewer)
        second = aliased_decisions(DecisionRow.stage == "second")
        searches = (
            select(CaseSearchRow.id)
            .join(CaseRow, CaseRow.id == CaseSearchRow.case_id)
            .where(CaseRow.organisation_id == organisation, CaseRow.closed_at.is_(None))
        )
        return all_rows(
            self._engine,
            CandidateRow,
            CandidateRecord,
            CandidateRow.search_id.in_(searches),
            CandidateRow.id.in_(mine),
            CandidateRow.id.not_in(second),
        )

    def conclude(self, **values: object) -> ConclusionRecord:
        """Add a statement. Raises `ConflictError` where the database's guards refuse it."""
        return ConclusionRecord(**insert_row(self._writer, ConclusionRow, values))

    def conclusions(self, case: int) -> tuple[ConclusionRecord, ...]:
        """Return the statements about a case, oldest first."""
        return all_rows(self._engine, ConclusionRow, ConclusionRecord, ConclusionRow.case_id == case)

    def note(self, **values: object) -> NoteRecord:
        """Add a note or an exhibit."""
        return NoteRecord(**insert_row(self._writer, NoteRow, values))

    def notes(self, case: int) -> tuple[NoteRecord, ...]:
        """Return the notes and exhibits of a case, oldest first."""
        return all_rows(self._engine, NoteRow, NoteRecord, NoteRow.case_id == case)

    def count_cases(self, organisation: int) -> int:
        """Count the cases of an organisation."""
        with self._engine.connect() as connection:
            query = select(func.count()).where(CaseRow.organisation_id == organisation)
            return connection.execute(query).scalar_one()


def aliased_decisions(*where: ColumnElement[bool]) -> Any:  # noqa: ANN401 - a subquery of SQLAlchemy
    """Return the candidates that have such a decision."""
    return select(DecisionRow.candidate_id).where(*where)
