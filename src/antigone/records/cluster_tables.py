"""The tables of clusters: faces that probably show one person, and what was decided of them by hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID, AnyText, Sha256
from antigone.records.tables import NEVER_REUSED, Base


def _of_collection() -> Mapped[int]:
    return mapped_column(ROW_ID, ForeignKey("collections.id", ondelete="CASCADE"))


class ClusterRunRow(Base):
    """One grouping of a collection's faces; the next one begins after the references that this one saw."""

    __tablename__ = "cluster_runs"
    __table_args__ = (Index("ix_cluster_runs_collection_id", "collection_id", "model", "id"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    collection_id: Mapped[int] = _of_collection()
    model: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(AnyText)
    afresh: Mapped[bool]  # every face was grouped anew, not only those that came since the last run
    through: Mapped[int] = mapped_column(ROW_ID)  # highest reference id that it saw
    held: Mapped[int] = mapped_column(ROW_ID)  # how many references the collection held
    grouped: Mapped[int] = mapped_column(ROW_ID)  # how many of them it put into clusters, new ones or old
    rule: Mapped[str]  # JSON: how alike faces had to be


class ClusterRow(Base):
    """Faces that probably show one person. Not an identity."""

    __tablename__ = "clusters"
    __table_args__ = (Index("ix_clusters_collection_id", "collection_id", "model"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    collection_id: Mapped[int] = _of_collection()
    model: Mapped[str]
    made_at: Mapped[datetime]


class ClusterMemberRow(Base):
    """A reference in its cluster; it goes with its reference."""

    __tablename__ = "cluster_members"
    __table_args__ = (Index("ix_cluster_members_cluster_id", "cluster_id"),)

    template_id: Mapped[int] = mapped_column(
        ROW_ID, ForeignKey("templates.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    cluster_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("clusters.id", ondelete="CASCADE"))
    link: Mapped[float | None]  # mean score to the other faces of the cluster; None where there is no other


class ClusterCorrectionRow(Base):
    """A decision by hand: these faces show one person, or these show another one than those."""

    __tablename__ = "cluster_corrections"
    __table_args__ = (Index("ix_cluster_corrections_collection_id", "collection_id", "model"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    collection_id: Mapped[int] = _of_collection()
    model: Mapped[str]
    kind: Mapped[str]  # "split" or "merge"
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(AnyText)
    reason: Mapped[str] = mapped_column(AnyText)


class ClusterCorrectionFaceRow(Base):
    """A face that a correction speaks of, named so that it is known when its photo comes again."""

    __tablename__ = "cluster_correction_faces"
    __table_args__ = (UniqueConstraint("correction_id", "photo", "face"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    correction_id: Mapped[int] = mapped_column(
        ROW_ID, ForeignKey("cluster_corrections.id", ondelete="CASCADE")
    )
    photo: Mapped[str] = mapped_column(Sha256)
    face: Mapped[int]  # number in its photo, by the model of the correction
    side: Mapped[int]  # of a split: 1 what was split off, 0 the rest; of a merge: which cluster it came from
