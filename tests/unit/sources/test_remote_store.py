"""Photos, material and folders in object storage.

Over real HTTP with a server of its own process, moto's, which stands in for S3; and in memory.
"""

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from antigone.errors import NotFoundError, PhotoError, SourceError, UsageError
from antigone.settings import Settings
from antigone.sources import remote_store
from antigone.sources.remote import open_material, read_file
from antigone.sources.walk import Found, Walk, make_plan
from antigone.types import FailureCode
from s3_server import upload

SETTINGS = Settings(max_file_bytes=1024, remote_timeout=5)
FILES = {
    "people/b/2.jpg": b"two",
    "people/b/10.jpg": b"ten",
    "people/a ü?#.jpg": b"odd name",
    "people/notes.txt": b"no photo",
    "people/table.csv": b"photo\n",
    "people/empty.jpg": b"",
    "people/large.jpg": b"x" * 1025,
    "people.jpg": b"beside",
    "peoples/c.jpg": b"another folder",
}


@pytest.fixture
def bucket(s3: str, tmp_path: Path) -> Iterator[str]:
    for name, content in FILES.items():
        path = tmp_path / "upload" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    upload(tmp_path / "upload", s3)
    remote_store._store.cache_clear()
    yield f"s3://{s3}"
    remote_store._store.cache_clear()


@pytest.fixture
def memory() -> Iterator[str]:
    store = fsspec.filesystem("memory")
    for name, content in FILES.items():
        store.pipe_file(f"memory://box/{name}", content)
    yield "memory://box"
    store.rm("memory://box", recursive=True)


@pytest.fixture(params=["bucket", "memory"])
def store(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def visit(*urls: str) -> tuple[list[Found], int]:
    walk = Walk(make_plan(urls, SETTINGS), SETTINGS)
    return list(walk), walk.ignored


def test_photos_are_read_by_url_whatever_their_names(store: str) -> None:
    assert read_file(f"{store}/people/b/2.jpg", SETTINGS) == b"two"
    assert read_file(f"{store}/people/a ü?#.jpg", SETTINGS) == b"odd name"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("people/empty.jpg", FailureCode.EMPTY),
        ("people/large.jpg", FailureCode.FILE_TOO_LARGE),
        ("people/missing.jpg", FailureCode.UNREADABLE),
        ("people", FailureCode.UNREADABLE),
    ],
)
def test_what_is_no_photo_fails_with_a_code(store: str, name: str, code: FailureCode) -> None:
    with pytest.raises(PhotoError) as failed:
        read_file(f"{store}/{name}", SETTINGS)
    assert failed.value.failure.code is code


def test_a_folder_is_visited_in_the_order_of_its_keys(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_store, "_PAGE", 2)  # several pages of the listing
    found, ignored = visit(f"{store}/people")
    assert [item.location.removeprefix(store) for item in found] == [
        "/people/a ü?#.jpg",
        "/people/b/10.jpg",
        "/people/b/2.jpg",
        "/people/empty.jpg",
        "/people/large.jpg",
    ]
    assert ignored == 2
    assert [item.size for item in found] == [8, 3, 3, 0, 1025]
    assert all(item.changed_ns > 1.6e18 and item.failure is None for item in found)


def test_a_whole_store_and_a_place_within_are_visited_once(store: str) -> None:
    everything, _ = visit(store, f"{store}/people", f"{store}/peoples/", f"{store}/people/b/2.jpg")
    names = [item.location.removeprefix(store + "/") for item in everything]
    assert sorted(names) == sorted(name for name in FILES if not name.endswith((".txt", ".csv")))
    assert make_plan([f"{store}/people/", f"{store}/people/b/2.jpg"], SETTINGS).files == (
        f"{store}/people/b/2.jpg",
    )


def test_a_named_object_is_visited_whatever_it_is(store: str) -> None:
    found, _ = visit(f"{store}/people/notes.txt")
    assert [item.location for item in found] == [f"{store}/people/notes.txt"]


def test_what_is_not_there_or_may_not_be_read_is_said_before_anything_begins(store: str) -> None:
    with pytest.raises(NotFoundError, match="holds nothing"):
        make_plan([f"{store}/nowhere"], SETTINGS)
    with pytest.raises(UsageError, match="credentials"):
        make_plan(["s3://key:secret@bucket/a"], SETTINGS)


def test_material_can_seek(store: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", os.urandom(5_000_000))
        archive.writestr("b.txt", "found")
    fsspec.filesystem(store.partition(":")[0]).pipe_file(f"{store}/archive.zip", packed.getvalue())
    with open_material(f"{store}/archive.zip", SETTINGS) as file, zipfile.ZipFile(file) as archive:
        assert archive.read("b.txt") == b"found"
        assert archive.testzip() is None
    assert file.closed


def test_material_that_changes_while_it_is_read_is_not_mixed(bucket: str) -> None:
    s3 = fsspec.filesystem("s3")
    s3.pipe_file(f"{bucket}/archive.warc", b"a" * 9_000_000)
    with open_material(f"{bucket}/archive.warc", SETTINGS) as file:
        assert file.read(3) == b"aaa"
        s3.pipe_file(f"{bucket}/archive.warc", b"b" * 9_000_000)
        file.seek(8_000_000)
        with pytest.raises(OSError, match="The object changed while it was read"):
            file.read(3)


def test_material_that_is_missing_is_a_failure(store: str) -> None:
    with pytest.raises(PhotoError) as failed:
        open_material(f"{store}/missing.warc", SETTINGS)
    assert failed.value.failure.code is FailureCode.UNREADABLE


def test_a_store_out_of_reach_is_told_at_once(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    remote_store._store.cache_clear()
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(SourceError, match="cannot be reached"):
        make_plan([f"{bucket}/people"], SETTINGS)
    with pytest.raises(PhotoError, match="cannot be reached"):
        read_file(f"{bucket}/people.jpg", SETTINGS)
    fsspec.filesystem("s3").clear_instance_cache()


def test_a_listing_that_fails_in_the_middle_is_a_finding(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_store, "_PAGE", 1)
    pages = iter(Walk(make_plan([bucket], SETTINGS), SETTINGS))
    assert next(pages).failure is None
    fsspec.filesystem("s3").rm(bucket, recursive=True)
    rest = list(pages)
    assert rest[-1].location == bucket
    assert rest[-1].failure is not None
    assert rest[-1].failure.code is FailureCode.UNREADABLE
