"""`antigone people`: accounts, invitations, roles and the cut-off."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from antigone.cli import output
from antigone.cli.options import HomeOption, JsonOption, open_workspace
from antigone.errors import NotFoundError
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.records.people import PersonRecord
    from antigone.workspace import Workspace

app = typer.Typer(
    help="Invite, approve and cut off people; API tokens.", no_args_is_help=True, rich_markup_mode=None
)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Sign-in name.")]


class RoleName(StrEnum):
    """What someone is in their organisation."""

    EXAMINER = "examiner"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


@app.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the people of one's organisation."""
    from antigone.access.directory import unpack_roles

    with open_workspace(home) as workspace:
        people = workspace.office.directory.people(by=workspace.office.principal)
    if as_json:
        documents = [
            {
                "person": person.id,
                "name": person.name,
                "shown_as": person.shown_as,
                "roles": sorted(unpack_roles(person.roles)),
                "state": _state(person),
            }
            for person in people
        ]
        output.print_json({"people": documents})
        return
    rows = [
        (person.name, person.shown_as, ", ".join(sorted(unpack_roles(person.roles))), _state(person))
        for person in people
    ]
    output.print_table(output.table(("name", "shown as", "roles", "state"), rows))


@app.command("invite")
def invite(
    role: Annotated[list[RoleName], typer.Option(help="What they will be; repeatable.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an invitation: one account, once, within 48 hours; a supervisor approves it afterwards."""
    from antigone.access import Role

    with open_workspace(home) as workspace:
        roles = [Role(name.value) for name in role]
        secret = workspace.office.directory.invite(roles, by=workspace.office.principal)
    if as_json:
        output.print_json({"invitation": secret.text, "roles": [name.value for name in role]})
        return
    output.say(secret.text)
    output.note("Give it to the person in private. They use it with: antigone people accept INVITATION")


@app.command("accept")
def accept(
    invitation: Annotated[str, typer.Argument(metavar="INVITATION")],
    name: Annotated[str, typer.Option(metavar="NAME", help="Sign-in name, such as an e-mail address.")],
    shown_as: Annotated[str, typer.Option(metavar="TEXT", help="Name that others see.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for an account with an invitation. Asks for a password."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    with open_workspace(home) as workspace:
        person = workspace.office.directory.accept(
            invitation, name=name, shown_as=shown_as, password=password
        )
    _done(f"{printable(person.name)} waits for approval", {"person": person.id, "name": person.name}, as_json)


@app.command("approve")
def approve(name: NameArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Let a new account in."""
    with open_workspace(home) as workspace:
        person = _person(workspace, name)
        workspace.office.directory.approve(person.id, by=workspace.office.principal)
    _done(f"Approved {printable(person.name)}", {"person": person.id, "state": "active"}, as_json)


@app.command("roles")
def roles(
    name: NameArgument,
    role: Annotated[list[RoleName], typer.Option(help="What they are from now on; repeatable.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set someone's roles."""
    from antigone.access import Role

    with open_workspace(home) as workspace:
        person = _person(workspace, name)
        wanted = [Role(one.value) for one in role]
        workspace.office.directory.give_roles(person.id, wanted, by=workspace.office.principal)
    names = [one.value for one in role]
    _done(f"{printable(person.name)}: {', '.join(names)}", {"person": person.id, "roles": names}, as_json)


@app.command("cut-off")
def cut_off(name: NameArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Cut someone off at once: sessions, devices and tokens, from the next request on."""
    with open_workspace(home) as workspace:
        person = _person(workspace, name)
        workspace.office.directory.cut_off(person.id, by=workspace.office.principal)
    _done(f"Cut off {printable(person.name)}", {"person": person.id, "state": "cut off"}, as_json)


@app.command("restore")
def restore(name: NameArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Undo a cut-off; the person signs in anew."""
    with open_workspace(home) as workspace:
        person = _person(workspace, name)
        workspace.office.directory.restore(person.id, by=workspace.office.principal)
    _done(f"Restored {printable(person.name)}", {"person": person.id, "state": "active"}, as_json)


@app.command("token")
def token(
    name: NameArgument,
    scope: Annotated[list[str], typer.Option(metavar="PERMISSION", help="What it may do; repeatable.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it lasts.")] = 30,
    label: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "command line",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an API token of one's own. Asks for the password and a one-time code.

    The first time it also sets up the one-time codes. With ANTIGONE_TOKEN set to it, commands act as this
    person.
    """
    from antigone.access import Permission
    from antigone.errors import UsageError

    try:
        scopes = [Permission(one) for one in scope]
    except ValueError as error:
        known = ", ".join(permission.value for permission in Permission)
        raise UsageError(f"there is no such scope: {error}", hint=f"there are: {known}") from error
    password = typer.prompt("Password", hide_input=True, err=True)
    with open_workspace(home) as workspace:
        sessions = workspace.office.sessions
        half = sessions.password(name, password, address="local", device="command line")
        if half.factors:
            whole = sessions.totp(half.secret, typer.prompt("One-time code", err=True))
        else:
            output.note(f"Add this to an authenticator app: {sessions.offer_totp(half.secret)}")
            whole = sessions.enrol_totp(half.secret, typer.prompt("One-time code", err=True))
        who = sessions.of_session(whole.secret)
        secret = sessions.new_token(label, scopes, lasts=timedelta(days=days), by=who)
        sessions.sign_out(who)
    if as_json:
        output.print_json({"token": secret.text, "scopes": sorted(scopes), "days": days})
        return
    output.say(secret.text)
    output.note("It is shown this once. Set ANTIGONE_TOKEN to it to act as this person.")


def _person(workspace: Workspace, name: str) -> PersonRecord:
    for person in workspace.office.directory.people(by=workspace.office.principal):
        if person.name == name.strip().lower():
            return person
    raise NotFoundError(f"there is nobody named {name}", hint="antigone people list shows them")


def _state(person: PersonRecord) -> str:
    if person.disabled_at is not None:
        return "cut off"
    return "waits for approval" if person.approved_at is None else "active"


def _done(text: str, document: dict[str, object], as_json: bool) -> None:
    if as_json:
        output.print_json(document)
    else:
        output.say(text)
