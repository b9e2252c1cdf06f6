"""Manifests: tables that name photos and say where each comes from, as CSV, JSON Lines or Parquet.

A row is a photo with its provenance, or a failure with its code; none is dropped, and one that cannot be
understood does not keep the others from being read. The manifest itself is received material.

Whoever names a manifest trusts it as far as its own place goes, no further: one that lies on this machine may
name any file here, one that lies in a store may name objects of stores, and one from the web only the web.
"""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import quote

from antigone.errors import PhotoError, UsageError
from antigone.failures import Failure, FailureCode
from antigone.printable import printable
from antigone.provenance import Check, CheckOutcome, Material, Place
from antigone.settings import Settings
from antigone.sources.manifest_rows import DamagedError, NotAManifestError, Row, csv_rows, jsonl_rows
from antigone.sources.manifest_terms import PHOTO, provenance_of
from antigone.sources.offer import Offer
from antigone.sources.remote import open_material
from antigone.sources.urls import Reach, allowed, is_url, name_of, reach_of
from antigone.sources.walk import Found

_HASHED_AT_ONCE = 1 << 20  # bytes


def manifest_photos(found: Found, settings: Settings) -> Iterator[Offer | Material]:
    """Yield the manifest as material, then an offer for each row, in order; memory does not grow with it."""
    manifest = found.location
    try:
        with open_material(manifest, settings) as file:
            before = _state(file)
            material = _material(manifest, file)
            yield material
            in_all = _row_count(manifest, file)
            rows = _rows(manifest, file, settings)
            reader = _RowReader(found, settings)
            for behind, row in enumerate(rows):
                share = behind / in_all if in_all else file.tell() / max(material.byte_size, 1)
                yield reader.offer(row, share=min(share, 1.0))
            if _state(file) != before:
                message = (
                    "The manifest changed while it was read: not all rows are of what its hash stands for."
                )
                raise DamagedError(message, FailureCode.UNREADABLE)
    except PhotoError as error:
        failure = error.failure
    except NotAManifestError as error:
        failure = Failure(code=FailureCode.NOT_A_MANIFEST, message=f"This is no manifest. {error}")
    except DamagedError as error:
        failure = Failure(code=error.code, message=str(error))
    except OSError as error:
        message = f"The manifest cannot be read: {printable(error.strerror or str(error))}"
        failure = Failure(code=FailureCode.UNREADABLE, message=message)
    else:
        return
    yield Offer(
        location=manifest, place=Place.of_file(manifest), changed_ns=found.changed_ns, failure=failure
    )


def check_manifest(manifest: str, settings: Settings) -> None:
    """Look at the beginning of a manifest. Raises `UsageError` where it is none.

    One that cannot be read is left for the import to count.
    """
    try:
        with open_material(manifest, settings) as file:
            next(_rows(manifest, file, settings), None)
    except NotAManifestError as error:
        raise UsageError(
            f"{printable(manifest)} is no manifest. {error}",
            hint=f'a manifest has a column "{PHOTO}" with the path or URL of each photo',
        ) from error
    except (PhotoError, DamagedError, OSError):
        return


def _material(manifest: str, file: BinaryIO) -> Material:
    digest, size = hashlib.sha256(), 0
    while block := file.read(_HASHED_AT_ONCE):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return Material(
        location=manifest,
        kind=_kind(manifest),
        sha256=digest.hexdigest(),
        byte_size=size,
        checks=_checks(manifest, file),
    )


def _checks(manifest: str, file: BinaryIO) -> tuple[Check, ...]:
    if _kind(manifest) != "parquet":
        return ()
    from antigone.sources.manifest_parquet import columns_passed_over

    try:
        names = columns_passed_over(file)
    except DamagedError:
        return ()  # reading the rows will say so
    if not names:
        return ()
    shown = ", ".join(printable(name) for name in names)[:1_000]
    message = f"Columns that hold lists or objects were not read: {shown}."
    return (Check(name="manifest-columns", outcome=CheckOutcome.FAILED, message=message),)


def _state(file: BinaryIO) -> tuple[int, int] | None:
    """Return size and last change of a file of this machine; what lies elsewhere is read as it was or not."""
    try:
        status = os.fstat(file.fileno())
    except io.UnsupportedOperation:
        return None
    return status.st_size, status.st_mtime_ns


def _row_count(manifest: str, file: BinaryIO) -> int | None:
    """Return how many rows there are where the file says so; elsewhere its bytes tell how far it was read."""
    if _kind(manifest) != "parquet":
        return None
    from antigone.sources.manifest_parquet import count_rows

    return count_rows(file)


def _kind(manifest: str) -> str:
    name = name_of(manifest).lower().removesuffix(".gz")
    return name.rpartition(".")[2].replace("ndjson", "jsonl")


def _rows(manifest: str, file: BinaryIO, settings: Settings) -> Iterator[Row]:
    match _kind(manifest):
        case "parquet":
            from antigone.sources.manifest_parquet import parquet_rows  # loads pyarrow

            return parquet_rows(file, most=settings.max_row_bytes)
        case "csv":
            return csv_rows(file, most=settings.max_row_bytes)
        case _:
            return jsonl_rows(file, most=settings.max_row_bytes)


class _RowReader:
    """Turns the rows of one manifest into offers."""

    def __init__(self, found: Found, settings: Settings) -> None:
        self._manifest = found.location
        self._changed_ns = found.changed_ns
        self._settings = settings
        self._reach = reach_of(found.location)
        self._folder = name_of(found.location).rpartition("/")[0] or "/"

    def offer(self, row: Row, *, share: float) -> Offer:
        """Return the photo that a row names, or its failure; ``share`` of the manifest lies behind."""
        location = f"{self._manifest}#row={row.number}"
        if row.failure is not None:
            return self._failed(location, row.failure, share)
        photo = row.values.get(PHOTO)
        if not isinstance(photo, str) or not photo.strip():
            message = (
                "The row names no photo." if photo in (None, "") else "The photo is not named by a text."
            )
            failure = Failure(code=FailureCode.ROW_WITHOUT_PHOTO, message=message)
            return self._failed(location, failure, share)
        try:
            address = self._address(photo)
        except PhotoError as error:
            return self._failed(location, error.failure, share)
        size, changed_ns = (0, 0) if is_url(address) else _status(address)
        provenance = provenance_of(row.values)
        if provenance.source_url is None and reach_of(address) is Reach.WEB:
            provenance = replace(provenance, source_url=address)
        return Offer(
            location=location,
            place=Place.of_file(address),
            size=size,
            changed_ns=max(changed_ns, self._changed_ns),
            provenance=provenance,
            material=self._manifest,
            share=share,
        )

    def _failed(self, location: str, failure: Failure, share: float) -> Offer:
        return Offer(
            location=location,
            place=Place.of_file(self._manifest),
            changed_ns=self._changed_ns,
            failure=failure,
            material=self._manifest,
            share=share,
        )

    def _address(self, photo: str) -> str:
        """Return the path or URL of a photo. Raises `PhotoError` (not-allowed)."""
        if is_url(photo):
            address = allowed(photo.strip(), self._settings)
        elif self._reach is Reach.MACHINE:
            return os.path.join(self._folder, photo)  # noqa: PTH118 - links stay as named; a Path takes longer
        else:
            address = self._below(photo)
        if reach_of(address) < self._reach:
            raise PhotoError(
                FailureCode.NOT_ALLOWED,
                "A manifest from a store or the web may not name what lies nearer than itself.",
            )
        return address

    def _below(self, photo: str) -> str:
        """Return the URL of a photo that is named relative to a manifest that lies elsewhere."""
        root, slash, folder = self._folder.partition("://")
        host, _, path = folder.partition("/")
        inner = posixpath.normpath(posixpath.join(path, quote(photo) if self._reach is Reach.WEB else photo))
        if posixpath.isabs(photo) or inner.startswith(".."):
            raise PhotoError(
                FailureCode.NOT_ALLOWED, "A manifest from a store or the web names no paths outside of it."
            )
        return allowed(f"{root}{slash}{host}/{inner}", self._settings)


def _status(path: str) -> tuple[int, int]:
    """Return size and time of the last change; zeros where reading will say what is wrong."""
    try:
        status = os.stat(path)  # noqa: PTH116 - once a row
    except (OSError, ValueError):
        return 0, 0
    return status.st_size, max(status.st_ctime_ns, status.st_mtime_ns)
