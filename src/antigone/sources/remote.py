"""Files that hold photos, and photos that are files of their own, read wherever they lie."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from antigone.errors import NotFoundError, PhotoError, SourceError, UsageError
from antigone.faces.reading import open_regular, read_bounded
from antigone.printable import printable
from antigone.settings import Settings
from antigone.sources.urls import Reach, allowed, reach_of

if TYPE_CHECKING:
    from antigone.sources.remote_store import Stored

_BUFFER = 256 << 10  # bytes


def read_file(stored_at: str, settings: Settings) -> bytes:
    """Return the bytes of a photo file, by absolute path or URL.

    Raises `PhotoError` (unreadable, link-loop, not-allowed, empty-file, file-too-large).
    """
    address = allowed(stored_at, settings)
    match reach_of(address):
        case Reach.MACHINE:
            return read_bounded(Path(address), settings.max_file_bytes)
        case Reach.STORE:
            from antigone.sources import remote_store  # loads the libraries of the store

            return remote_store.read(address, most=settings.max_file_bytes, timeout=settings.remote_timeout)
        case Reach.WEB:
            from antigone.sources import remote_http

            return remote_http.read(address, most=settings.max_file_bytes, timeout=settings.remote_timeout)


def open_material(stored_at: str, settings: Settings) -> BinaryIO:
    """Open an archive, a video or a manifest, by absolute path or URL, for reading; it can seek.

    Raises `PhotoError` (unreadable, link-loop, not-allowed, empty-file) where it cannot be opened. Reading
    raises `OSError` with a sentence for a person where the connection fails later. Close it after use.
    """
    address = allowed(stored_at, settings)
    match reach_of(address):
        case Reach.MACHINE:
            return open_regular(Path(address))
        case Reach.STORE:
            from antigone.sources import remote_store

            opened = remote_store.open_object(address, timeout=settings.remote_timeout)
            return io.BufferedReader(_Remote(opened, remote_store.told), _BUFFER)
        case Reach.WEB:
            from antigone.sources import remote_http

            file = remote_http.WebFile(address, timeout=settings.remote_timeout)
            return io.BufferedReader(_Remote(file, nullcontext), _BUFFER)


def named(address: str, settings: Settings) -> str:
    """Return a URL that the operator names, in the form in which it is read and stored.

    Raises `UsageError` where it may not be read.
    """
    try:
        return allowed(address, settings)
    except PhotoError as error:
        raise UsageError(error.message, hint=error.hint) from error


def is_folder(url: str, settings: Settings) -> bool:
    """Tell whether a URL names a folder or bucket of a store, not one object.

    Raises `NotFoundError` where the store has neither, and `SourceError` where it cannot be asked.
    """
    if reach_of(url) is not Reach.STORE:
        return False
    from antigone.sources import remote_store

    try:
        return remote_store.is_folder(url, timeout=settings.remote_timeout)
    except FileNotFoundError as error:
        raise NotFoundError(
            f"the store holds nothing at {printable(url)}", hint="check bucket and name"
        ) from error
    except PhotoError as error:
        raise SourceError(f"{printable(url)} cannot be read: {error.message}") from error


def objects_in(folder: str, settings: Settings) -> Iterator[Stored]:
    """Yield every object of a store below a folder, in the order of their keys.

    Raises `PhotoError` (unreadable) where the store fails, also in the middle.
    """
    from antigone.sources import remote_store

    return remote_store.objects_in(folder, timeout=settings.remote_timeout)


class _Remote(io.RawIOBase):
    """A remote file; what goes wrong while it is read is an `OSError` with a sentence for a person."""

    def __init__(self, file: Any, telling: Callable[[], AbstractContextManager[None]]) -> None:  # noqa: ANN401
        self._file = file
        self._telling = telling

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - anything writable, as `io` has it
        with _as_os_error(), self._telling():
            data: bytes = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        position: int = self._file.seek(offset, whence)
        return position

    def tell(self) -> int:
        position: int = self._file.tell()
        return position

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except PhotoError as error:
        raise OSError(errno.EIO, error.message) from error
