"""The ways that are compared do what their text says, and the product does the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from antigone.evaluate.extraction import Extraction, empty_extraction
from antigone.evaluate.strength.background import learn_background
from benchmarks import improvements
from benchmarks.improvements import PLAIN, Templates, Tried, fused, searched, several
from benchmarks.lfw import Lfw, LfwPhoto


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def references() -> np.ndarray:
    return unit(np.random.default_rng(0).standard_normal((400, 16)) + 0.3)


def people(count: int) -> Lfw:
    photos = tuple(
        LfwPhoto(person=number, name=f"P{number}", number=1, path=Path(f"P{number}_0001.jpg"))
        for number in range(count)
    )
    return Lfw(folder=Path(), photos=photos)


def test_by_strength_standardises_as_the_strength_of_a_search_does(references: np.ndarray) -> None:
    probe = references[:1]
    wide = references.astype(np.float64)
    background = learn_background(references, wide.mean(axis=0), np.cov(wide.T, bias=True))
    assert background is not None
    scores = improvements.plain(probe, references)[0]
    expected = background.standardised(probe[0], scores)
    assert improvements.by_strength(probe, references)[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("way", [way.way for way in improvements.WAYS], ids=lambda way: way.__name__)
def test_every_way_finds_a_face_that_is_there(way: improvements.Way, references: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    probes = unit(references + 0.02 * rng.standard_normal(references.shape).astype(np.float32))
    found = searched(
        Tried(name="way", pack="", way=way),
        Templates(references=references, probes=probes),
        np.arange(400),
        people(400),
    )
    assert (found.rank == 1).all()
    assert (found.mated > found.other).all()


def test_nothing_is_learnt_from_a_person_who_is_not_there(references: np.ndarray) -> None:
    probes, others = references[:20], np.arange(20)
    for way in improvements.WAYS:
        found = way.way(probes, references, others)
        assert np.isneginf(found[others, others]).all()
    for score in (improvements.as_norm, improvements.neighbours):
        left_out = score(probes[:1], np.delete(references, 0, axis=0), None)[0]
        masked = np.delete(score(probes[:1], references, others[:1])[0], 0)
        if score is improvements.neighbours:  # the other side of AS-norm looks at one reference less
            assert masked == pytest.approx(left_out, abs=1e-6)
        assert np.corrcoef(masked, left_out)[0, 1] > 0.999


def test_a_face_that_gave_no_template_is_missed_and_raises_no_alarm(references: np.ndarray) -> None:
    probes = references[:3].copy()
    probes[0] = np.nan
    gallery = references.copy()
    gallery[1] = np.nan
    found = searched(PLAIN, Templates(references=gallery, probes=probes), np.arange(3), people(400))
    assert found.rank.tolist() == [0, 0, 1]
    assert np.isneginf(found.other[0])
    assert np.isneginf(found.mated[:2]).all()


def test_several_photos_are_fused_by_quality_and_failed_ones_left_out() -> None:
    person = np.array([0, 0, 0, 1, 1, 2])
    assert several(person, 2).tolist() == [[0, 1], [3, 4]]
    assert len(several(np.zeros(100, dtype=np.int64), 2)) == improvements.MOST_SETS
    assert several(np.arange(5), 2).shape == (0, 2)
    made: Extraction = empty_extraction(2, 2)
    made.templates[:] = np.eye(2)
    made.quality[:, 0] = (90, 10)
    rows = np.array([[0, 1]])
    assert fused(made, rows, weighted=False)[0] == pytest.approx([2**-0.5] * 2)
    assert fused(made, rows, weighted=True)[0] == pytest.approx(np.array([9, 1]) / 82**0.5)
    made.templates[1] = np.nan
    assert fused(made, rows, weighted=True)[0].tolist() == [1, 0]
    made.templates[0] = np.nan
    assert np.isnan(fused(made, rows, weighted=True)).all()
