"""`antigone collection`: what is kept, whose it is, and by what right."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.documents import Document, collection_document
from antigone.cli.materials import material_lines
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.types import CollectionInfo
    from antigone.workspace import CollectionReport

app = typer.Typer(
    help="Add and show collections.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
EXAMPLES = 3  # locations shown for each failure code
# Where nothing else is said, the law of the place where the owner is established governs the material.
OWNERS_JURISDICTION = "that of the owner's establishment"


@app.command("add")
def add(  # noqa: PLR0913 - one parameter an option
    name: Annotated[str, typer.Argument(metavar="NAME", help="Short name, used with --into and --in.")],
    *,
    owner: Annotated[str, typer.Option(metavar="TEXT", help="Who answers for the material.")],
    source: Annotated[str, typer.Option(metavar="TEXT", help="Where the photos come from.")],
    purpose: Annotated[str, typer.Option(metavar="TEXT", help="What they are kept and searched for.")],
    basis: Annotated[str, typer.Option(metavar="TEXT", help="Legal basis, such as an order or a consent.")],
    jurisdiction: Annotated[
        str, typer.Option(metavar="TEXT", help="Whose law governs it, such as UA or the Netherlands.")
    ] = OWNERS_JURISDICTION,
    retain_until: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="Last day the material may be kept, YYYY-MM-DD."
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a collection.

    All of it must be said: nothing may enter without an owner, a source, a purpose, a legal basis and an end.
    A notice says what Article 5(1)(e) of the EU AI Act forbids; the log keeps that it was shown.
    """
    from antigone.custody import SCRAPING_NOTICE, notice_digest

    with open_workspace(home) as workspace:
        info = workspace.add_collection(
            name=name,
            owner=owner,
            source=source,
            purpose=purpose,
            basis=basis,
            jurisdiction=jurisdiction,
            retain_until=retain_until.date(),
            notice=notice_digest(),
        )
        output.note(f"{SCRAPING_NOTICE}\n")
    if as_json:
        output.print_json({"collection": collection_document(info)})
        return
    output.say(f"Added collection {printable(info.name)}, to be kept until {info.retain_until}")
    output.note(f"Next: antigone import PATH --into {printable(info.name)}")


@app.command("set")
def set_(  # noqa: PLR0913 - one parameter an option
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    owner: Annotated[str | None, typer.Option(metavar="TEXT", help="Who answers for the material.")] = None,
    source: Annotated[str | None, typer.Option(metavar="TEXT", help="Where the photos come from.")] = None,
    purpose: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What they are kept and searched for.")
    ] = None,
    basis: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Legal basis, such as an order or a consent.")
    ] = None,
    jurisdiction: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Whose law governs it, such as UA or the Netherlands.")
    ] = None,
    retain_until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="Last day the material may be kept, YYYY-MM-DD."
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Complete or change what is said of a collection.

    Nothing may enter a collection of which something is not said, such as the jurisdiction of one that an
    older version made. The log keeps each change.
    """
    texts = {
        "owner": owner,
        "source": source,
        "purpose": purpose,
        "basis": basis,
        "jurisdiction": jurisdiction,
        "retain_until": None if retain_until is None else retain_until.date(),
    }
    said = {field: value for field, value in texts.items() if value is not None}
    with open_workspace(home) as workspace:
        before = workspace.collection(name).info
        info = workspace.custody.change(name, said, by=workspace.office.principal)
    if as_json:
        output.print_json({"collection": collection_document(info)})
        return
    changed = {field: (getattr(before, field), getattr(info, field)) for field in said}
    for field, (was, now) in changed.items():
        label = field.replace("_", " ")
        if was == now:
            output.say(f"{label} stays: {printable(str(now))}")
        else:
            output.say(f"{label}: {printable(str(was)) or 'not said'} -> {printable(str(now))}")


@app.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the collections with what they hold."""
    with open_workspace(home) as workspace:
        reports = workspace.collections()
    if as_json:
        output.print_json({"collections": [_summary(report) for report in reports]})
    elif not reports:
        output.note("There is no collection yet. Next: antigone collection add NAME --owner ...")
    else:
        rows = [
            (
                report.info.name,
                f"{report.counts.photos:,}",
                f"{report.counts.faces:,}",
                f"{sum(report.counts.failures.values()):,}",
                report.info.owner,
                report.info.purpose,
                _retention(report.info),
            )
            for report in reports
        ]
        columns = ("name", "photos", "faces", "failed", "owner", "purpose", "retain until")
        output.print_table(output.table(columns, rows, right=("photos", "faces", "failed")))


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    failures: Annotated[
        bool, typer.Option("--failures", help="List every photo that failed, with its reason.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one collection with the material it received and its failures."""
    with open_workspace(home) as workspace:
        report = workspace.collection(name)
        examples = workspace.failures(name, each=None if failures else EXAMPLES)
        materials = workspace.materials(name)
    if as_json:
        shown = [{"code": item.code, "source": item.source, "message": item.message} for item in examples]
        received = [material.document() for material in materials]
        output.print_json({**_summary(report), "materials": received, "examples": shown})
        return
    info, counts = report.info, report.counts
    facts = [
        ("name", info.name),
        ("owner", info.owner),
        ("source", info.source),
        ("purpose", info.purpose),
        ("legal basis", info.basis),
        ("jurisdiction", info.jurisdiction or "not said; see antigone collection set"),
        ("retain until", _retention(info)),
        ("added", f"{info.created_at:%Y-%m-%d %H:%M} UTC"),
        ("photos", f"{counts.photos:,}"),
        ("faces", f"{counts.faces:,}"),
        ("imports", f"{counts.imports:,}"),
        ("failed", f"{sum(counts.failures.values()):,}"),
    ]
    for label, value in facts:
        output.say(f"{label:<13}{printable(value)}")
    if materials:
        output.say(f"\nreceived: {len(materials):,}")
    for line in material_lines(materials):
        output.say(f"  {line}")
    for code, count in counts.failures.items():
        output.say(f"\n{code}: {count:,}")
        for item in (item for item in examples if item.code == code):
            output.say(f"  {printable(item.source)}: {printable(item.message)}")
        if not failures and count > EXAMPLES:
            output.say(f"  and {count - EXAMPLES:,} more; --failures lists them all")


def _summary(report: CollectionReport) -> Document:
    counts = report.counts
    return {
        **collection_document(report.info),
        "photos": counts.photos,
        "faces": counts.faces,
        "imports": counts.imports,
        "failures": dict(counts.failures),
    }


def _retention(info: CollectionInfo) -> str:
    passed = info.retain_until < datetime.now().astimezone().date()
    return f"{info.retain_until} (passed)" if passed else str(info.retain_until)
