"""Verification (1:1): every pair of a trial compared, and both errors at stated thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from antigone.errors import UsageError
from antigone.evaluate import metrics
from antigone.evaluate.extraction import QUALITY_PARTS, Extracted, entry_quality, entry_templates
from antigone.evaluate.groups import GroupTable, pair_groups
from antigone.evaluate.material import Material, VerificationTrial
from antigone.evaluate.metrics import ErrorRate, FoldAccuracy, OperatingPoint, PairScores
from antigone.evaluate.outside_quality import OutsideQuality
from antigone.evaluate.suspects import (
    Comparisons,
    Suspect,
    doubtful_people,
    entry_hashes,
    find_suspects,
    self_matches,
)

FMRS = (0.01, 0.001, 0.0001)  # the rates of false matches at which misses are stated
DISCARDS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VerificationResult:
    """What a verification trial gave."""

    name: str
    model: str
    trial: VerificationTrial | None  # None where scores were read from a file
    pairs: PairScores  # without self-matches
    names: tuple[tuple[str, str], ...]  # for each pair, what the two photos are called
    folds: FoldAccuracy | None
    points: tuple[OperatingPoint, ...]  # at FMRS
    undoubted: tuple[
        OperatingPoint, ...
    ]  # the same without the pairs that the operator doubts; () without any
    equal_error: tuple[float, float]  # threshold and rate
    failure_to_enrol: ErrorRate | None  # of photos; None where scores were read
    failures: Mapping[str, int]
    self_matches: int
    suspects: tuple[Suspect, ...]
    groups: tuple[GroupTable, ...]
    discard: Mapping[str, tuple[float, ...]]  # part of quality -> remaining FNMR at DISCARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person asked of an evaluation beside its material."""

    doubtful: Sequence[tuple[str, str]] = ()
    group_by: Sequence[str] = ()
    quality: OutsideQuality | None = None  # measures by others, to be held against errors too


def verify(
    trial: VerificationTrial, extracted: Extracted, model: str, wishes: Wishes | None = None
) -> VerificationResult:
    """Compare the pairs of a trial. Raises `UsageError` where nothing can be said at all."""
    wishes = wishes or Wishes()
    material = trial.material
    templates = entry_templates(material, extracted.extraction)
    score = metrics.row_scores(templates[trial.first], templates[trial.second]).astype(np.float64)
    made = Comparisons(first=trial.first, second=trial.second, score=score, mated=trial.mated)
    hashes = entry_hashes(material, extracted.sha256)
    twice = self_matches(made, hashes) & trial.mated
    kept = made.take(~twice)
    pairs = PairScores(
        score=kept.score,
        mated=kept.mated,
        first=material.person[kept.first],
        second=material.person[kept.second],
    )
    check_scores(pairs)
    points = tuple(metrics.at_fmr(pairs, fmr) for fmr in FMRS)
    quality = quality_parts(material, extracted, wishes.quality)
    used = np.unique(np.concatenate([photo_rows(trial, trial.first), photo_rows(trial, trial.second)]))
    photo_person = np.zeros(len(material.photos), dtype=np.int64)
    for entry, person in zip(material.entries, material.person, strict=True):
        photo_person[list(entry.photos)] = person
    return VerificationResult(
        name=trial.name,
        model=model,
        trial=trial,
        pairs=pairs,
        names=tuple(
            (entry_name(trial, int(a)), entry_name(trial, int(b)))
            for a, b in zip(kept.first, kept.second, strict=True)
        ),
        folds=None
        if trial.fold is None
        else metrics.fold_accuracy(pairs.score, pairs.mated, trial.fold[~twice]),
        points=points,
        undoubted=_undoubted(pairs, doubtful_people(wishes.doubtful, material.subjects)),
        equal_error=metrics.equal_error(pairs),
        failure_to_enrol=metrics.rate_by_people(extracted.extraction.faces[used] == 0, photo_person[used]),
        failures=extracted.counts(),
        self_matches=int(twice.sum()),
        suspects=find_suspects(templates, material.person, hashes, made.take(made.mated)),
        groups=pair_groups(trial, kept, pairs, points[1].threshold, wishes.group_by),
        discard=_discard(
            pairs,
            {part: np.minimum(of[kept.first], of[kept.second]) for part, of in quality.items()},
            points[1].threshold,
        ),
    )


def photo_rows(trial: VerificationTrial, entries: metrics.IntArray) -> metrics.IntArray:
    """Return the rows of all photos of these entries."""
    return np.array(
        [row for entry in np.unique(entries) for row in trial.material.entries[entry].photos],
        dtype=np.int64,
    )


def entry_name(trial: VerificationTrial, entry: int) -> str:
    """Return what an entry is called: its photo, or its first photo and how many more."""
    rows = trial.material.entries[entry].photos
    name = trial.material.photos[rows[0]].name
    return name if len(rows) == 1 else f"{name} (+{len(rows) - 1})"


def check_scores(pairs: PairScores) -> None:
    """Raise `UsageError` where the scores hold nothing to compare."""
    for kind, chosen in (("the same person", pairs.mated), ("different people", ~pairs.mated)):
        if not chosen.any():
            raise UsageError(f"there are no pairs of {kind}")
        if np.isnan(pairs.score[chosen]).all():
            raise UsageError(
                f"of {chosen.sum():,} pairs of {kind} not one could be compared: no face, or no photo",
                hint="check that --photos names the folder that the list speaks of",
            )


def _undoubted(pairs: PairScores, doubtful: Sequence[tuple[int, int]]) -> tuple[OperatingPoint, ...]:
    if not doubtful:
        return ()
    low, high = np.minimum(pairs.first, pairs.second), np.maximum(pairs.first, pairs.second)
    doubted = np.zeros(len(pairs), dtype=np.bool_)
    for a, b in doubtful:
        doubted |= (low == min(a, b)) & (high == max(a, b))
    left = pairs.take(~(doubted & ~pairs.mated))
    return tuple(metrics.at_fmr(left, fmr) for fmr in FMRS)


def quality_parts(
    material: Material, extracted: Extracted, outside: OutsideQuality | None
) -> dict[str, metrics.Float64Array]:
    """Return our quality score, its parts, and the measures of others, each (entries,); NaN where unknown."""
    ours = entry_quality(material, extracted.extraction).astype(np.float64)
    parts = {part: ours[:, number] for number, part in enumerate(QUALITY_PARTS)}
    given = {} if outside is None else outside.of_entries(material)
    return parts | {f"{name} (given)" if name in parts else name: values for name, values in given.items()}


def remaining_errors(
    parts: Mapping[str, metrics.Float64Array], missed: metrics.BoolArray
) -> dict[str, tuple[float, ...]]:
    """Return the error that remains at `DISCARDS` by each measure; {} where too few errors show anything.

    parts: each (n,), NaN where a measure says nothing, and those trials are then left out of its curve.
    """
    curves = {}
    for part, values in parts.items():
        known = ~np.isnan(values)
        if missed[known].sum() >= metrics.ENOUGH_ERRORS:  # fewer show where these few happen to lie
            curves[part] = metrics.error_versus_discard(values[known], missed[known], DISCARDS)
    return curves


def _discard(
    pairs: PairScores, parts: Mapping[str, metrics.Float64Array], threshold: float
) -> dict[str, tuple[float, ...]]:
    known = pairs.mated & ~np.isnan(pairs.score)
    missed = metrics.false_non_matches(pairs.score[known], threshold)
    return remaining_errors({part: values[known] for part, values in parts.items()}, missed)
