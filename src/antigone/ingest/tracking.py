"""Faces followed through a video: which face of one frame is the same person's as in the frames before.

An association step with two kinds of evidence, where the face should be by now and how alike the templates
are, solved as an assignment for each frame. Either alone would fail here: frames are a fifth of a second
apart, in which a walking person moves by several widths of the face, and one blurred look may resemble
nobody (docs/decisions/0010-video.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from antigone.types import Box, Face, Float32Array

MICROSECONDS = 1_000_000
ALIKE = 0.3  # comparison score from which two faces near each other are taken for one person's
UNLIKE = 0.05  # below this, two good faces are not one person's even at the same place
GOOD = 40.0  # quality of a face whose template can be relied on for that
AT_PLACE = 0.5  # widths of the face that it may be off its expected place to be believed without likeness
REACH = 1.0  # widths of the face that it may be off its expected place at once ...
SPEED = 12.0  # ... and for each second since it was seen: a person who walks close by
LARGEST_CHANGE = 2.0  # of the size of a face, between two looks
MEMORY = 0.8  # share of the track's own template that stays when a new look of equal quality is added
_NEVER = 1e6  # cost of what is no match


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """One face in one frame of a video."""

    position: int  # microseconds
    number: int  # of the face in its frame, 1 is the largest
    face: Face = field(repr=False)


@dataclass(slots=True, eq=False)
class Track:
    """The sightings of one person, oldest first, while the track is open and after."""

    sightings: list[Sighting]
    template: Float32Array = field(repr=False)  # (D,), running mean; unit norm
    speed: tuple[float, float] = (0.0, 0.0)  # pixels a second

    @property
    def last(self) -> Sighting:
        """The latest sighting."""
        return self.sightings[-1]

    def expected(self, position: int) -> tuple[float, float]:
        """Return where the middle of the face should be at a later time, in pixels."""
        x, y = _middle(self.last.face.box)
        seconds = (position - self.last.position) / MICROSECONDS
        return x + self.speed[0] * seconds, y + self.speed[1] * seconds

    def add(self, sighting: Sighting) -> None:
        """Continue the track."""
        seconds = (sighting.position - self.last.position) / MICROSECONDS
        (x0, y0), (x1, y1) = _middle(self.last.face.box), _middle(sighting.face.box)
        self.speed = ((x1 - x0) / seconds, (y1 - y0) / seconds)
        share = (1 - MEMORY) * (sighting.face.quality.score + 1) / (self.last.face.quality.score + 1)
        mean = self.template + np.float32(min(share, 1.0)) * sighting.face.template
        norm = float(np.linalg.norm(mean))
        if norm > 0:
            self.template = (mean / np.float32(norm)).astype(np.float32)
        self.sightings.append(sighting)


class Tracker:
    """Follows faces from frame to frame. What it holds are open tracks only."""

    def __init__(self, *, gap: int) -> None:
        self._gap = gap  # microseconds for which a face may be out of sight
        self._open: list[Track] = []

    @property
    def following(self) -> bool:
        """Say whether any track is open."""
        return bool(self._open)

    def cut(self) -> list[Track]:
        """End every track, as a new scene begins; return them in the order of their beginning."""
        ended, self._open = self._open, []
        return ended

    def expire(self, position: int) -> list[Track]:
        """End and return the tracks whose face was out of sight for too long."""
        ended = [track for track in self._open if position - track.last.position > self._gap]
        self._open = [track for track in self._open if position - track.last.position <= self._gap]
        return ended

    def look(self, position: int, faces: Sequence[Face]) -> None:
        """Assign the faces of the next frame, and begin a track with each that continues none."""
        sightings = [
            Sighting(position=position, number=number, face=face) for number, face in enumerate(faces, 1)
        ]
        taken = set()
        if self._open and sightings:
            costs = np.array([[_cost(track, sighting) for sighting in sightings] for track in self._open])
            for row, column in zip(*linear_sum_assignment(costs), strict=True):
                if costs[row, column] < _NEVER:
                    self._open[row].add(sightings[column])
                    taken.add(int(column))
        self._open += [
            Track([sighting], sighting.face.template)
            for place, sighting in enumerate(sightings)
            if place not in taken
        ]


def _cost(track: Track, sighting: Sighting) -> float:
    """Return how badly a face continues a track, 0 to 2; `_NEVER` where it cannot."""
    before, now = track.last.face, sighting.face
    score = max(float(track.template @ now.template), float(before.template @ now.template))
    size, size_before = max(now.box.w, now.box.h), max(before.box.w, before.box.h)
    if max(size, size_before) > LARGEST_CHANGE * min(size, size_before):
        return _NEVER
    seconds = (sighting.position - track.last.position) / MICROSECONDS
    x, y = _middle(now.box)
    expected, last = track.expected(sighting.position), _middle(before.box)
    # Nearest to where it was heading, or to where it was: people stop and turn.
    off = min(np.hypot(x - ex, y - ey) for ex, ey in (expected, last)) / max(size, size_before)
    reach = REACH + SPEED * seconds
    if off > reach:
        return _NEVER
    both_good = min(before.quality.score, now.quality.score) >= GOOD
    if score < ALIKE and (off > AT_PLACE or (both_good and score < UNLIKE)):
        return _NEVER
    return float(off / reach + (1 - score) / 2)


def _middle(box: Box) -> tuple[float, float]:
    return box.x + box.w / 2, box.y + box.h / 2
