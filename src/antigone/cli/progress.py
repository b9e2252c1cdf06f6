"""How far an import is, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from antigone.cli import output

if TYPE_CHECKING:
    from antigone.ingest import ImportState

SECONDS_BETWEEN_LINES = 30.0


class ImportLines:
    """Writes a line every half minute, for logs."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""

    def update(self, state: ImportState) -> None:
        """Take the latest state."""
        if time.monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            output.note(f"{counted(state)}, {summary(state)}")


class ImportBar:
    """Draws a bar with rate, time left and failures."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[count]}", markup=False),
            TextColumn("{task.fields[rest]}", markup=False),
            console=output.console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, count="looking for photos", rest="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def update(self, state: ImportState) -> None:
        """Take the latest state."""
        total, completed = state.total, float(state.done)
        if state.total is None and state.share is not None:
            total, completed = 1, state.share
        self._progress.update(
            self._task, total=total, completed=completed, count=counted(state), rest=summary(state)
        )


def counted(state: ImportState) -> str:
    """Say how many photos are done, of how many, or what share of the files was read."""
    if state.total is not None:
        return f"{state.done:,} of {state.total:,} photos"
    share = "" if state.share is None else f", {state.share:.0%} read"
    return f"{state.done:,} photos{share}{_watched(state)}"


def _watched(state: ImportState) -> str:
    if state.watched is None:
        return ""
    length = "" if state.watched.length is None else f" of {duration(state.watched.length)}"
    return f", video at {duration(state.watched.seconds)}{length}"


def summary(state: ImportState) -> str:
    """Say rate, time left, faces and failures in one line."""
    parts = [f"{state.rate:,.0f}/s" if state.watched is None else f"{state.frames_rate:,.0f} frames/s"]
    if state.seconds_left is not None:
        parts.append(f"{duration(state.seconds_left)} left")
    parts += [f"{state.faces:,} faces", f"{state.failed:,} failed"]
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Write a time span as people read it: 42 s, 3:05 min, 2:07 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3_600}:{whole % 3_600 // 60:02d} h"


def on_stderr() -> ImportBar | ImportLines:
    """Choose what fits where stderr goes."""
    return ImportBar() if sys.stderr.isatty() else ImportLines()
