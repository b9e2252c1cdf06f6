"""`antigone exercise`: learn to decide on made-up cases, and see how often one errs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from antigone.cli import output
from antigone.cli.case import Verdict
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.errors import UsageError
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.casework.exercises import Exercise
    from antigone.workspace import Workspace

app = typer.Typer(
    help="Learn on made-up cases, and see how often you err.", no_args_is_help=True, rich_markup_mode=None
)
NumberOption = Annotated[
    int | None, typer.Option("--exercise", metavar="N", help="Which of your exercises; else the latest.")
]
SheetsOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write a picture of each case into this folder: probe and candidates."),
]


@app.command("begin")
def begin(
    sheets: SheetsOption = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Of the random choices; the same gives the same.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an exercise: cases with a probe each, and candidates to decide about.

    Its photos are public-domain portraits and faces made from them that show nobody. It lies in an
    organisation of its own and is counted nowhere.
    """
    with open_workspace(home) as workspace:
        made = workspace.office.exercises.begin(workspace, by=workspace.office.principal, seed=seed)
        _write_sheets(workspace, made, sheets)
    _show(made, sheets, as_json)


@app.command("show")
def show(
    number: NumberOption = None,
    sheets: SheetsOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an exercise with its candidates and what you decided."""
    with open_workspace(home) as workspace:
        found = workspace.office.exercises.exercise(number, by=workspace.office.principal)
        _write_sheets(workspace, found, sheets)
    _show(found, sheets, as_json)


@app.command("decide")
def decide(
    candidate: Annotated[int, typer.Argument(metavar="CANDIDATE")],
    verdict: Annotated[Verdict, typer.Argument(help="What you hold of it.")],
    note: Annotated[str, typer.Option(metavar="TEXT", help="What you saw.")] = "",
    number: NumberOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about a candidate of an exercise, and learn at once whether it was right."""
    from antigone.casework import Verdict as Held
    from antigone.casework.exercises import candidate_document

    with open_workspace(home) as workspace:
        decided = workspace.office.exercises.decide(
            candidate, Held(verdict.value), note=note, number=number, by=workspace.office.principal
        )
    document = candidate_document(decided)
    if as_json:
        output.print_json({"exercise": True, **document})
        return
    output.say(f"EXERCISE  candidate {candidate}: {verdict.value}. {_verdict(document)}")


@app.command("score")
def score(number: NumberOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say how often you were right, and which wrong matches you took."""
    from antigone.casework.exercises import score_document

    with open_workspace(home) as workspace:
        found = workspace.office.exercises.exercise(number, by=workspace.office.principal)
    document: dict[str, Any] = score_document(found)
    if as_json:
        output.print_json(document)
        return
    planted = document["planted"]
    output.say(f"EXERCISE {document['number']}: {document['decided']} of {document['candidates']} decided")
    rows = [
        ("right", document["right"]),
        ("inconclusive", document["inconclusive"]),
        ("missed: the same person, taken for another", document["missed"]),
        ("wrong matches: another person, taken for the same", document["wrong_matches"]),
        (f"planted wrong matches taken, of {planted['decided']}", planted["taken_for_a_match"]),
    ]
    for label, value in rows:
        output.say(f"  {label:<52}{value}")
    if document["error_rate"] is not None:
        low, high = document["interval_95"]
        rate = document["error_rate"]
        output.say(f"Errors: {100 * rate:.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f} %)")
    for one in document["mistakes"]:
        output.say(f"  candidate {one['candidate']}: {one['verdict']}, but it shows {one['shows']}")


def _verdict(document: dict[str, object]) -> str:
    planted = ", planted to be taken for them" if document["planted"] else ""
    said = {True: "Right", False: "Wrong", None: "Left open"}[document["right"]]  # type: ignore[index]
    return f"{said}: it shows {document['shows']}{planted}."


def _write_sheets(workspace: Workspace, exercise: Exercise, folder: Path | None) -> None:
    if folder is None:
        return
    office = workspace.office
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in exercise.cases:
            content = office.exercises.sheet(one.case.number, number=exercise.record.id, by=office.principal)
            (folder / f"exercise-{one.case.number}.png").write_bytes(content)
    except OSError as error:
        raise UsageError(f"{printable(str(folder))} cannot be written: {error.strerror}") from error


def _show(exercise: Exercise, sheets: Path | None, as_json: bool) -> None:
    from antigone.casework.exercises import exercise_document

    if as_json:
        output.print_json(exercise_document(exercise))
        return
    output.say(f"EXERCISE {exercise.record.id}: no real search, {len(exercise.cases)} cases")
    for one in exercise.cases:
        output.say(f"\n{one.case.number}  {printable(one.case.title)}")
        for shown in one.candidates:
            verdict = "-" if shown.decision is None else shown.decision.verdict
            output.say(f"  candidate {shown.record.id:<6} {verdict}")
    if sheets is None:
        output.note("antigone exercise show --sheets DIR writes the pictures to look at")
    else:
        output.note(f"Pictures to look at: {printable(str(sheets))}")
    output.note("Then: antigone exercise decide CANDIDATE VERDICT, and antigone exercise score")
