"""One candidate with the search and the case that it belongs to, for whoever is of their organisation."""

from __future__ import annotations

from dataclasses import dataclass

from antigone.access import Principal
from antigone.errors import NotFoundError
from antigone.records.cases import CandidateRecord, CaseRecord, Cases, CaseSearchRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A candidate with the search and case that it belongs to."""

    candidate: CandidateRecord
    search: CaseSearchRecord
    case: CaseRecord


def find_candidate(cases: Cases, candidate: int, *, by: Principal) -> Found:
    """Return a candidate of one's own organisation. Raises `NotFoundError`."""
    found = cases.candidate(candidate)
    search = cases.search(found.search_id) if found else None
    case = cases.case(search.case_id) if search else None
    if found is None or search is None or case is None or case.organisation_id != by.organisation:
        raise NotFoundError(f"there is no candidate {candidate}")
    return Found(candidate=found, search=search, case=case)
