"""Identity checks, and the lists of persons sought that they may use."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Form, UploadFile
from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.casework.checks import check_document, permitted_document
from antigone.identify import FaceChoice
from antigone.web.api.standing import LeastStrength
from antigone.web.gate import OfficeHere, Routes, Who, WorkspaceHere
from antigone.web.once import OnceRoute
from antigone.web.uploads import read_upload

routes = Routes(tags=["identity checks"], route_class=OnceRoute)
Document = dict[str, Any]


class NewList(BaseModel):
    """That a collection is a list of persons sought."""

    basis: str = Field(min_length=1, max_length=2_000, examples=["order 12/2026"])


class NewPermission(LeastStrength):
    """That a case may be held against a list."""

    authority: str = Field(min_length=1, max_length=2_000)
    reference: str = Field(min_length=1, max_length=2_000)


@routes.allow("POST", "/cases/{number}/checks", Permission.SEARCH, status_code=201, costly=True)
def check(  # noqa: PLR0913 - one parameter a field of the form
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    live: Annotated[UploadFile, File(description="photo of the person who is there")],
    document: Annotated[UploadFile, File(description="photo of the document's picture")],
    *,
    list_: Annotated[
        str | None, Form(alias="list", description="name of a list of persons sought to look at, too")
    ] = None,
    live_face: Annotated[int | None, Form(description="number of the face that is meant")] = None,
    document_face: Annotated[int | None, Form(description="and on the document's photo")] = None,
) -> Document:
    """Hold a live photo against a document's photo, and against a list where the case permits it."""
    case = office.book.case(number, by=who)
    office.checks.may_check(case, list_, by=who)  # before anything is read
    picks = [(n, pick) for n, pick in ((1, live_face), (2, document_face)) if pick is not None]
    made = office.checks.check(
        case,
        read_upload(live, workspace.limits),
        read_upload(document, workspace.limits),
        workspace,
        by=who,
        list_=list_,
        choices=[FaceChoice(photo=n, pick=pick) for n, pick in picks],
    )
    return check_document(made)


@routes.allow("GET", "/cases/{number}/lists", Permission.CASE_READ)
def permitted(number: str, who: Who, office: OfficeHere) -> Document:
    """List what a case may be held against."""
    case = office.book.case(number, by=who)
    return {"lists": [permitted_document(one) for one in office.checks.permitted(case, by=who)]}


@routes.allow("PUT", "/cases/{number}/lists/{name}", Permission.AUTHORISE, costly=True)
def permit(
    number: str, name: str, body: NewPermission, who: Who, office: OfficeHere, workspace: WorkspaceHere
) -> Document:
    """Let a case for identity checks be held against a list."""
    made = office.checks.permit(
        office.book.case(number, by=who),
        name,
        authority=body.authority,
        reference=body.reference,
        least=body.least(),
        parts=workspace,
        by=who,
    )
    return permitted_document(made)


@routes.allow("DELETE", "/cases/{number}/lists/{name}", Permission.AUTHORISE, status_code=204)
def withdraw(number: str, name: str, who: Who, office: OfficeHere) -> None:
    """Take that back, from the next check on."""
    office.checks.withdraw(office.book.case(number, by=who), name, by=who)


@routes.allow("GET", "/sought-lists", Permission.COLLECTION_READ)
def lists(who: Who, office: OfficeHere) -> Document:
    """List the lists of persons sought that one's organisation has or is shared."""
    return {
        "lists": [
            {
                "name": info.name,
                "own": office.visible.is_own(info, by=who),
                "basis": marked.basis,
                "marked_at": marked.marked_at.isoformat(),
            }
            for info, marked in office.checks.lists(by=who)
        ]
    }


@routes.allow("PUT", "/collections/{name}/sought", Permission.COLLECTION_MANAGE, status_code=204)
def mark(name: str, body: NewList, who: Who, office: OfficeHere) -> None:
    """Make a collection of one's own organisation a list of persons sought."""
    office.checks.mark(name, basis=body.basis, by=who)


@routes.allow("DELETE", "/collections/{name}/sought", Permission.COLLECTION_MANAGE, status_code=204)
def unmark(name: str, who: Who, office: OfficeHere) -> None:
    """Take that back, from the next check on."""
    office.checks.unmark(name, by=who)
