"""`antigone statistics`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.errors import UsageError

_DAY = ["%Y-%m-%d"]


def statistics(
    begins: Annotated[
        datetime | None,
        typer.Option("--from", formats=_DAY, metavar="DATE", help="First day; else that of this month."),
    ] = None,
    ends: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, metavar="DATE", help="Last day; else today.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")] = False,
    recount: Annotated[
        bool, typer.Option("--recount", help="Count from the audit log, too, and say where the two differ.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count what your organisation did in a period; days are those of UTC.

    Exit code 1: the recount of the audit log differs from the records.
    """
    if as_csv and as_json:
        raise UsageError("--csv and --json are two forms of one answer: choose one")
    now = datetime.now(UTC)
    last = (ends or now).date()
    first = (begins or now.replace(day=1)).date()
    with open_workspace(home) as workspace:
        office = workspace.office
        counted = office.counting.statistics(first, last, by=office.principal)
        again = office.counting.recount(first, last, by=office.principal) if recount else None
    differing = (
        [] if again is None else [a for a, b in zip(counted.rows(), again.rows(), strict=True) if a != b]
    )
    if as_json:
        said = {} if again is None else {"recount": again.document(), "equal": not differing}
        output.print_json({**counted.document(), **said})
    elif as_csv:
        output.say(counted.csv().rstrip("\r\n"))
    else:
        output.say(f"From {first} to {last} (UTC)")
        rows = [
            (figure, which, "-" if number is None else f"{number:,}")
            for figure, which, number in counted.rows()
        ]
        output.print_table(output.table(("figure", "", "number"), rows, right=("number",)))
    if again is not None and not differing:
        output.note("The audit log gives the same numbers.")
    for figure, which, _ in differing:
        output.note(f"warning: the audit log gives another number of {figure} {which}".rstrip())
    if differing:
        raise typer.Exit(1)
