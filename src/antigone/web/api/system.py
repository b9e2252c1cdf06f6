"""Health, readiness and measures."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from antigone.access import Permission
from antigone.errors import AntigoneError
from antigone.web.gate import Routes, WorkspaceHere

routes = Routes(tags=["system"])


@routes.public("GET", "/health", urgent=True)
def health() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@routes.public("GET", "/ready", urgent=True, responses={503: {"description": "not ready, and why"}})
def ready(workspace: WorkspaceHere) -> JSONResponse:
    """Say whether a search could be answered now: records readable, models loaded."""
    try:
        workspace.records.collections()
        model = workspace.analyser.model
    except AntigoneError as error:
        return JSONResponse({"status": "not ready", "code": error.code}, status_code=503)
    return JSONResponse({"status": "ready", "model": model})


@routes.allow("GET", "/metrics", Permission.STATISTICS, response_class=Response)
def metrics(request: Request) -> Response:
    """Return what the server counts, in the text format of Prometheus."""
    return Response(request.app.state.measures.text(), media_type="text/plain; version=0.0.4")
