"""`antigone search`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.documents import NOT_CALIBRATED, search_document
from antigone.cli.options import BoxOption, FaceOption, HomeOption, JsonOption, open_workspace, read_choices
from antigone.printable import printable
from antigone.provenance import clock

if TYPE_CHECKING:
    from antigone.types import Candidate, CandidateList


def search(  # noqa: PLR0913 - one parameter an option
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO...", help="Photos of one person; several make a better probe."),
    ],
    *,
    collections: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="NAME", help="Collection to search, repeatable; all without it."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=50, help="How many candidates to list.")] = 20,
    face: FaceOption = None,
    box: BoxOption = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare every reference at full precision.")
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a contact sheet, .png or .html; several faces are shown numbered."
        ),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="C-000001", help="Case of the search; else the current one."),
    ] = None,
    expand: Annotated[bool, typer.Option("--expand", help="List the copies of a photo, too.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search for the person on PHOTO.

    Candidates are listed in descending comparison score; copies of one photo count as one and are listed with
    --expand, in --json and in .html sheets. Every search leaves an audit entry.
    """
    from antigone import identify

    if sheet is not None:
        identify.check_target(sheet)
    request = identify.SearchRequest(
        photos=photos,
        choices=read_choices(face, box),
        collections=tuple(collections or ()),
        top=top,
        exact=exact,
    )
    with open_workspace(home) as workspace:
        try:
            found = workspace.answer(request, case=case or workspace.office.current_case)
        except identify.UndecidedFacesError as error:
            if sheet is None:
                error.hint += "; --sheet FILE shows the faces numbered"
            else:
                workspace.write_faces_sheet(error, sheet)
                output.note(f"The faces are shown numbered in {printable(str(sheet))}")
            raise
        if sheet is not None:
            workspace.write_sheet(found, photos, sheet)
    if as_json:
        output.print_json(search_document(found))
    else:
        _print(found, expand=expand)
    if sheet is not None:
        output.note(f"Contact sheet: {printable(str(sheet))}")


def _print(found: CandidateList, *, expand: bool) -> None:
    names = ", ".join(map(printable, found.collections))
    way = "exact" if found.exact else "compressed scan, shortlist scored exactly"
    output.say(f"{found.references:,} references searched in {names} ({found.model}, {way})")
    if found.probe.agreement is not None:
        count = len(found.probe.photos)
        output.say(f"{count} probe photos fused; the two least alike score {found.probe.agreement:.3f}")
    output.say()
    rows = list(_rows(found, expand=expand))
    columns = ["rank", "score", "copies", "collection", "face", "quality", "time", "source"]
    for rare in ("copies", "time"):  # no copies, or no video among them
        if not any(row[rare] for row in rows):
            columns.remove(rare)
    output.print_table(
        output.table(
            columns,
            [tuple(row[column] for column in columns) for row in rows],
            right=("rank", "score", "copies", "face", "quality", "time"),
        )
    )
    output.say()
    if found.crowded_out:
        output.say(
            "The list is shorter than asked for: thousands of copies of these photos stand before others."
        )
    output.say(f"Scores are {NOT_CALIBRATED}. A score is not an identity: a person must compare the photos.")
    output.say(f"Audit entry {found.audit}")
    if found.case is None:
        output.note("This search belongs to no case; antigone case open makes one.")
    else:
        output.note(f"Case {found.case}: antigone case show lists its candidates, to be decided about.")


def _rows(found: CandidateList, *, expand: bool) -> Iterator[dict[str, str]]:
    for candidate in found.candidates:
        yield _row(candidate)
        if expand:
            yield from ({**_row(copy), "rank": "", "copies": "copy"} for copy in candidate.duplicates)


def _row(candidate: Candidate) -> dict[str, str]:
    seconds = candidate.place.seconds
    return {
        "rank": str(candidate.rank),
        "score": f"{candidate.score:.3f}",
        "copies": f"+{candidate.copies}" if candidate.copies else "",
        "collection": candidate.collection,
        "face": str(candidate.face),
        "quality": f"{candidate.quality:.0f}",
        "time": "" if seconds is None else clock(seconds),
        "source": candidate.source,
    }
