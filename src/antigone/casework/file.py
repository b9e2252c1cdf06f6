"""A case with all that it holds, read at once for whoever may see it."""

from __future__ import annotations

from dataclasses import dataclass

from antigone.access import Permission, Principal
from antigone.casework.conclusions import Conclusions, Standing
from antigone.casework.decisions import Decisions
from antigone.records.cases import (
    AuthorisationRecord,
    CandidateRecord,
    CaseRecord,
    Cases,
    CaseSearchRecord,
    DecisionRecord,
    NoteRecord,
    ProbeRecord,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFile:
    """One search with its candidates, each with the decisions that the reader may see."""

    search: CaseSearchRecord
    candidates: tuple[tuple[CandidateRecord, tuple[DecisionRecord, ...]], ...]

    def hides(self, candidate: int) -> bool:
        """Tell whether rank and score of a candidate stay hidden: in a hidden list, until it is decided."""
        return self.search.hidden and not any(
            known.id == candidate and decisions for known, decisions in self.candidates
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case with all that it holds."""

    case: CaseRecord
    authorisations: tuple[AuthorisationRecord, ...]
    probes: tuple[ProbeRecord, ...]
    searches: tuple[SearchFile, ...]
    notes: tuple[NoteRecord, ...]
    standing: Standing


def case_file(
    case: CaseRecord, cases: Cases, decisions: Decisions, conclusions: Conclusions, *, by: Principal
) -> CaseFile:
    """Read a case of one's own organisation. Raises `ForbiddenError` and `NotFoundError`."""
    by.require(Permission.CASE_READ)
    return CaseFile(
        case=case,
        standing=conclusions.standing(case, by=by),
        authorisations=cases.authorisations(case.id),
        probes=cases.probes(case.id),
        notes=cases.notes(case.id),
        searches=tuple(search_file(search, cases, decisions, by=by) for search in cases.searches(case.id)),
    )


def search_file(search: CaseSearchRecord, cases: Cases, decisions: Decisions, *, by: Principal) -> SearchFile:
    """Read one search of a case that the reader may see, in the order in which its list is shown."""
    shown = sorted(cases.candidates(search.id), key=lambda candidate: candidate.shown_as)
    return SearchFile(
        search=search,
        candidates=tuple((one, decisions.seen_by(one.id, by=by)) for one in shown),
    )
