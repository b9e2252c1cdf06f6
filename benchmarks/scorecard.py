"""LFW through `antigone evaluate` as a person runs it: verification, identification, calibration.

Run with ``python -m benchmarks.scorecard``. Templates are kept between runs; the time that is held against
the target is that of everything else: reading the set, comparing, resampling, looking for wrong labels,
plots, and the HTML and PDF of each report, which lie in ``benchmarks/results/scorecard/`` afterwards. Figures
are given as labelled, and without comparisons of the names that LFW mixes up (`lfw.DOUBTFUL`). The same
protocols by the peers stand beside them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from antigone.evaluate import documents, run
from antigone.evaluate.calibration import Calibration
from antigone.evaluate.extraction import Extraction
from antigone.evaluate.identification import IdentificationResult
from antigone.evaluate.material import Material
from antigone.evaluate.metrics import percent
from antigone.evaluate.protocols import Protocol, TrialFiles, read_labelled
from antigone.evaluate.report import write_card, write_suspects
from antigone.evaluate.scorecard.calibration_card import calibration_card
from antigone.evaluate.scorecard.content import Scorecard
from antigone.evaluate.verification import VerificationResult, Wishes
from antigone.workspace import Workspace
from benchmarks import lfw
from benchmarks.lfw import Lfw
from benchmarks.report import RESULTS, Check, Report
from benchmarks.side_by_side import measure_side_by_side

FOLDER = RESULTS / "scorecard"
TEMPLATES = RESULTS / "templates" / "evaluation"
MOST_SECONDS = 300.0


def main() -> int:
    """Measure, print, and write ``results/scorecard.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="extract again instead of using kept templates")
    parser.add_argument("--no-peers", action="store_true", help="leave the other systems out")
    parser.add_argument(
        "--peer-photos", type=int, default=0, help="compare on the first so many photos; 0 means all"
    )
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(TEMPLATES, ignore_errors=True)
    report = Report("scorecard", title="LFW through antigone evaluate")
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    FOLDER.mkdir(parents=True, exist_ok=True)
    request = lfw_request()
    with tempfile.TemporaryDirectory() as folder, Workspace.init(Path(folder) / "home") as workspace:
        report.note(f"model {workspace.evaluation.parts.model}")
        labelled = read_labelled(request.files, workspace.settings)
        extracted = run.extract_material(labelled, request, workspace.evaluation.parts)
        began = time.perf_counter()
        _verification(report, request, workspace)
        _identification(report, request, workspace)
        calibration = _calibration(report, request, workspace)
        seconds = time.perf_counter() - began
        if not options.no_peers:
            photos = lfw.load().first(options.peer_photos)
            ours = lfw_rows(photos, labelled, extracted.extraction)
            measure_side_by_side(report, photos, ours, workspace.evaluation.parts.model)
    met = report.checks(
        [
            Check(
                what="whole scorecard from kept templates",
                value=seconds,
                target=MOST_SECONDS,
                at_least=False,
                unit=" s",
            ),
            Check(
                what="highest Cllr of a stratum",
                value=max(stratum.cllr for stratum in calibration.strata),
                target=1.0,
                at_least=False,
            ),
            Check(
                what="highest Cllr_cal of a stratum",
                value=max(stratum.cllr_cal for stratum in calibration.strata),
                target=0.05,
                at_least=False,
            ),
        ]
    )
    report.save()
    return 0 if met else 1


def lfw_request() -> run.EvaluationRequest:
    """Ask for LFW in its layout, with the labels in doubt named and templates kept."""
    return run.EvaluationRequest(
        files=TrialFiles(photos=lfw.data_folder(), protocol=Protocol.LFW),
        wishes=Wishes(doubtful=lfw.DOUBTFUL),
        templates=TEMPLATES,
    )


def lfw_rows(photos: Lfw, material: Material, extraction: Extraction) -> Extraction:
    """Put what was extracted into the order of the benchmarks' list of photos."""
    row = {photo.name: number for number, photo in enumerate(material.photos)}
    return extraction.take(
        np.array([row[f"{photo.name}/{photo.path.name}"] for photo in photos.photos], dtype=np.int64)
    )


def _verification(report: Report, request: run.EvaluationRequest, workspace: Workspace) -> None:
    result, made = workspace.evaluation.verification(request)
    card = run.verification_report(result, made, workspace.settings)
    _write("verification", card, documents.verification_document(result), result)
    assert result.folds is not None
    report.table(
        "verification",
        f"Verification, {len(result.pairs):,} pairs",
        ("FMR set to", "threshold", "FNMR", "FMR", "FNMR, doubtful labels aside"),
        [
            (
                percent(point.target_fmr or 0),
                f"{point.threshold:.4f}" if point.can_be_set else "-",
                point.fnmr.text() if point.can_be_set else "too few pairs",
                point.fmr.text(),
                aside.fnmr.text() if aside.can_be_set else "too few pairs",
            )
            for point, aside in zip(result.points, result.undoubted, strict=True)
        ],
    )
    report.note(
        f"10-fold accuracy {result.folds.mean:.4f} ± {result.folds.standard_error:.4f}, "
        f"{result.folds.failed_pairs} pairs failed; equal error rate {percent(result.equal_error[1])}."
    )


def _identification(report: Report, request: run.EvaluationRequest, workspace: Workspace) -> None:
    result, made = workspace.evaluation.identification(request)
    card = run.identification_report(result, made, workspace.settings)
    _write("identification", card, documents.identification_document(result), result)
    report.table(
        "identification_closed_set",
        f"1:N, {len(result.searches):,} probes among {result.people:,} people: not among the first",
        ("rank", "FNIR"),
        [(str(rank), rate.text()) for rank, rate in result.ranks.items()],
    )
    report.table(
        "identification_open_set",
        "1:N, missed at a rate of false alarms",
        ("FPIR", "threshold", "FNIR", "FNIR, doubtful labels aside"),
        [
            (percent(at.fpir), f"{at.threshold:.4f}", at.rate.text(), aside.rate.text())
            for at, aside in zip(result.open_set, result.undoubted, strict=True)
        ],
    )
    assert result.trial is not None
    listed = documents.suspects_document(result.suspects, result.trial.material)
    report.table(
        "suspected_labels",
        "Labels that look wrong, as listed without being told of any",
        ("kind", "score", "photo", "other photo"),
        [_suspect(one) for one in listed if one["kind"] != "unlike"],
    )


def _suspect(one: Mapping[str, object]) -> Sequence[object]:
    photos = one["photos"]
    assert isinstance(photos, list)
    return (one["kind"], one["score"], *photos)


def _calibration(report: Report, request: run.EvaluationRequest, workspace: Workspace) -> Calibration:
    found, kept = workspace.evaluation.calibrate(request)
    write_card(FOLDER / "calibration", calibration_card(found, kept), kept.document())
    report.table(
        "calibration",
        f"Likelihood ratios, tested on people never used for fitting ({found.people:,} people in all)",
        ("stratum", "tested: mated, non-mated", "Cllr", "Cllr_min", "Cllr_cal", "log10(LR) bounds"),
        [
            (
                stratum.name,
                f"{stratum.tested_on[0]:,}, {stratum.tested_on[1]:,}",
                f"{stratum.cllr:.4f}",
                f"{stratum.cllr_min:.4f}",
                f"{stratum.cllr_cal:.4f}",
                f"{stratum.lower:.2f} to {stratum.upper:.2f}",
            )
            for stratum in kept.strata
        ],
    )
    for number, tested in enumerate(calibration_card(found, kept).sections[2].plots):
        if number in (0, 5):  # the hardest and the easiest stratum
            (RESULTS / f"scorecard-reliability-{number}.png").write_bytes(tested.png)
    return kept


def _write(
    name: str, card: Scorecard, document: dict[str, object], result: VerificationResult | IdentificationResult
) -> None:
    assert result.trial is not None
    write_card(FOLDER / name, card, document)
    write_suspects(FOLDER / name, result.suspects, result.trial.material)
    for section in card.sections:
        for plot in section.plots:
            if "DET" in plot.title or "CMC" in plot.title:
                short = "det" if "DET" in plot.title else "cmc"
                (RESULTS / f"scorecard-{name}-{short}.png").write_bytes(plot.png)


if __name__ == "__main__":
    raise SystemExit(main())
