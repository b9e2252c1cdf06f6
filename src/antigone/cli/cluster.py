"""`antigone cluster`: which faces of a collection probably show one person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.persons import ClusterList, CorrectionReport, Persons, RunReport, ShownCluster
    from antigone.workspace import Workspace

# typer keeps the classes of its command tree to itself.
AnyContext = Any

NO_IDENTITY = "A cluster holds faces that probably show one person. It is no identity: a person must compare."


class _GroupByDefault(TyperGroup):
    """Lets ``antigone cluster NAME`` stand for ``antigone cluster run NAME``."""

    def parse_args(self, ctx: AnyContext, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_GroupByDefault,
    help="Group faces that probably show one person; `antigone cluster NAME` is short for `... run NAME`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
ClusterArgument = Annotated[int, typer.Argument(metavar="CLUSTER", help="Number of the cluster.")]
WhyOption = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it goes on record.")]


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Collection whose faces are grouped.")],
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Group all faces anew, not only those that came since.")
    ] = False,
    alike: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE",
            help="Score from which two faces count as one person; needed for a model that was not measured.",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Group the faces of a collection that came since the last run.

    What was split or merged by hand stays so.
    """
    with open_workspace(home) as workspace:
        report = clusters_of(workspace).group(name, afresh=afresh, alike=alike)
    if as_json:
        from antigone.persons.documents import run_document

        output.print_json(run_document(report))
    else:
        _print_run(report)


@app.command("list")
def list_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Collection.")],
    least_faces: Annotated[
        int, typer.Option("--faces", min=1, metavar="N", help="Only clusters of at least so many faces.")
    ] = 2,
    top: Annotated[int, typer.Option(min=1, help="How many clusters to list.")] = 50,
    largest: Annotated[
        bool, typer.Option("--largest", help="The largest first, instead of the loosest.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the clusters of a collection.

    The ones with the weakest link come first: there a look is worth most.
    """
    with open_workspace(home) as workspace:
        found = clusters_of(workspace).list(name, least_faces=least_faces, most=top, by_size=largest)
    if as_json:
        from antigone.persons.documents import list_document

        output.print_json(list_document(found))
    else:
        _print_list(found)


@app.command("show")
def show(
    cluster: ClusterArgument,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a sheet of the faces, .png or .html, in the same order."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the faces of a cluster, the one that fits worst first."""
    from antigone import identify

    if sheet is not None:
        identify.check_target(sheet)
    with open_workspace(home) as workspace:
        shown = clusters_of(workspace).show(cluster)
        if sheet is not None:
            from antigone.dossier.sheets import cluster_sheet

            identify.write_sheet(cluster_sheet(shown, workspace.settings), sheet)
    if as_json:
        from antigone.persons.documents import show_document

        output.print_json(show_document(shown))
    else:
        _print_cluster(shown)
    if sheet is not None:
        output.note(f"Sheet: {printable(str(sheet))}")


@app.command("split")
def split(
    cluster: ClusterArgument,
    references: Annotated[
        list[int],
        typer.Argument(metavar="REFERENCE...", help="The faces that show someone else, by their reference."),
    ],
    why: WhyOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that some faces of a cluster show another person than the rest.

    They become a cluster of their own. It goes on record and holds for every later run and import.
    """
    with open_workspace(home) as workspace:
        report = clusters_of(workspace).split(cluster, references, why=why)
    _print_correction(report, as_json=as_json)


@app.command("merge")
def merge(
    clusters: Annotated[list[int], typer.Argument(metavar="CLUSTER CLUSTER...", help="Numbers of clusters.")],
    why: WhyOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that several clusters show one person.

    It goes on record and holds for every later run and import.
    """
    with open_workspace(home) as workspace:
        report = clusters_of(workspace).merge(clusters, why=why)
    _print_correction(report, as_json=as_json)


@app.command("corrections")
def corrections(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Collection.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was split and merged by hand, by whom and why."""
    with open_workspace(home) as workspace:
        made = clusters_of(workspace).corrections(name)
    if as_json:
        from antigone.persons.documents import correction_document

        output.print_json({"corrections": [correction_document(one) for one in made]})
    elif not made:
        output.note("Nothing has been corrected by hand.")
    else:
        rows = [
            (
                str(one.id),
                one.kind,
                str(len(one.sides)),
                f"{one.made_at:%Y-%m-%d %H:%M}",
                one.made_by,
                one.reason,
            )
            for one in made
        ]
        columns = ("number", "kind", "faces", "made at, UTC", "by", "why")
        output.print_table(output.table(columns, rows, right=("number", "faces")))


def clusters_of(workspace: Workspace) -> Persons:
    """Return the clusters as whoever is at the keyboard may see and correct them."""
    return workspace.persons(by=workspace.office.principal)


def _print_run(report: RunReport) -> None:
    totals = report.totals
    what = "all faces anew" if report.afresh else "faces that came since the last run"
    output.say(f"Grouped {printable(report.collection)} ({report.model}): {what}")
    rows = [
        ("faces grouped", f"{report.faces:,}"),
        ("  too poor to begin", f"{report.poor:,}") if report.poor else ("", ""),
        ("clusters", f"{totals.clusters:,}"),
        ("  of several faces", f"{totals.several:,}"),
        ("  changed now", f"{report.changed:,}"),
        ("corrections kept", f"{report.corrections:,}"),
        ("two faces alike from", f"{report.rule.single:.3f}"),
        ("time", f"{report.seconds:.1f} s"),
    ]
    for label, value in filter(any, rows):
        output.say(f"  {label:<22}{value}")
    output.say(NO_IDENTITY)
    output.say(f"Audit entry {report.audit}")
    output.note(f"Next: antigone cluster list {printable(report.collection)}")


def _print_list(found: ClusterList) -> None:
    totals = found.totals
    several = f"{totals.several:,} of them of several faces"
    output.say(f"{totals.clusters:,} clusters in {printable(found.collection)}, {several} ({found.model})")
    left = totals.held - totals.grouped
    if left:
        output.say(f"{left:,} faces came since: antigone cluster {printable(found.collection)} groups them")
    output.say()
    rows = [
        (
            str(item.summary.id),
            f"{item.summary.faces:,}",
            "" if item.summary.weakest is None else f"{item.summary.weakest:.3f}",
            "" if item.mixed is None else f"{item.mixed.share:.0%}",
            "" if item.mixed is None else f"{item.mixed.mixed} of {item.mixed.clusters:,}",
        )
        for item in found.clusters
    ]
    columns = ("cluster", "faces", "weakest link", "mixed, if as loose", "on LFW")
    output.print_table(output.table(columns, rows, right=columns))
    output.say()
    output.say(NO_IDENTITY)


def _print_cluster(shown: ShownCluster) -> None:
    found = shown.cluster
    output.say(f"Cluster {found.id} of {printable(found.collection)}: {len(shown.faces):,} faces")
    if shown.mixed is not None:
        output.say(f"{shown.mixed.sentence()}.")
    output.say()
    rows = [
        (
            str(face.record.reference),
            "" if face.link is None else f"{face.link:.3f}",
            str(face.record.face),
            f"{face.record.quality:.0f}",
            face.record.source,
        )
        for face in shown.faces
    ]
    columns = ("reference", "link", "face", "quality", "source")
    output.print_table(output.table(columns, rows, right=("reference", "link", "face", "quality")))
    output.say()
    for one in shown.corrections:
        made = f"{one.made_at:%Y-%m-%d %H:%M} UTC by {printable(one.made_by)}"
        output.say(f"Correction {one.id}, {one.kind}, {made}: {printable(one.reason)}")
    output.say("A link is the mean score of a face to the others of the cluster.")
    output.say(NO_IDENTITY)
    output.say(f"Audit entry {shown.audit}")


def _print_correction(report: CorrectionReport, *, as_json: bool) -> None:
    if as_json:
        from antigone.persons.documents import corrected_document

        output.print_json(corrected_document(report))
        return
    if report.kind == "split":
        output.say(f"Split off {report.faces:,} faces as cluster {report.cluster}")
    else:
        output.say(
            f"Merged {len(report.clusters)} clusters; cluster {report.cluster} has {report.faces:,} faces"
        )
    for number in report.overrules:
        output.say(f"This overrules correction {number}")
    if report.same_photos:
        count = len(report.same_photos)
        output.note(f"Mind that {count} photo{'s' * (count > 1)} show this person more than once now")
    output.say(f"Correction {report.correction}, audit entry {report.audit}")
