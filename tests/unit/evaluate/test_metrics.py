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


class TestErrorRates:
    def test_without_an_error_the_rule_of_three_gives_a_bound(self) -> None:
        rate = metrics.rate_by_people(np.zeros(300, dtype=np.bool_), np.arange(300))
        assert not rate.solid
        assert rate.at_most == pytest.approx(3 / 300, rel=0.01)
        assert rate.text() == "at most 0.99 % (0 of 300)"

    def test_photos_of_few_people_are_no_independent_trials(self) -> None:
        rate = metrics.rate_by_people(np.zeros(300, dtype=np.bool_), np.arange(300) // 30)
        assert rate.at_most == pytest.approx(1 - 0.05 ** (1 / 10))

    def test_thirty_errors_make_a_figure_and_twenty_nine_a_bound(self) -> None:
        for errors, solid in ((29, False), (30, True)):
            rate = metrics.rate_by_people(np.arange(1000) < errors, np.arange(1000))
            assert rate.solid is solid
            assert rate.text().startswith("3.0 % [" if solid else "at most ")
            assert (rate.document()["value"] is not None) is solid

    def test_a_threshold_set_by_few_makes_a_bound(self) -> None:
        rate = metrics.rate_by_people(np.arange(1000) < 100, np.arange(1000), support=7)
        assert rate.text() == f"at most {metrics.percent(rate.at_most)} (100 of 1,000, threshold set by 7)"

    @given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_the_upper_bound_is_one(self, case: tuple[int, int]) -> None:
        errors, trials = case
        bound = metrics.upper_bound(errors, trials)
        assert errors / trials < bound <= 1 or errors == trials
        if errors < trials:
            assert bound > metrics.upper_bound(errors, trials + 1)

    @pytest.mark.parametrize(
        ("share", "text"),
        [(0, "0 %"), (1, "100 %"), (0.123, "12 %"), (0.0123, "1.2 %"), (0.000031, "0.0031 %")],
    )
    def test_rates_have_two_digits(self, share: float, text: str) -> None:
        assert metrics.percent(share) == text


def made_pairs(
    mated: list[float], others: list[float], first: list[int] | None = None, second: list[int] | None = None
) -> metrics.PairScores:
    """Pairs of different people unless it is said who they are."""
    count = len(mated) + len(others)
    first = list(range(count)) if first is None else first
    beside = [*first[: len(mated)], *(count + 1 + place for place in range(len(others)))]
    return metrics.PairScores(
        score=np.array([*mated, *others]),
        mated=np.arange(count) < len(mated),
        first=np.array(first, dtype=np.int64),
        second=np.array(beside if second is None else second, dtype=np.int64),
    )


class TestPairs:
    def test_errors_at_a_rate_of_false_matches_by_hand(self) -> None:
        pairs = made_pairs([0.9, 0.8, 0.5, np.nan], [0.6, 0.4, 0.3, 0.2, 0.1, np.nan, 0.0, 0.0, 0.0, 0.0])
        point = metrics.at_fmr(pairs, 0.1, resamples=20)
        assert 0.4 < point.threshold < 0.401
        assert point.fmr.errors == 1
        assert point.fnmr.errors == 1  # the pair without a template
        assert point.fnmr.support == 1
        strict = metrics.at_threshold(pairs, 0.85, resamples=20)
        assert (strict.fmr.errors, strict.fnmr.errors) == (0, 3)

    def test_too_few_pairs_for_a_rate_are_noticed(self) -> None:
        pairs = made_pairs([0.9] * 5, [0.1] * 99)
        assert metrics.at_fmr(pairs, 0.02, resamples=5).can_be_set
        assert not metrics.at_fmr(pairs, 0.01, resamples=5).can_be_set

    def test_both_people_of_a_pair_are_resampled(self) -> None:
        # One person alone makes every false match; how often they are drawn decides.
        first, second = [0] * 20, list(range(1, 21))
        pairs = made_pairs([0.9] * 2, [0.8] * 10 + [0.1] * 10, [0, 1, *first], [0, 1, *second])
        alone = metrics.at_threshold(pairs, 0.5, resamples=400).fmr.share
        assert alone.low < alone.value < alone.high
        assert alone.value == 0.5

    def test_equal_error_lies_where_both_cross(self) -> None:
        threshold, rate = metrics.equal_error(made_pairs([0.9, 0.8, 0.7, 0.2], [0.75, 0.3, 0.2, 0.1]))
        assert rate == pytest.approx(0.25)
        assert 0.3 < threshold <= 0.75

    @given(scores_lists, scores_lists)
    def test_the_trade_off_falls_on_one_side_and_rises_on_the_other(
        self, mated: list[float], others: list[float]
    ) -> None:
        fmr, fnmr, cuts = metrics.trade_off(made_pairs(mated, others), points=0)
        assert (np.diff(cuts) < 0).all()
        assert (np.diff(fmr) >= 0).all()
        assert (np.diff(fnmr) <= 0).all()
        for cut, false, missed in zip(cuts, fmr, fnmr, strict=True):
            assert false == pytest.approx((np.array(others) >= cut).mean())
            assert missed == pytest.approx((np.array(mated) < cut).mean())


class TestSearchGallery:
    REFERENCES = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)

    def test_several_references_of_a_person_count_once_and_unknown_people_are_the_open_set(self) -> None:
        gallery = metrics.Gallery(templates=self.REFERENCES, person=np.array([7, 7, 8]))
        probes = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
        found, lists = metrics.search_gallery(probes, np.array([7, 7, 9]), gallery)
        assert found.mated[:2] == pytest.approx([1, 0.6])
        assert found.other == pytest.approx([0, 1, 0.96])
        assert found.rank.tolist() == [1, 2, 0]
        assert found.enrolled.tolist() == [True, True, False]
        assert lists.rows[0].tolist() == [0, 1, 2]
        assert len(found.non_mated_searches()) == 1
        assert len(found.mated_searches()) == 2

    def test_closed_set_without_unknown_people_takes_the_own_person_out(self) -> None:
        gallery = metrics.Gallery(templates=self.REFERENCES, person=np.array([7, 7, 8]))
        found, _ = metrics.search_gallery(self.REFERENCES, np.array([7, 7, 8]), gallery)
        assert len(found.non_mated_searches()) == 3
        assert metrics.cumulative_match(found, (1, 2)) == (1.0, 1.0)

    def test_fpir_counts_searches_for_unknown_people_only(self) -> None:
        found = SearchScores(
            mated=np.array([0.9, 0.5, -INF]),
            other=np.array([0.95, 0.1, 0.3]),
            rank=np.array([2, 1, 0]),
            person=np.arange(3),
            enrolled=np.array([True, True, False]),
        )
        result = metrics.fnir_at_fpir(found, 0.5, resamples=10)
        assert result.non_mated_searches == 1
        assert result.threshold == pytest.approx(0.3)
        assert result.fnir.value == 0
        assert result.fnir.trials == 2
