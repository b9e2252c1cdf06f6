"""Cases found by what they are, and what waits in them for one person."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from antigone.access import Permission, Principal
from antigone.casework.cases import Purpose
from antigone.errors import UsageError
from antigone.records.case_lists import CaseLists
from antigone.records.cases import CandidateRecord, CaseRecord, ConclusionRecord

MOST_LISTED = 200  # of what waits for one person; the oldest come first, so nothing is forgotten
_BATCH = 500  # cases that are read at once where words are looked for
_NO_END = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases of a list are wanted."""

    words: str = ""  # each of them stands in title, legal basis, explanation or number
    closed: bool | None = None  # None: open and closed ones
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """One page of a list of cases, newest first."""

    cases: tuple[CaseRecord, ...]
    before: int | None  # the cursor of the following page; None on the last one


class Desk:
    """The cases of an organisation as one of its people goes through them."""

    def __init__(self, lists: CaseLists) -> None:
        self._lists = lists

    def cases(self, wanted: Wanted, *, by: Principal, before: int | None = None, limit: int = 30) -> CasePage:
        """Return cases of one's own organisation, newest first. Raises `ForbiddenError`, `UsageError`.

        Words are compared without regard to case, in every script; the database could do so for some only.
        """
        by.require(Permission.CASE_READ)
        if not 1 <= limit <= MOST_LISTED:
            raise UsageError(f"a page holds 1 to {MOST_LISTED} cases")
        words = _folded(wanted.words).split()
        found: list[CaseRecord] = []
        below = _NO_END if before is None else before
        while len(found) <= limit:
            batch = self._lists.page(
                by.organisation,
                before=below,
                limit=_BATCH if words else limit + 1,
                closed=wanted.closed,
                purpose=None if wanted.purpose is None else wanted.purpose.value,
            )
            if not batch:
                break
            found += [case for case in batch if _holds(case, words)]
            below = batch[-1].id
        page = tuple(found[:limit])
        return CasePage(cases=page, before=page[-1].id if len(found) > limit else None)

    def reviews(self, *, by: Principal) -> tuple[tuple[CaseRecord, CandidateRecord], ...]:
        """Return the candidates that wait for one's second decision, oldest first; nothing says the first."""
        by.require(Permission.REVIEW)
        return self._lists.undecided_second(by.organisation, person=by.person, limit=MOST_LISTED)

    def conflicts(self, *, by: Principal) -> tuple[tuple[CaseRecord, CandidateRecord], ...]:
        """Return the candidates about which two people differ and that one may resolve, oldest first."""
        by.require(Permission.RESOLVE)
        return self._lists.disputed(by.organisation, person=by.person, limit=MOST_LISTED)

    def confirmations(self, *, by: Principal) -> tuple[tuple[CaseRecord, ConclusionRecord], ...]:
        """Return the statements of others that wait for a second person, oldest first."""
        by.require(Permission.CONCLUDE)
        return self._lists.unconfirmed(by.organisation, person=by.person, limit=MOST_LISTED)

    def unauthorised(self, *, by: Principal) -> tuple[CaseRecord, ...]:
        """Return open cases of suspects that nobody authorised yet, oldest first."""
        by.require(Permission.AUTHORISE)
        return self._lists.never_authorised(by.organisation, purpose=Purpose.SUSPECT.value, limit=MOST_LISTED)


def _holds(case: CaseRecord, words: list[str]) -> bool:
    text = _folded(f"{case.number} {case.title} {case.explanation} {case.basis}")
    return all(word in text for word in words)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
