"""Custody as one workspace offers it: show a photo, hand a collection on, say what a collection is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from antigone.audit import AuditLog
from antigone.custody.export import (
    Chosen,
    ExportFormat,
    ExportParts,
    ExportProgress,
    ExportReport,
    export_photos,
)
from antigone.custody.history import PhotoHistory, tell_history
from antigone.custody.particulars import change_particulars
from antigone.errors import NotFoundError
from antigone.records import Records
from antigone.settings import Settings
from antigone.types import CollectionInfo

if TYPE_CHECKING:
    from antigone.access.principal import Principal
    from antigone.gallery import Catalogue

Find = Callable[[str, str, "Principal | None"], CollectionInfo]
"""Returns the collection of a name that somebody may see and do something with, named by its permission.

Raises `NotFoundError` and `ForbiddenError`; without a person any collection will do.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A photo in a collection."""

    collection: str
    photo: str  # sha256


class Parts(Protocol):
    """The parts of a workspace that custody needs."""

    @property
    def records(self) -> Records:
        """The truth."""

    @property
    def audit(self) -> AuditLog:
        """The log."""

    @property
    def settings(self) -> Settings:
        """Limits and choices."""

    @property
    def catalogue(self) -> Catalogue:
        """The indexes."""


class Custody:
    """Custody of one workspace. ``by`` is who asks; without it, whoever can write the workspace's files."""

    def __init__(self, parts: Parts, find: Find) -> None:
        self._parts = parts
        self._find = find

    def show(
        self, photo: str, *, collections: Sequence[str] = (), by: Principal | None = None
    ) -> PhotoHistory:
        """Return all that is on record about a photo: its SHA-256, the beginning of it, a path or a URL.

        Every original is read again and compared with its hash; the log keeps that ``by`` was shown this.
        Only ``collections`` are looked into, without any all that ``by`` may see. See `tell_history` for the
        errors; `NotFoundError` for an unknown collection and `ForbiddenError` besides.
        """
        records = self._parts.records
        return tell_history(
            photo,
            collections=[
                self._find(name, "collection-read", by)
                for name in dict.fromkeys(collections) or self._seen(by)
            ],
            by=None if by is None else by.person,
            records=records,
            audit=self._parts.audit,
            settings=self._parts.settings,
            open_index=self._parts.catalogue.index,
        )

    def export(
        self,
        name: str,
        target: Path | str,
        *,
        form: ExportFormat = ExportFormat.BAGIT,
        by: Principal | None = None,
        progress: ExportProgress | None = None,
    ) -> ExportReport:
        """Write the photos of a collection with their provenance to a folder that does not exist yet.

        See `export_photos` for the errors; `NotFoundError` for an unknown collection and `ForbiddenError`
        besides.
        """
        collection = self._find(name, "export", by)
        chosen = Chosen(
            what="collection",
            name=collection.name,
            photos=self._parts.records.photos.ids(collection.id),
            collections={collection.id: collection},
            format=form,
        )
        return export_photos(chosen, Path(target), self._export_parts(by, progress))

    def export_case(
        self,
        number: str,
        photos: Sequence[Held],
        target: Path | str,
        *,
        form: ExportFormat = ExportFormat.BAGIT,
        by: Principal | None = None,
        progress: ExportProgress | None = None,
    ) -> ExportReport:
        """Write the chosen photos of a case with their provenance to a folder that does not exist yet.

        See `antigone.casework.handing_on` for which ones. A photo that was erased since, or whose collection
        ``by`` may not see any more, is counted and listed as missing. See `export_photos` for the errors;
        `NotFoundError` where none of them is left, and `ForbiddenError` besides.
        """
        collections: dict[int, CollectionInfo] = {}
        there: list[int] = []
        gone: list[Held] = []
        for held in photos:
            try:
                collection = self._find(held.collection, "export", by)
            except NotFoundError:
                gone.append(held)
                continue
            found = self._parts.records.photos.by_sha256(held.photo, [collection.id])
            if found:
                collections[collection.id] = collection
                there += (photo.id for photo in found)
            else:
                gone.append(held)
        if not there:
            raise NotFoundError(f"none of the {len(photos):,} photos of case {number} is on record any more")
        chosen = Chosen(
            what="case",
            name=number,
            photos=sorted(there),
            collections=collections,
            format=form,
            gone=[(held.photo, held.collection) for held in gone],
        )
        return export_photos(chosen, Path(target), self._export_parts(by, progress))

    def _export_parts(self, by: Principal | None, progress: ExportProgress | None) -> ExportParts:
        return ExportParts(
            records=self._parts.records,
            audit=self._parts.audit,
            settings=self._parts.settings,
            by=None if by is None else by.person,
            progress=progress,
        )

    def change(
        self, name: str, said: Mapping[str, str | date], *, by: Principal | None = None
    ) -> CollectionInfo:
        """Complete or change what is said of a collection, field by field; the log keeps that.

        Raises `NotFoundError`, `UsageError` for an empty text or a past date, and `ForbiddenError`.
        """
        collection = self._find(name, "collection-manage", by)
        person = None if by is None else by.person
        return change_particulars(
            collection, said, by=person, records=self._parts.records, audit=self._parts.audit
        )

    def _seen(self, by: Principal | None) -> list[str]:
        """Return the names of the collections that somebody may see."""
        if by is None:
            return [info.name for info in self._parts.records.collections()]
        from antigone.access.visible import Visible

        return [info.name for info in Visible(self._parts.records, self._parts.audit).collections(by=by)]
