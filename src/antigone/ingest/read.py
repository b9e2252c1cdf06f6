"""Reads photos ahead of their analysis, in order, within a bound of memory."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from antigone.errors import PhotoError
from antigone.failures import Failure
from antigone.settings import Settings
from antigone.sources.offer import Offer
from antigone.sources.originals import read_original

CHUNK_PHOTOS = 64
_CHUNK_BYTES = 32 * 2**20  # a chunk ends before this, unless its first photo alone is larger
_CHUNKS_AHEAD = 2  # besides the one in use
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPhoto:
    """An offered photo and its bytes, or why there are none."""

    offer: Offer
    data: bytes = field(default=b"", repr=False)
    sha256: str | None = None
    failure: Failure | None = None


def in_chunks(offers: Iterable[Offer]) -> Iterator[list[Offer]]:
    """Group photos so that a group is small in number and, as far as their listed sizes tell, in bytes."""
    chunk: list[Offer] = []
    size = 0
    for offer in offers:
        if chunk and (len(chunk) == CHUNK_PHOTOS or size + offer.size > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(offer)
        size += offer.size
    if chunk:
        yield chunk


def read_ahead(chunks: Iterable[list[Offer]], settings: Settings) -> Generator[list[ReadPhoto], None, None]:
    """Yield each chunk with its photos read; the next ones are read meanwhile.

    ``chunks`` is pulled in the calling thread. Reading and hashing release Python's lock, so they run
    beside the analysis.
    """
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="antigone-read")
    reading: deque[Future[list[ReadPhoto]]] = deque()
    try:
        for chunk in chunks:
            reading.append(pool.submit(_read_all, chunk, settings))
            if len(reading) > _CHUNKS_AHEAD:
                yield reading.popleft().result()
        while reading:
            yield reading.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _read_all(chunk: list[Offer], settings: Settings) -> list[ReadPhoto]:
    return [_read(offer, settings) for offer in chunk]


def _read(offer: Offer, settings: Settings) -> ReadPhoto:
    if offer.failure is not None:
        return ReadPhoto(offer=offer, failure=offer.failure)
    try:
        data = offer.data if offer.data is not None else read_original(offer.place, settings)
    except PhotoError as error:
        return ReadPhoto(offer=offer, failure=error.failure)
    return ReadPhoto(offer=offer, data=data, sha256=hashlib.sha256(data).hexdigest())
