"""The verification protocol's file format, the choice of face, and the real set where it is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import lfw
from benchmarks.lfw import LfwPhoto

PHOTOS = tuple(
    LfwPhoto(person=person, name=name, number=number, path=Path(f"{name}_{number:04d}.jpg"))
    for person, name in enumerate(["Ada", "Bo"])
    for number in (1, 2)
)


def test_pairs_are_read_fold_by_fold() -> None:
    text = "2\t1\nAda\t1\t2\nAda\t1\tBo\t2\nBo\t2\t1\nBo\t1\tAda\t2\n"
    pairs = lfw.parse_pairs(text, PHOTOS)
    assert pairs.first.tolist() == [0, 0, 3, 2]
    assert pairs.second.tolist() == [1, 3, 2, 1]
    assert pairs.mated.tolist() == [True, False, True, False]
    assert pairs.fold.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\t2\nAda\t1\t2\n", "expected 4 pairs, found 1"),
        ("1\t1\nAda\t1\tBo\t2\nAda\t1\t2\n", "line 2: 4 fields"),
    ],
)
def test_other_content_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lfw.parse_pairs(text, PHOTOS)


def test_the_face_nearest_to_the_centre_is_taken() -> None:
    boxes = np.array([[0, 0, 200, 200], [100, 100, 60, 60], [150, 150, 90, 90]], dtype=np.float32)
    assert lfw.nearest_to_centre(boxes, 250, 250) == 1
    assert lfw.nearest_to_centre(boxes[[2, 0]], 250, 250) == 1


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
