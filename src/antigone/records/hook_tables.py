"""The tables of webhooks: who is told of what, and what is on its way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID
from antigone.records.tables import NEVER_REUSED, Base


class WebhookRow(Base):
    """A receiver that one organisation declared."""

    __tablename__ = "webhooks"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("organisations.id"), index=True)
    url: Mapped[str]
    events: Mapped[str]  # JSON list of casework.webhooks.News, sorted
    secret: Mapped[bytes]  # encrypted with the workspace's key
    declared_by: Mapped[int] = mapped_column(ROW_ID, ForeignKey("people.id"))
    declared_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """One message to one receiver. It holds numbers only."""

    __tablename__ = "deliveries"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("webhooks.id"), index=True)
    event: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)  # "waiting", "delivered", "dead"
    attempts: Mapped[int]
    outcome: Mapped[str]  # of the last attempt, in a few words
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]  # not before; a courier that takes it moves this, so that no other one does
