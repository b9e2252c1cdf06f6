"""The first page: what waits for whoever is signed in."""

from __future__ import annotations

from fastapi import Request, Response

from antigone.access import Permission
from antigone.web.gate import OfficeHere, Routes, Who
from antigone.web.pages.render import render

routes = Routes(include_in_schema=False)
_CASES = 10  # that are shown here; the list of cases has them all


@routes.allow("GET", "/", None)
def start(request: Request, who: Who, office: OfficeHere) -> Response:
    """Show what one may go on with."""
    cases = office.book.cases(by=who) if who.may(Permission.CASE_READ) else ()
    still_open = [case for case in cases if case.closed_at is None]
    return render(request, "start.html.j2", {"cases": still_open[-_CASES:][::-1]}, who=who)
