"""What strangers score in a gallery: learnt from the gallery itself, without anybody's labels.

1. *People.* In a sample of references, those far more alike to each other than strangers are (a robustly
   standardised score of 4.5, which about one pair of strangers in 300,000 reaches) are taken for one person,
   and one of each is kept. Without this step photos of one person would pass for strangers that score high.
2. *Standardising.* A probe that is alike to many draws higher scores from everybody: measured on LFW, the
   share of strangers above a fixed score differs by a factor of eleven between probes. So a score is seen
   as z = (score - mean) / deviation over the gallery, for that very probe. Both follow from the mean and
   the covariance of the gallery's templates, so a search has nothing more to compare.
3. *Tail.* z is spread alike for all probes; its tail is fitted (see `tail`), with an interval by drawing
   people with replacement.

The expected number of wrong candidates at or above a score is then the number of references, times the share
of strangers above its z.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from antigone.evaluate.metrics import Float32Array, Float64Array, IntArray, drawn_people
from antigone.evaluate.strength.tail import FROM, Tail, TailData

FEWEST_PEOPLE = 100  # likely people in the sample; with fewer nothing is estimated
SAMPLE = 3_000  # references compared with each other; with 2,000 the tail's shape is twice as uncertain
MOMENTS = 20_000  # references of which mean and covariance are taken
SAME_PERSON = 4.5  # standardised score from which two references are taken for one person
RESAMPLES = 200
_ROUNDS = 5  # of looking for the photos of one person
_QUANTILES_OF = 500  # scores of a row that its quantiles are taken from
_BODY = np.round(np.arange(-4.0, FROM + 0.05, 0.1), 1)  # standardised scores below the tail


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """How strangers score in one gallery, for any probe."""

    mean: Float64Array = field(repr=False)  # (D,) of the gallery's templates
    covariance: Float64Array = field(repr=False)  # (D, D)
    body: Float64Array  # share of strangers above each z of the body, see `_BODY`
    tail: Tail
    resampled: tuple[Tail, ...]  # the same tail with people drawn anew
    people: int  # likely people that it rests on

    def standardised(self, probe: Float32Array, scores: Float64Array) -> Float64Array:
        """Return z (n,) of the scores (n,) of one probe (D,)."""
        direction = probe.astype(np.float64)
        deviation = math.sqrt(max(float(direction @ self.covariance @ direction), 1e-12))
        return np.asarray((scores - float(direction @ self.mean)) / deviation, dtype=np.float64)

    def share(self, z: Float64Array) -> Float64Array:
        """Return the share of strangers at or above each standardised score (n,)."""
        in_tail = z > FROM
        value = np.interp(z, _BODY, self.body)
        value[in_tail] = self.tail.above(z[in_tail])
        return np.asarray(value, dtype=np.float64)

    def share_above(self, probe: Float32Array, scores: Float64Array) -> Float64Array:
        """Return the share of strangers at or above each score, (3, n): the estimate, low and high (95 %)."""
        z = self.standardised(probe, scores)
        in_tail = z > FROM
        value = self.share(z)
        low, high = value.copy(), value.copy()
        if in_tail.any():
            spread = np.stack([tail.above(z[in_tail]) for tail in self.resampled])
            low[in_tail] = np.minimum(np.quantile(spread, 0.025, axis=0), value[in_tail])
            high[in_tail] = np.maximum(np.quantile(spread, 0.975, axis=0), value[in_tail])
        return np.stack([value, low, high])


def learn_background(
    sample: Float32Array, mean: Float64Array, covariance: Float64Array, *, seed: int = 0
) -> Background | None:
    """Learn from a random sample (m, D) of a gallery's unit-norm templates, and the moments of the gallery.

    Returns None where the sample shows fewer than 100 likely people, or too little of the tail.
    """
    if len(sample) < FEWEST_PEOPLE:
        return None
    scores: Float32Array = sample @ sample.T  # float32, as there are millions of them
    np.fill_diagonal(scores, np.nan)
    person = likely_people(scores)
    _, one_each = np.unique(person, return_index=True)
    if len(one_each) < FEWEST_PEOPLE:
        return None
    scores[person[:, None] == person[None, :]] = np.nan
    rows = scores[one_each]
    z = (rows - np.nanmean(rows, axis=1, keepdims=True)) / np.nanstd(rows, axis=1, keepdims=True)
    z = z[:, one_each]
    data = TailData(z)
    if not data.enough:
        return None
    known = np.sort(z[~np.isnan(z)].astype(np.float64))
    return Background(
        mean=mean,
        covariance=covariance,
        body=1 - np.searchsorted(known, _BODY) / len(known),
        tail=data.fit(),
        resampled=tuple(data.fit(drawn) for drawn in drawn_people(data.people, RESAMPLES, seed)),
        people=len(one_each),
    )


def likely_people(scores: Float32Array) -> IntArray:
    """Return a number for each row of (m, m) scores, the same for those that are likely one person.

    scores: symmetric, NaN on the diagonal. Several times over: the photos of one person blur what strangers
    score until they are known.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    person, found = np.arange(len(scores)), 0
    for _ in range(_ROUNDS):
        strangers = np.where(person[:, None] == person[None, :], np.float32(np.nan), scores)
        z = _robustly_standardised(scores, strangers)
        alike = np.nan_to_num((z + z.T) / 2, nan=0.0) >= SAME_PERSON
        alike |= person[:, None] == person[None, :]
        before = found
        found, person = connected_components(csr_array(alike), directed=False)
        if found == before:
            break
    return np.asarray(person, dtype=np.int64)


def _robustly_standardised(scores: Float32Array, strangers: Float32Array) -> Float32Array:
    """Standardise each row by the middle and the lower half of its scores.

    Photos of the same person lie above them: even where they are a quarter of the gallery they are found.
    """
    some = strangers[:, :: max(1, strangers.shape[1] // _QUANTILES_OF)]
    low, middle = np.nanquantile(some, [0.16, 0.5], axis=1)[:, :, None]
    return np.asarray((scores - middle) / np.maximum(middle - low, 1e-9), dtype=np.float32)
