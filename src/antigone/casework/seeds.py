"""Known non-mates that are mixed into a hidden list, so that a unit learns how often it errs.

Nobody knows for certain whom a photo without a declared subject shows, so the choice is a careful one. A seed
is scored against the probe like every reference and must lie a clear step below everything that the list
shows, and in the lower half of a sample of what was searched, where photos of one person hardly ever lie. One
whose declared subject a shown candidate shares is never taken. Seeds are therefore easier to tell apart than
the lookalikes at the top of a list: the share of errors that they give is a floor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from antigone.access import Permission, Principal
from antigone.casework.decisions import Stage, Verdict, settled
from antigone.errors import UsageError
from antigone.evaluate.metrics import wilson
from antigone.identify.parts import Parts
from antigone.records import ReferenceRecord
from antigone.records.cases import Cases, DecisionRecord
from antigone.types import CandidateList, CollectionInfo, Int64Array

MOST_SEEDS = 10
STEP = 0.1  # comparison score between the last candidate shown and the best seed
_SAMPLE = 1_000  # references of each collection that seeds are chosen from
_SHORTLIST = 8  # of so many suitable references a seed, one is taken, so that not always the same are seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A reference that is put into a list although it does not belong there."""

    reference: ReferenceRecord
    score: float  # comparison score with the probe


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedStatistics:
    """What a unit decided about seeds that are settled."""

    settled: int
    first: dict[str, int]  # verdict -> first decisions
    outcome: dict[str, int]  # verdict -> what the decisions came to
    first_errors: tuple[
        float, float, float
    ]  # share of potential matches among first decisions, 95 % interval
    outcome_errors: tuple[float, float, float]  # the same of outcomes

    def document(self) -> dict[str, object]:
        """Return the JSON document."""
        return {
            "settled": self.settled,
            "first": _stage(self.first, self.first_errors),
            "outcome": _stage(self.outcome, self.outcome_errors),
        }


def check_seeds(seeds: int, *, hidden: bool) -> None:
    """Raise `UsageError` unless so many seeds can be asked for."""
    if not 0 <= seeds <= MOST_SEEDS:
        raise UsageError(f"a list takes 0 to {MOST_SEEDS} seeds, not {seeds}")
    if seeds and not hidden:
        raise UsageError(
            "seeds go into hidden lists only: beside scores they would be seen at once",
            hint="ask for a hidden list",
        )


def choose_seeds(
    found: CandidateList, wanted: int, parts: Parts, cases: Cases, collections: Sequence[CollectionInfo]
) -> tuple[Seed, ...]:
    """Choose seeds for a list; fewer than ``wanted`` where the collections hold too few that are suitable.

    The same search of the same references gives the same seeds: otherwise repeating it would show which
    entries change.
    """
    if not wanted or not found.candidates:
        return ()
    random = np.random.default_rng(_number([photo.sha256 for photo in found.probe.photos]))
    ids = _sample(collections, parts, random)
    ids, templates = parts.records.templates(ids.tolist())
    if not len(ids):
        return ()
    scores = np.clip(templates.astype(np.float64) @ found.probe.template.astype(np.float64), -1, 1)
    shown = [one for candidate in found.candidates for one in (candidate, *candidate.duplicates)]
    highest = min(min(one.score for one in shown) - STEP, float(np.median(scores)))
    suitable = np.flatnonzero(scores <= highest)
    suitable = suitable[np.argsort(-scores[suitable], kind="stable")]
    taken: list[Seed] = []
    photos = {one.photo for one in shown}
    subjects = cases.subjects([one.reference for one in shown])
    known = frozenset[str]().union(*subjects.values())
    shortlist = suitable[: _SHORTLIST * wanted]
    records = parts.records.references(ids[shortlist].tolist())
    declared = cases.subjects(ids[shortlist].tolist())
    for place in random.permutation(shortlist):
        record = records.get(int(ids[place]))
        if record is None or record.photo in photos or declared.get(record.reference, set()) & known:
            continue
        photos.add(record.photo)
        taken.append(Seed(reference=record, score=float(np.float32(scores[place]))))
        if len(taken) == wanted:
            break
    return tuple(taken)


def seed_statistics(cases: Cases, *, by: Principal) -> SeedStatistics:
    """Count what one's own organisation decided about seeds. Only settled ones count, so none is given away.

    Raises `ForbiddenError`.
    """
    by.require(Permission.STATISTICS)
    decided = [made for made in cases.decisions_about_seeds(by.organisation) if settled(made) is not None]
    first = _count([_first(made).verdict for made in decided])
    outcome = _count([str(settled(made)) for made in decided])
    return SeedStatistics(
        settled=len(decided),
        first=first,
        outcome=outcome,
        first_errors=_errors(first),
        outcome_errors=_errors(outcome),
    )


def _sample(collections: Sequence[CollectionInfo], parts: Parts, random: np.random.Generator) -> Int64Array:
    chosen = []
    for collection in collections:
        index = parts.catalogue.index(collection, parts.analyser.model, parts.analyser.dimension)
        ids = index.ids()
        chosen.append(ids if len(ids) <= _SAMPLE else random.choice(ids, _SAMPLE, replace=False))
    return np.concatenate(chosen) if chosen else np.empty(0, np.int64)


def _number(hashes: Sequence[str]) -> int:
    return int(hashlib.sha256("seeds".join(hashes).encode()).hexdigest(), 16)


def _first(made: Sequence[DecisionRecord]) -> DecisionRecord:
    return next(decision for decision in made if decision.stage == Stage.FIRST)


def _count(verdicts: Sequence[str]) -> dict[str, int]:
    return {verdict.value: verdicts.count(verdict.value) for verdict in Verdict}


def _errors(counts: dict[str, int]) -> tuple[float, float, float]:
    """A potential match is the error; "inconclusive" commits to nothing and counts beside the others."""
    total = sum(counts.values())
    if not total:
        return (0.0, 0.0, 1.0)
    estimate = wilson(counts[Verdict.POTENTIAL_MATCH], total)
    return (estimate.value, estimate.low, estimate.high)


def _stage(counts: dict[str, int], errors: tuple[float, float, float]) -> dict[str, object]:
    total = sum(counts.values())
    share, low, high = errors
    return {
        **counts,
        "n": total,
        "errors": counts[Verdict.POTENTIAL_MATCH],
        "error_rate": round(share, 6) if total else None,
        "interval_95": [round(low, 6), round(high, 6)],
    }
