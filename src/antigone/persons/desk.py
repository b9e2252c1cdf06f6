"""Everything that is done with clusters, for one workspace."""

from __future__ import annotations

from collections.abc import Sequence

from antigone.persons import by_hand, view
from antigone.persons.by_hand import CorrectionReport
from antigone.persons.parts import Model, Parts
from antigone.persons.run import RunReport, run
from antigone.persons.view import ClusterList, ShownCluster
from antigone.records.clusters import CorrectionRecord


class Persons:
    """The clusters of one workspace: faces that probably show one person. A cluster is no identity."""

    def __init__(self, parts: Parts, model: Model, *, by: str) -> None:
        """``by`` is who groups and corrects: it goes on record."""
        self._parts = parts
        self._model = model
        self._by = by

    def group(self, collection: str, *, afresh: bool = False, alike: float | None = None) -> RunReport:
        """Group the faces that came since the last run, or all ``afresh``; see `antigone.persons.run`.

        Raises `NotFoundError`, `BusyError`, and `UsageError` for a model that needs ``alike``.
        """
        info = self._parts.records.collection(collection)
        return run(info, self._model, self._parts, by=self._by, afresh=afresh, alike=alike)

    def list(
        self, collection: str, *, least_faces: int = 2, most: int | None = None, by_size: bool = False
    ) -> ClusterList:
        """Return the clusters of a collection; see `antigone.persons.list_clusters`."""
        info = self._parts.records.collection(collection)
        return view.list_clusters(
            info, self._model, self._parts, least_faces=least_faces, most=most, by_size=by_size
        )

    def show(self, cluster: int) -> ShownCluster:
        """Return a cluster with its faces, the loosest first. Raises `NotFoundError`."""
        return view.show_cluster(cluster, self._parts)

    def split(self, cluster: int, references: Sequence[int], *, why: str) -> CorrectionReport:
        """Say that some faces of a cluster show another person; see `antigone.persons.split`."""
        return by_hand.split(cluster, references, reason=why, by=self._by, parts=self._parts)

    def merge(self, clusters: Sequence[int], *, why: str) -> CorrectionReport:
        """Say that several clusters show one person; see `antigone.persons.merge`."""
        return by_hand.merge(clusters, reason=why, by=self._by, parts=self._parts)

    def corrections(self, collection: str) -> tuple[CorrectionRecord, ...]:
        """Return what was corrected by hand in a collection, the oldest first."""
        info = self._parts.records.collection(collection)
        return self._parts.records.clusters.corrections(info.id, self._model.id)
