"""A real `antigone serve` in a process of its own, and people who sign in to it over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from access_flows import PASSWORD, codes
from command_line import Cli


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server answers, and who talks to it."""

    url: str
    clients: list[httpx2.Client] = field(default_factory=list)


@contextmanager
def serving(home: Path) -> Iterator[Address]:
    """Serve a workspace and yield its address; the process is ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "antigone", "serve", "--port", str(port)],
        env={**os.environ, "ANTIGONE_HOME": str(home)},
    )
    served = Address(f"http://127.0.0.1:{port}")
    try:
        _wait(served.url, process)
        yield served
    finally:
        for client in served.clients:
            client.close()
        process.terminate()
        process.wait(timeout=30)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the server ended by itself"
        try:
            if httpx2.get(f"{address}/ready", timeout=30).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the server did not become ready")


def member(address: Address, cli: Cli, name: str, role: str) -> httpx2.Client:
    """Invite someone, let them accept, approve them, and sign them in with two factors."""
    invitation = cli("people", "invite", "--role", role, "--json").document["invitation"]
    client = httpx2.Client(base_url=f"{address.url}/api/v1", headers={"X-Antigone": "1"}, timeout=60)
    address.clients.append(client)
    asked = {"invitation": invitation, "name": name, "shown_as": name.title(), "password": PASSWORD}
    client.post("/invitations/accept", json=asked).raise_for_status()
    cli("people", "approve", name)
    client.post("/sign-in", json={"name": name, "password": PASSWORD}).raise_for_status()
    generator = codes(client.post("/sign-in/totp/offer").json()["uri"])
    client.post("/sign-in/totp/enrol", json={"code": generator.now()}).raise_for_status()
    return client
