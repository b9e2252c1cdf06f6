"""The page that a search begins on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from antigone import identify
from antigone.access import Permission, Principal
from antigone.casework.seeds import MOST_SEEDS
from antigone.errors import AntigoneError
from antigone.identify.probe import MAX_PROBE_PHOTOS
from antigone.office import Office
from antigone.provenance import Holding
from antigone.records.cases import CaseRecord
from antigone.web import searches
from antigone.web.gate import OfficeHere, Routes, Who, WorkspaceHere
from antigone.web.pages.render import go, render
from antigone.web.pages.words import mark as _
from antigone.workspace import Workspace

routes = Routes(include_in_schema=False)
CASE_COOKIE = "antigone-case"  # number of the case that was searched in last


KINDS = {
    Holding.FILE: _("photo file"),
    Holding.RECORD: _("photo of an archived web page"),
    Holding.FRAME: _("frame of a video"),
}


@routes.allow("GET", "/search", Permission.SEARCH)
def ask(
    request: Request,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    case: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show the form of a search."""
    wanted = case or request.cookies.get(CASE_COOKIE, "")
    return _form(request, who, office, workspace, wanted=wanted)


@routes.allow("POST", "/search", Permission.SEARCH, costly=True)
def search(
    request: Request, asked: searches.Asked, who: Who, office: OfficeHere, workspace: WorkspaceHere
) -> Response:
    """Search from a browser without scripts; those with scripts ask the REST API in the same form."""
    try:
        made = searches.search(asked, workspace, by=who)
    except AntigoneError as problem:
        return _form(request, who, office, workspace, wanted=asked.case, problem=problem)
    return go(request, f"/cases/{made.case.number}/searches/{made.search.id}")


def _form(
    request: Request,
    who: Principal,
    office: Office,
    workspace: Workspace,
    *,
    wanted: str,
    problem: AntigoneError | None = None,
) -> Response:
    cases = [case for case in office.book.cases(by=who) if case.closed_at is None][::-1]
    shown = {
        "cases": cases,
        "chosen": _chosen(cases, wanted, who),
        "collections": office.visible.collections(by=who),
        "kinds": {kind.value: words for kind, words in KINDS.items()},
        "default_top": identify.DEFAULT_TOP,
        "most_top": identify.MOST_TOP,
        "most_seeds": MOST_SEEDS,
        "most_photos": MAX_PROBE_PHOTOS,
        "most_bytes": workspace.limits.max_file_bytes,
        "problem": problem,
    }
    status = 200 if problem is None else problem.http_status
    return render(request, "search.html.j2", shown, who=who, status=status)


def _chosen(cases: list[CaseRecord], wanted: str, who: Principal) -> str:
    """Return the case that was asked for or searched in last, else the newest of one's own, else any."""
    for fits in (
        lambda case: case.number == wanted,
        lambda case: case.opened_by == who.person,
        lambda case: True,
    ):
        found = next((case.number for case in cases if fits(case)), None)
        if found is not None:
            return found
    return ""
