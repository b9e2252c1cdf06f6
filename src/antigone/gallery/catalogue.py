"""The indexes of a workspace: opened when asked for, and brought in line with the records."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from antigone.errors import BusyError, IndexMismatchError, WorkspaceError
from antigone.gallery.cache import CacheRejectedError, IndexCache
from antigone.gallery.faiss import FaissIndex, IndexOptions
from antigone.gallery.protocol import Float16Array, GalleryIndex
from antigone.gallery.workers import Workers
from antigone.records import ReferenceSummary
from antigone.settings import Settings
from antigone.types import CollectionInfo, Int64Array

FOLDER = "index"

_SAVE_AFTER = 10_000  # so many references of catching up are worth saving at once
_SAMPLE = 32  # references compared with the records when a saved index is opened
_BATCH = 65_536

_log = logging.getLogger(__name__)


class References(Protocol):
    """What the catalogue asks of the records."""

    def reference_summary(self, collection_id: int, model: str) -> ReferenceSummary:
        """Return how many references there are and the highest id; asked before every search."""

    def reference_ids(self, collection_id: int, model: str) -> Int64Array:
        """Return all reference ids, ascending."""

    def iter_templates(
        self, collection_id: int, model: str, after: int = 0, batch: int = _BATCH
    ) -> Iterator[tuple[Int64Array, Float16Array]]:
        """Yield ids and templates, ids ascending and greater than ``after``."""

    def templates(self, ids: Sequence[int]) -> tuple[Int64Array, Float16Array]:
        """Return those of ``ids`` that exist, ascending, and their templates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexHealth:
    """How one index stands to the records it is made from."""

    collection: str
    model: str
    references: int  # in the records
    indexed: int  # in the index
    compressed: bool  # whether searches scan compressed templates before they compare exactly
    problem: str | None  # why the two differ, where catching up did not mend it
    notices: tuple[str, ...]  # what was out of the ordinary, such as a rebuilt index

    @property
    def sound(self) -> bool:
        """Say whether the index holds exactly what the records hold."""
        return self.problem is None and self.references == self.indexed


@dataclass(slots=True)
class _Open:
    """One index of the catalogue; ``lock`` is held while it is opened or brought up to date."""

    lock: Lock = field(default_factory=Lock)
    index: FaissIndex | None = None
    rejected: bool = False  # whether a saved copy that may not be used still lies on the disk
    notices: list[str] = field(default_factory=list)


class Catalogue:
    """Hands out the index of a collection and model, in line with the records.

    The records are the truth. An index is opened from its saved copy where that passes its checks, and
    rebuilt from the records where it does not; then it is given what it lacks and relieved of what is gone.
    Safe to share between threads.
    """

    def __init__(self, home: Path, records: References, settings: Settings) -> None:
        self._home = home
        self._records = records
        self._settings = settings
        self._workers = Workers(settings.threads)
        self._open: dict[tuple[int, str], _Open] = {}
        self._opening = Lock()

    def index(self, collection: CollectionInfo, model: str, dimension: int) -> GalleryIndex:
        """Return the index of one collection and model, holding exactly what the records hold now.

        ``dimension`` is that of the model's templates. Raises `IndexMismatchError` when index and records
        differ even after catching up. The index stays open; nobody needs to close it.
        """
        return self._current(collection, model, dimension)

    def _current(self, collection: CollectionInfo, model: str, dimension: int) -> FaissIndex:
        entry = self._entry(collection, model)
        with entry.lock:
            if entry.index is None:
                entry.index = self._opened(collection, model, dimension, entry)
            changed = self._catch_up(entry.index, collection.id, model)
            if changed >= _SAVE_AFTER or entry.rejected:
                self._save(entry)
            return entry.index

    def health(self, collection: CollectionInfo, model: str, dimension: int) -> IndexHealth:
        """Compare one index with the records, after catching up."""
        problem = None
        try:
            self._current(collection, model, dimension)
        except IndexMismatchError as error:
            problem = error.message
        entry = self._entry(collection, model)
        return IndexHealth(
            collection=collection.name,
            model=model,
            references=self._records.reference_summary(collection.id, model).count,
            indexed=entry.index.count() if entry.index else 0,
            compressed=entry.index.compressed if entry.index else False,
            problem=problem,
            notices=tuple(entry.notices),
        )

    def notices(self) -> tuple[str, ...]:
        """Return what was out of the ordinary with any open index, oldest first for each."""
        with self._opening:
            entries = list(self._open.values())
        return tuple(notice for entry in entries for notice in entry.notices)

    def flush(self) -> None:
        """Bring every open index in line with the records and save it.

        An index that was last asked for before another process removed a reference must not bring its
        template back to the disk. Raises what `FaissIndex.flush` raises; one that cannot be brought in line
        stays unsaved, with a notice.
        """
        with self._opening:
            entries = list(self._open.items())
        for (collection_id, model), entry in entries:
            with entry.lock:
                if entry.index is not None:
                    try:
                        self._catch_up(entry.index, collection_id, model)
                    except IndexMismatchError as error:
                        _notice(entry, error.message)
                    else:
                        entry.index.flush()

    def _entry(self, collection: CollectionInfo, model: str) -> _Open:
        with self._opening:
            return self._open.setdefault((collection.id, model), _Open())

    def _opened(self, collection: CollectionInfo, model: str, dimension: int, entry: _Open) -> FaissIndex:
        cache = IndexCache(
            folder=self._home / FOLDER / str(collection.id) / _folder_name(model),
            identity={
                "collection": collection.id,
                "created": collection.created_at.isoformat(),
                "model": model,
                "dimension": dimension,
            },
        )
        options = IndexOptions(
            dimension=dimension,
            exact_below=self._settings.exact_below,
            shortlist=self._settings.shortlist,
        )
        index = FaissIndex(options, workers=self._workers, cache=cache)
        try:
            index.load()
            self._compare_sample(index, collection.id, model)
        except CacheRejectedError as error:
            entry.rejected = True
            _notice(entry, f"the saved index of collection {collection.name} is rebuilt: {error}")
            index = FaissIndex(options, workers=self._workers, cache=cache)
        return index

    def _compare_sample(self, index: FaissIndex, collection_id: int, model: str) -> None:
        """Reject a saved index whose templates are not those of the records.

        Its files may be sound and yet belong to another history, as when the records were restored from a
        backup and have since given the same ids to other faces: then their newest reference differs.
        """
        ids = index.ids()
        if not len(ids):
            return
        newest = self._records.reference_summary(collection_id, model).max_id
        spread = ids[np.linspace(0, len(ids) - 1, _SAMPLE).astype(np.int64)]
        for start in {newest, *spread.tolist()}:
            one = next(self._records.iter_templates(collection_id, model, after=start - 1, batch=1), None)
            if one is None:
                continue  # removed, as all after it
            held_ids, held_rows = index.templates(one[0])
            if len(held_ids) and not np.array_equal(held_rows, one[1]):
                raise CacheRejectedError("it holds other templates than the records")

    def _catch_up(self, index: FaissIndex, collection_id: int, model: str) -> int:
        """Bring the index in line with the records and return by how many references they differed.

        Nearly always nothing is to be done or references were appended. Ids only grow, so equal counts
        and equal highest ids mean equal contents; anything else is settled id by id.
        """
        if self._agrees(index, collection_id, model):
            return 0
        newer = self._records.iter_templates(collection_id, model, after=index.highest_id(), batch=_BATCH)
        changed = _add(index, newer)
        if self._agrees(index, collection_id, model):
            return changed
        return changed + self._settle(index, collection_id, model)

    def _agrees(self, index: FaissIndex, collection_id: int, model: str) -> bool:
        summary = self._records.reference_summary(collection_id, model)
        return (summary.count, summary.max_id) == (index.count(), index.highest_id())

    def _settle(self, index: FaissIndex, collection_id: int, model: str) -> int:
        """Add and remove single references until both sides hold the same."""
        # Records are written before the index. What the index held before the records were read and they
        # do not name is gone; read the other way round, a reference added in between would be removed.
        held = index.ids()
        true = self._records.reference_ids(collection_id, model)
        changed = index.remove(np.setdiff1d(held, true, assume_unique=True))
        missing = np.setdiff1d(true, held, assume_unique=True)
        batches = np.split(missing, range(_BATCH, len(missing), _BATCH))
        changed += _add(index, (self._records.templates(batch.tolist()) for batch in batches if len(batch)))
        lacking = np.setdiff1d(true, index.ids(), assume_unique=True)
        if len(lacking):  # unless they were removed meanwhile
            lacking = np.intersect1d(lacking, self._records.reference_ids(collection_id, model))
        if len(lacking):
            raise IndexMismatchError(
                f"the index lacks {len(lacking)} references that the records hold",
                hint="run antigone doctor; removing the index folder of the workspace rebuilds it",
                details={"lacking": len(lacking)},
            )
        return changed

    @staticmethod
    def _save(entry: _Open) -> None:
        """Save after much catching up, so that the next start is quick; a refusal only costs that time."""
        entry.rejected = False
        try:
            if entry.index is not None:
                entry.index.flush()
        except (WorkspaceError, BusyError) as error:
            _notice(entry, error.message)


def _add(index: FaissIndex, batches: Iterable[tuple[Int64Array, Float16Array]]) -> int:
    try:
        return index.add_all(batches)
    except ValueError as error:
        raise IndexMismatchError(
            f"the records hold templates that cannot be compared: {error}",
            hint="they were damaged or made by another model; import those photos again",
        ) from error


def _notice(entry: _Open, text: str) -> None:
    entry.notices.append(text)
    _log.warning("%s", text)


def _folder_name(model: str) -> str:
    """Return a folder name for any model id: readable, and different for different ids."""
    readable = re.sub(r"[^a-z0-9.]+", "-", model.lower()).strip("-.")[:40]
    return f"{readable}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"
