"""What every gallery index promises, asked of each of them in turn."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from antigone.gallery import FaissIndex, GalleryIndex, IndexOptions, NumpyIndex
from antigone.gallery.workers import Workers
from antigone.types import Float32Array

DIMENSION = 16

MAKERS: dict[str, Callable[[], GalleryIndex]] = {
    "numpy": lambda: NumpyIndex(DIMENSION),
    "faiss-exact": lambda: FaissIndex(IndexOptions(dimension=DIMENSION)),
    "faiss-small-segments": lambda: FaissIndex(
        IndexOptions(dimension=DIMENSION, segment_rows=64, fresh_rows=16), workers=Workers(2)
    ),
    # 1,500 references and more are scanned in compressed form
    "faiss-compressed": lambda: FaissIndex(
        IndexOptions(dimension=DIMENSION, exact_below=0, shortlist=300, segment_rows=512, fresh_rows=64),
        workers=Workers(2),
    ),
}


@pytest.fixture(params=list(MAKERS))
def index(request: pytest.FixtureRequest) -> GalleryIndex:
    return MAKERS[request.param]()


def templates(n: int, seed: int = 0) -> Float32Array:
    rows = np.random.default_rng(seed).standard_normal((n, DIMENSION)).astype(np.float32)
    unit: Float32Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def alike(rows: Float32Array, noise: float = 0.02, seed: int = 9) -> Float32Array:
    moved = rows + noise * np.random.default_rng(seed).standard_normal(rows.shape).astype(np.float32)
    unit: Float32Array = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return unit


def ids(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_an_empty_index_returns_padding(index: GalleryIndex) -> None:
    found = index.search(templates(2), 3)
    assert found.ids.tolist() == [[-1] * 3] * 2
    assert np.isneginf(found.scores).all()
    assert found.exact
    assert index.count() == 0


def test_the_photo_itself_comes_first(index: GalleryIndex) -> None:
    rows = templates(2_000)
    assert index.add(np.arange(100, 2_100), rows) == 2_000
    found = index.search(rows[[7, 1_900]], 5)
    assert found.ids[:, 0].tolist() == [107, 2_000]
    assert found.scores[:, 0] == pytest.approx([1, 1], abs=1e-3)
    assert (np.diff(found.scores, axis=1) <= 0).all()
    assert found.scores.dtype == np.float32
    assert found.ids.dtype == np.int64


def test_an_exact_search_equals_the_oracle(index: GalleryIndex) -> None:
    rows = templates(3_000)
    oracle = NumpyIndex(DIMENSION)
    for target in (index, oracle):
        target.add(np.arange(3_000), rows)
    probes = np.concatenate([alike(rows[:20]), templates(20, seed=5)])
    ours, theirs = index.search(probes, 50, exact=True), oracle.search(probes, 50)
    assert ours.exact
    np.testing.assert_array_equal(ours.ids, theirs.ids)
    np.testing.assert_array_equal(ours.scores, theirs.scores)


def test_mated_references_are_found_without_demanding_exactness(index: GalleryIndex) -> None:
    rows = templates(3_000)
    index.add(np.arange(3_000), rows)
    found = index.search(alike(rows[::10]), 10)
    assert (found.ids[:, 0] == np.arange(0, 3_000, 10)).all()


def test_one_probe_of_many_and_alone_give_the_same(index: GalleryIndex) -> None:
    index.add(np.arange(3_000), templates(3_000))
    probes = templates(150, seed=3)
    together = index.search(probes, 10)
    for i in (0, 63, 64, 149):
        alone = index.search(probes[i : i + 1], 10)
        np.testing.assert_array_equal(alone.ids[0], together.ids[i])
        np.testing.assert_array_equal(alone.scores[0], together.scores[i])


def test_no_probes_give_no_rows(index: GalleryIndex) -> None:
    index.add(ids(1), templates(1))
    assert index.search(templates(0), 4).ids.shape == (0, 4)


def test_a_list_longer_than_the_gallery_is_padded(index: GalleryIndex) -> None:
    rows = templates(3)
    index.add(ids(5, 6, 7), rows)
    found = index.search(rows[:1], 6)
    assert set(found.ids[0, :3]) == {5, 6, 7}
    assert found.ids[0, 3:].tolist() == [-1] * 3
    assert np.isneginf(found.scores[0, 3:]).all()
    assert np.isfinite(found.scores[0, :3]).all()


def test_a_list_longer_than_the_shortlist_is_full(index: GalleryIndex) -> None:
    index.add(np.arange(4_000), templates(4_000))
    found = index.search(templates(1, seed=4), 900)
    assert (found.ids >= 0).all()
    assert len(set(found.ids[0])) == 900


def test_equal_scores_come_by_ascending_id(index: GalleryIndex) -> None:
    twin = templates(1)
    many = np.random.default_rng(1).permutation(2_400)
    index.add(many, np.repeat(twin, 2_400, axis=0))
    for exact in (True, False):
        found = index.search(twin, 40, exact=exact)
        assert len(set(found.scores[0])) == 1
        assert (np.diff(found.ids[0]) > 0).all()
    assert index.search(twin, 40, exact=True).ids[0].tolist() == list(range(40))


def test_adding_again_changes_nothing(index: GalleryIndex) -> None:
    rows = templates(200)
    index.add(np.arange(200), rows)
    assert index.add(np.arange(100, 200), templates(100, seed=8)) == 0
    assert index.count() == 200
    assert index.search(rows[150:151], 1).ids[0, 0] == 150


def test_an_id_twice_in_one_call_keeps_its_first_template(index: GalleryIndex) -> None:
    rows = templates(3)
    assert index.add(ids(4, 4, 2), rows) == 2
    assert index.search(rows[:1], 1).ids[0, 0] == 4
    assert index.search(rows[1:2], 1).scores[0, 0] < 0.999


def test_ids_may_come_in_any_order(index: GalleryIndex) -> None:
    rows = templates(300)
    order = np.random.default_rng(2).permutation(300)
    for start in range(0, 300, 50):
        part = order[start : start + 50]
        assert index.add(part, rows[part]) == 50
    assert index.ids().tolist() == list(range(300))
    assert (index.search(rows, 1).ids[:, 0] == np.arange(300)).all()


def test_large_ids_survive(index: GalleryIndex) -> None:
    largest = np.iinfo(np.int64).max
    index.add(ids(largest, 0), templates(2))
    assert index.ids().tolist() == [0, largest]


def test_many_small_additions_equal_one(index: GalleryIndex) -> None:
    rows = templates(1_500)
    for start in range(0, 1_500, 37):
        index.add(np.arange(start, min(start + 37, 1_500)), rows[start : start + 37])
    assert index.count() == 1_500
    oracle = NumpyIndex(DIMENSION)
    oracle.add(np.arange(1_500), rows)
    probes = templates(10, seed=6)
    np.testing.assert_array_equal(index.search(probes, 20, exact=True).ids, oracle.search(probes, 20).ids)


def test_removal_is_immediate(index: GalleryIndex) -> None:
    rows = templates(2_500)
    index.add(np.arange(2_500), rows)
    assert index.remove(ids(7, 7, 2_400, 99_999)) == 2
    assert index.count() == 2_498
    for exact in (True, False):
        found = index.search(rows[[7, 2_400]], 50, exact=exact)
        assert not np.isin(found.ids, [7, 2_400]).any()
    assert index.remove(ids(7)) == 0


def test_removing_most_leaves_the_others_findable(index: GalleryIndex) -> None:
    rows = templates(3_000)
    index.add(np.arange(3_000), rows)
    gone = np.flatnonzero(np.arange(3_000) % 10 != 3)
    assert index.remove(gone) == 2_700
    left = np.arange(3, 3_000, 10)
    assert index.ids().tolist() == left.tolist()
    assert (index.search(rows[left], 1).ids[:, 0] == left).all()


def test_a_removed_reference_can_be_added_anew(index: GalleryIndex) -> None:
    rows = templates(50)
    index.add(np.arange(50), rows)
    index.remove(ids(3))
    assert index.add(ids(3), rows[4:5]) == 1
    assert index.search(rows[4:5], 2).ids[0].tolist() == [3, 4]


def test_everything_may_be_removed_and_the_index_used_again(index: GalleryIndex) -> None:
    rows = templates(2_000)
    index.add(np.arange(2_000), rows)
    assert index.remove(np.arange(2_000)) == 2_000
    assert index.count() == 0
    assert index.search(rows[:1], 2).ids.tolist() == [[-1, -1]]
    assert index.add(np.arange(2_000, 4_000), rows) == 2_000
    assert index.search(rows[9:10], 1).ids[0, 0] == 2_009


def test_drop_forgets_everything(index: GalleryIndex) -> None:
    index.add(np.arange(2_000), templates(2_000))
    index.flush()
    index.drop()
    assert index.count() == 0
    assert index.search(templates(1), 1).ids.tolist() == [[-1]]
    index.add(ids(1), templates(1))
    assert index.count() == 1


def test_templates_of_half_precision_are_taken_as_they_are(index: GalleryIndex) -> None:
    rows = templates(60)
    index.add(np.arange(60), rows.astype(np.float16))
    single = NumpyIndex(DIMENSION)
    single.add(np.arange(60), rows)
    np.testing.assert_array_equal(index.search(rows, 3).scores, single.search(rows, 3).scores)


def _bad_templates() -> dict[str, object]:
    nan, infinite = templates(5), templates(5)
    nan[3, 2] = np.nan
    infinite[0, 0] = np.inf
    return {
        "not a number": nan,
        "infinite": infinite,
        "zero": np.zeros((5, DIMENSION), np.float32),
        "not of unit norm": templates(5) * np.float32(1.01),
        "float64": templates(5).astype(np.float64),
        "integers": np.ones((5, DIMENSION), np.int32),
        "of another dimension": templates(5)[:, :8],
        "one-dimensional": templates(1)[0],
    }


@pytest.mark.parametrize("what", list(_bad_templates()))
def test_templates_that_are_off_are_refused_whole(index: GalleryIndex, what: str) -> None:
    bad = np.asarray(_bad_templates()[what])
    with pytest.raises(ValueError, match="templates"):
        index.add(np.arange(len(bad)), bad)
    with pytest.raises(ValueError, match="probes"):
        index.search(bad, 1)
    assert index.count() == 0


@pytest.mark.parametrize(
    "bad", [ids(1, 2, 3), np.array([-1, 2]), np.array([0.0, 1.0]), np.array([[1, 2]]), np.array(["a", "b"])]
)
def test_ids_that_are_off_are_refused(index: GalleryIndex, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="ids"):
        index.add(bad, templates(2))
    assert index.count() == 0


def test_a_list_of_no_candidates_is_refused(index: GalleryIndex) -> None:
    with pytest.raises(ValueError, match="at least one"):
        index.search(templates(1), 0)


def test_an_error_does_not_tell_the_vector(index: GalleryIndex) -> None:
    bad = templates(1) * np.float32(1.5)
    with pytest.raises(ValueError, match="norm") as caught:
        index.add(ids(1), bad)
    assert f"{bad[0, 0]:.3f}" not in str(caught.value)


def test_the_index_keeps_its_own_copy(index: GalleryIndex) -> None:
    rows, numbers = templates(20), np.arange(20)
    kept = rows.copy()
    index.add(numbers, rows)
    rows[:] = 0
    numbers[:] = -5
    assert index.search(kept[3:4], 1).ids[0, 0] == 3


def test_searches_beside_a_writer_see_whole_states(index: GalleryIndex) -> None:
    """Each search sees every reference that was in before it began, and never a removed one."""
    rows = templates(4_000)
    index.add(np.arange(1_000), rows[:1_000])
    removed = np.arange(0, 100)
    index.remove(removed)

    def write() -> None:
        for start in range(1_000, 4_000, 100):
            index.add(np.arange(start, start + 100), rows[start : start + 100])
            index.remove(np.arange(start, start + 50))

    def read(seed: int) -> None:
        rng = np.random.default_rng(seed)
        while not writing.done():
            wanted = int(rng.integers(100, 1_000))
            found = index.search(rows[wanted : wanted + 1], 10, exact=bool(wanted % 2))
            assert found.ids[0, 0] == wanted
            assert not np.isin(found.ids, removed).any()
            assert (found.ids >= 0).all()

    with ThreadPoolExecutor(4) as pool:
        writing = pool.submit(write)
        for reading in [pool.submit(read, seed) for seed in range(3)]:
            reading.result()
        writing.result()
    assert index.count() == 900 + 30 * 50
    assert (index.search(rows[3_950:], 1).ids[:, 0] == np.arange(3_950, 4_000)).all()
