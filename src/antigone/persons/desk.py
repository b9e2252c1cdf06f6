"""Everything that is done with clusters, for one workspace and one person."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from antigone.access.roles import Permission
from antigone.errors import NotFoundError
from antigone.persons import by_hand, view
from antigone.persons.by_hand import CorrectionReport
from antigone.persons.parts import Model, Parts
from antigone.persons.run import RunReport, run
from antigone.persons.view import ClusterList, ShownCluster
from antigone.records.clusters import CorrectionRecord
from antigone.types import CollectionInfo

FindCollection = Callable[[str, Permission], CollectionInfo]
"""Returns a collection by its name, if one may see it and do that with it; raises `AntigoneError`."""


class Persons:
    """The clusters of one workspace: faces that probably show one person. A cluster is no identity."""

    def __init__(
        self, parts: Parts, model: Model, *, by: str, find: FindCollection, person: int | None = None
    ) -> None:
        """``by`` is who groups and corrects, as it goes on record; ``find`` says what they may see.

        ``person`` is their number, for the audit log.
        """
        self._person = person
        self._parts = parts
        self._model = model
        self._by = by
        self._find = find

    def group(self, collection: str, *, afresh: bool = False, alike: float | None = None) -> RunReport:
        """Group the faces that came since the last run, or all ``afresh``; see `antigone.persons.run`.

        Raises `NotFoundError`, `BusyError`, and `UsageError` for a model that needs ``alike``.
        """
        info = self._find(collection, Permission.IMPORT)
        return run(info, self._model, self._parts, by=self._by, afresh=afresh, alike=alike)

    def list(
        self, collection: str, *, least_faces: int = 2, most: int | None = None, by_size: bool = False
    ) -> ClusterList:
        """Return the clusters of a collection; see `antigone.persons.list_clusters`."""
        info = self._find(collection, Permission.COLLECTION_READ)
        return view.list_clusters(
            info, self._model, self._parts, least_faces=least_faces, most=most, by_size=by_size
        )

    def show(self, cluster: int) -> ShownCluster:
        """Return a cluster with its faces, the loosest first. Raises `NotFoundError`."""
        self._may(cluster, Permission.COLLECTION_READ)
        return view.show_cluster(cluster, self._parts, by=self._person)

    def split(self, cluster: int, references: Sequence[int], *, why: str) -> CorrectionReport:
        """Say that some faces of a cluster show another person; see `antigone.persons.split`."""
        self._may(cluster, Permission.DECIDE)
        return by_hand.split(cluster, references, reason=why, by=self._by, parts=self._parts)

    def merge(self, clusters: Sequence[int], *, why: str) -> CorrectionReport:
        """Say that several clusters show one person; see `antigone.persons.merge`."""
        for cluster in clusters:
            self._may(cluster, Permission.DECIDE)
        return by_hand.merge(clusters, reason=why, by=self._by, parts=self._parts)

    def corrections(self, collection: str) -> tuple[CorrectionRecord, ...]:
        """Return what was corrected by hand in a collection, the oldest first."""
        info = self._find(collection, Permission.COLLECTION_READ)
        return self._parts.records.clusters.corrections(info.id, self._model.id)

    def _may(self, cluster: int, permission: Permission) -> None:
        """Refuse a cluster of a collection that one may not see, as if it were not there."""
        found = self._parts.records.clusters.cluster(cluster)
        try:
            self._find(found.collection, permission)
        except NotFoundError:
            raise NotFoundError(f"there is no cluster {cluster}") from None
