"""Signing in with a password and a second factor; sessions and API tokens.

A session or token is looked up in the records for every request, with the person and the organisation, so
that a cut-off holds in every process from its next request on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyotp

from antigone.access.directory import AuditSink, local_name, principal_of
from antigone.access.passwords import hash_password, needs_rehash, verify_password
from antigone.access.principal import Principal
from antigone.access.roles import Permission
from antigone.access.secrets import NewSecret, digest_of, new_secret
from antigone.access.vault import Vault
from antigone.audit.events import SignedIn
from antigone.audit.office_events import (
    SecondFactorEnrolled,
    SessionCutOff,
    SignedOut,
    SignInRefused,
    TokenMade,
    TokenWithdrawn,
)
from antigone.errors import ConflictError, NotFoundError, NotSignedInError, RateLimitedError, UsageError
from antigone.records.people import People, PersonRecord, SessionRecord, TokenRecord

SESSION_LASTS = timedelta(hours=12)
IDLE_LASTS = timedelta(minutes=60)
HALF_LASTS = timedelta(minutes=5)  # between the password and the second factor
LINK_LASTS = timedelta(minutes=30)  # of the door of this machine's own person
TOKEN_LASTS_AT_MOST = timedelta(days=366)
ATTEMPTS_WINDOW = timedelta(minutes=15)
ATTEMPTS_OF_NAME = 5
ATTEMPTS_OF_ADDRESS = 30
_SEEN_EVERY = timedelta(minutes=1)  # a write for each request would cost more than it tells
_STEP_SECONDS = 30  # of RFC 6238


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A session on its way to a browser."""

    secret: str = field(repr=False)
    complete: bool  # False: a second factor is still to be shown
    factors: tuple[str, ...] = ()  # which second factors there are: "totp", "passkey"; none: enrol one now


class Sessions:
    """Who is signed in."""

    def __init__(self, people: People, audit: AuditSink, vault: Vault) -> None:
        self._people = people
        self._audit = audit
        self._vault = vault

    # Signing in

    def password(self, name: str, password: str, *, address: str, device: str) -> SignIn:
        """Take the first step. The answer never says whether the name or the password was wrong.

        Raises `NotSignedInError` and, after too many failures, `RateLimitedError`.
        """
        name = name.strip().lower()
        keys = [_key("name", name), _key("address", address)]
        self._check_limits(keys)
        person = self._people.person_named(name)
        right = verify_password(None if person is None else person.password, password)
        if person is None or not right or not self._is_live(person):
            now = datetime.now(UTC)
            self._people.note_attempt(keys, at=now, forget_before=now - ATTEMPTS_WINDOW)
            self._audit.append(SignInRefused(person=None if person is None else person.id).event())
            raise NotSignedInError("the name or the password is wrong, or the account is not approved")
        assert person.password is not None
        if needs_rehash(person.password):
            self._people.change_person(person.id, password=hash_password(password, name=name))
        return self._begin(person, device=device, complete=False)

    def totp(self, half: str, code: str) -> SignIn:
        """Take the second step with a one-time code (RFC 6238), each of which works once.

        Raises `NotSignedInError` and `RateLimitedError`.
        """
        session, person = self._half(half)
        keys = [_key("totp", str(person.id))]
        self._check_limits(keys)
        step = self._step_of(person, code)
        if step is None or not self._people.use_totp_step(person.id, step):
            now = datetime.now(UTC)
            self._people.note_attempt(keys, at=now, forget_before=now - ATTEMPTS_WINDOW)
            self._audit.append(SignInRefused(person=person.id).event())
            raise NotSignedInError("the code is wrong or was used before")
        return self.finish(session, person)

    def local_link(self, account: str) -> str:
        """Return the secret of a link that lets this machine's own person in, once, within half an hour.

        For whoever starts the server: they can read the workspace's files and need no password for them.
        """
        person = self._people.person_named(local_name(account))
        if person is None or person.password is not None or self.factors(person):
            raise NotFoundError(f"{account} has no account of this machine")
        return self._begin(person, device="this machine", complete=False, lasts=LINK_LASTS).secret

    def enter(self, secret: str) -> SignIn:
        """Take such a link. Raises `NotSignedInError` for one that was used or is too old."""
        found = self._people.session(digest_of(secret), now=datetime.now(UTC))
        if found is None or found[0].complete or found[1].password is not None or self.factors(found[1]):
            raise NotSignedInError("this link was used or is too old", hint="start the server again")
        return self.finish(*found, factor="machine")

    def finish(
        self, half: SessionRecord, person: PersonRecord, *, passkey: int | None = None, factor: str = "totp"
    ) -> SignIn:
        """Exchange a half session, whose second factor was shown, for a whole one with a new secret."""
        self._people.change_session(half.id, disabled_at=datetime.now(UTC))
        self._people.forget_attempts(_key("name", person.name))
        whole = self._begin(person, device=half.device, complete=True, passkey=passkey)
        self._audit.append(
            SignedIn(person=person.id, factor=factor if passkey is None else "passkey").event()
        )
        return whole

    def by_directory(self, subject: str, *, device: str, second_factor: bool) -> SignIn:
        """Begin a session for whom an agency's directory vouches; whole if it saw a second factor.

        ``subject`` is issuer and subject. Raises `NotSignedInError` unless it is bound to a live person.
        """
        person = self._people.person_of_subject(subject)
        if person is None or not self._is_live(person):
            self._audit.append(SignInRefused(person=None if person is None else person.id).event())
            raise NotSignedInError("the directory's account belongs to nobody who is let in here")
        begun = self._begin(person, device=device, complete=second_factor)
        if second_factor:
            self._audit.append(SignedIn(person=person.id, factor="directory").event())
        return begun

    def half(self, secret: str) -> tuple[SessionRecord, PersonRecord]:
        """Return a session whose second factor is still to be shown. Raises `NotSignedInError`."""
        return self._half(secret)

    def _half(self, secret: str) -> tuple[SessionRecord, PersonRecord]:
        found = self._people.session(digest_of(secret), now=datetime.now(UTC))
        if found is None or found[0].complete:
            raise NotSignedInError("this sign-in has run out", hint="begin again with the password")
        return found

    def _begin(
        self,
        person: PersonRecord,
        *,
        device: str,
        complete: bool,
        passkey: int | None = None,
        lasts: timedelta | None = None,
    ) -> SignIn:
        now = datetime.now(UTC)
        secret = new_secret("ags")
        self._people.add_session(
            person_id=person.id,
            passkey_id=passkey,
            digest=secret.digest,
            complete=complete,
            device=device[:200],
            created_at=now,
            seen_at=now,
            expires_at=now + (lasts or (SESSION_LASTS if complete else HALF_LASTS)),
        )
        return SignIn(secret=secret.text, complete=complete, factors=() if complete else self.factors(person))

    def factors(self, person: PersonRecord) -> tuple[str, ...]:
        """Return the second factors that someone has."""
        passkeys = any(key.disabled_at is None for key in self._people.passkeys(person.id))
        return (*(("totp",) if person.totp else ()), *(("passkey",) if passkeys else ()))

    # One-time codes

    def offer_totp(self, half: str) -> str:
        """Make the secret of one-time codes for someone who has no second factor; return its otpauth URI.

        It counts from the first right code on, see `enrol_totp`; until then the same one is offered again.
        Raises `ConflictError` when there is a second factor already.
        """
        session, person = self._half(half)
        if self.factors(person):
            raise ConflictError("this account has a second factor already")
        if session.challenge is None:
            secret = pyotp.random_base32()
            self._people.change_session(session.id, challenge=self._vault.seal(secret.encode()))
        else:
            secret = self._vault.open(session.challenge).decode()
        return pyotp.TOTP(secret).provisioning_uri(name=person.name, issuer_name="Antigone")

    def enrol_totp(self, half: str, code: str) -> SignIn:
        """Keep the offered secret once a right code shows that it arrived. Raises `NotSignedInError`."""
        session, person = self._half(half)
        if self.factors(person) or session.challenge is None:
            raise ConflictError("no second factor was offered")
        step = _matching_step(self._vault.open(session.challenge).decode(), code)
        if step is None:
            raise NotSignedInError("the code is wrong", hint="check the clock of the device")
        self._people.change_person(person.id, totp=session.challenge, totp_step=step)
        self._audit.append(SecondFactorEnrolled(person=person.id, factor="totp").event())
        return self.finish(session, person)

    def _step_of(self, person: PersonRecord, code: str) -> int | None:
        return None if person.totp is None else _matching_step(self._vault.open(person.totp).decode(), code)

    # Sessions and tokens in use

    def of_session(self, secret: str) -> Principal:
        """Return who comes with this session, now. Raises `NotSignedInError`."""
        now = datetime.now(UTC)
        found = self._people.session(digest_of(secret), now=now)
        if found is None or not found[0].complete or found[0].seen_at < now - IDLE_LASTS:
            raise NotSignedInError("nobody is signed in, or not any more", hint="sign in again")
        session, person = found
        if now - session.seen_at > _SEEN_EVERY:
            self._people.change_session(session.id, seen_at=now)
        return principal_of(person, session=session.id)

    def of_token(self, secret: str) -> Principal:
        """Return who comes with this API token, now, narrowed to its scopes. Raises `NotSignedInError`."""
        found = self._people.token(digest_of(secret), now=datetime.now(UTC))
        if found is None:
            raise NotSignedInError("this API token is unknown, has run out or was withdrawn")
        token, person = found
        known = {permission.value for permission in Permission}
        scopes = frozenset(Permission(name) for name in json.loads(token.scopes) if name in known)
        return principal_of(person, scopes=scopes, token=token.id)

    def sign_out(self, by: Principal) -> None:
        """End the session one came with."""
        if by.session is not None:
            self._people.change_session(by.session, disabled_at=datetime.now(UTC))
            self._audit.append(SignedOut(person=by.person).event())

    def sessions(self, person: int, *, by: Principal) -> tuple[SessionRecord, ...]:
        """Return the live sessions of oneself or of a person of one's organisation."""
        self._may_see(person, by)
        now = datetime.now(UTC)
        return tuple(
            session
            for session in self._people.sessions(person)
            if session.complete and session.disabled_at is None and session.expires_at > now
        )

    def end_session(self, person: int, session: int, *, by: Principal) -> None:
        """Cut one device off at once. Raises `NotFoundError`."""
        self._may_see(person, by, change=True)
        if session not in {known.id for known in self._people.sessions(person)}:
            raise NotFoundError("there is no such session")
        self._people.change_session(session, disabled_at=datetime.now(UTC))
        self._audit.append(SessionCutOff(by=by.person, person=person, session=session).event())

    def new_token(
        self, label: str, scopes: Iterable[Permission], *, lasts: timedelta, by: Principal
    ) -> NewSecret:
        """Make an API token of one's own; it can do no more than one may. Raises `UsageError`."""
        wanted = frozenset(scopes)
        if not wanted:
            raise UsageError("an API token needs at least one scope")
        for permission in wanted:
            by.require(permission)
        if not timedelta(0) < lasts <= TOKEN_LASTS_AT_MOST:
            raise UsageError(f"an API token lasts at most {TOKEN_LASTS_AT_MOST.days} days")
        now = datetime.now(UTC)
        secret = new_secret("agt")
        number = self._people.add_token(
            person_id=by.person,
            label=label[:200],
            digest=secret.digest,
            scopes=json.dumps(sorted(wanted)),
            created_at=now,
            expires_at=now + lasts,
        )
        self._audit.append(TokenMade(by=by.person, token=number, scopes=sorted(wanted)).event())
        return secret

    def tokens(self, *, by: Principal) -> tuple[TokenRecord, ...]:
        """Return one's own API tokens that hold."""
        now = datetime.now(UTC)
        return tuple(
            token
            for token in self._people.tokens(by.person)
            if token.disabled_at is None and token.expires_at > now
        )

    def withdraw_token(self, person: int, token: int, *, by: Principal) -> None:
        """Withdraw an API token at once. Raises `NotFoundError`."""
        self._may_see(person, by, change=True)
        if token not in {known.id for known in self._people.tokens(person)}:
            raise NotFoundError("there is no such token")
        self._people.change_token(token, disabled_at=datetime.now(UTC))
        self._audit.append(TokenWithdrawn(by=by.person, person=person, token=token).event())

    def _may_see(self, person: int, by: Principal, *, change: bool = False) -> None:
        if person == by.person:
            return
        by.require(Permission.PEOPLE_MANAGE if change else Permission.PEOPLE_READ)
        if self._people.person(person).organisation_id != by.organisation:
            raise NotFoundError("there is no such person")

    # Limits

    def _check_limits(self, keys: list[bytes]) -> None:
        now = datetime.now(UTC)
        failed = self._people.failed_attempts(keys, since=now - ATTEMPTS_WINDOW)
        allowed = [ATTEMPTS_OF_NAME, ATTEMPTS_OF_ADDRESS]
        for key, most in zip(keys, allowed, strict=False):
            number, oldest = failed.get(key, (0, now))
            if number >= most:
                wait = max(int((oldest + ATTEMPTS_WINDOW - now).total_seconds()), 1)
                raise RateLimitedError(
                    "too many failed attempts",
                    hint=f"try again in {wait} seconds",
                    details={"retry_after": wait},
                )

    def _is_live(self, person: PersonRecord) -> bool:
        if person.disabled_at is not None or person.approved_at is None:
            return False
        organisations = {known.id: known for known in self._people.organisations()}
        return organisations[person.organisation_id].disabled_at is None


def _matching_step(secret: str, code: str) -> int | None:
    """Return the time step whose code it is: the present one or a neighbour, for clocks that differ."""
    present = int(time.time()) // _STEP_SECONDS
    generator = pyotp.TOTP(secret)
    given = code.replace(" ", "")
    for step in (present, present - 1, present + 1):
        if pyotp.utils.strings_equal(generator.generate_otp(step), given):
            return step
    return None


def _key(kind: str, value: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{value}".encode("utf-8", "surrogatepass")).digest()
