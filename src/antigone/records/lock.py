"""One writer per collection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from antigone.errors import BusyError
from antigone.records.sqlite import is_storage_full, not_writable, storage_full
from antigone.types import CollectionInfo


@contextmanager
def writer_lock(home: Path, collection: CollectionInfo) -> Iterator[None]:
    """Hold the right to write to a collection; the operating system frees it if this process dies.

    Raises `BusyError` at once when another process or thread holds it.
    """
    folder = home / "locks"
    lock = FileLock(folder / f"collection-{collection.id}.lock", timeout=0)
    try:
        folder.mkdir(exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"another import is writing to the collection {collection.name}",
            hint="wait until it is done, then run the same command again",
        ) from error
    except OSError as error:
        raise storage_full(home) if is_storage_full(error) else not_writable(home) from error
    try:
        yield
    finally:
        lock.release()
