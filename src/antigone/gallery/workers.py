"""The threads that share the work of one search."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

import faiss

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """Runs parts of a search side by side; FAISS releases the interpreter's lock while it works.

    The calling thread works too and takes whatever no helper has taken yet, so a search never waits for
    a helper that is busy with another one.
    """

    def __init__(self, threads: int = 0) -> None:
        self.threads = threads or available_processors()
        self._pool: ThreadPoolExecutor | None = None
        self._starting = Lock()

    def map(self, work: Callable[[T], R], parts: Iterable[T]) -> list[R]:
        """Return ``work(part)`` of every part, in order; FAISS uses one thread within a part."""
        todo = deque(enumerate(parts))
        helpers = min(self.threads, len(todo)) - 1
        done: dict[int, R] = {}

        def help_out() -> None:
            with faiss_threads(1):
                while True:
                    try:
                        i, part = todo.popleft()
                    except IndexError:
                        return
                    done[i] = work(part)

        pending = [self._started().submit(help_out) for _ in range(helpers)]
        try:
            help_out()
        finally:
            todo.clear()
            for helper in pending:
                if not helper.cancel():
                    helper.result()
        return [done[i] for i in range(len(done))]

    def _started(self) -> ThreadPoolExecutor:
        with self._starting:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads, "antigone-gallery")
            return self._pool


@contextmanager
def faiss_threads(threads: int) -> Iterator[None]:
    """Let FAISS use this many threads for calls from the present thread.

    One is right within a part of a search: a short loop that OpenMP splits waits longer for its threads
    than it works, above all where the processors are busy with something else.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def available_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
