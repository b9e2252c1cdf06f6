"""News of cases for receivers that an organisation declared: numbers only, signed, tried again, then dead.

The form and the signature follow the Standard Webhooks specification 1.0. This is the only thing in a server
that connects out by itself, and it connects to declared addresses only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from antigone.access import Permission, Principal, Vault
from antigone.access.directory import AuditSink
from antigone.audit import AuditEvent
from antigone.audit.office_events import WebhookDeclared, WebhookWithdrawn
from antigone.errors import AntigoneError, ConflictError, NotFoundError, UsageError
from antigone.records import Records
from antigone.records.webhooks import DEAD, DELIVERED, WAITING, DeliveryRecord, WebhookRecord, Webhooks
from antigone.settings import Settings

_LOG = logging.getLogger("antigone.webhooks")

MOST_RECEIVERS = 20  # of one organisation
RETRIES = tuple(timedelta(seconds=s) for s in (5, 60, 300, 1_800, 7_200, 28_800))  # then it is dead
KEPT = timedelta(days=30)
_PATIENCE = 10.0  # seconds for a sign of life from a receiver
_TAKEN_FOR = timedelta(minutes=5)  # longer than any attempt takes
_LOOK_EVERY = 1.0  # seconds between two looks for something to send
_SECRET_PREFIX = "whsec_"  # noqa: S105 - of the specification
_LONGEST_URL = 2_000


class News(StrEnum):
    """What receivers can be told of."""

    JOB_ENDED = "job.ended"
    REVIEW_WAITING = "review.waiting"  # a candidate waits for a second decision
    CONCLUSION_CONFIRMED = "conclusion.confirmed"
    ENUMERATION_ALARM = "enumeration.alarm"
    CANDIDATE_WAITING = "candidate.waiting"  # a standing search found a new one


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """A receiver that was just declared, with its secret, which is shown this once."""

    record: WebhookRecord
    secret: str = field(repr=False)


class WebhookBook:
    """The receivers of one workspace's organisations."""

    def __init__(self, webhooks: Webhooks, audit: AuditSink, vault: Vault, settings: Settings) -> None:
        self._webhooks = webhooks
        self._audit = audit
        self._vault = vault
        self._settings = settings

    def declare(self, url: str, events: Iterable[News], *, by: Principal) -> NewWebhook:
        """Declare a receiver of one's own organisation.

        Raises `ForbiddenError`, `UsageError` for an address that is not allowed, and `ConflictError` where
        there are too many.
        """
        by.require(Permission.WEBHOOKS_MANAGE)
        wanted = sorted(set(events))
        if not wanted:
            raise UsageError("a webhook needs at least one event", hint=f"there are: {', '.join(News)}")
        check_address(url, self._settings)
        if len(self._webhooks.of(by.organisation)) >= MOST_RECEIVERS:
            raise ConflictError(f"an organisation has at most {MOST_RECEIVERS} webhooks")
        key = secrets.token_bytes(32)
        record = self._webhooks.add(
            organisation_id=by.organisation,
            url=url,
            events=json.dumps(wanted),
            secret=self._vault.seal(key),
            declared_by=by.person,
            declared_at=datetime.now(UTC),
            withdrawn_at=None,
        )
        declared = WebhookDeclared(
            by=by.person, organisation=by.organisation, webhook=record.id, events=wanted
        )
        self._audit.append(declared.event())
        return NewWebhook(record=record, secret=_SECRET_PREFIX + base64.b64encode(key).decode())

    def webhooks(self, *, by: Principal) -> tuple[WebhookRecord, ...]:
        """Return the receivers of one's own organisation."""
        by.require(Permission.WEBHOOKS_MANAGE)
        return self._webhooks.of(by.organisation)

    def withdraw(self, webhook: int, *, by: Principal) -> None:
        """Send nothing more to a receiver. Raises `NotFoundError`."""
        found = self._own(webhook, by)
        self._webhooks.withdraw(found.id, at=datetime.now(UTC))
        self._audit.append(WebhookWithdrawn(by=by.person, webhook=found.id).event())

    def deliveries(self, webhook: int, *, by: Principal, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        """Return the latest messages to a receiver, newest first. Raises `NotFoundError`."""
        return self._webhooks.deliveries(self._own(webhook, by).id, limit=limit)

    def revive(self, webhook: int, delivery: int, *, by: Principal) -> None:
        """Try a dead message anew. Raises `NotFoundError`."""
        if not self._webhooks.revive(self._own(webhook, by).id, delivery, now=datetime.now(UTC)):
            raise NotFoundError(f"there is no dead message {delivery}")

    def send_next(self) -> bool:
        """Send one message that is due; False when there is none."""
        taken = self._webhooks.take(now=datetime.now(UTC), for_=_TAKEN_FOR)
        if taken is None:
            return False
        delivery, receiver = taken
        outcome, done = self._send(delivery, receiver)
        now = datetime.now(UTC)
        if done:
            state, next_at = DELIVERED, now
        elif delivery.attempts > len(RETRIES):
            state, next_at = DEAD, now
            _LOG.warning("a message to webhook %s is dead: %s", receiver.id, outcome)
        else:
            state, next_at = WAITING, now + RETRIES[delivery.attempts - 1]
        self._webhooks.settle(delivery.id, state=state, outcome=outcome, next_at=next_at)
        return True

    def _send(self, delivery: DeliveryRecord, receiver: WebhookRecord) -> tuple[str, bool]:
        from antigone.sources.remote_http import post  # loads the HTTP client

        body = delivery.body.encode()
        number, at = f"msg_{delivery.id}", int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "antigone",
            "webhook-id": number,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self._vault.open(receiver.secret), number, at, body),
        }
        try:
            check_address(receiver.url, self._settings)  # the settings may have changed since
            status = post(
                receiver.url,
                body,
                headers=headers,
                timeout=_PATIENCE,
                inside=self._settings.webhook_private,
            )
        except UsageError as error:
            return error.message, False
        except OSError as error:
            return str(error), False
        return f"status {status}", 200 <= status < 300

    def _own(self, webhook: int, by: Principal) -> WebhookRecord:
        by.require(Permission.WEBHOOKS_MANAGE)
        for known in self._webhooks.of(by.organisation):
            if known.id == webhook:
                return known
        raise NotFoundError(f"there is no webhook {webhook}")


class Announcing:
    """An audit log that also notes news for webhooks, once the entry is durable.

    A process that dies between the two loses the message, never the entry: receivers that must miss nothing
    ask the API from time to time.
    """

    def __init__(self, audit: AuditSink, records: Records) -> None:
        self._audit = audit
        self._records = records

    def append(self, event: AuditEvent) -> int:
        """Write one entry and return its number."""
        number = self._audit.append(event)
        told = _told(event)
        if told is not None:
            news, data = told
            case = self._records.cases.case(int(str(event.body["case"]).removeprefix("C-")))
            assert case is not None
            now = datetime.now(UTC)
            body = {"type": news.value, "timestamp": now.isoformat(), "data": data}
            self._records.webhooks.note(
                case.organisation_id, news.value, json.dumps(body), at=now, forget_before=now - KEPT
            )
        return number


class Courier:
    """A thread that sends messages as long as it is entered."""

    def __init__(self, book: WebhookBook) -> None:
        self._book = book
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="antigone-webhooks", daemon=True)

    def __enter__(self) -> Courier:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=2 * _PATIENCE)

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                sent = self._book.send_next()
            except AntigoneError as error:  # such as a full disk: the message stays and is sent later
                _LOG.warning("a message was put off: %s", error.code)
                sent = False
            if not sent:
                self._ended.wait(_LOOK_EVERY)


def signature(key: bytes, number: str, at: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``: HMAC-SHA256 over number, time and body."""
    signed = hmac.new(key, f"{number}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def check_address(url: str, settings: Settings) -> None:
    """Raise `UsageError` for a URL that no message may be sent to.

    A name is resolved only when something is sent; what it leads to is checked then.
    """
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST_URL
    try:
        parts = urlsplit(url if plain else "")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0 or "@" in parts.netloc or parts.fragment:
        raise UsageError("a webhook needs a URL with a host and without credentials or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.webhook_http):
        raise UsageError(
            "a webhook's URL begins with https://", hint="ANTIGONE_WEBHOOK_HTTP=true allows http, too"
        )
    if not settings.webhook_private and _is_inside(host):
        raise UsageError(
            "a webhook never leads to this machine or into a private network",
            hint="ANTIGONE_WEBHOOK_PRIVATE=true allows that",
        )


def _is_inside(host: str) -> bool:
    from antigone.sources.remote_http import is_public

    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)


def _told(event: AuditEvent) -> tuple[News, dict[str, object]] | None:
    """Return what is told of an audit event: numbers only, no names, texts, photos or scores."""
    body = event.body
    match event.kind:
        case "job-ended":
            return News.JOB_ENDED, {"case": body["case"], "job": body["job"], "state": body["state"]}
        case "decision" if body["stage"] == "first":
            return News.REVIEW_WAITING, {"case": body["case"], "candidate": body["candidate"]}
        case "inbox-filled":
            return News.CANDIDATE_WAITING, {
                "case": body["case"],
                "item": body["item"],
                "candidate": body["candidate"],
            }
        case "conclusion-confirmed":
            return News.CONCLUSION_CONFIRMED, {"case": body["case"], "statement": body["statement"]}
        case "enumeration-alarm":
            return News.ENUMERATION_ALARM, {
                "case": body["case"],
                "person": body["by"],
                "searches": body["searches"],
            }
        case _:
            return None
