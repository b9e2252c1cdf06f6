"""What is particular to the embedded index: when it compresses, what that costs, and how it is laid out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from antigone.gallery import FaissIndex, IndexOptions, NumpyIndex
from antigone.gallery.faiss import grown
from antigone.gallery.workers import Workers
from antigone.types import Float32Array

Templates = Callable[..., Float32Array]


def _index(dimension: int = 16, threads: int = 2, **options: int) -> FaissIndex:
    return FaissIndex(IndexOptions(dimension=dimension, **options), workers=Workers(threads))


def _people(count: int, photos: int, dimension: int, seed: int = 0) -> tuple[Float32Array, np.ndarray]:
    """Photos of people, one after the other, as far apart as those of a real model are."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.standard_normal((count, dimension)), photos, axis=0)
    rows = centres + 0.75 * rng.standard_normal(centres.shape)
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit, np.repeat(np.arange(count), photos)


def test_a_search_is_exact_up_to_the_threshold_and_says_so(templates: Templates) -> None:
    rows = templates(2_001)
    index = _index(exact_below=2_000, shortlist=50)
    index.add(np.arange(2_000), rows[:2_000])
    assert index.search(rows[:2], 3).exact
    assert not index.compressed
    index.add(np.array([2_000]), rows[2_000:])
    assert not index.search(rows[:2], 3).exact
    assert index.compressed
    assert index.search(rows[:2], 3, exact=True).exact
    index.remove(np.array([0]))
    assert index.search(rows[:2], 3).exact


def test_a_gallery_little_larger_than_the_shortlist_is_compared_exactly(templates: Templates) -> None:
    index = _index(exact_below=0, shortlist=500)
    index.add(np.arange(2_000), templates(2_000))
    assert index.search(templates(1, seed=1), 5).exact
    index.add(np.arange(2_000, 2_100), templates(100, seed=2))
    assert not index.search(templates(1, seed=1), 5).exact


@pytest.mark.parametrize("dimension", [1, 7, 129])
def test_odd_dimensions_are_always_compared_exactly(dimension: int, templates: Templates) -> None:
    rows = templates(3_000, dimension=dimension)
    index = _index(dimension, exact_below=0, shortlist=50)
    index.add(np.arange(3_000), rows)
    oracle = NumpyIndex(dimension)
    oracle.add(np.arange(3_000), rows)
    found = index.search(rows[:5], 10)
    assert found.exact
    np.testing.assert_array_equal(found.ids, oracle.search(rows[:5], 10).ids)


@pytest.mark.parametrize("dimension", [2, 6, 128, 256, 512])
def test_dimensions_of_real_packs_are_compressed_without_losing_people(dimension: int) -> None:
    rows, people = _people(900, 3, dimension)
    index = _index(dimension, exact_below=0, shortlist=200)
    index.add(np.arange(len(rows)), rows)
    exact = index.search(rows[::30], 3, exact=True)
    found = index.search(rows[::30], 3)
    assert not found.exact
    assert (found.ids[:, 0] == exact.ids[:, 0]).all()
    if dimension >= 128:  # with fewer dimensions these people are not told apart
        assert (people[found.ids] == people[::30, None]).all()


def test_the_true_fifty_are_nearly_all_found() -> None:
    rows, _ = _people(8_000, 2, 128)
    index = _index(128, exact_below=0, shortlist=1_000, segment_rows=4_096, fresh_rows=1_000)
    index.add(np.arange(len(rows)), rows)
    probes = _people(60, 1, 128, seed=5)[0]
    exact, found = index.search(probes, 50, exact=True), index.search(probes, 50)
    recall = np.mean([np.isin(true, ids).mean() for true, ids in zip(exact.ids, found.ids, strict=True)])
    assert recall >= 0.99


@pytest.mark.parametrize("segment_rows", [300, 1_000, 4_000])
def test_where_references_lie_does_not_matter(segment_rows: int, templates: Templates) -> None:
    """All that is near a probe may lie in one segment; the shortlist is still that of the whole gallery."""
    rows = templates(4_000)
    order = np.argsort(rows @ rows[0])  # the most alike stand together at the end
    whole = _index(exact_below=0, shortlist=300, segment_rows=4_000)
    index = _index(exact_below=0, shortlist=300, segment_rows=segment_rows, fresh_rows=100)
    for target in (whole, index):
        target.add_all([(order, rows[order])])
        assert target.compressed
    assert len(index._now.segments) == -(-4_000 // segment_rows)
    for probes in (rows[:1], rows[:40]):
        np.testing.assert_array_equal(index.search(probes, 150).ids, whole.search(probes, 150).ids)


def test_many_threads_and_one_give_the_same(templates: Templates) -> None:
    rows = templates(3_000)
    answers = []
    for threads in (1, 2, 5):
        index = _index(threads=threads, exact_below=0, shortlist=200, segment_rows=500, fresh_rows=100)
        index.add(np.arange(3_000), rows)
        answers.append([index.search(rows[: 1 + n], 20).ids.tolist() for n in (0, 2, 90)])
    assert answers[0] == answers[1] == answers[2]


def test_the_quantiser_is_trained_again_as_the_gallery_grows(templates: Templates) -> None:
    index = _index(exact_below=1_000, shortlist=50)
    index.add(np.arange(1_500), templates(1_500))
    first = index._now.quantiser
    index.add(np.arange(1_500, 5_999), templates(4_499, seed=1))
    assert index._now.quantiser is first
    index.add(np.array([5_999]), templates(1, seed=2))
    assert index._now.quantiser is not first
    assert index._now.trained_on == 6_000


def test_training_on_other_people_costs_no_recall_once_they_are_outgrown() -> None:
    one, _ = _people(600, 2, 32)
    rng = np.random.default_rng(3)
    shifted = rng.standard_normal((12_000, 32)) * np.linspace(0.2, 2, 32) + 1.5 * rng.standard_normal(32)
    other = (shifted / np.linalg.norm(shifted, axis=1, keepdims=True)).astype(np.float32)
    grown = _index(32, exact_below=1_000, shortlist=100)
    grown.add(np.arange(1_200), one)
    for start in range(0, 12_000, 1_000):
        grown.add(1_200 + np.arange(start, start + 1_000), other[start : start + 1_000])
    at_once = _index(32, exact_below=1_000, shortlist=100)
    at_once.add(np.arange(13_200), np.concatenate([one, other]))
    recalls = []
    for index in (grown, at_once):
        exact, found = index.search(other[::200], 50, exact=True), index.search(other[::200], 50)
        recalls.append(np.mean([np.isin(a, b).mean() for a, b in zip(exact.ids, found.ids, strict=True)]))
    assert recalls[0] > recalls[1] - 0.02


def test_many_batches_are_taken_whole_or_not_at_all(templates: Templates) -> None:
    index = _index()
    good = (np.arange(50), templates(50))
    bad = (np.arange(50, 60), templates(10) * np.float32(2))
    with pytest.raises(ValueError, match="norm"):
        index.add_all([good, bad])
    assert index.count() == 0
    assert index.add_all([good, good, (np.arange(40, 70), templates(30))]) == 70


def test_stored_templates_can_be_read_back(templates: Templates) -> None:
    rows = templates(300)
    index = _index(segment_rows=100, fresh_rows=50)
    index.add(np.arange(300)[::-1].copy(), rows)
    ids, held = index.templates(np.array([299, 5, 1_000, 5]))
    assert ids.tolist() == [5, 299]
    np.testing.assert_array_equal(held, rows[[294, 0]].astype(np.float16))
    assert index.templates(np.array([7_000]))[1].shape == (0, 16)


def test_removing_here_and_there_leaves_no_crumbs(templates: Templates) -> None:
    """Segments that shrink are joined, or a search would visit ever more of them."""
    index = _index(segment_rows=100, fresh_rows=10)
    index.add(np.arange(5_000), templates(5_000))
    index.remove(np.arange(5_000)[np.arange(5_000) % 100 != 0])
    assert index.count() == 50
    assert len(index._now.segments) <= 2


def test_stored_templates_cannot_be_written_to(templates: Templates) -> None:
    index = _index()
    index.add(np.arange(5), templates(5))
    (segment,) = index._now.segments
    for array in (segment.rows, segment.ids):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    "options",
    [{"dimension": 0}, {"dimension": 8, "shortlist": 0}, {"dimension": 8, "exact_below": -1}],
)
def test_impossible_options_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="impossible"):
        IndexOptions(**options)


def test_the_shortlist_grows_with_a_large_gallery() -> None:
    assert [grown(2_000, count) for count in (10, 1_000_000, 4_000_000, 10_000_000)] == [
        2_000,
        2_000,
        4_000,
        6_325,
    ]
