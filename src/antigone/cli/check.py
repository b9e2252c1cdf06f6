"""`antigone check`, and the lists of persons sought that it may use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antigone.cli import output
from antigone.cli.case import CaseOption
from antigone.cli.options import BoxOption, FaceOption, HomeOption, JsonOption, open_workspace, read_choices
from antigone.cli.standing import AtMostOption, ScoreOption, read_least
from antigone.errors import UsageError
from antigone.printable import printable


def check(  # noqa: PLR0913, PLR0917 - one parameter an option
    live: Annotated[Path, typer.Argument(metavar="LIVE", help="Photo of the person who is there.")],
    document: Annotated[Path, typer.Argument(metavar="DOCUMENT", help="Photo of the document's picture.")],
    list_: Annotated[
        str | None, typer.Option("--list", metavar="NAME", help="List of persons sought to look at, too.")
    ] = None,
    face: FaceOption = None,
    box: BoxOption = None,
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold a live photo against a document's photo, and against a list where the case permits it.

    In a case for identity checks; it counts as one of its searches, and both photos are kept. --face 1:N
    chooses on the live photo, --face 2:N on the document's.
    """
    from antigone.casework.checks import check_document

    choices = read_choices(face, box)
    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        made = office.checks.check(
            case, live, document, workspace, by=office.principal, list_=list_, choices=choices
        )
    shown = check_document(made)
    if as_json:
        output.print_json(shown)
        return
    compared = made.found.comparison
    output.say(f"score {compared.score:.3f}  ({compared.model}; from -1 to 1, higher is more alike)")
    for name, photo in zip(("live", "document"), compared.photos, strict=True):
        which = "the box" if photo.number is None else f"face {photo.number} of {photo.faces}"
        output.say(f"  {name:<9} {which}, quality {photo.face.quality.score:.0f}, {printable(photo.source)}")
    for sentence in compared.strength.sentences():
        output.say(sentence)
    listed = made.found.listed
    if made.list_ is not None and listed is not None:
        found = len(listed.candidates) or "no"
        output.say(
            f"\n{found} candidate{'s' * (found != 1)} among {listed.references:,} references of "
            f"{printable(made.list_.collection.name)}; told of: {made.list_.least.sentence()}"
        )
        for record, one in zip(made.records, listed.candidates, strict=True):
            output.say(f"  candidate {record.id}  score {one.score:.3f}  {printable(one.source)}")
            for sentence in one.strength.sentences():
                output.say(f"    {sentence}")
    output.say(shown["note"])
    output.say(f"Audit entry {compared.audit}")


def sought(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The collection.")],
    basis: Annotated[str, typer.Option(metavar="TEXT", help="Legal basis of the list.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="It is no such list any more.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a collection a list of persons sought; identity checks may use it where their case permits it."""
    with open_workspace(home) as workspace:
        office = workspace.office
        if undo:
            office.checks.unmark(name, by=office.principal)
        else:
            office.checks.mark(name, basis=basis, by=office.principal)
    if as_json:
        output.print_json({"collection": name, "sought": not undo})
        return
    output.say(f"{printable(name)} is {'no list' if undo else 'a list'} of persons sought")


def permit_list(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: Annotated[str, typer.Argument(metavar="NAME", help="The list.")],
    authority: Annotated[str, typer.Option(metavar="TEXT", help="Who allowed it.")] = "",
    reference: Annotated[str, typer.Option(metavar="TEXT", help="File reference of that.")] = "",
    at_most: AtMostOption = None,
    score: ScoreOption = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take it back.")] = False,
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a case for identity checks be held against a list of persons sought; takes a supervisor."""
    from antigone.casework.checks import permitted_document

    if withdraw and (at_most is not None or score is not None or authority or reference):
        raise UsageError("--withdraw takes back what was permitted, and says nothing else")
    with open_workspace(home) as workspace:
        office = workspace.office
        who, case = office.principal, office.case_at_hand(number)
        if withdraw:
            office.checks.withdraw(case, name, by=who)
        else:
            office.checks.permit(
                case,
                name,
                authority=authority,
                reference=reference,
                least=read_least(at_most, score),
                parts=workspace,
                by=who,
            )
        permitted = office.checks.permitted(case, by=who)
    if as_json:
        output.print_json({"case": case.number, "lists": [permitted_document(one) for one in permitted]})
        return
    if not permitted:
        output.say(f"Case {case.number} is held against no list")
    for one in permitted:
        output.say(
            f"Case {case.number} may be held against {printable(one.collection.name)}; told of: "
            f"{one.least.sentence()}"
        )
