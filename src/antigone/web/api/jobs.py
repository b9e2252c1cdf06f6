"""Bulk searches: many photos, a search each, as a job with progress."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import File, Form, Request, UploadFile
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from antigone import identify
from antigone.access import Permission
from antigone.casework.bulk import JobReport
from antigone.errors import NotSignedInError
from antigone.identify.probe import read_probe
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere, principal_of
from antigone.web.once import OnceRoute
from antigone.web.uploads import read_upload

routes = Routes(tags=["jobs"], route_class=OnceRoute)
Document = dict[str, Any]
_EVERY = 0.5  # seconds between two messages of a stream


@routes.allow("POST", "/cases/{number}/bulk-searches", Permission.SEARCH, status_code=202)
def begin(  # noqa: PLR0913 - one parameter a field of the form
    number: str,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    photos: Annotated[list[UploadFile], File(description="one photo a person")],
    *,
    collection: Annotated[list[str] | None, Form(description="collections; all without it")] = None,
    top: Annotated[int, Form(ge=1, le=identify.MOST_TOP)] = identify.DEFAULT_TOP,
    exact: Annotated[bool, Form()] = False,
) -> Document:
    """Ask for a search of each photo; follow it at ``/jobs/{job}``."""
    case = office.book.case(number, by=who)
    office.book.may_search(case, by=who)  # before anything is read
    probes = [read_probe([read_upload(photo, workspace.limits)], workspace.limits)[0] for photo in photos]
    request = identify.SearchRequest(
        photos=[probe.content for probe in probes],
        collections=office.visible.names(collection or (), by=who) if collection else (),
        top=top,
        exact=exact,
    )
    return _document(office.bulk.begin(case, probes, request, by=who))


@routes.allow("GET", "/jobs/{job}", Permission.CASE_READ)
def show(job: RowId, who: Who, office: OfficeHere) -> Document:
    """Say how far a job is, and what each step came to."""
    return _document(office.bulk.report(job, by=who))


@routes.allow("POST", "/jobs/{job}/stop", Permission.CASE_WORK, status_code=204)
def stop(job: RowId, who: Who, office: OfficeHere) -> None:
    """Stop a job after the step at hand."""
    office.bulk.stop(job, by=who)


@routes.allow("GET", "/jobs/{job}/progress", Permission.CASE_READ, response_class=StreamingResponse)
def progress(job: RowId, request: Request, who: Who, office: OfficeHere) -> StreamingResponse:
    """Stream progress as server-sent events until the job has ended, or whoever reads is cut off."""
    first = office.bulk.report(job, by=who)

    async def events() -> AsyncIterator[str]:  # a stream that waits in a thread would keep others out
        report, told = first, -1
        while True:
            if report.done != told or report.job.finished_at is not None:
                told = report.done
                yield f"data: {json.dumps(_progress(report))}\n\n"
            if report.job.finished_at is not None:
                return
            await asyncio.sleep(_EVERY)
            try:  # anew for every message: a cut-off ends the stream
                report = await run_in_threadpool(lambda: office.bulk.report(job, by=principal_of(request)))
            except NotSignedInError as error:
                yield f"event: end\ndata: {json.dumps({'code': error.code})}\n\n"
                return

    return StreamingResponse(events(), media_type="text/event-stream")


def _document(report: JobReport) -> Document:
    steps = [
        {
            "step": step.number,
            "photo": step.sha256,
            "source": step.source,
            "search": step.search_id,
            "error": None if step.error is None else json.loads(step.error),
        }
        for step in report.steps
    ]
    return {**_progress(report), "steps": steps}


def _progress(report: JobReport) -> Document:
    job = report.job
    return {
        "job": job.id,
        "state": job.state,
        "stopped_because": job.stopped_because,
        "done": report.done,
        "total": len(report.steps),
        "created_at": job.created_at.isoformat(),
        "finished_at": None if job.finished_at is None else job.finished_at.isoformat(),
    }
