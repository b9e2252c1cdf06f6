"""The dead: what is recorded of them, to which authority it was given, and their probe pictures.

No route sends anything to anybody: documents are answered to whoever asks for them, who hands them on.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.casework.handing import Form, Handed
from antigone.casework.onward import Authority, AuthorityKind
from antigone.casework.particulars import FIELDS
from antigone.casework.report.particulars import (
    entry_document,
    onward_document,
    onward_state_document,
    standing_document,
)
from antigone.errors import NotFoundError
from antigone.web.gate import OfficeHere, Routes, RowId, Who
from antigone.web.once import OnceRoute

routes = Routes(tags=["the dead"], route_class=OnceRoute)
Document = dict[str, Any]

Unblurred = Annotated[
    bool, Query(description="show pictures of somebody dead as they are; the audit log keeps that")
]
_LINE = Field(min_length=1, max_length=2_000)
_HANDED = {200: {"content": {form.media_type: {} for form in Form}, "description": "the document itself"}}


class NewParticulars(BaseModel):
    """Particulars to record, by field."""

    said: dict[str, str] = Field(min_length=1, max_length=100, examples=[{"sex": "male", "age": "25-35"}])
    source: str = Field(min_length=1, max_length=2_000, description="how this is known")


class Withdrawal(BaseModel):
    """Why something does not hold."""

    reason: str = _LINE


class _Entry(BaseModel):
    """An authority, and the day."""

    kind: AuthorityKind
    authority: str = _LINE
    reference: str = _LINE
    on: date
    corrects: RowId | None = None

    def named(self) -> Authority:
        """Return the authority."""
        return Authority(kind=self.kind, name=self.authority, reference=self.reference)


class NewGiven(_Entry):
    """That an authority was given an exported document."""

    document: str = Field(pattern="^[0-9a-fA-F]{64}$", description="SHA-256 of the exported file")
    by_whom: str = Field(default="", max_length=2_000)


class NewFamilyInformed(_Entry):
    """That an authority informed the family."""

    known_by: str = Field(min_length=1, max_length=2_000, description="how that is known")


@routes.allow("GET", "/particulars/fields", None)
def fields() -> Document:
    """List the fields of particulars with where each is asked for."""
    return {"fields": [field.document(name) for name, field in FIELDS.items()]}


@routes.allow("GET", "/cases/{number}/particulars", Permission.CASE_READ)
def particulars(number: str, who: Who, office: OfficeHere) -> Document:
    """Show what is recorded of a dead person, with every change."""
    case = office.book.case(number, by=who)
    standing = office.particulars.standing(case, by=who)
    return {"case": case.number, "particulars": [standing_document(one, {}) for one in standing]}


@routes.allow("POST", "/cases/{number}/particulars", Permission.CASE_WORK, status_code=201)
def record(number: str, body: NewParticulars, who: Who, office: OfficeHere) -> Document:
    """Record particulars; what stood before stays on record."""
    case = office.book.case(number, by=who)
    made = office.particulars.record(case, body.said, source=body.source, by=who)
    entries = [{"field": one.field, **entry_document(one, {})} for one in made]
    return {"case": case.number, "entries": entries}


@routes.allow("POST", "/cases/{number}/particulars/{field}/withdraw", Permission.CASE_WORK, status_code=201)
def withdraw(number: str, field: str, body: Withdrawal, who: Who, office: OfficeHere) -> Document:
    """Say that what stands in a field does not hold."""
    case = office.book.case(number, by=who)
    made = office.particulars.withdraw(case, field, reason=body.reason, by=who)
    return {"case": case.number, "field": made.field, **entry_document(made, {})}


@routes.allow(
    "GET",
    "/cases/{number}/particulars/document",
    Permission.EXPORT,
    costly=True,
    response_class=Response,
    responses=_HANDED,
)
def particulars_file(
    number: str, who: Who, office: OfficeHere, form: Form = Form.PDF, unblurred: Unblurred = False
) -> Response:
    """Make the particulars as a file for an authority. It leaves an audit entry."""
    case = office.book.case(number, by=who)
    return handed(office.documents.particulars(case, form, by=who, unblurred=unblurred))


@routes.allow("GET", "/cases/{number}/onward", Permission.CASE_READ)
def onward(number: str, who: Who, office: OfficeHere) -> Document:
    """Show to which authority particulars were given, and whether the family was informed."""
    case = office.book.case(number, by=who)
    return onward_state_document(case, office.onward.state(case, by=who))


@routes.allow("POST", "/cases/{number}/onward/given", Permission.CASE_WORK, status_code=201)
def given(number: str, body: NewGiven, who: Who, office: OfficeHere) -> Document:
    """Record that an authority was given an exported document."""
    case = office.book.case(number, by=who)
    made = office.onward.given(
        case,
        body.named(),
        document=body.document,
        on=body.on,
        by_whom=body.by_whom,
        corrects=body.corrects,
        by=who,
    )
    return onward_document(made, office.onward.state(case, by=who))


@routes.allow("POST", "/cases/{number}/onward/family-informed", Permission.CASE_WORK, status_code=201)
def family_informed(number: str, body: NewFamilyInformed, who: Who, office: OfficeHere) -> Document:
    """Record that an authority informed the family. The server itself informs nobody."""
    case = office.book.case(number, by=who)
    made = office.onward.family_informed(
        case, body.named(), on=body.on, known_by=body.known_by, corrects=body.corrects, by=who
    )
    return onward_document(made, office.onward.state(case, by=who))


@routes.allow("POST", "/cases/{number}/onward/{entry}/withdraw", Permission.CASE_WORK, status_code=201)
def withdraw_entry(number: str, entry: RowId, body: Withdrawal, who: Who, office: OfficeHere) -> Document:
    """Record that an entry does not hold."""
    case = office.book.case(number, by=who)
    made = office.onward.withdraw(case, entry, reason=body.reason, by=who)
    return onward_document(made, office.onward.state(case, by=who))


def handed(made: Handed) -> Response:
    """Answer a document as a file to be saved, with its hash and the number of its audit entry."""
    return Response(
        made.content,
        media_type=made.form.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{made.name}"',
            "X-Antigone-SHA256": made.sha256,
            "X-Antigone-Audit": str(made.audit),
        },
    )


@routes.allow(
    "GET",
    "/cases/{number}/probes/{photo}/picture",
    Permission.CASE_READ,
    costly=True,
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "a derived picture of the probe photo"}},
)
def probe_picture(
    number: str, photo: str, who: Who, office: OfficeHere, unblurred: Unblurred = False
) -> Response:
    """Show a probe photo, scaled and encoded anew; never the original. It leaves an audit entry."""
    case = office.book.case(number, by=who)
    if len(photo) != 64:
        raise NotFoundError(f"case {case.number} has no such probe")
    return Response(
        office.probe_pictures.photo(case, photo.lower(), by=who, unblurred=unblurred),
        media_type="image/jpeg",
        headers={
            "Content-Disposition": f'attachment; filename="probe-{photo.lower()[:16]}-derived.jpg"'
            if photo.isalnum() and photo.isascii()
            else "attachment",
            "X-Antigone-Derived": "scaled",
        },
    )
