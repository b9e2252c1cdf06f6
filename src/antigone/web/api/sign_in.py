"""Signing in with two factors; one's own sessions, passkeys and tokens."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

from fastapi import Cookie, Query, Request, Response
from pydantic import BaseModel, Field

from antigone.access import Permission, Role, SignIn
from antigone.access.openid import FLOW_LASTS, Leaving
from antigone.errors import ForbiddenError, NotSignedInError
from antigone.web.api.account import site_of
from antigone.web.cookies import COOKIE, HALF_COOKIE, Half, known_half, set_secret
from antigone.web.gate import OfficeHere, Routes, Who, address_of

routes = Routes(tags=["sign-in"])
FLOW_COOKIE = "antigone-flow"


class Password(BaseModel):
    """The first factor."""

    name: str = Field(max_length=100, examples=["iryna@example.org"])
    password: str = Field(max_length=1_000)


class Code(BaseModel):
    """A one-time code."""

    code: str = Field(max_length=20, examples=["123456"])


class Progress(BaseModel):
    """How far a sign-in is."""

    complete: bool
    factors: list[str] = Field(description="second factors there are; none: enrol one now")


class Elsewhere(BaseModel):
    """Where the browser goes next."""

    url: str


class Me(BaseModel):
    """Who is signed in."""

    person: int
    name: str
    shown_as: str
    organisation: int
    roles: list[Role]
    permissions: list[Permission]


class NewToken(BaseModel):
    """What an API token is to be."""

    label: str = Field(min_length=1, max_length=200)
    scopes: list[Permission] = Field(min_length=1)
    days: int = Field(ge=1, le=366)


class Token(BaseModel):
    """An API token; the secret is shown this once."""

    token: str


@routes.public("POST", "/sign-in")
def password(body: Password, request: Request, response: Response, office: OfficeHere) -> Progress:
    """Take the first step, with name and password."""
    device = request.headers.get("User-Agent", "unknown")
    half = office.sessions.password(body.name, body.password, address=address_of(request), device=device)
    set_secret(request, response, HALF_COOKIE, half.secret, lasts=300)
    return Progress(complete=False, factors=list(half.factors))


@routes.public("POST", "/sign-in/totp")
def totp(body: Code, request: Request, response: Response, office: OfficeHere, half: Half = None) -> Progress:
    """Take the second step, with a one-time code."""
    return _whole(office.sessions.totp(known_half(half), body.code), request, response)


@routes.public("POST", "/sign-in/totp/offer")
def offer_totp(office: OfficeHere, half: Half = None) -> dict[str, str]:
    """Return the otpauth URI of new one-time codes, for an account that has no second factor."""
    return {"uri": office.sessions.offer_totp(known_half(half))}


@routes.public("POST", "/sign-in/totp/enrol")
def enrol_totp(
    body: Code, request: Request, response: Response, office: OfficeHere, half: Half = None
) -> Progress:
    """Keep the offered one-time codes once a right one shows that they work."""
    return _whole(office.sessions.enrol_totp(known_half(half), body.code), request, response)


@routes.public("POST", "/sign-in/passkey/ask")
def ask_passkey(request: Request, office: OfficeHere, half: Half = None) -> dict[str, object]:
    """Return the options for ``navigator.credentials.get``."""
    return office.passkeys(site_of(request)).ask(known_half(half))


@routes.public("POST", "/sign-in/passkey")
def passkey(
    body: dict[str, object], request: Request, response: Response, office: OfficeHere, half: Half = None
) -> Progress:
    """Take the second step, with a passkey."""
    whole = office.passkeys(site_of(request)).answer(known_half(half), json.dumps(body))
    return _whole(whole, request, response)


@routes.public("POST", "/sign-in/directory")
def directory(request: Request, response: Response, office: OfficeHere) -> Elsewhere:
    """Say where to sign in with the agency's own directory; the browser goes there."""
    return _leave(request, response, office.openid.leave(_callback(request)))


@routes.allow("POST", "/me/directory", None)
def bind_directory(request: Request, response: Response, who: Who, office: OfficeHere) -> Elsewhere:
    """Let oneself sign in with the agency's directory from now on; the browser goes there to show who one is.

    Takes a session; an API token does not do.
    """
    if who.session is None:
        raise ForbiddenError("this takes a session; an API token does not do")
    return _leave(request, response, office.openid.leave(_callback(request), bind=who))


@routes.public("GET", "/sign-in/directory/callback")
def come_back(
    request: Request,
    response: Response,
    office: OfficeHere,
    state: Annotated[str, Query(max_length=200)],
    code: Annotated[str, Query(max_length=4_000)],
    flow: Annotated[str | None, Cookie(alias=FLOW_COOKIE)] = None,
) -> Progress:
    """Come back from the directory: signed in, or on to the second factor."""
    if flow is None:
        raise NotSignedInError("this sign-in has run out", hint="begin again")
    device = request.headers.get("User-Agent", "unknown")
    begun = office.openid.come_back(flow, state=state, code=code, device=device)
    response.delete_cookie(FLOW_COOKIE)
    if begun is None:
        return Progress(complete=True, factors=[])
    if begun.complete:
        return _whole(begun, request, response)
    set_secret(request, response, HALF_COOKIE, begun.secret, lasts=300)
    return Progress(complete=False, factors=list(begun.factors))


@routes.allow("POST", "/sign-out", None, status_code=204)
def sign_out(who: Who, office: OfficeHere, response: Response) -> None:
    """End this session."""
    office.sessions.sign_out(who)
    response.delete_cookie(COOKIE)


@routes.allow("GET", "/me", None)
def me(who: Who) -> Me:
    """Say who is signed in and what they may do."""
    return Me(
        person=who.person,
        name=who.name,
        shown_as=who.shown_as,
        organisation=who.organisation,
        roles=sorted(who.roles),
        permissions=sorted(who.permissions),
    )


@routes.allow("POST", "/tokens", None, status_code=201)
def new_token(body: NewToken, who: Who, office: OfficeHere) -> Token:
    """Make an API token of one's own."""
    made = office.sessions.new_token(body.label, body.scopes, lasts=timedelta(days=body.days), by=who)
    return Token(token=made.text)


def _callback(request: Request) -> str:
    root = request.scope.get("root_path", "")
    return f"{request.url.scheme}://{request.url.netloc}{root}/api/v1/sign-in/directory/callback"


def _leave(request: Request, response: Response, leaving: Leaving) -> Elsewhere:
    response.set_cookie(
        FLOW_COOKIE,
        leaving.flow,
        max_age=FLOW_LASTS,
        httponly=True,
        samesite="lax",  # the directory sends the browser back from another site
        secure=request.url.scheme == "https",
        path=request.scope.get("root_path", "") or "/",
    )
    return Elsewhere(url=leaving.url)


def _whole(whole: SignIn, request: Request, response: Response) -> Progress:
    response.delete_cookie(HALF_COOKIE)
    set_secret(request, response, COOKIE, whole.secret, lasts=None)
    return Progress(complete=whole.complete, factors=[])
