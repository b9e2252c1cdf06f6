"""A request that is sent again with the same ``Idempotency-Key`` is answered again, not done again.

Kept for a day, under a digest of who asked and of their key. Routes whose answers hold a secret do not use
this: nothing that opens a door is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from antigone.errors import ConflictError, UsageError
from antigone.records.jobs import AnswerRecord
from antigone.web.gate import BoundedRoute, principal_of, workspace_of

HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
_LONGEST_KEY = 200
_CONTENT_TYPE = "content-type"


class OnceRoute(BoundedRoute):
    """A route that answers a repeated POST with what it answered before."""

    def make_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler that FastAPI makes of the route."""
        handle = super().make_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if request.method != "POST" or key is None:
                return await handle(request)
            if not 1 <= len(key) <= _LONGEST_KEY:
                raise UsageError(f"{HEADER} has 1 to {_LONGEST_KEY} characters")
            body = await request.body()
            owned = await run_in_threadpool(_owned, request, key)
            asked = _digest(request, body)
            before = await run_in_threadpool(_begin, request, owned, asked)
            if before is not None:
                return _again(before, asked)
            return await _answer(request, owned, handle)

        return once


async def _answer(
    request: Request, owned: bytes, handle: Callable[[Request], Coroutine[Any, Any, Response]]
) -> Response:
    jobs = workspace_of(request).records.jobs
    try:
        response = await handle(request)
    except BaseException:  # nothing came of it, so it may be sent again
        await run_in_threadpool(jobs.forget_answer, owned)
        raise
    kept: dict[str, Any] = {
        "status": response.status_code,
        "media_type": response.headers.get(_CONTENT_TYPE, ""),
        "body": bytes(response.body),
    }
    await run_in_threadpool(lambda: jobs.keep_answer(owned, **kept))
    return response


def _owned(request: Request, key: str) -> bytes:
    """Return the name under which an answer is kept. Whoever was cut off gets no old answers either."""
    who = principal_of(request)
    return hashlib.sha256(f"{who.person}\0{key}".encode("utf-8", "surrogatepass")).digest()


def _digest(request: Request, body: bytes) -> bytes:
    """Return a digest of what is asked; a form's boundary is a new one each time it is sent."""
    kind, _, parameter = request.headers.get(_CONTENT_TYPE, "").partition(";")
    boundary = parameter.partition("boundary=")[2].strip().strip('"')
    if boundary:
        body = body.replace(boundary.encode("latin-1", "replace"), b"boundary")
    head = f"{request.url.path}?{request.url.query}\0{kind.strip()}\0"
    return hashlib.sha256(head.encode() + body).digest()


def _begin(request: Request, owned: bytes, asked: bytes) -> AnswerRecord | None:
    now = datetime.now(UTC)
    jobs = workspace_of(request).records.jobs
    return jobs.begin_answer(owned, asked, at=now, forget_before=now - KEPT)


def _again(before: AnswerRecord, asked: bytes) -> Response:
    if before.request != asked:
        raise ConflictError(f"this {HEADER} was sent with another request", hint="take a new key")
    if before.status is None or before.body is None:
        raise ConflictError("this request is being answered", hint="ask again in a moment")
    return Response(
        before.body,
        status_code=before.status,
        media_type=before.media_type or None,
        headers={"Idempotent-Replayed": "true"},
    )
