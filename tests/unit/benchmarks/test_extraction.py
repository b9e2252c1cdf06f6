"""Templates are kept by everything that made them, and never served for anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from antigone.evaluate.extraction import QUALITY_PARTS
from antigone.evaluate.metrics import Similarity, cosine
from benchmarks import extraction
from benchmarks.degrade import Rgb, Turned
from benchmarks.extraction import Found, extract


class MeanColour:
    """A system whose template is the photo's mean colour; a black photo has no face."""

    name = "mean-colour"
    dimension = 3
    similarity: Similarity = staticmethod(cosine)

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.given: list[Path | bytes | Rgb] = []

    def find(self, photos: Iterable[Path | bytes | Rgb]) -> Iterator[Found | None]:
        for photo in photos:
            self.given.append(photo)
            assert not isinstance(photo, bytes)
            pixels = cv2.imread(str(photo), cv2.IMREAD_COLOR_RGB) if isinstance(photo, Path) else photo
            assert pixels is not None
            mean = pixels.reshape(-1, 3).mean(axis=0).astype(np.float32)
            yield (
                Found(template=mean, box=(1, 2, 3, 4), quality=(50.0,) * len(QUALITY_PARTS), faces=2)
                if mean.any()
                else None
            )


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setattr(extraction, "RESULTS", tmp_path / "results")
    paths = []
    for number, value in enumerate((200, 0, 100)):
        paths.append(tmp_path / f"{number}.png")
        cv2.imwrite(str(paths[-1]), np.full((4, 8, 3), value, dtype=np.uint8))
    return paths


def test_rows_follow_the_photos_and_a_failure_is_a_row_of_nan(photos: list[Path]) -> None:
    system = MeanColour()
    found = extract(system, photos)
    assert system.given == photos
    assert found.templates[[0, 2]].tolist() == [[200] * 3, [100] * 3]
    assert np.isnan(found.templates[1]).all()
    assert np.isnan(found.boxes[1]).all()
    assert found.faces.tolist() == [2, 0, 2]
    assert found.failed == 1


def test_the_same_is_read_back_and_not_made_again(photos: list[Path]) -> None:
    made = extract(MeanColour(), photos)
    again = MeanColour()
    kept = extract(again, photos)
    assert again.given == []
    assert np.array_equal(made.templates, kept.templates, equal_nan=True)
    assert np.array_equal(made.quality, kept.quality, equal_nan=True)
    fresh = MeanColour()
    extract(fresh, photos, fresh=True)
    assert len(fresh.given) == 3


def test_other_code_other_photos_or_another_condition_is_made_anew(photos: list[Path]) -> None:
    extract(MeanColour(), photos)
    newer, fewer, turned = MeanColour("2"), MeanColour(), MeanColour()
    extract(newer, photos)
    extract(fewer, photos[:2])
    extract(turned, photos, condition=Turned(degrees=90))
    assert len(newer.given) == 3
    assert len(fewer.given) == 2
    assert [np.asarray(photo).shape for photo in turned.given] == [(8, 4, 3)] * 3


def test_what_older_code_made_does_not_pile_up(photos: list[Path]) -> None:
    for version in ("1", "2", "3"):
        extract(MeanColour(version), photos)
    extract(MeanColour("3"), photos, condition=Turned(degrees=90))
    assert len(list((photos[0].parent / "results" / "templates").iterdir())) == 2
