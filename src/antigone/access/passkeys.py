"""Passkeys (WebAuthn Level 2) as a second factor, checked by py_webauthn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import webauthn
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from antigone.access.directory import AuditSink
from antigone.access.principal import Principal
from antigone.access.sessions import Sessions, SignIn
from antigone.audit.office_events import DeviceCutOff, SecondFactorEnrolled, SignInRefused
from antigone.errors import NotFoundError, NotSignedInError, UsageError
from antigone.records.people import PasskeyRecord, People, PersonRecord

NAME = "Antigone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The web address that passkeys are bound to."""

    host: str  # such as "faces.example.org"
    origin: str  # such as "https://faces.example.org"


class Passkeys:
    """The passkeys of one workspace's people."""

    def __init__(self, people: People, sessions: Sessions, audit: AuditSink, site: Site) -> None:
        self._people = people
        self._sessions = sessions
        self._audit = audit
        self._site = site

    # Adding one

    def offer_to(self, who: Principal) -> dict[str, object]:
        """Return what a browser needs to make a passkey for whoever is signed in with it."""
        assert who.session is not None
        return self.offer(who.session, self._people.person(who.person))

    def add_for(self, who: Principal, answer: str, *, label: str) -> PasskeyRecord:
        """Keep the passkey that was offered to a session, once. Raises `UsageError`."""
        sessions = {known.id: known for known in self._people.sessions(who.person)}
        session = sessions.get(who.session or 0)
        challenge = None if session is None else session.challenge
        if session is None or not challenge:
            raise UsageError("no passkey was offered to this session", hint="begin again")
        self._people.change_session(session.id, challenge=None)
        return self.add(self._people.person(who.person), challenge, answer, label=label)

    def offer(self, session: int, person: PersonRecord) -> dict[str, object]:
        """Return what a browser needs to make a passkey (``navigator.credentials.create``)."""
        options = webauthn.generate_registration_options(
            rp_id=self._site.host,
            rp_name=NAME,
            user_name=person.name,
            user_display_name=person.shown_as,
            user_id=f"antigone-{person.id}".encode(),
            exclude_credentials=self._known(person.id),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        self._people.change_session(session, challenge=options.challenge)
        return dict(json.loads(webauthn.options_to_json(options)))

    def add(self, person: PersonRecord, challenge: bytes | None, answer: str, *, label: str) -> PasskeyRecord:
        """Keep the passkey that a browser made. Raises `UsageError` when its answer does not hold."""
        try:
            made = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=challenge or b"",
                expected_rp_id=self._site.host,
                expected_origin=self._site.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            raise UsageError(f"this passkey cannot be added: {error}") from error
        passkey = self._people.add_passkey(
            person_id=person.id,
            credential=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            label=label.strip()[:100] or "passkey",
            created_at=datetime.now(UTC),
        )
        enrolled = SecondFactorEnrolled(person=person.id, factor="passkey", passkey=passkey.id)
        self._audit.append(enrolled.event())
        return passkey

    # Signing in with one

    def ask(self, half: str) -> dict[str, object]:
        """Return what a browser needs to show a passkey (``navigator.credentials.get``)."""
        session, person = self._sessions.half(half)
        options = webauthn.generate_authentication_options(
            rp_id=self._site.host,
            allow_credentials=self._known(person.id),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        self._people.change_session(session.id, challenge=options.challenge)
        return dict(json.loads(webauthn.options_to_json(options)))

    def answer(self, half: str, answer: str) -> SignIn:
        """Take the second step with a passkey. Raises `NotSignedInError`."""
        session, person = self._sessions.half(half)
        try:
            shown = parse_authentication_credential_json(answer)
            passkey = self._live(person.id, shown.raw_id)
            verified = webauthn.verify_authentication_response(
                credential=shown,
                expected_challenge=session.challenge or b"",
                expected_rp_id=self._site.host,
                expected_origin=self._site.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            self._audit.append(SignInRefused(person=person.id).event())
            raise NotSignedInError("this passkey does not open the account") from error
        self._people.change_passkey(passkey.id, sign_count=verified.new_sign_count)
        return self._sessions.finish(session, person, passkey=passkey.id)

    # Cutting one off

    def passkeys(self, *, by: Principal) -> tuple[PasskeyRecord, ...]:
        """Return one's own passkeys."""
        return tuple(key for key in self._people.passkeys(by.person) if key.disabled_at is None)

    def cut_off(self, passkey: int, *, by: Principal) -> None:
        """Cut a device off: its passkey and every session that it opened. Raises `NotFoundError`."""
        if passkey not in {key.id for key in self._people.passkeys(by.person)}:
            raise NotFoundError("there is no such passkey")
        self._people.change_passkey(passkey, disabled_at=datetime.now(UTC))
        self._audit.append(DeviceCutOff(by=by.person, passkey=passkey).event())

    def _known(self, person: int) -> list[PublicKeyCredentialDescriptor]:
        return [
            PublicKeyCredentialDescriptor(id=key.credential)
            for key in self._people.passkeys(person)
            if key.disabled_at is None
        ]

    def _live(self, person: int, credential: bytes) -> PasskeyRecord:
        for key in self._people.passkeys(person):
            if key.credential == credential and key.disabled_at is None:
                return key
        raise ValueError("unknown passkey")
