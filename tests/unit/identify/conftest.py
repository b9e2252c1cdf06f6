"""A workspace in which the faces of every photo are invented."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antigone.records import open_records
from invented import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_records(tmp_path / "home", create=True) as records:
        yield Bench(tmp_path, records)
