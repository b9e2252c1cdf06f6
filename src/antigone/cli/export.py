"""`antigone export`: photos handed on with all that is known of them."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.cli.progress import SECONDS_BETWEEN_LINES, duration
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.custody import ExportReport, ExportState
    from antigone.custody.export import ExportProgress
    from antigone.workspace import Workspace

INTERRUPTED = 130
MEBIBYTE = 2**20


class Form(StrEnum):
    """What an export can be; see `antigone.custody.ExportFormat`."""

    BAGIT = "bagit"
    ROCRATE = "rocrate"


def export(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A folder that does not exist yet.")],
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The collection.")] = None,
    case: Annotated[
        str | None,
        typer.Option(
            "--case",
            metavar="C-000001",
            help="Instead of a collection: the photos of this case that two people hold to be potential "
            "matches.",
        ),
    ] = None,
    form: Annotated[
        Form,
        typer.Option("--format", help="bagit: a BagIt bag that holds an RO-Crate; rocrate: the crate alone."),
    ] = Form.BAGIT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export the photos of a collection or of a case with their provenance.

    Each original is read again from its place and compared with its recorded hash. Run it again to go on
    after an interruption. Leaves an audit entry.

    Exit code 1: some photos could not be handed on; missing.jsonl in the export says which and why.
    """
    from antigone.errors import UsageError

    if (name is None) == (case is None):
        raise UsageError(
            "name a collection or a case, one of them",
            hint="antigone export NAME --to DIR; antigone export --case C-000001 --to DIR",
        )
    try:
        with open_workspace(home) as workspace, _on_stderr() as bar:
            report = _write(workspace, name, case, _Target(path=to, form=form, bar=bar))
    except KeyboardInterrupt:
        message = "interrupted; nothing has the name of the export yet"
        hint = "run the same command again to go on from there"
        if as_json:
            output.print_json({"error": {"code": "interrupted", "message": message, "hint": hint}})
        output.note(f"{message}: {hint}")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        output.print_json(report.document())
    else:
        _print(report)
    if report.missing:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Where an export goes, in which form, and what shows how far it is."""

    path: Path
    form: Form
    bar: ExportProgress


def _write(workspace: Workspace, name: str | None, case: str | None, target: _Target) -> ExportReport:
    from antigone.casework.handing_on import agreed_photos
    from antigone.custody import ExportFormat

    form, who = ExportFormat(target.form.value), workspace.office.principal
    if name is not None:
        return workspace.custody.export(name, target.path, form=form, by=who, progress=target.bar)
    record = workspace.office.case_at_hand(case)
    photos = agreed_photos(record, workspace.records.cases, by=who)
    return workspace.custody.export_case(
        record.number, photos, target.path, form=form, by=who, progress=target.bar
    )


def _print(report: ExportReport) -> None:
    kind = "BagIt bag with an RO-Crate" if report.format.value == Form.BAGIT else "RO-Crate"
    rows = [
        ("originals", f"{report.photos:,}"),
        ("derived pictures", f"{report.derived:,}"),
        ("missing", f"{sum(report.missing.values()):,}"),
        *((f"  {why}", f"{number:,}") for why, number in report.missing.items()),
        ("size", f"{report.byte_size / MEBIBYTE:,.1f} MiB"),
        ("sha256 of it all", report.sha256),
        ("time", duration(report.seconds)),
    ]
    output.say(f"{kind} in {printable(str(report.path))}")
    for label, value in rows:
        output.say(f"  {label:<22}{value}")
    output.say(f"Audit entry {report.audit}")
    if report.missing:
        output.note("missing.jsonl in the export lists the photos that could not be handed on, and why")
    output.note(f"Anyone can check it: cd {printable(str(report.path))} && sha256sum -c manifest-sha256.txt")


class _Lines:
    """Writes a line every half minute, for logs."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""

    def update(self, state: ExportState) -> None:
        """Take the latest state."""
        if time.monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            output.note(_summary(state))


class _Bar:
    """Draws a bar with the time left."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        text = TextColumn("{task.fields[text]}", markup=False)
        self._progress = Progress(
            BarColumn(bar_width=28), text, console=output.console(stderr=True), transient=True
        )
        self._task = self._progress.add_task("", total=None, text="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def update(self, state: ExportState) -> None:
        """Take the latest state."""
        self._progress.update(self._task, total=state.total, completed=state.done, text=_summary(state))


def _summary(state: ExportState) -> str:
    parts = [
        f"{state.done:,} of {state.total:,} photos",
        f"{state.byte_size / MEBIBYTE:,.1f} MiB",
    ]
    if state.seconds_left is not None:
        parts.append(f"{duration(state.seconds_left)} left")
    return ", ".join([*parts, f"{state.missing:,} missing"])


def _on_stderr() -> _Bar | _Lines:
    return _Bar() if sys.stderr.isatty() else _Lines()
