"""`antigone audit`: read the log of what was done, verify it, and hand it to outsiders."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import audit_timestamp, output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.errors import UsageError
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.audit import AuditEntry
    from antigone.audit.verifier import PublicKey, Report
    from antigone.workspace import Workspace

app = typer.Typer(
    help="Read and verify the log of what was done, and hand it to outsiders.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(audit_timestamp.app, name="timestamp")
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
SHOWN = 20  # entries of a list, unless asked otherwise

TargetOption = Annotated[
    Path, typer.Option("--to", metavar="FILE", help="File to write; never over another.")
]


@app.command("list")
def list_(
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Only this kind. Repeatable.")
    ] = None,
    *,
    since: Annotated[datetime | None, typer.Option(formats=FORMATS, help="From this moment on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=FORMATS, help="Before this moment, UTC.")] = None,
    after: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="The first entries numbered above N, not the last.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="At most so many.")] = SHOWN,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List entries of the log, by default the last ones. Times are UTC."""
    from itertools import islice

    from antigone.records.audit import AuditFilter

    wanted = AuditFilter(after=after or 0, kinds=tuple(kind or ()), since=_utc(since), until=_utc(until))
    with open_workspace(home) as workspace:
        _reader(workspace)
        total = workspace.audit.count(wanted)
        if after is None:
            found = workspace.audit.newest(wanted, limit=limit)
        else:
            found = tuple(islice(workspace.audit.entries(wanted), limit))
    if as_json:
        output.print_json({"entries": [_document(entry) for entry in found], "total": total})
        return
    rows = [(f"{entry.seq}", _time(entry.at), entry.kind, _summary(entry)) for entry in found]
    output.print_table(output.table(("entry", "time (UTC)", "kind", "about"), rows, right=("entry",)))
    if total > len(found):
        output.note(f"{len(found):,} of {total:,} entries; --limit, --after, --kind, --since choose others")


@app.command("show")
def show(
    number: Annotated[int, typer.Argument(min=1, metavar="N", help="Number of the entry.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one entry in full."""
    with open_workspace(home) as workspace:
        _reader(workspace)
        entry = workspace.audit.entry(number)
    if as_json:
        output.print_json(_document(entry))
        return
    output.say(f"entry {entry.seq}, {_time(entry.at)} UTC, {printable(entry.kind)}")
    output.say(json.dumps(entry.body, indent=2, sort_keys=True))


@app.command("verify")
def verify(
    *,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="An exported log; else that of the workspace."),
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option("--proof", metavar="FILE", help="Proofs of one or several entries; needs no log."),
    ] = None,
    document: Annotated[
        Path | None,
        typer.Option(
            "--document",
            metavar="FILE",
            help="A document, such as a report, that one of the proofs tells of.",
        ),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="FILE", help="Public keys that you trust, oldest first. Repeatable."),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that a witness kept. Repeatable."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify the log step by step, and name the first bad entry.

    With --log or --proof no workspace is needed: only the public key, and a checkpoint that a witness kept.
    Exit code 1: the log is not what was signed or witnessed.
    """
    from antigone.audit.files import read_small

    keys = _keys(key)
    witnessed = {printable(str(path)): read_small(path) for path in checkpoint or ()}
    if document is not None and proof is None:
        raise UsageError("--document is held against the file of --proof", hint="give both")
    if log is not None or proof is not None:
        report = _verify_file(log, proof, keys, witnessed, document)
    else:
        from antigone.audit.check import verify_workspace

        with open_workspace(home) as workspace:
            report = verify_workspace(workspace.audit, keys, witnessed)
    proven = "The entry is proven." if report.entries == 1 else f"All {report.entries:,} entries are proven."
    _print_report(report, "The log is intact." if proof is None else proven, as_json=as_json)
    if not report.intact:
        raise typer.Exit(1)


def _verify_file(
    log: Path | None,
    proof: Path | None,
    keys: tuple[PublicKey, ...],
    witnessed: dict[str, bytes],
    document: Path | None,
) -> Report:
    from antigone.audit.files import LARGEST_PROOFS, digest_of, read_small
    from antigone.audit.verifier import read_file, verify_log, verify_proofs

    if log is not None and proof is not None:
        raise UsageError("--log and --proof are two different questions", hint="ask one after the other")
    if not keys:
        raise UsageError(
            "a file is verified with a public key that you trust: --key FILE",
            hint="the key written in the file itself proves nothing; ask for it on another way",
        )
    if proof is not None:
        if witnessed:
            raise UsageError("a proof carries its own checkpoint", hint="leave out --checkpoint")
        told_of = None if document is None else digest_of(document)
        return verify_proofs(read_small(proof, most=LARGEST_PROOFS), keys, told_of)
    assert log is not None
    try:
        return verify_log(read_file(log), keys, witnessed)
    except OSError as error:
        raise UsageError(f"{printable(str(log))} cannot be read: {error.strerror}") from error


@app.command("export")
def export(to: TargetOption, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Write the whole log with its checkpoints and public key to a file.

    It holds hashes and references, no photo, and never the private key.
    """
    from antigone.audit.export import export_log
    from antigone.audit.verifier import counted

    with open_workspace(home) as workspace:
        report = export_log(workspace.audit, to, by=_reader(workspace))
    if as_json:
        output.print_json(
            {
                "file": str(to),
                "entries": report.entries,
                "checkpoints": report.checkpoints,
                "sha256": report.sha256,
                "audit": report.audit,
            }
        )
        return
    entries = counted(report.entries, "entry", "entries")
    checkpoints = counted(report.checkpoints, "checkpoint", "checkpoints")
    output.say(f"Wrote {entries} and {checkpoints} to {printable(str(to))}")
    output.say(f"sha256 {report.sha256}")
    output.say(f"Audit entry {report.audit}")


@app.command("prove")
def prove(
    number: Annotated[int, typer.Argument(min=1, metavar="N", help="Number of the entry.")],
    to: TargetOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the proof that one entry stands in the log.

    It shows that entry and nothing of the others; antigone audit verify --proof checks it.
    """
    from antigone.audit.export import export_proof

    with open_workspace(home) as workspace:
        audit = export_proof(workspace.audit, number, to, by=_reader(workspace))
    if as_json:
        output.print_json({"file": str(to), "entry": number, "audit": audit})
        return
    output.say(f"Wrote the proof of entry {number:,} to {printable(str(to))}")
    output.say(f"Audit entry {audit}")


@app.command("checkpoint")
def checkpoint(
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="FILE|URL", help="Hand it to a witness: a file, or the address in the settings."
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the newest signed checkpoint, or hand it to a witness outside.

    An older checkpoint in FILE is replaced only where the log has merely grown since.
    """
    from antigone.audit.verifier import SignedCheckpoint, counted, encode_base64
    from antigone.audit.witness import hand_over_file, hand_over_http

    with open_workspace(home) as workspace:
        _reader(workspace)
        settings, log, entry = workspace.settings, workspace.audit, None
        if to is None:
            note = log.checkpoint()
        else:
            if to.startswith(("http://", "https://")):
                given = hand_over_http(log, to, allowed=settings.witness_url, method=settings.witness_method)
            else:
                given = hand_over_file(log, Path(to))
            note, entry = given.note, given.audit
    signed = SignedCheckpoint.parse(note).checkpoint
    if as_json:
        root = encode_base64(signed.root)
        output.print_json(
            {"size": signed.size, "root": root, "checkpoint": note.decode(), "to": to, "audit": entry}
        )
    elif to is None:
        output.say(note.decode().rstrip("\n"))
    else:
        size = counted(signed.size, "entry", "entries")
        output.say(f"Handed over the checkpoint of {size} to {printable(to)}")
        output.say(f"Audit entry {entry}")


@app.command("key")
def key(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write the public keys to this file instead.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the public keys of the log, oldest first: what an outsider needs, once."""
    from antigone.audit.files import write_whole

    with open_workspace(home) as workspace:
        workspace.audit.checkpoint()  # makes the key at the first use
        keys = [str(public) for public in workspace.audit.keys.public()]
    if to is not None:
        write_whole(to, [f"{public}\n".encode() for public in keys])
    if as_json:
        output.print_json({"keys": keys, "to": None if to is None else str(to)})
    elif to is None:
        output.say("\n".join(keys))
    else:
        output.say(f"Wrote {len(keys)} public key{'s' * (len(keys) > 1)} to {printable(str(to))}")


@app.command("new-key")
def new_key(
    lost: Annotated[
        bool, typer.Option("--lost", help="The old key is gone and cannot vouch for the new one.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign with a new key from now on. The change is written in the log and signed by both keys."""
    from antigone.access import Permission

    with open_workspace(home) as workspace:
        workspace.office.principal.require(Permission.ORGANISATIONS_MANAGE)
        public = str(workspace.audit.change_key(lost=lost))
    if as_json:
        output.print_json({"key": public, "lost": lost})
        return
    output.say(f"The log is now signed by {public}")
    if lost:
        output.note("Nothing vouches for it: give it to every witness and auditor on another way.")


def _reader(workspace: Workspace) -> int:
    """Return the number of whoever asks. Raises `ForbiddenError` where they may not read the log."""
    from antigone.access import Permission

    principal = workspace.office.principal
    principal.require(Permission.AUDIT_READ)
    return principal.person


# ---- what is printed ----------------------------------------------------------------------------


def _print_report(report: Report, verdict: str, *, as_json: bool) -> None:
    if as_json:
        output.print_json(report.document())
        return
    for step in report.steps:
        output.say(f"{step.number}. {step.title}: {step.outcome}. {printable(step.text)}")
    for remark in report.remarks:
        output.say(f"Remark: {printable(remark)}.")
    if report.finding is None:
        output.say(verdict)
    else:
        output.say(f"NOT INTACT: {report.finding.fault}, {report.finding.where}.")


def _document(entry: AuditEntry) -> dict[str, object]:
    at = entry.at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"entry": entry.seq, "at": at, "kind": entry.kind, "body": dict(entry.body)}


def _summary(entry: AuditEntry) -> str:
    """Say in some words what an entry is about."""
    shown = []
    for name, value in entry.body.items():
        if value is None or value in ([], {}):
            continue
        if isinstance(value, list):
            text = (
                ", ".join(map(str, value))
                if all(isinstance(item, str) for item in value)
                else str(len(value))
            )
        elif isinstance(value, dict):
            text = "/".join(f"{key} {item}" for key, item in value.items())
        else:
            text = str(value)
        shown.append(f"{name} {text if len(text) <= 40 else text[:16] + '…'}")
    return "; ".join(shown)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _utc(given: datetime | None) -> datetime | None:
    return None if given is None else given.replace(tzinfo=UTC)


def _keys(files: list[Path] | None) -> tuple[PublicKey, ...]:
    from antigone.audit.keys import read_public_keys

    keys: list[PublicKey] = []
    for file in files or ():
        try:
            keys += read_public_keys(file)
        except OSError as error:
            raise UsageError(f"{printable(str(file))} cannot be read: {error.strerror}") from error
    return tuple(keys)
