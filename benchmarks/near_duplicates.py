"""How many copies of a photo are linked to it, and how many different photos are taken for copies.

Run with ``python -m benchmarks.near_duplicates``; it needs the photos of LFW and takes some minutes.

- *Copies*: 500 photos of the odd half of the people, each made anew in every way of ``copies``. A copy is
  linked when any of its faces and any of the original's are copies by the product's own test. A copy in
  which no face is found is not linked. The threshold was chosen on the even half; ``--half even`` shows it.
- *Different photos*: every pair of the 13,233, through all their faces. LFW itself holds photos twice: one
  picture of an agency in two crops, often filed under two people who both stand in it. Every linked pair was
  looked at; ``lfw_copies.csv`` says which are one photo. A pair that it does not know counts as false.
- *Beside*: the same copies by simpler tests, a perceptual hash of the whole photo and the comparison score
  alone, each as generous as it may be with no more different photos linked than are allowed here.
- *Lists*: originals and copies of 50 people are imported, and each person is searched for by another photo.
- *Cost*, with ``--cost``: the share of an analysis that the hashes take, in processor time.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import itertools
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from antigone import Workspace, identify
from antigone.duplicates import COPY_FROM, LEAST_SCORE, SCORE_WEIGHT, CopyTest
from antigone.evaluate.metrics import BoolArray, wilson
from antigone.faces import FaceAnalyser, analyse
from antigone.faces.context import HASH_BYTES
from antigone.records.imprints import Imprint
from benchmarks import lfw
from benchmarks.copies import COPIES, FURTHER, Way
from benchmarks.lfw import LfwPhoto
from benchmarks.report import Check, Report
from benchmarks.stages import Place, StageClock

KNOWN = Path(__file__).with_name("lfw_copies.csv")
SEED = 11
LISTS = 50  # people who are searched for
COST_PHOTOS = 2_000
ALIKE = 0.7  # score below which no copy is looked for by the score alone
BLOCK = 2_000  # faces compared with all others at once
LINKED = 0.98  # of the copies of each kind that was asked for
FALSE_LINKS = 30  # pairs at most
ENTRIES = 1.2  # of a candidate list, on average, that a photo and its copies take
HASH_SHARE = 0.02  # of the time of an analysis

SEARCH = importlib.import_module("antigone.identify.search")  # its package has a function of that name

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Faces:
    """Faces of some photos as the records would keep them."""

    templates: NDArray[np.float32] = field(repr=False)  # (n, D)
    imprints: tuple[Imprint, ...]
    photos: NDArray[np.int64]  # (n,) the row of each face's photo
    hashes: NDArray[np.uint64] = field(repr=False)  # (photos,) perceptual hashes of whole photos


class Bench:
    """The photos, the models, and the faces of all photos; faces are numbered through."""

    def __init__(self, *, only_cost: bool) -> None:
        self.photos = lfw.load().photos[: COST_PHOTOS if only_cost else None]
        self.analyser = FaceAnalyser()
        self._numbers = itertools.count(1)
        self.everything = self.faces([] if only_cost else [photo.path for photo in self.photos], "LFW")

    @cached_property
    def known(self) -> set[tuple[int, int]]:
        """Pairs of rows that are one photo in truth, the lower row first."""
        row_of = {photo.path.stem: row for row, photo in enumerate(self.photos)}
        pairs = (sorted((row_of[a], row_of[b])) for (a, b), one in read_known().items() if one)
        return {(lower, higher) for lower, higher in pairs}

    def faces(self, photos: Iterable[Path | bytes], named: str) -> Faces:
        """Analyse photos; ``named`` tells them from those of other calls."""
        analyses = list(self.analyser.analyse_many(photos))
        rows = [
            (row, number, face)
            for row, analysis in enumerate(analyses)
            for number, face in enumerate(analysis.faces, 1)
        ]
        hashes = [analysis.facts.perceptual_hash if analysis.facts else 0 for analysis in analyses]
        imprints = tuple(
            Imprint(
                reference=next(self._numbers),
                collection_id=1,
                model=self.analyser.model,
                photo=f"{named} {row}",
                face=number,
                context_hash=face.context_hash,
            )
            for row, number, face in rows
        )
        templates = np.array([face.template for *_, face in rows], np.float16).astype(np.float32)
        return Faces(
            templates=templates,
            imprints=imprints,
            photos=np.array([row for row, *_ in rows], np.int64),
            hashes=np.array(hashes, np.uint64),
        )

    def choose(self, count: int, *, odd: bool) -> list[int]:
        """Choose rows of photos at random among those of every second person."""
        rows = [row for row, photo in enumerate(self.photos) if photo.person % 2 == odd]
        return sorted(int(row) for row in np.random.default_rng(SEED).permutation(rows)[:count])

    def pairs_of_photos(self, count: int) -> list[tuple[int, int]]:
        """Choose people of the odd half at random: a photo to be copied, and another with one face only."""
        numbers = np.bincount(self.everything.photos, minlength=len(self.photos))
        found = []
        for _, group in itertools.groupby(range(len(self.photos)), key=lambda row: self.photos[row].person):
            first, *others = group
            single = [row for row in others if numbers[row] == 1]
            if single and numbers[first] and self.photos[first].person % 2:
                found.append((first, single[0]))
        return [found[place] for place in np.random.default_rng(SEED).permutation(len(found))[:count]]

    def is_odd(self, row: int) -> bool:
        """Say whether a photo is of the half that is reported."""
        return self.photos[row].person % 2 == 1

    def copies(self, rows: Sequence[int], way: Way) -> Iterator[bytes]:
        """Yield a copy of each of these photos."""
        for row in rows:
            with Image.open(self.photos[row].path) as picture:
                yield way.copy(picture.convert("RGB"), self.photos[row].path.name)


def main() -> int:
    """Measure, print, and write ``results/near_duplicates.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=500, help="photos that copies are made of")
    parser.add_argument("--half", choices=("odd", "even"), default="odd", help="of the people")
    parser.add_argument("--cost", action="store_true", help="measure what hashing costs, and nothing else")
    parser.add_argument("--sheet", type=Path, help="draw the linked pairs of LFW photos into this PNG")
    options = parser.parse_args()

    name = "near_duplicates_cost" if options.cost else "near_duplicates"
    report = Report(name, title="Copies of a photo")
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    report.note(f"Copies are what has likeness + {SCORE_WEIGHT} x score of {COPY_FROM} or more.")
    bench = Bench(only_cost=options.cost)
    if options.cost:
        met = report.checks(measure_cost(report, bench))
        report.save()
        return 0 if met else 1
    checks = measure_copies(report, bench, bench.choose(options.photos, odd=options.half == "odd"))
    checks += measure_different(report, bench, options.sheet)
    checks += measure_lists(report, bench)
    met = report.checks(checks)
    report.save()
    return 0 if met else 1


def measure_copies(report: Report, bench: Bench, chosen: Sequence[int]) -> list[Check]:
    """Make copies of the chosen photos in every way and see which are linked."""
    rows: list[tuple[object, ...]] = []
    linked: dict[str, int] = {}
    bits, score = whole_hash_limit(bench.everything.hashes, bench.known), score_limit(bench)
    for way in (*COPIES, *FURTHER):
        faces = bench.faces(bench.copies(chosen, way), way.name)
        test = CopyTest()
        linked[way.name] = sum(
            _linked(bench.everything, bench.everything.photos == row, faces, faces.photos == place, test)
            for place, row in enumerate(chosen)
        )
        share = wilson(linked[way.name], len(chosen))
        blind = len(chosen) - len(np.unique(faces.photos))
        beside = _beside(bench.everything, chosen, faces, bits=bits, score=score)
        note = "" if way in COPIES else "beyond what was asked"
        rows.append((way.name, share.percent(1), *beside, blind, note))
    asked = [linked[way.name] for way in COPIES]
    every = wilson(sum(asked), len(asked) * len(chosen)).percent(2)
    rows.append(("all that were asked for", every, "", "", "", ""))
    report.note(
        f"Beside: hashes of whole photos that differ in at most {bits} of 64 bits, and faces that score "
        f"{score:.3f} or more; either then links at most {FALSE_LINKS} pairs of different photos of LFW."
    )
    report.table(
        "copies",
        "Copies linked to their original",
        ("copy", "linked", "by a hash of the whole photo", "by the score alone", "no face found", ""),
        rows,
    )
    return [
        Check(what="copies linked, worst kind", value=min(asked) / len(chosen), target=LINKED, at_least=True)
    ]


def _beside(
    originals: Faces, chosen: Sequence[int], copies: Faces, *, bits: int, score: float
) -> tuple[str, str]:
    """Return which shares of the copies simpler tests link to their originals."""
    differ = np.bitwise_count(originals.hashes[list(chosen)] ^ copies.hashes)
    alike = 0
    for place, row in enumerate(chosen):
        scores = originals.templates[originals.photos == row] @ copies.templates[copies.photos == place].T
        alike += bool((scores >= score).any())
    return f"{np.mean(differ <= bits):.1%}", f"{alike / len(chosen):.1%}"


def whole_hash_limit(hashes: NDArray[np.uint64], known: Collection[tuple[int, int]]) -> int:
    """Return the most bits in which hashes may differ so that few enough pairs are wrongly linked.

    ``known`` are pairs of rows that are one photo in truth, the lower row first.
    """
    found = np.zeros(65, np.int64)
    for row in range(len(hashes) - 1):
        found += np.bincount(np.bitwise_count(hashes[row] ^ hashes[row + 1 :]), minlength=65)
    for a, b in known:
        found[int(np.bitwise_count(hashes[a] ^ hashes[b]))] -= 1
    return int(np.searchsorted(np.cumsum(found), FALSE_LINKS, side="right")) - 1


def score_limit(bench: Bench) -> float:
    """Return the lowest score from which few enough pairs of photos are wrongly linked by it alone."""
    faces, best = bench.everything, dict[tuple[int, int], float]()
    for start in range(0, len(faces.photos), BLOCK):
        scores = faces.templates[start : start + BLOCK] @ faces.templates.T
        for i, j in np.argwhere(scores >= ALIKE):
            pair = (int(faces.photos[int(i) + start]), int(faces.photos[j]))
            if pair[0] < pair[1] and pair not in bench.known:
                best[pair] = max(best.get(pair, ALIKE), float(scores[i, j]))
    highest = sorted(best.values(), reverse=True)
    return highest[FALSE_LINKS] + 1e-6 if len(highest) > FALSE_LINKS else ALIKE


def _linked(a: Faces, of_a: BoolArray, b: Faces, of_b: BoolArray, test: CopyTest) -> bool:
    """Say whether any of these faces of ``a`` and any of those of ``b`` are copies."""
    return any(
        test(a.imprints[i], b.imprints[j], float(a.templates[i] @ b.templates[j]))
        for i in np.flatnonzero(of_a)
        for j in np.flatnonzero(of_b)
    )


def measure_different(report: Report, bench: Bench, sheet: Path | None) -> list[Check]:
    """Look for linked pairs among all photos of LFW, and say which of them are one photo in truth."""
    known = read_known()
    found = sorted(linked_pairs(bench.everything))
    names = [(bench.photos[i].path.stem, bench.photos[j].path.stem) for i, j in found]
    false = [pair for pair in names if not known.get(pair, False)]
    odd = [pair for pair, (i, j) in zip(names, found, strict=True) if bench.is_odd(i) or bench.is_odd(j)]
    count = len(bench.photos)
    report.table(
        "different",
        f"Linked pairs among the {count * (count - 1) // 2:,} of {count:,} photos",
        ("pairs", "all", "of them with someone of the half that is reported"),
        [
            ("linked", len(found), len(odd)),
            ("one photo, as seen by eye", len(found) - len(false), len(set(odd) - set(false))),
            ("different photos", len(false), len(set(odd) & set(false))),
        ],
    )
    report.table(
        "false_links",
        "Different photos that are linked",
        ("photo", "photo", "judged by eye"),
        [(a, b, "different" if (a, b) in known else "not yet") for a, b in false],
    )
    report.keep("true_links", [pair for pair in names if known.get(pair, False)])
    unseen = [pair for pair, one in known.items() if one and pair not in set(names)]
    report.note(f"{len(unseen)} pairs that are known to be one photo are not linked.")
    if sheet is not None:
        draw(sheet, [(bench.photos[i], bench.photos[j]) for i, j in found])
    return [
        Check(what="different photos that are linked", value=len(false), target=FALSE_LINKS, at_least=False)
    ]


def linked_pairs(faces: Faces) -> set[tuple[int, int]]:
    """Return the pairs of different photos, by row, of which any two faces are copies."""
    test, found = CopyTest(), set()
    for start in range(0, len(faces.photos), BLOCK):
        scores = faces.templates[start : start + BLOCK] @ faces.templates.T
        for i, j in np.argwhere(scores >= LEAST_SCORE):
            a, b = int(i) + start, int(j)
            pair = (int(faces.photos[a]), int(faces.photos[b]))
            if pair[0] >= pair[1] or pair in found:
                continue
            if test(faces.imprints[a], faces.imprints[b], float(scores[i, j])):
                found.add(pair)
    return found


def read_known() -> dict[Pair, bool]:
    """Read which pairs of LFW photos were looked at, and whether they are one photo."""
    with KNOWN.open(newline="", encoding="utf-8") as file:
        return {(row["a"], row["b"]): row["one_photo"] == "yes" for row in csv.DictReader(file)}


def draw(
    target: Path, pairs: Sequence[tuple[LfwPhoto, LfwPhoto]], *, side: int = 150, columns: int = 5
) -> None:
    """Draw pairs of photos with their names, for someone to judge."""
    width, height = 2 * side + 12, side + 30
    page = Image.new("RGB", (columns * width, -(-len(pairs) // columns) * height), "white")
    pen = ImageDraw.Draw(page)
    for number, pair in enumerate(pairs):
        x, y = number % columns * width, number // columns * height
        for place, photo in enumerate(pair):
            pen.text((x, y + 11 * place), f"{number if not place else ''} {photo.path.stem}", fill="black")
            with Image.open(photo.path) as picture:
                page.paste(picture.resize((side, side)), (x + place * side, y + 26))
    page.save(target)


def measure_lists(report: Report, bench: Bench) -> list[Check]:
    """Import originals and copies of some people, and search for each by another photo."""
    people = bench.pairs_of_photos(LISTS)
    with tempfile.TemporaryDirectory(prefix="antigone-copies-") as folder:
        made = Path(folder) / "copies"
        made.mkdir()
        for way, (original, _) in itertools.product(COPIES, people):
            name = f"{bench.photos[original].path.stem} {way.name}.{way.coding.lower()}"
            (made / name).write_bytes(next(bench.copies([original], way)))
        with Workspace.init(Path(folder) / "home") as workspace:
            terms = dict.fromkeys(("owner", "source", "purpose", "basis", "jurisdiction"), "benchmark")
            workspace.add_collection(name="copies", retain_until=date(2999, 1, 1), **terms)
            workspace.import_([made, *(bench.photos[row].path for row, _ in people)], into="copies")
            clock = StageClock(time.thread_time)
            with clock.around([Place(owner=SEARCH, name="collapse", stage="collapse")]):
                probes = [[bench.photos[probe].path] for _, probe in people]
                found = [
                    identify.search(identify.SearchRequest(photos=photos), workspace) for photos in probes
                ]
            lists = [one.candidates for one in found]
    entries = [
        sum(Path(candidate.source).stem.startswith(bench.photos[row].path.stem) for candidate in candidates)
        for (row, _), candidates in zip(people, lists, strict=True)
    ]
    mean, one = float(np.mean(entries)), wilson(sum(count == 1 for count in entries), len(people))
    report.note(
        f"Lists: of each of {len(people)} people, one photo and {len(COPIES)} copies of it are there. "
        f"They stand in {mean:.2f} entries of a list on average, in a single one in {one.percent(0)} of the "
        f"lists. Taking them together took {1e3 * clock.seconds['collapse'] / len(people):.1f} ms of the "
        "processor a list."
    )
    report.keep("entries", entries)
    return [
        Check(
            what="entries that a photo has in a list",
            value=float(np.mean(entries)),
            target=1.2,
            at_least=False,
        )
    ]


def measure_cost(report: Report, bench: Bench) -> list[Check]:
    """See which share of the processor's time the hashes take in an analysis."""
    photos = [photo.path for photo in bench.photos[:COST_PHOTOS]]
    clock = StageClock(time.thread_time)
    with clock.around([Place(owner=analyse, name="context_hash", stage="hash")]):
        started = time.process_time()
        faces = sum(len(analysis.faces) for analysis in bench.analyser.analyse_many(photos))
        spent = time.process_time() - started
    share = clock.seconds["hash"] / spent
    report.note(
        f"Hashing took {1e6 * clock.seconds['hash'] / faces:.0f} µs a face, {share:.1%} of the "
        f"{1e3 * spent / len(photos):.2f} ms of processor time a photo; {HASH_BYTES} bytes a face are kept."
    )
    return [
        Check(what="share of the analysis that hashes take", value=share, target=HASH_SHARE, at_least=False)
    ]


if __name__ == "__main__":
    raise SystemExit(main())
