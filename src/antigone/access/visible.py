"""The collections that someone may see: those of their organisation and those shared to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from antigone.access.directory import AuditSink
from antigone.access.principal import Principal
from antigone.access.roles import Permission
from antigone.audit.office_events import CollectionShared, CollectionUnshared
from antigone.errors import ConflictError, EmptyGalleryError, NotFoundError
from antigone.records import Records
from antigone.types import CollectionInfo


class Visible:
    """Collections as one person sees them. What is not theirs to see is as if it were not there."""

    def __init__(self, records: Records, audit: AuditSink) -> None:
        self._records = records
        self._audit = audit

    def collections(self, *, by: Principal) -> tuple[CollectionInfo, ...]:
        """Return every collection that they may see, by name."""
        seen = self._records.people.visible_collections(by.organisation)
        return tuple(collection for collection in self._records.collections() if collection.id in seen)

    def collection(self, name: str, *, by: Principal) -> CollectionInfo:
        """Return one of them. Raises `NotFoundError`, also for one that others have."""
        found = [collection for collection in self.collections(by=by) if collection.name == name]
        if not found:
            raise NotFoundError(f"there is no collection named {name}")
        return found[0]

    def is_own(self, collection: CollectionInfo, *, by: Principal) -> bool:
        """Tell whether it is their organisation's, not one that is shared to it."""
        return self._records.people.owner_of(collection.id) == by.organisation

    def names(self, wanted: Sequence[str], *, by: Principal) -> tuple[str, ...]:
        """Return the names to search: those wanted, or all that they may see.

        Raises `NotFoundError`, and `EmptyGalleryError` when there is none.
        """
        if wanted:
            return tuple(self.collection(name, by=by).name for name in dict.fromkeys(wanted))
        names = tuple(collection.name for collection in self.collections(by=by))
        if not names:  # an empty list would mean: all of them
            raise EmptyGalleryError("there is no collection that you may search")
        return names

    def versions(self, names: Sequence[str], model: str) -> list[dict[str, object]]:
        """Say how collections stand now: how many references of a model, and the highest number of one.

        References are never changed and their numbers never given again: the two tell one state from another.
        """
        found = []
        for name in names:
            summary = self._records.reference_summary(self._records.collection(name).id, model)
            found.append({"collection": name, "references": summary.count, "highest": summary.max_id})
        return found

    def take(self, collection: CollectionInfo, *, by: Principal) -> None:
        """Make a new collection that of one's own organisation."""
        self._records.people.give_collection(collection.id, by.organisation)

    def share(self, name: str, organisation: int, *, by: Principal) -> None:
        """Let another organisation search one's own collection. Raises `NotFoundError`."""
        by.require(Permission.COLLECTION_MANAGE)
        collection = self._own(name, by)
        organisations = {known.id: known for known in self._records.people.organisations()}
        if organisation not in organisations:
            raise NotFoundError("there is no such organisation")
        if organisations[organisation].exercise or organisations[by.organisation].exercise:
            raise ConflictError("exercises share nothing with real cases")
        self._records.people.share(collection.id, organisation, by=by.person, at=datetime.now(UTC))
        self._audit.append(
            CollectionShared(by=by.person, collection=collection.name, organisation=organisation).event()
        )

    def unshare(self, name: str, organisation: int, *, by: Principal) -> None:
        """Take that back, from the next request on."""
        by.require(Permission.COLLECTION_MANAGE)
        collection = self._own(name, by)
        self._records.people.unshare(collection.id, organisation)
        self._audit.append(
            CollectionUnshared(by=by.person, collection=collection.name, organisation=organisation).event()
        )

    def _own(self, name: str, by: Principal) -> CollectionInfo:
        collection = self.collection(name, by=by)
        if not self.is_own(collection, by=by):
            raise NotFoundError(f"your organisation has no collection named {name}")
        return collection
