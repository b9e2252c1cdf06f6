"""What the commands print: human text or one JSON document on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from antigone.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from antigone.errors import AntigoneError

UNWRAPPED = 10_000  # columns where nobody looks at a terminal: a line stays a line


def console(*, stderr: bool = False) -> Console:
    """Return a console that wraps for terminals only and takes no markup from what it prints."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else UNWRAPPED
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def say(text: str = "") -> None:
    """Print a line for people on stdout."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Print a line beside the answer, on stderr."""
    sys.stderr.write(text + "\n")


def say_notices(notices: Iterable[str]) -> None:
    """Print the sentences that stand beside an answer."""
    for notice in notices:
        say(f"Notice: {printable(notice)}")


def print_json(document: object) -> None:
    """Print the one document of a ``--json`` command, in UTF-8 whatever the terminal speaks."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    # A file name may hold bytes that are no text; backslashreplace writes them as JSON's own escapes.
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def show_error(error: AntigoneError, *, as_json: bool) -> None:
    """Print a typed error: as text on stderr, or with ``--json`` as the document on stdout."""
    if as_json:
        print_json(
            {"error": {"code": error.code, "message": error.message, "hint": error.hint, **error.details}}
        )
        return
    note(f"error[{error.code}]: {_lines(error.message)}")
    if error.hint:
        note(f"hint: {_lines(error.hint)}")


def print_table(built: Table) -> None:
    """Print a table without the blanks that fill its last column."""
    screen = console()
    with screen.capture() as caught:
        screen.print(built)
    say("\n".join(line.rstrip() for line in caught.get().splitlines()))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> Table:
    """Build a plain table; columns named in ``right`` are numbers. Texts are made safe to print."""
    from rich.table import Table

    built = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for name in columns:
        built.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        built.add_row(*map(printable, row))
    return built


def _lines(text: str) -> str:
    return "\n".join(map(printable, text.splitlines()))
