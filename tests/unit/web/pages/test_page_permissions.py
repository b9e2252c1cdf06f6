"""Every page declares who may see it; whoever may not is sent to the door or gets a page that says so."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from antigone.access import Role
from antigone.web.pages import ROUTERS
from served import Served

PAGE = {"Accept": "text/html"}
OWN = {**PAGE, "X-Antigone": "1"}
ROUTES = [
    (method, route.path, (route.openapi_extra or {}).get("x-permission", ""))
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
PUBLIC = {
    "/sign-in",
    "/sign-in/code",
    "/enter",
    "/invitation",
    "/language",
    "/manifest.webmanifest",
    "/worker.js",
    "/no-link",
}


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
def test_every_page_declares_a_permission(method: str, path: str, permission: str) -> None:
    assert permission
    assert (permission == "public") == (path in PUBLIC)


def filled(path: str) -> str:
    values = {"number": "C-000001", "name": "archive"}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: values.get(match[1], "1"), path)


CLOSED = [route for route in ROUTES if route[2] != "public"]


def test_whoever_is_not_signed_in_is_sent_to_the_door(served: Served) -> None:
    for method, path, _ in CLOSED:
        answer = served.client.request(method, filled(path), headers=OWN, follow_redirects=False)
        assert answer.status_code == 303, (method, path, answer.text)
        assert answer.headers["location"].startswith("/sign-in?next=%2F")


def test_what_cannot_be_understood_is_a_page_for_a_person(served: Served) -> None:
    auditor = {**OWN, **served.as_(Role.AUDITOR)}
    answer = served.client.get("/audit?before=yesterday", headers=auditor)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("role", Role)
def test_a_role_without_the_permission_gets_a_page_that_says_so(served: Served, role: Role) -> None:
    may = served.principal(role).permissions
    for method, path, permission in CLOSED:
        if permission in ("signed-in", *may):
            continue
        answer = served.client.request(method, filled(path), headers={**OWN, **served.as_(role)})
        assert answer.status_code == 403, (method, path, answer.text)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
