"""The stage clock: own time only, amounts, and everything put back afterwards."""

from __future__ import annotations

import types
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.stages import Place, StageClock


def things() -> types.SimpleNamespace:
    """Build three functions of which one calls another; each advances the clock by a known amount."""
    made = types.SimpleNamespace(now=0.0)

    def inner(count: int) -> int:
        made.now += 2.0 * count
        return count

    def outer() -> int:
        made.now += 1.0
        return int(made.inner(3))

    def failing() -> None:
        made.now += 5.0
        raise OSError

    made.inner, made.outer, made.failing = inner, outer, failing
    return made


@pytest.fixture
def made() -> types.SimpleNamespace:
    return things()


def places(made: types.SimpleNamespace) -> tuple[Place, ...]:
    return (
        Place(owner=made, name="inner", stage="inside", amount=lambda count: count),
        Place(owner=made, name="outer", stage="outside"),
        Place(owner=made, name="failing", stage="outside"),
    )


def test_a_stage_is_given_its_own_time_only(made: types.SimpleNamespace) -> None:
    clock = StageClock(lambda: made.now)
    with clock.around(places(made)):
        assert made.outer() == 3
        made.inner(1)
    assert clock.seconds == {"inside": 8.0, "outside": 1.0}
    assert clock.amounts == {"inside": 4}


def test_time_before_an_error_counts_and_functions_come_back(made: types.SimpleNamespace) -> None:
    before = made.inner, made.outer, made.failing
    clock = StageClock(lambda: made.now)
    with pytest.raises(OSError), clock.around(places(made)):  # noqa: PT011  (it has no message)
        made.failing()
    assert clock.seconds == {"outside": 5.0}
    assert (made.inner, made.outer, made.failing) == before


def test_threads_do_not_mix() -> None:
    made = types.SimpleNamespace(work=lambda: None)
    clock = StageClock()
    with (
        clock.around([Place(owner=made, name="work", stage="work", amount=lambda: 1)]),
        ThreadPoolExecutor(4) as pool,
    ):
        for future in [pool.submit(made.work) for _ in range(400)]:
            future.result()
    assert clock.amounts == {"work": 400}
    assert clock.seconds["work"] > 0


def test_a_place_that_is_gone_is_an_error() -> None:
    clock = StageClock()
    missing = Place(owner=types.SimpleNamespace(), name="gone", stage="x")
    with pytest.raises(AttributeError, match="gone"), clock.around([missing]):
        pass
