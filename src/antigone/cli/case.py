"""`antigone case`: the purpose and the legal basis of searches, and what people decide about candidates."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.errors import UsageError
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.casework.file import CaseFile
    from antigone.records.cases import CaseRecord
    from antigone.workspace import Workspace

app = typer.Typer(
    help="Open cases, decide about candidates, conclude.", no_args_is_help=True, rich_markup_mode=None
)

CaseOption = Annotated[
    str | None, typer.Option("--case", metavar="C-000001", help="The case; else the current one.")
]
PURPOSES = "unidentified-deceased, missing-person, detained-person, suspect, identity-check, or other words"


class Verdict(StrEnum):
    """What can be held of a candidate."""

    POTENTIAL_MATCH = "potential-match"
    NO_MATCH = "no-match"
    INCONCLUSIVE = "inconclusive"


class Kind(StrEnum):
    """What a case can come to."""

    IDENTIFIED = "identified"
    INVESTIGATIVE_LEAD = "investigative-lead"
    NOT_FOUND = "not-found"
    EXCLUDED = "excluded"


@app.command("open")
def open_(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="A title without the name of anyone.")],
    purpose: Annotated[str, typer.Option(metavar="TEXT", help=f"One of: {PURPOSES}.")],
    basis: Annotated[str, typer.Option(metavar="TEXT", help="Legal basis of the searches.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a case; it becomes the current one, in which searches are made."""
    from antigone.casework.documents import case_document

    with open_workspace(home) as workspace:
        case = workspace.office.book.open(title, purpose=purpose, basis=basis, by=workspace.office.principal)
        workspace.office.use_case(case)
    if as_json:
        output.print_json(case_document(case))
        return
    output.say(f"Opened case {case.number}: {printable(case.title)}")
    if case.purpose == "suspect":
        output.note("A supervisor must record its authorisation within 48 hours: antigone case authorise")
    output.note("Next: antigone search PHOTO --in NAME")


@app.command("use")
def use(
    number: Annotated[str, typer.Argument(metavar="C-000001")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a case the current one."""
    from antigone.casework.documents import case_document

    with open_workspace(home) as workspace:
        case = workspace.office.book.case(number, by=workspace.office.principal)
        workspace.office.use_case(case)
    if as_json:
        output.print_json(case_document(case))
        return
    output.say(f"The current case is {case.number}: {printable(case.title)}")


@app.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the cases of one's organisation."""
    from antigone.casework.documents import case_document

    with open_workspace(home) as workspace:
        cases = workspace.office.book.cases(by=workspace.office.principal)
        current = workspace.office.current_case
    if as_json:
        documents = [{**case_document(case), "current": case.number == current} for case in cases]
        output.print_json({"cases": documents})
        return
    if not cases:
        output.note("There is no case yet. Next: antigone case open TITLE --purpose TEXT --basis TEXT")
        return
    rows = [
        (
            f"{case.number}{' *' if case.number == current else ''}",
            case.explanation or case.purpose,
            f"{case.opened_at:%Y-%m-%d}",
            "closed" if case.closed_at else "open",
            case.title,
        )
        for case in cases
    ]
    output.print_table(output.table(("case", "purpose", "opened", "", "title"), rows))


@app.command("show")
def show(
    number: Annotated[str | None, typer.Argument(metavar="[C-000001]", show_default=False)] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a case with its probes, searches, decisions and conclusion."""
    with open_workspace(home) as workspace:
        file = workspace.office.file(_case(workspace, number), by=workspace.office.principal)
    if as_json:
        from antigone.casework.documents import file_document

        output.print_json(file_document(file))
        return
    _print(file)


@app.command("close")
def close(number: CaseOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Close a case: nothing is searched in it any more."""
    with open_workspace(home) as workspace:
        case = _case(workspace, number)
        workspace.office.book.close(case, by=workspace.office.principal)
    _done(f"Closed case {case.number}", {"case": case.number, "closed": True}, as_json)


@app.command("reopen")
def reopen(number: CaseOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Open a closed case again; takes a supervisor."""
    with open_workspace(home) as workspace:
        case = _case(workspace, number)
        workspace.office.book.reopen(case, by=workspace.office.principal)
    _done(f"Reopened case {case.number}", {"case": case.number, "closed": False}, as_json)


@app.command("authorise")
def authorise(
    authority: Annotated[str, typer.Option(metavar="TEXT", help="Who authorised the searches.")],
    reference: Annotated[str, typer.Option(metavar="TEXT", help="File reference of the authorisation.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Last day it holds.")
    ] = None,
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that an authority allowed the searches of a case; takes a supervisor."""
    from antigone.casework.documents import authorisation_document

    expires_at = None if until is None else until.replace(hour=23, minute=59, second=59, tzinfo=UTC)
    with open_workspace(home) as workspace:
        case = _case(workspace, number)
        given = workspace.office.book.authorise(
            case,
            authority=authority,
            reference=reference,
            expires_at=expires_at,
            by=workspace.office.principal,
        )
    document = {"case": case.number, **authorisation_document(given)}
    _done(f"Recorded the authorisation of case {case.number}", document, as_json)


@app.command("decide")
def decide(
    candidate: Annotated[int, typer.Argument(metavar="CANDIDATE", help="Number that `case show` gives.")],
    verdict: Annotated[Verdict, typer.Argument(help="What you hold of it.")],
    feature: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=OBSERVED", help="Such as ears=similar; repeatable. See `case features`."),
    ] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What you saw.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about a candidate: first, second, or as a supervisor where two decisions differ."""
    from antigone.casework import Verdict as Held
    from antigone.casework.documents import decision_document

    with open_workspace(home) as workspace:
        decision = workspace.office.decisions.decide(
            candidate,
            Held(verdict.value),
            features=_features(feature),
            note=note,
            by=workspace.office.principal,
        )
    if as_json:
        output.print_json({"candidate": candidate, **decision_document(decision)})
        return
    output.say(f"Candidate {candidate}: {decision.verdict} ({decision.stage} decision)")


@app.command("features")
def features(as_json: JsonOption = False) -> None:
    """List the features that examiners compare."""
    from antigone.casework import FEATURES
    from antigone.casework.features import OBSERVATIONS

    if as_json:
        output.print_json({"features": FEATURES, "observations": OBSERVATIONS})
        return
    output.print_table(output.table(("feature", "what is looked at"), list(FEATURES.items())))
    output.say(f"\nObserved: {', '.join(OBSERVATIONS)}")


@app.command("waiting")
def waiting(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the candidates that wait for your second decision."""
    with open_workspace(home) as workspace:
        found = workspace.office.decisions.waiting(by=workspace.office.principal)
    if as_json:
        output.print_json({"candidates": [{"candidate": one.id, "photo": one.photo} for one in found]})
        return
    if not found:
        output.note("Nothing waits for a second decision.")
    for one in found:
        output.say(f"candidate {one.id}  {printable(one.collection)}  {one.photo}  face {one.face}")


@app.command("seeded")
def seeded(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say how often your organisation took a known non-mate, seeded into a hidden list, for a match."""
    from antigone.casework.seeds import seed_statistics

    with open_workspace(home) as workspace:
        counted = seed_statistics(workspace.records.cases, by=workspace.office.principal)
    if as_json:
        output.print_json(counted.document())
        return
    if not counted.settled:
        output.note("No seeded candidate is decided by two people yet.")
        return
    rows = []
    for stage, counts, (share, low, high) in (
        ("first decisions", counted.first, counted.first_errors),
        ("outcomes", counted.outcome, counted.outcome_errors),
    ):
        interval = f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"
        rows.append((stage, str(sum(counts.values())), *(str(count) for count in counts.values()), interval))
    columns = ("", "N", *counted.first, "taken for a match (95 % interval)")
    output.print_table(output.table(columns, rows, right=("N", *counted.first)))
    output.say("Seeds are easier than lookalikes at the top of a list: take the share for a floor.")


@app.command("conclude")
def conclude(  # noqa: PLR0913, PLR0917 - one parameter an option
    kind: Annotated[Kind, typer.Argument(help="What the case comes to.")],
    candidate: Annotated[int | None, typer.Option(metavar="N", help="The candidate it rests on.")] = None,
    identifier: Annotated[
        str | None, typer.Option(metavar="KIND", help="friction-ridge, teeth, dna or serial-implant.")
    ] = None,
    identifier_reference: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Laboratory report.")
    ] = None,
    authority: Annotated[str | None, typer.Option(metavar="TEXT", help="Authority that decided.")] = None,
    authority_reference: Annotated[str | None, typer.Option(metavar="TEXT", help="Its decision.")] = None,
    note: Annotated[str, typer.Option(metavar="TEXT")] = "",
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """State what a case comes to. It holds once a second person confirms it.

    "identified" takes a primary identifier or an authority's decision: a face alone gives a lead.
    """
    from antigone.casework import Evidence
    from antigone.casework import Kind as ComesTo
    from antigone.casework.documents import conclusion_document

    evidence = Evidence(
        identifier=identifier,
        identifier_reference=identifier_reference,
        authority=authority,
        authority_reference=authority_reference,
    )
    with open_workspace(home) as workspace:
        case = _case(workspace, number)
        stated = workspace.office.conclusions.propose(
            case,
            ComesTo(kind.value),
            candidate=candidate,
            evidence=evidence,
            note=note,
            by=workspace.office.principal,
        )
    if as_json:
        output.print_json({"case": case.number, **conclusion_document(stated)})
        return
    output.say(f"Case {case.number}: statement {stated.id}, {stated.kind}, waits for a second person")
    output.note(f"They confirm it with: antigone case confirm {stated.id}")


@app.command("confirm")
def confirm(
    statement: Annotated[int, typer.Argument(metavar="STATEMENT")],
    note: Annotated[str, typer.Option(metavar="TEXT")] = "",
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Confirm another person's statement, which puts it in force."""
    from antigone.casework.documents import conclusion_document

    with open_workspace(home) as workspace:
        case = _case(workspace, number)
        stated = workspace.office.conclusions.confirm(
            case, statement, note=note, by=workspace.office.principal
        )
    document = {"case": case.number, **conclusion_document(stated)}
    _done(f"Case {case.number}: {stated.kind}, in force", document, as_json)


def _case(workspace: Workspace, number: str | None) -> CaseRecord:
    return workspace.office.case_at_hand(number)


def _features(given: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in given or ()]
    for name, sign, observed in pairs:
        if not (name and sign and observed):
            raise UsageError(f"--feature {name}{sign}{observed} is no feature", hint="such as ears=similar")
    return {name: observed for name, _, observed in pairs}


def _done(text: str, document: dict[str, object], as_json: bool) -> None:
    if as_json:
        output.print_json(document)
    else:
        output.say(text)


def _print(file: CaseFile) -> None:
    case = file.case
    facts = [
        ("case", case.number),
        ("title", case.title),
        ("purpose", case.explanation or case.purpose),
        ("legal basis", case.basis),
        ("opened", f"{case.opened_at:%Y-%m-%d %H:%M} UTC"),
        ("closed", "" if case.closed_at is None else f"{case.closed_at:%Y-%m-%d %H:%M} UTC"),
        *(("authorised", f"{one.authority}, {one.reference}") for one in file.authorisations),
        *(("probe", f"{one.sha256[:16]}  {one.source}") for one in file.probes),
    ]
    for label, value in facts:
        if value:
            output.say(f"{label:<13}{printable(value)}")
    for shown in file.searches:
        search = shown.search
        output.say(f"\n{search.kind} {search.id}, {search.at:%Y-%m-%d %H:%M} UTC, audit entry {search.audit}")
        rows = []
        for one, decisions in shown.candidates:
            hidden = shown.hides(one.id)
            score = "hidden" if hidden else f"{one.score:.3f}"
            decided = ", ".join(f"{decision.stage}: {decision.verdict}" for decision in decisions)
            if one.seeded and not hidden:
                decided += " (a seeded non-mate)"
            rows.append((str(one.id), score, one.collection, one.photo[:16], str(one.face), decided or "-"))
        columns = ("candidate", "score", "collection", "photo", "face", "decisions")
        output.print_table(output.table(columns, rows, right=("candidate", "score")))
        output.say_notices(shown.notices)
    for stated in file.standing.proposed:
        output.say(f"\nstatement {stated.id}: {stated.kind}, waits for a second person")
    in_force = file.standing.in_force
    output.say(f"\nConclusion in force: {'none' if in_force is None else in_force.kind}")
