"""From labelled people to likelihood ratios: fitted on one half of the people, tested on the other.

The fit, the costs and the bounds are those of `lir`, the library of the Netherlands Forensic Institute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from antigone.errors import UsageError
from antigone.evaluate.calibration import Stratum
from antigone.evaluate.extraction import QUALITY_PARTS, Extracted, entry_quality, entry_templates
from antigone.evaluate.material import Material
from antigone.evaluate.metrics import BoolArray, Float64Array, IntArray, row_scores
from antigone.evaluate.suspects import entry_hashes

MOST_MATED_A_PERSON = 30  # pairs of one person, so that nobody with hundreds of photos decides
NON_MATED = 60_000  # pairs drawn in each half
MOST_OF_A_KIND = 20_000  # pairs of a stratum that the bounds are found on: lir compares each with each level
FEWEST_MATED = 60  # pairs of a stratum, in each half
FEWEST_PEOPLE = 30  # with two photos, in each half
UNPENALISED = (
    1e6  # the penalty of scikit-learn's own choice would flatten the line where kinds hardly overlap
)
QUALITY, POSE = QUALITY_PARTS.index("score"), QUALITY_PARTS.index("pose")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Compared pairs of one half of the people, each (n,)."""

    score: Float64Array
    mated: BoolArray
    quality: Float64Array  # the lower of the two
    pose: Float64Array  # the lower of the two

    def take(self, chosen: BoolArray) -> Pairs:
        """Keep the chosen pairs only."""
        return Pairs(
            score=self.score[chosen],
            mated=self.mated[chosen],
            quality=self.quality[chosen],
            pose=self.pose[chosen],
        )

    @property
    def counts(self) -> tuple[int, int]:
        """How many pairs are mated and how many are not."""
        return int(self.mated.sum()), int((~self.mated).sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """One stratum and how it did on people it was not fitted on."""

    stratum: Stratum
    log10_ratio: Float64Array  # (n,) of the tested pairs
    mated: BoolArray
    ideal: (
        Float64Array  # (n,) log10 ratios after the best monotonic re-calibration (PAV): the reliability plot
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibrated:
    """What a calibration found."""

    people: int  # with two photos or more
    photos: int
    strata: tuple[Tested, ...]


def calibrate(
    material: Material,
    extracted: Extracted,
    *,
    doubtful: Sequence[tuple[int, int]] = (),
    seed: int = 0,
) -> Calibrated:
    """Learn what scores are worth.

    doubtful: pairs of people whose labels may be wrong; their comparisons are left out. Raises `UsageError`
    where there are too few people with two photos.
    """
    templates = entry_templates(material, extracted.extraction)
    quality = entry_quality(material, extracted.extraction)
    person = material.person
    usable = np.flatnonzero(~np.isnan(templates[:, 0]))
    several = [who for who in np.unique(person[usable]) if (person[usable] == who).sum() > 1]
    if len(several) < 2 * FEWEST_PEOPLE:
        raise UsageError(
            f"only {len(several):,} people have two usable photos; a calibration needs {2 * FEWEST_PEOPLE}",
            hint="half of them are never used for fitting, so that the result can be tested on strangers",
        )
    rng = np.random.default_rng(seed)
    in_first = np.zeros(int(person.max()) + 1, dtype=np.bool_)
    in_first[rng.permutation(several)[: len(several) // 2]] = True
    alone = np.setdiff1d(np.unique(person), several)
    in_first[rng.permutation(alone)[: len(alone) // 2]] = True
    hashes = np.array(entry_hashes(material, extracted.sha256))
    halves = []
    for half in (usable[in_first[person[usable]]], usable[~in_first[person[usable]]]):
        rows = _pairs(half, person, hashes, doubtful, rng)
        both = np.minimum(quality[rows[:, 0]], quality[rows[:, 1]]).astype(np.float64)
        halves.append(
            Pairs(
                score=row_scores(templates[rows[:, 0]], templates[rows[:, 1]]).astype(np.float64),
                mated=person[rows[:, 0]] == person[rows[:, 1]],
                quality=both[:, QUALITY],
                pose=both[:, POSE],
            )
        )
    fitted, tested = halves
    return Calibrated(
        people=len(several),
        photos=len(usable),
        strata=tuple(_stratum(name, ends, fitted, tested) for name, ends in _strata(fitted, tested)),
    )


def _pairs(
    rows: IntArray,
    person: IntArray,
    hashes: np.ndarray,
    doubtful: Sequence[tuple[int, int]],
    rng: np.random.Generator,
) -> IntArray:
    """Return (n, 2) rows of entries: all mated pairs, few of any one person, and non-mated ones at random."""
    mated = []
    order = rows[np.argsort(person[rows], kind="stable")]
    for family in np.split(order, np.flatnonzero(np.diff(person[order])) + 1):
        first, second = np.triu_indices(len(family), 1)
        chosen = rng.permutation(len(first))[:MOST_MATED_A_PERSON]
        mated.append(np.stack([family[first[chosen]], family[second[chosen]]], axis=1))
    drawn = rng.choice(rows, (NON_MATED, 2))
    low, high = np.sort(person[drawn], axis=1).T
    wanted = low != high
    for a, b in doubtful:
        wanted &= (low != min(a, b)) | (high != max(a, b))
    pairs = np.concatenate([*mated, drawn[wanted]])
    same = (hashes[pairs[:, 0]] == hashes[pairs[:, 1]]) & (hashes[pairs[:, 0]] != "")
    return np.asarray(pairs[~same], dtype=np.int64)


Ends = tuple[tuple[float, float], tuple[float, float]]  # of quality and of pose


def _strata(fitted: Pairs, tested: Pairs) -> list[tuple[str, Ends]]:
    """Part pairs by quality and pose as finely as the counts carry."""
    low, high = np.quantile(fitted.quality, [1 / 3, 2 / 3])
    turned = float(np.quantile(fitted.pose, 1 / 3))
    whole = (-np.inf, np.inf)
    qualities = [(-np.inf, float(low)), (float(low), float(high)), (float(high), np.inf)]
    poses = [(-np.inf, turned), (turned, np.inf)]
    for parts in (list(product(qualities, poses)), [(quality, whole) for quality in qualities]):
        if all(_carries(ends, half) for ends in parts for half in (fitted, tested)):
            return [(_name(ends), ends) for ends in parts]
    return [("all photos", (whole, whole))]


def _inside(ends: Ends, pairs: Pairs) -> BoolArray:
    (quality_from, quality_to), (pose_from, pose_to) = ends
    return np.asarray(
        (pairs.quality >= quality_from)
        & (pairs.quality < quality_to)
        & (pairs.pose >= pose_from)
        & (pairs.pose < pose_to)
    )


def _carries(ends: Ends, pairs: Pairs) -> bool:
    mated, others = pairs.take(_inside(ends, pairs)).counts
    return mated >= FEWEST_MATED and others >= 10 * FEWEST_MATED


def _name(ends: Ends) -> str:
    (quality_from, quality_to), (pose_from, pose_to) = ends
    if np.isinf(quality_from):
        quality = f"quality below {quality_to:.0f}"
    elif np.isinf(quality_to):
        quality = f"quality {quality_from:.0f} and above"
    else:
        quality = f"quality {quality_from:.0f} to {quality_to:.0f}"
    if np.isinf(pose_from) and np.isinf(pose_to):
        return quality
    return f"{quality}, {'turned' if np.isinf(pose_from) else 'frontal'}"


def _stratum(name: str, ends: Ends, fitted: Pairs, tested: Pairs) -> Tested:
    from lir import metrics as lir_metrics
    from lir.algorithms.bayeserror import elub
    from lir.algorithms.isotonic_regression import IsotonicCalibrator
    from lir.algorithms.logistic_regression import LogitCalibrator
    from lir.data.models import LLRData

    fit, test = fitted.take(_inside(ends, fitted)), tested.take(_inside(ends, tested))
    line = LogitCalibrator(C=UNPENALISED)
    line.fit(fit.score, fit.mated.astype(np.int64))
    slope, intercept = float(line._logit.coef_[0, 0]), float(line._logit.intercept_[0])
    few = np.concatenate([np.flatnonzero(fit.mated == kind)[:MOST_OF_A_KIND] for kind in (True, False)])
    # `elub` writes into what it is given.
    lower, upper = elub(line.transform(fit.score[few]).copy(), fit.mated[few].astype(np.int64))
    ratios = np.clip(line.transform(test.score), lower, upper)
    labels = test.mated.astype(np.int64)
    data = LLRData(features=ratios, labels=labels)
    (quality_from, quality_to), (pose_from, pose_to) = ends
    stratum = Stratum(
        name=name,
        quality_from=quality_from,
        quality_to=quality_to,
        pose_from=pose_from,
        pose_to=pose_to,
        slope=slope,
        intercept=intercept,
        lower=float(lower),
        upper=float(upper),
        fitted_on=fit.counts,
        tested_on=test.counts,
        cllr=float(lir_metrics.cllr(data)),
        cllr_min=float(lir_metrics.cllr_min(data)),
        cllr_cal=float(lir_metrics.cllr_cal(data)),
    )
    ideal = IsotonicCalibrator(add_misleading=1).fit(ratios, labels).transform(ratios)
    return Tested(stratum=stratum, log10_ratio=ratios, mated=test.mated, ideal=np.asarray(ideal))
