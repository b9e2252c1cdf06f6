"""Webhooks as the records keep them, one transaction a method."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, delete, insert, select, update

from antigone.records.access_tables import OrganisationRow
from antigone.records.hook_tables import DeliveryRow, WebhookRow

WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRecord:
    """A receiver that one organisation declared."""

    id: int
    organisation_id: int
    url: str
    events: str  # JSON list
    secret: bytes = field(repr=False)
    declared_by: int
    declared_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """One message to one receiver."""

    id: int
    webhook_id: int
    event: str
    body: str
    state: str
    attempts: int
    outcome: str
    created_at: datetime
    next_at: datetime


class Webhooks:
    """Receivers and messages of one workspace."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    def add(self, **values: object) -> WebhookRecord:
        """Add a receiver."""
        with self._writer.begin() as connection:
            added = connection.execute(insert(WebhookRow).values(**values).returning(WebhookRow.__table__))
            return WebhookRecord(**added.mappings().one())

    def of(self, organisation: int) -> tuple[WebhookRecord, ...]:
        """Return the receivers of an organisation that were not withdrawn, oldest first."""
        where = (WebhookRow.organisation_id == organisation, WebhookRow.withdrawn_at.is_(None))
        query = select(WebhookRow.__table__).where(*where).order_by(WebhookRow.id)
        with self._engine.connect() as connection:
            return tuple(WebhookRecord(**row) for row in connection.execute(query).mappings())

    def withdraw(self, webhook: int, *, at: datetime) -> None:
        """Send nothing more to a receiver."""
        with self._writer.begin() as connection:
            connection.execute(update(WebhookRow).where(WebhookRow.id == webhook).values(withdrawn_at=at))

    def note(self, organisation: int, event: str, body: str, *, at: datetime, forget_before: datetime) -> int:
        """Note a message for every receiver of an organisation that wants this event; return how many.

        What has ended before ``forget_before`` is forgotten.
        """
        wanting = [one.id for one in self.of(organisation) if event in json.loads(one.events)]
        if not wanting:
            return 0
        common = {"event": event, "body": body, "state": WAITING, "attempts": 0, "outcome": ""}
        rows = [{**common, "webhook_id": one, "created_at": at, "next_at": at} for one in wanting]
        with self._writer.begin() as connection:
            connection.execute(
                delete(DeliveryRow).where(
                    DeliveryRow.state != WAITING, DeliveryRow.created_at < forget_before
                )
            )
            connection.execute(insert(DeliveryRow), rows)
        return len(rows)

    def take(self, *, now: datetime, for_: timedelta) -> tuple[DeliveryRecord, WebhookRecord] | None:
        """Take a message that is due; no two couriers get the same within ``for_``. It counts an attempt.

        Those of receivers that were withdrawn, or of organisations that are cut off, are never due.
        """
        due = (
            _with_receiver(DeliveryRow.id)
            .where(DeliveryRow.state == WAITING, DeliveryRow.next_at <= now)
            .where(WebhookRow.withdrawn_at.is_(None), OrganisationRow.disabled_at.is_(None))
            .order_by(DeliveryRow.next_at, DeliveryRow.id)
            .limit(1)
        )
        with self._engine.connect() as connection:
            if connection.execute(due).scalar() is None:  # looking costs no turn at writing
                return None
        with self._writer.begin() as connection:
            id_ = connection.execute(due).scalar()
            if id_ is None:
                return None
            taken = (
                update(DeliveryRow)
                .where(DeliveryRow.id == id_)
                .values(next_at=now + for_, attempts=DeliveryRow.attempts + 1)
                .returning(DeliveryRow.__table__)
            )
            delivery = DeliveryRecord(**connection.execute(taken).mappings().one())
            receiver = select(WebhookRow.__table__).where(WebhookRow.id == delivery.webhook_id)
            return delivery, WebhookRecord(**connection.execute(receiver).mappings().one())

    def settle(self, delivery: int, *, state: str, outcome: str, next_at: datetime) -> None:
        """Note what an attempt came to."""
        with self._writer.begin() as connection:
            values = {"state": state, "outcome": outcome, "next_at": next_at}
            connection.execute(update(DeliveryRow).where(DeliveryRow.id == delivery).values(**values))

    def revive(self, webhook: int, delivery: int, *, now: datetime) -> bool:
        """Let a dead message be tried anew; False when there is none."""
        where: tuple[ColumnElement[bool], ...] = (
            DeliveryRow.id == delivery,
            DeliveryRow.webhook_id == webhook,
            DeliveryRow.state == DEAD,
        )
        with self._writer.begin() as connection:
            again = update(DeliveryRow).where(*where).values(state=WAITING, attempts=0, next_at=now)
            return bool(connection.execute(again).rowcount)

    def deliveries(self, webhook: int, *, limit: int) -> tuple[DeliveryRecord, ...]:
        """Return the latest messages to a receiver, newest first."""
        query = select(DeliveryRow.__table__).where(DeliveryRow.webhook_id == webhook)
        query = query.order_by(DeliveryRow.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return tuple(DeliveryRecord(**row) for row in connection.execute(query).mappings())


def _with_receiver(column: Any) -> Select[Any]:  # noqa: ANN401 - a column of SQLAlchemy
    return (
        select(column)
        .join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
        .join(OrganisationRow, OrganisationRow.id == WebhookRow.organisation_id)
    )
