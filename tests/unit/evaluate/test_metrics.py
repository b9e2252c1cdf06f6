"""Accuracy measures against values worked out by hand, and invariants over random scores."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.evaluate import metrics
from antigone.evaluate.metrics import SearchScores

INF = float("inf")
scores_lists = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=60)


def searches(
    mated: list[float], other: list[float], rank: list[int], person: list[int] | None = None
) -> SearchScores:
    return SearchScores(
        mated=np.array(mated, dtype=np.float64),
        other=np.array(other, dtype=np.float64),
        rank=np.array(rank, dtype=np.int64),
        person=np.array(person or range(len(mated)), dtype=np.int64),
        enrolled=np.ones(len(mated), dtype=np.bool_),
    )


class TestWilson:
    def test_matches_the_published_worked_example(self) -> None:
        # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for successes, trials, low, high in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ]:
            estimate = metrics.wilson(successes, trials)
            assert estimate.low == pytest.approx(low, abs=5e-5)
            assert estimate.high == pytest.approx(high, abs=5e-5)

    @given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_interval_holds_the_share_and_mirrors(self, case: tuple[int, int]) -> None:
        successes, trials = case
        here = metrics.wilson(successes, trials)
        there = metrics.wilson(trials - successes, trials)
        assert 0 <= here.low <= here.value <= here.high <= 1
        assert here.low == pytest.approx(1 - there.high, abs=1e-12)

    @pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 3), (4, 3)])
    def test_refuses_what_is_no_share(self, successes: int, trials: int) -> None:
        with pytest.raises(ValueError, match="trials"):
            metrics.wilson(successes, trials)


class TestFolds:
    def test_threshold_comes_from_the_other_folds(self) -> None:
        # Fold 0 alone would want 0.25, fold 1 alone 0.65: each is judged by the other's.
        scores = np.array([0.3, 0.2, 0.7, 0.6])
        mated = np.array([True, False, True, False])
        result = metrics.fold_accuracy(scores, mated, np.array([0, 0, 1, 1]))
        assert result.thresholds == pytest.approx((0.65, 0.25))
        assert result.folds == (0.5, 0.5)
        assert result.mean == 0.5
        assert result.standard_error == 0

    def test_standard_error_is_that_of_the_mean(self) -> None:
        scores = np.array([0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.1, 0.9])
        mated = np.array([True, False] * 4)
        result = metrics.fold_accuracy(scores, mated, np.repeat([0, 1, 2, 3], 2))
        assert result.folds == (1.0, 1.0, 1.0, 0.0)
        assert result.mean == 0.75
        assert result.standard_error == pytest.approx(0.25)  # sd 0.5 over sqrt(4)

    def test_a_failed_pair_is_an_error_whatever_it_shows(self) -> None:
        scores = np.array([0.9, 0.1, np.nan, np.nan, 0.9, 0.1, 0.9, 0.1])
        mated = np.array([True, False] * 4)
        result = metrics.fold_accuracy(scores, mated, np.repeat([0, 1], 4))
        assert result.folds == (0.5, 1.0)
        assert result.failed_pairs == 2

    def test_needs_two_folds(self) -> None:
        with pytest.raises(ValueError, match="folds"):
            metrics.fold_accuracy(np.array([0.1]), np.array([True]), np.array([0]))

    @given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]), st.booleans()), min_size=1))
    def test_no_other_cut_does_better(self, pairs: list[tuple[float, bool]]) -> None:
        scores = np.array([score for score, _ in pairs])
        mated = np.array([same for _, same in pairs])
        threshold = metrics.best_threshold(scores, mated)
        right = ((scores >= threshold) == mated).sum()
        for cut in np.arange(0.05, 0.65, 0.1):
            assert ((scores >= cut) == mated).sum() <= right


class TestSearchAll:
    def test_hand_made_gallery(self) -> None:
        references = np.array([[1, 0], [0, 1], [np.nan, np.nan]], dtype=np.float32)
        probes = np.array([[1, 0], [1, 0], [0, 1], [np.nan, np.nan]], dtype=np.float32)
        found = metrics.search_all(probes, np.array([0, 1, 2, 0]), references)
        assert found.mated.tolist() == [1, 0, -INF, -INF]
        assert found.other.tolist() == [0, 1, 1, -INF]
        assert found.rank.tolist() == [1, 2, 0, 0]
        assert metrics.rank_one_hits(found).tolist() == [True, False, False, False]

    def test_a_tie_counts_against_the_own_person(self) -> None:
        references = np.array([[1, 0], [1, 0]], dtype=np.float32)
        found = metrics.search_all(references, np.array([0, 1]), references)
        assert found.rank.tolist() == [2, 2]

    def test_doubtful_pairs_are_no_non_mated_comparisons_but_keep_their_rank(self) -> None:
        references = np.array([[1, 0, 0], [0.8, 0.6, 0], [0.6, 0, 0.8]], dtype=np.float32)
        probes = np.array([[0.8, 0.6, 0], [1, 0, 0]], dtype=np.float32)
        found = metrics.search_all(probes, np.array([0, 1]), references, doubtful=[(1, 0)])
        assert found.mated == pytest.approx([0.8, 0.8])
        assert found.other == pytest.approx([0.48, 0.6])
        assert found.rank.tolist() == [2, 2]

    def test_distance_and_cosine_agree_on_unit_vectors(self) -> None:
        rng = np.random.default_rng(3)
        vectors = rng.normal(size=(40, 16)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        person = rng.integers(0, 30, 10)
        by_cosine = metrics.search_all(vectors[30:], person, vectors[:30])
        by_distance = metrics.search_all(vectors[30:], person, vectors[:30], metrics.negative_distance)
        assert by_cosine.rank.tolist() == by_distance.rank.tolist()
        assert by_distance.mated == pytest.approx(-np.sqrt(2 - 2 * by_cosine.mated), abs=1e-3)

    def test_more_probes_than_one_block(self) -> None:
        rng = np.random.default_rng(4)
        references = rng.normal(size=(7, 4)).astype(np.float32)
        probes = rng.normal(size=(1500, 4)).astype(np.float32)
        person = rng.integers(0, 7, 1500)
        found = metrics.search_all(probes, person, references)
        scores = probes.astype(np.float64) @ references.T
        own = scores[np.arange(1500), person]
        assert found.mated == pytest.approx(own, abs=1e-5)
        assert (found.rank == (scores > own[:, None]).sum(axis=1) + 1).mean() > 0.999


class TestOpenSet:
    def test_hand_computed(self) -> None:
        # 10 non-mated searches; at FPIR 10 % one may return somebody, so the cut lies just above 0.50.
        other = [0.60, 0.50, 0.40, 0.30, 0.30, 0.20, 0.20, 0.10, 0.10, 0.10]
        mated = [0.70, 0.55, 0.50, 0.51, 0.90, 0.45, 0.90, 0.90, 0.90, 0.90]
        result = metrics.fnir_at_fpir(searches(mated, other, [1] * 10), 0.1, resamples=20)
        assert 0.50 < result.threshold < 0.51
        assert result.fnir.value == pytest.approx(0.2)  # 0.50 and 0.45 lie below
        assert result.non_mated_searches == 10

    def test_a_failed_probe_is_a_miss_and_no_search(self) -> None:
        other = [0.5, 0.4, 0.3, 0.2, -INF]
        mated = [0.9, 0.9, 0.9, 0.9, -INF]
        result = metrics.fnir_at_fpir(searches(mated, other, [1, 1, 1, 1, 0]), 0.25, resamples=20)
        assert result.non_mated_searches == 4
        assert 0.4 < result.threshold < 0.5
        assert result.fnir.value == pytest.approx(0.2)

    def test_beyond_the_list_is_a_miss(self) -> None:
        missed = metrics.identification_misses(searches([0.9, 0.9, 0.9], [0.1] * 3, [20, 21, 0]), 0.5)
        assert missed.tolist() == [False, True, True]

    @given(scores_lists, st.sampled_from([0.0, 0.01, 0.1, 0.5]))
    def test_threshold_keeps_its_promise_and_is_the_lowest(self, other: list[float], fpir: float) -> None:
        values = np.array(other)
        threshold = metrics.threshold_at_fpir(values, fpir)
        assert (values >= threshold).mean() <= fpir or threshold <= values.min()
        below = np.unique(values[values < threshold])
        if len(below):
            assert (values >= below[-1]).mean() > fpir

    @given(scores_lists, st.sampled_from([0.01, 0.1, 0.5]))
    def test_weights_count_like_copies(self, other: list[float], fpir: float) -> None:
        values = np.array(other)
        weights = np.arange(len(values)) % 3 + 1
        copied = metrics.threshold_at_fpir(np.repeat(values, weights), fpir)
        assert metrics.threshold_at_fpir(values, fpir, weights.astype(np.float64)) == copied


class TestIntervals:
    def test_a_constant_outcome_has_no_spread(self) -> None:
        estimate = metrics.share_by_people(np.ones(9), np.arange(9) // 3, resamples=50)
        assert (estimate.low, estimate.value, estimate.high, estimate.trials) == (1, 1, 1, 9)

    def test_probes_of_one_person_do_not_narrow_it(self) -> None:
        rng = np.random.default_rng(5)
        by_person = rng.random(50) < 0.5
        alone = metrics.share_by_people(by_person, np.arange(50))
        repeated = metrics.share_by_people(np.repeat(by_person, 20), np.repeat(np.arange(50), 20))
        assert repeated.high - repeated.low == pytest.approx(alone.high - alone.low, rel=0.05)

    def test_the_seed_decides(self) -> None:
        outcome, person = np.arange(30) % 2 == 0, np.arange(30)
        assert metrics.share_by_people(outcome, person, seed=1) == metrics.share_by_people(
            outcome, person, seed=1
        )


class TestQuality:
    def test_bins_by_hand(self) -> None:
        quality = np.array([10.0, 20, 30, 40, 50, 60, 70, 80])
        error = np.array([1, 1, 1, 0, 0, 1, 0, 0], dtype=np.bool_)
        bins = metrics.quality_bins(quality, error, bins=2)
        assert [(b.low, b.high, b.errors.value) for b in bins] == [(10, 40, 0.75), (50, 80, 0.25)]
        assert sum(b.errors.trials for b in bins) == 8

    def test_equal_quality_is_one_bin(self) -> None:
        bins = metrics.quality_bins(np.full(6, 50.0), np.array([True] * 3 + [False] * 3))
        assert [(b.low, b.high, b.errors.value) for b in bins] == [(50, 50, 0.5)]

    @given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=200))
    def test_bins_part_the_probes(self, cases: list[tuple[int, bool]]) -> None:
        quality = np.array([float(value) for value, _ in cases])
        error = np.array([wrong for _, wrong in cases])
        bins = metrics.quality_bins(quality, error)
        assert sum(b.errors.trials for b in bins) == len(cases)
        assert sum(b.errors.value * b.errors.trials for b in bins) == pytest.approx(error.sum())
        assert all(before.high < after.low for before, after in itertools.pairwise(bins))

    def test_a_rise_beyond_chance_is_named(self) -> None:
        quality = np.repeat([1.0, 2.0, 3.0], 200)
        falling = np.concatenate([np.arange(200) < share for share in (100, 50, 10)])
        rising = np.concatenate([np.arange(200) < share for share in (100, 10, 50)])
        assert metrics.rises_at(metrics.quality_bins(quality, falling, bins=3)) == ()
        assert metrics.rises_at(metrics.quality_bins(quality, rising, bins=3)) == (2,)

    def test_discard_by_hand(self) -> None:
        quality = np.array([30.0, 10, 20, 40])
        error = np.array([False, True, True, False])
        curve = metrics.error_versus_discard(quality, error, (0.0, 0.25, 0.5))
        assert curve == pytest.approx((1 / 2, 1 / 3, 0))

    def test_discard_does_not_depend_on_order_within_ties(self) -> None:
        error = np.array([True, False, False, False])
        forwards = metrics.error_versus_discard(np.ones(4), error, (0.5,))
        backwards = metrics.error_versus_discard(np.ones(4), error[::-1], (0.5,))
        assert forwards == backwards == (0.25,)
