"""The audit log: looked through, verified, taken outside."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from antigone.access import Permission
from antigone.access.readable import EVERYTHING
from antigone.audit.check import verify_workspace
from antigone.audit.export import export_log
from antigone.errors import UsageError
from antigone.records.audit import AuditFilter
from antigone.web.gate import OfficeHere, Routes, RowId, Who, WorkspaceHere
from antigone.web.pages.days import day_of
from antigone.web.pages.render import render

routes = Routes(include_in_schema=False)
_PAGE = 50
_CHUNK = 1 << 18
Text = Annotated[str, Query(max_length=200)]


@routes.allow("GET", "/audit", Permission.AUDIT_READ)
def log(  # noqa: PLR0913 - one parameter a field of the form
    request: Request,
    who: Who,
    office: OfficeHere,
    workspace: WorkspaceHere,
    *,
    kind: Text = "",
    mentions: Text = "",
    since: Text = "",
    until: Text = "",
    before: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """List entries, newest first; the filter stays in the address."""
    problem = None
    asked = {"kind": kind, "mentions": mentions, "since": since, "until": until}
    try:
        wanted = AuditFilter(
            kinds=(kind,) if kind else (),
            mentions=mentions.strip(),
            since=_midnight(since),
            until=_midnight(until, days=1),
            before=before or None,
        )
    except UsageError as error:
        problem, wanted = error, AuditFilter(before=before or None)
    found = office.log.newest(wanted, limit=_PAGE + 1, by=who)
    context = {
        "entries": found[:_PAGE],
        "names": {person.id: person.shown_as for person in workspace.records.people.people(who.organisation)},
        "total": office.log.count(by=who),
        "further": found[_PAGE - 1].seq if len(found) > _PAGE else None,
        "asked": asked,
        "kinds": office.log.kinds(by=who),
        "problem": problem,
        "report": None,
    }
    return render(request, "audit.html.j2", context, who=who, status=200 if problem is None else 400)


@routes.allow("GET", "/audit/{entry}", Permission.AUDIT_READ)
def entry(entry: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Show one entry in full."""
    found = office.log.entry(entry, by=who)
    body = json.dumps(dict(found.body), indent=2, ensure_ascii=False, sort_keys=True)
    newest = office.log.newest(EVERYTHING, limit=1, by=who)
    return render(
        request, "audit_entry.html.j2", {"entry": found, "body": body, "last": newest[0].seq}, who=who
    )


@routes.allow("POST", "/audit/verify", Permission.AUDIT_READ)
def verify(request: Request, who: Who, office: OfficeHere) -> Response:
    """Verify the whole log, step by step."""
    report = verify_workspace(office.log.whole(by=who))
    return render(request, "audit_verified.html.j2", {"report": report}, who=who)


@routes.allow("POST", "/audit/export", Permission.AUDIT_READ)
def export(who: Who, office: OfficeHere) -> Response:
    """Hand out the whole log with its checkpoints and public key, for an outside verifier."""
    log = office.log.whole(by=who)
    folder = tempfile.TemporaryDirectory(prefix="antigone-audit-")
    target = Path(folder.name) / "audit.jsonl"
    try:
        export_log(log, target, by=who.person)
    except BaseException:
        folder.cleanup()
        raise
    name = f"antigone-audit-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.jsonl"

    def content() -> Iterator[bytes]:
        with folder, target.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content(), media_type="application/jsonl", headers=headers)


@routes.allow("POST", "/audit/checkpoint", Permission.AUDIT_READ)
def checkpoint(who: Who, office: OfficeHere) -> Response:
    """Hand out the newest signed checkpoint, for a witness to keep."""
    log = office.log.whole(by=who)
    note = log.checkpoint()
    headers = {"Content-Disposition": f'attachment; filename="checkpoint-{log.count()}.txt"'}
    return Response(note, media_type="text/plain; charset=utf-8", headers=headers)


def _midnight(day: str, *, days: int = 0) -> datetime | None:
    if not day:
        return None
    try:
        return datetime.combine(day_of(day) + timedelta(days=days), time(), UTC)
    except OverflowError as error:
        raise UsageError(f"{day} is no date", hint="write it like 2026-12-31") from error
