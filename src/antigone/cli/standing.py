"""`antigone case watch` and `antigone inbox`: a case keeps looking, and what it found waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.case import CaseOption
from antigone.cli.documents import NOT_AN_IDENTITY
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.errors import UsageError
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.casework.standing import WatchReport
    from antigone.strength import Least

app = typer.Typer(
    help="New candidates of cases that keep looking.", no_args_is_help=False, rich_markup_mode=None
)
AtMostOption = Annotated[
    float | None,
    typer.Option(
        "--at-most",
        metavar="X",
        help="Tell of a candidate where at most X unrelated people are expected to score as high.",
    ),
]
ScoreOption = Annotated[
    float | None,
    typer.Option(
        "--score",
        metavar="S",
        help="Tell of one that scores at least S, where the expected number is not known or not given.",
    ),
]
BECAUSE = {
    "stopped": "somebody stopped it",
    "case-closed": "the case is closed",
    "case-locked": "the case is locked: its searches are not authorised",
    "authority-lapsed": "its authorisation has lapsed",
    "cut-off": "the person who asked for it is cut off",
    "no-permission": "the person who asked for it may not search any more",
    "no-collection": "the person who asked for it may see none of its collections any more",
}


def read_least(at_most: float | None, score: float | None) -> Least:
    """Turn the two options into the least strength. Raises `UsageError` for none, and for odd numbers."""
    from antigone.strength import Least

    try:
        return Least(at_most=at_most, score=score)
    except ValueError as error:
        raise UsageError(str(error), hint="such as --at-most 0.1, or --score 0.5") from error


def watch(
    collections: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="NAME", help="Collection to watch, repeatable; all without it."),
    ] = None,
    at_most: AtMostOption = None,
    score: ScoreOption = None,
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a case keep looking for whom it searched; without --at-most and --score show whether it does.

    When references come, its probes are compared with those alone; new candidates wait in `antigone inbox`.
    It ends when the case is closed or locked, its authorisation lapses, or whoever asked may not search now.
    """
    with open_workspace(home) as workspace:
        office = workspace.office
        who, case = office.principal, office.case_at_hand(number)
        if at_most is None and score is None:
            report = office.standing.watch(case, by=who)
        else:
            least = read_least(at_most, score)
            report = office.standing.begin(case, least, workspace, collections=collections or (), by=who)
    _show(report, as_json)


def unwatch(number: CaseOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Let a case look no more; begun again, it goes on where it stopped."""
    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        office.standing.stop(case, by=office.principal)
        report = office.standing.watch(case, by=office.principal)
    _show(report, as_json)


@app.callback(invoke_without_command=True)
def list_(
    context: typer.Context,
    seen_too: Annotated[bool, typer.Option("--all", help="List what was taken out, too.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the new candidates that wait, oldest first."""
    if context.invoked_subcommand is not None:
        return
    from antigone.casework.inbox import MOST_ITEMS, item_document

    with open_workspace(home) as workspace:
        workspace.keep_looking()
        office = workspace.office
        items = office.inbox.items(by=office.principal, limit=MOST_ITEMS, seen_too=seen_too)
        waiting = office.inbox.waiting(by=office.principal)
    documents = [item_document(one) for one in items]
    if as_json:
        output.print_json({"waiting": waiting, "items": documents})
        return
    if not documents:
        output.note("Nothing waits.")
        return
    rows = [
        (
            str(one["item"]),
            one["case"],
            one["arrived_at"][:16].replace("T", " "),
            str(one["candidate"]),
            f"{one['score']:.3f}",
            _by_chance(one["strength"]),
            one["collection"],
            f"{one['photo'][:16]} face {one['face']}",
            "seen" if one["seen_at"] else "",
        )
        for one in documents
    ]
    columns = ("item", "case", "arrived (UTC)", "candidate", "score", "by chance", "collection", "photo", "")
    output.print_table(output.table(columns, rows, right=("item", "candidate", "score", "by chance")))
    output.say(NOT_AN_IDENTITY)
    output.say_notices(dict.fromkeys(said for one in documents for said in one["notices"]))
    output.note("antigone case decide CANDIDATE decides; antigone inbox seen ITEM takes one out")


@app.command("seen")
def seen(
    items: Annotated[list[int], typer.Argument(metavar="ITEM...")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take items out of the inbox; their candidates stay with their cases."""
    with open_workspace(home) as workspace:
        for item in items:
            workspace.office.inbox.see(item, by=workspace.office.principal)
    if as_json:
        output.print_json({"seen": items})
        return
    output.say(f"Taken out: {', '.join(map(str, items))}")


def _by_chance(strength: dict[str, dict[str, object]] | None) -> str:
    expected = strength.get("expected_wrong") if strength else None
    if not expected:
        return ""
    return f"< {expected['value']}" if expected["at_most"] else str(expected["value"])


def _show(report: WatchReport, as_json: bool) -> None:
    from antigone.casework.inbox import watch_document

    document = watch_document(report)
    if as_json:
        output.print_json(document)
        return
    where = ", ".join(document["collections"] or ()) or "every collection that may be seen"
    if report.still is None:
        output.say(f"Case {report.case.number} keeps looking in {printable(where)}")
    else:
        output.say(f"Case {report.case.number} does not look any more: {BECAUSE[report.still]}")
    output.say(f"Told of: {report.least.sentence()}")
    if report.watch.trouble:
        output.note(f"warning: its last run met an error: {report.watch.trouble}")
