"""Dossiers within a case: all photos of one person, probably, and what stands beside them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Form, UploadFile

from antigone.access import Permission
from antigone.casework.file import search_file
from antigone.dossier import DossierRequest
from antigone.dossier.documents import dossier_document
from antigone.dossier.graph import graph_of, graphml_text
from antigone.errors import ConflictError, NotFoundError, UsageError
from antigone.office import Office
from antigone.records import Records
from antigone.records.cases import CandidateRecord, CaseRecord
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.once import OnceRoute
from antigone.web.uploads import read_upload

routes = Routes(tags=["dossiers"], route_class=OnceRoute)
Document = dict[str, Any]


@routes.allow("POST", "/cases/{number}/dossiers", Permission.SEARCH, costly=True, status_code=201)
def make(  # noqa: PLR0913 - one parameter a field of the form
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    *,
    photo: Annotated[UploadFile | None, File(description="a photo of the person; or a candidate")] = None,
    candidate: Annotated[RowId | None, Form(description="a candidate of this case to begin with")] = None,
    face: Annotated[
        int | None, Form(ge=1, description="number of the face that is meant on the photo")
    ] = None,
    collection: Annotated[list[str] | None, Form(description="collections; all without it")] = None,
    alike: Annotated[
        float | None, Form(ge=-1, le=1, description="score from which two faces count as one person")
    ] = None,
    graphml: Annotated[bool, Form(description="add the links as GraphML, field graphml")] = False,
) -> Document:
    """Gather all photos of the person on a photo, or of a candidate. It counts as a search of the case."""
    case = office.book.case(number, by=who)
    office.book.may_search(case, by=who)  # before anything is read
    names = tuple(collection or ())
    if (photo is None) == (candidate is None):
        raise UsageError("a dossier begins with a photo or with a candidate: give one of the two")
    if candidate is not None:
        shown = candidate_of(case, candidate, office, workspace.records, who)
        asked = DossierRequest(photo=shown.photo, face=shown.face, collections=names, alike=alike)
    else:
        assert photo is not None
        content = read_upload(photo, workspace.limits)
        asked = DossierRequest(photo=content, face=face, collections=names, alike=alike)
    made = office.searching.dossier(case, asked, workspace, by=who)
    document = dossier_document(made)
    return {**document, "graphml": graphml_text(graph_of(made))} if graphml else document


def candidate_of(
    case: CaseRecord, number: int, office: Office, records: Records, who: Who
) -> CandidateRecord:
    """Return a candidate of the case; its photo must still be one that may be seen."""
    found = records.cases.candidate(number)
    search = records.cases.search(found.search_id) if found else None
    if found is None or search is None or search.case_id != case.id:
        raise NotFoundError(f"case {case.number} has no candidate {number}")
    if search_file(search, records.cases, by=who).hides(number):
        raise ConflictError(
            "this candidate stands in a hidden list and is not decided about", hint="decide about it first"
        )
    record = records.references([found.reference]).get(found.reference)
    seen = {info.name for info in office.visible.collections(by=who)}
    if record is None or record.photo != found.photo or record.collection not in seen:
        raise NotFoundError(f"the photo of candidate {number} is not available any more")
    return found
