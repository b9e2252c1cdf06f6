"""Dossiers that were just made, in memory: their maker can turn the pages for a while, then they are gone.

Nothing of a dossier is written anywhere, so that none outlives what was erased or is not shared any more.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from antigone.dossier import Dossier
from antigone.records import ReferenceRecord

MOST = 24  # of all people together; the one that was looked at longest ago goes first
LASTS = 3600.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A dossier while it is at hand."""

    dossier: Dossier
    case: str  # its number
    candidate: int  # that it begins with
    made: float  # on the clock of the shelf

    def record(self, reference: int) -> ReferenceRecord | None:
        """Return a face that the dossier shows."""
        made = self.dossier
        shown = [photo.record for photo in made.photos]
        shown += [face.record for companion in made.companions for face in companion.faces]
        shown += [one.record for one in made.left_out]
        return next((record for record in shown if record.reference == reference), None)


class Shelf:
    """The dossiers of one server process. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[int, int], Kept] = OrderedDict()
        self._lock = Lock()

    def keep(self, dossier: Dossier, *, person: int, case: str, candidate: int) -> None:
        """Keep what somebody made."""
        kept = Kept(dossier=dossier, case=case, candidate=candidate, made=self._clock())
        with self._lock:
            self._kept[person, dossier.audit] = kept
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def find(self, audit: int, *, person: int, case: str) -> Kept | None:
        """Return what this person made in that case under that audit entry, if it is still here."""
        with self._lock:
            kept = self._kept.get((person, audit))
            if kept is None or kept.case != case:
                return None
            if self._clock() - kept.made > LASTS:
                del self._kept[person, audit]
                return None
            self._kept.move_to_end((person, audit))
            return kept
