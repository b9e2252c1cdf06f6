"""Writes the reference pages that are derived from the code, so that they cannot say anything else than it.

python tools/reference.py           write docs/commands.md, docs/settings.md and docs/errors.md
python tools/reference.py --check   say which of them differ from the code; exit code 1 if any does
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import SecretStr

from antigone import errors
from antigone.cli.app import app
from antigone.settings import Settings
from antigone.types import FailureCode

DOCS = Path(__file__).resolve().parents[1] / "docs"
# typer keeps the classes of its command tree to itself; only their few methods used here are public by habit.
AnyCommand = Any
GENERATED = "<!-- Written by `make reference` from the code; edits here are lost. -->"

KINDS: dict[object, str] = {
    Path: "path",
    str: "text",
    SecretStr: "text, kept secret",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    type(None): "nothing",
}

# What a person can do about each kind of photo that gave no template. The meaning stands beside it.
FAILURES: dict[FailureCode, tuple[str, str]] = {
    FailureCode.UNREADABLE: (
        "The file could not be opened: no permission, vanished, or the disk failed.",
        "Look at the file's permissions and at the disk, then import again.",
    ),
    FailureCode.EMPTY: ("The file has no bytes.", "Get the file again from where it came."),
    FailureCode.UNSUPPORTED_FORMAT: (
        "By its content the file is no JPEG, PNG, WebP or GIF, whatever its name says.",
        "Convert it; keep the original.",
    ),
    FailureCode.CANNOT_PARSE: (
        "The image data is damaged or cut off.",
        "Get the file again; a cut-off copy is not guessed at.",
    ),
    FailureCode.FILE_TOO_LARGE: (
        "The file is larger than `max_file_bytes`.",
        "Raise the limit if you trust the source.",
    ),
    FailureCode.TOO_MANY_PIXELS: (
        "The photo would unfold to more than `max_pixels`, or a side is longer than `max_side`.",
        "Raise the limit if you trust the source; a small file with huge pixels may be an attack.",
    ),
    FailureCode.LINK_LOOP: ("A symbolic link leads back to itself.", "Mend the link or leave it out."),
    FailureCode.NOT_ALLOWED: (
        "A URL that may not be read: a web address without `allow_http`, one that leads to this machine or a "
        "private network, one with credentials in it, or a place nearer than the manifest that names it.",
        "See [sources](sources.md) for what may be named, and how.",
    ),
    FailureCode.ROW_UNREADABLE: (
        "A row of a manifest cannot be understood: not UTF-8, ragged, no JSON object, or too long.",
        "Mend the row with that number, then import the manifest again.",
    ),
    FailureCode.ROW_WITHOUT_PHOTO: ("A row of a manifest names no photo.", "As above."),
    FailureCode.NOT_A_MANIFEST: (
        "A file that was named as a manifest has no column `photo`, or is not UTF-8 text.",
        "Name the column that holds the photos `photo`, and save the table as UTF-8.",
    ),
    FailureCode.MATERIAL_DAMAGED: (
        "A manifest or web archive is damaged at that place; what could be read is in the collection.",
        "Get the file again from where it came, then import it again.",
    ),
    FailureCode.MATERIAL_CUT_OFF: (
        "A manifest or web archive ends in the middle of something; what came before is in the collection.",
        "Get the file again from where it came, then import it again.",
    ),
    FailureCode.MATERIAL_TOO_LARGE: (
        "A web archive holds more than `max_archive_bytes` or `max_archive_records`, or a packed manifest "
        "unfolds to hundreds of times its size; the rest was not read.",
        "Raise the limit if you trust the source; a small file that unfolds so far may be an attack.",
    ),
    FailureCode.ORIGINAL_MISSING: (
        "A web archive says that a picture was as on an earlier visit, but the earlier record is not in it.",
        "Import the archive that holds the earlier visit too.",
    ),
    FailureCode.NO_VIDEO: (
        "The file holds sound, or a cover picture, but no video.",
        "Nothing, unless a video was expected: then get the file again.",
    ),
    FailureCode.VIDEO_TOO_LONG: (
        "The video lasts longer than `video_max_seconds`; what came before that is in the collection.",
        "Raise the limit, then import the file again.",
    ),
    FailureCode.FACE_NOT_DETECTED: (
        "The photo was read, but no face was found in it.",
        "For a probe, draw the face with `--box X,Y,W,H`.",
    ),
    FailureCode.EXTRACTION_FAILED: (
        "A face was found, but no usable template came of it.",
        "Try another photo of the person, or another crop.",
    ),
}


def pages() -> dict[str, str]:
    """Make every derived page: file name to Markdown text."""
    return {"commands.md": commands_page(), "settings.md": settings_page(), "errors.md": errors_page()}


# ---- commands ------------------------------------------------------------


def commands_page() -> str:
    """Describe every command of the command line as its own ``--help`` does."""
    root = typer.main.get_command(app)
    lines = [
        "# Commands",
        "",
        GENERATED,
        "",
        "Every command prints text for people, or with `--json` one JSON document on standard output;",
        "progress and warnings go to standard error. [Exit codes](errors.md) are part of the contract.",
        "",
        *_command_lines(root, "antigone", root.make_context("antigone", [], resilient_parsing=True)),
    ]
    for path, command in _walk(root, "antigone"):
        context = command.make_context(path, [], resilient_parsing=True)
        lines += ["", f"## {path}", "", *_command_lines(command, path, context)]
    return "\n".join(lines).rstrip() + "\n"


def _walk(group: AnyCommand, path: str) -> Iterator[tuple[str, AnyCommand]]:
    """Yield each visible command below ``group``; groups come before their own commands."""
    for name, command in sorted(getattr(group, "commands", {}).items()):
        if not command.hidden:
            yield f"{path} {name}", command
            yield from _walk(command, f"{path} {name}")


def _command_lines(command: AnyCommand, path: str, context: Any) -> list[str]:
    usage = command.get_usage(context).removeprefix("Usage: ")
    text = inspect.cleandoc(command.help or "").replace("\b", "").split("\f")[0].strip()
    assert text, f"`{path}` has no help text"
    lines = ["```text", usage, "```", "", text]
    records = [
        record
        for parameter in command.get_params(context)
        if parameter.name != "help" and (record := parameter.get_help_record(context)) is not None
    ]
    if records:
        lines += [
            "",
            "| | |",
            "|---|---|",
            *(f"| `{_code(name)}` | {_cell(help_)} |" for name, help_ in records),
        ]
    return lines


# ---- settings ------------------------------------------------------------


def settings_page() -> str:
    """Describe every field of `Settings`: its environment variable, kind, default and meaning."""
    lines = [
        "# Settings",
        "",
        GENERATED,
        "",
        "Settings are read once, when a command starts, from environment variables. `antigone --home DIR`",
        "is the same as `ANTIGONE_HOME=DIR`.",
        "",
        "| variable | kind | default | meaning |",
        "|---|---|---|---|",
    ]
    prefix = Settings.model_config["env_prefix"]
    for name, field in Settings.model_fields.items():
        assert field.description, f"setting {name} has no description"
        bounds = ", ".join(str(rule) for rule in map(_bound, field.metadata) if rule)
        kind = _kind(field.annotation) + (f", {bounds}" if bounds else "")
        lines.append(
            f"| `{prefix}{name.upper()}` | {_cell(kind)} | `{_default(field.default)}` "
            f"| {_cell(field.description)} |"
        )
    return "\n".join(lines) + "\n"


def _kind(annotation: object) -> str:
    if typing.get_origin(annotation) is typing.Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in typing.get_args(annotation))
    if isinstance(annotation, types.UnionType):
        return " or ".join(_kind(part) for part in typing.get_args(annotation))
    return KINDS[annotation]


def _bound(rule: object) -> str:
    for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        if (limit := getattr(rule, attribute, None)) is not None:
            return f"{sign} {limit:,}"
    return ""


def _default(value: object) -> str:
    return str(value) if value is not None else "none"


# ---- errors ------------------------------------------------------------


def errors_page() -> str:
    """Describe every error code with its exit code and HTTP status, and every failure code of a photo."""
    lines = [
        "# Errors and failures",
        "",
        GENERATED,
        "",
        "## Exit codes and errors",
        "",
        "A command exits with 0 when it is done, 1 when it found nothing or a part of its photos failed, 2",
        "when the request itself was wrong, and with one of the codes below when it could not be carried",
        "out. 70 is a defect of Antigone itself, 130 an interruption with Ctrl-C.",
        "With `--json` an error is an object under `error` with `code`, `message`, `hint` and further facts.",
        "",
        "| code | exit | HTTP | meaning |",
        "|---|---|---|---|",
    ]
    for error in _family(errors.AntigoneError):
        meaning = inspect.cleandoc(error.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        lines.append(f"| `{error.code}` | {error.exit_code} | {error.http_status} | {_cell(meaning)} |")
    lines += [
        "",
        "## Why a photo gave no template",
        "",
        "A photo that fails is a row in the records with one of these codes; an import goes on and counts",
        "it.",
        "",
        "| code | meaning | what to do |",
        "|---|---|---|",
    ]
    for code in FailureCode:
        meaning, advice = FAILURES[code]
        lines.append(f"| `{code.value}` | {_cell(meaning)} | {_cell(advice)} |")
    return "\n".join(lines) + "\n"


def _family(error: type[errors.AntigoneError]) -> Iterator[type[errors.AntigoneError]]:
    """Yield an error class and those derived from it in `antigone.errors`, parents first."""
    yield error
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _family(child)


def _code(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _cell(text: str) -> str:
    return _code(text).replace("<", "&lt;")


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them."""
    stale = []
    for name, text in pages().items():
        path = DOCS / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name} {'differs from the code' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
