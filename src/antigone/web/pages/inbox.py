"""The inbox: new candidates that cases found while they kept looking."""

from __future__ import annotations

from fastapi import Request, Response

from antigone.access import Permission
from antigone.casework.pictures import is_veiled
from antigone.web.gate import After, OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.pages.render import go, render

routes = Routes(include_in_schema=False)
_PAGE = 50


@routes.allow("GET", "/inbox", Permission.CASE_READ)
def inbox(
    request: Request, who: Who, office: OfficeHere, workspace: WorkspaceHere, after: After = 0
) -> Response:
    """Show what waits, the oldest first."""
    items = office.inbox.items(by=who, after=after, limit=_PAGE)
    references = workspace.records.references([one.candidate.reference for one in items])
    seen = {info.name for info in office.visible.collections(by=who)}
    shown = [
        {
            "one": one,
            "reference": reference
            if (reference := references.get(one.candidate.reference)) and reference.collection in seen
            else None,
            "veiled": is_veiled(one.case),
        }
        for one in items
    ]
    context = {
        "items": shown,
        "waiting": office.inbox.waiting(by=who),
        "may_see": who.may(Permission.CASE_WORK),
        "further": items[-1].item.id if len(items) == _PAGE else None,
    }
    return render(request, "inbox.html.j2", context, who=who)


@routes.allow("POST", "/inbox/{item}/seen", Permission.CASE_WORK)
def seen(item: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Take an item out; its candidate stays with its case."""
    office.inbox.see(item, by=who)
    return go(request, "/inbox")
