"""Handing files in: begin, send one after the other, hand over, follow the import."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool

from antigone.access import Permission
from antigone.web.gate import OfficeHere, Routes, RowId, Who

routes = Routes(tags=["collections"])
Document = dict[str, Any]


@routes.allow("POST", "/collections/{name}/intakes", Permission.IMPORT, status_code=201)
def begin(name: str, who: Who, office: OfficeHere) -> Document:
    """Begin to hand files in for a collection of one's own organisation."""
    return office.intakes.begin(name, by=who).document()


@routes.allow(
    "POST",
    "/intakes/{intake}/files",
    Permission.IMPORT,
    status_code=201,
)
async def receive(
    intake: RowId,
    request: Request,
    who: Who,
    office: OfficeHere,
    name: Annotated[str, Query(min_length=1, max_length=1_000, examples=["photo.jpg"])],
) -> Document:
    """Send one photo, web archive or video: its bytes are the body."""
    arriving = await run_in_threadpool(office.intakes.expect, intake, name, by=who)
    try:
        await arriving.write(request.stream())
        return {"bytes": await run_in_threadpool(office.intakes.keep, arriving)}
    finally:
        await run_in_threadpool(arriving.part.unlink, missing_ok=True)


@routes.allow("POST", "/intakes/{intake}/import", Permission.IMPORT, status_code=202)
def hand_over(intake: RowId, who: Who, office: OfficeHere) -> Document:
    """Let what was sent be imported; it goes on by itself."""
    return office.intakes.hand_over(intake, by=who).document()


@routes.allow("GET", "/intakes/{intake}", Permission.IMPORT)
def show(intake: RowId, who: Who, office: OfficeHere) -> Document:
    """Say how far it is."""
    return office.intakes.intake(intake, by=who).document()
