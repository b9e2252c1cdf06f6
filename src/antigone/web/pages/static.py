"""Our own files that pages load. Their address changes with them, so a browser may keep them for a year."""

from __future__ import annotations

from fastapi import FastAPI, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from antigone.web.pages.render import STATIC


class _Kept(StaticFiles):
    """Files under ``/static/DIGEST/``; whatever the digest is, the present file is given."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        _, _, name = path.partition("/")
        answer = await super().get_response(name, scope)
        if answer.status_code == 200:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def install(app: FastAPI) -> None:
    """Serve the files."""
    app.mount("/static", _Kept(directory=STATIC), name="static")
