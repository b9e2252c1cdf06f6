"""Where the time of an import goes: a clock around the functions that each stage consists of.

The functions are replaced by timed ones while the clock runs, so nothing in the product knows of it. Each
stage is given the time spent in itself, without that of a stage it calls. The
sum over all threads is at most workers x elapsed time; what is missing was spent between stages or waiting.
Where there are more workers than cores, waiting for a core counts in the stage that waits.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One function to time: an attribute of a module or class."""

    owner: object
    name: str
    stage: str
    amount: Callable[..., int] | None = None  # of the function's own arguments: how much it is given to do


class StageClock:
    """Sums up seconds and amounts a stage, over all threads.

    With `time.thread_time` as the clock they are of the processor, which a busy machine does not stretch.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.amounts: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._local = threading.local()

    def timed(self, function: Callable[..., Any], place: Place) -> Callable[..., Any]:
        """Wrap a function so that its own time counts for the stage of the place."""

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  (passes through whatever is given)
            inner: list[float] = self._local.__dict__.setdefault("inner", [])
            inner.append(0.0)
            started = self._clock()
            try:
                return function(*args, **kwargs)
            finally:
                elapsed = self._clock() - started
                own = elapsed - inner.pop()
                if inner:
                    inner[-1] += elapsed
                with self._lock:
                    self.seconds[place.stage] += own
                    if place.amount is not None:
                        self.amounts[place.stage] += place.amount(*args, **kwargs)

        return wrapper

    @contextmanager
    def around(self, places: Sequence[Place]) -> Iterator[None]:
        """Time each place until the block ends; AttributeError where one is no longer there."""
        with ExitStack() as stack:
            for place in places:
                function = getattr(place.owner, place.name)
                stack.enter_context(mock.patch.object(place.owner, place.name, self.timed(function, place)))
            yield
