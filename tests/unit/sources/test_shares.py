"""How far a manifest was read is told with each photo, so that a long import can tell how long it takes."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from antigone.settings import Settings
from antigone.sources.expand import expand
from antigone.sources.offer import Offer
from antigone.sources.walk import Found

ROWS = [{"photo": f"{number}.jpg", "text": "some words " * 20} for number in range(3_000)]


def written(folder: Path, name: str) -> Path:
    path = folder / name
    text = io.StringIO()
    if "csv" in name:
        writer = csv.DictWriter(text, ["photo", "text"])
        writer.writeheader()
        writer.writerows(ROWS)
    else:
        text.writelines(json.dumps(row) + "\n" for row in ROWS)
    data = text.getvalue().encode()
    if name.endswith("parquet"):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path, row_group_size=700)
    else:
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
def test_shares_grow_with_the_rows(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    met = list(expand(Found(location=str(path), size=path.stat().st_size), Settings()))
    shares = [offer.share for offer in met if isinstance(offer, Offer)]
    assert len(shares) == len(ROWS)
    told = [share for share in shares if share is not None]
    assert told == sorted(told)
    assert len(told) == len(shares)
    for at in (0, 1_000, 2_000, 2_999):
        assert told[at] == pytest.approx(at / len(ROWS), abs=0.4)
    assert told[-1] > 0.9


def test_shares_of_a_packed_manifest_stay_within_bounds(tmp_path: Path) -> None:
    path = written(tmp_path, "rows.csv.gz")
    met = list(expand(Found(location=str(path), size=path.stat().st_size), Settings()))
    assert all(offer.share is not None and 0 <= offer.share <= 1 for offer in met if isinstance(offer, Offer))
