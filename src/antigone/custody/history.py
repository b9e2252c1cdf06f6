"""Where a photo comes from and what became of it: everything on record, for whoever has to answer for it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from antigone.audit import AuditEntry, AuditLog
from antigone.audit.events import (
    Erased,
    Exported,
    ImportFinished,
    ImportInterrupted,
    ImportResumed,
    ImportStarted,
    PhotoExamined,
    PhotoShown,
)
from antigone.custody.originals import NOT_CHECKED, Examined, examine
from antigone.duplicates import NearDuplicate, OpenIndex, near_duplicates
from antigone.errors import NotFoundError, PhotoError, UsageError
from antigone.faces.images import ImageLimits, read_bounded
from antigone.provenance import Holding, Place
from antigone.records import Records
from antigone.records.audit import AuditFilter
from antigone.records.photos import FaceRecord, PhotoRecord, SourceRecord
from antigone.settings import Settings
from antigone.types import CollectionInfo

LEAST_DIGITS = 8
"""Digits of a SHA-256 that it takes to name a photo."""

MOST_SOURCES = 1_000  # listed of one photo; all are counted
MOST_EXAMINED = 100  # places of one photo that are read again
_MOST_NAMED = 1_000  # of the photos that a name fits, such as that of an archive
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,64}")
_OF_IMPORTS = tuple(kind.kind for kind in (ImportStarted, ImportResumed, ImportFinished, ImportInterrupted))
_OF_PHOTOS = tuple(kind.kind for kind in (PhotoShown, PhotoExamined, Erased))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedSource:
    """A source of a photo, and how its original stands now."""

    record: SourceRecord
    original: Examined


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one collection holds of a photo."""

    collection: CollectionInfo
    photo: PhotoRecord
    derived: bool  # a picture made from an original, such as a frame of a video, at every source
    sources: tuple[ExaminedSource, ...]  # the oldest first
    sources_in_all: int
    faces: tuple[FaceRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoHistory:
    """All that is on record about a photo."""

    sha256: str
    held: tuple[Held, ...]  # by the name of the collection
    near_duplicates: tuple[NearDuplicate, ...]  # the same photo with other bytes, the most alike first
    entries: tuple[AuditEntry, ...]  # of the audit log that concern it, the oldest first
    audit: int  # number of the entry that says that this was shown


def tell_history(
    named: str,
    *,
    collections: Sequence[CollectionInfo],
    by: int | None,
    records: Records,
    audit: AuditLog,
    settings: Settings,
    open_index: OpenIndex,
) -> PhotoHistory:
    """Tell all that is known of a photo that is named by its SHA-256, the beginning of it, a path or a URL.

    Only ``collections`` are looked into. Every original is read again, to see whether it is unchanged.
    Raises `NotFoundError`, and `UsageError` where the name fits several photos.
    """
    found = find_photo(named, collections, records, settings)
    names = {collection.id: collection for collection in collections}
    held = [_held(photo, names[photo.collection_id], records, settings) for photo in found]
    held.sort(key=lambda one: one.collection.name)
    entries = _entries(found[0].sha256, held, records, audit)
    copies = near_duplicates(found[0].sha256, collections, records, open_index)
    event = PhotoExamined(
        by=by,
        photo=found[0].sha256,
        collections=[one.collection.name for one in held],
        near_duplicates=[copy.reference.reference for copy in copies],
    )
    return PhotoHistory(
        sha256=found[0].sha256,
        held=tuple(held),
        near_duplicates=copies,
        entries=entries,
        audit=audit.append(event.event()),
    )


def find_photo(
    named: str, collections: Sequence[CollectionInfo], records: Records, settings: Settings
) -> tuple[PhotoRecord, ...]:
    """Return a photo by its SHA-256, the beginning of it, a path or a URL, as each collection holds it.

    Raises `NotFoundError`, and `UsageError` where the name fits several photos.
    """
    found = _find(named, collections, records, settings)
    digests = sorted({photo.sha256 for photo in found})
    if not digests:
        raise NotFoundError(
            f"no photo on record is named {named}",
            hint=f"give its SHA-256, {LEAST_DIGITS} digits of it, or a path or address that it came from",
        )
    if len(digests) > 1:
        many = "more than " if len(digests) > _MOST_NAMED else ""
        number = min(len(digests), _MOST_NAMED)
        shown = ", ".join(digests[:3]) + (f" and {number - 3:,} more" if number > 3 else "")
        raise UsageError(
            f"{many}{number:,} photos are named {named}: {shown}",
            hint="give the SHA-256 of one of them",
            details={"photos": digests[:_MOST_NAMED]},
        )
    return found


def _find(
    named: str, collections: Sequence[CollectionInfo], records: Records, settings: Settings
) -> tuple[PhotoRecord, ...]:
    ids = [collection.id for collection in collections]
    hexadecimal = _HEXADECIMAL.fullmatch(named) is not None
    path = os.path.abspath(named)  # noqa: PTH100 - links stay as named
    if hexadecimal and len(named) >= LEAST_DIGITS:
        found = records.photos.by_sha256(named.lower(), ids)
        if found:
            return found
    for place in dict.fromkeys((path, named)):
        found = records.photos.by_source(place, ids, most=_MOST_NAMED + 1)
        if found:
            return found
    if hexadecimal and len(named) < LEAST_DIGITS and not os.path.lexists(path):
        raise UsageError(f"{named} is too short to name a photo", hint=f"give at least {LEAST_DIGITS} digits")
    return _same_bytes(Path(path), ids, records, settings)


def _same_bytes(
    path: Path, collections: Sequence[int], records: Records, settings: Settings
) -> tuple[PhotoRecord, ...]:
    """Return the photos whose bytes are those of a file that was not imported itself."""
    try:
        data = read_bounded(path, ImageLimits.of(settings))
    except PhotoError:
        return ()
    return records.photos.by_sha256(hashlib.sha256(data).hexdigest(), collections)


def _held(photo: PhotoRecord, collection: CollectionInfo, records: Records, settings: Settings) -> Held:
    sources = records.photos.sources(photo.id, most=MOST_SOURCES)
    standings: dict[Place, Examined] = {}
    for source in sources:
        if source.place not in standings and len(standings) < MOST_EXAMINED:
            standings[source.place] = examine(source.place, photo.sha256, settings)
    return Held(
        collection=collection,
        photo=photo,
        derived=bool(sources) and all(source.place.holding is Holding.FRAME for source in sources),
        sources=tuple(
            ExaminedSource(record=source, original=standings.get(source.place, NOT_CHECKED))
            for source in sources
        ),
        sources_in_all=records.photos.count_sources(photo.id),
        faces=records.photos.faces(photo.id),
    )


def _entries(sha256: str, held: Sequence[Held], records: Records, audit: AuditLog) -> tuple[AuditEntry, ...]:
    imports = {number for one in held for number in records.photos.imports(one.photo.id)}
    names = {one.collection.name for one in held}
    found = [*audit.entries(AuditFilter(kinds=_OF_PHOTOS, mentions=sha256))]
    for entry in audit.entries(AuditFilter(kinds=(*_OF_IMPORTS, Exported.kind))):
        body = entry.body
        if entry.kind == Exported.kind:
            concerns = body.get("what") == "collection" and body.get("of") in names
        else:
            concerns = body.get("import") in imports
        if concerns:
            found.append(entry)
    return tuple(sorted(found, key=lambda entry: entry.seq))
