"""Two factors to come in, nothing kept that would open the door, and a cut-off that holds at once."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from access_flows import PASSWORD, codes, kinds, person, sign_in
from antigone.access import Directory, Permission, Principal, Role, Sessions
from antigone.audit import AuditLog
from antigone.errors import ConflictError, ForbiddenError, NotSignedInError, RateLimitedError, UsageError
from antigone.records import Records
from antigone.records.people import PersonRecord


@pytest.fixture
def iryna(directory: Directory, local: Principal) -> PersonRecord:
    return person(directory, local, "iryna", Role.EXAMINER)


def password(sessions: Sessions, name: str = "iryna", secret: str = PASSWORD) -> str:
    return sessions.password(name, secret, address="192.0.2.1", device="test").secret


def test_two_factors_give_a_session(sessions: Sessions, iryna: PersonRecord, audit: AuditLog) -> None:
    who = sessions.of_session(sign_in(sessions, "Iryna "))
    assert (who.person, who.roles) == (iryna.id, frozenset({Role.EXAMINER}))
    assert who.may(Permission.SEARCH)
    assert not who.may(Permission.PEOPLE_APPROVE)
    assert kinds(audit)[-2:] == ["second-factor-enrolled", "sign-in"]


def test_a_password_alone_opens_nothing(sessions: Sessions, iryna: PersonRecord) -> None:
    half = password(sessions)
    with pytest.raises(NotSignedInError):
        sessions.of_session(half)
    secret = sign_in(sessions, "iryna")
    with pytest.raises(ConflictError, match="second factor already"):  # nobody enrols a second one half-way
        sessions.offer_totp(password(sessions))
    assert sessions.of_session(secret).person == iryna.id


def test_a_code_works_once_and_a_half_session_once(
    sessions: Sessions, iryna: PersonRecord, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = password(sessions)
    generator = codes(sessions.offer_totp(first))
    code = generator.now()
    sessions.enrol_totp(first, code)
    with pytest.raises(NotSignedInError, match="used before"):
        sessions.totp(password(sessions), code)
    later = datetime.now(UTC) + timedelta(seconds=60)
    monkeypatch.setattr("antigone.access.sessions.time.time", later.timestamp)
    half = password(sessions)
    assert sessions.totp(half, generator.at(later)).complete
    with pytest.raises(NotSignedInError, match="run out"):
        sessions.totp(half, generator.at(later))


def test_wrong_name_wrong_password_and_unapproved_are_told_alike(
    sessions: Sessions, directory: Directory, local: Principal, iryna: PersonRecord
) -> None:
    waiting = directory.invite([Role.EXAMINER], by=local)
    directory.accept(waiting.text, name="waiting", shown_as="W", password=PASSWORD)
    said = set()
    for name, secret in (("iryna", "not the password"), ("nobody", PASSWORD), ("waiting", PASSWORD)):
        with pytest.raises(NotSignedInError) as caught:
            password(sessions, name, secret)
        said.add((caught.value.message, caught.value.hint))
    assert len(said) == 1


def test_too_many_failures_end_in_waiting_also_for_the_right_password(
    sessions: Sessions, iryna: PersonRecord
) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedInError):
            password(sessions, secret="not the password")
    with pytest.raises(RateLimitedError) as caught:
        password(sessions)
    assert 0 < caught.value.details["retry_after"] <= 900  # type: ignore[operator]


def test_an_address_that_tries_many_names_is_stopped(sessions: Sessions, local: Principal) -> None:
    for number in range(30):
        with pytest.raises(NotSignedInError):
            password(sessions, f"name{number}", "x" * 8)
    with pytest.raises(RateLimitedError):
        password(sessions, "another", "x" * 8)


@pytest.mark.parametrize("what", ["person", "organisation", "session", "expiry", "idle"])
def test_a_cut_off_holds_from_the_next_request_on(
    sessions: Sessions,
    directory: Directory,
    local: Principal,
    records: Records,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    other = directory.add_organisation("Coroner", by=local)
    invitation = directory.invite([Role.SUPERVISOR, Role.EXAMINER], by=local, organisation=other.id)
    maria = directory.accept(invitation.text, name="maria", shown_as="Maria", password=PASSWORD)
    directory.approve(maria.id, by=local)
    secret = sign_in(sessions, "maria")
    who = sessions.of_session(secret)
    token = sessions.new_token("laptop", [Permission.SEARCH], lasts=timedelta(days=1), by=who).text
    assert sessions.of_token(token).permissions == {Permission.SEARCH}
    match what:
        case "person":
            directory.cut_off(maria.id, by=local)
        case "organisation":
            directory.cut_off_organisation(other.id, by=local)
        case "session":
            sessions.end_session(maria.id, who.session or 0, by=who)
        case "expiry":
            records.people.change_session(who.session or 0, expires_at=datetime.now(UTC))
        case "idle":
            records.people.change_session(who.session or 0, seen_at=datetime.now(UTC) - timedelta(hours=2))
    with pytest.raises(NotSignedInError):
        sessions.of_session(secret)
    if what in ("person", "organisation"):
        with pytest.raises(NotSignedInError):
            sessions.of_token(token)
        with pytest.raises(NotSignedInError):
            password(sessions, "maria")
    else:
        assert sessions.of_token(token).person == maria.id


def test_whoever_is_restored_signs_in_anew(
    sessions: Sessions, directory: Directory, local: Principal, iryna: PersonRecord
) -> None:
    secret = sign_in(sessions, "iryna")
    directory.cut_off(iryna.id, by=local)
    directory.restore(iryna.id, by=local)
    with pytest.raises(NotSignedInError):
        sessions.of_session(secret)
    assert not sessions.password("iryna", PASSWORD, address="192.0.2.1", device="x").complete


def test_a_token_does_no_more_than_its_maker_and_its_scopes(
    sessions: Sessions, iryna: PersonRecord, directory: Directory, local: Principal
) -> None:
    who = sessions.of_session(sign_in(sessions, "iryna"))
    with pytest.raises(ForbiddenError):
        sessions.new_token("x", [Permission.PEOPLE_APPROVE], lasts=timedelta(days=1), by=who)
    with pytest.raises(UsageError):
        sessions.new_token("x", [], lasts=timedelta(days=1), by=who)
    with pytest.raises(UsageError):
        sessions.new_token("x", [Permission.SEARCH], lasts=timedelta(days=1000), by=who)
    made = sessions.new_token("x", [Permission.SEARCH, Permission.DECIDE], lasts=timedelta(days=1), by=who)
    directory.give_roles(iryna.id, [Role.REVIEWER], by=local)  # whose table has neither
    assert sessions.of_token(made.text).permissions == frozenset()
    token = sessions.of_token(made.text).token
    sessions.withdraw_token(iryna.id, token or 0, by=who)
    with pytest.raises(NotSignedInError):
        sessions.of_token(made.text)


def test_nothing_that_is_kept_opens_the_door(
    sessions: Sessions, iryna: PersonRecord, records: Records, audit: AuditLog
) -> None:
    half = password(sessions)
    uri = sessions.offer_totp(half)
    secret = sessions.enrol_totp(half, codes(uri).now()).secret
    who = sessions.of_session(secret)
    token = sessions.new_token("x", [Permission.SEARCH], lasts=timedelta(days=1), by=who).text
    with sqlite3.connect(records.home / "records.db") as database:
        kept = "\n".join(database.iterdump())
    database.close()
    for shown in (PASSWORD, half, secret, token, codes(uri).secret):
        assert shown not in kept
        assert shown.encode().hex() not in kept.lower()
    assert "iryna" not in "".join(str(entry.body) for entry in audit.entries())
