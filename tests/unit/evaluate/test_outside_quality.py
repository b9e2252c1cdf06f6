"""Quality tables of others: read as they are, found by file name, refused with a sentence otherwise."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from antigone.errors import NotFoundError, UsageError
from antigone.evaluate.material import Photo, singles
from antigone.evaluate.outside_quality import NOT_ASSESSED, read_quality

MATERIAL = singles(
    [Photo(name=name) for name in ("ANNA/1.jpg", "ANNA/2.jpg", "BEN/1.jpg", "BEN/3.jpg")],
    ["ANNA", "ANNA", "BEN", "BEN"],
)


def written(folder: Path, text: str) -> Path:
    path = folder / "quality.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_table_of_ofiq_is_read_as_it_is(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "Filename;UnifiedQualityScore;Sharpness;UnifiedQualityScore.scalar;Sharpness.scalar;"
        "assessment_time_in_ms\n"
        "/photos/ANNA/1.jpg;0.91;4.2;71;80;120\n"
        "/photos/ANNA/2.jpg;0.5;4.2;55;-1;120\n"
        "/photos/BEN/1.jpg;0.3;4.2;20;10;120\n",
    )
    found = read_quality(path).of_entries(MATERIAL)
    assert list(found) == ["UnifiedQualityScore", "Sharpness"]
    assert found["UnifiedQualityScore"][:3].tolist() == [71, 55, 20]
    assert found["Sharpness"].tolist()[1] == NOT_ASSESSED  # could not be judged: its worst
    assert np.isnan(found["UnifiedQualityScore"][3])  # not in the table: not known


def test_a_name_that_two_photos_have_is_given_to_neither(tmp_path: Path) -> None:
    path = written(tmp_path, "photo,worth\n1.jpg,5\n3.jpg,7\nBEN\\1.jpg,9\n")
    found = read_quality(path).of_entries(MATERIAL)["worth"]
    assert math.isnan(found[0])
    assert found[2:].tolist() == [9, 7]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column that names the photo"),
        ("name;worth\na.jpg;1\n", "no column that names the photo"),
        ("photo\na.jpg\n", "no column of numbers"),
        ("photo,worth\na.jpg,fine\n", "line 2: a number expected"),
        ("photo,worth\na.jpg\n", "line 2: 2 columns expected"),
        ('photo,worth\n"' + "a" * 200_000 + '",1\n', "is no table"),
        ("photo," + ",".join(f"m{n}" for n in range(65)) + "\n", "more than 64 measures"),
    ],
)
def test_what_is_no_table_of_quality_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_quality(written(tmp_path, text))


def test_a_table_of_other_photos_and_a_missing_one_are_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not speak of any photo"):
        read_quality(written(tmp_path, "photo,worth\nother.jpg,1\n")).of_entries(MATERIAL)
    with pytest.raises(NotFoundError):
        read_quality(tmp_path / "nowhere.csv")
