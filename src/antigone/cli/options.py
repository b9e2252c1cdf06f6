"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from antigone.errors import UsageError

if TYPE_CHECKING:
    from antigone.identify import FaceChoice
    from antigone.settings import Settings
    from antigone.workspace import Workspace


def _own_or_global(context: typer.Context, own: Path | None) -> Path | None:
    """Let ``--home`` stand before the command as well as after it."""
    found = own or context.obj
    return found if isinstance(found, Path) else None


HomeOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="Folder of the workspace; else ANTIGONE_HOME, else ./antigone-home.",
        callback=_own_or_global,
    ),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
FaceOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--face",
        metavar="N",
        help="Number of the face that is meant, 1 is the largest; 2:1 means photo 2, face 1. Repeatable.",
    ),
]
BoxOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--box",
        metavar="X,Y,W,H",
        help="Box around the face in pixels, also where none was found; 2:X,Y,W,H for photo 2. Repeatable.",
    ),
]


UnblurredOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--unblurred",
        help="Show pictures of a case about somebody dead as they are; the audit log keeps that.",
    ),
]


def settings_of(home: Path | None) -> Settings:
    """Read the settings, with ``--home`` before the environment."""
    from pydantic import ValidationError

    from antigone.settings import Settings

    try:
        return Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        first = error.errors()[0]
        name = "ANTIGONE_" + "_".join(map(str, first["loc"])).upper()
        raise UsageError(f"{name} has a value that does not fit: {first['msg']}") from error


def open_workspace(home: Path | None) -> Workspace:
    """Open the workspace that the options and the environment name."""
    from antigone.workspace import Workspace

    return Workspace.open(settings=settings_of(home))


def read_choices(faces: list[str] | None, boxes: list[str] | None) -> tuple[FaceChoice, ...]:
    """Turn the values of ``--face`` and ``--box`` into choices. Raises `UsageError` for other forms."""
    from antigone.identify import FaceChoice
    from antigone.types import Box

    choices = []
    for text in faces or ():
        photo, value = _photo_and_value(text)
        choices.append(FaceChoice(pick=_whole(value, f"--face {text}"), photo=photo))
    for text in boxes or ():
        photo, value = _photo_and_value(text)
        try:
            x, y, w, h = (float(number) for number in value.split(","))
            choices.append(FaceChoice(pick=Box(x, y, w, h), photo=photo))
        except ValueError as error:
            raise UsageError(
                f"--box {text} is not a box",
                hint="give four numbers with a positive size, such as --box 40,30,120,150",
            ) from error
    return tuple(choices)


def _photo_and_value(text: str) -> tuple[int | None, str]:
    photo, colon, value = text.rpartition(":")
    return (_whole(photo, text) if colon else None), value


def _whole(text: str, shown: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(
            f"{shown} names no face",
            hint="give its number such as --face 2, or photo and face such as --face 2:1",
        ) from error
