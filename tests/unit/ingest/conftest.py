import pytest

from antigone.records import Records
from antigone.types import CollectionInfo
from made_up import add_collection


@pytest.fixture
def collection(records: Records) -> CollectionInfo:
    return add_collection(records)
