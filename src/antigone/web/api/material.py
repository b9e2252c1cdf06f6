"""What lies in a case beside its searches: exhibits, and who took part."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import File, Form, Response, UploadFile

from antigone.access import Permission
from antigone.casework.exhibits import NewExhibit, exhibit_document
from antigone.casework.participants import participants
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.once import OnceRoute
from antigone.web.uploads import read_upload

routes = Routes(tags=["cases"], route_class=OnceRoute)
Document = dict[str, Any]


@routes.allow("POST", "/cases/{number}/exhibits", Permission.CASE_WORK, status_code=201)
def add_exhibit(
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    file: Annotated[UploadFile, File(description="any file; it is kept as it is and never opened")],
    text: Annotated[str, Form(max_length=10_000, description="what it is and where it comes from")] = "",
) -> Document:
    """Add a file to a case as an exhibit."""
    case = office.book.case(number, by=who)
    content = read_upload(file, workspace.limits)
    new = NewExhibit(content=content, name=file.filename or "", text=text)
    return exhibit_document(office.exhibits.add(case, new, by=who))


@routes.allow("GET", "/cases/{number}/exhibits", Permission.CASE_READ)
def exhibits(number: str, who: Who, office: OfficeHere) -> Document:
    """List the exhibits of a case."""
    case = office.book.case(number, by=who)
    return {"exhibits": [exhibit_document(one) for one in office.exhibits.list(case, by=who)]}


@routes.allow(
    "GET",
    "/cases/{number}/exhibits/{exhibit}/file",
    Permission.CASE_READ,
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "the file as it was added"}},
)
def exhibit_file(number: str, exhibit: RowId, who: Who, office: OfficeHere) -> Response:
    """Hand out the file of an exhibit, always as a download. It leaves an audit entry."""
    found, content = office.exhibits.read(office.book.case(number, by=who), exhibit, by=who)
    name = quote(found.file_name or "file", safe="")
    return Response(
        content,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


@routes.allow("GET", "/cases/{number}/participants", Permission.CASE_READ)
def took_part(number: str, who: Who, office: OfficeHere, workspace: WorkspaceHere) -> Document:
    """List who took part in a case, and what they did."""
    found = participants(office.book.case(number, by=who), workspace.records, by=who)
    return {"participants": [one.document() for one in found]}
