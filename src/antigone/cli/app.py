"""The tree of commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antigone.cli import (
    audit,
    case,
    case_deceased,
    case_material,
    case_report,
    check,
    cluster,
    collection,
    compare,
    doctor,
    dossier,
    evaluate,
    exercise,
    export,
    import_,
    init,
    models,
    people,
    search,
    serve,
    show,
    standing,
    statistics,
    version,
)

app = typer.Typer(
    name="antigone",
    help="Find a face: photos in, candidates out. A score suggests; a person decides.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done, 1 nothing found or partly failed, 2 wrong usage, 3 and more: named errors.",
)


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home", metavar="DIR", help="Folder of the workspace; else ANTIGONE_HOME, else ./antigone-home."
        ),
    ] = None,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=version.print_and_exit, is_eager=True
        ),
    ] = False,
) -> None:
    """Find a face: photos in, candidates out. A score suggests; a person decides."""
    context.obj = home


app.command("init")(init.init)
app.add_typer(collection.app, name="collection")
app.add_typer(cluster.app, name="cluster")
app.command("import")(import_.import_)
collection.app.command("sought")(check.sought)
case.app.command("permit-list")(check.permit_list)
case.app.command("watch")(standing.watch)
case.app.command("unwatch")(standing.unwatch)
case.app.command("report")(case_report.report)
case.app.add_typer(case_deceased.particulars, name="particulars")
case.app.add_typer(case_deceased.onward, name="onward")
case.app.add_typer(case_material.exhibit, name="exhibit")
case.app.command("note")(case_material.note)
case.app.command("participants")(case_material.participants)
app.add_typer(case.app, name="case")
app.add_typer(standing.app, name="inbox")
app.command("statistics")(statistics.statistics)
app.add_typer(exercise.app, name="exercise")
app.command("search")(search.search)
app.command("compare")(compare.compare)
app.command("check")(check.check)
app.command("dossier")(dossier.dossier)
app.command("show")(show.show)
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.add_typer(evaluate.app, name="evaluate")
app.command("doctor")(doctor.doctor)
app.add_typer(audit.app, name="audit")
app.add_typer(models.app, name="models")
app.add_typer(people.app, name="people")
app.command("version")(version.version)
