"""The real set, where it is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import lfw


def test_missing_data_is_said_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIGONE_TEST_DATA", str(tmp_path))
    with pytest.raises(lfw.DataMissingError, match="ANTIGONE_TEST_DATA"):
        lfw.load()


def test_the_real_set_has_its_published_counts() -> None:
    try:
        photos = lfw.load()
    except lfw.DataMissingError as missing:
        pytest.skip(str(missing))
    pairs = lfw.load_pairs(photos)
    gallery, probes = photos.gallery(), photos.probes()
    assert (len(photos.photos), photos.people, len(gallery), len(probes)) == (13_233, 5_749, 5_749, 7_484)
    assert photos.persons(gallery).tolist() == list(range(5_749))
    assert not set(gallery) & set(probes)
    assert len(photos.doubtful()) == len(lfw.DOUBTFUL)
    people = np.array([photo.person for photo in photos.photos])
    assert (pairs.mated.sum(), len(pairs.mated), len(np.unique(pairs.fold))) == (3_000, 6_000, 10)
    assert ((people[pairs.first] == people[pairs.second]) == pairs.mated).all()
