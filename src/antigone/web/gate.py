"""Who asks, and whether they may: declared on every route, checked before it runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from antigone.access import Permission, Principal
from antigone.errors import ForbiddenError, NotSignedInError
from antigone.office import Office
from antigone.web.admission import COSTLY, URGENT, Admission, arrived
from antigone.web.bodies import carries_files, is_streamed
from antigone.web.cookies import COOKIE
from antigone.workspace import Workspace

OWN_HEADER = "X-Antigone"  # a page of another site cannot send it without being asked first (CORS)
_SAFE = {"GET", "HEAD"}


def workspace_of(request: Request) -> Workspace:
    """Return the workspace that this server serves."""
    workspace: Workspace = request.app.state.workspace
    return workspace


def office_of(request: Request) -> Office:
    """Return the people's side of the workspace."""
    return workspace_of(request).office


def principal_of(request: Request) -> Principal:
    """Look up who asks, anew for every request. Raises `NotSignedInError`."""
    sessions = office_of(request).sessions
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if token:
        if scheme.lower() != "bearer":
            raise NotSignedInError("the Authorization header takes a Bearer token")
        return sessions.of_token(token.strip())
    secret = request.cookies.get(COOKIE)
    if not secret:
        raise NotSignedInError("nobody is signed in", hint="sign in, or send an API token as Bearer")
    if request.method not in _SAFE and not _from_our_pages(request):
        raise ForbiddenError(f"a change made with a cookie needs the header {OWN_HEADER}")
    return sessions.of_session(secret)


def _from_our_pages(request: Request) -> bool:
    """Tell whether a page of ours sent this: by our own header, or by what only the browser itself says."""
    if OWN_HEADER in request.headers or request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return request.headers.get("Origin") == f"{request.url.scheme}://{request.url.netloc}"


def address_of(request: Request) -> str:
    """Return the address that the request comes from, for the limits of signing in."""
    return request.client.host if request.client else "unknown"


RowId = Annotated[int, Field(ge=1, le=2**63 - 1, description="number of a record")]
After = Annotated[int, Field(ge=0, le=2**63 - 1, description="cursor: the last number of the page before")]


async def _workspace(request: Request) -> Workspace:  # a coroutine, as it needs no thread to wait for
    return workspace_of(request)


async def _office(request: Request) -> Office:
    return office_of(request)


WorkspaceHere = Annotated[Workspace, Depends(_workspace)]
OfficeHere = Annotated[Office, Depends(_office)]
Who = Annotated[Principal, Depends(principal_of)]


class BoundedRoute(APIRoute):
    """A route that is worked on when it is its turn, see `antigone.web.admission`.

    A full server says so before anything else. Who asks is looked up within the turn, so that a cut-off holds
    for all who still wait for theirs. Before a costly request it is also looked up before the request is
    taken in, so that nobody unknown ever holds a place among the few.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler that FastAPI makes of the route."""
        handle = self.make_handler()
        said = self.openapi_extra or {}
        if said.get(URGENT):
            return handle

        async def in_turn(admission: Admission, request: Request) -> Response:
            with admission.place():
                async with arrived(request.receive) as receive, admission.turn():
                    return await handle(Request(request.scope, receive))

        async def plain(request: Request) -> Response:
            if is_streamed(request.scope["path"]):  # a slow link would hold a turn
                return await handle(request)
            if carries_files(request.headers):  # large ones are taken in only from somebody who is known
                await run_in_threadpool(principal_of, request)
            return await in_turn(request.app.state.plain, request)

        async def costly(request: Request) -> Response:
            # A page shows many pictures at once; they must not take the places of searches.
            state = request.app.state
            admission: Admission = state.viewing if request.method in _SAFE else state.admission
            admission.check()
            await run_in_threadpool(principal_of, request)
            return await in_turn(admission, request)

        return costly if said.get(COSTLY) else plain

    def make_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request that has its place."""
        return super().get_route_handler()


_FULL = {"description": "the server is full, or a budget is spent; Retry-After says when to try again"}


class Routes(APIRouter):
    """A router whose routes each declare who may use them; one that declares nothing cannot be added."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - FastAPI's own
        super().__init__(**{"route_class": BoundedRoute, **how})

    def allow(
        self,
        method: str,
        path: str,
        permission: Permission | None,
        *,
        costly: bool = False,
        urgent: bool = False,
        **how: Any,  # noqa: ANN401 - FastAPI's own
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route for whoever has ``permission``; None: for everyone who is signed in.

        A ``costly`` one takes one of the few places first, see `antigone.web.admission`; an ``urgent`` one
        waits for no turn, however many others ask.
        """
        check = Depends(_requires(permission) if permission else principal_of)
        extra: dict[str, object] = {"x-permission": "signed-in" if permission is None else permission.value}
        if costly:
            extra[COSTLY] = True
        return self._declare(method, path, extra, urgent, {**how, "dependencies": [check]})

    def public(
        self,
        method: str,
        path: str,
        *,
        urgent: bool = False,
        **how: Any,  # noqa: ANN401 - FastAPI's own
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a route that needs no sign-in."""
        return self._declare(method, path, {"x-permission": "public"}, urgent, how)

    def _declare(
        self, method: str, path: str, extra: dict[str, object], urgent: bool, how: dict[str, Any]
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        if urgent:
            extra[URGENT] = True
        else:
            how = {**how, "responses": {**how.get("responses", {}), 429: _FULL}}
        return self.api_route(path, methods=[method], openapi_extra=extra, **how)


def _requires(permission: Permission) -> Callable[[Principal], Coroutine[Any, Any, None]]:
    async def check(who: Who) -> None:
        who.require(permission)

    return check
