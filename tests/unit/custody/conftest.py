from pathlib import Path

import pytest

from antigone.records import Records
from shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path, records: Records) -> Shelf:
    return Shelf(tmp_path / "originals", records)
