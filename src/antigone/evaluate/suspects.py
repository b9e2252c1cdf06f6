"""What looks wrong with the labels themselves, for a person to check by eye.

The highest "non-mated" scores of a good system are often no errors of the system: one person stands in the
set under two names, or a photo under the wrong one. They weigh on every figure at a low false alarm rate, so
they are listed; nothing is changed on their account unless the operator confirms them (``--doubtful``).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from antigone.errors import UsageError
from antigone.evaluate.material import Material
from antigone.evaluate.metrics import BoolArray, Float32Array, Float64Array, IntArray
from antigone.evaluate.protocols.pair_lists import bad_line, read_text
from antigone.printable import printable

MOST_OF_A_KIND = 40  # that are listed, the most striking first
MOST_LOOKED_AT = 50_000  # entries compared with each other
TYPICAL = 0.25  # this share of mated scores lies below what is "as alike as photos of one person"

_BLOCK = 256
_MOST_PAIRS = 4_000  # the highest of which are sorted out
_SAMPLE = 20_000


class Kind(StrEnum):
    """Why two photos are listed."""

    SELF_MATCH = "self-match"  # the very same bytes twice under one name: it tells nothing and is left out
    SAME_PHOTO = "same-photo"  # the very same bytes under two names: one of the labels is wrong
    TWO_NAMES = "two-names"  # as alike as photos of one person: perhaps one person under two names, or kin
    WRONG_NAME = "wrong-name"  # more alike to another's photos than to those under its own name
    UNLIKE = "unlike"  # no more alike to the photos of its own person than strangers are


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Two entries to be looked at."""

    kind: Kind
    first: int  # row of ``Material.entries``; the one whose name is doubted where one is
    second: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparisons:
    """Comparisons that were made, each (n,)."""

    first: IntArray  # rows of entries
    second: IntArray
    score: Float64Array  # NaN where one of them gave no template
    mated: BoolArray

    def take(self, chosen: BoolArray | IntArray) -> Comparisons:
        """Keep the chosen ones only."""
        return Comparisons(
            first=self.first[chosen],
            second=self.second[chosen],
            score=self.score[chosen],
            mated=self.mated[chosen],
        )


def self_matches(comparisons: Comparisons, hashes: Sequence[str]) -> BoolArray:
    """(n,) True where both sides are one and the same photo; ``hashes`` are those of the entries."""
    digest = np.array(hashes)
    same = (digest[comparisons.first] == digest[comparisons.second]) & (digest[comparisons.first] != "")
    return np.asarray(same)


def entry_hashes(material: Material, sha256: Sequence[str]) -> list[str]:
    """Return the hash of each entry: of its only photo, "" for one that is made of several."""
    return [sha256[entry.photos[0]] if len(entry.photos) == 1 else "" for entry in material.entries]


def find_suspects(
    templates: Float32Array, person: IntArray, hashes: Sequence[str], mated: Comparisons
) -> tuple[Suspect, ...]:
    """List what looks wrong among all entries, at most 40 of a kind, each pair of people once.

    templates: (entries, D) unit-norm rows, NaN where extraction failed; person: (entries,) whom each shows by
    its label; mated: the mated comparisons of the trial. Of more than 50,000 entries the first are looked at.
    """
    scored = mated.take(~np.isnan(mated.score))
    same = self_matches(scored, hashes)
    found = [_suspect(Kind.SELF_MATCH, scored, row) for row in np.flatnonzero(same)]
    found += _same_photos(hashes, person)
    scored = scored.take(~same)
    if len(scored.score):
        typical = float(np.quantile(scored.score, TYPICAL))
        strangers = _strangers(templates, person)
        found += _too_alike(templates[:MOST_LOOKED_AT], person, hashes, (strangers, typical))
        unlike = np.flatnonzero(scored.score <= strangers)
        order = np.argsort(scored.score[unlike], kind="stable")
        found += [_suspect(Kind.UNLIKE, scored, row) for row in unlike[order]]
    kept: list[Suspect] = []
    for kind in Kind:
        kept += _each_pair_once([suspect for suspect in found if suspect.kind is kind], person)
    return tuple(kept)


def _same_photos(hashes: Sequence[str], person: IntArray) -> list[Suspect]:
    first: dict[str, int] = {}
    found = []
    for row, digest in enumerate(hashes):
        other = first.setdefault(digest, row)
        if digest and person[other] != person[row]:
            found.append(Suspect(kind=Kind.SAME_PHOTO, first=other, second=row, score=1.0))
    return found


def _too_alike(
    templates: Float32Array, person: IntArray, hashes: Sequence[str], levels: tuple[float, float]
) -> list[Suspect]:
    """Compare every entry with every other; keep pairs under two names that look like one person.

    levels: the score that strangers reach at times, and the one that photos of one person mostly reach.
    """
    strangers, typical = levels
    apart = (strangers + typical) / 2
    known, digest = np.nan_to_num(templates), np.array(hashes)
    pairs: list[tuple[float, int, int]] = []
    for start in range(0, len(known), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(known)))
        scores = known[rows] @ known.T
        block, others = np.nonzero(scores >= typical)
        wanted = (rows[block] < others) & (person[rows[block]] != person[others])
        wanted &= (digest[rows[block]] != digest[others]) | (digest[others] == "")
        pairs += [
            (float(scores[one, other]), int(rows[one]), int(other))
            for one, other in zip(block[wanted], others[wanted], strict=True)
        ]
        pairs = sorted(pairs, reverse=True)[:_MOST_PAIRS]
    found = []
    for score, a, b in pairs:
        doubted = [entry for entry in (a, b) if _is_stranger_at_home(entry, apart, person, templates)]
        if doubted:
            partner = b if doubted[0] == a else a
            found.append(Suspect(kind=Kind.WRONG_NAME, first=doubted[0], second=partner, score=score))
        else:
            found.append(Suspect(kind=Kind.TWO_NAMES, first=a, second=b, score=score))
    return found


def _is_stranger_at_home(entry: int, apart: float, person: IntArray, templates: Float32Array) -> bool:
    """Say whether an entry has others under its name and scores below ``apart`` with all of them."""
    family = np.flatnonzero(person[: len(templates)] == person[entry])
    family = family[(family != entry) & ~np.isnan(templates[family, 0])]
    return len(family) > 0 and float((templates[family] @ templates[entry]).max()) < apart


def _strangers(templates: Float32Array, person: IntArray) -> float:
    """Return a score that one in ten pairs of different people reaches."""
    known = np.flatnonzero(~np.isnan(templates[:, 0]))
    drawn = np.random.default_rng(0).choice(known, (_SAMPLE, 2))
    drawn = drawn[person[drawn[:, 0]] != person[drawn[:, 1]]]
    if len(drawn) == 0:
        return -np.inf
    return float(np.quantile(np.einsum("nd,nd->n", templates[drawn[:, 0]], templates[drawn[:, 1]]), 0.9))


def _suspect(kind: Kind, comparisons: Comparisons, row: int | np.integer) -> Suspect:
    return Suspect(
        kind=kind,
        first=int(comparisons.first[row]),
        second=int(comparisons.second[row]),
        score=float(comparisons.score[row]),
    )


def _each_pair_once(suspects: Sequence[Suspect], person: IntArray) -> list[Suspect]:
    kept: dict[tuple[int, int], Suspect] = {}
    for suspect in suspects:
        a, b = int(person[suspect.first]), int(person[suspect.second])
        # Of one person's photos each is its own case; of two people's the first, which is the highest.
        key = (suspect.first, -1) if a == b else (min(a, b), max(a, b))
        kept.setdefault(key, suspect)
    return list(kept.values())[:MOST_OF_A_KIND]


def read_doubtful(path: Path) -> tuple[tuple[str, str], ...]:
    """Read pairs of names that the operator doubts: two cells a line. Raises `UsageError`."""
    found = []
    for number, cells in enumerate(csv.reader(read_text(path).splitlines()), 1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != 2 or not all(cell.strip() for cell in cells):
            raise bad_line(path, number, "two names expected")
        found.append((cells[0].strip(), cells[1].strip()))
    return tuple(found)


def doubtful_people(names: Sequence[tuple[str, str]], subjects: Sequence[str]) -> list[tuple[int, int]]:
    """Return the doubtful pairs by the numbers of the people, those of which both are in this material.

    Raises `UsageError` where names were given and none of the pairs is.
    """
    number = {subject: place for place, subject in enumerate(subjects)}
    found = [(number[a], number[b]) for a, b in names if a in number and b in number]
    if names and not found:
        first = printable(" and ".join(names[0]))
        raise UsageError(
            f"none of the doubtful pairs of names is in this material, such as {first}",
            hint="write the names as the folders or the list of pairs do",
        )
    return found
