"""Reports of cases, the proofs of their audit entries, and the evaluations that reports rest on."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.casework.handing import Form
from antigone.web.api.deceased import Unblurred, handed
from antigone.web.gate import OfficeHere, Routes, Who
from antigone.web.once import OnceRoute

routes = Routes(tags=["reports"], route_class=OnceRoute)
Document = dict[str, Any]


class PostMortem(BaseModel):
    """A statement on whose faces a kept evaluation measured."""

    holds: bool
    note: str = Field(min_length=1, max_length=2_000, description="why: whose faces, who saw to it")


@routes.allow(
    "GET",
    "/cases/{number}/report",
    Permission.EXPORT,
    costly=True,
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}, "text/html": {}}, "description": "the report"}},
)
def report(
    number: str, who: Who, office: OfficeHere, form: Form = Form.PDF, unblurred: Unblurred = False
) -> Response:
    """Make the report of a case as PDF or HTML. It leaves an audit entry."""
    case = office.book.case(number, by=who)
    return handed(office.documents.report(case, form, by=who, unblurred=unblurred))


@routes.allow(
    "GET",
    "/cases/{number}/proofs",
    Permission.EXPORT,
    costly=True,
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "proofs, one after the other"}},
)
def proofs(number: str, who: Who, office: OfficeHere) -> Response:
    """Prove the case's entries in the audit log, those that hold the hashes of its reports included."""
    case = office.book.case(number, by=who)
    return Response(
        office.documents.proofs(case, by=who),
        media_type="text/plain; charset=us-ascii",
        headers={"Content-Disposition": f'attachment; filename="{case.number}.proofs"'},
    )


@routes.allow("GET", "/evaluations", Permission.COLLECTION_READ)
def evaluations(who: Who, office: OfficeHere) -> Document:
    """List the evaluations that one's organisation keeps. They are made on the command line."""
    return {"evaluations": [one.document() for one in office.measurements.all(by=who)]}


@routes.allow("POST", "/evaluations/{figures}/post-mortem", Permission.AUTHORISE, status_code=201)
def declare(figures: str, body: PostMortem, who: Who, office: OfficeHere) -> Document:
    """State that the evaluation with figures of this SHA-256 was on faces of the dead, or take it back."""
    return office.measurements.declare(figures, holds=body.holds, note=body.note, by=who).document()
