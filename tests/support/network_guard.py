"""Refuses every way out of this machine and remembers who tried.

The hook sits below Python's socket module, so it sees every library that goes through it. Once installed an
audit hook stays for the life of the process; that is what is wanted of it here.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Callable
from pathlib import Path

# Where processes that a test starts write what they tried; set by tests/conftest.py.
LOG = "ANTIGONE_TEST_NETWORK_LOG"

_NAMES_OF_THIS_MACHINE = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost"})


class NetworkBlocked(RuntimeError):
    """Something tried to reach another machine."""


def stays_here(host: object) -> bool:
    """Say whether ``host`` (a name, an address, bytes or None) means this machine."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in _NAMES_OF_THIS_MACHINE:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def blocking_hook(report: Callable[[str], None]) -> Callable[[str, tuple[object, ...]], None]:
    """Make an audit hook that reports and refuses what would leave this machine."""

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            address = args[1]
            # AF_UNIX has a path and a connected socket no address: neither leaves the machine by itself.
            target = address[0] if isinstance(address, tuple) and address else None
        elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            target = args[0]
        else:
            return
        if not stays_here(target):
            report(f"{event} {target!r}")
            raise NetworkBlocked(f"{event} to {target!r}: tests stay on this machine")

    return hook


def report_to_log(attempt: str) -> None:
    """Append one attempt to the file that the test session reads."""
    if path := os.environ.get(LOG):
        with Path(path).open("a", encoding="utf-8") as log:
            log.write(f"{Path(sys.argv[0]).name if sys.argv else '?'}: {attempt}\n")


def install() -> None:
    """Guard this process."""
    sys.addaudithook(blocking_hook(report_to_log))
