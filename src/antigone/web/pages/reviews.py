"""What waits for a second decision, and what two people see differently."""

from __future__ import annotations

from fastapi import Request, Response

from antigone.access import Permission
from antigone.errors import ForbiddenError
from antigone.web.gate import OfficeHere, Routes, Who
from antigone.web.pages.case_terms import TERMS
from antigone.web.pages.render import render

routes = Routes(include_in_schema=False)


@routes.allow("GET", "/reviews", Permission.CASE_READ)
def reviews(request: Request, who: Who, office: OfficeHere) -> Response:
    """Show what waits, the oldest first. What was decided first is not among it."""
    second, settle = who.may(Permission.REVIEW), who.may(Permission.RESOLVE)
    if not second and not settle:
        raise ForbiddenError(f"{who.shown_as} gives no second decisions", hint="reviewers and supervisors do")
    shown = {
        "second": office.desk.reviews(by=who) if second else None,
        "conflicts": office.desk.conflicts(by=who) if settle else None,
        "terms": TERMS,
    }
    return render(request, "reviews.html.j2", shown, who=who)
