"""Files handed in through the server: kept as they came, imported as a job, refused with a sentence."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from antigone.access import Role
from antigone.ingest.intake import FOLDER, _safe_name
from antigone.web.admission import Admission
from served import Served

COLLECTION = {
    "name": "archive",
    "owner": "o",
    "source": "s",
    "purpose": "p",
    "basis": "b",
    "jurisdiction": "j",
    "retain_until": "2999-01-01",
}


def begin(served: Served) -> str:
    keeper = served.as_(Role.ADMINISTRATOR)
    served.client.post("/api/v1/collections", json=COLLECTION, headers=keeper)
    begun = served.client.post("/api/v1/collections/archive/intakes", headers=keeper)
    assert begun.status_code == 201, begun.text
    return f"/api/v1/intakes/{begun.json()['intake']}"


def send(served: Served, intake: str, name: str, content: bytes) -> Any:
    keeper = served.as_(Role.ADMINISTRATOR)
    return served.client.post(f"{intake}/files", params={"name": name}, content=content, headers=keeper)


def ended(served: Served, intake: str) -> dict[str, Any]:
    for _ in range(600):
        said: dict[str, Any] = served.client.get(intake, headers=served.as_(Role.ADMINISTRATOR)).json()
        if said["finished_at"]:
            return said
        time.sleep(0.1)
    raise TimeoutError("the import did not end")


def test_photos_are_kept_imported_and_counted(served: Served, portraits: Mapping[str, Path]) -> None:
    intake, keeper = begin(served), served.as_(Role.ADMINISTRATOR)
    photo = portraits["hopper"].read_bytes()
    assert send(served, intake, "../../hopper.jpg", photo).json() == {"bytes": len(photo)}
    assert send(served, intake, "broken.jpg", b"no photo").status_code == 201
    assert served.client.post(f"{intake}/import", headers=keeper).status_code == 202
    said = ended(served, intake)
    assert (said["state"], said["files"], said["error"]) == ("done", 2, None)
    assert said["progress"]["photos"] == {"new": 1, "known": 0, "failed": 1}
    assert served.client.post(f"{intake}/import", headers=keeper).status_code == 409
    assert send(served, intake, "late.jpg", photo).status_code == 409
    kept = sorted(file.name[9:] for file in (served.workspace.home / FOLDER / "000001").iterdir())
    assert kept == ["broken.jpg", "hopper.jpg"]


def test_what_is_not_taken_leaves_nothing_behind(served: Served) -> None:
    settings = served.workspace.settings
    small = settings.model_copy(update={"intake_file_bytes": 1024})
    served.workspace.office.intakes._settings = small
    intake = begin(served)
    for name, content, code in (
        ("a.jpg", b"", 400),
        ("a.jpg", bytes(1025), 400),
        ("list.csv", b"photo\n/etc/passwd\n", 400),
    ):
        refused = send(served, intake, name, content)
        assert refused.status_code == code
        assert refused.json()["detail"]
    assert not list((served.workspace.home / FOLDER / "000001").iterdir())
    keeper = served.as_(Role.ADMINISTRATOR)
    assert served.client.post(f"{intake}/import", headers=keeper).status_code == 400


def test_nobody_else_reaches_it(served: Served) -> None:
    intake = begin(served)
    other = served.as_(Role.ADMINISTRATOR, 1)
    assert served.client.get(intake, headers=other).status_code == 404
    assert served.client.post(f"{intake}/import", headers=other).status_code == 404
    path = f"{intake}/files?name=a.jpg"
    assert served.client.post(path, content=b"x", headers=other).status_code == 404
    share = f"/api/v1/collections/archive/shares/{served.organisations[1]}"
    served.client.put(share, headers=served.as_(Role.ADMINISTRATOR))
    assert served.client.post("/api/v1/collections/archive/intakes", headers=other).status_code == 404


def test_a_file_that_streams_in_takes_no_turn(served: Served, portraits: Mapping[str, Path]) -> None:
    intake, photo = begin(served), portraits["hopper"].read_bytes()
    line = Admission(at_once=1, waiting=10)
    served.client.app.state.plain = line  # type: ignore[attr-defined]
    assert served.client.portal is not None
    with ThreadPoolExecutor(1) as pool, served.client.portal.wrap_async_context_manager(line.turn()):
        assert pool.submit(send, served, intake, "a.jpg", photo).result(timeout=30).status_code == 201


def test_whoever_was_cut_off_imports_nothing_more(served: Served, portraits: Mapping[str, Path]) -> None:
    intake = begin(served)
    send(served, intake, "hopper.jpg", portraits["hopper"].read_bytes())
    person = served.people[served.organisations[0], Role.ADMINISTRATOR]
    desk, records = served.workspace.office.intakes, served.workspace.records
    records.intakes.hand_over(1)
    served.workspace.office.directory.cut_off(person.id, by=served.principal(Role.SUPERVISOR))
    for _ in range(600):
        found = records.intakes.intake(1)
        assert found is not None
        if found.ended:
            break
        desk.work_once("test", served.workspace)
        time.sleep(0.05)
    assert found is not None
    assert found.state == "stopped"
    assert "cut off" in (found.error or "")
    assert records.collection_counts(found.collection_id).photos == 0


def test_an_import_that_was_cut_short_goes_on_in_another_server(
    served: Served, portraits: Mapping[str, Path]
) -> None:
    intake = begin(served)
    send(served, intake, "hopper.jpg", portraits["hopper"].read_bytes())
    records = served.workspace.records
    records.intakes.hand_over(1)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    taken = records.intakes.take("dead", now=long_ago, silent_since=long_ago)
    if taken is not None:  # else the server itself was faster
        assert not records.intakes.tell(1, "other", progress="{}", now=long_ago)
    assert ended(served, intake)["state"] == "done"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\Öl 1.JPG", "_l 1.jpg"),
        (".htaccess", "htaccess"),
        ("", "file"),
        ("a" * 500 + ".png", "a" * 120 + ".png"),
        ("x.j\np/g", "g"),
    ],
)
def test_names_are_made_harmless(name: str, kept: str) -> None:
    assert _safe_name(name) == kept
