"""Where the command line starts and ends: one exit code, and errors as a sentence instead of a traceback."""

from __future__ import annotations

import os
import sys
import traceback
from io import TextIOWrapper

import typer

from antigone.cli import output
from antigone.cli.app import app
from antigone.errors import AntigoneError, UsageError

INTERRUPTED = 130  # as shells report a process that Ctrl-C ended
INTERNAL = 70  # a defect of Antigone itself; 1 and 2 mean other things


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name that the terminal cannot show must not end the command
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough; typer ends with 1 here too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    raise SystemExit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    as_json = "--json" in arguments
    try:
        code = app(args=arguments, prog_name="antigone", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except AntigoneError as error:
        output.show_error(error, as_json=as_json)
        return error.exit_code
    except typer.TyperException as error:
        hint = "`antigone COMMAND --help` shows what a command takes"
        output.show_error(UsageError(error.format_message(), hint=hint), as_json=as_json)
        return UsageError.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outermost edge: said in full, then the end
        traceback.print_exc()
        text = f"this is a defect of Antigone: {type(error).__name__}: {error}"
        output.show_error(AntigoneError(text, hint="please report it with the lines above"), as_json=as_json)
        return INTERNAL
