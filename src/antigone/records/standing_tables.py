"""The tables of standing searches and their inbox, of lists of persons sought, and of exercises."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID, Sha256
from antigone.records.tables import NEVER_REUSED, Base

_LIVE, _NOT_WITHDRAWN = text("ended_at IS NULL"), text("withdrawn_at IS NULL")


def _to(target: str, *, index: bool = False) -> Mapped[int]:
    return mapped_column(ROW_ID, ForeignKey(f"{target}.id"), index=index)


def _collection() -> Mapped[int]:
    return mapped_column(ROW_ID, ForeignKey("collections.id", ondelete="CASCADE"))


class WatchRow(Base):
    """That a case keeps looking, and who asked for it. A case has at most one that has not ended."""

    __tablename__ = "watches"
    __table_args__ = (
        Index("ix_watches_live", "case_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases")
    person_id: Mapped[int] = _to("people")
    collections: Mapped[str]  # JSON list of names; empty: all that the person may see
    at_most: Mapped[float | None]  # expected wrong candidates
    least_score: Mapped[float | None]  # where the former is not known, or alone
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
    seen: Mapped[str]  # state of all references when it last looked, see `Watches.state`
    ran_at: Mapped[datetime | None]
    trouble: Mapped[str | None]  # code of what went wrong in its last run
    worker: Mapped[str | None]  # who runs it, and ...
    alive_at: Mapped[datetime | None]  # ... when they last said so: a silent one's work is taken over


class WatchMarkRow(Base):
    """Up to which reference of a collection a standing search has compared."""

    __tablename__ = "watch_marks"
    __table_args__ = (UniqueConstraint("watch_id", "collection_id", "model"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    watch_id: Mapped[int] = _to("watches")
    collection_id: Mapped[int] = _collection()
    model: Mapped[str]
    reference: Mapped[int] = mapped_column(ROW_ID)  # the highest that was compared


class InboxItemRow(Base):
    """A new candidate that waits to be looked at. The same face of a photo waits once in a case."""

    __tablename__ = "inbox_items"
    __table_args__ = (UniqueConstraint("case_id", "photo", "face"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    organisation_id: Mapped[int] = _to("organisations", index=True)
    case_id: Mapped[int] = _to("cases")
    watch_id: Mapped[int] = _to("watches")
    candidate_id: Mapped[int] = _to("candidates")
    photo: Mapped[str] = mapped_column(Sha256)
    face: Mapped[int]
    arrived_at: Mapped[datetime]
    seen_by: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("people.id"))
    seen_at: Mapped[datetime | None]


class SoughtListRow(Base):
    """That a collection is a list of persons sought."""

    __tablename__ = "sought_lists"
    __table_args__ = (UniqueConstraint("collection_id"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    collection_id: Mapped[int] = _collection()
    basis: Mapped[str]
    marked_by: Mapped[int] = _to("people")
    marked_at: Mapped[datetime]


class PermittedListRow(Base):
    """That a case may hold live photos against a list, and from which strength on a candidate is told."""

    __tablename__ = "permitted_lists"
    __table_args__ = (
        Index(
            "ix_permitted_lists_live",
            "case_id",
            "collection_id",
            unique=True,
            sqlite_where=_NOT_WITHDRAWN,
            postgresql_where=_NOT_WITHDRAWN,
        ),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases")
    collection_id: Mapped[int] = _collection()
    authority: Mapped[str]
    reference: Mapped[str]
    at_most: Mapped[float | None]
    least_score: Mapped[float | None]
    permitted_by: Mapped[int] = _to("people")
    permitted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ExerciseRow(Base):
    """One exercise of one learner, with a collection of its own."""

    __tablename__ = "exercises"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    organisation_id: Mapped[int] = _to("organisations")  # the training organisation
    person_id: Mapped[int] = _to("people", index=True)  # who learns
    learner_id: Mapped[int] = _to("people")  # as whom they act in the training organisation
    collection: Mapped[str]  # name of the collection that it made for itself
    seed: Mapped[int] = mapped_column(ROW_ID)  # of the random choices that its pictures were made with
    begun_at: Mapped[datetime]


class ExerciseCaseRow(Base):
    """A case of an exercise, and whom its probe shows."""

    __tablename__ = "exercise_cases"
    __table_args__ = (UniqueConstraint("case_id"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    exercise_id: Mapped[int] = _to("exercises", index=True)
    case_id: Mapped[int] = _to("cases")
    search_id: Mapped[int] = _to("case_searches")
    subject: Mapped[str]
