"""Every route declares who may use it, and nobody else gets through: not by role, not from elsewhere."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from antigone.access import Role
from antigone.casework.exhibits import NewExhibit
from antigone.identify import SearchRequest
from antigone.settings import Settings
from antigone.web import create_app
from served import Served

PUBLIC = {"/health", "/ready"}


def routes() -> Iterator[tuple[str, str, str]]:
    document = create_app(Settings()).openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation.get("x-permission", "")


ROUTES = sorted(routes())


@pytest.mark.parametrize(("method", "path", "permission"), ROUTES)
def test_every_route_declares_a_permission(method: str, path: str, permission: str) -> None:
    assert permission
    if permission == "public":
        assert path in PUBLIC or path.startswith(("/api/v1/sign-in", "/api/v1/invitations/accept"))


CLOSED = [route for route in ROUTES if route[2] != "public"]


def filled(path: str, **more: str) -> str:
    values = {"number": "C-000001", "name": "archive", **more}
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], "1"), path)


def test_without_sign_in_every_closed_route_answers_401(served: Served) -> None:
    for method, path, _ in CLOSED:
        answer = served.client.request(method, filled(path))
        assert answer.status_code == 401, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", Role)
def test_a_role_without_the_permission_is_refused_before_anything_is_read(served: Served, role: Role) -> None:
    may = served.principal(role).permissions
    for method, path, permission in CLOSED:
        if permission in ("signed-in", *may):
            continue
        answer = served.client.request(method, filled(path), headers=served.as_(role))
        assert answer.status_code == 403, (method, path, answer.text)
        assert answer.json()["code"] == "forbidden"


SECRETS = ("Unknown man, bridge", "section 12", "secret-archive", "Olena's notes")


@pytest.mark.parametrize("role", Role)
def test_another_organisation_sees_nothing_in_body_count_or_thumbnail(
    served: Served, role: Role, portraits: Mapping[str, Path]
) -> None:
    office, workspace = served.workspace.office, served.workspace
    examiner = served.principal(Role.EXAMINER)
    case = office.book.open("Unknown man, bridge", purpose="missing-person", basis="section 12", by=examiner)
    office.exhibits.add(case, NewExhibit(content=b"Olena's notes", name="secret.txt"), by=examiner)
    office.book.note(case, "Olena's notes", by=examiner)
    info = workspace.add_collection(
        name="secret-archive",
        owner="o",
        source="s",
        purpose="p",
        basis="b",
        jurisdiction="j",
        retain_until=date(2999, 1, 1),
    )
    office.visible.take(info, by=served.principal(Role.ADMINISTRATOR))
    workspace.import_(portraits["hopper"], into="secret-archive")
    workspace.persons().group("secret-archive")
    asked_for = SearchRequest(photos=[portraits["hopper"]], collections=["secret-archive"])
    found = office.searching.search(case, asked_for, workspace, by=examiner)
    assert (found.records[0].id, found.records[0].reference) == (1, 1)  # what the paths below name
    secrets = (*SECRETS, found.records[0].photo, str(portraits["hopper"]))
    names = {
        known.shown_as
        for (organisation, _), known in served.people.items()
        if organisation == served.organisations[0]
    }
    for method, path, _ in CLOSED:
        if method == "DELETE":
            continue
        asked = filled(path, name="secret-archive", sha256=found.records[0].photo)
        answer = served.client.request(method, asked, headers=served.as_(role, 1))
        assert answer.status_code < 500
        said = answer.text.replace("no collection named secret-archive", "")
        said = said.replace(f"no photo on record is named {found.records[0].photo}", "")
        assert not [secret for secret in (*secrets, *names) if secret in said], (method, path, answer.text)
        assert answer.headers.get("content-type") != "image/jpeg", path
        if method == "GET" and answer.status_code == 200 and "{" in path:
            assert answer.json() == [] or "/people/" in path, (path, answer.text)
    assert served.client.get("/api/v1/cases", headers=served.as_(Role.EXAMINER, 1)).json()["cases"] == []


def test_a_shared_collection_is_seen_until_it_is_withdrawn(served: Served) -> None:
    new = {
        "name": "archive",
        "owner": "o",
        "source": "s",
        "purpose": "p",
        "basis": "b",
        "jurisdiction": "j",
        "retain_until": "2999-01-01",
    }
    keeper, other = served.as_(Role.ADMINISTRATOR), served.as_(Role.EXAMINER, 1)
    assert served.client.post("/api/v1/collections", json=new, headers=keeper).status_code == 201
    path = "/api/v1/collections/archive"
    share = f"{path}/shares/{served.organisations[1]}"
    assert served.client.get(path, headers=other).status_code == 404
    assert served.client.put(share, headers=served.as_(Role.ADMINISTRATOR, 1)).status_code == 404
    assert served.client.put(share, headers=keeper).status_code == 204
    seen = served.client.get(path, headers=other).json()
    assert (seen["own"], seen["photos"]) == (False, 0)
    assert served.client.delete(share, headers=keeper).status_code == 204
    assert served.client.get(path, headers=other).status_code == 404
