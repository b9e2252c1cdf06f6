"""Files handed in through the server: received one by one, kept, then imported as a job.

They are kept under ``intakes/`` in the workspace as they came, since an original must stay. A job survives a
restart: an import that was cut short goes on where it was. Who handed them in is looked up anew while it
runs, so that a cut-off stops it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from antigone.access import Permission, Principal
from antigone.access.directory import principal_of
from antigone.access.visible import Visible
from antigone.errors import (
    AntigoneError,
    BusyError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    NotSignedInError,
    UsageError,
)
from antigone.ingest.progress import ImportProgress, ImportReport, ImportState
from antigone.records import Records
from antigone.records.intakes import IntakeRecord
from antigone.settings import Settings
from antigone.sources.kinds import Kind, kind_of
from antigone.types import CollectionInfo

FOLDER = "intakes"
MOST_FILES = 10_000
SILENT = timedelta(seconds=60)  # a worker that has not been heard of for so long is taken for dead
_TELL_EVERY = timedelta(seconds=0.5)
_LONGEST_NAME = 120
_NOT_IN_NAMES = re.compile(r"[^\w.\- ()]", re.ASCII)


class Importer(Protocol):
    """Imports a folder into a collection on somebody's behalf; see `antigone.Workspace`."""

    def import_for(
        self, folder: Path, *, into: CollectionInfo, collector: str, progress: ImportProgress
    ) -> ImportReport:
        """Import everything in ``folder``; the same call again goes on where an earlier one stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One intake as its collection's people see it."""

    record: IntakeRecord
    collection: CollectionInfo

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        record = self.record
        return {
            "intake": record.id,
            "collection": self.collection.name,
            "by": record.person_id,
            "state": record.state,
            "files": record.files,
            "progress": json.loads(record.progress),
            "error": None if record.error is None else json.loads(record.error),
            "created_at": record.created_at.isoformat(),
            "finished_at": None if record.finished_at is None else record.finished_at.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """A file on its way in. Nothing of it stays: `IntakeDesk.keep` gives it its name."""

    intake: int
    part: Path
    target: Path
    most: int  # bytes

    async def write(self, chunks: AsyncIterator[bytes]) -> None:
        """Write what comes. Raises `UsageError` when it is more than a file may have."""
        size = 0
        with self.part.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > self.most:
                    raise UsageError(f"a file may have at most {self.most:,} bytes here")
                file.write(chunk)


class IntakeDesk:
    """Where files are handed in."""

    def __init__(self, records: Records, visible: Visible, settings: Settings) -> None:
        self._records = records
        self._visible = visible
        self._settings = settings

    def begin(self, collection: str, *, by: Principal) -> Intake:
        """Begin to receive files for a collection of one's own organisation.

        Raises `ForbiddenError`, and `NotFoundError` for a collection that is not one's own.
        """
        by.require(Permission.IMPORT)
        info = self._visible.collection(collection, by=by)
        if not self._visible.is_own(info, by=by):
            raise NotFoundError(f"your organisation has no collection named {collection}")
        record = self._records.intakes.add(collection=info.id, person=by.person, at=datetime.now(UTC))
        self._folder(record.id).mkdir(parents=True)
        return Intake(record=record, collection=info)

    def expect(self, id_: int, name: str, *, by: Principal) -> Arriving:
        """Make room for one file.

        Raises `UsageError` for a kind of file that is not taken here, and for too many of them.
        """
        intake = self._own(id_, by)
        if intake.record.state != "receiving":
            raise ConflictError("this intake takes no more files", hint="begin another one")
        if intake.record.files >= MOST_FILES:
            raise UsageError(f"an intake takes at most {MOST_FILES:,} files", hint="begin another one")
        if kind_of(name) is Kind.MANIFEST:
            # It names places that this server would read: only whoever runs the server may say which.
            raise UsageError("a manifest is imported on the server itself", hint="use: antigone import")
        unique = secrets.token_hex(4)  # two files may have one name, and may come at the same moment
        folder = self._folder(id_)
        return Arriving(
            intake=id_,
            part=folder / f".{unique}.part",
            target=folder / f"{unique}-{_safe_name(name)}",
            most=self._settings.intake_file_bytes,
        )

    def keep(self, arrived: Arriving) -> int:
        """Keep a file that has come whole; return its size in bytes. Raises `UsageError` for an empty one."""
        with arrived.part.open("rb") as file:
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise UsageError("the file is empty")
        arrived.part.rename(arrived.target)
        self._records.intakes.received(arrived.intake)
        return size

    def hand_over(self, id_: int, *, by: Principal) -> Intake:
        """Let the files be imported. Raises `UsageError` when there are none."""
        intake = self._own(id_, by)
        if intake.record.files == 0:
            raise UsageError("there is nothing to import", hint="send a file first")
        if not self._records.intakes.hand_over(id_):
            raise ConflictError("this intake was handed over before")
        return self._own(id_, by)

    def intake(self, id_: int, *, by: Principal) -> Intake:
        """Return one of one's own organisation. Raises `NotFoundError`."""
        return self._own(id_, by)

    def latest(self, collection: CollectionInfo, *, by: Principal, limit: int = 5) -> tuple[Intake, ...]:
        """Return the latest ones of a collection, newest first; none of somebody else's collection."""
        if not (by.may(Permission.IMPORT) and self._visible.is_own(collection, by=by)):
            return ()
        found = self._records.intakes.of_collection(collection.id, limit=limit)
        return tuple(Intake(record=record, collection=collection) for record in found)

    def work_once(self, worker: str, importer: Importer) -> bool:
        """Take one intake and import it; False when there is none."""
        now = datetime.now(UTC)
        taken = self._records.intakes.take(worker, now=now, silent_since=now - SILENT)
        if taken is None:
            return False
        try:
            who = self._who(taken)
            collection = self._visible.collection(self._name_of(taken), by=who)
            report = importer.import_for(
                self._folder(taken.id),
                into=collection,
                collector=who.shown_as,
                progress=_Told(self, taken, worker),
            )
        except BusyError:  # another import fills the collection: this one has time
            self._records.intakes.put_back(taken.id)
            return False
        except _TakenOverError:
            return True
        except AntigoneError as error:
            said = {"code": error.code, "message": error.message, "hint": error.hint}
            self._records.intakes.finish(taken.id, at=datetime.now(UTC), error=json.dumps(said))
        else:
            progress = json.dumps(report.document())
            self._records.intakes.finish(taken.id, at=datetime.now(UTC), progress=progress)
        return True

    def _tell(self, record: IntakeRecord, worker: str, state: ImportState) -> None:
        self._who(record)
        progress = json.dumps(progress_document(state))
        if not self._records.intakes.tell(record.id, worker, progress=progress, now=datetime.now(UTC)):
            raise _TakenOverError

    def _who(self, record: IntakeRecord) -> Principal:
        person = self._records.people.live_person(record.person_id)
        if person is None:
            raise NotSignedInError("whoever handed this in was cut off")
        who = principal_of(person)
        if not who.may(Permission.IMPORT):
            raise ForbiddenError("whoever handed this in may not import any more")
        return who

    def _name_of(self, record: IntakeRecord) -> str:
        names = {known.id: known.name for known in self._records.collections()}
        return names[record.collection_id]

    def _own(self, id_: int, by: Principal) -> Intake:
        by.require(Permission.IMPORT)
        record = self._records.intakes.intake(id_)
        for info in self._visible.collections(by=by) if record is not None else ():
            if record and info.id == record.collection_id and self._visible.is_own(info, by=by):
                return Intake(record=record, collection=info)
        raise NotFoundError(f"there is no intake {id_}")

    def _folder(self, id_: int) -> Path:
        return self._settings.home.absolute() / FOLDER / f"{id_:06}"


class _TakenOverError(Exception):
    """Another worker does this intake now."""


class _Told:
    """Writes progress to the records, not too often."""

    def __init__(self, desk: IntakeDesk, record: IntakeRecord, worker: str) -> None:
        self._desk, self._record, self._worker = desk, record, worker
        self._told = datetime.min.replace(tzinfo=UTC)

    def update(self, state: ImportState) -> None:
        """Take the latest state."""
        now = datetime.now(UTC)
        if now - self._told >= _TELL_EVERY:
            self._told = now
            self._desk._tell(self._record, self._worker, state)


def progress_document(state: ImportState) -> dict[str, object]:
    """Return how far an import is, as JSON values."""
    return {
        "done": state.done,
        "total": state.total,
        "share": state.share,
        "photos": {"new": state.new, "known": state.known, "failed": state.failed},
        "faces": state.faces,
        "failures": dict(state.failures),
        "rate": round(state.rate, 1),
        "seconds_left": None if state.seconds_left is None else round(state.seconds_left),
    }


def _safe_name(name: str) -> str:
    """Return the last part of a file name without anything that a file system or a shell could take ill."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1].strip().lstrip(".")
    stem, dot, ending = last.rpartition(".")
    plain = _NOT_IN_NAMES.sub("_", stem or last)[:_LONGEST_NAME].strip() or "file"
    return f"{plain}.{_NOT_IN_NAMES.sub('_', ending)[:12].lower()}" if dot and stem else plain
