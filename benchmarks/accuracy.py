"""How often the right person is found: LFW verification and 1:N search, clean and under hard conditions.

Run with ``python -m benchmarks.accuracy``. Protocols:

- *10-fold*: LFW's pairs, threshold learnt on nine folds and applied to the tenth; a pair with a failed
  extraction is an error.
- *1:N*: gallery of the first photo of all 5,749 people, probes are the other 7,484 photos; a probe without
  a face is a miss, and so is every probe of a person whose gallery photo has none. Conditions are applied to
  probes only. Exhaustive search at full precision, so only the templates are judged.
- *FNIR at FPIR 1 %* (open set): each probe is also searched with its own person's reference taken out of the
  gallery; the threshold is the lowest at which at most 1 % of those non-mated searches return anyone. FNIR
  is the share of probes whose own person is not among the first 20 at or above it.
- *Intervals* (95 %): percentile bootstrap over people with 1,000 resamples, since probes of one person are
  not independent; losses are paired, probe by probe. Wilson intervals for quality bins.
- *Several faces in a photo*: the one nearest to the photo's centre, for every system alike.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from antigone.faces import FaceAnalyser
from benchmarks import lfw, metrics, peers, plots
from benchmarks.degrade import ALLOWED_LOSS, CLEAN, Condition, Turned
from benchmarks.extraction import QUALITY_PARTS, Extraction, System, extract
from benchmarks.lfw import Lfw
from benchmarks.metrics import IntArray, SearchScores
from benchmarks.report import RESULTS, Check, Report
from benchmarks.systems import Ours, PeerSystem

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
    threshold: float  # at FPIR 1 %

    @property
    def references(self) -> NDArray[np.float32]:
        """(people, D) the gallery's templates."""
        return np.asarray(self.extraction.templates[self.gallery])

    def face_sides(self) -> NDArray[np.float32]:
        """(probes,) longer side of each probe's face; the median where none was found."""
        sides = self.extraction.boxes[self.probes, 2:].max(axis=1)
        return np.where(np.isnan(sides), np.nanmedian(sides), sides).astype(np.float32)


def main() -> int:
    """Measure, print, and write ``results/accuracy.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="extract again instead of using kept templates")
    parser.add_argument(
        "--conditions-probes", type=int, default=0, help="probes for each condition; 0 means all 7,484"
    )
    parser.add_argument("--angle-probes", type=int, default=1000, help="probes for each angle of the plot")
    parser.add_argument(
        "--peer-probes", type=int, default=1000, help="probes for the peers; 0 leaves them out, -1 means all"
    )
    options = parser.parse_args()

    report = Report("accuracy", title="Accuracy on LFW")
    for line in (__doc__ or "").splitlines()[3:]:
        report.console.print(line, markup=False, highlight=False)
    analyser = FaceAnalyser()
    runtime = analyser.runtime
    report.note(f"model {analyser.model} on {runtime.engine}, {runtime.device}, {runtime.precision}")
    ours = Ours(analyser)
    photos = lfw.load()

    checks = []
    clean, found = measure_clean(report, ours, photos, fresh=options.fresh)
    checks += found
    chosen = subsample(len(clean.probes), options.conditions_probes)
    checks_conditions, pooled = measure_conditions(report, ours, clean, chosen, fresh=options.fresh)
    checks += checks_conditions
    measure_quality(report, clean, pooled)
    if options.angle_probes:
        measure_angles(report, ours, clean, subsample(len(clean.probes), options.angle_probes), options.fresh)
    if options.peer_probes:
        measure_peers(report, ours, clean, subsample(len(clean.probes), max(0, options.peer_probes)))
    met = report.checks(checks)
    report.save()
    return 0 if met else 1


def subsample(total: int, count: int) -> IntArray:
    """Choose ``count`` of ``total`` places at random, in ascending order; 0 means all."""
    if count == 0 or count >= total:
        return np.arange(total, dtype=np.int64)
    return np.sort(np.random.default_rng(SEED).choice(total, count, replace=False))


def measure_clean(report: Report, ours: System, photos: Lfw, *, fresh: bool) -> tuple[Clean, list[Check]]:
    """Verification and 1:N on the photos as they are."""
    everything = np.arange(len(photos.photos))
    extraction = extract(ours, photos.paths(everything), fresh=fresh)
    gallery, probes = photos.gallery(), photos.probes()
    searches = metrics.search_all(
        extraction.templates[probes], photos.persons(probes), extraction.templates[gallery]
    )
    folds = verify(photos, extraction, ours)
    rank_one = metrics.share_by_people(metrics.rank_one_hits(searches), searches.person)
    open_set = metrics.fnir_at_fpir(searches)
    report.table(
        "clean",
        f"Clean: {len(photos.photos):,} photos, {extraction.failed} without a face, "
        f"{(extraction.faces > 1).sum():,} with several",
        ("measure", "value"),
        [
            (
                "10-fold accuracy",
                f"{folds.mean:.4f} ± {folds.standard_error:.4f} (standard error), "
                f"{folds.failed_pairs} of 6,000 pairs failed",
            ),
            ("1:N rank-1", rank_one.percent()),
            ("FNIR at FPIR 1 %", open_set.fnir.percent()),
            (
                "threshold at FPIR 1 %",
                f"{open_set.threshold:.4f} over {open_set.non_mated_searches:,} searches",
            ),
            ("rank-1 among probes with a face", _share_with_face(searches)),
        ],
    )
    report.keep("clean_figures", {"folds": folds, "rank_one": rank_one, "open_set": open_set})
    clean = Clean(
        photos=photos,
        gallery=gallery,
        probes=probes,
        extraction=extraction,
        searches=searches,
        threshold=open_set.threshold,
    )
    return clean, [
        Check(what="LFW 10-fold accuracy", value=folds.mean, target=0.9935, at_least=True),
        Check(what="1:N rank-1", value=rank_one.value, target=0.978, at_least=True),
    ]


def verify(photos: Lfw, extraction: Extraction, system: System) -> metrics.FoldAccuracy:
    """Run the 10-fold protocol over templates of all photos."""
    pairs = lfw.load_pairs(photos)
    first, second = extraction.templates[pairs.first], extraction.templates[pairs.second]
    scores = np.array(
        [system.similarity(one[None], other[None])[0, 0] for one, other in zip(first, second, strict=True)],
        dtype=np.float64,
    )
    return metrics.fold_accuracy(scores, pairs.mated, pairs.fold)


def _share_with_face(searches: SearchScores) -> str:
    found = searches.take(~np.isneginf(searches.other))
    return metrics.share_by_people(metrics.rank_one_hits(found), found.person).percent()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """One condition's probes: their quality and whether they were missed."""

    condition: str
    quality: NDArray[np.float32]  # (n, 6), NaN without a face
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
            face_sides=clean.face_sides()[chosen],
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
    report.note("FNIR here is at the clean threshold: what an unchanged system would miss.")
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


def measure_peers(report: Report, ours: System, clean: Clean, chosen: IntArray) -> None:
    """Run the same clean 1:N by the peers, and by us on the very same probes."""
    rows = [_peer_row(ours, clean.searches.take(chosen), _failed(clean.extraction, clean, chosen), None)]
    wanted = np.union1d(clean.gallery, clean.probes[chosen])
    place = {int(row): number for number, row in enumerate(wanted)}
    gallery = [place[int(row)] for row in clean.gallery]
    probes = [place[int(row)] for row in clean.probes[chosen]]
    warm_up: Path = clean.photos.photos[0].path
    for peer in peers.PEERS:
        system = PeerSystem(peer, warm_up)
        extraction = extract(system, clean.photos.paths(wanted))
        searches = metrics.search_all(
            extraction.templates[probes],
            clean.searches.person[chosen],
            extraction.templates[gallery],
            system.similarity,
        )
        folds = verify(clean.photos, extraction, system) if len(wanted) == len(clean.photos.photos) else None
        failed = int((extraction.faces[gallery] == 0).sum()), int((extraction.faces[probes] == 0).sum())
        rows.append(_peer_row(system, searches, failed, folds))
    report.table(
        "peers",
        f"Clean 1:N by every system, {len(chosen):,} probes (seed {SEED}), gallery of {len(clean.gallery):,}",
        ("system", "no face: gallery, probes", "rank-1", "FNIR at FPIR 1 %", "10-fold"),
        rows,
    )


def _failed(extraction: Extraction, clean: Clean, chosen: IntArray) -> tuple[int, int]:
    faces = extraction.faces
    return int((faces[clean.gallery] == 0).sum()), int((faces[clean.probes[chosen]] == 0).sum())


def _peer_row(
    system: System, searches: SearchScores, failed: tuple[int, int], folds: metrics.FoldAccuracy | None
) -> tuple[object, ...]:
    rank_one = metrics.share_by_people(metrics.rank_one_hits(searches), searches.person)
    open_set = metrics.fnir_at_fpir(searches)
    return (
        system.name,
        f"{failed[0]}, {failed[1]}",
        rank_one.percent(),
        open_set.fnir.percent(),
        "" if folds is None else f"{folds.mean:.4f} ± {folds.standard_error:.4f}",
    )


if __name__ == "__main__":
    raise SystemExit(main())
