"""Clusters as the records keep them, one transaction a method. How to group is settled above this."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Select, delete, func, insert, select

from antigone.errors import NotFoundError
from antigone.records.cluster_tables import (
    ClusterCorrectionFaceRow,
    ClusterCorrectionRow,
    ClusterMemberRow,
    ClusterRow,
    ClusterRunRow,
)
from antigone.records.tables import CollectionRow, FaceRow, PhotoRow, TemplateRow
from antigone.types import Float32Array, Int64Array

T = TypeVar("T", int, str)

FaceKey = tuple[str, int]
"""A face by its photo's sha256 and its number there: the same again when the photo is imported again."""

_PER_QUERY = 10_000  # a statement takes a limited number of parameters (SQLite 32,766)
_PER_FETCH = 4_096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceTable:
    """What grouping must know of references beside their templates; row i of every array is one of them."""

    references: Int64Array  # (n,), ascending
    photos: Int64Array  # (n,), number of the photo within the records
    quality: Float32Array  # (n,), 0 to 100
    sharpness: Float32Array  # (n,), the part of quality, 0 to 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecord:
    """A cluster."""

    id: int
    collection_id: int
    collection: str
    model: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSummary:
    """How large a cluster is, and how loosely its loosest face hangs on it."""

    id: int
    faces: int
    weakest: float | None  # lowest mean score of a face to the others; None where there is one face


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterTotals:
    """How a collection's references are grouped."""

    clusters: int
    several: int  # clusters of two faces or more
    grouped: int  # references in a cluster
    held: int  # references in the collection


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """A reference in its cluster."""

    reference: int
    photo: str  # sha256
    face: int
    link: float | None  # mean score to the other faces of the cluster; None where there is no other

    @property
    def key(self) -> FaceKey:
        """The face, as corrections name it."""
        return self.photo, self.face


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One grouping of a collection's faces."""

    collection_id: int
    model: str
    made_at: datetime
    made_by: str
    afresh: bool
    through: int
    held: int
    grouped: int
    rule: str  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRecord:
    """A decision by hand about which faces show one person."""

    id: int
    collection_id: int
    model: str
    kind: str  # "split" or "merge"
    made_at: datetime
    made_by: str
    reason: str
    sides: Mapping[FaceKey, int]  # of a split: 1 split off, 0 the rest; of a merge: which cluster


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterChange:
    """A cluster as it shall be."""

    cluster: int | None  # None for a new one
    references: Int64Array  # (n,)
    links: Float32Array = field(repr=False)  # (n,), mean score to the others; NaN where there is no other


class Clusters:
    """Clusters in the records."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    # Faces

    def faces(self, collection_id: int, model: str, *, after: int = 0) -> FaceTable:
        """Return the references of one model in a collection with ids greater than ``after``."""
        query = _FACES.where(
            TemplateRow.collection_id == collection_id, TemplateRow.model == model, TemplateRow.id > after
        )
        with self._engine.connect() as connection:
            return _face_table(_rows(connection, query.order_by(TemplateRow.id)))

    def faces_of(self, references: Sequence[int]) -> FaceTable:
        """Return those of ``references`` that exist."""
        with self._engine.connect() as connection:
            rows = [
                row
                for chunk in _chunks(sorted(references))
                for row in _rows(connection, _FACES.where(TemplateRow.id.in_(chunk)).order_by(TemplateRow.id))
            ]
        return _face_table(rows)

    def keys(self, references: Sequence[int]) -> dict[int, FaceKey]:
        """Return the lasting name of each of ``references`` that exists."""
        query = _with_photo(select(TemplateRow.id, PhotoRow.sha256, FaceRow.number))
        with self._engine.connect() as connection:
            return {
                reference: (photo, number)
                for chunk in _chunks(references)
                for reference, photo, number in connection.execute(query.where(TemplateRow.id.in_(chunk)))
            }

    def find(self, collection_id: int, model: str, keys: Iterable[FaceKey]) -> dict[FaceKey, int]:
        """Return the reference of each face that the collection holds now."""
        wanted = set(keys)
        query = _with_photo(select(PhotoRow.sha256, FaceRow.number, TemplateRow.id)).where(
            PhotoRow.collection_id == collection_id, TemplateRow.model == model
        )
        found: dict[FaceKey, int] = {}
        with self._engine.connect() as connection:
            for chunk in _chunks(sorted({photo for photo, _ in wanted})):
                rows = connection.execute(query.where(PhotoRow.sha256.in_(chunk)))
                found |= {(photo, face): id_ for photo, face, id_ in rows if (photo, face) in wanted}
        return found

    # Clusters

    def cluster(self, number: int) -> ClusterRecord:
        """Return a cluster. Raises `NotFoundError`."""
        query = (
            select(ClusterRow.__table__, CollectionRow.name.label("collection"))
            .join(CollectionRow, CollectionRow.id == ClusterRow.collection_id)
            .where(ClusterRow.id == number)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFoundError(
                f"there is no cluster {number}", hint="antigone cluster list NAME shows those of a collection"
            )
        return ClusterRecord(**row)

    def of_references(self, references: Sequence[int]) -> dict[int, int]:
        """Return the cluster of each of ``references`` that is in one."""
        query = select(ClusterMemberRow.template_id, ClusterMemberRow.cluster_id)
        with self._engine.connect() as connection:
            return {
                reference: cluster
                for chunk in _chunks(references)
                for reference, cluster in connection.execute(
                    query.where(ClusterMemberRow.template_id.in_(chunk))
                )
            }

    def members(self, clusters: Sequence[int]) -> dict[int, list[int]]:
        """Return the references of each cluster, ascending; a cluster that has lost all is left out."""
        query = select(ClusterMemberRow.cluster_id, ClusterMemberRow.template_id)
        found: dict[int, list[int]] = defaultdict(list)
        with self._engine.connect() as connection:
            for chunk in _chunks(sorted(clusters)):
                wanted = query.where(ClusterMemberRow.cluster_id.in_(chunk))
                for cluster, reference in connection.execute(wanted.order_by(ClusterMemberRow.template_id)):
                    found[cluster].append(reference)
        return dict(found)

    def numbers(self, collection_id: int, model: str) -> list[int]:
        """Return the numbers of all clusters of a collection, ascending."""
        query = select(ClusterRow.id).where(
            ClusterRow.collection_id == collection_id, ClusterRow.model == model
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query.order_by(ClusterRow.id)))

    def member_records(self, cluster: int) -> tuple[MemberRecord, ...]:
        """Return the faces of a cluster, the one that hangs on it most loosely first."""
        query = (
            _with_photo(
                select(
                    TemplateRow.id.label("reference"),
                    PhotoRow.sha256.label("photo"),
                    FaceRow.number.label("face"),
                    ClusterMemberRow.link,
                )
            )
            .join(ClusterMemberRow, ClusterMemberRow.template_id == TemplateRow.id)
            .where(ClusterMemberRow.cluster_id == cluster)
            .order_by(ClusterMemberRow.link, TemplateRow.id)
        )
        with self._engine.connect() as connection:
            return tuple(MemberRecord(**row) for row in connection.execute(query).mappings())

    def summaries(
        self, collection_id: int, model: str, *, least_faces: int, most: int | None, by_size: bool = False
    ) -> tuple[ClusterSummary, ...]:
        """Return clusters of at least so many faces: the weakest link first, or the largest first."""
        faces, weakest = func.count(), func.min(ClusterMemberRow.link)
        query = (
            select(ClusterRow.id, faces.label("faces"), weakest.label("weakest"))
            .join(ClusterMemberRow, ClusterMemberRow.cluster_id == ClusterRow.id)
            .where(ClusterRow.collection_id == collection_id, ClusterRow.model == model)
            .group_by(ClusterRow.id)
            .having(faces >= least_faces)
            .order_by(*([faces.desc()] if by_size else [weakest.is_(None), weakest]), ClusterRow.id)
            .limit(most)
        )
        with self._engine.connect() as connection:
            return tuple(ClusterSummary(**row) for row in connection.execute(query).mappings())

    def sizes(self, clusters: Sequence[int]) -> dict[int, int]:
        """Return how many faces each of these clusters has."""
        query = select(ClusterMemberRow.cluster_id, func.count()).group_by(ClusterMemberRow.cluster_id)
        with self._engine.connect() as connection:
            return {
                cluster: faces
                for chunk in _chunks(sorted(set(clusters)))
                for cluster, faces in connection.execute(query.where(ClusterMemberRow.cluster_id.in_(chunk)))
            }

    def totals(self, collection_id: int, model: str) -> ClusterTotals:
        """Count the clusters of a collection."""
        sizes = (
            select(func.count().label("faces"))
            .select_from(ClusterMemberRow)
            .join(ClusterRow, ClusterRow.id == ClusterMemberRow.cluster_id)
            .where(ClusterRow.collection_id == collection_id, ClusterRow.model == model)
            .group_by(ClusterMemberRow.cluster_id)
            .subquery()
        )
        counts = select(
            func.count().label("clusters"),
            func.count().filter(sizes.c.faces > 1).label("several"),
            func.coalesce(func.sum(sizes.c.faces), 0).label("grouped"),
        ).select_from(sizes)
        held = select(func.count()).where(
            TemplateRow.collection_id == collection_id, TemplateRow.model == model
        )
        with self._engine.connect() as connection:
            row = connection.execute(counts).mappings().one()
            return ClusterTotals(**row, held=connection.execute(held).scalar_one())

    def last_run(self, collection_id: int, model: str) -> RunRecord | None:
        """Return the latest grouping of a collection, or None where there was none."""
        columns = [column for column in ClusterRunRow.__table__.columns if column.name != "id"]
        query = (
            select(*columns)
            .where(ClusterRunRow.collection_id == collection_id, ClusterRunRow.model == model)
            .order_by(ClusterRunRow.id.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else RunRecord(**row)

    def corrections(self, collection_id: int, model: str) -> tuple[CorrectionRecord, ...]:
        """Return all corrections by hand, the oldest first."""
        theirs = (
            ClusterCorrectionRow.collection_id == collection_id,
            ClusterCorrectionRow.model == model,
        )
        faces = (
            select(ClusterCorrectionFaceRow)
            .join(ClusterCorrectionRow, ClusterCorrectionRow.id == ClusterCorrectionFaceRow.correction_id)
            .where(*theirs)
        )
        heads = select(ClusterCorrectionRow.__table__).where(*theirs).order_by(ClusterCorrectionRow.id)
        sides: dict[int, dict[FaceKey, int]] = defaultdict(dict)
        with self._engine.connect() as connection:
            for row in connection.execute(faces).mappings():
                sides[row["correction_id"]][row["photo"], row["face"]] = row["side"]
            rows = connection.execute(heads).mappings().all()
        return tuple(CorrectionRecord(**row, sides=sides[row["id"]]) for row in rows)

    # Writing

    def write_run(
        self, run: RunRecord, changes: Sequence[ClusterChange], gone: Sequence[int]
    ) -> dict[int, int]:
        """Write what a grouping changed, in one step; return the number of each new cluster by its place.

        ``gone``: clusters that went up in others.
        """
        with self._writer.begin() as connection:
            numbers = _write_changes(connection, run.collection_id, run.model, changes, gone)
            connection.execute(
                insert(ClusterRunRow).values({name: getattr(run, name) for name in RunRecord.__slots__})
            )
        return numbers

    def write_correction(
        self, correction: CorrectionRecord, changes: Sequence[ClusterChange], gone: Sequence[int]
    ) -> tuple[int, dict[int, int]]:
        """Write a correction with what it changed, in one step. Its own number is given here.

        Returns that number, and the number of each new cluster by its place among the changes.
        """
        with self._writer.begin() as connection:
            numbers = _write_changes(connection, correction.collection_id, correction.model, changes, gone)
            names = ("collection_id", "model", "kind", "made_at", "made_by", "reason")
            id_ = connection.execute(
                insert(ClusterCorrectionRow)
                .values({name: getattr(correction, name) for name in names})
                .returning(ClusterCorrectionRow.id)
            ).scalar_one()
            connection.execute(
                insert(ClusterCorrectionFaceRow),
                [
                    {"correction_id": id_, "photo": photo, "face": face, "side": side}
                    for (photo, face), side in correction.sides.items()
                ],
            )
        return id_, numbers


_FACES = select(TemplateRow.id, FaceRow.photo_id, FaceRow.quality, FaceRow.quality_sharpness).join(
    FaceRow, FaceRow.id == TemplateRow.face_id
)


def _with_photo(query: Select) -> Select:  # type: ignore[type-arg]
    return (
        query.select_from(TemplateRow)
        .join(FaceRow, FaceRow.id == TemplateRow.face_id)
        .join(PhotoRow, PhotoRow.id == FaceRow.photo_id)
    )


def _rows(connection: Connection, query: Select[int, int, float, float]) -> Iterator[tuple[float, ...]]:
    # Straight from the driver, as with templates: row objects would cost more than the query.
    cursor = connection.execute(query).cursor
    assert cursor is not None
    while rows := cursor.fetchmany(_PER_FETCH):
        yield from rows


def _face_table(rows: Iterable[tuple[float, ...]]) -> FaceTable:
    kind = np.dtype([("reference", "i8"), ("photo", "i8"), ("quality", "f4"), ("sharpness", "f4")])
    table: NDArray[np.void] = np.fromiter(map(tuple, rows), dtype=kind)
    return FaceTable(
        references=table["reference"].copy(),
        photos=table["photo"].copy(),
        quality=table["quality"].copy(),
        sharpness=table["sharpness"].copy(),
    )


def _write_changes(
    connection: Connection,
    collection_id: int,
    model: str,
    changes: Sequence[ClusterChange],
    gone: Sequence[int],
) -> dict[int, int]:
    kept = [change.cluster for change in changes if change.cluster is not None]
    for chunk in _chunks([*kept, *gone]):
        connection.execute(delete(ClusterMemberRow).where(ClusterMemberRow.cluster_id.in_(chunk)))
    for chunk in _chunks(gone):
        connection.execute(delete(ClusterRow).where(ClusterRow.id.in_(chunk)))
    places = [place for place, change in enumerate(changes) if change.cluster is None]
    row = {"collection_id": collection_id, "model": model, "made_at": datetime.now(UTC)}
    numbers: dict[int, int] = {}
    if places:
        made = connection.scalars(insert(ClusterRow).returning(ClusterRow.id), [row] * len(places))
        # The rows are alike, so whichever number goes to whichever place; in order it is the same every time.
        numbers = dict(zip(places, sorted(made), strict=True))
    members = (
        {
            "template_id": reference,
            "cluster_id": numbers[place] if change.cluster is None else change.cluster,
            "link": None if np.isnan(link) else link,
        }
        for place, change in enumerate(changes)
        for reference, link in zip(change.references.tolist(), change.links.tolist(), strict=True)
    )
    while portion := list(islice(members, _PER_QUERY)):
        connection.execute(insert(ClusterMemberRow), portion)
    return numbers


def _chunks(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(ids), _PER_QUERY):
        yield ids[start : start + _PER_QUERY]
