"""From one photo to all photos of a person and to those beside them: how many, how right, how fast.

Run with ``python -m benchmarks.dossier``; it needs the photos of LFW.

- *Photos*: LFW as a manifest with ``subject_id``. For every person of at least ten photos a dossier is made
  from the first one. The rule was chosen on every other person (the odd half); ``--sweep`` shows that. Faces
  in the background have no label: they are counted apart, neither right nor wrong.
- *Time*: dossiers among 10,000 and 1,000,000 synthetic references, with records and audit entry.
- *Company*: group photos put together from LFW (see ``company``), a dossier for each person on them: which of
  the true companions were found, and what else was. Then the photos of real web archives.
- *Graph*: the person of LFW with the most photos, written as GraphML and read back.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import networkx
import numpy as np

from antigone import Workspace
from antigone.dossier import Dossier, DossierRequest, make_dossier
from antigone.dossier.gather import Gathering, Ground
from antigone.dossier.graph import graph_of, write_graphml
from antigone.persons import Rule
from antigone.persons.corrections import Corrections
from antigone.records import open_records
from benchmarks import lfw
from benchmarks.company import GroupPhoto, group_photos, true_company
from benchmarks.galleries import Gallery, fitted
from benchmarks.invented_records import write_faces
from benchmarks.lfw_workspace import (
    COLLECTION,
    MODEL,
    NOBODY,
    Labelled,
    add_collection,
    borrowed,
    labelled,
    lfw_home,
)
from benchmarks.report import Check, Report

SEED = 6
FEWEST_PHOTOS = 10
SIZES = (10_000, 1_000_000)
TIMED = 100  # dossiers at each size
GROUP_PEOPLE = 40
GROUP_PHOTOS = 120
ARCHIVES = ("netpreserve-twitter.warc", "embed-test.warc", "example.wacz")

RECALL = 0.95
PRECISION = 0.98
EDGES = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a dossier agrees with the labels."""

    name: str
    photos: int  # of the person in truth
    right: int
    wrong: int
    unlabelled: int  # faces in the background
    seconds: float

    @property
    def recall(self) -> float:
        """Share of the person's photos that were found."""
        return self.right / self.photos

    @property
    def precision(self) -> float:
        """Share of the labelled photos found that show the person."""
        return self.right / (self.right + self.wrong)


def main() -> int:
    """Measure, print, write JSON; 1 when a figure misses its target."""
    options = _options()
    report = Report("dossier", title="From a face to a person")
    home = options.home or lfw_home(report, fresh=options.fresh)
    everything = labelled(home)
    with tempfile.TemporaryDirectory(prefix="antigone-dossier-", dir=options.scratch) as scratch:
        with Workspace.open(borrowed(home, Path(scratch))) as workspace:
            if options.sweep:
                _sweep(report, workspace, everything)
            even = _photos(report, workspace, everything)
            _graph(report, workspace, everything, Path(scratch))
        for size in (size for size in SIZES if size <= options.references):
            _times(report, everything, size, Path(scratch))
        found = _company(report, Path(scratch))
        _archives(report, Path(scratch))
    recall = float(np.mean([outcome.recall for outcome in even]))
    precision = float(np.mean([outcome.precision for outcome in even]))
    met = report.checks(
        [
            Check(what="recall, even half", value=recall, target=RECALL, at_least=True),
            Check(what="precision, even half", value=precision, target=PRECISION, at_least=True),
            Check(what="company: true edges found", value=found, target=EDGES, at_least=True),
        ]
    )
    report.save()
    return 0 if met else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--references", type=int, default=max(SIZES), help="largest synthetic collection")
    parser.add_argument("--sweep", action="store_true", help="show how the rule was chosen")
    parser.add_argument("--fresh", action="store_true", help="import LFW anew")
    parser.add_argument("--home", type=Path, default=None, help="a workspace that holds LFW already")
    parser.add_argument("--scratch", type=Path, default=None, help="folder for temporary files")
    return parser.parse_args()


# ---- photos ----------------------------------------------------------------------------------


def _people(everything: Labelled) -> tuple[list[int], list[int]]:
    """Return the people of enough photos: every other one, to choose on, and the rest, to report."""
    numbers, photos = np.unique(everything.people[everything.named], return_counts=True)
    enough = [int(number) for number in numbers[photos >= FEWEST_PHOTOS]]
    return enough[::2], enough[1::2]


def _first(everything: Labelled, person: int) -> int:
    return int(np.flatnonzero(everything.people == person)[0])


def _photos(report: Report, workspace: Workspace, everything: Labelled) -> list[Outcome]:
    halves = [[_outcome(workspace, everything, person) for person in half] for half in _people(everything)]
    rows = [_summary(name, half) for name, half in zip(("odd", "even"), halves, strict=True)]
    report.table(
        "photos",
        f"Dossiers of people with {FEWEST_PHOTOS} photos or more, from the first photo",
        (
            "half",
            "people",
            "recall",
            "precision",
            "recall over all photos",
            "precision over all photos",
            "lowest recall",
            "lowest precision",
            "background faces taken",
            "median ms",
        ),
        rows,
    )
    worst = sorted(
        (one for half in halves for one in half), key=lambda one: (one.recall * one.precision, one.name)
    )
    report.table(
        "worst",
        "The worst of them",
        ("person", "photos", "found", "wrong", "background"),
        [(one.name, one.photos, one.right, one.wrong, one.unlabelled) for one in worst[:8]],
    )
    report.keep("outcomes", halves)
    return halves[1]


def _outcome(workspace: Workspace, everything: Labelled, person: int) -> Outcome:
    row = _first(everything, person)
    began = time.perf_counter()
    dossier = _dossier(workspace, everything.sha256[row], int(everything.numbers[row]))
    seconds = time.perf_counter() - began
    return _judged([photo.record.reference for photo in dossier.photos], everything, person, seconds)


def _dossier(workspace: Workspace, photo: str, face: int) -> Dossier:
    return make_dossier(DossierRequest(photo=photo, face=face), workspace)


def _judged(references: Iterable[int], everything: Labelled, person: int, seconds: float) -> Outcome:
    found = everything.people[np.searchsorted(everything.references, list(references))]
    right = int((found == person).sum())
    unlabelled = int((found == NOBODY).sum())
    return Outcome(
        name=everything.names[person],
        photos=int((everything.people == person).sum()),
        right=right,
        wrong=len(found) - right - unlabelled,
        unlabelled=unlabelled,
        seconds=seconds,
    )


def _summary(name: str, outcomes: Sequence[Outcome]) -> tuple[object, ...]:
    right, wrong = (sum(getattr(one, field) for one in outcomes) for field in ("right", "wrong"))
    return (
        name,
        len(outcomes),
        f"{np.mean([one.recall for one in outcomes]):.4f}",
        f"{np.mean([one.precision for one in outcomes]):.4f}",
        f"{right / sum(one.photos for one in outcomes):.4f}",
        f"{right / (right + wrong):.4f}",
        f"{min(one.recall for one in outcomes):.3f}",
        f"{min(one.precision for one in outcomes):.3f}",
        sum(one.unlabelled for one in outcomes),
        f"{np.median([one.seconds for one in outcomes]) * 1e3:.0f}",
    )


def _sweep(report: Report, workspace: Workspace, everything: Labelled) -> None:
    """Show the odd half under other rules than the product's."""
    info = workspace.records.collection(COLLECTION)
    index = workspace.catalogue.index(info, MODEL, workspace.model.dimension)
    odd, _ = _people(everything)
    rows = []
    for join in (0.40, 0.42, 0.44, 0.45, 0.46, 0.48):
        for pair in (0.04, 0.07, 0.10):
            ground = Ground(
                records=workspace.records,
                model=MODEL,
                indexes=[index],
                corrections=Corrections(),
                rule=Rule(join=join, pair=pair),
            )
            outcomes = []
            for person in odd:
                row = _first(everything, person)
                begun = Gathering(everything.templates[row], [int(everything.references[row])], ground)
                faces = begun.run().faces
                outcomes.append(_judged([face.references[0] for face in faces], everything, person, 0.0))
            rows.append((f"{join:.2f}", f"{pair:.2f}", *_summary("", outcomes)[2:8]))
    report.table(
        "sweep",
        "Rules on the odd half",
        (
            "join",
            "pair",
            "recall",
            "precision",
            "of all photos: recall",
            "precision",
            "lowest",
            "lowest precision",
        ),
        rows,
    )


# ---- graph -----------------------------------------------------------------------------------


def _graph(report: Report, workspace: Workspace, everything: Labelled, scratch: Path) -> None:
    people, photos = np.unique(everything.people[everything.named], return_counts=True)
    row = _first(everything, int(people[np.argmax(photos)]))
    dossier = _dossier(workspace, everything.sha256[row], int(everything.numbers[row]))
    graph, target = graph_of(dossier), scratch / "person.graphml"
    began = time.perf_counter()
    write_graphml(graph, target)
    written = time.perf_counter() - began
    read = networkx.read_graphml(target)
    same = set(read) == {node.id for node in graph.nodes} and {frozenset(edge) for edge in read.edges} == {
        frozenset((edge.a, edge.b)) for edge in graph.edges
    }
    report.table(
        "graph",
        "The graph of one person, written as GraphML and read back with networkx",
        ("", "value"),
        [
            ("photos", len(dossier.photos)),
            ("companions", len(dossier.companions)),
            ("nodes", read.number_of_nodes()),
            ("edges", read.number_of_edges()),
            ("the same nodes and edges came back", "yes" if same else "NO"),
            ("kilobytes", target.stat().st_size // 1000),
            ("milliseconds to write", f"{written * 1e3:.0f}"),
        ],
    )
    if not same:
        raise RuntimeError("the graph that was read is not the one that was written")


# ---- time ------------------------------------------------------------------------------------


def _times(report: Report, everything: Labelled, size: int, scratch: Path) -> None:
    named = everything.named
    population = fitted(everything.templates[named], everything.people[named], "LFW")
    templates, people = Gallery(population=population, seed=SEED).first(size)
    home = scratch / f"synthetic-{size}"
    with Workspace.init(home) as workspace:
        add_collection(workspace, COLLECTION)
    with open_records(home) as records:
        write_faces(records, records.collection(COLLECTION), MODEL, templates)
    rng = np.random.default_rng(SEED)
    with Workspace.open(home) as workspace:
        began = time.perf_counter()
        workspace.catalogue.index(workspace.records.collection(COLLECTION), MODEL, templates.shape[1])
        opened = time.perf_counter() - began
        seconds, recalls, precisions = [], [], []
        for row in rng.choice(size, TIMED, replace=False).tolist():
            [(sha256, _)] = workspace.records.clusters.keys([row + 1]).values()
            began = time.perf_counter()
            dossier = make_dossier(DossierRequest(photo=sha256), workspace)
            seconds.append(time.perf_counter() - began)
            found = people[[photo.record.reference - 1 for photo in dossier.photos]]
            right = int((found == people[row]).sum())
            recalls.append(right / int((people == people[row]).sum()))
            precisions.append(right / len(found))
    report.table(
        f"time-{size}",
        f"Dossiers among {size:,} synthetic references",
        ("", "value"),
        [
            ("dossiers", TIMED),
            ("p50 ms", f"{np.percentile(seconds, 50) * 1e3:.1f}"),
            ("p95 ms", f"{np.percentile(seconds, 95) * 1e3:.1f}"),
            ("slowest ms", f"{max(seconds) * 1e3:.1f}"),
            ("opening the index, once, s", f"{opened:.2f}"),
            ("recall", f"{np.mean(recalls):.4f}"),
            ("precision", f"{np.mean(precisions):.4f}"),
        ],
    )


# ---- company ---------------------------------------------------------------------------------


def _company(report: Report, scratch: Path) -> float:
    folder = scratch / "group-photos"
    folder.mkdir()
    photos = group_photos(lfw.load().photos, folder, people=GROUP_PEOPLE, count=GROUP_PHOTOS, seed=SEED)
    with Workspace.init(scratch / "company") as workspace:
        add_collection(workspace, "company")
        workspace.import_(folder, into="company")
        whose = _whose(workspace, photos)
        truth = true_company(photos)
        counts: Counter[str] = Counter()
        off_by = 0
        for person in sorted(truth):
            own = [key for key, shown in whose.items() if shown == person]
            if not own:
                counts["people without a face"] += 1
                continue
            sha256, number = own[0]
            dossier = _dossier(workspace, sha256, number)
            off_by += _tally(dossier, person, truth[person], whose, counts)
    true_edges = sum(len(others) for others in truth.values())
    report.table(
        "company",
        f"Companions on {len(photos)} group photos of {len(truth)} people",
        ("", "value"),
        [
            ("true edges, from both ends", true_edges),
            ("found", counts["found"]),
            ("missed", true_edges - counts["found"]),
            ("found in several pieces", counts["pieces"]),
            ("companions of two people in one", counts["mixed"]),
            ("companions who are the person", counts["self"]),
            ("companions who are nobody's, in the background", counts["nobody"]),
            ("photos together, difference to the truth in all", off_by),
            ("people without a face", counts["people without a face"]),
        ],
    )
    return counts["found"] / true_edges


def _whose(workspace: Workspace, photos: Sequence[GroupPhoto]) -> Mapping[tuple[str, int], int]:
    """Return whom each face shows, by its photo's sha256 and its number."""
    by_path = {str(photo.path): photo for photo in photos}
    records = workspace.records
    info = records.collection("company")
    whose: dict[tuple[str, int], int] = {}
    for photo, sources in records.photos.each(records.photos.ids(info.id)):
        faces = records.photos.faces(photo.id)
        boxes = [(face.box.x, face.box.y, face.box.w, face.box.h) for face in faces]
        people = by_path[sources[0].location].person_at(boxes)
        whose |= {(photo.sha256, face.number): who for face, who in zip(faces, people, strict=True)}
    return whose


def _tally(
    dossier: Dossier,
    person: int,
    truth: Mapping[int, int],
    whose: Mapping[tuple[str, int], int],
    counts: Counter[str],
) -> int:
    """Count what one person's companions are; return by how many photos they are off in all."""
    photos: Counter[int] = Counter()
    pieces: Counter[int] = Counter()
    for companion in dossier.companions:
        shown = Counter(whose[face.photo, face.record.face] for face in companion.faces)
        who, _ = shown.most_common(1)[0]
        counts["mixed"] += len([one for one in shown if one != NOBODY]) > 1
        if who == NOBODY:
            counts["nobody"] += 1
        elif who == person:
            counts["self"] += 1
        else:
            pieces[who] += 1
            photos[who] += len(companion.photos)
    counts["found"] += len(photos.keys() & truth.keys())
    counts["pieces"] += sum(1 for number in pieces.values() if number > 1)
    return sum(abs(photos[other] - truth.get(other, 0)) for other in {*photos, *truth})


def _archives(report: Report, scratch: Path) -> None:
    """Count what real web archives hold of people who appear together."""
    folder = lfw.data_folder() / "warc"
    archives = [folder / name for name in ARCHIVES if (folder / name).is_file()]
    if not archives:
        report.note("no web archives in the test data")
        return
    with Workspace.init(scratch / "archives") as workspace:
        add_collection(workspace, "archives")
        workspace.import_(archives, into="archives")
        records = workspace.records
        info = records.collection("archives")
        photos = list(records.photos.each(records.photos.ids(info.id)))
        faces = [len(records.photos.faces(photo.id)) for photo, _ in photos]
        pages = sum(1 for _, sources in photos if any(one.provenance.appearances for one in sources))
        several = sum(1 for number in faces if number > 1)
        first = [photo for (photo, _), number in zip(photos, faces, strict=True) if number]
        dossiers = [_dossier(workspace, photo.sha256, 1) for photo in first]
    report.table(
        "archives",
        f"Photos of {len(archives)} real web archives",
        ("", "value"),
        [
            ("photos", len(photos)),
            ("with a face", len(first)),
            ("with several faces", several),
            ("on a page that the archive holds", pages),
            ("dossiers with a page", sum(1 for one in dossiers if one.pages)),
            ("dossiers with an account", sum(1 for one in dossiers if one.accounts)),
            ("dossiers with a companion", sum(1 for one in dossiers if one.companions)),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
