"""How often the right person is found: LFW verification and 1:N search, clean and under hard conditions.

Run with ``python -m benchmarks.accuracy``. Protocols:

- *10-fold*: LFW's pairs, threshold learnt on nine folds and applied to the tenth; a pair with a failed
  extraction is an error.
- *1:N*: gallery of the first photo of all 5,749 people, probes are the other 7,484 photos; a probe without
  a face is a miss, and so is every probe of a person whose gallery photo has none. Conditions are applied to
  probes only. Exhaustive search at full precision, so only the templates are judged.
- *FNIR at FPIR 1 %* (open set): each probe is also searched with its own person's reference taken out of the
  gallery; the threshold is the lowest at which at most 1 % of those non-mated searches return anyone. FNIR
  is the share of probes whose own person is not among the first 20 at or above it. Given as labelled, and
  without comparisons between the few pairs of names that LFW mixes up (see ``lfw.DOUBTFUL``).
- *Intervals* (95 %): percentile bootstrap over people with 1,000 resamples, since probes of one person are
  not independent; losses are paired, probe by probe. Wilson intervals for quality bins.
- *Several faces in a photo*: the one nearest to the photo's centre, for every system alike.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antigone.evaluate import metrics
from antigone.evaluate.extraction import Extraction
from antigone.evaluate.metrics import IntArray, SearchScores
from antigone.faces import FaceAnalyser
from benchmarks import lfw, peers
from benchmarks.conditions import (
    SEED,
    Clean,
    measure_angles,
    measure_conditions,
    measure_quality,
    subsample,
)
from benchmarks.extraction import System, extract
from benchmarks.lfw import Lfw
from benchmarks.report import Check, Report
from benchmarks.systems import Ours, PeerSystem


def main() -> int:
    """Measure, print, and write ``results/accuracy.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--people",
        type=int,
        default=0,
        help="try it on so many people only; the figures are then easier ones",
    )
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
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    analyser = FaceAnalyser()
    runtime = analyser.runtime
    report.note(f"model {analyser.model} on {runtime.engine}, {runtime.device}, {runtime.precision}")
    ours = Ours(analyser)
    photos = lfw.load()
    if options.people:
        photos = photos.some_people(options.people, SEED)
        report.note(f"ONLY {options.people:,} PEOPLE: not the protocol, and easier than it.")

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identification:
    """The 1:N figures of one system."""

    searches: SearchScores  # as labelled
    rank_one: metrics.Estimate
    as_labelled: metrics.OpenSetResult
    undoubted: metrics.OpenSetResult  # without non-mated comparisons between doubtful labels


def identify(
    probes: NDArray[np.float32], person: IntArray, references: NDArray[np.float32], system: System, set_: Lfw
) -> Identification:
    """Search all probes (p, D), which show these people (p,), in the gallery (people, D)."""
    searches = metrics.search_all(probes, person, references, system.similarity)
    undoubted = metrics.search_all(probes, person, references, system.similarity, set_.doubtful())
    return Identification(
        searches=searches,
        rank_one=metrics.share_by_people(metrics.rank_one_hits(searches), person),
        as_labelled=metrics.fnir_at_fpir(searches),
        undoubted=metrics.fnir_at_fpir(undoubted),
    )


def measure_clean(report: Report, ours: System, photos: Lfw, *, fresh: bool) -> tuple[Clean, list[Check]]:
    """Verification and 1:N on the photos as they are."""
    everything = np.arange(len(photos.photos))
    extraction = extract(ours, photos.paths(everything), fresh=fresh)
    gallery, probes = photos.gallery(), photos.probes()
    templates = extraction.templates
    found = identify(templates[probes], photos.persons(probes), templates[gallery], ours, photos)
    folds = verify(photos, extraction, ours) if photos.complete else None
    labelled, undoubted = found.as_labelled, found.undoubted
    report.table(
        "clean",
        f"Clean: {len(photos.photos):,} photos, {extraction.failed} without a face, "
        f"{(extraction.faces > 1).sum():,} with several",
        ("measure", "value"),
        [
            ("10-fold accuracy ± standard error", _folds_text(folds)),
            ("1:N rank-1", found.rank_one.percent()),
            (f"FNIR at FPIR 1 %, threshold {labelled.threshold:.4f}", labelled.fnir.percent()),
            (f"the same, doubtful labels aside, {undoubted.threshold:.4f}", undoubted.fnir.percent()),
            ("rank-1 among probes with a face", _share_with_face(found.searches)),
            ("non-mated searches", f"{labelled.non_mated_searches:,}"),
        ],
    )
    report.keep("clean_figures", {"folds": folds, "rank_one": found.rank_one, "fnir": [labelled, undoubted]})
    clean = Clean(
        photos=photos,
        gallery=gallery,
        probes=probes,
        extraction=extraction,
        searches=found.searches,
        threshold=undoubted.threshold,
    )
    checks = [Check(what="1:N rank-1", value=found.rank_one.value, target=0.978, at_least=True)]
    if folds is not None:
        checks.append(Check(what="LFW 10-fold accuracy", value=folds.mean, target=0.9935, at_least=True))
    return clean, checks


def verify(photos: Lfw, extraction: Extraction, system: System) -> metrics.FoldAccuracy:
    """Run the 10-fold protocol over templates of all photos."""
    pairs = lfw.load_pairs(photos)
    first, second = extraction.templates[pairs.first], extraction.templates[pairs.second]
    scores = metrics.row_scores(first, second, system.similarity).astype(np.float64)
    return metrics.fold_accuracy(scores, pairs.mated, pairs.fold)


def _folds_text(folds: metrics.FoldAccuracy | None) -> str:
    if folds is None:
        return "needs all photos"
    return f"{folds.mean:.4f} ± {folds.standard_error:.4f}, {folds.failed_pairs} pairs failed"


def _share_with_face(searches: SearchScores) -> str:
    found = searches.take(~np.isneginf(searches.other))
    return metrics.share_by_people(metrics.rank_one_hits(found), found.person).percent()


def measure_peers(report: Report, ours: System, clean: Clean, chosen: IntArray) -> None:
    """Run the same clean 1:N by the peers, and by us on the very same probes."""
    rows_of_probes = clean.probes[chosen]
    wanted = np.union1d(clean.gallery, rows_of_probes)
    gallery, probes = np.searchsorted(wanted, clean.gallery), np.searchsorted(wanted, rows_of_probes)
    whole = clean.photos.complete and len(wanted) == len(clean.photos.photos)
    warm_up = clean.photos.photos[0].path
    rows = []
    for system in (ours, *(PeerSystem(peer, warm_up) for peer in peers.PEERS)):
        extraction = (
            clean.extraction.take(wanted) if system is ours else extract(system, clean.photos.paths(wanted))
        )
        templates = extraction.templates
        found = identify(
            templates[probes], clean.searches.person[chosen], templates[gallery], system, clean.photos
        )
        rows.append(
            (
                system.name,
                f"{(extraction.faces[gallery] == 0).sum()}, {(extraction.faces[probes] == 0).sum()}",
                _short(found.rank_one),
                _short(found.as_labelled.fnir),
                _short(found.undoubted.fnir),
                _folds_text(verify(clean.photos, extraction, system) if whole else None),
            )
        )
    report.table(
        "peers",
        f"Clean 1:N by every system, {len(chosen):,} probes (seed {SEED}), gallery of {len(clean.gallery):,}",
        (
            "system",
            "no face: gallery, probes",
            "rank-1",
            "FNIR at FPIR 1 %",
            "doubtful labels aside",
            "10-fold",
        ),
        rows,
    )


def _short(estimate: metrics.Estimate) -> str:
    return f"{100 * estimate.value:.2f} % [{100 * estimate.low:.2f}, {100 * estimate.high:.2f}]"


if __name__ == "__main__":
    raise SystemExit(main())
