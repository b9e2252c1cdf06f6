"""A dossier within a case: all photos of one person, probably, and what stands beside them."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Form, Query, Request, Response

from antigone.access import Permission, Principal
from antigone.casework.measured import NOT_VALIDATED
from antigone.casework.pictures import is_veiled
from antigone.dossier import DossierRequest
from antigone.dossier.documents import dossier_document
from antigone.dossier.graph import graph_of, graphml_text
from antigone.errors import AntigoneError, NotFoundError
from antigone.office import Office
from antigone.records.cases import CaseRecord
from antigone.web.api.dossiers import candidate_of
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.pages.case_terms import TERMS
from antigone.web.pages.company import WIDTH, draw
from antigone.web.pages.render import go, render
from antigone.web.pages.shelf import Kept, Shelf

routes = Routes(include_in_schema=False)
MOST_PHOTOS = 120  # that are shown with pictures; the files hold all
MOST_ROWS = 200  # of each table


@routes.allow("GET", "/cases/{number}/dossiers/new", Permission.SEARCH)
def ask(
    request: Request,
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    candidate: Annotated[int, Query(ge=1, le=2**63 - 1)],
) -> Response:
    """Say what a dossier is, and ask where to look."""
    case = office.book.case(number, by=who)
    candidate_of(case, candidate, office, workspace.records, who)
    return _form(request, who, office, case, candidate, None)


@routes.allow("POST", "/cases/{number}/dossiers", Permission.SEARCH, costly=True)
def make(
    request: Request,
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    *,
    candidate: Annotated[int, Form(ge=1, le=2**63 - 1)],
    collection: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make it. It counts as a search of the case."""
    case = office.book.case(number, by=who)
    try:
        office.book.may_search(case, by=who)
        shown = candidate_of(case, candidate, office, workspace.records, who)
        asked = DossierRequest(photo=shown.photo, face=shown.face, collections=tuple(collection or ()))
        made = office.searching.dossier(case, asked, workspace, by=who)
    except AntigoneError as problem:
        return _form(request, who, office, case, candidate, problem)
    _shelf(request).keep(made, person=who.person, case=case.number, candidate=candidate)
    return go(request, f"/cases/{case.number}/dossiers/{made.audit}")


@routes.allow("GET", "/cases/{number}/dossiers/{dossier}", Permission.CASE_READ)
def show(
    request: Request,
    number: str,
    dossier: RowId,
    who: Who,
    office: OfficeHere,
    pictures: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show a dossier to whoever made it, as long as it is at hand."""
    case = office.book.case(number, by=who)
    kept = _kept(request, case, dossier, who, office)
    if kept is None:
        shown = {"case": case, "dossier": dossier}
        return render(request, "dossier_gone.html.j2", shown, who=who, status=404)
    unblurred = pictures == "shown"
    context = {
        "case": case,
        "kept": kept,
        "made": kept.dossier,
        "unvalidated": NOT_VALIDATED in kept.dossier.notices,
        "notices": [text for text in kept.dossier.notices if text != NOT_VALIDATED],
        "drawing": draw(kept.dossier),
        "width": WIDTH,
        "most_photos": MOST_PHOTOS,
        "most_rows": MOST_ROWS,
        "source_of": {source.name: source for source in kept.dossier.sources},
        "record_of": {photo.photo: photo.record for photo in reversed(kept.dossier.photos)},
        "dead": is_veiled(case),
        "veiled": is_veiled(case, unblurred=unblurred),
        "terms": TERMS,
    }
    return render(request, "dossier.html.j2", context, who=who)


@routes.allow("GET", "/cases/{number}/dossiers/{dossier}/faces/{reference}", Permission.SEARCH, costly=True)
def face(
    request: Request,
    number: str,
    dossier: RowId,
    reference: RowId,
    who: Who,
    office: OfficeHere,
    *,
    unblurred: bool = False,
) -> Response:
    """Show one of its faces, derived."""
    case = office.book.case(number, by=who)
    kept = _kept(request, case, dossier, who, office)
    record = None if kept is None else kept.record(reference)
    if record is None:
        raise NotFoundError("this dossier is not at hand any more, or shows no such face")
    picture = office.dossier_pictures.face(record, case, by=who, unblurred=unblurred)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@routes.allow("GET", "/cases/{number}/dossiers/{dossier}/file", Permission.SEARCH)
def file(
    request: Request,
    number: str,
    dossier: RowId,
    who: Who,
    office: OfficeHere,
    form: Annotated[str, Query(pattern="^(json|graphml)$")] = "json",
) -> Response:
    """Give the whole dossier as JSON, or its links as GraphML."""
    case = office.book.case(number, by=who)
    kept = _kept(request, case, dossier, who, office)
    if kept is None:
        raise NotFoundError("this dossier is not at hand any more", hint="make it anew")
    if form == "json":
        content, kind = (
            json.dumps(dossier_document(kept.dossier), ensure_ascii=False, indent=2),
            "application/json",
        )
    else:
        content, kind = graphml_text(graph_of(kept.dossier)), "application/graphml+xml"
    name = f"{case.number}-dossier-{dossier}.{form}"
    return Response(
        content.encode("utf-8", "backslashreplace"),
        media_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _kept(request: Request, case: CaseRecord, audit: int, who: Principal, office: Office) -> Kept | None:
    """Return a dossier if it is at hand and everything that was searched for it may still be seen."""
    kept = _shelf(request).find(audit, person=who.person, case=case.number)
    if kept is None:
        return None
    seen = {info.name for info in office.visible.collections(by=who)}
    return kept if seen.issuperset(kept.dossier.searched.collections) else None


def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf


def _form(
    request: Request,
    who: Principal,
    office: Office,
    case: CaseRecord,
    candidate: int,
    problem: AntigoneError | None,
) -> Response:
    shown = {
        "case": case,
        "candidate": candidate,
        "collections": office.visible.collections(by=who),
        "problem": problem,
    }
    status = 200 if problem is None else problem.http_status
    return render(request, "dossier_new.html.j2", shown, who=who, status=status)
