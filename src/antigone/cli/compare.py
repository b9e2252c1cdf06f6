"""`antigone compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antigone.cli import output
from antigone.cli.case import CaseOption
from antigone.cli.documents import NOT_AN_IDENTITY, compare_document
from antigone.cli.options import BoxOption, FaceOption, HomeOption, JsonOption, open_workspace, read_choices
from antigone.printable import printable


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Photo 1.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Photo 2.")],
    face: FaceOption = None,
    box: BoxOption = None,
    case: CaseOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the faces on two photos.

    In a case it counts as one of its searches, and both photos are kept. Where a photo holds several faces,
    --face 1:N chooses on photo A and --face 2:N on photo B.
    """
    choices = read_choices(face, box)
    with open_workspace(home) as workspace:
        number = case or workspace.office.current_case
        comparison = workspace.compare(a, b, choices=choices, case=number)
    if as_json:
        output.print_json({**compare_document(comparison), "case": number})
        return
    output.say(f"score {comparison.score:.3f}  ({comparison.model}; from -1 to 1, higher is more alike)")
    for letter, photo in zip("AB", comparison.photos, strict=True):
        which = "the box" if photo.number is None else f"face {photo.number} of {photo.faces}"
        output.say(f"  {letter}  {which}, quality {photo.face.quality.score:.0f}, {printable(photo.source)}")
    for sentence in comparison.strength.sentences():
        output.say(sentence)
    output.say(NOT_AN_IDENTITY)
    output.say_notices(comparison.notices)
    output.say(f"Audit entry {comparison.audit}")
