"""Who may come in and what they may do: organisations, people, roles, sessions, tokens, cut-off."""

from antigone.access.directory import Directory
from antigone.access.principal import Principal
from antigone.access.roles import GRANTS, Permission, Role, permissions_of
from antigone.access.sessions import Sessions, SignIn
from antigone.access.vault import Vault

__all__ = [
    "GRANTS",
    "Directory",
    "Permission",
    "Principal",
    "Role",
    "Sessions",
    "SignIn",
    "Vault",
    "permissions_of",
]
