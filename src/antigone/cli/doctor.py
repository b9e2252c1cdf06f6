"""`antigone doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, settings_of
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.health import HealthReport

MARKS = {"ok": "ok  ", "warning": "note", "failure": "FAIL"}


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Examine models, device, disk and indexes.

    Every index is compared with the records. Exit code 1: something failed.
    """
    from antigone.health import examine
    from antigone.home import exists, settings_in_use

    settings = settings_of(home)
    report = examine(settings_in_use(settings) if exists(settings.home) else settings)
    if as_json:
        output.print_json(document(report))
    else:
        for check in report.checks:
            output.say(f"{MARKS[check.status]}  {printable(check.name)}: {printable(check.message)}")
            if check.hint:
                output.say(f"      hint: {printable(check.hint)}")
        output.say("\n" + ", ".join(f"{name} {number}" for name, number in report.versions.items()))
        output.say("healthy" if report.healthy else "not healthy: see the lines that begin with FAIL")
    if not report.healthy:
        raise typer.Exit(1)


def document(report: HealthReport) -> dict[str, object]:
    """Return the document of ``antigone doctor``."""
    return {
        "healthy": report.healthy,
        "home": str(report.home),
        "versions": dict(report.versions),
        "checks": [
            {
                "name": check.name,
                "status": check.status.value,
                "message": check.message,
                "hint": check.hint,
                "facts": dict(check.facts),
            }
            for check in report.checks
        ],
    }
