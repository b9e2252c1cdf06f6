"""A workspace of invented people."""

from __future__ import annotations

import pytest

from antigone.records import Records
from crowd import Crowd


@pytest.fixture
def crowd(records: Records) -> Crowd:
    return Crowd(records)
