"""What a second embedder brings and costs: SFace, dlib's network, and both as `yunet-sface-dlib` fuses them.

Run with ``python -m benchmarks.second_opinion``; with ``--costs`` what is timed instead.

- *One extraction* serves all ways: a pack without centres and with equal weights, of whose templates those of
  every way are made by `antigone.faces.templates.joined`. So the ways differ in nothing but the fusion.
- *Clean*: LFW's 10-fold protocol, and all 7,484 probes searched among the first photos of 5,749 people.
- *Rungs*: a fixed random sample of the probes, made harder (see `benchmarks.degrade`), the gallery clean.
- FNIR is at the threshold that each way needs on these probes for that FPIR; comparisons of the names that
  LFW mixes up are left out (`lfw.DOUBTFUL`). *Less SFace's* is FNIR less that of SFace alone, in points,
  resampled by people and paired, probe by probe: below zero is better.
- *Costs*: `Workspace.import_` of the same photos by either pack in turn; each network alone on one thread of
  this process; searches of random templates in an index.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from antigone import Workspace
from antigone.evaluate import metrics
from antigone.evaluate.metrics import Float32Array, IntArray, SearchScores
from antigone.faces import FaceAnalyser
from antigone.faces.align import aligned
from antigone.faces.embed import Embedder
from antigone.faces.pack_import import keep
from antigone.faces.packs import DEFAULT_PACK, SECOND_OPINION_PACK, EmbedderSpec, ModelPack, find_pack
from antigone.faces.runtime import open_runtime
from antigone.faces.second_opinion import build_pack
from antigone.faces.templates import joined
from antigone.gallery import FaissIndex, IndexOptions
from antigone.settings import Settings
from benchmarks import lfw
from benchmarks.conditions import SEED, subsample
from benchmarks.degrade import Blurred, Condition, Covered, Dark, HeavyJpeg, Small
from benchmarks.extraction import extract
from benchmarks.ladder import face_boxes
from benchmarks.lfw import Lfw
from benchmarks.report import Report, Runs
from benchmarks.systems import Ours

RAW = "raw-sface-dlib"
FPIRS = (0.1, 0.01, 0.003)
WEIGHTS = (0.05, 0.1, 0.25, 1.0)
RESAMPLES = 100
RUNGS: tuple[Condition, ...] = (
    Dark(),
    Dark(stops=5),
    Blurred(percent=6),
    HeavyJpeg(quality=5),
    Small(side=16),
    Covered(part="eyes"),
)
INDEXED = 200_000  # references of the index that is timed

Fusion = Callable[[Float32Array], Float32Array]
"""Makes a way's templates (n, D) of raw ones (n, 256)."""


def main() -> int:
    """Measure, print, and write ``results/second_opinion.json`` (with ``--costs``: ``-costs.json``)."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--probes", type=int, default=600, help="probes of each rung")
    parser.add_argument("--costs", action="store_true", help="time imports, networks and searches")
    parser.add_argument("--photos", type=int, default=600, help="photos that each timed import reads")
    options = parser.parse_args()
    name = "second_opinion-costs" if options.costs else "second_opinion"
    report = Report(name, title="A second opinion")
    for line in (__doc__ or "").splitlines()[2:]:
        report.console.print(line, markup=False, highlight=False)
    photos = lfw.load()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").mkdir()
        pack = build_pack(SECOND_OPINION_PACK, home)
        report.note(f"pack {pack.id}, sha256 {pack.sha256}")
        if options.costs:
            _costs(report, photos, home, options.photos)
        else:
            _accuracy(report, photos, home, pack, options.probes)
    report.save()
    return 0


def _accuracy(report: Report, photos: Lfw, home: Path, pack: ModelPack, count: int) -> None:
    raw = Ours(FaceAnalyser(Settings(home=home, pack=_keep_raw(pack, home).manifest.name)))
    specs = pack.manifest.embedders
    everything = extract(raw, photos.paths(np.arange(len(photos.photos))))
    gallery, probes = photos.gallery(), photos.probes()
    report.note(f"{everything.failed} of {len(photos.photos):,} photos without a face")
    _centres(report, everything.templates[gallery], specs)
    ways = _ways(specs)
    references = {name: fuse(everything.templates[gallery]) for name, fuse in ways.items()}

    def searched(templates: Float32Array, rows: IntArray) -> dict[str, SearchScores]:
        return {
            name: metrics.search_all(
                fuse(templates), photos.persons(rows), references[name], metrics.cosine, photos.doubtful()
            )
            for name, fuse in ways.items()
        }

    folds = {name: _folds(photos, fuse(everything.templates)) for name, fuse in ways.items()}
    _table(report, "clean", searched(everything.templates[probes], probes), folds)
    sample = probes[subsample(len(probes), count)]
    boxes = face_boxes(everything, sample)
    for rung in RUNGS:
        found = extract(raw, photos.paths(sample), condition=rung, boxes=boxes)
        report.note(f"{rung.name}: {rung.text}; {found.failed} of {len(sample):,} probes without a face")
        _table(report, rung.name, searched(found.templates, sample), {})


def _keep_raw(pack: ModelPack, home: Path) -> ModelPack:
    """Keep the same pack without centres and with equal weights, under another name."""
    plain = [dataclasses.replace(spec, weight=1.0, centre=()) for spec in pack.manifest.embedders]
    manifest = dataclasses.replace(
        pack.manifest, name=RAW, embedder=plain[0], further_embedders=tuple(plain[1:])
    )
    return keep(manifest, {spec.file: pack.read(spec) for spec in manifest.models}, home)


def _centres(report: Report, templates: Float32Array, specs: Sequence[EmbedderSpec]) -> None:
    """Take the centres anew from one photo of each person, and hold those of the pack against them."""
    for spec, vectors in zip(specs, _split(templates), strict=True):
        found = np.nanmean(vectors.astype(np.float64), axis=0)
        report.keep(f"centre of {spec.file}", [round(float(value), 4) for value in found])
        report.note(
            f"centre of {spec.file}: mean of {np.isfinite(vectors[:, 0]).sum():,} people, length "
            f"{np.linalg.norm(found):.3f}; that of the pack differs by at most "
            f"{np.abs(found - spec.centre).max():.5f}"
        )


def _split(raw: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Both embedders' vectors of unit length, out of raw templates (n, 256)."""
    both = raw * np.float32(np.sqrt(2))
    return both[:, : raw.shape[1] // 2], both[:, raw.shape[1] // 2 :]


def _ways(specs: Sequence[EmbedderSpec]) -> Mapping[str, Fusion]:
    first, second = specs
    plain = [dataclasses.replace(spec, centre=(), weight=1.0) for spec in specs]
    ways: dict[str, Fusion] = {
        "SFace": lambda raw: _split(raw)[0],
        "dlib": lambda raw: _split(raw)[1],
        "SFace centred": lambda raw: joined(_split(raw)[:1], [first]),
        "both as they are": _fusion(plain),
    }
    for weight in WEIGHTS:
        mixed = [first, dataclasses.replace(second, weight=weight)]
        ways[f"centred, dlib x {weight:g}"] = _fusion(mixed)
    return ways


def _fusion(specs: Sequence[EmbedderSpec]) -> Fusion:
    return lambda raw: joined(_split(raw), specs)


def _folds(photos: Lfw, templates: Float32Array) -> str:
    pairs = lfw.load_pairs(photos)
    scores = metrics.row_scores(templates[pairs.first], templates[pairs.second]).astype(np.float64)
    folds = metrics.fold_accuracy(scores, pairs.mated, pairs.fold)
    return f"{folds.mean:.4f} ± {folds.standard_error:.4f}"


def _table(report: Report, name: str, found: Mapping[str, SearchScores], folds: Mapping[str, str]) -> None:
    rows = []
    for way, searches in found.items():
        first = metrics.share_by_people(metrics.rank_one_hits(searches), searches.person)
        cells: list[object] = [way, *([folds[way]] if folds else []), _interval(first)]
        for fpir in FPIRS:
            cells.append(_interval(metrics.fnir_at_fpir(searches, fpir, resamples=RESAMPLES).fnir))
        for fpir in FPIRS:
            apart = metrics.fnir_difference(found["SFace"], searches, fpir, resamples=RESAMPLES)
            cells.append(_interval(apart) if way != "SFace" else "")
        rows.append(cells)
    titles = [f"FNIR at FPIR {100 * fpir:g} %" for fpir in FPIRS]
    report.table(
        name,
        f"{name}: {len(found['SFace']):,} probes",
        (
            "way",
            *(["10-fold"] if folds else []),
            "rank-1",
            *titles,
            *(f"{title}, less SFace's" for title in titles),
        ),
        rows,
    )


def _interval(estimate: metrics.Estimate) -> str:
    return f"{100 * estimate.value:.2f} [{100 * estimate.low:.2f}, {100 * estimate.high:.2f}]"


# ---- costs ----


def _costs(report: Report, photos: Lfw, home: Path, count: int) -> None:
    paths = photos.paths(photos.sample(count, SEED))
    rates: dict[str, list[float]] = {DEFAULT_PACK: [], SECOND_OPINION_PACK: []}
    for number in range(3):
        for name, rounds in rates.items():
            rounds.append(_import_rate(home, name, paths))
            report.console.print(f"round {number + 1}: {name} {rounds[-1]:.1f} photos/s", style="dim")
    rows = []
    for name, rounds in rates.items():
        pack = find_pack(name, home)
        dimension = pack.manifest.dimension
        rows.append(
            (
                name,
                Runs(values=tuple(rounds)).text(),
                " + ".join(f"{value:.2f}" for value in _face_times(pack, paths[:64])),
                f"{_search_time(dimension):.2f}",
                f"{2 * dimension} + {dimension // 4}",
            )
        )
    report.table(
        "costs",
        f"What either pack costs; {count:,} photos imported, {INDEXED:,} references searched",
        (
            "pack",
            "photos/s imported (rounds)",
            "ms a face, by network",
            "ms a search",
            "bytes a reference: template + code",
        ),
        rows,
    )


def _import_rate(home: Path, pack: str, paths: Sequence[Path]) -> float:
    """Import into a fresh workspace that is thrown away; models are loaded before."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "home"
        Workspace.init(fresh).close()
        if pack != DEFAULT_PACK:
            (fresh / "models" / pack).symlink_to(home / "models" / pack)
        with Workspace.open(fresh, settings=Settings(pack=pack)) as workspace:
            workspace.add_collection(
                name="lfw",
                owner="benchmark",
                source="Labeled Faces in the Wild",
                purpose="measuring",
                basis="research",
                jurisdiction="EU",
                retain_until=date(9999, 1, 1),
            )
            workspace.analyser.analyse(paths[0])
            began = time.perf_counter()
            workspace.import_(paths, into="lfw")
            return len(paths) / (time.perf_counter() - began)


def _face_times(pack: ModelPack, paths: Sequence[Path]) -> list[float]:
    """Milliseconds that each embedder needs for a face, in batches, called from one thread."""
    runtime = open_runtime(Settings())
    decoded = [lfw_pixels(path) for path in paths]
    middle = np.array([[105, 112], [145, 112], [125, 135], [108, 158], [142, 158]], np.float32)
    times = []
    for spec in pack.manifest.embedders:
        embed = Embedder(runtime.load(pack, spec, free_size=False), spec.dimension)
        faces = [aligned(pixels, middle, spec.shown) for pixels in decoded]
        embed(faces)
        began = time.perf_counter()
        for _ in range(5):
            embed(faces)
        times.append(1000 * (time.perf_counter() - began) / (5 * len(faces)))
    return times


def lfw_pixels(path: Path) -> np.ndarray:
    """Read one photo as (H, W, 3) RGB."""
    import cv2

    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)


def _search_time(dimension: int) -> float:
    """Return the median milliseconds of a search for one random probe."""
    rng = np.random.default_rng(SEED)
    index = FaissIndex(IndexOptions(dimension=dimension))
    rows = rng.standard_normal((INDEXED, dimension), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index.add(np.arange(1, INDEXED + 1), rows)
    took = []
    for probe in rows[:60]:
        began = time.perf_counter()
        index.search(probe[None], 50)
        took.append(1000 * (time.perf_counter() - began))
    return float(np.median(took[10:]))


if __name__ == "__main__":
    raise SystemExit(main())
