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
from antigone.sources.urls import is_url

CHUNK_PHOTOS = 64
_CHUNK_BYTES = 32 * 2**20  # a chunk ends before this, unless its first photo alone is larger
_CHUNKS_AHEAD = 2  # besides the one in use
_THREADS = 2
_FETCHERS = 16  # threads for photos that lie elsewhere: they wait for the network nearly all the time
_FETCHED_BYTES = 4 * 2**20  # what a photo there counts for in a chunk where no listing tells its size


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
        its_size = offer.size or (_FETCHED_BYTES if _lies_elsewhere(offer) else 0)
        if chunk and (len(chunk) == CHUNK_PHOTOS or size + its_size > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(offer)
        size += its_size
    if chunk:
        yield chunk


def read_ahead(chunks: Iterable[list[Offer]], settings: Settings) -> Generator[list[ReadPhoto], None, None]:
    """Yield each chunk with its photos read; the next ones are read meanwhile.

    ``chunks`` is pulled in the calling thread. Reading and hashing release Python's lock, so they run
    beside the analysis.
    """
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="antigone-read")
    fetchers = ThreadPoolExecutor(_FETCHERS, thread_name_prefix="antigone-read-fetch")
    reading: deque[Future[list[ReadPhoto]]] = deque()
    try:
        for chunk in chunks:
            reading.append(pool.submit(_read_all, chunk, settings, fetchers))
            if len(reading) > _CHUNKS_AHEAD:
                yield reading.popleft().result()
        while reading:
            yield reading.popleft().result()
    finally:
        fetchers.shutdown(wait=False, cancel_futures=True)
        pool.shutdown(cancel_futures=True)
        fetchers.shutdown()


def _read_all(chunk: list[Offer], settings: Settings, fetchers: ThreadPoolExecutor) -> list[ReadPhoto]:
    fetched = {
        number: fetchers.submit(_read, offer, settings)
        for number, offer in enumerate(chunk)
        if _lies_elsewhere(offer)
    }
    return [
        fetched[number].result() if number in fetched else _read(offer, settings)
        for number, offer in enumerate(chunk)
    ]


def _lies_elsewhere(offer: Offer) -> bool:
    return offer.data is None and offer.failure is None and is_url(offer.place.stored_at)


def _read(offer: Offer, settings: Settings) -> ReadPhoto:
    if offer.failure is not None:
        return ReadPhoto(offer=offer, failure=offer.failure)
    try:
        data = offer.data if offer.data is not None else read_original(offer.place, settings)
    except PhotoError as error:
        return ReadPhoto(offer=offer, failure=error.failure)
    return ReadPhoto(offer=offer, data=data, sha256=hashlib.sha256(data).hexdigest())
