"""The first page: what waits for whoever is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from antigone.access import Permission, Principal
from antigone.casework.lists import MOST_LISTED, Wanted
from antigone.office import Office
from antigone.web.gate import OfficeHere, Routes, Who
from antigone.web.pages.case_terms import TERMS
from antigone.web.pages.render import render
from antigone.web.pages.words import mark as _

routes = Routes(include_in_schema=False)
_CASES = 10  # that are shown here; the list of cases has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much of one kind waits."""

    path: str
    words: str  # a message of the catalogues
    count: int

    @property
    def more(self) -> bool:
        """Whether the list ends where it is cut."""
        return self.count >= MOST_LISTED


@routes.allow("GET", "/", None)
def start(request: Request, who: Who, office: OfficeHere) -> Response:
    """Show what one may go on with."""
    reads = who.may(Permission.CASE_READ)
    page = office.desk.cases(Wanted(closed=False), by=who, limit=_CASES) if reads else None
    shown = {
        "waiting": _waiting(who, office),
        "page": page,
        "to_confirm": office.desk.confirmations(by=who) if who.may(Permission.CONCLUDE) else (),
        "unauthorised": office.desk.unauthorised(by=who) if who.may(Permission.AUTHORISE) else (),
        "terms": TERMS,
    }
    return render(request, "start.html.j2", shown, who=who)


def _waiting(who: Principal, office: Office) -> list[Waiting]:
    found = []
    if who.may(Permission.REVIEW):
        count = len(office.desk.reviews(by=who))
        found.append(Waiting(path="/reviews", words=_("Second decisions to make"), count=count))
    if who.may(Permission.RESOLVE):
        count = len(office.desk.conflicts(by=who))
        found.append(Waiting(path="/reviews#conflicts", words=_("Decisions that differ"), count=count))
    if who.may(Permission.CASE_READ):
        count = office.inbox.waiting(by=who)
        found.append(Waiting(path="/inbox", words=_("New candidates in the inbox"), count=count))
    if who.may(Permission.PEOPLE_APPROVE):
        people = office.directory.people(by=who)
        count = sum(person.approved_at is None and person.disabled_at is None for person in people)
        found.append(Waiting(path="/people", words=_("Accounts to approve"), count=count))
    return found
