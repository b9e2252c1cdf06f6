"""Signing in and out, a first account, the reader's language."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import segno
from fastapi import Form, Query, Request, Response

from antigone.access import SignIn
from antigone.errors import AntigoneError, NotSignedInError
from antigone.web.cookies import COOKIE, HALF_COOKIE, Half, known_half, set_secret
from antigone.web.gate import OfficeHere, Routes, Who, address_of
from antigone.web.pages import words
from antigone.web.pages.render import go, render

routes = Routes(include_in_schema=False)
Text = Annotated[str, Form(max_length=1_000)]
_YEAR = 365 * 24 * 3600


@routes.public("GET", "/sign-in")
def sign_in(request: Request, next_: Annotated[str, Query(alias="next", max_length=2_000)] = "/") -> Response:
    """Ask for name and password."""
    return render(request, "sign_in.html.j2", {"next": _inside(next_), "name": "", "problem": None})


@routes.public("POST", "/sign-in")
def password(
    request: Request,
    office: OfficeHere,
    name: Text,
    password: Text,
    next_: Annotated[str, Form(alias="next", max_length=2_000)] = "/",
) -> Response:
    """Take the first step."""
    device = request.headers.get("User-Agent", "unknown")
    try:
        half = office.sessions.password(name, password, address=address_of(request), device=device)
    except AntigoneError as problem:
        shown = {"next": _inside(next_), "name": name, "problem": problem}
        return render(request, "sign_in.html.j2", shown, status=problem.http_status)
    answer = _second(request, office, half.secret, half.factors, _inside(next_), None)
    set_secret(request, answer, HALF_COOKIE, half.secret, lasts=300)
    return answer


@routes.public("POST", "/sign-in/code")
def code(
    request: Request,
    office: OfficeHere,
    code: Text,
    next_: Annotated[str, Form(alias="next", max_length=2_000)] = "/",
    half: Half = None,
) -> Response:
    """Take the second step with a one-time code, or keep the offered codes with their first one."""
    inside = _inside(next_)
    known = known_half(half)
    _, person = office.sessions.half(known)
    factors = office.sessions.factors(person)
    try:
        second_step = office.sessions.totp if factors else office.sessions.enrol_totp
        whole = second_step(known, code)
    except NotSignedInError as problem:
        return _second(request, office, known, factors, inside, problem)
    return _let_in(request, whole, inside)


@routes.public("GET", "/enter")
def enter(request: Request, key: Annotated[str, Query(max_length=200)]) -> Response:
    """Show the door of this machine's own person; the link is made by `antigone serve`."""
    return render(request, "enter.html.j2", {"key": key})


@routes.public("POST", "/enter")
def let_local_in(request: Request, office: OfficeHere, key: Text) -> Response:
    """Let this machine's own person in, once for each link."""
    return _let_in(request, office.sessions.enter(key), "/")


@routes.public("GET", "/invitation")
def invitation(request: Request) -> Response:
    """Ask an invited person for their name and password; the secret stays in the link's fragment."""
    return render(request, "invitation.html.j2", {"name": "", "shown_as": "", "secret": "", "problem": None})


@routes.public("POST", "/invitation")
def accept(
    request: Request, office: OfficeHere, secret: Text, name: Text, shown_as: Text, password: Text
) -> Response:
    """Ask for the account; a supervisor approves it."""
    try:
        office.directory.accept(secret.strip(), name=name, shown_as=shown_as, password=password)
    except AntigoneError as problem:
        shown = {"name": name, "shown_as": shown_as, "secret": secret, "problem": problem}
        return render(request, "invitation.html.j2", shown, status=problem.http_status)
    return render(request, "invited.html.j2")


@routes.allow("POST", "/sign-out", None)
def sign_out(request: Request, who: Who, office: OfficeHere) -> Response:
    """End this session, and have the browser forget everything of ours."""
    office.sessions.sign_out(who)
    answer = go(request, "/sign-in")
    answer.delete_cookie(COOKIE, path=request.scope.get("root_path", "") or "/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@routes.public("POST", "/language")
def language(
    request: Request, language: Text, back: Annotated[str, Form(max_length=2_000)] = "/"
) -> Response:
    """Keep the reader's language in a cookie that says nothing else."""
    answer = go(request, _inside(back))
    if language in words.LANGUAGES:
        answer.set_cookie(words.COOKIE, language, max_age=_YEAR, httponly=True, samesite="strict")
    return answer


def _second(
    request: Request,
    office: OfficeHere,
    half: str,
    factors: tuple[str, ...],
    inside: str,
    problem: AntigoneError | None,
) -> Response:
    """Ask for the second factor; offer one where there is none yet."""
    uri = None if factors else office.sessions.offer_totp(half)
    picture = None if uri is None else segno.make(uri, error="m").svg_data_uri(scale=5, border=2)
    shown = {"factors": factors, "uri": uri, "picture": picture, "next": inside, "problem": problem}
    return render(request, "second.html.j2", shown, status=200 if problem is None else problem.http_status)


def _let_in(request: Request, whole: SignIn, inside: str) -> Response:
    answer = go(request, inside)
    answer.delete_cookie(HALF_COOKIE, path=request.scope.get("root_path", "") or "/")
    set_secret(request, answer, COOKIE, whole.secret, lasts=None)
    return answer


def _inside(path: str) -> str:
    """Return a path of this application, or the start: a link must not lead elsewhere after signing in."""
    parts = urlsplit(path)
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme
    return path if fine and not parts.netloc and "\\" not in path and path.isprintable() else "/"
