"""How far an import is: for a progress bar, and for the report at its end."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from antigone.provenance import Material
from antigone.records import ImportCounts, ImportInfo, Outcome
from antigone.settings import Settings
from antigone.sources.kinds import Kind, kind_of
from antigone.sources.walk import Found, Plan, Walk

_SECONDS_BETWEEN_UPDATES = 0.1
_SECONDS_OF_RATE = 15.0  # the rate is that of the last so many seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How far the video is that is being looked at."""

    seconds: float  # of it that lie behind
    length: float | None  # seconds in all; None where it does not say
    weight: int  # see `Footage.weight`

    @property
    def share(self) -> float:
        """How much of it lies behind, 0 to 1."""
        return min(self.seconds / self.length, 1.0) if self.length else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportState:
    """A moment of a running import; counts go over all its runs."""

    done: int  # photos written or known
    total: int | None  # None while files are still being counted, or where they hold nobody knows how many
    share: float | None  # of the bytes to read, how much lies behind: 0 to 1; None while that is not known
    new: int
    known: int
    failed: int
    faces: int
    failures: Mapping[str, int]  # code -> number
    ignored: int
    rate: float  # photos per second, lately
    seconds_left: float | None  # None while it cannot be told
    seconds: float  # since this run began
    current: str  # the file that was read last
    watched: Watched | None = None  # None but in a video
    frames_rate: float = 0.0  # frames of videos looked at per second, lately


class ImportProgress(Protocol):
    """Something that shows how far an import is."""

    def update(self, state: ImportState) -> None:
        """Take the latest state; called about ten times a second, and once at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, over all its runs. New, known and failed are disjoint and sum to all visits."""

    id: int
    new: int  # photos with at least one face, not analysed by this model before
    known: int  # photos that this model had analysed before, or the same bytes met again
    failed: int  # see failures
    faces: int
    tracks: int  # people followed through videos, each for as long as they stay in sight
    failures: Mapping[str, int]  # code -> number
    ignored: int  # files that are plainly no photos
    resumed: bool  # an earlier run of the same import had been interrupted
    materials: tuple[Material, ...]  # archives, videos and manifests as received, with their checks
    seconds: float  # of this run

    def document(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return {
            "import": self.id,
            "photos": {"new": self.new, "known": self.known, "failed": self.failed},
            "faces": self.faces,
            "tracks": self.tracks,
            "failures": dict(self.failures),
            "ignored": self.ignored,
            "resumed": self.resumed,
            "materials": [material.document() for material in self.materials],
            "seconds": round(self.seconds, 3),
        }


class Tally:
    """Counts what is written and tells a progress bar, not too often."""

    def __init__(self, import_: ImportInfo, so_far: ImportCounts, progress: ImportProgress | None) -> None:
        self.current = ""
        self.total: int | None = None
        self.share: float | None = None
        self.ignored = 0
        self._import = import_
        self._progress = progress
        self._outcomes = Counter(so_far.outcomes)
        self._failures = Counter(so_far.failures)
        self._faces = so_far.faces
        self._ahead = 0  # analysed, not yet written: a bar that waits for batches would jump
        self._passed = 0.0  # the weight of all files that lie behind
        self._weight: float | None = None  # of all files; None while that is not known
        self._watched: Watched | None = None
        self._frames = 0
        self._begun = self._told = time.monotonic()
        self._samples = deque([(self._begun, self._done, 0.0, 0)])

    @property
    def _done(self) -> int:
        return sum(self._outcomes.values()) + self._ahead

    def wrote(self, counts: ImportCounts) -> None:
        """Add what a batch has written."""
        self._outcomes.update(counts.outcomes)
        self._failures.update(counts.failures)
        self._faces += counts.faces
        self._ahead = 0

    def weigh(self, passed: float, weight: float | None) -> None:
        """Take how much of the weight of all files lies behind; see `weight_of`."""
        self._passed, self._weight = passed, weight
        if weight is not None:
            self.share = min(passed / max(weight, 1), 1.0)

    def watch(self, watched: Watched | None) -> None:
        """Take how far a video is after one more frame; None when it is done with."""
        done_with, self._watched = self._watched, watched
        if watched is not None:
            self._frames += 1
            if self._weight is not None:
                passed = self._passed + watched.share * watched.weight
                self.share = min(passed / max(self._weight, 1), 1.0)
            self.tell(unwritten=0)
        elif done_with is not None:
            self.weigh(self._passed + done_with.weight, self._weight)

    def look_at(self, location: str) -> None:
        """Take what is being read while no photo comes of it."""
        self.current = location
        self.tell(unwritten=self._ahead)

    def tell(self, *, unwritten: int, now: bool = False) -> None:
        """Pass the present state on, if the last time is long enough ago or ``now`` is set."""
        self._ahead = unwritten
        moment = time.monotonic()
        if self._progress is None or (moment - self._told < _SECONDS_BETWEEN_UPDATES and not now):
            return
        self._told = moment
        self._samples.append((moment, self._done, self.share or 0.0, self._frames))
        while moment - self._samples[0][0] > _SECONDS_OF_RATE and len(self._samples) > 2:
            self._samples.popleft()
        self._progress.update(self._state(moment))

    def _state(self, moment: float) -> ImportState:
        since, done, share, frames = self._samples[0]
        passed = moment - since
        rate = (self._done - done) / passed if passed > 0 else 0.0
        left = None
        if self.total is not None and rate > 0:
            left = max(self.total - self._done, 0) / rate
        elif self.total is None and self.share is not None and self.share > share:
            left = (1 - self.share) * passed / (self.share - share)
        return ImportState(
            done=self._done,
            total=self.total,
            share=self.share,
            new=self._outcomes[Outcome.NEW],
            known=self._outcomes[Outcome.KNOWN],
            failed=self._outcomes[Outcome.FAILED],
            faces=self._faces,
            failures=dict(sorted(self._failures.items())),
            ignored=self.ignored,
            rate=rate,
            seconds_left=left,
            seconds=moment - self._begun,
            current=self.current,
            watched=self._watched,
            frames_rate=(self._frames - frames) / passed if passed > 0 else 0.0,
        )

    def finish(self, counts: ImportCounts, materials: tuple[Material, ...]) -> ImportReport:
        """Tell the final state and return the report, both from what the records say."""
        self._outcomes, self._failures = Counter(counts.outcomes), Counter(counts.failures)
        self._faces = counts.faces
        if self.total is not None:
            self.total = max(self.total, counts.visited)
        self.tell(unwritten=0, now=True)
        return ImportReport(
            id=self._import.id,
            new=counts.outcomes.get(Outcome.NEW, 0),
            known=counts.outcomes.get(Outcome.KNOWN, 0),
            failed=counts.outcomes.get(Outcome.FAILED, 0),
            faces=counts.faces,
            tracks=counts.tracks,
            failures=counts.failures,
            ignored=self.ignored,
            resumed=self._import.resumed,
            materials=materials,
            seconds=time.monotonic() - self._begun,
        )


class FileCount:
    """Counts the files of a plan in a thread of its own, so that nothing waits for the total.

    How many photos an archive or a manifest holds is known at its end only, so with one of them there is no
    total, and bytes have to tell how far an import is.
    """

    def __init__(self, plan: Plan, settings: Settings, *, but: Path) -> None:
        self._walk = Walk(plan, settings, but=but)
        self._given_up = threading.Event()
        self._total: int | None = None
        self._weight: int | None = None
        self._thread = threading.Thread(target=self._count, name="antigone-count", daemon=True)
        self._thread.start()

    @property
    def total(self) -> int | None:
        """How many photos there are, once that is known, and where it can be."""
        return self._total

    @property
    def weight(self) -> int | None:
        """What all files weigh (see `weight_of`), once that is known."""
        return self._weight

    def stop(self) -> None:
        """Stop counting."""
        self._given_up.set()
        self._thread.join()

    def _count(self) -> None:
        number = weight = 0
        only_photos = True
        for found in self._walk:
            if self._given_up.is_set():
                return
            number += 1
            weight += weight_of(found)
            only_photos = only_photos and kind_of(found.location) is Kind.PHOTO
        self._weight = weight
        if only_photos:
            self._total = number


def weight_of(found: Found) -> int:
    """Return how much of the work a file is: its bytes, or a little where they are not known."""
    return max(found.size, 1)
