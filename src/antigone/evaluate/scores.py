"""Score files: what was compared and how alike it was, so that others can judge our scores and we theirs.

A CSV with a header and a row a comparison: ``claimed_id`` (whom the reference shows), ``reference`` (its
photo), ``real_id`` (whom the probe shows), ``label`` (the probe's photo) and ``score``, higher is more alike,
``nan`` where no template came of a photo. Read are also files without the column ``reference``, and the four
or five columns without a header and parted by blanks that the tools of Idiap's Bob write. A file of searches
may hold every comparison or only the best of each search, as ours do; the own person's is always there.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from antigone.errors import NotFoundError, UsageError
from antigone.evaluate import metrics
from antigone.evaluate.identification import RANKS, IdentificationResult, open_set_of
from antigone.evaluate.metrics import KEPT, CandidateRows, Float64Array, IntArray, PairScores, SearchScores
from antigone.evaluate.report import replaced
from antigone.evaluate.verification import FMRS, VerificationResult, check_scores
from antigone.printable import printable

COLUMNS = ("claimed_id", "reference", "real_id", "label", "score")
_WITHOUT_REFERENCE = tuple(column for column in COLUMNS if column != "reference")
OUTSIDE = "a score file"  # in place of the model that nobody named


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreTable:
    """The rows of a score file. Arrays have shape (rows,); ids are places in ``people`` and ``probes``."""

    name: str
    people: tuple[str, ...]
    probes: tuple[str, ...]
    claimed: IntArray
    real: IntArray
    probe: IntArray
    score: Float64Array


def write_scores(path: Path, rows: Iterable[tuple[str, str, str, str, float]]) -> None:
    """Write rows in the order of `COLUMNS`, whole or not at all. Raises as `report.replaced`."""
    with (
        replaced(path) as part,
        part.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*row[:4], f"{row[4]:.6f}") for row in rows)


def pair_rows(result: VerificationResult) -> Iterator[tuple[str, str, str, str, float]]:
    """Yield every comparison of a verification, the first photo as the reference."""
    assert result.trial is not None
    subjects = result.trial.material.subjects
    for place, (first, second) in enumerate(result.names):
        yield (
            subjects[result.pairs.first[place]],
            first,
            subjects[result.pairs.second[place]],
            second,
            float(result.pairs.score[place]),
        )


def search_rows(result: IdentificationResult) -> Iterator[tuple[str, str, str, str, float]]:
    """Yield the best 50 candidates of every search, and the own person where it is not among them."""
    assert result.trial is not None
    trial, material = result.trial, result.trial.material
    for place, entry in enumerate(result.probes):
        real, probe = material.entries[entry].subject, _name(result, int(entry))
        listed = False
        for row, score in zip(result.lists.rows[place], result.lists.scores[place], strict=True):
            if row >= 0:
                reference = int(trial.gallery[row])
                claimed = material.entries[reference].subject
                listed |= claimed == real
                yield claimed, _name(result, reference), real, probe, float(score)
        own = result.searches.mated[place]
        if result.searches.enrolled[place] and not listed:
            yield real, "", real, probe, float(own) if np.isfinite(own) else float("nan")
        elif not listed and np.isneginf(result.searches.other[place]):
            yield "", "", real, probe, float("nan")


def _name(result: IdentificationResult, entry: int) -> str:
    assert result.trial is not None
    rows = result.trial.material.entries[entry].photos
    name = result.trial.material.photos[rows[0]].name
    return name if len(rows) == 1 else f"{name} (+{len(rows) - 1})"


def read_scores(path: Path) -> ScoreTable:
    """Read a score file. Raises `NotFoundError` and `UsageError`."""
    people: dict[str, int] = {}
    probes: dict[str, int] = {}
    claimed, real, probe = array("q"), array("q"), array("q")
    score = array("d")  # plain lists of millions of numbers would fill the memory
    for number, cells in _cells(path):
        try:
            value = float(cells["score"])
        except ValueError as error:
            raise UsageError(
                f"{printable(str(path))}, line {number}: {printable(cells['score'])} is no score"
            ) from error
        claimed.append(people.setdefault(cells["claimed_id"], len(people)) if cells["claimed_id"] else -1)
        real.append(people.setdefault(cells["real_id"], len(people)))
        probe.append(probes.setdefault(cells["label"], len(probes)))
        score.append(value)
    if not score:
        raise UsageError(f"{printable(str(path))} holds no scores")
    return ScoreTable(
        name=path.stem,
        people=tuple(people),
        probes=tuple(probes),
        claimed=np.frombuffer(claimed, dtype=np.int64),
        real=np.frombuffer(real, dtype=np.int64),
        probe=np.frombuffer(probe, dtype=np.int64),
        score=np.frombuffer(score, dtype=np.float64),
    )


def _cells(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            first = file.readline()
            file.seek(0)
            rows: Iterator[list[str]] = (
                csv.reader(file, strict=True) if "," in first else (line.split() for line in file)
            )
            names: tuple[str, ...] = ()
            for number, cells in enumerate(rows, 1):
                if not cells:
                    continue
                if not names:
                    names, is_header = _names(path, cells)
                    if is_header:
                        continue
                if len(cells) != len(names):
                    raise UsageError(
                        f"{printable(str(path))}, line {number}: {len(cells)} columns, expected {len(names)}"
                    )
                yield number, dict(zip(names, cells, strict=True))
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no score file {printable(str(path))}") from error
    except (OSError, csv.Error) as error:
        raise UsageError(f"{printable(str(path))} cannot be read: {error}") from error


def _names(path: Path, cells: list[str]) -> tuple[tuple[str, ...], bool]:
    lower = tuple(cell.strip().lower() for cell in cells)
    if set(_WITHOUT_REFERENCE) <= set(lower):
        return lower, True
    for known in (COLUMNS, _WITHOUT_REFERENCE):
        if len(cells) == len(known):
            return known, False
    raise UsageError(
        f"{printable(str(path))} is no score file",
        hint=f"expected the columns {', '.join(_WITHOUT_REFERENCE)}",
    )


def verification_of(table: ScoreTable) -> VerificationResult:
    """Judge the comparisons of a score file 1:1. Raises `UsageError`."""
    known = table.claimed >= 0
    pairs = PairScores(
        score=table.score[known],
        mated=(table.claimed == table.real)[known],
        first=table.claimed[known],
        second=table.real[known],
    )
    check_scores(pairs)
    return VerificationResult(
        name=table.name,
        model=OUTSIDE,
        trial=None,
        pairs=pairs,
        names=(),
        folds=None,
        points=tuple(metrics.at_fmr(pairs, fmr) for fmr in FMRS),
        undoubted=(),
        equal_error=metrics.equal_error(pairs),
        failure_to_enrol=None,
        failures={},
        self_matches=0,
        suspects=(),
        groups=(),
        discard={},
    )


def identification_of(table: ScoreTable) -> IdentificationResult:
    """Judge the searches of a score file 1:N. Raises `UsageError`."""
    searches = _searches(table)
    mated = searches.mated_searches()
    if len(mated) == 0 or np.isneginf(mated.mated).all():
        raise UsageError("no search of this file could find its own person")
    return IdentificationResult(
        name=table.name,
        model=OUTSIDE,
        trial=None,
        probes=np.arange(len(searches)),
        searches=searches,
        lists=CandidateRows(rows=np.empty((0, KEPT), np.int64), scores=np.empty((0, KEPT))),
        references=0,
        people=len(np.unique(table.claimed[table.claimed >= 0])),
        ranks={rank: metrics.fnir_at_rank(searches, rank) for rank in RANKS},
        open_set=open_set_of(searches),
        undoubted=(),
        failure_to_enrol={},
        failures={},
        self_matches=0,
        suspects=(),
        groups=(),
        discard={},
    )


def _searches(table: ScoreTable) -> SearchScores:
    count = len(table.probes)
    score = np.where(np.isnan(table.score), -np.inf, table.score)
    own = table.claimed == table.real
    mated, other = np.full(count, -np.inf), np.full(count, -np.inf)
    np.maximum.at(mated, table.probe[own], score[own])
    np.maximum.at(other, table.probe[~own], score[~own])
    above = np.zeros(count, dtype=np.int64)
    np.add.at(above, table.probe[~own], score[~own] >= mated[table.probe[~own]])
    person = np.zeros(count, dtype=np.int64)
    person[table.probe] = table.real
    return SearchScores(
        mated=mated,
        other=other,
        rank=np.where(np.isneginf(mated), 0, above + 1),
        person=person,
        enrolled=np.isin(person, table.claimed),
    )
