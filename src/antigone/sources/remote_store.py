"""Object storage through fsspec: photos, material and whole folders. Read only.

Which server is asked and with which keys is the operator's business alone, by the usual means of the store
(for S3: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, profiles, roles); no URL can say it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO, cast

import fsspec
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from antigone.errors import PhotoError
from antigone.faces.reading import empty, too_large
from antigone.failures import FailureCode
from antigone.sources.urls import scheme_of

_BLOCK = 4 << 20  # bytes of material fetched at once
_PAGE = 1_000  # objects listed at once, the most that S3 gives


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One object of a store, as it is listed."""

    url: str
    size: int  # bytes
    changed_ns: int  # nanoseconds since 1970


def read(url: str, *, most: int, timeout: float) -> bytes:
    """Return an object of 1 to ``most`` bytes; ``timeout`` in seconds a sign of life.

    Raises `PhotoError` (unreadable, empty-file, file-too-large).
    """
    with told():
        store = _store(scheme_of(url), timeout)
        try:
            data: bytes = store.cat_file(url, start=0, end=most + 1)
        except OSError as error:  # S3 refuses any range of an empty object
            if error.errno == errno.EINVAL and store.info(url)["size"] == 0:
                raise empty() from error
            raise
        if not data:
            raise empty()
        if len(data) > most:
            raise too_large(store.info(url)["size"], most)
    return data


def open_object(url: str, *, timeout: float) -> BinaryIO:
    """Open an object for reading; it can seek. It is read as it was when opened, or not at all.

    Raises `PhotoError` (unreadable). Reading raises what the store's library raises: wrap it in `told`.
    """
    with told():
        store = _store(scheme_of(url), timeout)
        opened = store.open(url, "rb", block_size=_BLOCK, cache_type="readahead")
        return cast(BinaryIO, opened)


def is_folder(url: str, *, timeout: float) -> bool:
    """Tell whether a URL names a folder (or bucket) and not one object.

    Raises `FileNotFoundError` where there is neither, and `PhotoError` (unreadable).
    """
    with told(but=FileNotFoundError):
        kind: str = _store(scheme_of(url), timeout).info(url)["type"]
        return kind == "directory"


def objects_in(folder: str, *, timeout: float) -> Iterator[Stored]:
    """Yield every object below a folder, in the order of their keys; a page of them in memory at a time.

    Raises `PhotoError` (unreadable) where the store fails, also in the middle.
    """
    scheme = scheme_of(folder)
    pages = _s3_pages if scheme == "s3" else _pages
    with told():
        yield from pages(_store(scheme, timeout), folder)


def _s3_pages(store: Any, folder: str) -> Iterator[Stored]:  # noqa: ANN401 - fsspec is not typed
    bucket, _, key = folder.removeprefix("s3://").partition("/")
    prefix = key.rstrip("/") + "/" if key else ""
    more: dict[str, str] = {}
    while True:
        page = store.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=_PAGE, **more)
        for entry in page.get("Contents", ()):
            yield Stored(
                url=f"s3://{bucket}/{entry['Key']}",
                size=entry["Size"],
                changed_ns=_nanoseconds(entry["LastModified"]),
            )
        if not page.get("IsTruncated"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _pages(store: Any, folder: str) -> Iterator[Stored]:  # noqa: ANN401
    scheme = scheme_of(folder)
    for name, entry in sorted(store.find(folder, detail=True).items()):
        yield Stored(
            url=f"{scheme}://{name.lstrip('/')}",
            size=entry["size"],
            changed_ns=_nanoseconds(store.modified(name)),
        )


@lru_cache
def _store(scheme: str, timeout: float) -> Any:  # noqa: ANN401
    if scheme == "s3":
        # s3fs tries a request again by itself; botocore doing so too would multiply the wait.
        patience = {"connect_timeout": timeout, "read_timeout": timeout, "retries": {"total_max_attempts": 1}}
        return fsspec.filesystem("s3", config_kwargs=patience, use_listings_cache=False)
    return fsspec.filesystem(scheme)


@contextmanager
def told(*, but: type[Exception] | None = None) -> Iterator[None]:
    """Turn what goes wrong with a store into a `PhotoError` (unreadable), except for ``but``."""
    try:
        yield
    except PhotoError:
        raise
    except (OSError, BotoCoreError, ClientError, ValueError) as error:
        if but is not None and isinstance(error, but):
            raise
        raise PhotoError(FailureCode.UNREADABLE, _sentence(error)) from None  # the cause may quote secrets


def _sentence(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return "The store holds nothing at this URL (moved or deleted meanwhile, or never there)."
        case PermissionError():
            return "The store refuses access: the keys in the environment do not allow it."
        case NoCredentialsError():
            return (
                "No keys for the store were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                "FSSPEC_S3_ANON=true for a public bucket."
            )
        case TimeoutError():
            return "The store does not answer in time."
        case OSError(errno=errno.EBUSY):
            return "The object changed while it was read."
        case _:
            return "The store cannot be reached, or breaks off."


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e9)
