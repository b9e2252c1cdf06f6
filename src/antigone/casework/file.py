"""A case with all that it holds, read at once for whoever may see it."""

from __future__ import annotations

from dataclasses import dataclass

from antigone.access import Permission, Principal
from antigone.casework.conclusions import Conclusions, Standing
from antigone.casework.decisions import settled, visible
from antigone.casework.measured import notices
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
    notices: tuple[str, ...] = ()  # sentences that stand beside its list

    @property
    def holds_seeds(self) -> bool:
        """Tell whether known non-mates are among the candidates."""
        return any(candidate.seeded for candidate, _ in self.candidates)

    def hides(self, candidate: int) -> bool:
        """Tell whether rank and score of a candidate stay hidden: in a hidden list, until it is decided.

        Where seeds are among them, which their ranks would give away, until everything about it is decided.
        """
        if not self.search.hidden:
            return False
        decisions = next((made for known, made in self.candidates if known.id == candidate), ())
        return settled(decisions) is None if self.holds_seeds else not decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case with all that it holds."""

    case: CaseRecord
    authorisations: tuple[AuthorisationRecord, ...]
    probes: tuple[ProbeRecord, ...]
    searches: tuple[SearchFile, ...]
    notes: tuple[NoteRecord, ...]
    standing: Standing


def case_file(case: CaseRecord, cases: Cases, conclusions: Conclusions, *, by: Principal) -> CaseFile:
    """Read a case of one's own organisation. Raises `ForbiddenError` and `NotFoundError`."""
    by.require(Permission.CASE_READ)
    return CaseFile(
        case=case,
        standing=conclusions.standing(case, by=by),
        authorisations=cases.authorisations(case.id),
        probes=cases.probes(case.id),
        notes=cases.notes(case.id),
        searches=tuple(search_file(search, cases, by=by) for search in cases.searches(case.id)),
    )


def search_file(search: CaseSearchRecord, cases: Cases, *, by: Principal) -> SearchFile:
    """Read one search of a case that the reader may see, in the order in which its list is shown."""
    shown = sorted(cases.candidates(search.id), key=lambda candidate: candidate.shown_as)
    made: dict[int, list[DecisionRecord]] = {}
    for decision in cases.decisions_of_search(search.id):
        made.setdefault(decision.candidate_id, []).append(decision)
    return SearchFile(
        search=search,
        candidates=tuple((one, visible(tuple(made.get(one.id, ())), by=by)) for one in shown),
        notices=notices(cases.case(search.case_id), search.model, cases),
    )
