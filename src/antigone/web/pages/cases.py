"""The cases of one's organisation: found, opened."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form, Query, Request, Response

from antigone.access import Permission
from antigone.casework import Purpose
from antigone.casework.lists import Wanted
from antigone.errors import AntigoneError
from antigone.web.gate import OfficeHere, Routes, Who
from antigone.web.pages.case_terms import TERMS
from antigone.web.pages.render import go, render

routes = Routes(include_in_schema=False)
Line = Annotated[str, Form(max_length=2_000)]
_STATES = {"open": False, "closed": True, "all": None}


@routes.allow("GET", "/cases", Permission.CASE_READ)
def cases(
    request: Request,
    who: Who,
    office: OfficeHere,
    *,
    state: Literal["open", "closed", "all"] = "open",
    purpose: Purpose | Literal[""] = "",
    words: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """List them, newest first."""
    wanted = Wanted(words=words, closed=_STATES[state], purpose=Purpose(purpose) if purpose else None)
    page = office.desk.cases(wanted, by=who, before=before)
    shown = {
        "page": page,
        "state": state,
        "purpose": purpose,
        "words": words,
        "before": before,
        "purposes": list(Purpose),
        "terms": TERMS,
    }
    return render(request, "cases.html.j2", shown, who=who)


@routes.allow("GET", "/cases/new", Permission.CASE_WORK)
def new_case(request: Request, who: Who) -> Response:
    """Ask what a case is about."""
    return _form(request, who, {"title": "", "purpose": "", "other": "", "basis": ""}, None)


@routes.allow("POST", "/cases/new", Permission.CASE_WORK)
def open_case(
    request: Request,
    who: Who,
    office: OfficeHere,
    *,
    title: Line = "",
    purpose: Line = "",
    other: Line = "",
    basis: Line = "",
) -> Response:
    """Open a case and go on to its first search."""
    said = other if purpose == Purpose.OTHER else purpose
    try:
        case = office.book.open(title, purpose=said, basis=basis, by=who)
    except AntigoneError as problem:
        typed = {"title": title, "purpose": purpose, "other": other, "basis": basis}
        return _form(request, who, typed, problem)
    path = f"/search?case={case.number}" if who.may(Permission.SEARCH) else f"/cases/{case.number}"
    return go(request, path)


def _form(request: Request, who: Who, typed: dict[str, str], problem: AntigoneError | None) -> Response:
    shown = {"typed": typed, "problem": problem, "purposes": list(Purpose), "terms": TERMS}
    status = 200 if problem is None else problem.http_status
    return render(request, "case_new.html.j2", shown, who=who, status=status)
