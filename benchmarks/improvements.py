"""What each way to a better answer brings: on clean LFW 1:N, on every rung of the ladder, all in one table.

Run with ``python -m benchmarks.improvements``. Probes are a fixed random sample, the same for every way and
rung (see `benchmarks.ladder` for the rungs and the gallery); clean, all of them. Every cell is FNIR at FPIR
1 % less that of the plain way, in points, each at its own threshold for that rung, doubtful labels aside,
with a 95 % interval that resamples people and is paired, probe by probe. Below zero is better. A family, and
*all rungs*, take the probes of their rungs as one material with one threshold: a unit does not know how a
photo was spoilt.

The ways:

- *by strength*: candidates are judged by the expected number of wrong ones (`strength`), that is by the score
  standardised by mean and deviation of this probe over the gallery, and not by the score. Ranks stay.
- *AS-norm*: adaptive symmetric score normalisation (Matějka and others 2017): the mean of the score
  standardised by the 100 highest scores of the probe and by those of the reference, the pair itself left out.
- *neighbours*: the probe's template is moved towards its best candidate, weighed by the score's third power
  (alpha query expansion, Radenović and others 2018), and searched again.
- *centred*: the gallery's mean is taken off every template before it is compared.
- *second opinion*: the model pack that holds two embedders; *and by strength*: both.

Several photos fused stand in a table of their own, for they need people with several probes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from antigone.evaluate import metrics
from antigone.evaluate.extraction import Extraction
from antigone.evaluate.metrics import Float32Array, Float64Array, IntArray, SearchScores
from antigone.faces import FaceAnalyser
from antigone.faces.packs import SECOND_OPINION_PACK
from antigone.faces.second_opinion import build_pack
from antigone.settings import Settings
from benchmarks import lfw
from benchmarks.conditions import SEED, subsample
from benchmarks.degrade import CLEAN, Condition
from benchmarks.extraction import extract
from benchmarks.ladder import face_boxes, families_of
from benchmarks.lfw import Lfw
from benchmarks.report import RESULTS, Check, Report
from benchmarks.systems import Ours

FPIR = 0.01
COHORT = 100  # highest scores that AS-norm looks at
POWER = 3.0  # of the score, by which the best candidate counts in a moved probe
LOWERED_BY = 0.25  # of FNIR at FPIR 1 % on degraded probes: what the ways that are on must bring together
RESAMPLES = 500
FUSED = (2, 3)  # photos of one person that are fused
MOST_SETS = 5  # of one person

Way = Callable[[Float32Array, Float32Array, IntArray | None], Float64Array]
"""Takes probes (n, D) and references (m, D), all of unit norm, and returns scores (n, m).

With (n,) rows of references each probe is searched as if its own one were not in the gallery: nothing may be
learnt from it, or searches for people who are not there would look easier than they are.
"""


def plain(probes: Float32Array, references: Float32Array, without: IntArray | None = None) -> Float64Array:
    """Return the comparison scores."""
    scores = np.asarray(probes @ references.T, dtype=np.float64)
    if without is not None:
        scores[np.arange(len(scores)), without] = -np.inf
    return scores


def by_strength(
    probes: Float32Array, references: Float32Array, without: IntArray | None = None
) -> Float64Array:
    """Return scores standardised by what each probe scores in the gallery, as `strength` does.

    One reference of thousands moves neither mean nor deviation, so it stays in them.
    """
    wide = references.astype(np.float64)
    mean, covariance = wide.mean(axis=0), np.cov(wide.T, bias=True)
    one = probes.astype(np.float64)
    deviation = np.sqrt(np.maximum(np.einsum("nd,de,ne->n", one, covariance, one), 1e-12))
    standardised: Float64Array = (plain(probes, references, without) - (one @ mean)[:, None]) / deviation[
        :, None
    ]
    return standardised


def as_norm(probes: Float32Array, references: Float32Array, without: IntArray | None = None) -> Float64Array:
    """Return scores normalised on both sides by the highest scores, the best one left out."""
    scores = plain(probes, references, without)
    among = plain(references, references)
    np.fill_diagonal(among, -np.inf)
    first, second = _highest(scores, skipped=1), _highest(among, skipped=0)
    own = (scores - first[0][:, None]) / first[1][:, None]
    theirs = (scores - second[0]) / second[1]
    return np.asarray((own + theirs) / 2, dtype=np.float64)


def _highest(scores: Float64Array, *, skipped: int) -> tuple[Float64Array, Float64Array]:
    top = np.sort(np.partition(scores, -COHORT - skipped, axis=1)[:, -COHORT - skipped :], axis=1)
    kept = top[:, : len(top[0]) - skipped]
    return kept.mean(axis=1), np.maximum(kept.std(axis=1), 1e-9)


def neighbours(
    probes: Float32Array, references: Float32Array, without: IntArray | None = None
) -> Float64Array:
    """Return the scores of probes that were moved towards their best candidate."""
    scores = plain(probes, references, without)
    best = scores.argmax(axis=1)
    weight = np.maximum(scores[np.arange(len(scores)), best], 0) ** POWER
    moved = probes + weight[:, None].astype(np.float32) * references[best]
    return plain(_unit(moved), references, without)


def centred(probes: Float32Array, references: Float32Array, without: IntArray | None = None) -> Float64Array:
    """Return the scores of templates without the gallery's mean."""
    mean = references.mean(axis=0)
    return plain(_unit(probes - mean), _unit(references - mean), without)


def _unit(rows: Float32Array) -> Float32Array:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Templates:
    """One model's templates of the gallery, and of the probes under one condition."""

    references: Float32Array  # (people, D)
    probes: Float32Array  # (n, D)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A way as a column of the table."""

    name: str
    pack: str
    way: Way


PLAIN = Tried(name="plain", pack="", way=plain)
WAYS = (
    Tried(name="by strength", pack="", way=by_strength),
    Tried(name="AS-norm", pack="", way=as_norm),
    Tried(name="neighbours", pack="", way=neighbours),
    Tried(name="centred", pack="", way=centred),
    Tried(name="second opinion", pack=SECOND_OPINION_PACK, way=plain),
    Tried(name="second opinion, by strength", pack=SECOND_OPINION_PACK, way=by_strength),
)


def searched(tried: Tried, templates: Templates, person: IntArray, photos: Lfw) -> SearchScores:
    """Search all probes in one way, which show these people (n,)."""
    failed = np.isnan(templates.probes[:, 0])
    absent = np.isnan(templates.references[:, 0])
    probes, references = np.nan_to_num(templates.probes), np.nan_to_num(templates.references)

    def scores_of(without: IntArray | None) -> Float64Array:
        scores = tried.way(probes, references, without)
        scores[failed], scores[:, absent] = -np.inf, -np.inf
        return scores

    scores = scores_of(None)
    every = np.arange(len(scores))
    mated = scores[every, person].copy()
    scores[every, person] = -np.inf
    rank = np.where(np.isneginf(mated), 0, 1 + (scores >= mated[:, None]).sum(axis=1))
    scores = scores_of(person)
    for one, other in photos.doubtful():
        scores[person == one, other] = -np.inf
        scores[person == other, one] = -np.inf
    return SearchScores(
        mated=mated,
        other=scores.max(axis=1),
        rank=rank,
        person=person,
        enrolled=np.ones(len(scores), dtype=np.bool_),
    )


def together(parts: Sequence[SearchScores]) -> SearchScores:
    """Take the searches of several rungs as one material."""
    return SearchScores(
        mated=np.concatenate([part.mated for part in parts]),
        other=np.concatenate([part.other for part in parts]),
        rank=np.concatenate([part.rank for part in parts]),
        person=np.concatenate([part.person for part in parts]),
        enrolled=np.concatenate([part.enrolled for part in parts]),
    )


def analyser_of(pack: str) -> FaceAnalyser:
    """Return the analyser of a pack, which is made first where it has to be; "" is the default one."""
    if not pack:
        return FaceAnalyser()
    home = RESULTS / "packs"
    home.mkdir(parents=True, exist_ok=True)
    build_pack(pack, home)
    return FaceAnalyser(Settings(home=home, pack=pack))


class Bench:
    """Templates of the default pack and of further ones, kept between runs."""

    def __init__(self, photos: Lfw, chosen: IntArray, packs: Sequence[str]) -> None:
        """Take the rows of the probes, and the names of the packs ("" is the default one)."""
        self.photos, self.chosen = photos, chosen
        self._systems = {name: Ours(analyser_of(name)) for name in packs}
        self._clean = {
            name: extract(system, photos.paths(np.arange(len(photos.photos))))
            for name, system in self._systems.items()
        }
        self._boxes = face_boxes(self._clean[""], chosen)

    def rows(self, condition: Condition) -> IntArray:
        """Return the probes of a rung, rows of photos: all of them clean, the sample spoilt."""
        return self.photos.probes() if condition == CLEAN else self.chosen

    def extraction(self, pack: str, condition: Condition) -> Extraction:
        """Return the probes under a condition."""
        if condition == CLEAN:
            return self._clean[pack].take(self.rows(condition))
        return extract(
            self._systems[pack],
            self.photos.paths(self.chosen),
            condition=condition,
            boxes=self._boxes,
        )

    def templates(self, pack: str, condition: Condition) -> Templates:
        """Return a pack's templates of gallery and probes."""
        return Templates(
            references=self._clean[pack].templates[self.photos.gallery()],
            probes=self.extraction(pack, condition).templates,
        )

    def searched(self, tried: Tried, condition: Condition) -> SearchScores:
        """Search the probes of a rung in one way."""
        person = self.photos.persons(self.rows(condition))
        return searched(tried, self.templates(tried.pack, condition), person, self.photos)


def main() -> int:
    """Measure, print, and write ``results/improvements.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--probes", type=int, default=500, help="probes of each rung")
    parser.add_argument(
        "--no-second-opinion", action="store_true", help="leave the pack of two embedders out"
    )
    parser.add_argument("--rungs", nargs="*", default=(), help="only these, such as dark small-32")
    options = parser.parse_args()
    families = families_of(options.rungs)
    rungs = [rung for of_family in families.values() for rung in of_family]
    report = Report("improvements", title="Ways to a better answer")
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    ways = [way for way in WAYS if not (way.pack and options.no_second_opinion)]
    photos = lfw.load()
    probes = photos.probes()
    chosen = probes[subsample(len(probes), options.probes)]
    bench = Bench(photos, chosen, list(dict.fromkeys(["", *(way.pack for way in ways)])))
    person = photos.persons(chosen)
    report.note(
        f"{len(chosen):,} probes of {len(np.unique(person)):,} people (seed {SEED}) in each rung; clean all "
        f"{len(probes):,}; gallery of {photos.people:,}; {RESAMPLES} resamples."
    )
    every = (PLAIN, *ways)
    clean = {way.name: bench.searched(way, CLEAN) for way in every}
    rows: list[Sequence[object]] = [("clean", len(probes), *_cells(clean))]
    spoilt: dict[str, list[SearchScores]] = {way.name: [] for way in every}
    for family, conditions in families.items():
        of_family: dict[str, list[SearchScores]] = {way.name: [] for way in every}
        for condition in conditions:
            found = {way.name: bench.searched(way, condition) for way in every}
            rows.append((condition.name, len(chosen), *_cells(found)))
            for name, searches in found.items():
                of_family[name].append(searches)
        rows.append((f"all of {family}", len(chosen) * len(conditions), *_cells(_joined(of_family))))
        for name, parts in of_family.items():
            spoilt[name] += parts
    degraded = _joined(spoilt)
    rows.append(("all rungs", len(chosen) * len(rungs), *_cells(degraded)))
    report.table(
        "ways",
        "FNIR at FPIR 1 %, and what each way changes (points)",
        ("rung", "probes", "plain", *(way.name for way in ways)),
        rows,
    )
    several_photos = _fused(report, bench, rungs)
    met = report.checks([*_checks(degraded, clean), *several_photos])
    report.save()
    return 0 if met else 1


def _joined(parts: Mapping[str, Sequence[SearchScores]]) -> dict[str, SearchScores]:
    return {name: together(searches) for name, searches in parts.items()}


def _cells(found: Mapping[str, SearchScores]) -> list[str]:
    before = found[PLAIN.name]
    cells = [metrics.fnir_at_fpir(before, FPIR, resamples=RESAMPLES).rate.text()]
    for name, after in found.items():
        if name != PLAIN.name:
            change = metrics.fnir_difference(before, after, FPIR, resamples=RESAMPLES)
            cells.append(f"{100 * change.value:+.1f} [{100 * change.low:+.1f}, {100 * change.high:+.1f}]")
    return cells


def _rate(searches: SearchScores) -> float:
    threshold = metrics.threshold_at_fpir(searches.non_mated_searches().other, FPIR)
    return float(metrics.identification_misses(searches, threshold).mean())


def _checks(degraded: Mapping[str, SearchScores], clean: Mapping[str, SearchScores]) -> list[Check]:
    best = list(degraded)[-1]
    harm = metrics.fnir_difference(clean[PLAIN.name], clean[best], FPIR, resamples=RESAMPLES)
    return [
        _lowered(f"one photo, {best}", degraded[PLAIN.name], degraded[best]),
        Check(
            what=f"change of FNIR at FPIR 1 % on clean probes, upper end, {best}",
            value=100 * harm.high,
            target=0.0,
            at_least=False,
            unit=" points",
        ),
    ]


def _lowered(what: str, before: SearchScores, after: SearchScores) -> Check:
    return Check(
        what=f"FNIR at FPIR 1 % of all rungs lowered, {what}",
        value=100 * (1 - _rate(after) / max(_rate(before), 1e-12)),
        target=100 * LOWERED_BY,
        at_least=True,
        unit=" %",
    )


def _fused(report: Report, bench: Bench, rungs: Sequence[Condition]) -> list[Check]:
    """Compare one photo of a person with several, fused plainly and by quality, then judged by strength."""
    rows: list[Sequence[object]] = []
    checks = []
    for count in FUSED:
        if len(several(bench.photos.persons(bench.chosen), count)) == 0:
            continue
        parts: dict[str, list[SearchScores]] = {}
        for condition in (CLEAN, *rungs):
            found = _fused_ways(bench, condition, count)
            if condition == CLEAN:
                rows.append(("clean", count, len(found[PLAIN.name]), *_cells(found)))
                continue
            for name, searches in found.items():
                parts.setdefault(name, []).append(searches)
        degraded = _joined(parts)
        rows.append(("all rungs", count, len(degraded[PLAIN.name]), *_cells(degraded)))
        *_, (name, best) = degraded.items()
        checks.append(_lowered(f"{count} photos, {name}", degraded[PLAIN.name], best))
    report.table(
        "fused",
        "Several photos of one person as one probe: FNIR at FPIR 1 %, and what fusing changes (points)",
        (
            "rung",
            "photos",
            "probes",
            "one photo",
            "mean of the templates",
            "weighed by quality",
            "and judged by strength",
        ),
        rows,
    )
    return checks


def _fused_ways(bench: Bench, condition: Condition, count: int) -> dict[str, SearchScores]:
    extraction = bench.extraction("", condition)
    person = bench.photos.persons(bench.rows(condition))
    references = bench.templates("", condition).references
    groups = several(person, count)
    by_quality = fused(extraction, groups, weighted=True)
    ways = {
        PLAIN.name: (PLAIN, extraction.templates[groups[:, 0]]),
        "mean": (PLAIN, fused(extraction, groups, weighted=False)),
        "by quality": (PLAIN, by_quality),
        "by quality and strength": (WAYS[0], by_quality),
    }
    return {
        name: searched(
            tried, Templates(references=references, probes=made), person[groups[:, 0]], bench.photos
        )
        for name, (tried, made) in ways.items()
    }


def several(person: IntArray, count: int) -> IntArray:
    """Part the probes of each person into sets of ``count``, few of any one person: (sets, count) rows."""
    sets = []
    for who in np.unique(person):
        own = np.flatnonzero(person == who)[: MOST_SETS * count]
        sets += [own[start : start + count] for start in range(0, len(own) - count + 1, count)]
    return np.array(sets, dtype=np.int64).reshape(-1, count)


def fused(extraction: Extraction, groups: IntArray, *, weighted: bool) -> Float32Array:
    """Return the (sets, D) mean templates, by quality as in a search or plainly; failed ones are left out."""
    templates, quality = extraction.templates[groups], extraction.quality[groups, 0]
    known = ~np.isnan(templates[..., 0])
    weights = np.where(known, np.maximum(np.nan_to_num(quality), 1.0) if weighted else 1.0, 0.0)
    mean = np.einsum("sk,skd->sd", weights, np.nan_to_num(templates)).astype(np.float32)
    mean[~known.any(axis=1)] = np.nan
    return _unit(mean)


if __name__ == "__main__":
    raise SystemExit(main())
