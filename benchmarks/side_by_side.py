"""The same protocols of LFW by every system: verification, and 1:N in closed and open set.

Templates of the peers are kept between runs like ours; making them takes the slowest some twenty minutes.
Each is compared as its makers say: ours and OpenCV's by cosine, face_recognition's by Euclidean distance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from antigone.evaluate import metrics
from antigone.evaluate.extraction import Extraction
from antigone.evaluate.metrics import PairScores, Similarity
from benchmarks import lfw, peers
from benchmarks.extraction import extract
from benchmarks.lfw import Lfw
from benchmarks.report import Report
from benchmarks.systems import PeerSystem

FMRS = (0.01, 0.001)
FPIRS = (0.01, 0.003)
RANKS = (1, 20, 50)


def measure_side_by_side(report: Report, photos: Lfw, ours: Extraction, model: str) -> None:
    """Print the figures of every system; ``ours`` holds the templates of these photos."""
    if not photos.complete:
        report.note(
            f"Side by side on the first {photos.people:,} people of LFW alone ({len(photos.photos):,} "
            "photos): a smaller gallery, and easier than all of it."
        )
    rows_pairs: list[Sequence[object]] = []
    rows_searches: list[Sequence[object]] = []
    systems: list[tuple[str, Extraction, Similarity]] = [(model, ours, metrics.cosine)]
    for peer in peers.PEERS:
        system = PeerSystem(peer, photos.photos[0].path)
        every = np.arange(len(photos.photos))
        systems.append((peer.name, extract(system, photos.paths(every)), peer.similarity))
    for name, extraction, similarity in systems:
        rows_pairs.append((name, extraction.failed, *_verification(photos, extraction, similarity)))
        rows_searches.append((name, *_searches(photos, extraction, similarity)))
    report.table(
        "side_by_side_verification",
        "Verification by every system, doubtful labels aside",
        ("system", "photos without a face", "10-fold", *(f"FNMR at FMR {metrics.percent(f)}" for f in FMRS)),
        rows_pairs,
    )
    report.table(
        "side_by_side_identification",
        "1:N by every system",
        (
            "system",
            *(f"FNIR at rank {rank}" for rank in RANKS),
            *(f"FNIR at FPIR {metrics.percent(f)}, as labelled" for f in FPIRS),
            *(f"FNIR at FPIR {metrics.percent(f)}, doubtful labels aside" for f in FPIRS),
        ),
        rows_searches,
    )


def _verification(photos: Lfw, extraction: Extraction, similarity: Similarity) -> list[object]:
    pairs = lfw.load_pairs(photos)
    score = metrics.row_scores(
        extraction.templates[pairs.first], extraction.templates[pairs.second], similarity
    ).astype(np.float64)
    folds = metrics.fold_accuracy(score, pairs.mated, pairs.fold)
    compared = PairScores(
        score=score,
        mated=pairs.mated,
        first=photos.persons(pairs.first),
        second=photos.persons(pairs.second),
    )
    low = np.minimum(compared.first, compared.second)
    high = np.maximum(compared.first, compared.second)
    doubted = np.zeros(len(compared), dtype=np.bool_)
    for a, b in photos.doubtful():
        doubted |= (low == min(a, b)) & (high == max(a, b))
    kept = compared.take(~(doubted & ~compared.mated))
    return [
        f"{folds.mean:.4f} ± {folds.standard_error:.4f}",
        *(metrics.at_fmr(kept, fmr).fnmr.text() for fmr in FMRS),
    ]


def _searches(photos: Lfw, extraction: Extraction, similarity: Similarity) -> list[object]:
    probes, references = photos.probes(), extraction.templates[photos.gallery()]
    person = photos.persons(probes)
    labelled = metrics.search_all(extraction.templates[probes], person, references, similarity)
    aside = metrics.search_all(
        extraction.templates[probes], person, references, similarity, photos.doubtful()
    )
    return [
        *(metrics.fnir_at_rank(labelled, rank).text() for rank in RANKS),
        *(metrics.fnir_at_fpir(labelled, fpir).rate.text() for fpir in FPIRS),
        *(metrics.fnir_at_fpir(aside, fpir).rate.text() for fpir in FPIRS),
    ]
