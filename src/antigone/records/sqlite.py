"""Everything about SQLite that PostgreSQL does otherwise: opening, locking, and what its errors mean.

Durability: every transaction is written with ``synchronous=FULL``, also those of an import. A batch of 256
photos takes about a second to analyse and one fsync to write, so the weaker NORMAL would save well under
one percent. It would also be wrong: after a power cut NORMAL may lose the last transactions, whose
reference numbers would be given again to other faces while an index on disk still holds the old ones.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from antigone.errors import AntigoneError, BusyError, StorageFullError, WorkspaceError

FILE_NAME = "records.db"

_BUSY_TIMEOUT_MS = 30_000  # a writer holds the lock for some milliseconds; waiting this long is a fault
_PRAGMAS = (
    f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # else REPLACE would delete a row without asking the audit trigger
    "PRAGMA cache_size = -65536",  # 64 MiB
)
_WRITE = "antigone_write"
_LEAST_FREE_BYTES = 2**20  # below this an I/O error is taken to mean a full disk


def sqlite_engine(home: Path) -> Engine:
    """Return the engine for the records in ``home``; its errors are `AntigoneError`s."""
    url = URL.create("sqlite", database=str(home / FILE_NAME))
    engine = create_engine(url, hide_parameters=True)  # an error message must never show a template

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _record: object) -> None:
        assert isinstance(connection, sqlite3.Connection)
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except sqlite3.Error as error:
            raise typed_error(error, home) from error

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A writer takes the lock at once: a reader that turns writer later can only fail.
        writes = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> AntigoneError | None:
        error = context.original_exception
        if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
            return typed_error(error, home)
        return None

    return engine


def writing(engine: Engine) -> Engine:
    """Return a view of ``engine`` whose transactions hold the write lock from their beginning."""
    return engine.execution_options(**{_WRITE: True})


def typed_error(error: sqlite3.Error, home: Path) -> AntigoneError:
    """Say what an error of SQLite means for the person at the keyboard."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and _is_full(home)):
        return storage_full(home)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(
            f"another process has been writing to {home / FILE_NAME} for {_BUSY_TIMEOUT_MS // 1000} s",
            hint="wait until it is done, then run the same command again",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return not_writable(home)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return WorkspaceError(
            f"{home / FILE_NAME} is damaged: {error}", hint="restore the workspace from a backup"
        )
    return WorkspaceError(f"{home / FILE_NAME}: {error}", hint="check the disk and its free space")


def storage_full(home: Path) -> StorageFullError:
    """Return the error for a disk without space."""
    return StorageFullError(
        f"the disk of {home} is full; everything written before is safe",
        hint="free some space, then run the same command again: it goes on where it stopped",
    )


def not_writable(home: Path) -> WorkspaceError:
    """Return the error for a workspace that may not be written."""
    return WorkspaceError(
        f"the workspace {home} cannot be written",
        hint="check the permissions of the folder and of the files in it, and that the disk is not "
        "mounted read-only; every search writes its audit entry there",
    )


def is_storage_full(error: OSError) -> bool:
    """Tell whether an operating system error means that no space is left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _is_full(home: Path) -> bool:
    try:
        return shutil.disk_usage(home).free < _LEAST_FREE_BYTES
    except OSError:
        return False
