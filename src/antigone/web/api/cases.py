"""Cases: searching, deciding, concluding."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import File, Form, Query, Response, UploadFile
from pydantic import BaseModel, Field

from antigone import identify
from antigone.access import Permission
from antigone.casework import Evidence, Kind, Verdict
from antigone.casework.documents import (
    authorisation_document,
    case_document,
    comparison_document,
    conclusion_document,
    decision_document,
    file_document,
    note_document,
    search_file_document,
)
from antigone.casework.file import search_file
from antigone.casework.searching import Showing
from antigone.casework.seeds import MOST_SEEDS, seed_statistics
from antigone.errors import NotFoundError, UsageError
from antigone.identify import FaceChoice
from antigone.identify.sheet.pictures import FACE_SIDE
from antigone.records import ReferenceRecord
from antigone.records.cases import CaseRecord
from antigone.types import Box
from antigone.web.gate import After, OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.once import OnceRoute
from antigone.web.uploads import read_upload

routes = Routes(tags=["cases"], route_class=OnceRoute)
Document = dict[str, Any]


class NewCase(BaseModel):
    """A case to open."""

    title: str = Field(min_length=1, max_length=2_000, examples=["Unknown man, bridge"])
    purpose: str = Field(min_length=1, max_length=2_000, examples=["missing-person"])
    basis: str = Field(min_length=1, max_length=2_000, examples=["section 12"])


class NewAuthorisation(BaseModel):
    """That an authority allowed the searches of a case."""

    authority: str = Field(min_length=1, max_length=2_000)
    reference: str = Field(min_length=1, max_length=2_000)
    expires_at: datetime | None = None


class NewDecision(BaseModel):
    """What one holds of a candidate."""

    verdict: Verdict
    features: dict[str, str] = Field(default_factory=dict, examples=[{"ears": "similar"}])
    note: str = Field(default="", max_length=10_000)


class NewConclusion(BaseModel):
    """What a case comes to. A face alone identifies nobody."""

    conclusion: Kind
    candidate: RowId | None = None
    identifier: str | None = None
    identifier_reference: str | None = None
    authority: str | None = None
    authority_reference: str | None = None
    note: str = Field(default="", max_length=10_000)


class NewNote(BaseModel):
    """A note to a case."""

    text: str = Field(min_length=1, max_length=10_000)


@routes.allow("GET", "/cases", Permission.CASE_READ)
def cases(who: Who, office: OfficeHere, after: After = 0, limit: int = 100) -> Document:
    """List the cases of one's organisation; ``next`` is the cursor of the following page."""
    if not 1 <= limit <= 500:
        raise UsageError("a page holds 1 to 500 cases")
    found = [case for case in office.book.cases(by=who) if case.id > after]
    page = found[:limit]
    return {
        "cases": [case_document(case) for case in page],
        "next": page[-1].id if len(found) > limit else None,
    }


@routes.allow("POST", "/cases", Permission.CASE_WORK, status_code=201)
def open_case(body: NewCase, who: Who, office: OfficeHere) -> Document:
    """Open a case."""
    return case_document(office.book.open(body.title, purpose=body.purpose, basis=body.basis, by=who))


@routes.allow("GET", "/cases/{number}", Permission.CASE_READ)
def show(number: str, who: Who, office: OfficeHere) -> Document:
    """Show a case with all that it holds."""
    return file_document(office.file(office.book.case(number, by=who), by=who))


@routes.allow("POST", "/cases/{number}/close", Permission.CASE_WORK, status_code=204)
def close(number: str, who: Who, office: OfficeHere) -> None:
    """Close a case."""
    office.book.close(office.book.case(number, by=who), by=who)


@routes.allow("POST", "/cases/{number}/reopen", Permission.AUTHORISE, status_code=204)
def reopen(number: str, who: Who, office: OfficeHere) -> None:
    """Open a closed case again."""
    office.book.reopen(office.book.case(number, by=who), by=who)


@routes.allow("POST", "/cases/{number}/authorisations", Permission.AUTHORISE, status_code=201)
def authorise(number: str, body: NewAuthorisation, who: Who, office: OfficeHere) -> Document:
    """Record an authorisation; this also unlocks the case."""
    if body.expires_at is not None and body.expires_at.tzinfo is None:
        raise UsageError("expires_at needs a time zone", hint="such as 2026-12-31T23:59:59Z")
    given = office.book.authorise(
        office.book.case(number, by=who),
        authority=body.authority,
        reference=body.reference,
        expires_at=body.expires_at,
        by=who,
    )
    return authorisation_document(given)


@routes.allow("POST", "/cases/{number}/notes", Permission.CASE_WORK, status_code=201)
def note(number: str, body: NewNote, who: Who, office: OfficeHere) -> Document:
    """Add a note to a case."""
    return note_document(office.book.note(office.book.case(number, by=who), body.text, by=who))


@routes.allow("POST", "/cases/{number}/searches", Permission.SEARCH, costly=True, status_code=201)
def search(  # noqa: PLR0913 - one parameter a field of the form
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    photos: Annotated[list[UploadFile], File(description="photos of one person")],
    *,
    collection: Annotated[list[str] | None, Form(description="collections; all without it")] = None,
    top: Annotated[int, Form(ge=1, le=identify.MOST_TOP)] = identify.DEFAULT_TOP,
    exact: Annotated[bool, Form()] = False,
    persons: Annotated[
        bool, Form(description="list each likely person once: one candidate a cluster")
    ] = False,
    hidden: Annotated[bool, Form(description="shuffled, without scores until decided")] = False,
    seeds: Annotated[int, Form(ge=0, le=MOST_SEEDS, description="known non-mates mixed in; hidden only")] = 0,
    face: Annotated[int | None, Form(description="number of the face that is meant")] = None,
    box: Annotated[str | None, Form(description="X,Y,W,H around the face")] = None,
) -> Document:
    """Search for the person on the photos."""
    case = office.book.case(number, by=who)
    office.book.may_search(case, by=who)  # before anything is read
    asked = identify.SearchRequest(
        photos=[read_upload(photo, workspace.limits) for photo in photos],
        choices=_choices(face, box),
        collections=tuple(collection or ()),
        top=top,
        exact=exact,
        persons=persons,
    )
    showing = Showing(hidden=hidden, seeds=seeds)
    made = office.searching.search(case, asked, workspace, by=who, showing=showing)
    return _search(made.search.id, case, who, office, workspace)


@routes.allow("POST", "/cases/{number}/comparisons", Permission.SEARCH, costly=True, status_code=201)
def compare(
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    photos: Annotated[list[UploadFile], File(description="the two photos", min_length=2, max_length=2)],
    *,
    face_a: Annotated[int | None, Form(description="number of the face that is meant on the first")] = None,
    face_b: Annotated[int | None, Form(description="and on the second")] = None,
) -> Document:
    """Compare the faces of two photos. It counts as a search of the case; both photos are kept."""
    case = office.book.case(number, by=who)
    office.book.may_search(case, by=who)  # before anything is read
    a, b = (read_upload(photo, workspace.limits) for photo in photos)
    picks = [(n, pick) for n, pick in ((1, face_a), (2, face_b)) if pick is not None]
    choices = [FaceChoice(photo=n, pick=pick) for n, pick in picks]
    made = office.searching.compare(case, (a, b), workspace, by=who, choices=choices)
    return comparison_document(made)


@routes.allow("GET", "/cases/{number}/searches/{search}", Permission.CASE_READ)
def show_search(
    number: str, search: RowId, who: Who, office: OfficeHere, workspace: WorkspaceHere
) -> Document:
    """Show a search with its candidates and the decisions that one may see."""
    return _search(search, office.book.case(number, by=who), who, office, workspace)


@routes.allow(
    "GET",
    "/candidates/{candidate}/picture",
    Permission.CASE_READ,
    costly=True,
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "a derived picture of the face"}},
)
def picture(
    candidate: RowId,
    who: Who,
    office: OfficeHere,
    unblurred: bool = False,
    side: Annotated[int, Query(ge=64, le=FACE_SIDE, description="pixels of a side")] = FACE_SIDE,
) -> Response:
    """Show the face of a candidate: cut out of the photo, scaled and encoded anew; never the original.

    In a case about somebody dead it is blurred, unless ``unblurred`` is asked for; the audit log keeps that.
    """
    return Response(
        office.pictures.face(candidate, by=who, unblurred=unblurred, longest=side),
        media_type="image/jpeg",
        headers={
            "Content-Disposition": f'attachment; filename="candidate-{candidate}-derived.jpg"',
            "X-Antigone-Derived": "face cut out, box drawn, scaled",
        },
    )


@routes.allow("POST", "/candidates/{candidate}/decisions", None, status_code=201)
def decide(candidate: RowId, body: NewDecision, who: Who, office: OfficeHere) -> Document:
    """Decide about a candidate: first, second, or as a supervisor where two differ.

    Takes the permission decide, review or resolve, as it is the first, the second or a resolution.
    """
    made = office.decisions.decide(candidate, body.verdict, features=body.features, note=body.note, by=who)
    return decision_document(made)


@routes.allow("GET", "/reviews", Permission.REVIEW)
def reviews(who: Who, office: OfficeHere) -> Document:
    """List the candidates that wait for one's second decision."""
    waiting = office.decisions.waiting(by=who)
    return {
        "candidates": [
            {"candidate": one.id, "photo": one.photo, "face": one.face, "search": one.search_id}
            for one in waiting
        ]
    }


@routes.allow("GET", "/statistics/seeded", Permission.STATISTICS)
def seeded(who: Who, workspace: WorkspaceHere) -> Document:
    """Say how often one's organisation took a known non-mate for a potential match."""
    return seed_statistics(workspace.records.cases, by=who).document()


@routes.allow("POST", "/cases/{number}/conclusions", Permission.CONCLUDE, status_code=201)
def conclude(number: str, body: NewConclusion, who: Who, office: OfficeHere) -> Document:
    """State what a case comes to; it holds once a second person confirms it."""
    evidence = Evidence(
        identifier=body.identifier,
        identifier_reference=body.identifier_reference,
        authority=body.authority,
        authority_reference=body.authority_reference,
    )
    stated = office.conclusions.propose(
        office.book.case(number, by=who),
        body.conclusion,
        candidate=body.candidate,
        evidence=evidence,
        note=body.note,
        by=who,
    )
    return conclusion_document(stated)


@routes.allow("POST", "/cases/{number}/conclusions/{statement}/confirm", Permission.CONCLUDE, status_code=201)
def confirm(number: str, statement: RowId, who: Who, office: OfficeHere) -> Document:
    """Confirm another person's statement."""
    case = office.book.case(number, by=who)
    return conclusion_document(office.conclusions.confirm(case, statement, by=who))


def _search(id_: int, case: CaseRecord, who: Who, office: OfficeHere, workspace: WorkspaceHere) -> Document:
    records = workspace.records
    search = records.cases.search(id_)
    if search is None or search.case_id != case.id:
        raise NotFoundError(f"case {case.number} has no search {id_}")
    shown = search_file(search, records.cases, by=who)
    # A collection may have been withdrawn, or a photo erased, since: then only the record of it is left.
    seen = {info.name for info in office.visible.collections(by=who)}
    document = search_file_document(shown)
    candidates: list[Document] = document["candidates"]
    listed = [other for one in candidates for other in (one, *_others(one))]
    references = records.references([one["reference"] for one in listed])
    for one in listed:  # what stands there already goes before
        one.update({**_reference(references.get(one["reference"]), seen), **one})
    return {"case": case.number, **document}


def _others(candidate: Document) -> list[Document]:
    """Return the copies and further photos that stand with a candidate; a hidden one tells of none."""
    person = candidate.get("person") or {}
    return [*candidate.get("duplicates", ()), *person.get("others", ())]


def _reference(record: ReferenceRecord | None, seen: set[str]) -> Document:
    if record is None or record.collection not in seen:
        return {"available": False}
    seconds = record.place.seconds
    return {
        "available": True,
        "collection": record.collection,
        "photo": record.photo,
        "face": record.face,
        "box": record.box.numbers(),
        "quality": round(record.quality, 1),
        "source": record.source,
        "page_url": record.page_url,
        "page_title": record.page_title,
        "captured_at": None if record.captured_at is None else record.captured_at.isoformat(),
        "captured_by": record.captured_by,
        "time": None if seconds is None else round(seconds, 3),  # in a video
        "derived": seconds is not None,  # a frame is made from its video, which is the original
    }


def _choices(face: int | None, box: str | None) -> tuple[FaceChoice, ...]:
    if box is not None:
        try:
            x, y, w, h = (float(number) for number in box.split(","))
            return (FaceChoice(pick=Box(x, y, w, h)),)
        except ValueError as error:
            raise UsageError("a box is four numbers with a positive size: X,Y,W,H") from error
    return () if face is None else (FaceChoice(pick=face),)
