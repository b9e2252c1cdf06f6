"""Grouping the faces of a collection: one run, written in one step, with its audit entry."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from antigone.audit.person_events import Clustered
from antigone.persons.corrections import Corrections
from antigone.persons.grouping import Grouped, Grouping, Material
from antigone.persons.parts import Model, Parts
from antigone.persons.rule import Rule
from antigone.records.clusters import ClusterTotals, RunRecord
from antigone.types import CollectionInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did, and how the collection is grouped now."""

    collection: str
    model: str
    rule: Rule
    afresh: bool  # every face was grouped anew
    faces: int  # that were grouped by this run
    poor: int  # of them too poor to begin a group
    changed: int  # clusters that are new or hold other faces than before
    totals: ClusterTotals
    corrections: int  # by hand, that were respected
    seconds: float
    audit: int  # number of the audit entry


def run(
    collection: CollectionInfo,
    model: Model,
    parts: Parts,
    *,
    by: str,
    afresh: bool = False,
    alike: float | None = None,
) -> RunReport:
    """Group the faces that came since the last run, or with ``afresh`` all of them.

    ``by`` is who runs it; ``alike`` see `Rule.of`. Corrections by hand hold in both cases. Raises
    `UsageError` for a model without a measured rule and `BusyError` while the collection is written to.
    """
    began = time.perf_counter()
    clusters = parts.records.clusters
    with parts.records.writer_lock(collection):
        index = parts.catalogue.index(collection, model.id, model.dimension)
        last = clusters.last_run(collection.id, model.id)
        after = 0 if afresh or last is None else last.through
        made = clusters.corrections(collection.id, model.id)
        material = Material(
            collection=collection.id,
            model=model,
            index=index,
            clusters=clusters,
            templates=parts.records,
            corrections=Corrections(made),
            rule=Rule.of(model.id, index.count(), alike),
        )
        grouped = Grouping(material, after=after).run()
        if grouped.faces or grouped.gone:
            _write(grouped, material, after=after, by=by)
        totals = clusters.totals(collection.id, model.id)
    entry = parts.audit.append(
        Clustered(
            collection=collection.name,
            model=model.id,
            afresh=after == 0,
            faces=grouped.faces,
            changed=len(grouped.changes),
            clusters=totals.clusters,
            corrections=len(made),
            alike=round(material.rule.single, 4),
        ).event()
    )
    return RunReport(
        collection=collection.name,
        model=model.id,
        rule=material.rule,
        afresh=after == 0,
        faces=grouped.faces,
        poor=grouped.poor,
        changed=len(grouped.changes),
        totals=totals,
        corrections=len(made),
        seconds=time.perf_counter() - began,
        audit=entry,
    )


def _write(grouped: Grouped, material: Material, *, after: int, by: str) -> None:
    record = RunRecord(
        collection_id=material.collection,
        model=material.model.id,
        made_at=datetime.now(UTC),
        made_by=by,
        afresh=after == 0,
        through=grouped.through,
        held=material.index.count(),
        grouped=grouped.faces,
        rule=json.dumps(material.rule.document()),
    )
    material.clusters.write_run(record, grouped.changes, grouped.gone)
