"""What the Python client does where a server is full; all else is tested against a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from antigone import client
from antigone.client import ApiError, Client

asked: list[str | None] = []
refusals: list[str] = []


class _Server(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        asked.append(self.headers["Idempotency-Key"])
        code = refusals.pop(0) if refusals else ""
        problem = {"code": code, "detail": "no", "hint": ""}
        case = {
            "case": "C-000001",
            "title": "T",
            "explanation": "",
            "purpose": "missing-person",
            "basis": "B",
        }
        body = json.dumps(
            problem if code else {**case, "opened_at": "2026-01-01T00:00:00Z", "closed_at": None}
        )
        self.send_response(429 if code else 201)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def api() -> Iterator[Client]:
    asked.clear()
    server = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with Client(f"http://127.0.0.1:{server.server_port}", "agt_test") as made:
        yield made
    server.shutdown()
    thread.join()
    server.server_close()


def opened(api: Client) -> str:
    return api.open_case("T", purpose="missing-person", basis="B").number


def test_a_full_server_is_asked_again_with_the_same_key(api: Client) -> None:
    refusals[:] = ["overloaded", "overloaded"]
    assert opened(api) == "C-000001"
    assert (len(asked), len(set(asked))) == (3, 1)


def test_a_server_that_stays_full_is_an_error(api: Client) -> None:
    refusals[:] = ["overloaded"] * client._ATTEMPTS
    with pytest.raises(ApiError) as refused:
        opened(api)
    assert refused.value.code == "overloaded"
    assert len(asked) == client._ATTEMPTS


def test_a_spent_budget_is_not_waited_for(api: Client) -> None:
    refusals[:] = ["rate-limited"]
    with pytest.raises(ApiError, match="no"):
        opened(api)
    assert len(asked) == 1
