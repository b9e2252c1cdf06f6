"""`antigone search`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.documents import NOT_AN_IDENTITY, search_document
from antigone.cli.options import (
    BoxOption,
    FaceOption,
    HomeOption,
    JsonOption,
    UnblurredOption,
    open_workspace,
    read_choices,
)
from antigone.errors import UsageError
from antigone.printable import printable
from antigone.provenance import Holding, clock

if TYPE_CHECKING:
    from antigone.casework.searching import CaseSearch
    from antigone.types import Candidate, CandidateList

WORTH = ("by chance", "LR")  # columns on what a score is worth
PERSON = ("cluster", "faces")


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
        typer.Option("--case", metavar="C-000001", help="Case it is made for; else the current one."),
    ] = None,
    hidden: Annotated[
        bool,
        typer.Option("--hidden", help="List candidates shuffled, without scores until they are decided."),
    ] = False,
    seeds: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Mix so many known non-mates into a hidden list, to learn about errors."
        ),
    ] = 0,
    persons: Annotated[
        bool,
        typer.Option("--persons", help="List each likely person once; needs `antigone cluster NAME`."),
    ] = False,
    taken_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day on which a candidate's photo was taken."),
    ] = None,
    taken_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day on which it was taken.")
    ] = None,
    place: Annotated[
        str, typer.Option(metavar="NAME", help="Stands in what a source calls the photo's place.")
    ] = "",
    near: Annotated[
        str, typer.Option(metavar="LAT,LON,KM", help="Taken within so many kilometres of a position.")
    ] = "",
    kinds: Annotated[
        list[Holding] | None,
        typer.Option("--kind", help="Kind of file that holds the photo, repeatable; all without it."),
    ] = None,
    expand: Annotated[
        bool,
        typer.Option("--expand", help="List the copies of a photo and a person's further photos, too."),
    ] = False,
    unblurred: UnblurredOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search for the person on PHOTO, in a case.

    Candidates are listed in descending comparison score; copies of one photo count as one and are listed with
    --expand, in --json and in .html sheets. Every search leaves an audit entry.

    Filters on time, place and kind look at the records of the most alike references; how many is said.

    Exit code 17: no case is named and none is current; `antigone case open` opens one.
    """
    from antigone import identify
    from antigone.casework.searching import Showing

    if sheet is not None:
        identify.check_target(sheet)
        if hidden:
            raise UsageError("a sheet shows ranks and scores, which a hidden list keeps back")
    request = identify.SearchRequest(
        photos=photos,
        choices=read_choices(face, box),
        collections=tuple(collections or ()),
        top=top,
        exact=exact,
        persons=persons,
        filters=identify.Filters(
            captured_from=None if taken_from is None else taken_from.date(),
            captured_until=None if taken_until is None else taken_until.date(),
            kinds=frozenset(kinds or ()),
            place=place.strip(),
            near=identify.Near.parse(near) if near.strip() else None,
        ),
    )
    with open_workspace(home) as workspace:
        try:
            showing = Showing(hidden=hidden, seeds=seeds)
            made = workspace.search_in_case(request, case=case, showing=showing)
            found = made.found
        except identify.UndecidedFacesError as error:
            if sheet is None:
                error.hint += "; --sheet FILE shows the faces numbered"
            else:
                at_hand = workspace.office.case_at_hand(case).number
                workspace.office.sheets(at_hand, unblurred=unblurred).faces(error, sheet)
                output.note(f"The faces are shown numbered in {printable(str(sheet))}")
            raise
        if sheet is not None:
            workspace.write_sheet(found, photos, sheet, unblurred=unblurred)
    if hidden:
        _print_hidden(made, as_json=as_json)
    elif as_json:
        output.print_json(search_document(found))
    else:
        _print(found, expand=expand)
        if persons and any(candidate.person is None for candidate in found.candidates):
            output.note(
                "Some faces are in no cluster yet: antigone cluster NAME groups those of a collection."
            )
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
    columns = ["rank", "score", *WORTH, *PERSON, "copies", "collection", "face", "quality", "time", "source"]
    for rare in (*WORTH, *PERSON, "copies", "time"):  # nothing known of it, no copies, no video
        if not any(row[rare] for row in rows):
            columns.remove(rare)
    output.print_table(
        output.table(
            columns,
            [tuple(row[column] for column in columns) for row in rows],
            right=("rank", "score", *WORTH, *PERSON, "copies", "face", "quality", "time"),
        )
    )
    output.say()
    _say_filters(found)
    if found.crowded_out:
        output.say(
            "The list is shorter than asked for: thousands of copies of these photos stand before others."
        )
    for sentence in _what_it_is_worth(found):
        output.say(sentence)
    if any(candidate.person is not None for candidate in found.candidates):
        output.say("Faces of one cluster probably show one person; each cluster is listed once.")
    output.say(NOT_AN_IDENTITY)
    output.say_notices(found.notices)
    output.say(f"Audit entry {found.audit}")
    output.note(f"Case {found.case}: antigone case show lists its candidates, to be decided about.")


def _say_filters(found: CandidateList) -> None:
    from antigone.identify import filters_sentence

    if found.filters is not None:
        output.say(printable(filters_sentence(found.filters, found.looked_at, found.references)))


def _print_hidden(made: CaseSearch, *, as_json: bool) -> None:
    """Print the list as it is kept with the case: in the order of showing, with nothing that tells ranks."""
    from antigone.casework.documents import search_file_document
    from antigone.casework.file import SearchFile

    shown = sorted(made.records, key=lambda candidate: candidate.shown_as)
    if as_json:
        file = SearchFile(
            search=made.search,
            candidates=tuple((one, ()) for one in shown),
            notices=made.found.notices,
        )
        output.print_json({"case": made.case.number, **search_file_document(file)})
        return
    output.say(f"{len(shown):,} candidates, shuffled; rank and score are shown once they are decided about")
    output.say()
    rows = [(str(one.id), one.collection, one.photo[:16], str(one.face)) for one in shown]
    columns = ("candidate", "collection", "photo", "face")
    output.print_table(output.table(columns, rows, right=("candidate", "face")))
    output.say()
    _say_filters(made.found)
    output.say(NOT_AN_IDENTITY)
    output.say_notices(made.found.notices)
    output.say(f"Audit entry {made.search.audit}")
    output.note(f"Case {made.case.number}: antigone case decide CANDIDATE VERDICT; antigone show PHOTO")


def _what_it_is_worth(found: CandidateList) -> Iterator[str]:
    """Explain the columns of the table by the first candidate, and say what is missing."""
    if not found.candidates:
        return
    first = found.candidates[0].strength
    if first.expected is not None:
        yield f"Candidate 1: {first.expected.sentence()}"
        yield "By chance: how many unrelated people are expected to score as high in a gallery of this size."
    if first.ratio is not None:
        yield f"Candidate 1: {first.ratio.sentence()}"
    yield from first.lacks


def _rows(found: CandidateList, *, expand: bool) -> Iterator[dict[str, str]]:
    for candidate in found.candidates:
        yield _row(candidate)
        if expand:
            yield from ({**_row(copy), "rank": "", "copies": "copy"} for copy in candidate.duplicates)
            others = () if candidate.person is None else candidate.person.others
            yield from ({**_row(other), "rank": "", "cluster": "same"} for other in others)


def _row(candidate: Candidate) -> dict[str, str]:
    seconds, strength = candidate.place.seconds, candidate.strength
    return {
        "rank": str(candidate.rank),
        "score": f"{candidate.score:.3f}",
        "by chance": "" if strength.expected is None else strength.expected.short(),
        "LR": "" if strength.ratio is None else strength.ratio.short(),
        "cluster": "" if candidate.person is None else str(candidate.person.cluster),
        "faces": "" if candidate.person is None else f"{candidate.person.faces:,}",
        "copies": f"+{candidate.copies}" if candidate.copies else "",
        "collection": candidate.collection,
        "face": str(candidate.face),
        "quality": f"{candidate.quality:.0f}",
        "time": "" if seconds is None else clock(seconds),
        "source": candidate.source,
    }
