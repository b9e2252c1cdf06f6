"""One page: the template, the words of the reader's language, and the headers that keep it to itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from antigone.access import Principal
from antigone.web.pages.navigation import navigation
from antigone.web.pages.terms import plain_sentence
from antigone.web.pages.words import LANGUAGES, SOURCE, language_of, translations

STATIC = Path(__file__).parents[1] / "static"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), publickey-credentials-get=(self), geolocation=(), microphone=()",
    # With "no-referrer" a browser would hide the origin of a form, which tells it from a foreign one.
    "Referrer-Policy": "same-origin",
}


def render(
    request: Request,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    who: Principal | None = None,
    status: int = 200,
) -> Response:
    """Return a page in the reader's language. ``who`` is signed in; it decides what the menu holds."""
    language = language_of(request)
    root = request.scope.get("root_path", "")
    text = (
        _environment(language)
        .get_template(template)
        .render(
            {
                "who": who,
                "language": language,
                "languages": LANGUAGES,
                "source_language": SOURCE,
                "navigation": navigation(who, request.url.path.removeprefix(root)),
                "path": request.url.path.removeprefix(root),
                "root": root,
                "assets": asset_digest(),
                **(context or {}),
            }
        )
    )
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def go(request: Request, path: str) -> RedirectResponse:
    """Send the browser on to another page after a change (303)."""
    return RedirectResponse(request.scope.get("root_path", "") + path, status_code=303)


@lru_cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("antigone.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = translations(language)
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["plainly"] = lambda error: words.gettext(
        plain_sentence(error.code, error.details.get("failure"))
    )
    environment.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    environment.filters["for_pages"] = lambda hint: "" if "antigone " in hint else hint  # no command lines
    environment.filters["utc"] = _utc
    environment.filters["number"] = _number
    environment.globals["url"] = _url
    environment.globals["static"] = _static
    return environment


@pass_context
def _url(context: Context, path: str) -> str:
    """Return a path of this application as the browser must ask for it, behind whatever sub-path."""
    return f"{context['root']}{path}"


@pass_context
def _static(context: Context, name: str) -> str:
    """Return the address of a file of ours; it changes with the file, so that it can be kept for long."""
    return f"{context['root']}/static/{context['assets']}/{name}"


def _utc(at: datetime | str) -> str:
    """Return a time as ISO 8601 in UTC, to the second."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: int) -> str:
    """Return a whole number in groups of three, parted by a narrow space, as in every language of ours."""
    return f"{value:,}".replace(",", "\u202f")


@lru_cache
def asset_digest() -> str:
    """Return a digest of all files that the pages load."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
