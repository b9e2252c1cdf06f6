"""One's own account: devices, passkeys, tokens for programs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

from fastapi import Form, Request, Response

from antigone.access import Permission, Principal
from antigone.errors import AntigoneError
from antigone.office import Office
from antigone.web.api.account import site_of
from antigone.web.gate import OfficeHere, Routes, RowId, Who
from antigone.web.pages.render import go, render

routes = Routes(include_in_schema=False)


@routes.allow("GET", "/account", None)
def account(request: Request, who: Who, office: OfficeHere) -> Response:
    """Show one's own account."""
    return _page(request, who, office)


@routes.allow("POST", "/account/tokens", None)
def new_token(
    request: Request,
    who: Who,
    office: OfficeHere,
    label: Annotated[str, Form(max_length=1_000)],
    days: Annotated[int, Form()],
    scope: Annotated[list[Permission] | None, Form()] = None,
) -> Response:
    """Make an API token and show it, this once."""
    try:
        made = office.sessions.new_token(label, scope or (), lasts=timedelta(days=days), by=who)
    except AntigoneError as problem:
        return _page(request, who, office, problem=problem)
    return _page(request, who, office, token=made.text)


@routes.allow("POST", "/account/tokens/{token}/withdraw", None)
def withdraw(token: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Withdraw a token at once."""
    office.sessions.withdraw_token(who.person, token, by=who)
    return go(request, "/account")


@routes.allow("POST", "/account/passkeys/{passkey}/cut-off", None)
def cut_off(passkey: RowId, request: Request, who: Who, office: OfficeHere) -> Response:
    """Cut a device of one's own off."""
    office.passkeys(site_of(request)).cut_off(passkey, by=who)
    return go(request, "/account")


def _page(
    request: Request,
    who: Principal,
    office: Office,
    *,
    problem: AntigoneError | None = None,
    token: str = "",
) -> Response:
    tokens = [(known, json.loads(known.scopes)) for known in office.sessions.tokens(by=who)]
    context = {
        "sessions": office.sessions.sessions(who.person, by=who),
        "passkeys": office.passkeys(site_of(request)).passkeys(by=who),
        "tokens": tokens,
        "scopes": sorted(who.permissions),
        "token": token,
        "problem": problem,
    }
    status = 200 if problem is None else problem.http_status
    return render(request, "account.html.j2", context, who=who, status=status)
