"""Errors as problem+json (RFC 9457) or as a page: the same codes, sentences and hints as everywhere else."""

from __future__ import annotations

import logging
import uuid
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from antigone.errors import AntigoneError, NotFoundError, NotSignedInError, UploadTooLargeError, UsageError
from antigone.web.pages.render import render
from antigone.web.pages.terms import plain_sentence
from antigone.web.pages.words import language_of, translations

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger("antigone.web")


def problem(
    request: Request,
    status: int,
    code: str,
    message: str,
    *,
    hint: str = "",
    details: dict[str, object] | None = None,
) -> JSONResponse:
    """Return a problem document; its title is in the reader's language."""
    words = translations(language_of(request))
    title = words.gettext(plain_sentence(code, (details or {}).get("failure")))
    body = {
        "type": f"urn:antigone:error:{code}",
        "title": title[:1].upper() + title[1:],
        "status": status,
        "detail": message,
        "code": code,
        "hint": hint,
        **(details or {}),
    }
    headers = {"Retry-After": str(body["retry_after"])} if "retry_after" in body else None
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Let every error of the application leave as a problem document."""

    @app.exception_handler(AntigoneError)
    async def typed(request: Request, error: AntigoneError) -> Response:
        if _is_page(request):
            return _page(request, error)
        return problem(
            request,
            error.http_status,
            error.code,
            error.message,
            hint=error.hint,
            details=dict(error.details),
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        if _is_page(request):
            return _page(request, UsageError("the page was asked for in a form that is not known here"))
        # What was sent is not repeated: it may hold a password.
        fields = [
            {"field": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors()[:20]
        ]
        return problem(
            request,
            422,
            "invalid-request",
            "the request does not have the form that is documented",
            details={"fields": fields},
        )

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404 and _is_page(request):
            return _page(request, NotFoundError("there is no such page"))
        if error.status_code == 413:
            too_large = UploadTooLargeError(
                str(error.detail), hint="send fewer or smaller photos; ANTIGONE_MAX_UPLOAD_BYTES is the limit"
            )
            return await typed(request, too_large)
        codes = {404: "not-found", 405: "method-not-allowed"}
        return problem(
            request, error.status_code, codes.get(error.status_code, "http-error"), str(error.detail)
        )

    @app.exception_handler(Exception)
    async def defect(request: Request, error: Exception) -> JSONResponse:
        number = uuid.uuid4().hex[:12]  # the message itself may hold what nobody outside may see
        _LOG.error("defect %s in %s %s", number, request.method, request.url.path, exc_info=error)
        return problem(request, 500, "defect", f"this is a defect of Antigone, noted as {number}")


def _is_page(request: Request) -> bool:
    """Tell whether a browser asked for a page, not a program or script for data."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return not path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


def _page(request: Request, error: AntigoneError) -> Response:
    root = request.scope.get("root_path", "")
    if isinstance(error, NotSignedInError):
        here = request.url.path.removeprefix(root) if request.method == "GET" else "/"
        return RedirectResponse(f"{root}/sign-in?{urlencode({'next': here})}", status_code=303)
    return render(request, "problem.html.j2", {"problem": error}, status=error.http_status)
