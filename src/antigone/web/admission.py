"""How much costly work one server process takes on: so much at once, so much in line, the rest refused.

Without a bound a queue only grows: everybody waits longer and longer, until clients give up on answers that
are then computed for nobody. With it, whoever is let in is answered in a time that does not depend on how
many others ask, and the others are told at once, before their photos are read, when to try again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from antigone.errors import OverloadedError

COSTLY = "x-costly"  # in a route's description: a search, a dossier, a picture that is decoded for it
_SECONDS = 1  # after which a refused request may be sent again


class Admission:
    """The places of one server process. Used within one event loop."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        """``at_once`` are worked on in parallel, ``waiting`` more stand in line, first come, first served."""
        self._working = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self.inside = 0  # at work or in line

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place. Raises `OverloadedError` where none is left."""
        if self.inside >= self._most:
            raise OverloadedError(
                "the server has as many searches at work and in line as it takes on",
                hint="send it again after the seconds of Retry-After",
                details={"retry_after": _SECONDS},
            )
        self.inside += 1
        try:
            async with self._working:
                yield
        finally:
            self.inside -= 1


class BoundedRoute(APIRoute):
    """A route that takes a place before anything of a costly request is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler that FastAPI makes of the route."""
        handle = self.make_handler()
        if not (self.openapi_extra or {}).get(COSTLY):
            return handle

        async def bounded(request: Request) -> Response:
            admission: Admission = request.app.state.admission
            async with admission.place():
                return await handle(request)

        return bounded

    def make_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request that has its place."""
        return super().get_route_handler()
