"""`antigone audit timestamp`: have an authority confirm when a checkpoint existed (RFC 3161)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.audit.timestamps import TimeStamp

app = typer.Typer(
    help="Have an authority confirm when a checkpoint existed (RFC 3161).",
    no_args_is_help=True,
    rich_markup_mode=None,
)
CheckpointArgument = Annotated[
    Path, typer.Argument(metavar="CHECKPOINT", help="As antigone audit checkpoint --to wrote it.")
]
ResponseArgument = Annotated[Path, typer.Argument(metavar="RESPONSE", help="What the authority answered.")]
RootOption = Annotated[
    Path,
    typer.Option(
        "--root", metavar="FILE", help="Certificates of the authority that you trust, PEM; the root at least."
    ),
]


@app.command("request")
def request(
    checkpoint: CheckpointArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="File for the request.")],
    as_json: JsonOption = False,
) -> None:
    """Write the request to have a checkpoint stamped.

    Nothing is sent. Carry it to an authority of your choice, for example with
    curl -H 'Content-Type: application/timestamp-query' --data-binary @FILE ADDRESS -o RESPONSE
    """
    from antigone.audit.files import read_small, write_whole
    from antigone.audit.timestamps import make_request

    write_whole(to, [make_request(read_small(checkpoint))])
    if as_json:
        output.print_json({"file": str(to)})
        return
    output.say(f"Wrote the request to {printable(str(to))}")


@app.command("verify")
def verify(
    checkpoint: CheckpointArgument, response: ResponseArgument, root: RootOption, as_json: JsonOption = False
) -> None:
    """Check what an authority answered about a checkpoint. No workspace is needed."""
    from antigone.audit.files import read_small
    from antigone.audit.timestamps import verify_response

    stamp = verify_response(read_small(checkpoint), read_small(response), read_small(root))
    _print(stamp, None, as_json=as_json)


@app.command("accept")
def accept(
    checkpoint: CheckpointArgument,
    response: ResponseArgument,
    root: RootOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check what an authority answered about a checkpoint of this log, and write that down in the log.

    Keep checkpoint and response together: they are the proof.
    """
    from antigone.access import Permission
    from antigone.audit.files import read_small
    from antigone.audit.timestamps import accept_response

    with open_workspace(home) as workspace:
        workspace.office.principal.require(Permission.AUDIT_READ)
        stamp, entry = accept_response(
            workspace.audit, read_small(checkpoint), read_small(response), read_small(root)
        )
    _print(stamp, entry, as_json=as_json)


def _print(stamp: TimeStamp, entry: int | None, *, as_json: bool) -> None:
    from antigone.audit.verifier import counted

    time = stamp.time.isoformat().replace("+00:00", "Z")
    if as_json:
        output.print_json(
            {
                "time": time,
                "authority": stamp.authority,
                "size": stamp.size,
                "root": stamp.root,
                "response": stamp.response,
                "audit": entry,
            }
        )
        return
    output.say(f"The checkpoint of {counted(stamp.size, 'entry', 'entries')} existed at {time}")
    output.say(
        f"Confirmed by {printable(stamp.authority) or 'an authority that gave no certificate of its own'}"
    )
    if entry is not None:
        output.say(f"Audit entry {entry}")
