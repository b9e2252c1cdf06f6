"""Identification (1:N): every probe of a trial searched, closed and open set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from antigone.errors import UsageError
from antigone.evaluate import metrics
from antigone.evaluate.extraction import Extracted, entry_templates
from antigone.evaluate.groups import GroupTable, search_groups
from antigone.evaluate.material import IdentificationTrial
from antigone.evaluate.metrics import CandidateRows, ErrorRate, IntArray, OpenSetResult, SearchScores
from antigone.evaluate.suspects import (
    Comparisons,
    Suspect,
    doubtful_people,
    entry_hashes,
    find_suspects,
)
from antigone.evaluate.verification import Wishes, quality_parts, remaining_errors

RANKS = (1, 20, 50)
FPIRS = (0.1, 0.01, 0.003, 0.001)
CMC_RANKS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 50)
JUDGED_AT = FPIRS.index(0.01)  # groups and quality are judged at the threshold of this FPIR


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IdentificationResult:
    """What an identification trial gave."""

    name: str
    model: str
    trial: IdentificationTrial | None  # None where scores were read from a file
    probes: IntArray  # (n,) rows of entries, without self-matches
    searches: SearchScores  # of these probes
    lists: CandidateRows  # the best of each search, rows of the gallery
    references: int
    people: int  # in the gallery
    ranks: Mapping[int, ErrorRate]  # closed set: FNIR at rank
    open_set: tuple[OpenSetResult, ...]  # at FPIRS; () where nothing can be missed or falsely found
    undoubted: tuple[OpenSetResult, ...]  # the same without the comparisons that the operator doubts
    failure_to_enrol: Mapping[str, ErrorRate]  # "gallery", "probes"; {} where scores were read
    failures: Mapping[str, int]
    self_matches: int
    suspects: tuple[Suspect, ...]
    groups: tuple[GroupTable, ...]
    discard: Mapping[str, tuple[float, ...]]  # part of quality -> remaining FNIR at DISCARDS

    @property
    def unknown_probes(self) -> int:
        """How many probes show somebody who is not in the gallery."""
        return int((~self.searches.enrolled).sum())


def identify(
    trial: IdentificationTrial, extracted: Extracted, model: str, wishes: Wishes | None = None
) -> IdentificationResult:
    """Search the probes of a trial. Raises `UsageError` where nothing can be said at all."""
    wishes = wishes or Wishes()
    material = trial.material
    templates = entry_templates(material, extracted.extraction)
    person, hashes = material.person, np.array(entry_hashes(material, extracted.sha256))
    probes, left_out = _without_self_matches(trial, person, hashes)
    gallery = metrics.Gallery(templates=templates[trial.gallery], person=person[trial.gallery])
    searches, lists = metrics.search_gallery(templates[probes], person[probes], gallery)
    mated = searches.mated_searches()
    if len(mated) == 0 or np.isneginf(mated.mated).all():
        raise UsageError(
            "not one probe could be searched for anybody in the gallery: no face, no photo, or nobody there"
        )
    doubtful = doubtful_people(wishes.doubtful, material.subjects)
    again = searches
    if doubtful:
        again, _ = metrics.search_gallery(templates[probes], person[probes], gallery, doubtful=doubtful)
    open_set = open_set_of(searches)
    quality = quality_parts(material, extracted, wishes.quality)
    judged = open_set[JUDGED_AT].threshold if open_set else np.inf
    return IdentificationResult(
        name=trial.name,
        model=model,
        trial=trial,
        probes=probes,
        searches=searches,
        lists=lists,
        references=len(trial.gallery),
        people=len(np.unique(gallery.person)),
        ranks={rank: metrics.fnir_at_rank(searches, rank) for rank in RANKS},
        open_set=open_set,
        undoubted=open_set_of(again) if doubtful else (),
        failure_to_enrol={
            "gallery": _failures(templates, trial.gallery, person),
            "probes": _failures(templates, probes, person),
        },
        failures=extracted.counts(),
        self_matches=len(left_out),
        suspects=find_suspects(templates, person, hashes.tolist(), _mated(trial, probes, searches, left_out)),
        groups=search_groups(trial, searches, probes, judged, wishes.group_by) if open_set else (),
        discard=_discard(searches, {part: of[probes] for part, of in quality.items()}, judged)
        if open_set
        else {},
    )


def open_set_of(searches: SearchScores) -> tuple[OpenSetResult, ...]:
    """Return FNIR at each of `FPIRS`; nothing where nobody else can be found, as with one person."""
    if len(searches.non_mated_searches()) == 0 or np.isneginf(searches.non_mated_searches().other).all():
        return ()  # one person in the gallery: nobody else can be found
    return tuple(metrics.fnir_at_fpir(searches, fpir) for fpir in FPIRS)


def _without_self_matches(
    trial: IdentificationTrial, person: IntArray, hashes: np.ndarray
) -> tuple[IntArray, list[tuple[int, int]]]:
    """Leave out probes whose very photo is in the gallery under the same name: finding it tells nothing."""
    enrolled = {(hashes[row], int(person[row])): int(row) for row in reversed(trial.gallery) if hashes[row]}
    twice = [(int(row), enrolled.get((hashes[row], int(person[row])))) for row in trial.probes]
    left_out = [(probe, reference) for probe, reference in twice if reference is not None]
    kept = np.array([probe for probe, reference in twice if reference is None], dtype=np.int64)
    if len(kept) == 0:
        raise UsageError(
            "every probe is the very photo that is in the gallery",
            hint="an evaluation needs other photos of the same people to search with",
        )
    return kept, left_out


def _failures(templates: metrics.Float32Array, rows: IntArray, person: IntArray) -> ErrorRate:
    return metrics.rate_by_people(np.isnan(templates[rows].sum(axis=1)), person[rows])


def _mated(
    trial: IdentificationTrial, probes: IntArray, searches: SearchScores, left_out: list[tuple[int, int]]
) -> Comparisons:
    """Return every probe with a reference of its person, and the self-matches that were left out."""
    person = trial.material.person
    found = np.flatnonzero(searches.enrolled & ~np.isneginf(searches.mated))
    first_of = {int(person[row]): int(row) for row in reversed(trial.gallery)}
    pairs = [(int(probe), first_of[int(person[probe])]) for probe in probes[found]]
    both = np.array([*pairs, *left_out], dtype=np.int64).reshape(-1, 2)
    return Comparisons(
        first=both[:, 0],
        second=both[:, 1],
        score=np.concatenate([searches.mated[found], np.ones(len(left_out))]),
        mated=np.ones(len(both), dtype=np.bool_),
    )


def _discard(
    searches: SearchScores, parts: Mapping[str, metrics.Float64Array], threshold: float
) -> dict[str, tuple[float, ...]]:
    known = searches.enrolled & ~np.isneginf(searches.other)
    missed = metrics.identification_misses(searches.take(known), threshold)
    return remaining_errors({part: values[known] for part, values in parts.items()}, missed)
