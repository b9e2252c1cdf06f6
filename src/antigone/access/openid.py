"""Signing in through an agency's own directory: OpenID Connect, code flow with PKCE, checked by Authlib.

A directory says who somebody is, never whether they may come in: its subject must be bound to a person who
was invited and approved here. What a flow must remember is sealed in a cookie of the browser that began it.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from antigone.access.directory import AuditSink
from antigone.access.principal import Principal
from antigone.access.sessions import Sessions, SignIn
from antigone.access.vault import Vault
from antigone.audit.office_events import DirectoryBound
from antigone.errors import ConflictError, NotSignedInError, UsageError, WorkspaceError
from antigone.records.people import People
from antigone.settings import Settings

FLOW_LASTS = 300  # seconds between leaving for the directory and coming back
_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]  # none with a shared secret
_LEEWAY = 30  # seconds that clocks may differ
_TIMEOUT = 10.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Somebody on their way to the directory."""

    url: str  # where their browser goes
    flow: str = field(repr=False)  # what their browser brings back: sealed


class OpenId:
    """The directory of one workspace."""

    def __init__(
        self, people: People, sessions: Sessions, audit: AuditSink, vault: Vault, settings: Settings
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._audit = audit
        self._vault = vault
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._client = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._strong = frozenset(settings.oidc_second_factor.split())

    def leave(self, redirect: str, *, bind: Principal | None = None) -> Leaving:
        """Begin: to sign in, or with ``bind`` to let a person sign in this way from now on.

        Raises `UsageError` without a directory in the settings, `WorkspaceError` when it does not answer.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        kept = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "redirect": redirect,
            "until": int(time.time()) + FLOW_LASTS,
            "bind": None if bind is None else bind.person,
        }
        url = prepare_grant_uri(
            self._described()["authorization_endpoint"],
            self._client,
            "code",
            redirect_uri=redirect,
            scope="openid",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Leaving(url=url, flow=self._vault.seal(json.dumps(kept).encode()).decode())

    def come_back(self, flow: str, *, state: str, code: str, device: str) -> SignIn | None:
        """End: return a session, whole where the directory saw a second factor, or None for a binding.

        Raises `NotSignedInError` for a flow or a token that does not hold and for a subject that nobody here
        has, `ConflictError` for one that somebody else has.
        """
        kept = self._opened(flow)
        if kept["until"] < time.time() or not hmac.compare_digest(kept["state"].encode(), state.encode()):
            raise NotSignedInError("this sign-in has run out", hint="begin again")
        claims = self._claims(code, kept)
        subject = f"{self._issuer} {claims['sub']}"
        if kept["bind"] is not None:
            self._bind(kept["bind"], subject)
            return None
        said = {*_words(claims.get("amr")), *_words(claims.get("acr"))}
        return self._sessions.by_directory(subject, device=device, second_factor=bool(said & self._strong))

    def _bind(self, person: int, subject: str) -> None:
        if self._people.live_person(person) is None:
            raise NotSignedInError("nobody is signed in, or not any more")
        known = self._people.person_of_subject(subject)
        if known is not None and known.id != person:
            raise ConflictError("this account of the directory belongs to somebody else here")
        self._people.change_person(person, subject=subject)
        self._audit.append(DirectoryBound(person=person).event())

    def _opened(self, flow: str) -> dict[str, Any]:
        try:
            return dict(json.loads(self._vault.open(flow.encode())))
        except (WorkspaceError, ValueError) as error:
            raise NotSignedInError("this sign-in has run out", hint="begin again") from error

    def _claims(self, code: str, kept: Mapping[str, Any]) -> Mapping[str, Any]:
        described = self._described()
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept["redirect"],
            "client_id": self._client,
            "code_verifier": kept["verifier"],
        }
        auth = httpx2.BasicAuth(self._client, self._secret) if self._secret else None
        given = _ask("POST", described["token_endpoint"], data=body, auth=auth)
        keys = _ask("GET", described["jwks_uri"])
        try:
            token = jwt.decode(str(given["id_token"]), jwk.KeySet.import_key_set(keys), _ALGORITHMS)  # type: ignore[arg-type]
            options = {"iss": {"values": [self._issuer, self._issuer + "/"]}, "aud": {"value": self._client}}
            claims = CodeIDToken(
                token.claims, token.header, options, {"nonce": kept["nonce"], "client_id": self._client}
            )
            claims.validate(leeway=_LEEWAY)
        except (JoseError, AuthlibBaseError, KeyError, ValueError, TypeError) as error:
            raise NotSignedInError("the directory's token does not hold") from error
        if claims.get("nonce") != kept["nonce"] or not isinstance(claims.get("sub"), str):
            raise NotSignedInError("the directory's token does not hold")
        return dict(claims)

    def _described(self) -> Mapping[str, Any]:
        if not (self._issuer and self._client):
            raise UsageError("no directory is set", hint="ANTIGONE_OIDC_ISSUER and ANTIGONE_OIDC_CLIENT_ID")
        described = _ask("GET", f"{self._issuer}/.well-known/openid-configuration")
        if str(described.get("issuer")).rstrip("/") != self._issuer:
            raise WorkspaceError("the directory calls itself by another name than ANTIGONE_OIDC_ISSUER")
        return described


def _ask(method: str, url: str, **content: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx2's own
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise WorkspaceError("a directory is asked over https only")
    try:
        with httpx2.Client(timeout=_TIMEOUT, follow_redirects=False) as client:
            answer = client.request(method, url, **content)
        if method == "POST" and 400 <= answer.status_code < 500:
            raise NotSignedInError("the directory does not accept this sign-in", hint="begin again")
        answer.raise_for_status()
        return dict(answer.json())
    except (httpx2.HTTPError, ValueError, TypeError) as error:
        raise WorkspaceError("the directory does not answer as it should") from error


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
