"""The guard that keeps tests on this machine has to be able to catch something itself."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import network_guard

ELSEWHERE = "192.0.2.1"  # TEST-NET-1 of RFC 5737: routed nowhere


def _connect() -> None:
    socket.create_connection((ELSEWHERE, 9), timeout=0.1)


def _resolve() -> None:
    socket.getaddrinfo("example.invalid", 443)


def _send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        datagram.sendto(b"x", (ELSEWHERE, 9))


@pytest.mark.tries_network
@pytest.mark.parametrize("attempt", [_connect, _resolve, _send])
def test_refuses_and_remembers_what_would_leave(attempt: Callable[[], None], network_log: Path) -> None:
    before = network_log.read_text()
    with pytest.raises(network_guard.NetworkBlocked):
        attempt()
    assert len(network_log.read_text()) > len(before)


def test_lets_processes_of_this_machine_talk() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
        server.accept()[0] as accepted,
    ):
        accepted.sendall(b"hello")
        assert client.recv(5) == b"hello"


@pytest.mark.tries_network
def test_guards_the_processes_that_tests_start(network_log: Path) -> None:
    code = f"import socket; socket.create_connection(({ELSEWHERE!r}, 9), timeout=0.1)"
    before = network_log.stat().st_size
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "NetworkBlocked" in done.stderr
    assert ELSEWHERE in network_log.read_text()[before:]


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.53", True),
        ("::1", True),
        (b"localhost", True),
        (None, True),
        ("", True),
        ("::1%lo", True),
        ("10.0.0.1", False),
        ("0.0.0.1", False),
        ("localhost.example.invalid", False),
    ],
)
def test_knows_this_machine(host: object, here: bool) -> None:
    assert network_guard.stays_here(host) is here
