"""The tables of work that goes on by itself, and of answers that are given again to a repeated request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID, AnyText, Sha256
from antigone.records.tables import NEVER_REUSED, Base


class JobRow(Base):
    """Many searches of one case, asked for at once."""

    __tablename__ = "jobs"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("cases.id"), index=True)
    person_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("people.id"))
    request: Mapped[str]  # JSON: collections, top, exact
    state: Mapped[str] = mapped_column(index=True)  # "waiting", "running", "done", "stopped"
    stopped_because: Mapped[str | None]
    worker: Mapped[str | None]  # who runs it, and ...
    alive_at: Mapped[datetime | None]  # ... when they last said so: a silent one's work is taken over
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class JobStepRow(Base):
    """One search of a job."""

    __tablename__ = "job_steps"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    job_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("jobs.id"))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(Sha256)  # of the probe photo, which the case keeps
    source: Mapped[str] = mapped_column(AnyText)
    search_id: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("case_searches.id"))
    error: Mapped[str | None]  # JSON: code, message, hint


class AnswerRow(Base):
    """The answer to a request that came with an idempotency key."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    key: Mapped[bytes]  # digest of who asked and of the key they sent
    request: Mapped[bytes]  # digest of the request
    status: Mapped[int | None]  # None while it is being answered
    media_type: Mapped[str | None]
    body: Mapped[bytes | None]
    at: Mapped[datetime] = mapped_column(index=True)
