"""The real command line in processes of its own, and what a small gallery is made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from antigone.cli.main import run

COLLECTION = {
    "owner": "Archive",
    "source": "Photos inside packages",
    "purpose": "Test of the command line",
    "basis": "Public domain",
    "retain-until": "2100-01-01",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What a ``--json`` command printed."""
        document: dict[str, Any] = json.loads(self.out)
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Cli:
    """Runs ``antigone`` on one workspace."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path, code: int | None = 0) -> Done:
        """Run a command and check its exit code; None takes any."""
        done = subprocess.run(
            [sys.executable, "-m", "antigone", *map(str, arguments)],
            env={**os.environ, "ANTIGONE_HOME": str(self.home), **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=240,
        )
        ended = Done(
            code=done.returncode,
            out=done.stdout.decode("utf-8", "surrogatepass"),
            err=done.stderr.decode("utf-8", "surrogateescape"),
        )
        assert code is None or ended.code == code, f"exit code {ended.code}\n{ended.out}\n{ended.err}"
        assert "Traceback" not in ended.err
        return ended

    def add_collection(self, name: str) -> None:
        """Add a collection with its particulars."""
        self("collection", "add", name, *(f"--{option}={text}" for option, text in COLLECTION.items()))

    def open_case(self) -> None:
        """Open a case, in which searches are made from then on."""
        self("case", "open", "Test", "--purpose=missing-person", "--basis=section 12")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs commands and collects what they print."""

    home: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path, code: int = 0) -> tuple[str, str]:
        """Run a command that ends with ``code``; return what it wrote to stdout and to stderr."""
        self.capture.readouterr()
        ended = run([str(argument) for argument in arguments])
        written = self.capture.readouterr()
        assert ended == code, written.err
        return written.out, written.err

    def document(self, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
        """Run a command with ``--json``; nothing else is on stdout."""
        document: dict[str, Any] = json.loads(self(*arguments, "--json", code=code)[0])
        return document

    def add_collection(self, name: str, **changed: str) -> None:
        """Add a collection."""
        self("collection", "add", name, *particulars(**changed))

    def open_case(self) -> None:
        """Open a case, in which searches are made from then on."""
        self("case", "open", "Test", "--purpose=missing-person", "--basis=section 12")


def particulars(**changed: str) -> list[str]:
    """Return the options that a collection needs; names are written with underscores."""
    given = {**COLLECTION, **{name.replace("_", "-"): text for name, text in changed.items()}}
    return [f"--{name}={text}" for name, text in given.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """A workspace with two people in it, and photos to search with."""

    cli: Cli
    photos: Path  # what was imported
    probes: Path  # what was not
