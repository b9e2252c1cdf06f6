"""`antigone version`."""

from __future__ import annotations

import platform

import typer

from antigone.cli import output
from antigone.cli.options import JsonOption


def version(as_json: JsonOption = False) -> None:
    """Print the version."""
    if as_json:
        output.print_json({"antigone": antigone_version(), "python": platform.python_version()})
    else:
        output.say(f"antigone {antigone_version()} (Python {platform.python_version()})")


def print_and_exit(wanted: bool) -> None:
    """Answer ``antigone --version``."""
    if wanted:
        version()
        raise typer.Exit


def antigone_version() -> str:
    """Return the installed version."""
    from importlib.metadata import version as installed

    return installed("antigone")
