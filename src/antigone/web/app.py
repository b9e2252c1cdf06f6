"""The application: one workspace, its routes, and what every answer carries."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from starlette.middleware.gzip import GZipMiddleware

from antigone.casework.bulk import Worker
from antigone.casework.webhooks import Courier
from antigone.settings import Settings
from antigone.web import pages, problems
from antigone.web.admission import PLAIN_AT_ONCE, PLAIN_WAITING, Admission
from antigone.web.api import (
    account,
    audit,
    cases,
    checks,
    clusters,
    collections,
    deceased,
    dossiers,
    exercises,
    faces,
    intakes,
    jobs,
    material,
    people,
    photos,
    pictures,
    reports,
    sign_in,
    standing,
    statistics,
    system,
    webhooks,
)
from antigone.web.bodies import BoundedBodies
from antigone.web.measures import Measures
from antigone.web.pages import static
from antigone.web.pages.shelf import Shelf
from antigone.workspace import Workspace

_LOG = logging.getLogger("antigone.web")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(settings: Settings) -> FastAPI:
    """Return the application for the workspace that the settings name; it opens when the server starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with Workspace.open(settings=settings) as workspace:
            app.state.workspace = workspace
            office = workspace.office
            with (
                Worker(partial(office.bulk.work_once, parts=workspace)),
                Worker(partial(office.standing.work_once, parts=workspace)),
                Worker(partial(office.intakes.work_once, importer=workspace)),
                Courier(office.webhooks),
            ):
                yield

    app = FastAPI(
        title="Antigone",
        version=version("antigone"),
        summary="Find a face: photos in, candidates out. A score suggests; a person decides.",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
    )
    app.state.measures = Measures()
    app.state.shelf = Shelf()
    app.state.plain = Admission(at_once=PLAIN_AT_ONCE, waiting=PLAIN_WAITING)
    app.state.admission = Admission(at_once=settings.searches_at_once, waiting=settings.searches_waiting)
    app.state.viewing = Admission(at_once=settings.searches_at_once, waiting=settings.pictures_waiting)
    problems.install(app)
    for router in (
        sign_in.routes,
        account.routes,
        people.routes,
        collections.routes,
        intakes.routes,
        cases.routes,
        material.routes,
        dossiers.routes,
        clusters.routes,
        photos.routes,
        faces.routes,
        pictures.routes,
        jobs.routes,
        audit.routes,
        webhooks.routes,
        deceased.routes,
        reports.routes,
        standing.routes,
        checks.routes,
        statistics.routes,
        exercises.routes,
    ):
        app.include_router(router, prefix="/api/v1")
    app.include_router(system.routes)
    for router in pages.ROUTERS:
        app.include_router(router)
    static.install(app)

    # Innermost, so that its refusals are answered like every other error.
    app.add_middleware(BoundedBodies, most_form_bytes=settings.max_upload_bytes)

    @app.middleware("http")
    async def around(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        number, begun = uuid.uuid4().hex[:16], time.perf_counter()
        response = await call(request)
        seconds = time.perf_counter() - begun
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = number
        route = request.scope.get("route")
        path = getattr(route, "path", "unknown")  # the pattern, never what was asked for
        app.state.measures.answered(request.method, path, response.status_code, seconds)
        _LOG.info(
            "answered",
            extra={
                "request": number,
                "method": request.method,
                "route": path,
                "status": response.status_code,
                "ms": round(1000 * seconds, 1),
            },
        )
        return response

    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    return app
