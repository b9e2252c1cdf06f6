"""Messages are signed, hold numbers only, are tried again, die in the end, and never lead inside."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from antigone.access import Principal, Role, Vault
from antigone.access.directory import pack_roles, principal_of
from antigone.casework import Conclusions, Decisions, Evidence, Kind, Verdict
from antigone.casework import webhooks as module
from antigone.casework.webhooks import RETRIES, Announcing, News, WebhookBook, check_address, signature
from antigone.errors import ForbiddenError, NotFoundError, UsageError
from antigone.settings import Settings
from case_unit import Unit
from receiver import Receiver, receiving

ALLOWED = Settings(webhook_http=True, webhook_private=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def administrator(unit: Unit) -> Principal:
    now = datetime.now(UTC)
    return principal_of(
        unit.records.people.add_person(
            organisation_id=unit.examiner.organisation,
            name="ada",
            shown_as="Ada",
            roles=pack_roles([Role.ADMINISTRATOR]),
            created_at=now,
            approved_at=now,
        )
    )


def book_of(unit: Unit, home: Path, settings: Settings = ALLOWED) -> WebhookBook:
    return WebhookBook(unit.records.webhooks, unit.audit, Vault(home), settings)


def decide(unit: Unit) -> int:
    """Let the examiner make a first decision, which the reviewer is to be told of."""
    candidate = unit.search(unit.case())[0]
    decisions = Decisions(unit.records.cases, Announcing(unit.audit, unit.records))
    decisions.decide(candidate.id, Verdict.POTENTIAL_MATCH, by=unit.examiner, note="a scar of Olena's")
    return candidate.id


def test_a_message_is_signed_and_holds_numbers_only(
    unit: Unit, administrator: Principal, receiver: Receiver, tmp_path: Path
) -> None:
    book = book_of(unit, tmp_path)
    made = book.declare(receiver.url, [News.REVIEW_WAITING], by=administrator)
    other = book.declare(receiver.url, [News.REVIEW_WAITING, News.JOB_ENDED], by=administrator)
    assert made.secret != other.secret
    book.withdraw(other.record.id, by=administrator)
    candidate = decide(unit)
    assert book.send_next()
    assert not book.send_next()
    ((headers, body),) = receiver.received
    document = json.loads(body)
    assert document["type"] == "review.waiting"
    assert document["data"] == {"case": "C-000001", "candidate": candidate}
    key = base64.b64decode(made.secret.removeprefix("whsec_"))
    at = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(key, headers["webhook-id"], at, body)
    assert made.secret not in repr(made)
    (sent,) = book.deliveries(made.record.id, by=administrator)
    assert (sent.state, sent.attempts, sent.outcome) == ("delivered", 1, "status 200")


def test_the_signature_is_that_of_the_specification() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")  # the example of Standard Webhooks
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_is_tried_again_then_dead_then_revived(
    unit: Unit,
    administrator: Principal,
    receiver: Receiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = book_of(unit, tmp_path)
    webhook = book.declare(receiver.url, list(News), by=administrator).record.id
    monkeypatch.setattr(module, "RETRIES", (timedelta(0),) * len(RETRIES))
    receiver.answers = [500, 302, *[503] * (len(RETRIES) - 1)]
    decide(unit)
    while book.send_next():
        pass
    assert len(receiver.received) == len(RETRIES) + 1  # a redirect is not followed
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    (dead,) = book.deliveries(webhook, by=administrator)
    assert (dead.state, dead.outcome) == ("dead", "status 503")
    book.revive(webhook, dead.id, by=administrator)
    assert book.send_next()
    assert book.deliveries(webhook, by=administrator)[0].state == "delivered"
    with pytest.raises(NotFoundError):
        book.revive(webhook, dead.id, by=administrator)


def test_nobody_else_takes_a_message_meanwhile_and_a_cut_off_holds_it_back(
    unit: Unit, administrator: Principal, receiver: Receiver, tmp_path: Path
) -> None:
    book_of(unit, tmp_path).declare(receiver.url, list(News), by=administrator)
    decide(unit)
    now, long = datetime.now(UTC), timedelta(minutes=5)
    people = unit.records.people
    people.change_organisation(administrator.organisation, disabled_at=now)
    assert unit.records.webhooks.take(now=now, for_=long) is None
    people.change_organisation(administrator.organisation, disabled_at=None)
    assert unit.records.webhooks.take(now=now, for_=long) is not None
    assert unit.records.webhooks.take(now=now, for_=long) is None
    assert unit.records.webhooks.take(now=now + 2 * long, for_=long) is not None


def test_a_confirmed_conclusion_is_told_without_what_it_says(
    unit: Unit, administrator: Principal, receiver: Receiver, tmp_path: Path
) -> None:
    book = book_of(unit, tmp_path)
    book.declare(receiver.url, [News.CONCLUSION_CONFIRMED], by=administrator)
    conclusions = Conclusions(unit.records.cases, Announcing(unit.audit, unit.records))
    case = unit.case()
    evidence = Evidence(identifier="dna", identifier_reference="Lab 7")
    stated = conclusions.propose(case, Kind.IDENTIFIED, evidence=evidence, by=unit.examiner)
    conclusions.confirm(case, stated.id, by=unit.supervisor)
    while book.send_next():
        pass
    ((_, body),) = receiver.received
    assert set(json.loads(body)["data"]) == {"case", "statement"}
    assert b"Lab" not in body
    assert b"identified" not in body


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "https://localhost/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.0.0.7:8443/x",
        "https://169.254.169.254/latest",
        "https://user:secret@example.org/x",
        "https://example.org:0/x",
        "https://example.org:99999/x",
        "https:///x",
        "ftp://example.org/x",
        "https://example.org/\u0000",
        "https://exämple.org/",
        "",
    ],
)
def test_an_address_that_is_not_allowed_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        check_address(url, Settings())


def test_a_name_that_leads_inside_gets_nothing(
    unit: Unit,
    administrator: Principal,
    receiver: Receiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where a name leads is seen when the connection is made; `localhost` stands in for any such name."""
    strict = Settings(webhook_http=True)
    url = receiver.url.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(module, "_is_inside", lambda host: False)
    book = book_of(unit, tmp_path, strict)
    webhook = book.declare(url, list(News), by=administrator).record.id
    decide(unit)
    assert book.send_next()
    assert receiver.received == []
    (kept,) = book.deliveries(webhook, by=administrator)
    assert kept.state == "waiting"
    assert "private network" in kept.outcome


def test_only_who_manages_them_and_only_their_own(
    unit: Unit, administrator: Principal, tmp_path: Path
) -> None:
    book = book_of(unit, tmp_path)
    with pytest.raises(ForbiddenError):
        book.declare("https://example.org/", list(News), by=unit.supervisor)
    webhook = book.declare("https://example.org/", list(News), by=administrator).record.id
    with pytest.raises(NotFoundError):
        book.deliveries(webhook, by=unit.stranger)
    with pytest.raises(NotFoundError):
        book.withdraw(webhook, by=unit.stranger)
    with pytest.raises(UsageError, match="at least one"):
        book.declare("https://example.org/", [], by=administrator)
