"""Every way in which Antigone can connect to another machine, named; and no way to any other.

No part of it can reach a relative: what leaves goes to a receiver that an administrator declared, to the
witness in the settings, to the agency's own directory, or is a read from a store that an import names.
Messages to people need software that is not here.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from access_flows import kinds
from antigone.access import Role
from antigone.casework.webhooks import News
from receiver import receiving
from served import Served

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src" / "antigone"

# What can open a connection, or start a program that does. A module that is none of these cannot.
CAN_CONNECT = {
    *("socket", "ssl", "socketserver", "selectors", "asyncio", "http", "urllib.request", "urllib.error"),
    *("ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "nntplib", "xmlrpc", "webbrowser"),
    *("subprocess", "multiprocessing", "pty", "ctypes", "uvicorn", "httpx", "httpx2", "httpcore", "aiohttp"),
    *("requests", "urllib3", "websockets", "websocket", "botocore", "boto3", "s3fs", "gcsfs", "adlfs"),
    *("fsspec", "authlib", "grpc", "paramiko", "pika", "kombu", "redis", "ray", "pymilvus", "psycopg"),
    *("email", "twilio", "slack_sdk", "telegram", "sendgrid", "aiosmtplib", "dns"),
}

# File -> what it may import of these, and what for.
ALLOWED: dict[str, tuple[set[str], str]] = {
    "access/openid.py": ({"httpx2", "authlib"}, "signing in: the agency's directory that the settings name"),
    "audit/timestamps.py": ({"ssl"}, "reads certificates, connects to nothing"),
    "audit/witness.py": ({"http", "urllib.request", "urllib.error"}, "checkpoints: the settings' witness"),
    "sources/remote_http.py": (
        {"socket", "aiohttp", "fsspec"},
        "photos of manifests at allowed public addresses; webhooks, which alone post",
    ),
    "sources/remote_store.py": ({"fsspec", "botocore"}, "object stores that an import names: read only"),
    "sources/wacz_trust.py": ({"ssl"}, "reads certificates, connects to nothing"),
    "client.py": ({"httpx2"}, "the client of other programs; nothing here imports it"),
    "casework/bulk.py": ({"socket"}, "the name of this machine"),
    "cli/serve.py": ({"uvicorn"}, "answers requests, makes none"),
    "web/admission.py": ({"asyncio"}, "requests wait for their turn"),
    "web/api/jobs.py": ({"asyncio"}, "a stream waits until it tells more"),
    "workspace.py": ({"socket"}, "the name of this machine"),
}


def imports(path: Path) -> Iterator[str]:
    """Yield the names of all modules that a file imports, also within functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "__import__",
            "importlib.import_module",
        }:
            yield ast.unparse(node.args[0]).strip("'\"")


def connecting(path: Path) -> set[str]:
    """Return what of ``CAN_CONNECT`` a file imports."""
    found = set()
    for name in imports(path):
        parts = name.split(".")
        found |= {".".join(parts[:n]) for n in (1, 2)} & CAN_CONNECT
    return found


def test_only_these_files_can_connect_and_each_for_one_purpose() -> None:
    found = {
        path.relative_to(SOURCE).as_posix(): connecting(path)
        for path in sorted(SOURCE.rglob("*.py"))
        if connecting(path)
    }
    assert found.keys() >= {"access/openid.py", "audit/witness.py", "sources/remote_http.py"}
    surplus = {name: names - ALLOWED.get(name, (set(), ""))[0] for name, names in found.items()}
    assert not {name: names for name, names in surplus.items() if names}
    assert not ALLOWED.keys() - found.keys(), "a way out that is gone is taken off the list"
    for name in (name for name, (_, why) in ALLOWED.items() if why == "the name of this machine"):
        used = re.findall(r"\bsocket\.(\w+)", (SOURCE / name).read_text(encoding="utf-8"))
        assert set(used) == {"gethostname"}


def test_nothing_posts_but_webhooks_witness_and_directory() -> None:
    posting = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if re.search(
            r"\b(post|put|send_message|sendmail|urlopen|Request)\(", path.read_text(encoding="utf-8")
        )
    }
    outside = {"client.py"}  # talks to a server of Antigone, for other programs
    assert posting - outside <= {
        "access/openid.py",
        "audit/witness.py",
        "casework/webhooks.py",
        "sources/remote_http.py",
    } | {name for name in posting if name.startswith("web/")}
    users = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "remote_http.post" in set(imports_of_names(path))
    }
    assert users == {"casework/webhooks.py"}
    assert not [path for path in SOURCE.rglob("*.py") if "antigone.client" in set(imports(path))]


def imports_of_names(path: Path) -> Iterator[str]:
    """Yield imported names with the last part of their module."""
    for name in imports(path):
        yield ".".join(name.split(".")[-2:])


def test_no_dependency_sends_messages_to_people() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=\[ ~;]", line)[0].lower() for line in project["dependencies"]}
    assert {"aiohttp", "httpx2", "botocore"} <= names  # it is really read
    people = re.compile("mail|smtp|sms|twilio|telegram|slack|whatsapp|signal|push|fcm|apns|matrix|xmpp|notif")
    assert not [name for name in names if people.search(name)]


CONNECTED: list[tuple[str, object]] = []
_watching = False


def _hook(event: str, args: tuple[object, ...]) -> None:
    if _watching and event in {"socket.connect", "socket.sendto", "socket.sendmsg", "subprocess.Popen"}:
        CONNECTED.append((event, args[1] if event.startswith("socket") else args[0]))


sys.addaudithook(_hook)


@pytest.fixture
def connected() -> Iterator[list[tuple[str, object]]]:
    """What this process connected to, or which programs it started, while the test ran."""
    global _watching  # noqa: PLW0603 - an audit hook cannot be taken off again
    CONNECTED.clear()
    _watching = True
    yield CONNECTED
    _watching = False


def test_a_case_about_the_dead_reaches_nobody_but_a_declared_receiver(
    served: Served, connected: list[tuple[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, examiner = served.client, served.as_(Role.EXAMINER)
    opened = {"title": "T", "purpose": "unidentified-deceased", "basis": "B"}
    number = ask.post("/api/v1/cases", json=opened, headers=examiner).json()["case"]
    path = f"/api/v1/cases/{number}"
    said = {"said": {"surname": "Shevchenko", "event": "death"}, "source": "identity disc"}
    assert ask.post(f"{path}/particulars", json=said, headers=examiner).status_code == 201
    document = ask.get(f"{path}/particulars/document?form=json", headers=examiner)
    authority = {"kind": "other", "authority": "A", "reference": "R", "on": "2026-01-02"}
    given = {**authority, "document": document.headers["X-Antigone-SHA256"]}
    assert ask.post(f"{path}/onward/given", json=given, headers=examiner).status_code == 201
    informed = {**authority, "known_by": "letter"}
    assert ask.post(f"{path}/onward/family-informed", json=informed, headers=examiner).status_code == 201
    stated = {"conclusion": "identified", "identifier": "dna", "identifier_reference": "L"}
    statement = ask.post(f"{path}/conclusions", json=stated, headers=examiner).json()["statement"]
    assert ask.get(f"{path}/report", headers=examiner).status_code == 200
    assert kinds(served.workspace.audit)[-2:] == ["conclusion-proposed", "export"]
    assert connected == []

    office = served.workspace.office
    monkeypatch.setattr(
        office.webhooks,
        "_settings",
        served.workspace.settings.model_copy(update={"webhook_http": True, "webhook_private": True}),
    )
    with receiving() as receiver:
        office.webhooks.declare(receiver.url, list(News), by=served.principal(Role.ADMINISTRATOR))
        confirm = f"{path}/conclusions/{statement}/confirm"
        assert ask.post(confirm, headers=served.as_(Role.REVIEWER)).status_code == 201
        while not receiver.received:  # the server's courier, or this
            office.webhooks.send_next()
        port = int(receiver.url.split(":")[2].split("/")[0])
    targets = [target for _, target in connected]
    assert {target[1] for target in targets if isinstance(target, tuple)} == {port}
    assert all(isinstance(target, tuple) for target in targets)
    told = b" ".join(body for _, body in receiver.received).decode()
    assert number in told
    assert not [word for word in ("Shevchenko", "identity disc", "letter", '"A"') if word in told]
