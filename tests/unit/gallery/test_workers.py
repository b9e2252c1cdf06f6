"""Sharing work between threads: everything once, in order, and errors come out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import faiss
import pytest

from antigone.gallery.workers import Workers, faiss_threads


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("parts", [0, 1, 2, 100])
def test_results_come_in_order(threads: int, parts: int) -> None:
    assert Workers(threads).map(lambda part: part * part, range(parts)) == [i * i for i in range(parts)]


def test_no_thread_starts_for_a_single_part() -> None:
    workers = Workers(4)
    before = threading.active_count()
    workers.map(str, [1])
    assert threading.active_count() == before


@pytest.mark.parametrize("bad", [0, 5, 19])
def test_an_error_of_any_part_is_raised(bad: int) -> None:
    def work(part: int) -> int:
        if part == bad:
            raise KeyError(part)
        return part

    with pytest.raises(KeyError):
        Workers(3).map(work, range(20))


def test_work_may_share_out_work_of_its_own() -> None:
    """The caller never waits for a helper that has not begun, so nesting cannot lock up."""
    workers = Workers(2)
    nested = workers.map(lambda i: sum(workers.map(lambda j: i * j, range(30))), range(30))
    assert nested == [i * 435 for i in range(30)]


def test_many_callers_share_the_helpers() -> None:
    workers = Workers(2)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda i: workers.map(lambda j: i + j, range(50)), range(40)))
    assert results == [[i + j for j in range(50)] for i in range(40)]


def test_faiss_gets_one_thread_within_a_part_and_its_own_number_after() -> None:
    with faiss_threads(3):
        assert Workers(2).map(lambda _: faiss.omp_get_max_threads(), range(10)) == [1] * 10
        assert faiss.omp_get_max_threads() == 3


def test_the_number_of_threads_defaults_to_the_processors() -> None:
    assert Workers(0).threads >= 1
    assert Workers(3).threads == 3
