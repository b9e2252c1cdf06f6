"""The records of one workspace: one object, each method one transaction."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from antigone.errors import WorkspaceError
from antigone.provenance import Material
from antigone.records import collections, imports, references, sources
from antigone.records.audit import AuditStore
from antigone.records.calibrations import Calibrations
from antigone.records.case_lists import CaseLists
from antigone.records.cases import Cases
from antigone.records.clusters import Clusters
from antigone.records.contents import Contents
from antigone.records.counts import Counts
from antigone.records.deceased import Deceased
from antigone.records.evaluations import Evaluations
from antigone.records.exercises import ExerciseStore
from antigone.records.gatherings import Gatherings
from antigone.records.imprints import Imprints
from antigone.records.intakes import Intakes
from antigone.records.jobs import Jobs
from antigone.records.lock import writer_lock
from antigone.records.people import People
from antigone.records.photos import Photos
from antigone.records.results import (
    CollectionCounts,
    FailureRecord,
    Float16Array,
    ImportCounts,
    ImportInfo,
    ReferenceRecord,
    ReferenceSummary,
    Visit,
    Written,
)
from antigone.records.schema import ensure_schema
from antigone.records.sought import Sought
from antigone.records.sqlite import (
    FILE_NAME,
    is_storage_full,
    not_writable,
    sqlite_engine,
    storage_full,
    writing,
)
from antigone.records.videos import Videos
from antigone.records.watches import Watches
from antigone.records.webhooks import Webhooks
from antigone.records.whereabouts import Whereabouts, whereabouts_of
from antigone.types import CollectionInfo, Float32Array, Int64Array


def open_records(home: Path, *, create: bool = False) -> Records:
    """Open the records of the workspace in ``home``, bringing an older schema up to date.

    With ``create`` a missing workspace is made; one that is there stays as it is. Raises `WorkspaceError`
    when there is none, when it cannot be written or is of a newer version, and `StorageFullError`.
    """
    home = Path(os.path.abspath(home))  # noqa: PTH100 - not resolve(): messages show the path as given
    _check_home(home, create=create)
    records = Records(sqlite_engine(home), home)
    try:
        ensure_schema(records._engine, create=create)
    except BaseException:
        records.close()
        raise
    return records


def _check_home(home: Path, *, create: bool) -> None:
    if create:
        try:
            home.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise WorkspaceError(f"{home} is not a folder", hint="name a folder for the workspace") from error
        except OSError as error:
            raise storage_full(home) if is_storage_full(error) else not_writable(home) from error
    elif not (home / FILE_NAME).is_file():
        raise WorkspaceError(
            f"there is no workspace in {home}",
            hint="make one with: antigone init, or name another with --home",
        )
    file = home / FILE_NAME
    if not _may(home, os.W_OK | os.X_OK) or (file.exists() and not _may(file, os.R_OK | os.W_OK)):
        raise not_writable(home)


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


class Records:
    """The truth about one workspace. Safe to share between threads; several processes may open it too.

    Every method raises `WorkspaceError`, `StorageFullError` or `BusyError` where the database fails.
    """

    def __init__(self, engine: Engine, home: Path) -> None:
        self.home = home
        self._engine = engine
        self._writer = writing(engine)

    @cached_property
    def audit(self) -> AuditStore:
        """The audit log."""
        return AuditStore(self._engine, self._writer)

    @cached_property
    def photos(self) -> Photos:
        """Photos with all that is on record about them."""
        return Photos(self._engine)

    @cached_property
    def imprints(self) -> Imprints:
        """What tells whether two references are copies of one photo."""
        return Imprints(self._engine)

    @cached_property
    def people(self) -> People:
        """Organisations, people, sessions and tokens."""
        return People(self._engine, self._writer)

    @cached_property
    def videos(self) -> Videos:
        """Videos: what is dealt with, and the people followed through them."""
        return Videos(self._engine, self._writer)

    @cached_property
    def clusters(self) -> Clusters:
        """Clusters of faces, and what was corrected in them by hand."""
        return Clusters(self._engine, self._writer)

    @cached_property
    def gatherings(self) -> Gatherings:
        """Who is on a photo together."""
        return Gatherings(self._engine)

    @cached_property
    def cases(self) -> Cases:
        """Cases, decisions and conclusions."""
        return Cases(self._engine, self._writer)

    @cached_property
    def case_lists(self) -> CaseLists:
        """Lists over many cases."""
        return CaseLists(self._engine)

    @cached_property
    def calibrations(self) -> Calibrations:
        """What scores of a model are worth, as measured on labelled people."""
        return Calibrations(self._engine, self._writer)

    @cached_property
    def contents(self) -> Contents:
        """What collections hold, told in numbers."""
        return Contents(self._engine)

    @cached_property
    def deceased(self) -> Deceased:
        """Particulars of the dead, and to whom they were given."""
        return Deceased(self._engine, self._writer)

    @cached_property
    def evaluations(self) -> Evaluations:
        """Evaluations that organisations keep as their own measure of a model."""
        return Evaluations(self._engine, self._writer)

    @cached_property
    def intakes(self) -> Intakes:
        """Files that were handed in through the server."""
        return Intakes(self._engine, self._writer)

    @cached_property
    def jobs(self) -> Jobs:
        """Work that goes on by itself."""
        return Jobs(self._engine, self._writer)

    @cached_property
    def exercises(self) -> ExerciseStore:
        """Made-up cases on which people learn."""
        return ExerciseStore(self._engine, self._writer)

    @cached_property
    def counts(self) -> Counts:
        """Counts over the cases of an organisation."""
        return Counts(self._engine)

    @cached_property
    def sought(self) -> Sought:
        """Lists of persons sought, and the cases that may be held against them."""
        return Sought(self._engine, self._writer)

    @cached_property
    def watches(self) -> Watches:
        """Standing searches and their inbox."""
        return Watches(self._engine, self._writer)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Receivers of news, and what is on its way to them."""
        return Webhooks(self._engine, self._writer)

    def close(self) -> None:
        """Give back the files. The object cannot be used afterwards."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Collections

    def add_collection(
        self,
        *,
        name: str,
        owner: str,
        source: str,
        purpose: str,
        basis: str,
        jurisdiction: str,
        retain_until: date,
    ) -> CollectionInfo:
        """Add a collection. Raises `UsageError` for an empty field or a past date, `ConflictError`."""
        new = collections.NewCollection(
            name=name,
            owner=owner,
            source=source,
            purpose=purpose,
            basis=basis,
            jurisdiction=jurisdiction,
            retain_until=retain_until,
        )
        with self._writer.begin() as connection:
            return collections.add_collection(connection, new)

    def change_collection(self, collection_id: int, said: Mapping[str, str | date]) -> CollectionInfo:
        """Complete or change what is said of a collection, field by field. Raises `UsageError`."""
        with self._writer.begin() as connection:
            return collections.change_collection(connection, collection_id, said)

    def collection(self, name: str) -> CollectionInfo:
        """Return the collection of that name. Raises `NotFoundError`."""
        with self._engine.connect() as connection:
            return collections.find_collection(connection, name)

    def collections(self) -> tuple[CollectionInfo, ...]:
        """Return every collection, by name."""
        with self._engine.connect() as connection:
            return collections.all_collections(connection)

    def collection_counts(self, collection_id: int) -> CollectionCounts:
        """Count photos, faces, failures and imports of a collection."""
        with self._engine.connect() as connection:
            return collections.count_collection(connection, collection_id)

    def failures(self, collection_id: int, *, each: int | None = None) -> tuple[FailureRecord, ...]:
        """Return the failures of a collection by code and source, at most ``each`` of every code."""
        with self._engine.connect() as connection:
            return tuple(collections.failures_of(connection, collection_id, each=each))

    def has_failed(self, collection_id: int, sha256: str) -> bool:
        """Tell whether a photo of this digest is among the failures of a collection."""
        with self._engine.connect() as connection:
            return collections.has_failed(connection, collection_id, sha256)

    # References

    def reference_summary(self, collection_id: int, model: str) -> ReferenceSummary:
        """Return how many references there are and the highest id."""
        with self._engine.connect() as connection:
            return references.summarise(connection, collection_id, model)

    def reference_ids(self, collection_id: int, model: str) -> Int64Array:
        """Return all reference ids, ascending."""
        with self._engine.connect() as connection:
            return references.reference_ids(connection, collection_id, model)

    def iter_templates(
        self, collection_id: int, model: str, after: int = 0, batch: int = 65_536
    ) -> Iterator[tuple[Int64Array, Float16Array]]:
        """Yield ids (n,) and templates (n, D) float16, ids ascending and greater than ``after``."""
        return references.iter_templates(self._engine, collection_id, model, after=after, batch=batch)

    def templates(self, ids: Sequence[int]) -> tuple[Int64Array, Float16Array]:
        """Return those of ``ids`` that exist, ascending, and their templates (n, D) float16.

        The ids must be of one model.
        """
        with self._engine.connect() as connection:
            return references.templates_of(connection, ids)

    def references(self, ids: Sequence[int]) -> dict[int, ReferenceRecord]:
        """Return what a candidate shows, for each of ``ids`` that exists."""
        with self._engine.connect() as connection:
            return references.references_of(connection, ids)

    def whereabouts(self, references: Sequence[int]) -> dict[int, Whereabouts]:
        """Return what is said of the place of the photo of each of ``references`` that exists."""
        with self._engine.connect() as connection:
            return whereabouts_of(connection, references)

    def face_geometry(self, reference: int) -> tuple[Float32Array, int, int] | None:
        """Return the (5, 2) landmarks of a reference's face, and width and height of its photo in pixels."""
        with self._engine.connect() as connection:
            return references.geometry_of(connection, reference)

    # Imports

    def writer_lock(self, collection: CollectionInfo) -> AbstractContextManager[None]:
        """Hold the right to write to a collection. Raises `BusyError` when another holds it."""
        return writer_lock(self.home, collection)

    def begin_import(
        self, *, collection_id: int, model: str, request: str, collector: str = ""
    ) -> ImportInfo:
        """Return the unfinished import with the same ``request`` digest, or begin a new one."""
        with self._writer.begin() as connection:
            return imports.begin_import(
                connection, collection_id=collection_id, model=model, request=request, collector=collector
            )

    def add_material(self, import_id: int, material: Material) -> int:
        """Note a file that holds photos, as it was received, and return its number."""
        with self._writer.begin() as connection:
            return sources.add_material(connection, import_id, material)

    def materials(
        self, *, import_id: int | None = None, collection_id: int | None = None
    ) -> tuple[Material, ...]:
        """Return the files that one import, or all imports of a collection, received, with their checks."""
        with self._engine.connect() as connection:
            return sources.materials(connection, import_id=import_id, collection_id=collection_id)

    def visited(self, import_id: int, locations: Sequence[str]) -> dict[str, str | None]:
        """Return which locations an import has dealt with, each with the sha256 of what it saw there."""
        with self._engine.connect() as connection:
            return imports.visited(connection, import_id, locations)

    def known_photos(self, *, collection_id: int, model: str, sha256s: Sequence[str]) -> set[str]:
        """Return which of ``sha256s`` are photos of the collection that the model has analysed."""
        with self._engine.connect() as connection:
            return imports.known(connection, collection_id=collection_id, model=model, sha256s=sha256s)

    def write_batch(self, import_: ImportInfo, visits: Sequence[Visit]) -> Written:
        """Write a batch of visits and the import's journal in one transaction.

        Raises `LookupError` when a visit refers to bytes that are nowhere.
        """
        with self._writer.begin() as connection:
            return imports.write_batch(connection, import_, visits)

    def count_import(self, import_id: int) -> ImportCounts:
        """Count what an import has done, over all its runs."""
        with self._engine.connect() as connection:
            return imports.count_import(connection, import_id)

    def finish_import(self, import_id: int) -> None:
        """Mark an import as complete."""
        with self._writer.begin() as connection:
            imports.finish_import(connection, import_id)
