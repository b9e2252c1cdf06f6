"""Clusters as a person looks at them: the loosest first, and of each its loosest face."""

from __future__ import annotations

import json
from dataclasses import dataclass

from antigone.audit.person_events import ClusterShown
from antigone.errors import NotFoundError
from antigone.persons.mixed import MixedShare, mixed_share
from antigone.persons.parts import Model, Parts
from antigone.persons.rule import Rule
from antigone.records import ReferenceRecord
from antigone.records.clusters import (
    ClusterRecord,
    ClusterSummary,
    ClusterTotals,
    CorrectionRecord,
    RunRecord,
)
from antigone.types import CollectionInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCluster:
    """A cluster in a list."""

    summary: ClusterSummary
    mixed: MixedShare | None  # None where nothing was counted for its model, or it has one face


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterList:
    """The clusters of a collection."""

    collection: str
    model: str
    run: RunRecord
    totals: ClusterTotals
    clusters: tuple[ListedCluster, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedFace:
    """A face of a cluster."""

    record: ReferenceRecord
    link: float | None  # mean score to the other faces; None where there is no other


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCluster:
    """One cluster with its faces."""

    cluster: ClusterRecord
    faces: tuple[LinkedFace, ...]  # the loosest first
    mixed: MixedShare | None
    corrections: tuple[CorrectionRecord, ...]  # that speak of its faces, the oldest first
    audit: int


def list_clusters(
    collection: CollectionInfo,
    model: Model,
    parts: Parts,
    *,
    least_faces: int = 2,
    most: int | None = None,
    by_size: bool = False,
) -> ClusterList:
    """Return the clusters of a collection, the weakest link first or the largest first.

    Raises `NotFoundError` where the collection was never grouped.
    """
    clusters = parts.records.clusters
    run = clusters.last_run(collection.id, model.id)
    if run is None:
        raise NotFoundError(
            f"the faces of {collection.name} have not been grouped with model {model.id}",
            hint=f"antigone cluster {collection.name} groups them",
        )
    rule = rule_of(run)
    found = clusters.summaries(collection.id, model.id, least_faces=least_faces, most=most, by_size=by_size)
    return ClusterList(
        collection=collection.name,
        model=model.id,
        run=run,
        totals=clusters.totals(collection.id, model.id),
        clusters=tuple(
            ListedCluster(summary=summary, mixed=mixed_share(summary.weakest, summary.faces, rule, model.id))
            for summary in found
        ),
    )


def show_cluster(number: int, parts: Parts, *, by: int | None = None) -> ShownCluster:
    """Return a cluster with its faces, after its audit entry about the person ``by``.

    Raises `NotFoundError`.
    """
    clusters = parts.records.clusters
    found = clusters.cluster(number)
    members = clusters.member_records(number)
    records = parts.records.references([member.reference for member in members])
    run = clusters.last_run(found.collection_id, found.model)
    keys = {member.key for member in members}
    weakest = min((member.link for member in members if member.link is not None), default=None)
    made = clusters.corrections(found.collection_id, found.model)
    entry = parts.audit.append(
        ClusterShown(by=by, collection=found.collection, cluster=number, faces=len(members)).event()
    )
    return ShownCluster(
        cluster=found,
        faces=tuple(
            LinkedFace(record=records[member.reference], link=member.link)
            for member in members
            if member.reference in records
        ),
        mixed=None if run is None else mixed_share(weakest, len(members), rule_of(run), found.model),
        corrections=tuple(one for one in made if not keys.isdisjoint(one.sides)),
        audit=entry,
    )


def rule_of(run: RunRecord) -> Rule:
    """Return the rule that a run kept to."""
    said = json.loads(run.rule)
    return Rule(**{name: said[name] for name in Rule.__slots__})
