"""Web archives: every picture in a WARC or WACZ file as a photo, with its address, time and pages.

An archive is read twice from start to end, in memory that does not grow with it: first for what its pages say
and for its checks, then for the photos (see `pages_notes`).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from antigone.errors import PhotoError
from antigone.failures import Failure, FailureCode
from antigone.printable import printable
from antigone.provenance import Check, CheckOutcome, Holding, Material, Place
from antigone.settings import Settings
from antigone.sources.offer import Aside, Met, Offer, Surveying
from antigone.sources.pages_notes import PageNotes
from antigone.sources.remote import open_material
from antigone.sources.urls import name_of
from antigone.sources.wacz_checks import check_package
from antigone.sources.wacz_package import Package, PackageError
from antigone.sources.walk import Found
from antigone.sources.warc_bytes import Budget, Received, Section, Trouble
from antigone.sources.warc_photos import INFLATED, Photos, picture_at
from antigone.sources.warc_records import Damage, Spot
from antigone.sources.warc_survey import Survey

_BUFFER = 256 << 10
_HASHED_AT_ONCE = 4 << 20
_HASHING = 0.1  # part of the first reading of a package that hashing it takes
_SURVEY = 0.3  # part of the time that the first reading takes
_SIGN_OF_LIFE = 4 << 20  # bytes of an archive without a photo, between two of them
_ZIP = b"PK"

_Hashed = dict[str | None, tuple[str, int]]
"""SHA-256 and size of the WARC files in a package by name, and of the archive itself."""


def archive_photos(found: Found, settings: Settings) -> Iterator[Met]:
    """Yield an archive as material, then an offer for each picture in it, and for each damaged place."""
    try:
        with open_material(found.location, settings) as file:
            if file.seek(0, io.SEEK_END):
                yield from _photos(_Archive.of(file, found.location), found, settings)
                return
        failure = Failure(code=FailureCode.EMPTY, message="The archive is empty.")
    except PhotoError as error:
        failure = error.failure
    except OSError as error:
        reason = printable(error.strerror or str(error)).rstrip(".").lower()
        failure = Failure(code=FailureCode.UNREADABLE, message=f"The archive cannot be read: {reason}.")
    yield Offer(
        location=f"{found.location}#unreadable",
        place=Place(holding=Holding.RECORD, stored_at=found.location),
        changed_ns=found.changed_ns,
        failure=failure,
    )


def read_from_archive(place: Place, settings: Settings) -> bytes:
    """Return the bytes of a picture again from its record. Raises `PhotoError`."""
    member = place.member or ""
    name = member.removesuffix(INFLATED)
    try:
        with open_material(place.stored_at, settings) as file:
            source = Package(file).open(name) if name else _whole(file)
            return picture_at(
                source, place.position or 0, inflated=member.endswith(INFLATED), settings=settings
            )
    except PackageError as error:
        raise PhotoError(FailureCode.UNREADABLE, f"The package {error}.") from error
    except OSError as error:
        reason = printable(error.strerror or str(error)).rstrip(".").lower()
        raise PhotoError(FailureCode.UNREADABLE, f"The archive cannot be read: {reason}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Archive:
    """An opened archive and the WARC files in it."""

    kind: str  # "warc" or "wacz"
    file: BinaryIO
    names: tuple[str | None, ...]  # of the WARC files; None for the file itself
    package: Package | None
    trouble: str | None  # why a package is read as if it were a WARC file: the middle of a sentence

    @classmethod
    def of(cls, file: BinaryIO, location: str) -> _Archive:
        file.seek(0)
        if file.read(len(_ZIP)) != _ZIP and not name_of(location).lower().endswith(".wacz"):
            return cls(kind="warc", file=file, names=(None,), package=None, trouble=None)
        try:
            package = Package(file)
        except PackageError as error:
            # What is left of it is searched for records, as a WARC file is behind a damaged place.
            return cls(kind="wacz", file=file, names=(None,), package=None, trouble=str(error))
        return cls(kind="wacz", file=file, names=package.warcs, package=package, trouble=None)

    def open(self, number: int) -> BinaryIO:
        """Open a WARC file at its start. Raises `PackageError`."""
        name = self.names[number]
        if self.package is None or name is None:
            return _whole(self.file)
        return self.package.open(name)

    def size_of(self, number: int) -> int:
        name = self.names[number]
        if self.package is None or name is None:
            return self.file.seek(0, io.SEEK_END)
        return self.package.size_of(name)

    def checks(self, hashed: _Hashed, settings: Settings) -> tuple[Check, ...]:
        if self.trouble is not None:
            message = f"The package {self.trouble}; what is left was searched for records."
            return (Check(name="wacz-package", outcome=CheckOutcome.FAILED, message=message),)
        inner = {name: value for name, value in hashed.items() if name is not None}
        return check_package(self.package, inner, settings) if self.package is not None else ()


def _photos(archive: _Archive, found: Found, settings: Settings) -> Iterator[Met]:
    sizes = [archive.size_of(number) for number in range(len(archive.names))]
    with PageNotes(settings.max_page_notes_bytes) as notes:
        survey = Survey(notes, settings)
        hashed: _Hashed = {}
        for share in _first_reading(archive, survey, hashed, sizes, settings):
            yield Surveying(location=found.location, share=_SURVEY * share)
        sha256, size = hashed[None]
        yield Material(
            location=found.location,
            kind=archive.kind,
            sha256=sha256,
            byte_size=size,
            checks=(*archive.checks(hashed, settings), *survey.checks()),
        )
        photos = Photos(found, archive.names, notes, settings)
        for behind, met in _second_reading(archive, photos, sizes, settings):
            share = _SURVEY + (1 - _SURVEY) * behind
            if isinstance(met, Offer):
                yield replace(met, share=share)
            else:
                yield Surveying(location=found.location, share=share) if met is None else met


def _first_reading(
    archive: _Archive, survey: Survey, hashed: _Hashed, sizes: Sequence[int], settings: Settings
) -> Iterator[float]:
    """Fill the survey and ``hashed``; yield the share that lies behind."""
    begun = 0.0
    if archive.package is not None:
        begun = _HASHING
        for share in _hash(archive.file, hashed):
            yield begun * share
        survey.list_pages(archive.package)
    budget = _budget(settings)
    for number, name in enumerate(archive.names):
        try:
            received = Received(archive.open(number))
        except PackageError as error:
            survey.damages.append(str(error))
            continue
        for at in survey.read(io.BufferedReader(received, _BUFFER), number, budget):
            yield begun + (1 - begun) * _share(sizes, number, at)
        hashed[name] = received.finish(None if name is None else settings.max_archive_bytes)


def _second_reading(
    archive: _Archive, photos: Photos, sizes: Sequence[int], settings: Settings
) -> Iterator[tuple[float, Offer | Aside | None]]:
    budget = _budget(settings)
    for number in range(len(archive.names)):
        try:
            source = archive.open(number)
        except PackageError as error:
            trouble = Trouble(code=FailureCode.MATERIAL_DAMAGED, what=str(error))
            yield _share(sizes, number, 0), photos.damaged(number, Damage(spot=Spot(at=0), trouble=trouble))
            continue
        told = 0
        for at, met in photos.read(source, number, budget):
            if met is not None or at >= told + _SIGN_OF_LIFE:
                told = at
                yield _share(sizes, number, at), met


def _budget(settings: Settings) -> Budget:
    return Budget(inflated_bytes=settings.max_archive_bytes, records=settings.max_archive_records)


def _share(sizes: Sequence[int], number: int, at: int) -> float:
    return min((sum(sizes[:number]) + at) / max(sum(sizes), 1), 1.0)


def _whole(file: BinaryIO) -> BinaryIO:
    return io.BufferedReader(Section(file, 0, file.seek(0, io.SEEK_END)), _BUFFER)


def _hash(file: BinaryIO, hashed: _Hashed) -> Iterator[float]:
    """Note SHA-256 and size of a file; yield the share of it that lies behind."""
    size, behind = max(file.seek(0, io.SEEK_END), 1), 0
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_HASHED_AT_ONCE):
        digest.update(block)
        behind += len(block)
        yield min(behind / size, 1.0)
    hashed[None] = digest.hexdigest(), behind
