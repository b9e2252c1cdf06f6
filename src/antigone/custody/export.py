"""Photos handed on with all that is known of them, as a BagIt bag or an RO-Crate, hashes included.

1. Read each original again from where it was received, and compare its hash with the one on record.
2. Write it under its hash, once however often it is held; a frame of a video is a derived picture, and lies
   apart from originals.
3. Write its provenance as a line of JSON, and a description into the metadata of the crate.
4. What is gone or has changed is counted and listed in the export itself.
5. Close the manifests, note the export in the log, and only then give the folder its name.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from antigone.audit import AuditLog
from antigone.audit.events import Exported
from antigone.custody import bag
from antigone.custody.crate import METADATA, Crate
from antigone.custody.documents import photo_document, source_document
from antigone.custody.ledger import Ledger, Lines, hashes_of
from antigone.custody.originals import Examined, Standing, recover
from antigone.custody.workplace import Workplace
from antigone.errors import NotFoundError, StorageFullError, UsageError
from antigone.printable import printable
from antigone.provenance import Holding
from antigone.records import Records
from antigone.records.photos import PhotoRecord, SourceRecord
from antigone.records.sqlite import is_storage_full
from antigone.settings import Settings
from antigone.types import CollectionInfo

PROVENANCE = "provenance.jsonl"
MISSING = "missing.jsonl"
GONE = "not-on-record"
_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}
_ALREADY = Examined(standing=Standing.UNCHANGED, message="These bytes were written before, with this hash.")
_SECONDS_BETWEEN_UPDATES = 0.1
_BYTES_BESIDE_A_PHOTO = 4_096  # of provenance, manifests and metadata; more where it stands on many pages


class ExportFormat(StrEnum):
    """What an export is."""

    BAGIT = "bagit"  # RFC 8493; its payload is an RO-Crate too
    ROCRATE = "rocrate"  # RO-Crate 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be handed on."""

    what: str  # "collection" or "case", for the log
    name: str
    photos: Sequence[int]  # numbers of the photos
    collections: Mapping[int, CollectionInfo]  # those that hold them
    format: ExportFormat = ExportFormat.BAGIT
    gone: Sequence[tuple[str, str]] = ()  # sha256 and collection of photos that are not on record any more


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportState:
    """A moment of a running export."""

    done: int  # photos
    total: int
    missing: int
    byte_size: int  # written so far
    seconds: float
    seconds_left: float | None  # None while it cannot be told


class ExportProgress(Protocol):
    """Something that shows how far an export is."""

    def update(self, state: ExportState) -> None:
        """Take the latest state; called about ten times a second, and once at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was handed on."""

    path: Path
    format: ExportFormat
    photos: int  # originals written
    derived: int  # pictures made from an original, such as frames of videos
    byte_size: int  # of the payload
    missing: Mapping[str, int]  # why a photo is not part of it -> number; see `custody.Standing`
    sha256: str  # of the tag manifest of a bag, or of the metadata of a crate: it stands for the whole
    audit: int  # number of the entry in the log
    seconds: float

    def document(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return {
            "path": str(self.path),
            "format": self.format.value,
            "photos": self.photos,
            "derived": self.derived,
            "bytes": self.byte_size,
            "missing": dict(self.missing),
            "sha256": self.sha256,
            "audit": self.audit,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportParts:
    """The parts of a workspace that an export needs."""

    records: Records
    audit: AuditLog
    settings: Settings
    by: int | None = None  # number of the person who asked for it
    progress: ExportProgress | None = None


def export_photos(chosen: Chosen, target: Path, parts: ExportParts) -> ExportReport:
    """Write photos with their provenance to the folder ``target``, which must not exist yet.

    Cut off at any point, the same call goes on where it stopped. Raises `NotFoundError` where there is no
    photo or no folder above the target, `ConflictError` where something is at the target, `BusyError`,
    `StorageFullError`, and `UsageError` where the target cannot be written.
    """
    if not chosen.photos:
        raise NotFoundError(f"{chosen.name} holds no photo", hint="import some first")
    purpose = {"what": chosen.what, "name": chosen.name, "format": chosen.format.value}
    try:
        with Workplace(target, purpose) as place:
            return _Export(chosen, place, parts).run(target)
    except OSError as error:
        if is_storage_full(error):
            raise _full(target) from error
        reason = (error.strerror or "unknown error").lower()
        raise UsageError(f"{printable(str(target))} cannot be written: {reason}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """What grows with each photo."""

    provenance: Lines
    missing: Lines
    crate: Crate


class _Export:
    """One export while it is written."""

    def __init__(self, chosen: Chosen, place: Workplace, parts: ExportParts) -> None:
        self._chosen = chosen
        self._place = place
        self._parts = parts
        self._begun = self._told = time.monotonic()
        self._done = 0
        self._folders: set[Path] = set()
        self._metadata = ""  # sha256 of the crate's, once it is written
        self._written: Counter[str] = Counter()
        self._missing: Counter[str] = Counter()
        payload = bag.PAYLOAD if chosen.format is ExportFormat.BAGIT else ""
        self._payload = place.folder / payload
        self._ledger = Ledger(place.folder, payload)

    def run(self, target: Path) -> ExportReport:
        """Write everything and give it its name."""
        self._check_space(target)
        self._payload.mkdir(exist_ok=True)
        with self._ledger:
            self._write_payload()
        digest = self._close()
        event = Exported(
            what=self._chosen.what,
            of=self._chosen.name,
            items=self._written.total(),
            sha256=digest,
            by=self._parts.by,
        )
        number = self._parts.audit.append(event.event())
        self._place.complete()
        self._tell(now=True)
        return ExportReport(
            path=target,
            format=self._chosen.format,
            photos=self._written["photos"],
            derived=self._written["derived"],
            byte_size=self._ledger.byte_size,
            missing=dict(sorted(self._missing.items())),
            sha256=digest,
            audit=number,
            seconds=time.monotonic() - self._begun,
        )

    def _write_payload(self) -> None:
        with ExitStack() as stack:
            provenance = stack.enter_context(Lines(self._payload / PROVENANCE))
            missing = stack.enter_context(Lines(self._payload / MISSING))
            metadata = stack.enter_context(Lines(self._payload / METADATA))
            crate = Crate(metadata)
            files = _Files(provenance=provenance, missing=missing, crate=crate)
            for photo, sources in self._parts.records.photos.each(self._chosen.photos):
                self._export(photo, sources, files)
                self._done += 1
                self._tell()
            self._list_gone(missing)
            for name, lines, description in (
                (PROVENANCE, provenance, "Where each photo comes from: one JSON object a line."),
                (MISSING, missing, "Photos that could not be handed on, and why: one JSON object a line."),
            ):
                self._ledger.note(name, lines.close(), lines.byte_size)
                crate.add_file(
                    name, media="application/jsonl", description=description, byte_size=lines.byte_size
                )
            self._finish(crate)
            hashes = metadata.close()
            self._ledger.note(METADATA, hashes, metadata.byte_size)
            self._metadata = hashes["sha256"]

    def _export(self, photo: PhotoRecord, sources: Sequence[SourceRecord], files: _Files) -> None:
        derived = bool(sources) and all(source.place.holding is Holding.FRAME for source in sources)
        kind = "derived" if derived else "photos"
        ending = "png" if derived else _ENDINGS.get(photo.format, "bin")
        name: str | None = f"{kind}/{photo.sha256[:2]}/{photo.sha256}.{ending}"
        path = self._payload / f"{name}"
        examined = _ALREADY
        if not path.exists():  # it does where another collection holds the same bytes
            data = None if derived else self._taken_over(f"{name}", path, photo.sha256)
            if data is None:
                recovered = recover(sources, photo.sha256, self._parts.settings)
                data, examined = recovered.data, recovered.examined
                if data is not None:
                    self._made(path).write_bytes(data)
            if data is None:
                name = None
                self._missing[examined.standing.value] += 1
            else:
                self._written[kind] += 1
                self._ledger.note(f"{name}", hashes_of(data), len(data))
                describe = files.crate.add_derived if derived else files.crate.add_photo
                describe(f"{name}", photo, sources[0], byte_size=len(data))
        about = {
            "photo": photo.sha256,
            "file": name,
            "derived": derived,
            "collection": self._chosen.collections[photo.collection_id].name,
            "original": examined.document(),
            **photo_document(photo),
            "sources": [source_document(source) for source in sources],
        }
        lines = files.missing if name is None else files.provenance
        lines.add(json.dumps(about, ensure_ascii=False))

    def _list_gone(self, missing: Lines) -> None:
        for sha256, collection in self._chosen.gone:
            self._missing[GONE] += 1
            original = {"standing": GONE, "message": "The photo was erased, or its collection is not shared."}
            about = {"photo": sha256, "file": None, "collection": collection, "original": original}
            missing.add(json.dumps(about, ensure_ascii=False))

    def _taken_over(self, name: str, path: Path, sha256: str) -> bytes | None:
        """Move a file here that an interrupted export had written; None where none has the right hash."""
        for old in self._place.previous(str(self._payload.relative_to(self._place.folder) / name)):
            data = old.read_bytes()
            if hashlib.sha256(data).hexdigest() == sha256:
                old.replace(self._made(path))
                return data
        return None

    def _made(self, path: Path) -> Path:
        """Return the path, its folder made."""
        if path.parent not in self._folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(path.parent)
        return path

    def _finish(self, crate: Crate) -> None:
        collections = self._chosen.collections.values()
        terms = [
            f"{info.name}: source: {info.source}; purpose: {info.purpose}; legal basis: {info.basis}; "
            f"jurisdiction: {info.jurisdiction}; to be kept until {info.retain_until}"
            for info in collections
        ]
        crate.finish(
            name=self._chosen.name,
            description=f"Photos of the {self._chosen.what} {self._chosen.name} with their provenance. "
            "Originals are as they were received; what lies under derived/ was made from an original.",
            owner="; ".join(dict.fromkeys(info.owner for info in collections)),
            terms=". ".join(terms),
            parts=self._ledger.names(),
        )

    def _close(self) -> str:
        if self._chosen.format is ExportFormat.ROCRATE:
            return self._metadata
        collections = self._chosen.collections.values()
        about = {
            "Source-Organization": "; ".join(dict.fromkeys(info.owner for info in collections)),
            "External-Identifier": self._chosen.name,
            "External-Description": f"Photos of the {self._chosen.what} {self._chosen.name} with provenance. "
            + " ".join(dict.fromkeys(info.purpose for info in collections)),
        }
        return bag.close_bag(self._place.folder, self._ledger, about)

    def _check_space(self, target: Path) -> None:
        """Refuse at once what cannot fit, instead of after hours."""
        photos = self._parts.records.photos.byte_size(self._chosen.photos)
        needed = photos + _BYTES_BESIDE_A_PHOTO * len(self._chosen.photos)
        there = sum(path.stat().st_size for path in self._place.all_previous())
        if shutil.disk_usage(self._place.folder).free + there < needed:
            raise _full(target)

    def _tell(self, *, now: bool = False) -> None:
        moment = time.monotonic()
        progress = self._parts.progress
        if progress is None or (moment - self._told < _SECONDS_BETWEEN_UPDATES and not now):
            return
        self._told = moment
        total, passed = len(self._chosen.photos), moment - self._begun
        progress.update(
            ExportState(
                done=self._done,
                total=total,
                missing=self._missing.total(),
                byte_size=self._ledger.byte_size,
                seconds=passed,
                seconds_left=(total - self._done) * passed / self._done if self._done else None,
            )
        )


def _full(target: Path) -> StorageFullError:
    return StorageFullError(
        f"the disk of {printable(str(target))} has too little space for this export",
        hint="free some space, then run the same command again: it goes on where it stopped",
    )
