"""Splitting and merging clusters by hand: decided by a person, on record, kept by every later run."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from antigone.audit.person_events import ClusterCorrected
from antigone.errors import NotFoundError, UsageError
from antigone.persons.corrections import REST, SPLIT_OFF, Kind
from antigone.persons.linkage import links
from antigone.persons.parts import Parts
from antigone.records.clusters import (
    ClusterChange,
    ClusterRecord,
    CorrectionRecord,
    FaceKey,
    MemberRecord,
)

_LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionReport:
    """What a correction did."""

    correction: int
    kind: str
    collection: str
    clusters: tuple[int, ...]  # that were split or merged
    cluster: int  # what was split off, or what all went up in
    faces: int  # of that cluster now
    overrules: tuple[int, ...]  # earlier corrections that said otherwise of some of these faces
    same_photos: tuple[str, ...]  # sha256 of photos that show a merged person more than once
    audit: int


def split(cluster: int, references: Sequence[int], *, reason: str, by: str, parts: Parts) -> CorrectionReport:
    """Say that some faces of a cluster show another person than the rest; they become a cluster of their own.

    Raises `NotFoundError` for an unknown cluster or a reference that is not in it, `UsageError` for none or
    all of them or without a reason, and `BusyError`.
    """
    off, why = set(references), _clean(reason)
    found = parts.records.clusters.cluster(cluster)
    with parts.records.writer_lock(parts.records.collection(found.collection)):
        members = _members(found, parts)
        missing = off - {member.reference for member in members}
        if missing:
            raise NotFoundError(
                f"cluster {cluster} does not hold reference {', '.join(map(str, sorted(missing)))}",
                hint=f"antigone cluster show {cluster} lists those it holds",
            )
        if not 0 < len(off) < len(members):
            raise UsageError(
                "a split takes some faces of a cluster and leaves some",
                hint="name those that are someone else",
            )
        sides = {member.key: SPLIT_OFF if member.reference in off else REST for member in members}
        changes = (
            _change(cluster, [member for member in members if member.reference not in off], parts),
            _change(None, [member for member in members if member.reference in off], parts),
        )
        return _write(Kind.SPLIT, [found], sides, changes, why=why, by=by, parts=parts)


def merge(clusters: Sequence[int], *, reason: str, by: str, parts: Parts) -> CorrectionReport:
    """Say that all faces of several clusters show one person; they go up in the largest of them.

    Raises `NotFoundError` for an unknown cluster, `UsageError` for fewer than two, for clusters of several
    collections or models, or without a reason, and `BusyError`.
    """
    why = _clean(reason)
    chosen = [parts.records.clusters.cluster(number) for number in dict.fromkeys(clusters)]
    if len(chosen) < 2:
        raise UsageError("a merge takes two clusters or more")
    if len({(found.collection_id, found.model) for found in chosen}) > 1:
        raise UsageError(
            "these clusters lie in several collections", hint="a cluster belongs to one collection and model"
        )
    with parts.records.writer_lock(parts.records.collection(chosen[0].collection)):
        held = {found.id: _members(found, parts) for found in chosen}
        chosen.sort(key=lambda found: (-len(held[found.id]), found.id))
        sides = {member.key: place for place, found in enumerate(chosen) for member in held[found.id]}
        everybody = [member for found in chosen for member in held[found.id]]
        changes = (_change(chosen[0].id, everybody, parts),)
        return _write(Kind.MERGE, chosen, sides, changes, why=why, by=by, parts=parts)


def _members(cluster: ClusterRecord, parts: Parts) -> tuple[MemberRecord, ...]:
    members = parts.records.clusters.member_records(cluster.id)
    if not members:
        raise NotFoundError(f"cluster {cluster.id} holds no face any more")
    return members


def _change(cluster: int | None, members: Sequence[MemberRecord], parts: Parts) -> ClusterChange:
    references, templates = parts.records.templates([member.reference for member in members])
    return ClusterChange(cluster=cluster, references=references, links=links(templates.astype(np.float32)))


def _write(
    kind: Kind,
    found: Sequence[ClusterRecord],
    sides: dict[FaceKey, int],
    changes: tuple[ClusterChange, ...],
    *,
    why: str,
    by: str,
    parts: Parts,
) -> CorrectionReport:
    clusters, first = parts.records.clusters, found[0]
    earlier = clusters.corrections(first.collection_id, first.model)
    number, new = clusters.write_correction(
        CorrectionRecord(
            id=0,  # given by the records
            collection_id=first.collection_id,
            model=first.model,
            kind=kind,
            made_at=datetime.now(UTC),
            made_by=by,
            reason=why,
            sides=sides,
        ),
        changes,
        [cluster.id for cluster in found[1:]],
    )
    result = first.id if kind is Kind.MERGE else new[1]
    entry = parts.audit.append(
        ClusterCorrected(
            collection=first.collection,
            model=first.model,
            correction=number,
            what=kind.value,
            clusters=[cluster.id for cluster in found],
            cluster=result,
            faces=len(sides),
        ).event()
    )
    return CorrectionReport(
        correction=number,
        kind=kind.value,
        collection=first.collection,
        clusters=tuple(cluster.id for cluster in found),
        cluster=result,
        faces=len(changes[-1].references),
        overrules=tuple(other.id for other in earlier if _contradict(kind, sides, other)),
        same_photos=_repeated(sides) if kind is Kind.MERGE else (),
        audit=entry,
    )


def _contradict(kind: Kind, sides: dict[FaceKey, int], earlier: CorrectionRecord) -> bool:
    """Say whether an earlier correction of the other kind said otherwise of faces on different sides."""
    if earlier.kind == kind:
        return False
    both = [(side, earlier.sides[face]) for face, side in sides.items() if face in earlier.sides]
    if kind is Kind.MERGE:
        return len({theirs for _, theirs in both}) > 1
    return len({ours for ours, _ in both}) > 1


def _repeated(sides: dict[FaceKey, int]) -> tuple[str, ...]:
    times = Counter(photo for photo, _ in sides)
    return tuple(sorted(photo for photo, number in times.items() if number > 1))


def _clean(reason: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", reason).split())
    if not text:
        raise UsageError("a correction needs a reason", hint="say why in a few words: --why TEXT")
    if len(text) > _LONGEST_REASON:
        raise UsageError(f"a reason has at most {_LONGEST_REASON:,} characters")
    return text
