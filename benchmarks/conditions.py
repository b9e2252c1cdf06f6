"""1:N on LFW with probes made harder, what each condition costs, and whether quality foretells it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antigone.evaluate import metrics
from antigone.evaluate.extraction import QUALITY_PARTS, Extraction
from antigone.evaluate.metrics import IntArray, SearchScores
from benchmarks import plots
from benchmarks.degrade import ALLOWED_LOSS, CLEAN, Condition, Turned
from benchmarks.extraction import System, extract
from benchmarks.lfw import Lfw
from benchmarks.report import RESULTS, Check, Report

SEED = 20_260_101
ANGLES = range(0, 360, 15)
DISCARDS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """The whole set, its clean templates, and the searches they give."""

    photos: Lfw
    gallery: IntArray  # rows of photos
    probes: IntArray  # rows of photos
    extraction: Extraction  # of all photos
    searches: SearchScores  # of all probes
    threshold: float  # at FPIR 1 %, doubtful labels aside

    @property
    def references(self) -> NDArray[np.float32]:
        """(people, D) the gallery's templates."""
        return np.asarray(self.extraction.templates[self.gallery])

    def boxes(self) -> NDArray[np.float32]:
        """(probes, 4) box of each probe's face; the median box where none was found."""
        boxes = self.extraction.boxes[self.probes]
        return np.asarray(np.where(np.isnan(boxes), np.nanmedian(boxes, axis=0), boxes), dtype=np.float32)


def subsample(total: int, count: int) -> IntArray:
    """Choose ``count`` of ``total`` places at random, in ascending order; 0 means all."""
    if count == 0 or count >= total:
        return np.arange(total, dtype=np.int64)
    return np.sort(np.random.default_rng(SEED).choice(total, count, replace=False))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """One condition's probes: their quality and whether they were missed."""

    condition: str
    quality: NDArray[np.float32]  # (n, parts), NaN without a face
    rank_one_miss: metrics.BoolArray  # (n,)
    missed_at_threshold: metrics.BoolArray  # (n,) at the clean threshold of FPIR 1 %


def measure_conditions(
    report: Report, ours: System, clean: Clean, chosen: IntArray, *, fresh: bool
) -> tuple[list[Check], list[Outcome]]:
    """1:N with degraded probes, and what each condition costs against the same probes clean."""
    before = clean.searches.take(chosen)
    rows, checks = [], []
    pooled = [_outcome("clean", clean.extraction.quality[clean.probes[chosen]], before, clean.threshold)]
    rows.append(_condition_row("clean", before, before, 0, clean.threshold))
    for condition, allowed in ALLOWED_LOSS:
        extraction = extract(
            ours,
            clean.photos.paths(clean.probes[chosen]),
            condition=condition,
            boxes=clean.boxes()[chosen],
            fresh=fresh,
        )
        after = metrics.search_all(extraction.templates, before.person, clean.references)
        pooled.append(_outcome(condition.name, extraction.quality, after, clean.threshold))
        rows.append(_condition_row(condition.name, after, before, extraction.failed, clean.threshold))
        if allowed is not None:
            loss = 100 * (metrics.rank_one_hits(before).mean() - metrics.rank_one_hits(after).mean())
            checks.append(
                Check(
                    what=f"rank-1 lost, {condition.name}",
                    value=float(loss),
                    target=allowed,
                    at_least=False,
                    unit=" points",
                )
            )
    for condition, _ in ALLOWED_LOSS:
        report.note(f"{condition.name}: {condition.text}")
    report.note(
        "FNIR here is at the clean threshold (doubtful labels aside): what an unchanged system would miss."
    )
    report.table(
        "conditions",
        f"1:N with degraded probes, {len(chosen):,} probes, clean gallery of {len(clean.gallery):,}",
        ("condition", "no face", "rank-1", "points lost against clean", "FNIR"),
        rows,
    )
    return checks, pooled


def _condition_row(
    name: str, after: SearchScores, before: SearchScores, failed: int, threshold: float
) -> tuple[object, ...]:
    hits, hits_before = metrics.rank_one_hits(after), metrics.rank_one_hits(before)
    rank_one = metrics.share_by_people(hits, after.person)
    lost = metrics.share_by_people(hits_before.astype(np.float64) - hits, after.person)
    fnir = metrics.share_by_people(metrics.identification_misses(after, threshold), after.person)
    return (
        name,
        failed,
        f"{100 * rank_one.value:.2f} % [{100 * rank_one.low:.2f}, {100 * rank_one.high:.2f}]",
        f"{100 * lost.value:.2f} [{100 * lost.low:.2f}, {100 * lost.high:.2f}]",
        f"{100 * fnir.value:.2f} % [{100 * fnir.low:.2f}, {100 * fnir.high:.2f}]",
    )


def _outcome(
    condition: str, quality: NDArray[np.float32], searches: SearchScores, threshold: float
) -> Outcome:
    return Outcome(
        condition=condition,
        quality=quality,
        rank_one_miss=~metrics.rank_one_hits(searches),
        missed_at_threshold=metrics.identification_misses(searches, threshold),
    )


def measure_quality(report: Report, clean: Clean, pooled: list[Outcome]) -> None:
    """Ask whether quality tells beforehand which probes will be missed."""
    # The levelled and upright photo show the same face, so turned probes would only repeat the clean ones.
    kept = [outcome for outcome in pooled if not outcome.condition.startswith("turned")]
    quality = np.concatenate([outcome.quality for outcome in kept]).astype(np.float64)
    rank_one_miss = np.concatenate([outcome.rank_one_miss for outcome in kept])
    missed = np.concatenate([outcome.missed_at_threshold for outcome in kept])
    with_face = ~np.isnan(quality[:, 0])
    quality, rank_one_miss, missed = quality[with_face], rank_one_miss[with_face], missed[with_face]
    report.note(
        f"Quality: probes of {', '.join(outcome.condition for outcome in kept)} with a face, "
        f"{len(quality):,} in all; misses at the clean threshold of FPIR 1 % ({clean.threshold:.3f})."
    )
    bins = metrics.quality_bins(quality[:, 0], missed)
    by_rank = metrics.quality_bins(quality[:, 0], rank_one_miss)
    report.table(
        "quality_bins",
        "Misses by quality score, tenths of the probes",
        ("quality", "missed at the threshold", "not first"),
        [
            (f"{one.low:.1f} to {one.high:.1f}", one.errors.percent(), other.errors.percent())
            for one, other in zip(bins, by_rank, strict=True)
        ],
    )
    rises = metrics.rises_at(bins)
    report.keep("quality_rises_at_bins", rises)
    report.note(
        "Misses never rise with quality beyond both intervals: no contradiction to a monotonic score."
        if not rises
        else f"NOT monotonic: misses rise beyond both intervals at bins {', '.join(map(str, rises))}."
    )
    curves = {
        part: metrics.error_versus_discard(quality[:, number], missed, DISCARDS)
        for number, part in enumerate(QUALITY_PARTS)
    }
    report.table(
        "error_versus_discard",
        "Misses (%) that remain when the share of lowest quality is set aside",
        ("by", *(f"{100 * share:g} %" for share in DISCARDS), "monotonic"),
        [
            (
                part,
                *(f"{100 * value:.2f}" for value in curve),
                "yes" if not metrics.rises_at(metrics.quality_bins(quality[:, number], missed)) else "no",
            )
            for number, (part, curve) in enumerate(curves.items())
        ],
    )
    plots.lines(
        RESULTS / "accuracy-discard.png",
        title="Misses that remain when the lowest quality is set aside",
        labels=("share set aside (%)", "missed at the threshold of FPIR 1 % (%)"),
        series={
            part: ([100 * share for share in DISCARDS], [100 * value for value in curve])
            for part, curve in curves.items()
        },
    )


def measure_angles(report: Report, ours: System, clean: Clean, chosen: IntArray, fresh: bool) -> None:
    """Rank-1 over the whole circle, on a sample of the probes."""
    before = clean.searches.take(chosen)
    rows, shares = [], []
    for degrees in ANGLES:
        condition: Condition = Turned(degrees=degrees) if degrees else CLEAN
        extraction = extract(ours, clean.photos.paths(clean.probes[chosen]), condition=condition, fresh=fresh)
        after = metrics.search_all(extraction.templates, before.person, clean.references)
        share = metrics.share_by_people(metrics.rank_one_hits(after), after.person)
        shares.append(100 * share.value)
        rows.append((degrees, extraction.failed, share.percent()))
    report.table(
        "angles",
        f"1:N rank-1 by angle, a sample of {len(chosen):,} probes (seed {SEED})",
        ("degrees", "no face", "rank-1"),
        rows,
    )
    plots.lines(
        RESULTS / "accuracy-angles.png",
        title=f"1:N rank-1 of turned photos, {len(chosen):,} probes among {len(clean.gallery):,} people",
        labels=("degrees clockwise", "rank-1 (%)"),
        series={"antigone": (list(ANGLES), shares)},
    )
