"""Signing in through a directory. A small provider in this process stands in for an agency's own one."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwk, jwt

from antigone.access import Directory, Principal, Sessions, Vault
from antigone.access.openid import OpenId
from antigone.audit import AuditLog
from antigone.errors import ConflictError, NotSignedInError, UsageError, WorkspaceError
from antigone.records import Records
from antigone.settings import Settings

CALLBACK = "https://faces.example.org/api/v1/sign-in/directory/callback"


@dataclass(slots=True)
class Provider:
    """An OpenID provider of the code flow with PKCE; ``claims`` are what it says of whoever comes."""

    url: str = ""
    key: Any = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "1"}))
    signs_with: Any = None  # another key than the one it publishes
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)  # code -> the authorisation request

    def visit(self, url: str) -> tuple[str, str]:
        """Do what a browser does there: sign in, and come back with state and code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == CALLBACK
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return asked["state"], code

    def exchange(self, form: dict[str, str]) -> dict[str, str] | None:
        asked = self.asked.pop(form["code"], None)  # works once
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        shown = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if asked is None or shown != asked["code_challenge"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "u-17",
            "aud": "antigone",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.claims,
        }
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signs_with or self.key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": signed}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/keys":
                self.say({"keys": [made.key.as_dict(private=False)]})
            else:
                names = {
                    "authorization_endpoint": "/authorize",
                    "token_endpoint": "/token",
                    "jwks_uri": "/keys",
                }
                self.say({"issuer": made.url, **{name: made.url + path for name, path in names.items()}})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = made.exchange({name: values[0] for name, values in parse_qs(body).items()})
            self.say(given or {"error": "invalid_grant"}, status=200 if given else 400)

        def say(self, document: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace with one person, who may come in."""

    records: Records
    openid: OpenId
    sessions: Sessions
    person: Principal


@pytest.fixture
def place(records: Records, provider: Provider, tmp_path: Path) -> Place:
    audit = AuditLog(records)
    vault = Vault(tmp_path)
    sessions = Sessions(records.people, audit, vault)
    settings = Settings(oidc_issuer=provider.url, oidc_client_id="antigone")
    openid = OpenId(records.people, sessions, audit, vault, settings)
    return Place(records, openid, sessions, Directory(records.people, audit).local("Olena"))


def bound(place: Place, provider: Provider) -> None:
    leaving = place.openid.leave(CALLBACK, bind=place.person)
    state, code = provider.visit(leaving.url)
    assert place.openid.come_back(leaving.flow, state=state, code=code, device="d") is None


def came_back(place: Place, provider: Provider) -> Any:
    leaving = place.openid.leave(CALLBACK)
    state, code = provider.visit(leaving.url)
    return place.openid.come_back(leaving.flow, state=state, code=code, device="d")


def test_a_second_factor_is_asked_for_here_unless_the_directory_saw_one(
    place: Place, provider: Provider
) -> None:
    bound(place, provider)
    half = came_back(place, provider)
    assert not half.complete
    with pytest.raises(NotSignedInError):
        place.sessions.of_session(half.secret)
    provider.claims = {"amr": ["pwd", "mfa"]}
    whole = came_back(place, provider)
    assert place.sessions.of_session(whole.secret).person == place.person.person


def test_who_is_unknown_or_cut_off_does_not_come_in(place: Place, provider: Provider) -> None:
    provider.claims = {"amr": ["mfa"]}
    with pytest.raises(NotSignedInError, match="nobody"):
        came_back(place, provider)
    bound(place, provider)
    place.records.people.change_person(place.person.person, disabled_at=datetime.now(UTC))
    with pytest.raises(NotSignedInError, match="nobody"):
        came_back(place, provider)


def test_a_subject_belongs_to_one_person(place: Place, provider: Provider) -> None:
    bound(place, provider)
    other = place.records.people.add_person(
        organisation_id=place.person.organisation,
        name="maria",
        shown_as="Maria",
        roles="[]",
        created_at=(now := datetime.now(UTC)),
        approved_at=now,
    )
    place.records.people.change_person(place.person.person, subject=f"{provider.url} u-17")
    leaving = place.openid.leave(
        CALLBACK, bind=Directory(place.records.people, AuditLog(place.records)).local("x")
    )
    state, code = provider.visit(leaving.url)
    with pytest.raises(ConflictError):
        place.openid.come_back(leaving.flow, state=state, code=code, device="d")
    assert other.subject is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example.org"},
        {"aud": "another"},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": 7},
        {"sub": None},
    ],
)
def test_a_token_that_does_not_hold_is_refused(
    place: Place, provider: Provider, claims: dict[str, Any]
) -> None:
    bound(place, provider)
    provider.claims = {"amr": ["mfa"], **claims}
    with pytest.raises(NotSignedInError, match="token"):
        came_back(place, provider)


def test_another_key_another_state_and_a_used_code_are_refused(place: Place, provider: Provider) -> None:
    bound(place, provider)
    provider.signs_with = jwk.RSAKey.generate_key(2048, {"kid": "1"})
    with pytest.raises(NotSignedInError, match="token"):
        came_back(place, provider)
    provider.signs_with = None
    leaving = place.openid.leave(CALLBACK)
    state, code = provider.visit(leaving.url)
    for flow, said in ((leaving.flow, "other"), ("forged", state)):
        with pytest.raises(NotSignedInError, match="run out"):
            place.openid.come_back(flow, state=said, code=code, device="d")
    assert place.openid.come_back(leaving.flow, state=state, code=code, device="d") is not None
    with pytest.raises(NotSignedInError, match="accept"):
        place.openid.come_back(leaving.flow, state=state, code=code, device="d")


def test_without_settings_or_with_an_open_line_nothing_is_asked(place: Place, tmp_path: Path) -> None:
    audit, vault = AuditLog(place.records), Vault(tmp_path)
    people = place.records.people
    with pytest.raises(UsageError):
        OpenId(people, place.sessions, audit, vault, Settings()).leave(CALLBACK)
    open_line = Settings(oidc_issuer="http://directory.example.org", oidc_client_id="a")
    with pytest.raises(WorkspaceError, match="https"):
        OpenId(people, place.sessions, audit, vault, open_line).leave(CALLBACK)
