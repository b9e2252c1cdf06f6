"""Average linkage over neighbours: the same groups as comparing everything gives, and nothing forbidden."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.persons.linkage import Units, join, links
from antigone.persons.rule import Rule
from antigone.types import Float32Array
from crowd import template

RULE = Rule(join=0.45, pair=0.07)


def units(
    rows: Float32Array,
    *,
    poor: list[bool] | None = None,
    photos: list[set[int]] | None = None,
    sides: list[set[tuple[int, int]]] | None = None,
) -> Units:
    count = len(rows)
    return Units(
        totals=rows,
        sizes=np.ones(count, np.int64),
        poor=np.array(poor or [False] * count),
        photos=[frozenset(one) for one in (photos or [set()] * count)],
        sides=[frozenset(one) for one in (sides or [set()] * count)],
    )


def all_pairs(count: int) -> np.ndarray:
    return np.array(list(combinations(range(count), 2)), np.int64).reshape(-1, 2)


def plainest(rows: Float32Array) -> list[list[int]]:
    """Join the two groups that fit best, all pairs of faces compared anew each time."""
    groups = [[row] for row in range(len(rows))]
    while True:
        best = (0.0, -1, -1)
        for a, b in combinations(range(len(groups)), 2):
            pairs = len(groups[a]) * len(groups[b])
            mean = float((rows[groups[a]] @ rows[groups[b]].T).mean())
            best = max(best, (mean - RULE.join - RULE.pair / pairs, a, b))
        if best[1] < 0:
            return sorted(sorted(group) for group in groups)
        groups[best[1]] += groups.pop(best[2])


def faces(people: list[int]) -> Float32Array:
    return np.stack([template(person, photo) for photo, person in enumerate(people)])


def noisy(people: list[int], seed: int) -> Float32Array:
    """Return faces of which some hardly belong anywhere."""
    rows = faces(people)
    rng = np.random.default_rng(seed)
    moved = rows + rng.uniform(0, 0.15, (len(rows), 1)) * rng.standard_normal(rows.shape)
    made: Float32Array = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    return made


@given(people=st.lists(st.integers(0, 4), min_size=1, max_size=16), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_it_gives_what_the_plainest_code_gives(people: list[int], seed: int) -> None:
    rows = noisy(people, seed)
    assert sorted(join(units(rows), all_pairs(len(rows)), RULE)) == plainest(rows)


SIDE = st.none() | st.tuples(st.integers(0, 2), st.integers(0, 1))


@given(
    people=st.lists(st.integers(0, 2), min_size=2, max_size=20),
    photos=st.lists(st.integers(0, 6), min_size=20, max_size=20),
    sides=st.lists(
        st.one_of(st.none(), st.tuples(st.integers(0, 2), st.integers(0, 1))), min_size=20, max_size=20
    ),
)
@settings(max_examples=80, deadline=None)
def test_what_is_forbidden_never_comes_together(
    people: list[int], photos: list[int], sides: list[tuple[int, int] | None]
) -> None:
    rows = faces(people)
    on = [{photo} for photo in photos[: len(rows)]]
    apart = [set() if side is None else {side} for side in sides[: len(rows)]]
    groups = join(units(rows, photos=on, sides=apart), all_pairs(len(rows)), RULE)
    assert sorted(row for group in groups for row in group) == list(range(len(rows)))
    for group in groups:
        for a, b in combinations(group, 2):
            assert on[a].isdisjoint(on[b])
            assert not any((correction, 1 - side) in apart[b] for correction, side in apart[a])


def test_the_order_of_pairs_does_not_matter() -> None:
    rows = noisy([0, 0, 0, 1, 1, 2, 2, 2, 0, 1], seed=5)
    pairs = all_pairs(len(rows))
    turned = np.random.default_rng(0).permutation(pairs)[:, ::-1]
    assert join(units(rows), pairs, RULE) == join(units(rows), turned, RULE)


def test_only_near_faces_are_compared() -> None:
    rows = faces([0, 0, 0])
    assert join(units(rows), np.array([[0, 1]]), RULE) == [[0, 1], [2]]


def test_poor_faces_begin_no_group_and_join_one_of_three() -> None:
    two = faces([0, 0])
    assert join(units(two, poor=[True, False]), all_pairs(2), RULE) == [[0], [1]]
    four = faces([0, 0, 0, 0])
    poor = [True, False, False, False]
    assert join(units(four, poor=poor), all_pairs(4), RULE) == [[0, 1, 2, 3]]


def test_groups_count_by_their_size() -> None:
    pair = template(0, 0) + template(0, 1)
    made = Units(
        totals=np.stack([pair, template(0, 2)]),
        sizes=np.array([2, 1]),
        poor=np.array([False, False]),
        photos=[frozenset()] * 2,
        sides=[frozenset()] * 2,
    )
    assert join(made, np.array([[0, 1]]), RULE) == [[0, 1]]


def test_links_are_mean_scores_to_the_others() -> None:
    rows = faces([0, 0, 0])
    scores = rows @ rows.T
    expected = [(scores[row].sum() - scores[row, row]) / 2 for row in range(3)]
    assert links(rows) == pytest.approx(expected, abs=1e-6)
    assert np.isnan(links(rows[:1])).all()
