"""Whether the expected number of wrong candidates is what comes: searches for people who are not there.

Run with ``python -m benchmarks.strength``. LFW's people are parted in two at random, once for each size of
gallery. Photos of the one part (at most three a person) are searched for in a gallery of the other part, so
every candidate is a wrong one. What strangers score is learnt from the gallery alone, without any labels, as
a workspace does it. For each decade of the expected number (100, 10, 1, 0.1, 0.01 wrong candidates a search),
all candidates that are expected to have at most so many at or above them are counted: their mean number a
search should be that number.

Photos under wrong names and people under two (`lfw.DOUBTFUL`) are left out; twins and other kin are not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antigone.evaluate import run
from antigone.evaluate.extraction import Extraction
from antigone.evaluate.metrics import Float32Array, Float64Array, IntArray, bootstrap_people
from antigone.evaluate.protocols import read_labelled
from antigone.evaluate.scorecard import plots
from antigone.evaluate.strength.background import MOMENTS, SAMPLE, Background, learn_background
from antigone.workspace import Workspace
from benchmarks import lfw
from benchmarks.conditions import SEED
from benchmarks.lfw import Lfw
from benchmarks.report import RESULTS, Check, Report
from benchmarks.scorecard import lfw_request, lfw_rows

SIZES = (500, 2_000, 6_000)  # references
DECADES = (100.0, 10.0, 1.0, 0.1, 0.01)
PHOTOS_A_PERSON = 3
FACTOR = 1.5
ENOUGH = 30  # expected events; a decade with fewer is shown and not judged


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searches:
    """Searches for people who are not in the gallery."""

    person: IntArray  # (p,)
    scores: Float64Array  # (p, references)
    expected: Float64Array  # the same: wrong candidates expected at or above each


def main() -> int:
    """Measure, print, and write ``results/strength.json``; 1 when a target is missed."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    report = Report("strength", title="Expected and observed wrong candidates")
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    photos = lfw.load()
    found = lfw_templates(photos)
    decades: list[Decade] = []
    for size in SIZES:
        rng = np.random.default_rng((SEED, size))
        searches, background, seconds = measure(photos, found, size, rng)
        report.note(
            f"{size:,} references: {len(searches.person):,} searches for people who are not there; learnt in "
            f"{seconds:.1f} s from about {background.people:,} people; tail shape "
            f"{background.tail.shape:.3f}, scale {background.tail.scale:.3f}."
        )
        decades += [compared(searches, size, decade) for decade in DECADES if decade <= size / 5]
        if size == SIZES[-1]:
            _by_probe(report, searches, size)
    report.table(
        "expected_and_observed",
        "Wrong candidates a search",
        ("references", "expected", "observed, 95 % over people", "observed / expected", "events expected"),
        [decade.row() for decade in decades],
    )
    lines: dict[str, plots.Line] = {
        f"{size:,} references": (
            [decade.expected for decade in decades if decade.size == size],
            [decade.observed for decade in decades if decade.size == size],
        )
        for size in SIZES
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    labels = ("wrong candidates expected a search", "observed")
    (RESULTS / "strength.png").write_bytes(plots.diagonal(lines, labels))
    met = report.checks([decade.check() for decade in decades if decade.events >= ENOUGH])
    report.save()
    return 0 if met else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Decade:
    """What came of one expected number at one size of gallery."""

    size: int
    expected: float
    observed: float
    low: float
    high: float
    events: float  # expected over all searches

    def row(self) -> tuple[object, ...]:
        """Return the cells of the table."""
        return (
            f"{self.size:,}",
            f"{self.expected:g}",
            f"{self.observed:.3g} [{self.low:.3g}, {self.high:.3g}]",
            f"{self.observed / self.expected:.2f}",
            f"{self.events:,.0f}",
        )

    def check(self) -> Check:
        """Hold it against what was asked."""
        return Check(
            what=f"factor expected to observed, {self.size:,} references, {self.expected:g} a search",
            value=max(self.observed / self.expected, self.expected / max(self.observed, 1e-9)),
            target=FACTOR,
            at_least=False,
        )


def compared(searches: Searches, size: int, decade: float) -> Decade:
    """Count the candidates that are expected to have at most so many wrong ones at or above them."""
    count = (searches.expected <= decade).sum(axis=1).astype(np.float64)
    low, high = bootstrap_people(
        searches.person, lambda weights: float(np.average(count, weights=weights)), resamples=300
    )
    return Decade(
        size=size,
        expected=decade,
        observed=float(count.mean()),
        low=low,
        high=high,
        events=decade * len(count),
    )


def lfw_templates(photos: Lfw) -> Extraction:
    """Return the templates of all photos; those that `benchmarks.scorecard` keeps are used."""
    with tempfile.TemporaryDirectory() as folder, Workspace.init(Path(folder) / "home") as workspace:
        request = lfw_request()
        material = read_labelled(request.files, workspace.settings)
        extracted = run.extract_material(material, request, workspace.evaluation.parts)
    return lfw_rows(photos, material, extracted.extraction)


def measure(
    photos: Lfw, found: Extraction, size: int, rng: np.random.Generator
) -> tuple[Searches, Background, float]:
    """Search for the people of one part in a gallery of so many references of the other."""
    person = photos.persons(np.arange(len(photos.photos)))
    doubted = {who for pair in photos.doubtful() for who in pair}
    undoubted = np.array([who not in doubted for who in person])
    usable = undoubted & ~np.isnan(found.templates[:, 0])
    order = rng.permutation(photos.people)
    searched_for = np.isin(person, order[: photos.people // 2])
    probes = np.flatnonzero(usable & searched_for)
    position = np.concatenate(
        [np.arange(count) for count in np.unique(person[probes], return_counts=True)[1]]
    )
    probes = probes[position < PHOTOS_A_PERSON]
    gallery = rng.permutation(np.flatnonzero(usable & ~searched_for))[:size]
    rows = found.templates[gallery]
    began = time.perf_counter()
    background = learnt(rows, rng)
    seconds = time.perf_counter() - began
    scores = (found.templates[probes] @ rows.T).astype(np.float64)
    share = [
        background.share(background.standardised(probe, of_probe))
        for probe, of_probe in zip(found.templates[probes], scores, strict=True)
    ]
    return (
        Searches(person=person[probes], scores=scores, expected=len(gallery) * np.stack(share)),
        background,
        seconds,
    )


def learnt(rows: Float32Array, rng: np.random.Generator) -> Background:
    """Learn from a gallery's templates as `antigone.evaluate.strength.Strengths` does."""
    some = rows[rng.permutation(len(rows))[:MOMENTS]].astype(np.float64)
    background = learn_background(
        rows[rng.permutation(len(rows))[:SAMPLE]], some.mean(axis=0), np.cov(some.T, bias=True)
    )
    assert background is not None
    return background


def _by_probe(report: Report, searches: Searches, size: int) -> None:
    """Show what it is good for to look at each probe for itself."""
    level, mean = float(np.quantile(searches.scores, 0.9999)), searches.scores.mean(axis=1)
    rows = []
    for part, chosen in zip(
        ("lowest", "low", "middle", "high", "highest"), np.array_split(np.argsort(mean), 5), strict=True
    ):
        rows.append(
            (
                part,
                f"{mean[chosen].mean():.3f}",
                f"{1e6 * (searches.scores[chosen] >= level).mean():.0f}",
                f"{(searches.expected[chosen] <= size * 1e-4).sum() / len(chosen) / (size * 1e-4):.2f}",
            )
        )
    report.table(
        "probes",
        f"A fifth of the probes each, by how alike they are to everybody; {size:,} references",
        (
            "alike to everybody",
            "mean score",
            f"wrong candidates at or above {level:.2f}, of a million",
            "observed / expected where one in 10,000 is expected",
        ),
        rows,
    )


if __name__ == "__main__":
    raise SystemExit(main())
