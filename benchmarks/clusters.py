"""How well faces are grouped into people, beside other ways to do it, and what it costs.

Run with ``python -m benchmarks.clusters``; it needs the photos of LFW and scikit-learn.

- *Ways*: the faces that LFW names, as templates of the default pack. Whatever a way can be set to is chosen
  on every other person (the odd half) by B-cubed F, and reported on the rest and on all. Ours is the
  product's rule, chosen in the same way once (``--sweep`` shows that). HDBSCAN takes the raw templates.
  DBSCAN is what users of face_recognition are told to take: with their own templates (``--dlib``, some
  twenty minutes the first time), and with ours. The others are graph methods of networkx and scipy on each
  face's neighbours.
- *Product*: the same through a workspace with every face of LFW, also those in the background.
- *Looseness*: how many clusters of each looseness hold two people; `antigone.persons.mixed` carries that.
- *More photos*: 1,000 photos are added to grouped collections of growing size.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import networkx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import DBSCAN, HDBSCAN

from antigone import Workspace
from antigone.evaluate.metrics import wilson
from antigone.persons import Model, Rule, run
from antigone.persons.corrections import Corrections
from antigone.persons.few import FewFaces, group_few, near_rows
from antigone.persons.linkage import links
from antigone.persons.mixed import BOUNDS, mixed_share, slack
from antigone.records import Records, open_records
from benchmarks import lfw, peers
from benchmarks.extraction import extract
from benchmarks.galleries import Gallery, fitted
from benchmarks.invented_records import write_faces
from benchmarks.lfw_workspace import (
    COLLECTION,
    MODEL,
    Labelled,
    add_collection,
    borrowed,
    labelled,
    lfw_home,
)
from benchmarks.partitions import Agreement, agreement
from benchmarks.report import Check, Report
from benchmarks.systems import PeerSystem

SEED = 4
ADDED = 1_000
GROWTH = (5_000, 20_000, 80_000)
CUBED_F = 0.98
GROWN_COST = 2.0  # times the cost of adding to the smallest collection, at sixteen times its size
FACE_COST = 2.0  # times what a face of the first run costs in a collection of that size

Float32 = NDArray[np.float32]
IntArray = NDArray[np.int64]
Way = Callable[[Float32], IntArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A way to group, set in one way."""

    name: str
    setting: str
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Named:
    """Named faces: templates (n, D) and the people they show (n,)."""

    templates: Float32
    people: IntArray

    def some(self, chosen: NDArray[np.bool_]) -> Named:
        """Keep these rows."""
        return Named(templates=self.templates[chosen], people=self.people[chosen])

    def halves(self) -> tuple[Named, Named]:
        """Return every other person, to choose on, and the rest, to report."""
        odd = self.people % 2 == 1
        return self.some(odd), self.some(~odd)


def main() -> int:
    """Measure, print, write JSON; 1 when a figure misses its target."""
    options = _options()
    report = Report("clusters", title="Faces into people")
    home = options.home or lfw_home(report, fresh=options.fresh)
    everything = labelled(home)
    named = Named(
        templates=everything.templates[everything.named], people=everything.people[everything.named]
    )
    report.note(
        f"{len(named.people):,} named faces of {len(np.unique(named.people)):,} people, double names taken "
        f"together; {np.count_nonzero(~everything.named):,} further faces in the background"
    )
    if options.sweep:
        _sweep(report, named)
    ours = _ways(report, named, options)
    _looseness(report, named)
    with tempfile.TemporaryDirectory(prefix="antigone-clusters-", dir=options.scratch) as scratch:
        _product(report, borrowed(home, Path(scratch)), everything)
    grown, share = _growth(report, named, options)
    met = report.checks(
        [
            Check(what="B-cubed F on all of LFW", value=ours.cubed_f, target=CUBED_F, at_least=True),
            Check(
                what=f"adding {ADDED:,} photos: largest collection over smallest",
                value=grown,
                target=GROWN_COST,
                at_least=False,
            ),
            Check(
                what="a new face over one of the first run, at most",
                value=share,
                target=FACE_COST,
                at_least=False,
            ),
        ]
    )
    report.save()
    return 0 if met else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dlib", action="store_true", help="DBSCAN on face_recognition's own templates too")
    parser.add_argument("--sweep", action="store_true", help="show how our rule was chosen")
    parser.add_argument("--no-hdbscan", action="store_true", help="leave HDBSCAN out, which takes minutes")
    parser.add_argument("--growth-to", type=int, default=max(GROWTH))
    parser.add_argument("--fresh", action="store_true", help="import LFW anew")
    parser.add_argument("--home", type=Path, default=None, help="a workspace that holds LFW already")
    parser.add_argument("--scratch", type=Path, default=None, help="folder for temporary files")
    return parser.parse_args()


# ---- ways ------------------------------------------------------------------------------------


def _ours(rule: Rule | None = None) -> Way:
    def way(templates: Float32) -> IntArray:
        faces = FewFaces(
            keys=[(f"{row}", 1) for row in range(len(templates))],
            templates=templates,
            photos=np.arange(len(templates)),
            poor=np.zeros(len(templates), np.bool_),
        )
        groups = group_few(faces, Corrections(), rule or Rule.of(MODEL, len(templates)))
        return _numbered(groups, len(templates))

    return way


def _dbscan(eps: float, least: int) -> Way:
    return lambda templates: _alone(DBSCAN(eps=eps, min_samples=least).fit(templates).labels_)


def _hdbscan(templates: Float32) -> IntArray:
    return _alone(HDBSCAN(min_cluster_size=2, copy=True).fit(templates).labels_)


def _components(floor: float) -> Way:
    def way(templates: Float32) -> IntArray:
        pairs = near_rows(templates, floor)
        count = len(templates)
        graph = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
        return np.asarray(connected_components(graph, directed=False)[1], np.int64)

    return way


def _communities(floor: float, find: Callable[[networkx.Graph], Sequence[set[int]]]) -> Way:
    def way(templates: Float32) -> IntArray:
        pairs = near_rows(templates, floor)
        graph = networkx.Graph()
        graph.add_nodes_from(range(len(templates)))
        scores = np.einsum("nd,nd->n", templates[pairs[:, 0]], templates[pairs[:, 1]])
        graph.add_weighted_edges_from(zip(*pairs.T.tolist(), scores.tolist(), strict=True))
        return _numbered([sorted(found) for found in find(graph)], len(templates))

    return way


def _labels_spread(graph: networkx.Graph) -> list[set[int]]:
    """Chinese whispers in all but name: each face takes the label that most of its neighbours carry."""
    return list(networkx.community.asyn_lpa_communities(graph, weight="weight", seed=SEED))


def _louvain(graph: networkx.Graph) -> list[set[int]]:
    return list(networkx.community.louvain_communities(graph, weight="weight", seed=SEED))


def _numbered(groups: Sequence[Sequence[int]], count: int) -> IntArray:
    numbers = np.empty(count, np.int64)
    for number, rows in enumerate(groups):
        numbers[list(rows)] = number
    return numbers


def _alone(labels: IntArray) -> IntArray:
    """Let every face that a method calls noise be a group of its own."""
    numbers = np.asarray(labels, np.int64).copy()
    noise = numbers < 0
    numbers[noise] = numbers.max(initial=0) + 1 + np.arange(int(noise.sum()))
    return numbers


def _candidates() -> Mapping[str, Sequence[Setting]]:
    """Return each way with all its settings that are tried."""
    floors = (0.40, 0.45, 0.50, 0.55, 0.60)
    return {
        "ours": [Setting(name="ours", setting="its rule", way=_ours())],
        "DBSCAN, our templates": [
            Setting(
                name="DBSCAN, our templates",
                setting=f"score {floor:.2f}, {least} faces",
                way=_dbscan(float(np.sqrt(2 - 2 * floor)), least),
            )
            for floor in floors
            for least in (1, 2, 5)
        ],
        "connected components": [
            Setting(name="connected components", setting=f"score {floor:.2f}", way=_components(floor))
            for floor in floors
        ],
        "label propagation": [
            Setting(
                name="label propagation",
                setting=f"score {floor:.2f}",
                way=_communities(floor, _labels_spread),
            )
            for floor in floors
        ],
        "Louvain": [
            Setting(name="Louvain", setting=f"score {floor:.2f}", way=_communities(floor, _louvain))
            for floor in floors
        ],
    }


def _ways(report: Report, named: Named, options: argparse.Namespace) -> Agreement:
    odd, even = named.halves()
    rows = []
    ours: Agreement | None = None
    for name, settings in _candidates().items():
        best = max(settings, key=lambda one: agreement(one.way(odd.templates), odd.people).cubed_f)
        began = time.perf_counter()
        found = agreement(best.way(named.templates), named.people)
        seconds = time.perf_counter() - began
        rest = agreement(best.way(even.templates), even.people)
        rows.append(_row(name, best.setting, rest, found, seconds))
        ours = ours or found
        report.console.print(f"{name} done", style="dim")
    if not options.no_hdbscan:
        rest = agreement(_hdbscan(even.templates), even.people)
        began = time.perf_counter()
        found = agreement(_hdbscan(named.templates), named.people)
        seconds = time.perf_counter() - began
        rows.append(_row("HDBSCAN, raw templates", "2 faces", rest, found, seconds))
    if options.dlib:
        rows += _as_face_recognition_users_do(report)
    report.table(
        "ways",
        "Set on the odd half of the people; B-cubed F of the even half, then pairwise and B-cubed on all",
        (
            "way",
            "setting",
            "B³ F even",
            "pair P",
            "pair R",
            "pair F",
            "B³ P",
            "B³ R",
            "B³ F",
            "groups",
            "s",
        ),
        rows,
    )
    assert ours is not None
    return ours


def _row(name: str, setting: str, rest: Agreement, found: Agreement, seconds: float) -> tuple[object, ...]:
    return (
        name,
        setting,
        f"{rest.cubed_f:.4f}",
        f"{found.pair_precision:.4f}",
        f"{found.pair_recall:.4f}",
        f"{found.pair_f:.4f}",
        f"{found.cubed_precision:.4f}",
        f"{found.cubed_recall:.4f}",
        f"{found.cubed_f:.4f}",
        f"{found.groups:,}",
        f"{seconds:.1f}",
    )


def _as_face_recognition_users_do(report: Report) -> list[tuple[object, ...]]:
    """DBSCAN over dlib's templates, as tutorials set it (0.5 and 5 faces), and with the best setting."""
    photos = lfw.load().photos
    peer = next(peer for peer in peers.PEERS if peer.name == "face_recognition")
    extraction = extract(PeerSystem(peer, photos[0].path), [photo.path for photo in photos])
    there = extraction.faces > 0
    people = np.array([photo.person for photo in photos], np.int64)
    named = Named(templates=extraction.templates[there], people=people[there])
    report.note(f"face_recognition found no face on {np.count_nonzero(~there):,} photos; they are left out")
    odd, even = named.halves()
    settings = [(eps, least) for eps in (0.35, 0.40, 0.45, 0.50) for least in (1, 2, 5)]
    best = max(settings, key=lambda one: agreement(_dbscan(*one)(odd.templates), odd.people).cubed_f)
    rows = []
    for (eps, least), said in (((0.5, 5), "as tutorials set it"), (best, "best")):
        way = _dbscan(eps, least)
        began = time.perf_counter()
        found = agreement(way(named.templates), named.people)
        seconds = time.perf_counter() - began
        rest = agreement(way(even.templates), even.people)
        setting = f"{said}: distance {eps:.2f}, {least} faces"
        rows.append(_row("DBSCAN, face_recognition", setting, rest, found, seconds))
    return rows


def _sweep(report: Report, named: Named) -> None:
    """Show B-cubed F of the odd half under other rules than the product's."""
    odd, _ = named.halves()
    rows = []
    for join in (0.42, 0.44, 0.45, 0.46, 0.48, 0.50):
        for pair in (0.0, 0.04, 0.07, 0.10):
            found = agreement(_ours(Rule(join=join, pair=pair))(odd.templates), odd.people)
            rows.append(
                (
                    f"{join:.2f}",
                    f"{pair:.2f}",
                    *(f"{value:.4f}" for value in (found.cubed_precision, found.cubed_recall, found.cubed_f)),
                    f"{found.pair_precision:.4f}",
                    found.mixed,
                )
            )
    report.table(
        "sweep",
        "Rules on the odd half",
        ("join", "pair", "B-cubed precision", "recall", "F", "pair precision", "mixed groups"),
        rows,
    )


# ---- looseness -------------------------------------------------------------------------------


def _looseness(report: Report, named: Named) -> None:
    rule = Rule.of(MODEL, len(named.people))
    numbers = _ours(rule)(named.templates)
    counted = {bound: [0, 0] for bound in BOUNDS}
    order = np.argsort(numbers, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
        if len(rows) < 2:
            continue
        weakest = float(links(named.templates[rows]).min())
        bound = next(bound for bound in BOUNDS if slack(weakest, len(rows), rule) < bound)
        counted[bound][0] += int(len(np.unique(named.people[rows])) > 1)
        counted[bound][1] += 1
    rows_shown, before = [], -np.inf
    for bound, (mixed, clusters) in counted.items():
        share = wilson(mixed, clusters)
        inside = 0.0 if before == -np.inf else before + 0.001
        carried = mixed_share(inside + rule.single, 2, rule, MODEL)
        rows_shown.append(
            (
                f"{'below' if before == -np.inf else f'{before:.2f} to'} {bound:.2f}",
                clusters,
                mixed,
                share.percent(1),
                "" if carried is None else f"{carried.mixed} of {carried.clusters}",
            )
        )
        before = bound
    report.table(
        "looseness",
        "Clusters of two faces or more by the slack of their loosest face",
        ("slack", "clusters", "mixed", "share", "carried by the product"),
        rows_shown,
    )


# ---- product ---------------------------------------------------------------------------------


def _product(report: Report, home: Path, everything: Labelled) -> None:
    with Workspace.open(home) as workspace:
        model, info = workspace.model, workspace.records.collection(COLLECTION)
        began = time.perf_counter()
        first = run(info, model, workspace, by="benchmark", afresh=True)
        seconds = time.perf_counter() - began
        again = run(info, model, workspace, by="benchmark")
        clusters = workspace.records.clusters.of_references(everything.references.tolist())
    numbers = np.array([clusters[reference] for reference in everything.references.tolist()], np.int64)
    found = agreement(numbers[everything.named], everything.people[everything.named])
    _, sizes = np.unique(np.stack([everything.photos, numbers]), axis=1, return_counts=True)
    report.table(
        "product",
        "The same through a workspace, with the faces in the background",
        ("", "value"),
        [
            ("faces", f"{first.faces:,}"),
            ("too poor to begin a group", f"{first.poor:,}"),
            ("clusters", f"{first.totals.clusters:,}"),
            ("of several faces", f"{first.totals.several:,}"),
            ("named faces: pair precision", f"{found.pair_precision:.4f}"),
            ("named faces: pair recall", f"{found.pair_recall:.4f}"),
            ("named faces: B-cubed F", f"{found.cubed_f:.4f}"),
            ("two faces of one photo together", int((sizes > 1).sum())),
            ("seconds", f"{seconds:.1f}"),
            ("seconds, nothing new", f"{again.seconds:.2f}"),
        ],
    )


# ---- more photos -----------------------------------------------------------------------------


def _growth(report: Report, named: Named, options: argparse.Namespace) -> tuple[float, float]:
    """Return the cost of adding to the largest collection over the smallest; and at most over a first run.

    The second is by the face, at one size: 1 where a new face costs what a face of the first run did.
    """
    population = fitted(named.templates, named.people, "LFW")
    rows, costs, shares = [], [], []
    for size in (size for size in GROWTH if size <= options.growth_to):
        templates, people = Gallery(population=population, seed=SEED).first(size + ADDED)
        # Photos come in no order of people, so most of the new ones show people who are there already.
        mixed = np.random.default_rng(SEED).permutation(len(templates))
        with tempfile.TemporaryDirectory(prefix="antigone-growth-", dir=options.scratch) as scratch:
            took = _grown(Path(scratch), templates[mixed], people[mixed])
        costs.append(took.added_s)
        shares.append(took.added_s / ADDED / (took.first_s / size))
        rows.append(
            (
                f"{size:,}",
                f"{took.first_s:.1f}",
                f"{took.added_s:.2f}",
                f"{shares[-1]:.1f}",
                f"{took.added.cubed_f:.4f}",
                f"{took.afresh.cubed_f:.4f}",
            )
        )
    report.table(
        "growth",
        f"Adding {ADDED:,} photos to a grouped collection (synthetic, fitted to LFW)",
        ("references", "first run s", f"{ADDED:,} more s", "by the face", "B-cubed F then", "afresh"),
        rows,
    )
    return costs[-1] / costs[0], max(shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What it took to add photos."""

    first_s: float
    added_s: float
    added: Agreement  # after the addition
    afresh: Agreement  # after all was grouped anew


def _grown(folder: Path, templates: NDArray[np.float16], people: IntArray) -> Grown:
    model = Model(id=MODEL, dimension=templates.shape[1])
    with Workspace.init(folder / "home") as workspace:
        add_collection(workspace, COLLECTION)
    with open_records(folder / "home") as records:
        info = records.collection(COLLECTION)
        write_faces(records, info, MODEL, templates[:-ADDED])
    with Workspace.open(folder / "home") as workspace:
        records = workspace.records
        workspace.catalogue.index(info, MODEL, model.dimension)
        first = run(info, model, workspace, by="benchmark")
        write_faces(records, info, MODEL, templates[-ADDED:], first=len(templates) - ADDED)
        workspace.catalogue.index(info, MODEL, model.dimension)
        added = run(info, model, workspace, by="benchmark")
        after = agreement(_clusters(records, info.id), people)
        run(info, model, workspace, by="benchmark", afresh=True)
        afresh = agreement(_clusters(records, info.id), people)
    return Grown(first_s=first.seconds, added_s=added.seconds, added=after, afresh=afresh)


def _clusters(records: Records, collection: int) -> IntArray:
    """Return the cluster of each reference, in the order in which they were written."""
    references = records.reference_ids(collection, MODEL).tolist()
    clusters = records.clusters.of_references(references)
    return np.array([clusters[reference] for reference in references], np.int64)


if __name__ == "__main__":
    raise SystemExit(main())
