"""The condition ladder: how far a photo can be spoilt before a search misses, for us and for the peers.

Run with ``python -m benchmarks.ladder``. Protocol:

- *Gallery*: the first photo of each person of LFW, as it is. *Probes*: a fixed random sample of
  all other photos, the same for every system; each rung spoils the same probes in the same way.
- *Rungs*: turned, dark with noise, out of focus, coded as JPEG, small, covered. What each does is said below.
  Sizes and bars are measured on the face's box as our detector found it in the clean photo, for all systems.
- *Side pose*: LFW names no poses. All clean probes are ordered by how frontal our landmarks show the face
  (the quality part ``pose``), and the most turned ones are a rung each: other photos, not spoilt ones.
- *FNIR* is the share of probes whose own person is not among the first 20 at or above the threshold of that
  system at which 1 % of all clean non-mated searches return anyone, doubtful labels aside: what a unit misses
  that set its threshold once, on good photos. *FPIR* is the share of non-mated searches of that rung that
  return anyone at that threshold. A probe without a face is a miss.
- *Intervals* (95 %): bootstrap over people.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from antigone.evaluate import metrics
from antigone.evaluate.extraction import QUALITY_PARTS, Extraction
from antigone.evaluate.metrics import IntArray, SearchScores
from antigone.faces import FaceAnalyser
from benchmarks import lfw, peers, plots
from benchmarks.conditions import SEED, subsample
from benchmarks.degrade import Blurred, Condition, Covered, Dark, HeavyJpeg, Small, Turned
from benchmarks.extraction import System, extract
from benchmarks.lfw import Lfw
from benchmarks.report import RESULTS, Report
from benchmarks.systems import Ours, PeerSystem

FAMILIES: dict[str, tuple[Condition, ...]] = {
    "turned": tuple(Turned(degrees=degrees) for degrees in (45, 90, 180)),
    "dark with noise": tuple(Dark(stops=stops) for stops in (4, 5)),
    "out of focus": tuple(Blurred(percent=percent) for percent in (2, 4)),
    "JPEG": tuple(HeavyJpeg(quality=quality) for quality in (10, 5)),
    "small": tuple(Small(side=side) for side in (64, 32, 24, 16)),
    "covered": tuple(Covered(part=part) for part in ("eyes", "mouth", "half")),
}
RUNGS: tuple[Condition, ...] = tuple(rung for family in FAMILIES.values() for rung in family)
POSES = (0.05, 0.15, 0.4)  # share of all clean probes below whose pose each bin ends
POSE = QUALITY_PARTS.index("pose")
FPIR = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rung:
    """What one system made of one rung."""

    family: str
    name: str
    searches: SearchScores
    failed: int  # probes without a face

    def row(self, system: str, threshold: float) -> tuple[object, ...]:
        """Return the cells of the table."""
        fnir = metrics.rate_by_people(
            metrics.identification_misses(self.searches, threshold), self.searches.person
        )
        first = metrics.share_by_people(metrics.rank_misses(self.searches, 1), self.searches.person)
        alarms = metrics.false_alarms(self.searches, threshold)
        return (
            self.name,
            system,
            len(self.searches),
            self.failed,
            f"{100 * first.value:.1f} % [{100 * first.low:.1f}, {100 * first.high:.1f}]",
            fnir.text(),
            f"{100 * alarms.mean():.1f} %",
        )

    def fnir(self, threshold: float) -> float:
        """Return FNIR at a threshold."""
        return float(metrics.identification_misses(self.searches, threshold).mean())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """One system on the clean set."""

    system: System
    photos: Lfw
    extraction: Extraction  # of all photos, in their order
    searches: SearchScores  # of all clean probes, doubtful labels aside
    threshold: float  # at `FPIR`

    def search(self, templates: metrics.Float32Array, probes: IntArray) -> SearchScores:
        """Search templates of the photos in these rows."""
        return metrics.search_all(
            templates,
            self.photos.persons(probes),
            self.extraction.templates[self.photos.gallery()],
            self.system.similarity,
            self.photos.doubtful(),
        )


def ground(system: System, photos: Lfw) -> Ground:
    """Extract the clean set and set the threshold."""
    extraction = extract(system, photos.paths(np.arange(len(photos.photos))))
    probes = photos.probes()
    searches = metrics.search_all(
        extraction.templates[probes],
        photos.persons(probes),
        extraction.templates[photos.gallery()],
        system.similarity,
        photos.doubtful(),
    )
    threshold = metrics.threshold_at_fpir(searches.non_mated_searches().other, FPIR)
    return Ground(system=system, photos=photos, extraction=extraction, searches=searches, threshold=threshold)


def face_boxes(extraction: Extraction, rows: IntArray) -> metrics.Float32Array:
    """Return the (n, 4) boxes of these photos; the median box where no face was found."""
    boxes = extraction.boxes[rows]
    return np.asarray(np.where(np.isnan(boxes), np.nanmedian(boxes, axis=0), boxes), dtype=np.float32)


def families_of(names: Sequence[str]) -> dict[str, tuple[Condition, ...]]:
    """Keep the rungs of these names only; all of them where none is named. Raises ValueError."""
    if unknown := set(names) - {rung.name for rung in RUNGS}:
        raise ValueError(f"there is no rung {', '.join(sorted(unknown))}")
    kept = {
        family: tuple(rung for rung in rungs if not names or rung.name in names)
        for family, rungs in FAMILIES.items()
    }
    return {family: rungs for family, rungs in kept.items() if rungs}


def climb(
    of: Ground,
    chosen: IntArray,
    boxes: metrics.Float32Array,
    families: Mapping[str, Sequence[Condition]] = FAMILIES,
) -> list[Rung]:
    """Search the chosen probes (rows of photos) clean and on every rung."""
    place = np.searchsorted(of.photos.probes(), chosen)
    rungs = [
        Rung(
            family=family,
            name="clean",
            searches=of.searches.take(place),
            failed=int((of.extraction.faces[chosen] == 0).sum()),
        )
        for family in families
    ]
    for family, conditions in families.items():
        for condition in conditions:
            found = extract(of.system, of.photos.paths(chosen), condition=condition, boxes=boxes)
            rungs.append(
                Rung(
                    family=family,
                    name=condition.name,
                    searches=of.search(found.templates, chosen),
                    failed=found.failed,
                )
            )
    return rungs


def poses(of: Ground, pose: metrics.Float32Array) -> list[Rung]:
    """Part all clean probes by how frontal they are, (probes,) 0 to 100; the most frontal ones come first."""
    order = np.argsort(pose, kind="stable")
    order = order[~np.isnan(pose[order])]
    ends = [0, *(round(share * len(order)) for share in POSES), len(order)]
    probes = of.photos.probes()
    found = []
    for start, end in reversed(list(pairwise(ends))):
        own = order[start:end]
        found.append(
            Rung(
                family="side pose",
                name=f"pose {pose[own].min():.0f} to {pose[own].max():.0f}",
                searches=of.searches.take(own),
                failed=int((of.extraction.faces[probes[own]] == 0).sum()),
            )
        )
    return found


def main() -> int:
    """Measure, print, and write ``results/ladder.json`` and the curves."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--probes", type=int, default=500, help="probes of each rung, for every system")
    parser.add_argument(
        "--photos", type=int, default=0, help="take the people of the first so many photos; 0 means all"
    )
    parser.add_argument("--rungs", nargs="*", default=(), help="only these, such as dark small-32")
    options = parser.parse_args()
    families = families_of(options.rungs)
    report = Report("ladder", title="The condition ladder")
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    photos = lfw.load().first(options.photos)
    ours = Ours(FaceAnalyser())
    systems: list[System] = [ours, *(PeerSystem(peer, photos.photos[0].path) for peer in peers.PEERS)]
    probes = photos.probes()
    chosen = probes[subsample(len(probes), options.probes)]
    if not photos.complete:
        report.note("The people of a part of LFW alone: a smaller gallery, and easier than all of it.")
    report.note(
        f"{len(chosen):,} probes of {len(np.unique(photos.persons(chosen))):,} people (seed {SEED}) in every "
        f"rung but the poses, which hold all {len(probes):,} clean probes; gallery of {photos.people:,}."
    )
    for condition in (rung for rungs in families.values() for rung in rungs):
        report.note(f"{condition.name}: {condition.text}")
    results: dict[str, tuple[Ground, list[Rung]]] = {}
    boxes, pose = None, None
    for system in systems:
        of = ground(system, photos)
        if boxes is None or pose is None:  # ours, which comes first, says for all where the faces are
            boxes, pose = face_boxes(of.extraction, chosen), of.extraction.quality[probes, POSE]
        results[system.name] = (of, [*climb(of, chosen, boxes, families), *poses(of, pose)])
        report.note(
            f"{system.name}: threshold {of.threshold:.4f}, FNIR of all {len(probes):,} clean probes there "
            f"{metrics.fnir_at_fpir(of.searches, FPIR).rate.text()}"
        )
    _tables(report, results)
    _curves(results)
    report.save()
    return 0


def _tables(report: Report, results: dict[str, tuple[Ground, list[Rung]]]) -> None:
    first = next(iter(results.values()))[1]
    for family in dict.fromkeys(rung.family for rung in first):
        rows: list[Sequence[object]] = []
        names = [rung.name for rung in first if rung.family == family]
        for place, _ in enumerate(names):
            for system, (of, rungs) in results.items():
                rows.append([r for r in rungs if r.family == family][place].row(system, of.threshold))
        report.table(
            f"ladder {family}",
            f"The ladder: {family}",
            ("rung", "system", "probes", "no face", "not first", "FNIR", "FPIR"),
            rows,
        )


def _curves(results: dict[str, tuple[Ground, list[Rung]]]) -> None:
    first = next(iter(results.values()))[1]
    panels: dict[str, dict[str, tuple[list[str], list[float]]]] = {}
    for family in dict.fromkeys(rung.family for rung in first):
        panels[family] = {
            system: (
                [rung.name for rung in rungs if rung.family == family],
                [100 * rung.fnir(of.threshold) for rung in rungs if rung.family == family],
            )
            for system, (of, rungs) in results.items()
        }
    plots.panels(
        RESULTS / "ladder.png",
        title="Missed at the threshold of FPIR 1 % on clean photos (%)",
        panels=panels,
    )


if __name__ == "__main__":
    raise SystemExit(main())
