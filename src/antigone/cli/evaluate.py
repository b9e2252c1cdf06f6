"""`antigone evaluate`: how often comparisons and searches err, on labelled photos of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.errors import UsageError
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.evaluate.protocols import TrialFiles
    from antigone.evaluate.run import EvaluationRequest, Prepared
    from antigone.evaluate.scorecard import Scorecard
    from antigone.evaluate.verification import Wishes
    from antigone.workspace import Workspace

app = typer.Typer(
    help="Measure errors on labelled photos, and what a score is worth.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

PhotosOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder with a folder for each person, or of a published set."),
]
ManifestOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Manifest with the columns photo and subject_id instead of folders."),
]
ProtocolOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="lfw, calfw, cplfw, cfp-ff, cfp-fp, agedb-30, ijb or csv; told by the list if not.",
    ),
]
ScoresOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Judge the scores of this file instead, from whatever system."),
]
DoubtfulOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Pairs of names that may be one person, a pair a line; figures are also given without them.",
    ),
]
GroupOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--group-by", metavar="COLUMN", help="Errors by group, a column of the manifest; repeatable."
    ),
]
QualityOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Quality of the photos by others, such as OFIQ's table, to be held against errors too.",
    ),
]
TemplatesOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Keep templates in this folder and use those there; without it none are kept."
    ),
]
ReportOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write scorecard (HTML and PDF), figures, scores and doubted labels."),
]


KeepOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--keep",
        metavar="TEXT",
        help="Keep the figures as your organisation's measure, for its reports; TEXT: whom the photos show.",
    ),
]


@app.command()
def verification(  # noqa: PLR0913 - one parameter an option
    *,
    photos: PhotosOption = None,
    pairs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="List of pairs to compare; without it every pair of photos."),
    ] = None,
    manifest: ManifestOption = None,
    protocol: ProtocolOption = None,
    scores: ScoresOption = None,
    doubtful: DoubtfulOption = None,
    group_by: GroupOption = None,
    quality: QualityOption = None,
    templates: TemplatesOption = None,
    report: ReportOption = None,
    keep: KeepOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how often two photos are judged wrongly (1:1).

    A photo without a template counts as a miss. Photos of the same person are those in one folder, or as
    the list of pairs says.
    """
    from antigone.evaluate import documents, run
    from antigone.evaluate import scores as score_files
    from antigone.evaluate.report import SCORES, check_folder, write_card, write_suspects
    from antigone.evaluate.scorecard import verification_card

    if report is not None:
        check_folder(report)
    if scores is not None:
        if keep is not None:
            raise UsageError("only what this workspace measured itself is kept, not the scores of a file")
        result = score_files.verification_of(score_files.read_scores(scores))
        card = verification_card(result, run.outside_origin(scores))
        document = documents.verification_document(result)
    else:
        files = _files(protocol, photos=photos, pairs=pairs, manifest=manifest)
        request = _request(files, _wishes(doubtful, group_by, quality), templates)
        with open_workspace(home) as workspace, _progress() as told:
            request = told.watching(request)
            result, made = workspace.evaluation.verification(request)
            document = {**documents.verification_document(result), "evaluation": made.origin.document()}
            _keep(workspace, document, made, keep)
        card = run.verification_report(result, made, workspace.settings)
        if report is not None:
            assert result.trial is not None
            write_suspects(report, result.suspects, result.trial.material)
            score_files.write_scores(report / SCORES, score_files.pair_rows(result))
    if report is not None:
        write_card(report, card, document)
    _show(card, document, report, as_json=as_json)


@app.command()
def identification(  # noqa: PLR0913 - one parameter an option
    *,
    gallery: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the people who are searched in.")
    ] = None,
    probes: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the people who are searched for.")
    ] = None,
    photos: PhotosOption = None,
    manifest: ManifestOption = None,
    protocol: ProtocolOption = None,
    scores: ScoresOption = None,
    doubtful: DoubtfulOption = None,
    group_by: GroupOption = None,
    quality: QualityOption = None,
    templates: TemplatesOption = None,
    report: ReportOption = None,
    keep: KeepOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how often a search misses the person, or returns somebody else (1:N).

    People of --probes who are not in --gallery are the open set. With --photos alone the first photo of
    each person is the gallery, and the others are searched for.
    """
    from antigone.evaluate import documents, run
    from antigone.evaluate import scores as score_files
    from antigone.evaluate.report import SCORES, check_folder, write_card, write_suspects
    from antigone.evaluate.scorecard import identification_card

    if report is not None:
        check_folder(report)
    if scores is not None:
        if keep is not None:
            raise UsageError("only what this workspace measured itself is kept, not the scores of a file")
        result = score_files.identification_of(score_files.read_scores(scores))
        card = identification_card(result, run.outside_origin(scores))
        document = documents.identification_document(result)
    else:
        files = _files(protocol, photos=photos, gallery=gallery, probes=probes, manifest=manifest)
        request = _request(files, _wishes(doubtful, group_by, quality), templates)
        with open_workspace(home) as workspace, _progress() as told:
            request = told.watching(request)
            result, made = workspace.evaluation.identification(request)
            document = {**documents.identification_document(result), "evaluation": made.origin.document()}
            _keep(workspace, document, made, keep)
        card = run.identification_report(result, made, workspace.settings)
        if report is not None:
            assert result.trial is not None
            write_suspects(report, result.suspects, result.trial.material)
            score_files.write_scores(report / SCORES, score_files.search_rows(result))
    if report is not None:
        write_card(report, card, document)
    _show(card, document, report, as_json=as_json)


@app.command()
def calibrate(  # noqa: PLR0913 - one parameter an option
    *,
    photos: PhotosOption = None,
    manifest: ManifestOption = None,
    protocol: ProtocolOption = None,
    doubtful: DoubtfulOption = None,
    templates: TemplatesOption = None,
    report: ReportOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn what a score is worth, as a likelihood ratio, and use it from now on.

    At least 60 people with two photos each are needed; half of them are only tested on.
    """
    from antigone.evaluate.report import check_folder, write_card
    from antigone.evaluate.scorecard.calibration_card import calibration_card

    if report is not None:
        check_folder(report)
    request = _request(_files(protocol, photos=photos, manifest=manifest), _wishes(doubtful), templates)
    with open_workspace(home) as workspace, _progress() as told:
        found, kept = workspace.evaluation.calibrate(told.watching(request))
    card, document = calibration_card(found, kept), kept.document()
    if report is not None:
        write_card(report, card, document)
    _show(card, document, report, as_json=as_json)


@app.command()
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the calibrations, and what is known of strangers' scores in each collection."""
    with open_workspace(home) as workspace:
        calibrations, strangers = workspace.evaluation.calibrations(), workspace.evaluation.strangers()
    if as_json:
        output.print_json(
            {
                "calibrations": [one.document() for one in calibrations],
                "collections": {
                    name: {
                        "references": known.references,
                        "people": None if known.background is None else known.background.people,
                    }
                    for name, known in sorted(strangers.items())
                },
            }
        )
        return
    if not calibrations:
        output.say("No calibration: scores have no likelihood ratio (see antigone evaluate calibrate).")
    for place, one in enumerate(calibrations):
        used = place == [other.model for other in calibrations].index(one.model)
        output.say(
            f"Calibration {one.id} of {one.model}{', in use' if used else ''}: made "
            f"{one.made_at:%Y-%m-%d %H:%M} UTC on {one.people:,} people, material {one.material[:16]}, "
            f"SHA-256 {one.sha256[:16]}"
        )
        rows = [
            (
                stratum.name,
                f"{stratum.cllr:.4f}",
                f"{stratum.cllr_cal:.4f}",
                f"{stratum.lower:.2f}",
                f"{stratum.upper:.2f}",
            )
            for stratum in one.strata
        ]
        columns = ("stratum", "Cllr", "Cllr_cal", "log10(LR) from", "to")
        output.print_table(output.table(columns, rows, right=columns[1:]))
        output.say()
    for name, known in sorted(strangers.items()):
        learnt = (
            "too few people to say what strangers score"
            if known.background is None
            else f"strangers' scores learnt from about {known.background.people:,} people"
        )
        output.say(f"{printable(name)}: {known.references:,} references, {learnt}")


@app.command()
def kept(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the evaluations that your organisation keeps."""
    with open_workspace(home) as workspace:
        found = workspace.office.measurements.all(by=workspace.office.principal)
    if as_json:
        output.print_json({"evaluations": [one.document() for one in found]})
        return
    if not found:
        output.note("None is kept yet: antigone evaluate verification ... --keep TEXT")
    for one in found:
        record = one.record
        dead = ", declared to be on post-mortem faces" if one.on_the_dead else ""
        output.say(
            f"Evaluation {record.id}: {record.kind} of {record.model} on {record.people:,} people{dead}, "
            f"figures {record.sha256}, {printable(record.note)}"
        )


@app.command("post-mortem")
def post_mortem(
    figures: Annotated[
        str, typer.Argument(metavar="SHA256", help="Of the figures.json of a kept evaluation.")
    ],
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why: whose faces, who saw to it.")],
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take such a statement back.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """State that a kept evaluation was on faces of the dead; takes a supervisor.

    Until there is such a statement, everything found in a case about somebody dead is marked as not
    validated for post-mortem faces.
    """
    with open_workspace(home) as workspace:
        office = workspace.office
        made = office.measurements.declare(figures, holds=not withdraw, note=note, by=office.principal)
    if as_json:
        output.print_json(made.document())
        return
    word = "is" if made.on_the_dead else "is not"
    output.say(f"Evaluation {made.record.id} {word} declared to be on post-mortem faces")


def _keep(workspace: Workspace, document: dict[str, object], made: Prepared, keep: str | None) -> None:
    if keep is None:
        return
    office = workspace.office
    assert made.origin.audit is not None
    kept_ = office.measurements.keep(document, measured=made.origin.audit, note=keep, by=office.principal)
    output.note(f"Kept as evaluation {kept_.record.id}, figures {kept_.record.sha256}")


def _files(protocol: str | None, **named: Path | None) -> TrialFiles:
    from antigone.evaluate.protocols import Protocol, TrialFiles

    try:
        return TrialFiles(protocol=None if protocol is None else Protocol(protocol), **named)
    except ValueError as error:
        raise UsageError(
            f"there is no protocol {printable(str(protocol))}", hint=f"there are: {', '.join(Protocol)}"
        ) from error


def _request(files: TrialFiles, wishes: Wishes, templates: Path | None) -> EvaluationRequest:
    from antigone.evaluate.run import EvaluationRequest

    return EvaluationRequest(files=files, wishes=wishes, templates=templates)


def _wishes(doubtful: Path | None, group_by: list[str] | None = None, quality: Path | None = None) -> Wishes:
    from antigone.evaluate.outside_quality import read_quality
    from antigone.evaluate.suspects import read_doubtful
    from antigone.evaluate.verification import Wishes

    return Wishes(
        doubtful=() if doubtful is None else read_doubtful(doubtful),
        group_by=tuple(group_by or ()),
        quality=None if quality is None else read_quality(quality),
    )


def _progress() -> _Told:
    return _Told()


class _Told:
    """Tells on stderr how far the extraction is."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("photos"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=output.console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> _Told:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def watching(self, request: EvaluationRequest) -> EvaluationRequest:
        """Return the request, to be told of its progress."""
        from dataclasses import replace

        return replace(
            request,
            progress=lambda done, total: self._progress.update(self._task, completed=done, total=total),
        )


def _show(card: Scorecard, document: dict[str, object], report: Path | None, *, as_json: bool) -> None:
    if report is not None:
        output.note(f"Report: {printable(str(report / 'scorecard.html'))} and scorecard.pdf")
    if as_json:
        output.print_json(document)
        return
    output.say(card.title)
    for label, value in card.facts:
        output.say(f"  {label}: {value}")
    for section in card.sections:
        if section.faces:
            output.say(
                f"\n{section.title}: {len(section.faces)} pairs of photos"
                + ("" if report is not None else "; --report DIR shows them")
            )
            continue
        if not (section.tables or section.points):
            continue
        output.say(f"\n{section.title}")
        for point in section.points:
            output.say(f"- {point}")
        for table in section.tables:
            output.say()
            output.say(table.title)
            output.print_table(output.table(table.columns, table.rows, right=table.columns[1:]))
    output.say(f"\n{card.notice}")
