"""The threads that share the work of one search."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

import faiss

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """Runs parts of a search side by side; FAISS releases the interpreter's lock while it works.

    Threads start with the first work that has more than one part. Within a part FAISS runs on one thread.
    """

    def __init__(self, threads: int = 0) -> None:
        self.threads = threads or available_processors()
        self._pool: ThreadPoolExecutor | None = None
        self._starting = Lock()

    def map(self, work: Callable[[T], R], parts: Iterable[T]) -> list[R]:
        """Return ``work(part)`` of every part, in order."""
        parts = list(parts)
        if self.threads == 1 or len(parts) < 2:
            return [work(part) for part in parts]
        return list(self._started().map(work, parts))

    def _started(self) -> ThreadPoolExecutor:
        with self._starting:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(
                    self.threads, "antigone-gallery", initializer=faiss.omp_set_num_threads, initargs=(1,)
                )
            return self._pool


def available_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
