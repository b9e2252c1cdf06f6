"""The phone: photographs in, candidates out, with one thumb and a slow link; nothing stays on it."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Query, Request, Response

from antigone.access import Permission
from antigone.identify.probe import MAX_PROBE_PHOTOS
from antigone.web.gate import OfficeHere, Routes, Who
from antigone.web.pages.render import POLICY, STATIC, asset_digest, render

routes = Routes(include_in_schema=False)
SHELL = ("antigone.css", "daily.css", "page.js", "ask.js", "camera.js", "capture.js", "icon.svg")
"""What the phone may keep: our own styles and scripts, which say nothing of anybody."""


@routes.allow("GET", "/capture", Permission.SEARCH)
def capture(
    request: Request, who: Who, office: OfficeHere, case: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Take photographs and search with them."""
    cases = [known for known in office.book.cases(by=who) if known.closed_at is None][::-1]
    context = {"cases": cases, "chosen": case, "most_photos": MAX_PROBE_PHOTOS}
    return render(request, "capture.html.j2", context, who=who)


@routes.public("GET", "/manifest.webmanifest")
def manifest(request: Request) -> Response:
    """Describe the application to a phone that installs it."""
    root = request.scope.get("root_path", "")
    icon = f"{root}/static/{asset_digest()}"
    described = {
        "name": "Antigone",
        "short_name": "Antigone",
        "start_url": f"{root}/capture",
        "scope": f"{root}/",
        "display": "standalone",
        "background_color": "#131416",
        "theme_color": "#131416",
        "icons": [
            {"src": f"{icon}/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
            {"src": f"{icon}/icon-192.png", "sizes": "192x192", "type": "image/png"},
            {"src": f"{icon}/icon-512.png", "sizes": "512x512", "type": "image/png"},
        ],
    }
    return Response(json.dumps(described), media_type="application/manifest+json")


@routes.public("GET", "/worker.js")
def worker(request: Request) -> Response:
    """Return the worker that lets the application open without a link. It keeps no page and no answer."""
    root = request.scope.get("root_path", "")
    kept = [f"{root}/static/{asset_digest()}/{name}" for name in SHELL]
    names = {"KEPT": [*kept, f"{root}/no-link"], "NAME": f"antigone-{asset_digest()}"}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in names.items())
    text = (STATIC / "worker.js").read_text(encoding="utf-8")
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    return Response(head + text, media_type="text/javascript", headers=headers)


@routes.public("GET", "/no-link")
def no_link(request: Request) -> Response:
    """Say that the server cannot be reached; the phone keeps this page for that moment."""
    return render(request, "no_link.html.j2")
