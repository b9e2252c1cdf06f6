"""The table of files that were handed in through the server."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID
from antigone.records.tables import NEVER_REUSED, Base


class IntakeRow(Base):
    """Files of one person for one collection, imported together."""

    __tablename__ = "intakes"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    collection_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("collections.id"), index=True)
    person_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("people.id"))
    state: Mapped[str] = mapped_column(index=True)  # "receiving", "waiting", "running", "done", "stopped"
    files: Mapped[int]  # received so far
    progress: Mapped[str]  # JSON: what `antigone.ingest.intake.progress_document` says
    error: Mapped[str | None]  # JSON: code, message, hint
    worker: Mapped[str | None]
    alive_at: Mapped[datetime | None]  # a silent worker's import is taken over, and goes on where it was
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
