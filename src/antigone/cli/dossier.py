"""`antigone dossier`: all photos of one person, probably, and whatever stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, UnblurredOption, open_workspace
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.dossier import Dossier

SHOWN = 30  # rows of each list for people; --json and --page hold all
NO_IDENTITY = "These faces are alike. That is no identity: a person must compare the photos."


def dossier(  # noqa: PLR0913 - one parameter an option
    photo: Annotated[
        str,
        typer.Argument(
            metavar="PHOTO",
            help="Photo on record: its SHA-256, at least 8 digits of it, a path or an address; or any photo.",
        ),
    ],
    *,
    face: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Number of the face that is meant, 1 is the largest."),
    ] = None,
    collections: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="NAME", help="Collection to look into, repeatable; all without it."),
    ] = None,
    alike: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE",
            help="Score from which two faces count as one person; needed for a model that was not measured.",
        ),
    ] = None,
    graphml: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the links as a graph, .graphml.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all of it as one page with pictures, .html.")
    ] = None,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="C-000001", help="Case it is made for; else the current one."),
    ] = None,
    unblurred: UnblurredOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Gather all photos of the person on PHOTO, in a case.

    With the pages and accounts they stand on, captions and dates, who appears on the same photos, and the
    links between them; each statement with its sources and its score. Counts as a search of the case and
    leaves an audit entry.

    Exit code 1: no photo of that person was found. Exit code 17: no case is named and none is current.
    """
    from antigone.dossier.graph import check_graph_target, graph_of, write_graphml
    from antigone.dossier.page import check_page_target

    if graphml is not None:
        check_graph_target(graphml)
    if page is not None:
        check_page_target(page)
    with open_workspace(home) as workspace:
        made = workspace.dossier(
            photo,
            face=face,
            collections=tuple(collections or ()),
            alike=alike,
            case=case,
        )
        if graphml is not None:
            write_graphml(graph_of(made), graphml)
        if page is not None:
            workspace.office.sheets(made.case, unblurred=unblurred).dossier(made, page)
    if as_json:
        from antigone.dossier.documents import dossier_document

        output.print_json(dossier_document(made))
    else:
        _print(made)
    for what, file in (("Graph", graphml), ("Page", page)):
        if file is not None:
            output.note(f"{what}: {printable(str(file))}")
    if not made.photos:
        raise typer.Exit(1)


def _print(made: Dossier) -> None:
    searched = made.searched
    names = ", ".join(map(printable, searched.collections))
    way = "exact" if searched.exact else "compressed scan, shortlist scored exactly"
    output.say(f"{searched.references:,} references searched in {names} ({searched.model}, {way})")
    output.say(f"{len(made.photos):,} photos of one person, probably, from {made.first.photo[:16]}")
    if searched.cut_off:
        output.say("There may be more: as many faces as can be looked at came near")
    _photos(made)
    _left_out(made)
    _time_line(made)
    _places(made)
    _company(made)
    output.say()
    output.say(NO_IDENTITY)
    output.say_notices(made.notices)
    output.say(f"Audit entry {made.audit}")


def _photos(made: Dossier) -> None:
    rows = [
        (
            _score(photo.score),
            str(photo.confirmed_by),
            _score(photo.to_first),
            str(photo.record.face),
            photo.record.collection,
            photo.record.source,
        )
        for photo in made.photos
    ]
    columns = ("score", "confirmed by", "with first", "face", "collection", "source")
    _table("Photos, the most certain first", columns, rows, right=columns[:4])


def _left_out(made: Dossier) -> None:
    rows = [
        (_score(one.score), _score(one.needed), str(one.faces), one.why, one.record.source)
        for one in made.left_out
    ]
    columns = ("score", "needed", "faces", "why", "source")
    _table("Near, and left out", columns, rows, right=columns[:3])


def _time_line(made: Dossier) -> None:
    rows = [
        (
            moment.at.isoformat(sep=" ", timespec="minutes"),
            moment.by,
            _score(moment.score),
            moment.photo[:12],
            " · ".join(moment.captions),
        )
        for moment in made.timeline
    ]
    _table("Time line", ("time", "by", "score", "photo", "caption"), rows, right=("score",))


def _places(made: Dossier) -> None:
    pages = [
        (page.name, str(len(page.photos)), _score(page.score), page.title or "", page.url)
        for page in made.pages
    ]
    columns = ("page", "photos", "score", "title", "address")
    _table("Pages", columns, pages, right=("photos", "score"))
    accounts = [
        (
            account.name,
            str(len(account.photos)),
            _score(account.score),
            account.author or "",
            account.url or "",
        )
        for account in made.accounts
    ]
    columns = ("account", "photos", "score", "author", "profile")
    _table("Accounts whose pages show them", columns, accounts, right=("photos", "score"))
    labels = [(str(len(label.photos)), label.text) for label in made.labels]
    _table("Whom sources name", ("photos", "label"), labels, right=("photos",))


def _company(made: Dossier) -> None:
    told = [one for one in made.companions if not one.poor]
    rows = [
        (
            one.name,
            str(len(one.photos)),
            str(one.shots),
            _score(one.score),
            " ".join(photo[:12] for photo in one.photos[:4]),
        )
        for one in told
    ]
    columns = ("companion", "photos", "without copies", "weakest link", "photos together")
    _table("On the same photos", columns, rows, right=columns[1:4])
    poor = len(made.companions) - len(told)
    if poor:
        output.say(f"and {poor:,} faces that are too poor to be told from others")


def _table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str]
) -> None:
    if not rows:
        return
    output.say()
    output.say(title)
    output.print_table(output.table(columns, rows[:SHOWN], right=right))
    if len(rows) > SHOWN:
        output.say(f"and {len(rows) - SHOWN:,} more; --json and --page list all")


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.3f}"
