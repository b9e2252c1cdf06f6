"""How alike faces must be."""

from __future__ import annotations

import pytest

from antigone.errors import UsageError
from antigone.persons.mixed import BOUNDS, mixed_share, slack
from antigone.persons.rule import DEFAULT_MODEL, Rule


def test_single_faces_need_more_the_larger_the_collection() -> None:
    small, large = Rule.of(DEFAULT_MODEL, 100), Rule.of(DEFAULT_MODEL, 1_500_000)
    assert small == Rule.of(DEFAULT_MODEL, 15_000)
    assert large.single == pytest.approx(small.single + 0.08)
    assert large.floor == small.floor


def test_another_model_needs_a_score_of_its_own() -> None:
    with pytest.raises(UsageError, match="not measured") as caught:
        Rule.of("other-1", 10)
    assert "--alike" in caught.value.hint
    assert Rule.of("other-1", 10, alike=0.3).single == 0.3


@pytest.mark.parametrize("alike", [-1.0, 0.0, 1.0, 7.0])
def test_a_score_that_groups_nothing_or_everything_is_refused(alike: float) -> None:
    with pytest.raises(UsageError):
        Rule.of(DEFAULT_MODEL, 10, alike=alike)


def test_looser_clusters_are_mixed_more_often() -> None:
    rule = Rule.of(DEFAULT_MODEL, 100)
    shares = [
        mixed_share(rule.single + bound - 0.001, 2, rule, DEFAULT_MODEL) for bound in (*BOUNDS[:-1], 0.3)
    ]
    counted = [share.share for share in shares if share is not None]
    assert len(counted) == len(BOUNDS)
    assert counted == sorted(counted, reverse=True)
    assert slack(rule.single, 2, rule) == pytest.approx(0)


def test_nothing_is_said_where_nothing_was_counted() -> None:
    rule = Rule.of(DEFAULT_MODEL, 100)
    assert mixed_share(None, 1, rule, DEFAULT_MODEL) is None
    assert mixed_share(0.6, 2, rule, "other-1") is None
