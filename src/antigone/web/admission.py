"""How much one server process takes on: so much at once, so much in line, the rest refused.

Without a bound a queue only grows: everybody waits longer and longer, until clients give up on answers that
are then computed for nobody. With it, whoever is let in is answered in a time that does not depend on how
many others ask, and the others are told at once, before their photos are read, when to try again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from tempfile import SpooledTemporaryFile

from starlette.types import Message, Receive

from antigone.errors import OverloadedError, UsageError

COSTLY = "x-costly"  # in a route's description: a search, a dossier, a picture that is decoded for it
PLAIN_AT_ONCE = 16  # other requests at work: fewer than there are threads, so that none waits twice
PLAIN_WAITING = 4_000
URGENT = "x-urgent"  # a cut-off, or whether the server is well: it waits for nobody
UPLOAD_S = 120  # in which a request must have arrived as a whole
_IN_MEMORY = 2**20  # bytes of a request
_CHUNK = 2**16
_SECONDS = 1  # after which a refused request may be sent again


class Admission:
    """The places of one server process. Used within one event loop."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        """``at_once`` are worked on in parallel, ``waiting`` more stand in line, first come, first served."""
        self._working = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self.inside = 0  # at work or in line

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place in the line. Raises `OverloadedError` where none is left."""
        self.check()
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn to be worked on, and hold it. Only for whoever has a place."""
        async with self._working:
            yield

    def check(self) -> None:
        """Raise `OverloadedError` where no place is left."""
        if self.inside >= self._most:
            raise OverloadedError(
                "the server has as much at work and in line as it takes on",
                hint="send it again after the seconds of Retry-After",
                details={"retry_after": _SECONDS},
            )


@asynccontextmanager
async def arrived(receive: Receive) -> AsyncIterator[Receive]:
    """Take a request in as a whole, and yield what hands it on from memory, or from disk where it is large.

    So a slow link holds a place in the line, but keeps nobody from being worked on. Raises `UsageError` for a
    request that breaks off, or has not arrived after `UPLOAD_S`.
    """
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as kept:
        try:
            async with asyncio.timeout(UPLOAD_S):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise UsageError("the request broke off before it had arrived")
                    kept.write(message.get("body", b""))
                    if not message.get("more_body", False):
                        break
        except TimeoutError as error:
            raise UsageError(f"the request did not arrive within {UPLOAD_S} seconds") from error
        left = kept.tell()
        kept.seek(0)

        async def again() -> Message:
            nonlocal left
            if left < 0:  # all was handed on; what comes now is that the client goes away
                return await receive()
            chunk = kept.read(_CHUNK)
            left = left - len(chunk) or -1
            return {"type": "http.request", "body": chunk, "more_body": left > 0}

        yield again
