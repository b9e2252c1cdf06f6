"""`antigone import`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.materials import material_lines
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.cli.progress import duration, on_stderr
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.ingest import ImportReport

WITHOUT_FACE = "face-not-detected"  # expected in any archive, so no reason for exit code 1
INTERRUPTED = 130


def import_(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Photos, folders, manifests, web archives and videos, by path or URL.",
        ),
    ],
    into: Annotated[str, typer.Option(metavar="NAME", help="Collection that takes them.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import photos into a collection.

    Run it again to go on after an interruption: nothing enters twice.

    Exit code 0: every photo was read (photos without a face are counted); 1: some could not be read, or
    no photo was found.
    """
    try:
        with open_workspace(home) as workspace, on_stderr() as bar:
            report = workspace.import_(paths, into=into, progress=bar)
    except KeyboardInterrupt:
        message = "interrupted; what was written is safe"
        hint = "run the same command again to go on from there"
        if as_json:
            output.print_json({"error": {"code": "interrupted", "message": message, "hint": hint}})
        output.note(f"{message}: {hint}")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        output.print_json(report.document())
    else:
        _print(report, into)
    bad = any(code != WITHOUT_FACE for code in report.failures)
    if bad or not (report.new or report.known or report.failed):
        raise typer.Exit(1)


def _print(report: ImportReport, into: str) -> None:
    total = report.new + report.known + report.failed
    if not total:
        ignored = f" {report.ignored:,} other files were passed over." if report.ignored else ""
        output.note(f"No photo was found there.{ignored}")
        _print_materials(report)
        return
    # Counts go over all runs of an interrupted import, the time is that of the last one.
    rate = f", {total / report.seconds:,.0f} photos/s" if report.seconds and not report.resumed else ""
    rows = [
        ("new photos", f"{report.new:,}"),
        ("known already", f"{report.known:,}"),
        ("failed", f"{report.failed:,}"),
        *((f"  {code}", f"{count:,}") for code, count in report.failures.items()),
        ("faces", f"{report.faces:,}"),
        ("tracks in videos", f"{report.tracks:,}") if report.tracks else ("", ""),
        ("passed over", f"{report.ignored:,} other files") if report.ignored else ("", ""),
        ("time", f"{duration(report.seconds)}{rate}"),
    ]
    resumed = ", resumed" if report.resumed else ""
    output.say(f"Import {report.id} into {printable(into)}{resumed}")
    for label, value in filter(any, rows):
        output.say(f"  {label:<22}{value}")
    _print_materials(report)
    if report.failed:
        output.note(f"antigone collection show {printable(into)} --failures lists what failed and why")
    if report.new or report.known:
        output.note(f"Next: antigone search PHOTO --in {printable(into)} --sheet candidates.html")


def _print_materials(report: ImportReport) -> None:
    for line in material_lines(report.materials):
        output.say(f"  {line}")
    unsound = sum(bool(material.failed) for material in report.materials)
    if unsound:
        output.note(f"warning: {unsound:,} of the received files failed a check; see above")
