"""The page of a search: its candidates as a list or as a contact sheet."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import Query, Request, Response

from antigone.access import Permission
from antigone.casework.file import search_file
from antigone.casework.pictures import is_veiled
from antigone.casework.probes import faces_of_search
from antigone.errors import NotFoundError
from antigone.provenance import Holding
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.pages.listing import entries
from antigone.web.pages.render import render
from antigone.web.pages.searching import CASE_COOKIE, KINDS

routes = Routes(include_in_schema=False)
VIEW_COOKIE = "antigone-view"
_YEAR = 365 * 24 * 3600


@routes.allow("GET", "/cases/{number}/searches/{search}", Permission.CASE_READ)
def show(  # noqa: PLR0913, PLR0917 - one parameter a part of the address
    request: Request,
    number: str,
    search: RowId,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    view: Annotated[Literal["list", "sheet"] | None, Query()] = None,
    pictures: Annotated[Literal["blurred", "shown"], Query()] = "blurred",
) -> Response:
    """Show the candidates of one search."""
    case = office.book.case(number, by=who)
    made = workspace.records.cases.search(search)
    if made is None or made.case_id != case.id:
        raise NotFoundError(f"case {case.number} has no search {search}")
    shown = search_file(made, workspace.records.cases, by=who)
    kept = request.cookies.get(VIEW_COOKIE)
    chosen = view or ("sheet" if kept == "sheet" else "list")
    context = {
        "case": case,
        "search": made,
        "notices": shown.notices,
        "entries": entries(shown, workspace, by=who),
        "extent": json.loads(made.extent),
        "collections": json.loads(made.collections),
        "probes": len(json.loads(made.probes)),
        "faces": faces_of_search(made),
        "kinds": {kind.value: words for kind, words in KINDS.items()},
        "video": Holding.FRAME,
        "view": chosen,
        "veiled": is_veiled(case),
        "pictures": pictures,
    }
    answer = render(request, "candidates.html.j2", context, who=who)
    root = request.scope.get("root_path", "") or "/"
    answer.set_cookie(CASE_COOKIE, case.number, path=root, httponly=True, samesite="strict")
    if view is not None:
        answer.set_cookie(VIEW_COOKIE, view, max_age=_YEAR, path=root, httponly=True, samesite="strict")
    return answer
