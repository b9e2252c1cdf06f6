"""What the database's own errors become."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from antigone.errors import BusyError, StorageFullError, WorkspaceError
from antigone.records import Records, sqlite
from antigone.records.sqlite import FILE_NAME, typed_error
from antigone.records.tables import TemplateRow
from made_up import add_collection


def an_error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("SQLITE_FULL", StorageFullError, "is full"),
        ("SQLITE_BUSY", BusyError, "another process"),
        ("SQLITE_LOCKED_SHAREDCACHE", BusyError, "another process"),
        ("SQLITE_READONLY_DBMOVED", WorkspaceError, "cannot be written"),
        ("SQLITE_CANTOPEN", WorkspaceError, "cannot be written"),
        ("SQLITE_CORRUPT_INDEX", WorkspaceError, "damaged"),
        ("SQLITE_NOTADB", WorkspaceError, "damaged"),
        ("SQLITE_IOERR_WRITE", WorkspaceError, "what SQLite says"),
        ("", WorkspaceError, "what SQLite says"),
    ],
)
def test_errors_are_typed_and_say_what_to_do(
    tmp_path: Path, name: str, kind: type[WorkspaceError], words: str
) -> None:
    error = typed_error(an_error(name), tmp_path)
    assert type(error) is kind
    assert words in error.message
    assert error.hint


def test_an_input_error_on_a_full_disk_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_LEAST_FREE_BYTES", 2**80)
    assert isinstance(typed_error(an_error("SQLITE_IOERR_WRITE"), tmp_path), StorageFullError)


def test_a_writer_that_waits_too_long_is_told(
    tmp_path: Path, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    with records._writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 20")  # the pool hands it to the next caller
    other = sqlite3.connect(records.home / FILE_NAME)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError, match="another process"):
        add_collection(records)
    assert records.collections() == ()  # readers are not held up
    other.rollback()
    other.close()
    add_collection(records)


def test_threads_write_beside_each_other(records: Records) -> None:
    names = [f"collection {number}" for number in range(16)]
    threads = [threading.Thread(target=add_collection, args=(records, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {collection.name for collection in records.collections()} == set(names)


def test_every_write_is_on_disk_before_it_returns(records: Records) -> None:
    with records._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    full = 2
    assert pragmas == {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "recursive_triggers": 1}


def test_an_error_of_the_database_shows_no_values(records: Records) -> None:
    secret = b"a template"
    with pytest.raises(IntegrityError) as caught, records._writer.begin() as connection:
        connection.execute(insert(TemplateRow).values(face_id=1, collection_id=1, model="m-1", vector=secret))
    assert "a template" not in str(caught.value)
