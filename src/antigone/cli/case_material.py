"""`antigone case note`, `case exhibit` and `case participants`: what lies in a case beside its searches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antigone.cli import output
from antigone.cli.case import CaseOption
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.errors import SourceError, UsageError
from antigone.printable import printable

exhibit = typer.Typer(
    help="Files that belong to a case: kept as they are, hashed, never opened.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def note(
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a note to a case. Notes are never changed."""
    from antigone.casework.documents import note_document

    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        added = office.book.note(case, text, by=office.principal)
    if as_json:
        output.print_json({"case": case.number, **note_document(added)})
        return
    output.say(f"{case.number}: note {added.id} added")


def participants(number: CaseOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List who took part in a case, and what they did."""
    from antigone.casework.participants import participants as read

    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        found = read(case, workspace.records, by=office.principal)
    if as_json:
        output.print_json({"case": case.number, "participants": [one.document() for one in found]})
        return
    rows = [
        (printable(one.shown_as), ", ".join(one.did), f"{one.first_at:%Y-%m-%d %H:%M} UTC") for one in found
    ]
    output.print_table(output.table(("person", "did", "first"), rows))


@exhibit.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    text: Annotated[str, typer.Option(metavar="TEXT", help="What it is and where it comes from.")] = "",
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a file to a case as an exhibit."""
    from antigone.casework.exhibits import NewExhibit, exhibit_document

    with open_workspace(home) as workspace:
        office, most = workspace.office, workspace.settings.max_upload_bytes
        case = office.case_at_hand(number)
        try:
            with file.open("rb") as opened:
                content = opened.read(most + 1)
        except OSError as error:
            raise SourceError(f"{file} cannot be read: {error.strerror}") from error
        if len(content) > most:
            raise UsageError(f"{file} is larger than {most:,} bytes", hint="ANTIGONE_MAX_UPLOAD_BYTES")
        new = NewExhibit(content=content, name=file.name, text=text)
        added = office.exhibits.add(case, new, by=office.principal)
    if as_json:
        output.print_json({"case": case.number, **exhibit_document(added)})
        return
    output.say(f"{case.number}: exhibit {added.id}, SHA-256 {added.sha256}")


@exhibit.command("list")
def list_(number: CaseOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the exhibits of a case."""
    from antigone.casework.exhibits import exhibit_document

    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        found = office.exhibits.list(case, by=office.principal)
    if as_json:
        output.print_json({"case": case.number, "exhibits": [exhibit_document(one) for one in found]})
        return
    rows = [
        (str(one.id), printable(one.file_name or ""), f"{one.byte_size:,}", (one.sha256 or "")[:16], one.text)
        for one in found
    ]
    columns = ("exhibit", "name", "bytes", "sha256", "text")
    output.print_table(output.table(columns, rows, right=("exhibit", "bytes")))


@exhibit.command("save")
def save(
    which: Annotated[int, typer.Argument(metavar="EXHIBIT", help="Number of the exhibit.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file.")],
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hand out the file of an exhibit as it was added. Leaves an audit entry."""
    from antigone.audit.files import write_whole
    from antigone.casework.exhibits import exhibit_document

    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        found, content = office.exhibits.read(case, which, by=office.principal)
        write_whole(to, [content])
    if as_json:
        output.print_json({"case": case.number, "file": str(to), **exhibit_document(found)})
        return
    output.say(f"{case.number}: exhibit {which} written to {printable(str(to))}")
