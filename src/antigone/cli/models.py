"""`antigone models`: which model packs there are, and which one a workspace uses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.faces.packs import ModelPack

app = typer.Typer(
    help="List, add and choose model packs.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the model packs; * marks the one in use."""
    with open_workspace(home) as workspace:
        packs = workspace.packs()
        used = workspace.settings.pack
    if as_json:
        shown = [
            {
                "name": pack.manifest.name,
                "id": pack.id,
                "licence": pack.manifest.licence,
                "notice": pack.manifest.notice,
                "dimension": pack.manifest.dimension,
                "embedders": len(pack.manifest.embedders),
                "sha256": pack.sha256,
                "used": pack.manifest.name == used,
            }
            for pack in packs
        ]
        output.print_json({"models": shown})
        return
    rows = [
        ("*" if pack.manifest.name == used else "", pack.manifest.name, pack.id, pack.manifest.licence)
        for pack in packs
    ]
    output.print_table(output.table(("", "name", "model", "licence"), rows))


@app.command("add")
def add(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the pack's ONNX files.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a model pack to the workspace.

    Its files are checked and tried before they are copied.
    """
    with open_workspace(home) as workspace:
        _say_added(workspace.add_pack(folder), as_json=as_json)


@app.command("build")
def build(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one: yunet-sface-dlib.")],
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File of dlib's network; without it that of the package face_recognition_models.",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a model pack of Antigone's own that is not there from the start.

    yunet-sface-dlib asks dlib's face recognition network beside SFace.
    """
    with open_workspace(home) as workspace:
        _say_added(workspace.build_pack(name, weights), as_json=as_json)


def _say_added(pack: ModelPack, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"name": pack.manifest.name, "id": pack.id, "licence": pack.manifest.licence})
        return
    output.say(
        f"Added model pack {pack.manifest.name} ({pack.id}), licence: {printable(pack.manifest.licence)}"
    )
    if pack.manifest.notice:
        output.say(printable(pack.manifest.notice))
    output.note(f"Next: antigone models use {pack.manifest.name}")


@app.command("use")
def use(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pack, as antigone models list names it.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Use another model pack from now on.

    Photos that were imported with the former one must be imported again.
    """
    with open_workspace(home) as workspace:
        pack = workspace.use_pack(name)
    if as_json:
        output.print_json({"name": pack.manifest.name, "id": pack.id})
        return
    output.say(f"This workspace now uses {pack.manifest.name} ({pack.id})")
    if pack.manifest.notice:
        output.say(printable(pack.manifest.notice))
    output.note("Templates of different models are never compared: import the photos again to search them.")
