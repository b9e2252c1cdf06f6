import hashlib
import threading
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.ingest import read
from antigone.ingest.read import CHUNK_PHOTOS, in_chunks, read_ahead
from antigone.provenance import Place
from antigone.settings import Settings
from antigone.sources.offer import Offer
from antigone.types import Failure, FailureCode

SETTINGS = Settings(max_file_bytes=1_024)


def offer(location: str, *, size: int = 0, failure: Failure | None = None) -> Offer:
    return Offer(location=location, place=Place.of_file(location), size=size, failure=failure)


@given(st.lists(st.integers(0, 2**26)))
def test_chunks_keep_everything_in_order_and_stay_small(sizes: list[int]) -> None:
    found = [offer(f"/{number}", size=size) for number, size in enumerate(sizes)]
    chunks = list(in_chunks(found))
    assert [item for chunk in chunks for item in chunk] == found
    for chunk in chunks:
        assert 1 <= len(chunk) <= CHUNK_PHOTOS
        assert len(chunk) == 1 or sum(item.size for item in chunk) <= read._CHUNK_BYTES


def test_files_come_in_order_with_bytes_hash_or_failure(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}").write_bytes(b"%d" % number)
    (tmp_path / "large").write_bytes(b"x" * 1_025)
    (tmp_path / "empty").touch()
    given_up = Failure(code=FailureCode.LINK_LOOP, message="A loop.")
    found = [offer(str(tmp_path / f"{number}")) for number in range(200)]
    found += [offer(str(tmp_path / name)) for name in ("large", "empty", "missing")]
    found.append(offer("/loop", failure=given_up))
    read_files = [file for chunk in read_ahead(in_chunks(found), SETTINGS) for file in chunk]
    assert [file.offer for file in read_files] == found
    for number, file in enumerate(read_files[:200]):
        assert (file.data, file.failure) == (b"%d" % number, None)
        assert file.sha256 == hashlib.sha256(file.data).hexdigest()
    assert [file.failure and file.failure.code for file in read_files[200:]] == [
        FailureCode.FILE_TOO_LARGE,
        FailureCode.EMPTY,
        FailureCode.UNREADABLE,
        FailureCode.LINK_LOOP,
    ]
    assert all(file.sha256 is None and not file.data for file in read_files[200:])


def test_photos_that_lie_elsewhere_are_fetched_side_by_side_and_in_order() -> None:
    store = fsspec.filesystem("memory")
    offers = []
    for number in range(100):
        store.pipe_file(f"memory://box/{number}", b"%d" % number)
        offers.append(offer(f"memory://box/{number}"))
    chunks = list(in_chunks(offers))
    assert {len(chunk) for chunk in chunks[:-1]} == {read._CHUNK_BYTES // read._FETCHED_BYTES}
    fetched = [photo for chunk in read_ahead(chunks, SETTINGS) for photo in chunk]
    assert [photo.data for photo in fetched] == [b"%d" % number for number in range(100)]
    store.rm("memory://box", recursive=True)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("antigone-read")]


def test_few_chunks_are_read_ahead_and_none_after_closing(tmp_path: Path) -> None:
    asked = 0

    def chunks() -> object:
        nonlocal asked
        for _ in range(100):
            asked += 1
            yield [offer(str(tmp_path))]

    reader = read_ahead(chunks(), SETTINGS)  # type: ignore[arg-type]
    for taken in range(1, 5):
        next(reader)
        assert asked <= taken + read._CHUNKS_AHEAD
    reader.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("antigone-read")]
    with pytest.raises(StopIteration):
        next(reader)
