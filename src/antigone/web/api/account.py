"""One's own passkeys and tokens."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field

from antigone.access.passkeys import Site
from antigone.errors import ForbiddenError
from antigone.web.gate import OfficeHere, Routes, RowId, Who

routes = Routes(tags=["sign-in"])
_NO_TOKEN = "this takes a session; an API token does not do"  # noqa: S105 - a sentence


class NewPasskey(BaseModel):
    """What a browser made, and what its owner calls it."""

    label: str = Field(min_length=1, max_length=100, examples=["phone"])
    credential: dict[str, Any]


class Passkey(BaseModel):
    """A passkey; never its key."""

    passkey: int
    label: str
    created_at: datetime


class KnownToken(BaseModel):
    """An API token; never its secret."""

    token: int
    label: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime


@routes.allow("POST", "/me/passkeys/offer", None)
def offer(request: Request, who: Who, office: OfficeHere) -> dict[str, object]:
    """Return the options for ``navigator.credentials.create``."""
    if who.session is None:
        raise ForbiddenError(_NO_TOKEN)
    return office.passkeys(site_of(request)).offer_to(who)


@routes.allow("POST", "/me/passkeys", None, status_code=201)
def add(body: NewPasskey, request: Request, who: Who, office: OfficeHere) -> Passkey:
    """Keep the passkey that the browser made."""
    if who.session is None:
        raise ForbiddenError(_NO_TOKEN)
    made = office.passkeys(site_of(request)).add_for(who, json.dumps(body.credential), label=body.label)
    return Passkey(passkey=made.id, label=made.label, created_at=made.created_at)


@routes.allow("GET", "/me/passkeys", None)
def passkeys(request: Request, who: Who, office: OfficeHere) -> list[Passkey]:
    """List one's own passkeys."""
    return [
        Passkey(passkey=key.id, label=key.label, created_at=key.created_at)
        for key in office.passkeys(site_of(request)).passkeys(by=who)
    ]


@routes.allow("DELETE", "/me/passkeys/{passkey}", None, status_code=204)
def cut_off(passkey: RowId, request: Request, who: Who, office: OfficeHere) -> None:
    """Cut a device of one's own off: its passkey, and every session that it opened."""
    office.passkeys(site_of(request)).cut_off(passkey, by=who)


@routes.allow("GET", "/me/tokens", None)
def tokens(who: Who, office: OfficeHere) -> list[KnownToken]:
    """List one's own API tokens that hold."""
    return [
        KnownToken(
            token=token.id,
            label=token.label,
            scopes=json.loads(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
        for token in office.sessions.tokens(by=who)
    ]


def site_of(request: Request) -> Site:
    """Return the web address that passkeys are bound to here."""
    return Site(
        host=request.url.hostname or "localhost", origin=f"{request.url.scheme}://{request.url.netloc}"
    )
