"""A score belongs to two templates, and to nothing around them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.gallery.scoring import best, cutoff, exact_scores, rounding_bound
from antigone.types import Float32Array

Templates = Callable[..., Float32Array]


@pytest.mark.parametrize("dimension", [1, 16, 128, 129, 512])
def test_a_score_does_not_depend_on_its_neighbours(dimension: int, templates: Templates) -> None:
    rows = templates(700, dimension=dimension).astype(np.float16)
    probe = templates(1, seed=1, dimension=dimension)[0]
    together = exact_scores(probe, rows)
    for start, stop in ((0, 1), (3, 4), (699, 700), (5, 305), (0, 699)):
        np.testing.assert_array_equal(exact_scores(probe, rows[start:stop].copy()), together[start:stop])


def test_scores_stay_within_the_range_of_a_cosine(templates: Templates) -> None:
    rows = templates(500)
    for row in rows:
        scores = exact_scores(row, np.stack([row, -row]).astype(np.float16))
        assert scores[0] <= 1
        assert scores[1] >= -1


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 16, 128, 512]), st.integers(1, 40))
def test_no_row_of_the_true_list_is_cut_for_rounding(seed: int, dimension: int, top: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((60, dimension))
    rows[20:] = rows[:1] + 1e-4 * rng.standard_normal((40, dimension))  # many nearly equal ones
    half = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    probe = rng.standard_normal(dimension).astype(np.float32)
    probe /= np.linalg.norm(probe)
    true = exact_scores(probe, half)
    rounded = true + rng.uniform(-1, 1, 60).astype(np.float32) * np.float32(rounding_bound(dimension))
    kept = np.flatnonzero(rounded >= cutoff(rounded, top, dimension))
    ids = np.arange(60)
    assert set(best(ids, true, top)[0].tolist()) <= set(kept.tolist())


def test_float32_sums_stay_within_the_bound(templates: Templates) -> None:
    for dimension in (16, 128, 512):
        rows = templates(2_000, dimension=dimension).astype(np.float16)
        probe = templates(1, seed=2, dimension=dimension)[0]
        in_float32 = np.array([np.cumsum(row.astype(np.float32) * probe)[-1] for row in rows])
        assert np.abs(in_float32 - exact_scores(probe, rows)).max() < rounding_bound(dimension)


def test_the_best_come_by_score_then_id_and_are_padded() -> None:
    ids = np.array([9, 3, 7, 1], np.int64)
    scores = np.array([0.5, 0.5, 0.9, 0.1], np.float32)
    found, their_scores = best(ids, scores, 6)
    assert found.tolist() == [7, 3, 9, 1, -1, -1]
    assert their_scores.tolist()[:4] == pytest.approx([0.9, 0.5, 0.5, 0.1])
    assert np.isneginf(their_scores[4:]).all()
