"""Weighs scores with what the workspace knows: its galleries and its calibration.

What strangers score in a collection is learnt from the collection itself when it is first searched, kept
beside its index, and learnt again when the collection has grown or shrunk by a tenth. Nothing of that can
make a search fail: where it cannot be learnt or kept, the strength says what is missing.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from antigone.errors import UsageError
from antigone.evaluate.calibration import Calibration, calibration_of
from antigone.evaluate.metrics import Float32Array, Float64Array
from antigone.evaluate.strength.background import (
    FEWEST_PEOPLE,
    MOMENTS,
    SAMPLE,
    Background,
    learn_background,
)
from antigone.evaluate.strength.keep import read_background, write_background
from antigone.provenance import Holding
from antigone.records import ReferenceSummary
from antigone.records.calibrations import CalibrationRecord
from antigone.strength import ExpectedWrong, LikelihoodRatio, Strength
from antigone.types import Candidate, CollectionInfo, Face, Int64Array, Probe

GROWN = 0.1  # by this share a collection may change before its strangers are looked at again
NOT_CALIBRATED = (
    "No likelihood ratio: scores of this model are not calibrated (see `antigone evaluate calibrate`)."
)
TOO_FEW = (
    "No expected number of wrong candidates: the collections searched show fewer than "
    f"{FEWEST_PEOPLE} people."
)
FUSED = "No likelihood ratio: the calibration holds for single photos, and these are several made one."
OTHER_PHOTOS = "No likelihood ratio: the calibration does not hold for photos of this quality."

_log = logging.getLogger(__name__)


class References(Protocol):
    """What is asked of the records."""

    def reference_summary(self, collection_id: int, model: str) -> ReferenceSummary:
        """Return how many references there are and the highest id."""

    def reference_ids(self, collection_id: int, model: str) -> Int64Array:
        """Return all reference ids, ascending."""

    def templates(self, ids: Sequence[int]) -> tuple[Int64Array, NDArray[np.float16]]:
        """Return those of ``ids`` that exist, ascending, and their templates."""


class CalibrationStore(Protocol):
    """What is asked of the calibrations."""

    def newest(self, model: str) -> CalibrationRecord | None:
        """Return the calibration in use for a model."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is known of one collection and model."""

    references: int  # how many there were when it was learnt
    background: Background | None  # None where there were too few people

    def outdated(self, references: int) -> bool:
        """Whether a collection of so many references has changed too much since."""
        return abs(references - self.references) > GROWN * self.references


class Strengths:
    """Weighs scores. Safe to share between threads."""

    def __init__(self, home: Path, records: References, calibrations: CalibrationStore) -> None:
        self._home = home
        self._records = records
        self._calibrations = calibrations
        self._known: dict[tuple[int, str], Known] = {}
        self._learning = Lock()

    def of_candidates(
        self,
        probe: Probe,
        candidates: Sequence[Candidate],
        *,
        searched: Sequence[CollectionInfo],
        model: str,
        dimension: int,
    ) -> Sequence[Strength]:
        """Weigh the scores of a search in the collections ``searched``, one strength a candidate."""
        scores = np.array([candidate.score for candidate in candidates], dtype=np.float64)
        expected = self._expected(probe.template, scores, searched, model, dimension)
        calibration, why = self._in_use(model)
        ratios = [
            (None, why) if calibration is None else _ratio(calibration, probe, candidate)
            for candidate in candidates
        ]
        return [_strength(wrong, *ratio) for wrong, ratio in zip(expected, ratios, strict=True)]

    def of_pair(self, score: float, faces: tuple[Face, Face], *, model: str) -> Strength:
        """Weigh the score of two faces that were compared with each other alone: there is no gallery."""
        calibration, why = self._in_use(model)
        if calibration is None:
            return Strength(lacks=(why,))
        first, second = (face.quality for face in faces)
        ratio = calibration.ratio(score, min(first.score, second.score), min(first.pose, second.pose))
        return Strength(ratio=ratio, lacks=() if ratio is not None else (OTHER_PHOTOS,))

    def calibration(self, model: str) -> Calibration | None:
        """Return the calibration in use for a model. Raises `UsageError` where it was altered."""
        record = self._calibrations.newest(model)
        return None if record is None else calibration_of(record)

    def _in_use(self, model: str) -> tuple[Calibration | None, str]:
        """Return the calibration in use, or None and why there is none; a search must not fail on it."""
        try:
            return self.calibration(model), NOT_CALIBRATED
        except UsageError as error:
            return None, f"No likelihood ratio: {error.message}."

    def refresh(self, collection: CollectionInfo, model: str) -> Known:
        """Return what is known of a collection, learnt anew where the collection has changed by a tenth."""
        now = self._records.reference_summary(collection.id, model).count
        key = (collection.id, model)
        known = self._known.get(key)
        if known is not None and not known.outdated(now):
            return known
        # Whoever has something older need not wait while another thread learns.
        if not self._learning.acquire(blocking=known is None):
            return known if known is not None else self.refresh(collection, model)
        try:
            known = self._known.get(key) or self._kept(collection, model)
            if known is None or known.outdated(now):
                known = self._learnt(collection, model, now)
            self._known[key] = known
            return known
        finally:
            self._learning.release()

    def _expected(
        self,
        probe: Float32Array,
        scores: Float64Array,
        searched: Sequence[CollectionInfo],
        model: str,
        dimension: int,
    ) -> Sequence[ExpectedWrong | None]:
        """Add up what each collection is expected to give; those too small to tell count as the others do."""
        total, told = 0, 0
        sums = np.zeros((3, len(scores)))
        for collection in searched:
            references = self._records.reference_summary(collection.id, model).count
            background = self.refresh(collection, model).background if references else None
            total += references
            if background is not None and len(background.mean) == dimension:
                told += references
                sums += references * background.share_above(probe, scores)
        if not told:
            return [None] * len(scores)
        sums *= total / told
        return [
            ExpectedWrong(value=float(value), low=float(low), high=float(high), references=total)
            for value, low, high in sums.T
        ]

    def _kept(self, collection: CollectionInfo, model: str) -> Known | None:
        found = read_background(self._file(collection, model), _identity(collection, model))
        return None if found is None else Known(references=found[0], background=found[1])

    def _learnt(self, collection: CollectionInfo, model: str, references: int) -> Known:
        rng = np.random.default_rng(0)
        ids = self._records.reference_ids(collection.id, model)
        drawn = np.sort(rng.permutation(ids)[:MOMENTS])
        _, stored = self._records.templates(drawn.tolist())
        rows = stored.astype(np.float32)
        background = None
        if len(rows) >= FEWEST_PEOPLE:
            wide = rows.astype(np.float64)
            background = learn_background(
                rows[rng.permutation(len(rows))[:SAMPLE]], wide.mean(axis=0), np.cov(wide.T, bias=True)
            )
        known = Known(references=references, background=background)
        try:
            write_background(
                self._file(collection, model), _identity(collection, model), references, background
            )
        except OSError as error:  # it costs the time to learn it again, nothing else
            _log.warning("what strangers score in %s is not kept: %s", collection.name, error.strerror)
        return known

    def _file(self, collection: CollectionInfo, model: str) -> Path:
        readable = re.sub(r"[^a-z0-9.]+", "-", model.lower()).strip("-.")[:40]
        name = f"strangers-{readable}-{hashlib.sha256(model.encode()).hexdigest()[:8]}.npz"
        return self._home / "index" / str(collection.id) / name


def _identity(collection: CollectionInfo, model: str) -> Mapping[str, str]:
    return {
        "collection": str(collection.id),
        "created": collection.created_at.isoformat(),
        "model": model,
    }


def _ratio(
    calibration: Calibration, probe: Probe, candidate: Candidate
) -> tuple[LikelihoodRatio | None, str]:
    """Return the ratio of a candidate, or None and why there is none."""
    if len(probe.photos) > 1 or candidate.place.holding is Holding.FRAME:
        return None, FUSED
    quality = probe.photos[0].face.quality
    ratio = calibration.ratio(
        candidate.score, min(quality.score, candidate.quality), min(quality.pose, candidate.pose)
    )
    return ratio, "" if ratio is not None else OTHER_PHOTOS


def _strength(expected: ExpectedWrong | None, ratio: LikelihoodRatio | None, why: str) -> Strength:
    lacks = [TOO_FEW] if expected is None else []
    return Strength(expected=expected, ratio=ratio, lacks=(*lacks, why) if why else tuple(lacks))
