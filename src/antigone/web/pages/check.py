"""The identity check: a live photo beside a document's photo, for a checkpoint or a shelter."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Form, Query, Request, Response, UploadFile

from antigone.access import Permission, Principal
from antigone.casework.cases import Purpose
from antigone.casework.checks import SAID, CaseCheck
from antigone.errors import AntigoneError
from antigone.office import Office
from antigone.records.cases import CaseRecord
from antigone.web.gate import OfficeHere, Routes, Who, WorkspaceHere
from antigone.web.pages.render import render
from antigone.web.uploads import read_upload

routes = Routes(include_in_schema=False)


@routes.allow("GET", "/check", Permission.SEARCH)
def ask(
    request: Request, who: Who, office: OfficeHere, case: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Ask for the two photos."""
    return _page(request, who, office, chosen=case)


@routes.allow("POST", "/check", Permission.SEARCH, costly=True)
def check(  # noqa: PLR0913 - one parameter a field of the form
    request: Request,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    *,
    case: Annotated[str, Form(max_length=40)],
    live: Annotated[UploadFile, File()],
    document: Annotated[UploadFile, File()],
    list_: Annotated[str, Form(alias="list", max_length=200)] = "",
) -> Response:
    """Compare them, and the live one with a list where the case permits it."""
    try:
        found = office.book.case(case, by=who)
        office.checks.may_check(found, list_ or None, by=who)  # before anything is read
        made = office.checks.check(
            found,
            read_upload(live, workspace.limits),
            read_upload(document, workspace.limits),
            workspace,
            by=who,
            list_=list_ or None,
        )
    except AntigoneError as problem:
        return _page(request, who, office, chosen=case, list_=list_, problem=problem)
    return _page(request, who, office, chosen=case, list_=list_, made=made)


def _page(
    request: Request,
    who: Principal,
    office: Office,
    *,
    chosen: str,
    list_: str = "",
    problem: AntigoneError | None = None,
    made: CaseCheck | None = None,
) -> Response:
    cases = [case for case in office.book.cases(by=who) if _is_for_checks(case)][::-1]
    context = {
        "cases": cases,
        "chosen": chosen or (cases[0].number if cases else ""),
        "lists": {
            case.number: [one.collection.name for one in office.checks.permitted(case, by=who)]
            for case in cases
        },
        "list": list_,
        "problem": problem,
        "made": made,
        "said": SAID,
    }
    status = 200 if problem is None else problem.http_status
    return render(request, "check.html.j2", context, who=who, status=status)


def _is_for_checks(case: CaseRecord) -> bool:
    return case.closed_at is None and case.purpose == Purpose.IDENTITY_CHECK
