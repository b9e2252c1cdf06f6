"""`antigone init`."""

from __future__ import annotations

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, settings_of
from antigone.printable import printable


def init(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Make a workspace.

    That is a folder with records, indexes and models, readable by its owner alone. Where there is one
    already, nothing changes.
    """
    from antigone.workspace import Workspace

    settings = settings_of(home)
    created = not Workspace.exists(settings.home)
    with Workspace.init(settings=settings) as workspace:
        place = str(workspace.home)
    if as_json:
        output.print_json({"home": place, "created": created})
        return
    output.say(f"{'Made a workspace' if created else 'There is already a workspace'} in {printable(place)}")
    if created:
        output.note("Next: antigone collection add NAME --owner ... (see antigone collection add --help)")
