"""Photos of several people whose company is known: put together from photos of LFW when they are needed.

Each photo is a row of two to five portraits, so which face is whose follows from where it stands. Portraits
are never used twice. Some show further people in the background; those are nobody's and count for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.lfw import LfwPhoto
from benchmarks.lfw_workspace import NOBODY

SIDE = 250  # of a portrait in pixels
FEWEST, MOST = 2, 5  # people on a photo


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPhoto:
    """A photo of several people."""

    path: Path
    people: tuple[int, ...]  # from left to right

    def person_at(self, boxes: Sequence[tuple[float, float, float, float]]) -> list[int]:
        """Return whom each box (x, y, w, h) shows: in every portrait the face nearest to its middle."""
        found = [NOBODY] * len(boxes)
        for place, person in enumerate(self.people):
            middle = (place + 0.5) * SIDE
            away = {
                number: (x + w / 2 - middle) ** 2 + (y + h / 2 - SIDE / 2) ** 2
                for number, (x, y, w, h) in enumerate(boxes)
                if place * SIDE <= x + w / 2 < (place + 1) * SIDE
            }
            if away:
                found[min(away, key=lambda number: away[number])] = person
        return found


def group_photos(
    photos: Sequence[LfwPhoto], folder: Path, *, people: int, count: int, seed: int
) -> list[GroupPhoto]:
    """Write photos of some of the people who have the most portraits, in random company."""
    rng = np.random.default_rng(seed)
    portraits: dict[int, list[Path]] = defaultdict(list)
    for photo in photos:
        portraits[photo.person].append(photo.path)
    chosen = sorted(portraits, key=lambda person: (-len(portraits[person]), person))[:people]
    left = {
        person: [portraits[person][i] for i in rng.permutation(len(portraits[person]))] for person in chosen
    }
    made = []
    for number in range(count):
        together = min(int(rng.integers(FEWEST, MOST + 1)), sum(1 for paths in left.values() if paths))
        if together < FEWEST:
            break
        able = [person for person in chosen if left[person]]
        company = tuple(int(person) for person in rng.choice(able, together, replace=False))
        canvas = Image.new("RGB", (SIDE * together, SIDE))
        for place, person in enumerate(company):
            canvas.paste(Image.open(left[person].pop()).convert("RGB"), (place * SIDE, 0))
        path = folder / f"group-{number:04d}.jpg"
        canvas.save(path, quality=92)
        made.append(GroupPhoto(path=path, people=company))
    return made


def true_company(photos: Sequence[GroupPhoto]) -> Mapping[int, Mapping[int, int]]:
    """Return for each person how often they stand on a photo with each other one."""
    company: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for photo in photos:
        for person in photo.people:
            for other in photo.people:
                if other != person:
                    company[person][other] += 1
    return company
