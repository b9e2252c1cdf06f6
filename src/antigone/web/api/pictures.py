"""Pictures to compare by eye: whole photos of probe and candidate, derived anew, never the original."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from antigone.access import Permission
from antigone.casework.beside import LONGEST_SIDE, Wish
from antigone.web.gate import OfficeHere, Routes, RowId, Who

routes = Routes(tags=["cases"])
Unblurred = Annotated[bool, Query(description="show pictures of the dead as they are; it is written down")]
LongestSide = Annotated[int, Query(ge=64, le=LONGEST_SIDE, description="longest side in pixels")]
_JPEG = {200: {"content": {"image/jpeg": {}}, "description": "a derived picture"}}


@routes.allow(
    "GET",
    "/candidates/{candidate}/photo",
    Permission.CASE_READ,
    costly=True,
    response_class=Response,
    responses=_JPEG,
)
def candidate_photo(
    candidate: RowId,
    who: Who,
    office: OfficeHere,
    side: LongestSide = LONGEST_SIDE,
    unblurred: Unblurred = False,
) -> Response:
    """Show the whole photo of a candidate, scaled down."""
    wish = Wish(longest=side, unblurred=unblurred)
    return _jpeg(office.beside.candidate(candidate, by=who, wish=wish), f"candidate-{candidate}")


@routes.allow(
    "GET",
    "/candidates/{candidate}/listed/{reference}/picture",
    Permission.CASE_READ,
    costly=True,
    response_class=Response,
    responses=_JPEG,
)
def listed_picture(
    candidate: RowId, reference: RowId, who: Who, office: OfficeHere, unblurred: Unblurred = False
) -> Response:
    """Show the face of a copy of a candidate, or of a further photo of the likely person."""
    picture = office.beside.further(candidate, reference, by=who, wish=Wish(unblurred=unblurred))
    return _jpeg(picture, f"reference-{reference}")


@routes.allow(
    "GET",
    "/cases/{number}/searches/{search}/probes/{place}/picture",
    Permission.CASE_READ,
    costly=True,
    response_class=Response,
    responses=_JPEG,
)
def probe_picture(  # noqa: PLR0913, PLR0917 - one parameter a part of the address
    number: str,
    search: RowId,
    place: Annotated[int, Path(ge=1, le=1_000, description="which photo of the probe, from 1")],
    who: Who,
    office: OfficeHere,
    side: LongestSide = LONGEST_SIDE,
    unblurred: Unblurred = False,
    face: Annotated[bool, Query(description="the face alone, with its surroundings")] = False,
) -> Response:
    """Show a probe photo as the search compared it: adjusted by its steps, scaled down."""
    case = office.book.case(number, by=who)
    wish = Wish(longest=side, unblurred=unblurred, face=face)
    picture = office.beside.probe(case, search, place, by=who, wish=wish)
    return _jpeg(picture, f"{case.number}-probe-{place}")


def _jpeg(content: bytes, name: str) -> Response:
    return Response(
        content,
        media_type="image/jpeg",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-derived.jpg"',
            "X-Antigone-Derived": "scaled, encoded anew",
        },
    )
