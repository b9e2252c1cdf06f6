"""The cookies of a session: no script reads them, no other site sends them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Cookie, Request, Response

from antigone.errors import NotSignedInError

COOKIE = "antigone"
HALF_COOKIE = "antigone-half"
Half = Annotated[str | None, Cookie(alias=HALF_COOKIE)]


def set_secret(request: Request, response: Response, name: str, secret: str, *, lasts: int | None) -> None:
    """Give a session's secret to the browser; ``lasts`` is in seconds, None: until the browser is closed."""
    response.set_cookie(
        name,
        secret,
        max_age=lasts,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path=request.scope.get("root_path", "") or "/",
    )


def known_half(half: str | None) -> str:
    """Return the secret of a sign-in that is half done. Raises `NotSignedInError`."""
    if half is None:
        raise NotSignedInError("this sign-in has run out", hint="begin again with the password")
    return half
