"""`antigone case report`: a case for people outside the unit as one file, with proofs of its log entries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, UnblurredOption, open_workspace
from antigone.errors import ConflictError, UsageError
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.casework.handing import Form

PROOFS = ".proofs"  # ending of the file beside a report


def report(
    number: Annotated[str | None, typer.Argument(metavar="[C-000001]", show_default=False)] = None,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file, .pdf or .html.")],
    unblurred: UnblurredOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the report of a case, and beside it FILE.proofs with the proofs of its entries in the audit log.

    Question, material with hashes, method and its measured errors, candidates, decisions, limits, conclusion.
    antigone audit verify --proof FILE.proofs --key KEYS --document FILE checks it without this workspace.
    """
    from antigone.audit.files import write_whole

    form = checked_form(out)
    beside = out.with_name(out.name + PROOFS)
    if beside.exists():
        raise ConflictError(f"{printable(str(beside))} is there already", hint="name another file")
    with open_workspace(home) as workspace:
        office = workspace.office
        case = office.case_at_hand(number)
        made = office.documents.report(case, form, by=office.principal, unblurred=unblurred)
        write_whole(out, [made.content])
        write_whole(beside, [office.documents.proofs(case, by=office.principal)])
    if as_json:
        output.print_json({"case": case.number, "file": str(out), "proofs": str(beside), **made.document()})
        return
    output.say(f"Wrote the report of case {case.number} to {printable(str(out))}")
    output.say(f"sha256 {made.sha256}")
    output.say(f"Audit entry {made.audit}; its proofs: {printable(str(beside))}")


def checked_form(target: Path) -> Form:
    """Return what a document is to be written as, by the ending of its file, which must be a new one.

    Raises `UsageError` and `ConflictError`, before any work is done for it.
    """
    from antigone.casework.handing import Form

    ending = target.suffix.lower().removeprefix(".")
    ending = "html" if ending == "htm" else ending
    if ending not in set(Form):
        raise UsageError(
            f"{printable(target.name)} names no form of a document", hint=f"it ends in {', '.join(Form)}"
        )
    if target.exists():
        raise ConflictError(f"{printable(str(target))} is there already", hint="name another file")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"the folder of {printable(str(target))} does not exist")
    return Form(ending)
