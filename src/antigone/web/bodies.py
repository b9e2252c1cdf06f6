"""The one bound on what a request may bring along, whatever its headers say of it.

Files of a form are written to temporary files as they arrive, so a large form costs disk, not memory; every
other body is held in memory and is small. What is too large is refused by its declared length, or else as
soon as it has sent too much. The rest of it is taken in and dropped, up to a limit: a browser that is still
sending would otherwise show a broken connection instead of the reason.

One route is left out: a file that is handed in for an import is its whole body, and is written straight to
the disk under limits of its own.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_OTHER_BYTES = 2 * 2**20  # of a JSON document or a form without files
MOST_DROPPED_BYTES = 2 * 2**30
_STREAMED = re.compile(r"/api/v1/intakes/[^/]+/files$")


def is_streamed(path: str) -> bool:
    """Tell whether a route writes its body to the disk as it arrives."""
    return _STREAMED.search(path) is not None


def carries_files(headers: Headers) -> bool:
    """Tell whether a request is a form that may hold files."""
    return headers.get("Content-Type", "").lower().startswith("multipart/form-data")


class BoundedBodies:
    """Middleware that lets no route read more than its share."""

    def __init__(self, app: ASGIApp, *, most_form_bytes: int) -> None:
        """``most_form_bytes`` is the limit of a form with files."""
        self._app = app
        self._most_form_bytes = most_form_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application answer it."""
        if scope["type"] != "http" or is_streamed(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = self._most_form_bytes if carries_files(headers) else MOST_OTHER_BYTES
        declared = headers.get("Content-Length", "")
        arrived = int(declared) if declared.isdecimal() and int(declared) > most else 0

        async def bounded() -> Message:
            nonlocal arrived
            if arrived > most:  # declared so
                await _drop(receive)
                raise _too_large(most)
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > most:
                if message.get("more_body", False):
                    await _drop(receive)
                raise _too_large(most)
            return message

        await self._app(scope, bounded, send)


async def _drop(receive: Receive) -> None:
    dropped = 0
    while dropped < MOST_DROPPED_BYTES:
        message = await receive()
        dropped += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the request is larger than {most:,} bytes")
