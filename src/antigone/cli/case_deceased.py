"""`antigone case particulars` and `antigone case onward`: the dead, and which authority was told of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.case import CaseOption
from antigone.cli.options import HomeOption, JsonOption, UnblurredOption, open_workspace
from antigone.errors import UsageError
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.casework.onward import Authority, OnwardState
    from antigone.records.deceased import OnwardRecord

particulars = typer.Typer(
    help="What is recorded of a dead person, field by field, for the authority that the law names.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
onward = typer.Typer(
    help="To which authority that was given, and whether it informed the family. Nothing is sent.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class AuthorityKind(StrEnum):
    """Which kind of authority; see `antigone.casework.onward.AuthorityKind`."""

    NATIONAL_INFORMATION_BUREAU = "national-information-bureau"
    CENTRAL_TRACING_AGENCY = "central-tracing-agency"
    POLICE_LIAISON = "police-liaison"
    OTHER = "other"


KindOption = Annotated[AuthorityKind, typer.Option("--kind", help="Which kind of authority.")]
NameOption = Annotated[str, typer.Option("--authority", metavar="TEXT", help="Name of the authority.")]
ReferenceOption = Annotated[
    str, typer.Option("--reference", metavar="TEXT", help="The authority's own file reference.")
]
DayOption = Annotated[
    datetime, typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="The day it happened.")
]
CorrectsOption = Annotated[
    int | None, typer.Option("--corrects", metavar="N", help="Number of the wrong entry that this replaces.")
]


@particulars.command("fields")
def fields(as_json: JsonOption = False) -> None:
    """List the fields with where each is asked for."""
    from antigone.casework.particulars import FIELDS

    if as_json:
        output.print_json({"fields": [field.document(name) for name, field in FIELDS.items()]})
        return
    rows = [
        (name, field.label, ", ".join(field.choices) or f"{field.form} {field.unit}".strip(), field.source)
        for name, field in FIELDS.items()
    ]
    output.print_table(output.table(("field", "what it is", "form", "asked for in"), rows))


@particulars.command("record")
def record(
    said: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="Such as sex=male age=25-35.")],
    source: Annotated[str, typer.Option(metavar="TEXT", help="How this is known, such as identity disc.")],
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record particulars. What stood before stays on record; the latest entry of a field stands."""
    from antigone.casework.report.particulars import entry_document

    given = [text.partition("=") for text in said]
    for name, sign, value in given:
        if not (name and sign and value.strip()):
            raise UsageError(
                f"{name}{sign}{value} records nothing", hint="such as found-place='River bank, km 4'"
            )
    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        values = {name: value for name, _, value in given}
        made = office.particulars.record(case, values, source=source, by=office.principal)
    if as_json:
        entries = [{"field": one.field, **entry_document(one, {})} for one in made]
        output.print_json({"case": case.number, "entries": entries})
        return
    for one in made:
        output.say(f"{case.number} {one.field}: {printable(one.value or '')} (entry {one.id})")


@particulars.command("withdraw")
def withdraw(
    field: Annotated[str, typer.Argument(metavar="FIELD")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why what stands there does not hold.")],
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that what stands in a field does not hold. It stays on record."""
    from antigone.casework.report.particulars import entry_document

    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        made = office.particulars.withdraw(case, field, reason=reason, by=office.principal)
    if as_json:
        output.print_json({"case": case.number, "field": field, **entry_document(made, {})})
        return
    output.say(f"{case.number} {made.field}: nothing stands there any more (entry {made.id})")


@particulars.command("show")
def show(
    number: CaseOption = None,
    history: Annotated[bool, typer.Option("--history", help="Every entry that was ever made.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the particulars of a case."""
    from antigone.casework.report.particulars import standing_document

    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        standing = office.particulars.standing(case, by=office.principal)
    if as_json:
        output.print_json(
            {"case": case.number, "particulars": [standing_document(one, {}) for one in standing]}
        )
        return
    rows = []
    for one in standing:
        shown = one.entries if history else [one.latest] if one.latest else []
        rows += [
            (
                one.name,
                "does not hold" if entry.value is None else entry.value,
                entry.source,
                f"{entry.recorded_at:%Y-%m-%d %H:%M} UTC",
            )
            for entry in shown
        ]
    if not rows:
        output.note(
            "Nothing is recorded yet. Next: antigone case particulars record FIELD=VALUE --source TEXT"
        )
    output.print_table(output.table(("field", "recorded", "source", "when"), rows))


@particulars.command("export")
def export(
    to: Annotated[
        Path,
        typer.Option("--to", metavar="FILE", help="A new file, .json, .pdf or .html, for the authority."),
    ],
    unblurred: UnblurredOption = False,
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the particulars to a file that people hand to the authority. Leaves an audit entry."""
    from antigone.audit.files import write_whole
    from antigone.cli.case_report import checked_form

    form = checked_form(to)
    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        made = office.documents.particulars(case, form, by=office.principal, unblurred=unblurred)
        write_whole(to, [made.content])
    if as_json:
        output.print_json({"case": case.number, "file": str(to), **made.document()})
        return
    output.say(f"Wrote the particulars of case {case.number} to {printable(str(to))}")
    output.say(f"sha256 {made.sha256}")
    output.say(f"Audit entry {made.audit}")
    output.note(f"When an authority has it: antigone case onward given --document {made.sha256[:16]}...")


@onward.command("given")
def given(  # noqa: PLR0913, PLR0917 - one parameter an option
    kind: KindOption,
    authority: NameOption,
    reference: ReferenceOption,
    document: Annotated[str, typer.Option(metavar="SHA256", help="Of the exported file that was given.")],
    on: DayOption,
    by_whom: Annotated[str, typer.Option("--by", metavar="TEXT", help="Who handed it over, else you.")] = "",
    corrects: CorrectsOption = None,
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that an authority was given an exported document."""
    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        made = office.onward.given(
            case,
            _authority(kind, authority, reference),
            document=document,
            on=on.date(),
            by_whom=by_whom,
            corrects=corrects,
            by=office.principal,
        )
        state = office.onward.state(case, by=office.principal)
    _told(f"Case {case.number}: entry {made.id}, given to {printable(made.authority)}", made, state, as_json)


@onward.command("family")
def family(  # noqa: PLR0913, PLR0917 - one parameter an option
    kind: KindOption,
    authority: NameOption,
    reference: ReferenceOption,
    on: DayOption,
    known_by: Annotated[
        str, typer.Option("--known-by", metavar="TEXT", help="How you know, such as a letter.")
    ],
    corrects: CorrectsOption = None,
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that an authority informed the family. Antigone itself informs nobody."""
    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        made = office.onward.family_informed(
            case,
            _authority(kind, authority, reference),
            on=on.date(),
            known_by=known_by,
            corrects=corrects,
            by=office.principal,
        )
        state = office.onward.state(case, by=office.principal)
    _told(
        f"Case {case.number}: entry {made.id}, the family was informed by {printable(made.authority)}",
        made,
        state,
        as_json,
    )


@onward.command("withdraw")
def withdraw_entry(
    entry: Annotated[int, typer.Argument(metavar="N", help="Number of the entry.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it does not hold.")],
    number: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that an entry does not hold. It stays on record."""
    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        made = office.onward.withdraw(case, entry, reason=reason, by=office.principal)
        state = office.onward.state(case, by=office.principal)
    _told(f"Case {case.number}: entry {made.id} withdraws {entry}", made, state, as_json)


@onward.command("show")
def show_onward(number: CaseOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the onward record of a case, entries that do not hold included."""
    from antigone.casework.report.particulars import onward_state_document

    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        state = office.onward.state(case, by=office.principal)
    if as_json:
        output.print_json(onward_state_document(case, state))
        return
    rows = [
        (
            str(entry.id),
            entry.kind if entry in state.standing else f"{entry.kind}, does not hold",
            f"{entry.authority}, {entry.reference}",
            f"{entry.on_day:%Y-%m-%d}",
            entry.note or (entry.document or "")[:16],
        )
        for entry in state.entries
    ]
    columns = ("entry", "what", "authority", "on", "how, or document")
    output.print_table(output.table(columns, rows, right=("entry",)))
    informed = "is recorded as informed" if state.family_informed else "is not recorded as informed"
    output.say(f"The family {informed}.")


def _authority(kind: AuthorityKind, name: str, reference: str) -> Authority:
    from antigone.casework.onward import Authority
    from antigone.casework.onward import AuthorityKind as Known

    return Authority(kind=Known(kind.value), name=name, reference=reference)


def _told(text: str, made: OnwardRecord, state: OnwardState, as_json: bool) -> None:
    if as_json:
        from antigone.casework.report.particulars import onward_document

        output.print_json(onward_document(made, state))
        return
    output.say(text)
