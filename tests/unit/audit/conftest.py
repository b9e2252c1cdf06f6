from collections.abc import Iterator
from pathlib import Path

import pytest

from antigone.records import Records, open_records


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(tmp_path / "home", create=True) as opened:
        yield opened
