"""Which photos of a case are handed on: those that two people hold to be potential matches."""

from __future__ import annotations

from antigone.access import Permission, Principal
from antigone.casework.decisions import Verdict, settled
from antigone.custody.desk import Held
from antigone.errors import NotFoundError
from antigone.records.cases import CaseRecord, Cases


def agreed_photos(case: CaseRecord, cases: Cases, *, by: Principal) -> tuple[Held, ...]:
    """Return the photos of a case that were settled to be potential matches, by hash and collection.

    All other candidates are people who have nothing to do with the case, and decisions that are still open
    must not be told to whoever decides next. The case is one that ``by`` may see, as `CaseBook.case` returns
    it. Raises `ForbiddenError`, and `NotFoundError` where nothing is settled.
    """
    by.require(Permission.CASE_READ)
    found = {
        Held(collection=candidate.collection, photo=candidate.photo)
        for search in cases.searches(case.id)
        for candidate in cases.candidates(search.id)
        if not candidate.seeded and settled(cases.decisions(candidate.id)) is Verdict.POTENTIAL_MATCH
    }
    if not found:
        raise NotFoundError(
            f"no candidate of case {case.number} is a potential match by the decision of two people",
            hint="photos of a case are handed on once both decisions are made",
        )
    return tuple(sorted(found, key=lambda held: (held.collection, held.photo)))
