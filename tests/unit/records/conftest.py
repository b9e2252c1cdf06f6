import pytest

from antigone.records import ImportInfo, Records
from antigone.types import CollectionInfo
from made_up import add_collection


@pytest.fixture
def collection(records: Records) -> CollectionInfo:
    return add_collection(records)


@pytest.fixture
def running(records: Records, collection: CollectionInfo) -> ImportInfo:
    """An import that has just begun."""
    return records.begin_import(collection_id=collection.id, model="m-1", request="all of it")
