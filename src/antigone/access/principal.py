"""Who acts: looked up anew for every request, so that a cut-off holds from the next one on."""

from __future__ import annotations

from dataclasses import dataclass

from antigone.access.roles import Permission, Role
from antigone.errors import ForbiddenError


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person with what they may do now, by the session or token they came with."""

    person: int
    name: str
    shown_as: str
    organisation: int
    roles: frozenset[Role]
    permissions: frozenset[Permission]  # of the roles, narrowed to the scopes of a token
    session: int | None = None
    token: int | None = None

    def may(self, permission: Permission) -> bool:
        """Tell whether they may do it."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise `ForbiddenError` unless they may do it."""
        if not self.may(permission):
            raise ForbiddenError(
                f"{self.shown_as} may not do this: it takes the permission {permission.value}",
                hint="ask a supervisor of your organisation",
                details={"permission": permission.value},
            )
