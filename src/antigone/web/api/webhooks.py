"""Webhooks: where news of one's organisation are sent."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from antigone.access import Permission
from antigone.casework.webhooks import News
from antigone.records.webhooks import WebhookRecord
from antigone.web.gate import OfficeHere, Routes, RowId, Who

routes = Routes(tags=["webhooks"])


class NewReceiver(BaseModel):
    """A receiver to declare."""

    url: str = Field(min_length=1, max_length=2_000, examples=["https://desk.example.org/antigone"])
    events: list[News] = Field(min_length=1, max_length=10)


class Receiver(BaseModel):
    """A receiver."""

    webhook: int
    url: str
    events: list[News]
    declared_by: int
    declared_at: datetime


class DeclaredReceiver(Receiver):
    """A receiver that was just declared; the secret is shown this once."""

    secret: str


class Delivery(BaseModel):
    """One message."""

    delivery: int
    event: News
    state: str = Field(description="waiting, delivered or dead")
    attempts: int
    outcome: str
    created_at: datetime
    next_at: datetime


@routes.allow("GET", "/webhooks", Permission.WEBHOOKS_MANAGE)
def webhooks(who: Who, office: OfficeHere) -> list[Receiver]:
    """List the receivers of one's organisation."""
    return [Receiver(**_plain(record)) for record in office.webhooks.webhooks(by=who)]


@routes.allow("POST", "/webhooks", Permission.WEBHOOKS_MANAGE, status_code=201)
def declare(body: NewReceiver, who: Who, office: OfficeHere) -> DeclaredReceiver:
    """Declare a receiver; its secret is shown this once."""
    made = office.webhooks.declare(body.url, body.events, by=who)
    return DeclaredReceiver(**_plain(made.record), secret=made.secret)


@routes.allow("DELETE", "/webhooks/{webhook}", Permission.WEBHOOKS_MANAGE, status_code=204)
def withdraw(webhook: RowId, who: Who, office: OfficeHere) -> None:
    """Send nothing more to a receiver."""
    office.webhooks.withdraw(webhook, by=who)


@routes.allow("GET", "/webhooks/{webhook}/deliveries", Permission.WEBHOOKS_MANAGE)
def deliveries(webhook: RowId, who: Who, office: OfficeHere) -> list[Delivery]:
    """List the latest hundred messages to a receiver, newest first."""
    return [
        Delivery(
            delivery=one.id,
            event=News(one.event),
            state=one.state,
            attempts=one.attempts,
            outcome=one.outcome,
            created_at=one.created_at,
            next_at=one.next_at,
        )
        for one in office.webhooks.deliveries(webhook, by=who)
    ]


@routes.allow(
    "POST",
    "/webhooks/{webhook}/deliveries/{delivery}/retry",
    Permission.WEBHOOKS_MANAGE,
    status_code=204,
)
def retry(webhook: RowId, delivery: RowId, who: Who, office: OfficeHere) -> None:
    """Try a dead message anew."""
    office.webhooks.revive(webhook, delivery, by=who)


def _plain(record: WebhookRecord) -> dict[str, Any]:
    return {
        "webhook": record.id,
        "url": record.url,
        "events": json.loads(record.events),
        "declared_by": record.declared_by,
        "declared_at": record.declared_at,
    }
