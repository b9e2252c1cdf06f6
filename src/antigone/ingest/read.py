"""Reads files ahead of their analysis, in order, within a bound of memory."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from antigone.errors import PhotoError
from antigone.faces.images import ImageLimits, read_bounded
from antigone.ingest.walk import Found
from antigone.types import Failure

CHUNK_FILES = 64
_CHUNK_BYTES = 32 * 2**20  # a chunk ends before this, unless its first file alone is larger
_CHUNKS_AHEAD = 2  # besides the one in use
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file and its bytes, or why there are none."""

    found: Found
    data: bytes = field(default=b"", repr=False)
    sha256: str | None = None
    failure: Failure | None = None


def in_chunks(found: Iterable[Found]) -> Iterator[list[Found]]:
    """Group files so that a group is small in number and, as far as their listed sizes tell, in bytes."""
    chunk: list[Found] = []
    size = 0
    for file in found:
        if chunk and (len(chunk) == CHUNK_FILES or size + file.size > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(file)
        size += file.size
    if chunk:
        yield chunk


def read_ahead(chunks: Iterable[list[Found]], limits: ImageLimits) -> Generator[list[ReadFile], None, None]:
    """Yield each chunk with its files read; the next ones are read meanwhile.

    ``chunks`` is pulled in the calling thread. Reading and hashing release Python's lock, so they run
    beside the analysis.
    """
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="antigone-read")
    reading: deque[Future[list[ReadFile]]] = deque()
    try:
        for chunk in chunks:
            reading.append(pool.submit(_read_all, chunk, limits))
            if len(reading) > _CHUNKS_AHEAD:
                yield reading.popleft().result()
        while reading:
            yield reading.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _read_all(chunk: list[Found], limits: ImageLimits) -> list[ReadFile]:
    return [_read(found, limits) for found in chunk]


def _read(found: Found, limits: ImageLimits) -> ReadFile:
    if found.failure is not None:
        return ReadFile(found=found, failure=found.failure)
    try:
        data = read_bounded(Path(found.location), limits)
    except PhotoError as error:
        return ReadFile(found=found, failure=error.failure)
    return ReadFile(found=found, data=data, sha256=hashlib.sha256(data).hexdigest())
