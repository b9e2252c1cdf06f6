"""The audit log as one auditor sees it.

The organisation that runs the service sees all of it. Others see what their own people did, and what was done
to them: an entry names cases and collections, which are nobody else's business.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from antigone.access.principal import Principal
from antigone.access.roles import Permission
from antigone.audit import AuditEntry, AuditLog
from antigone.errors import ForbiddenError, NotFoundError
from antigone.records.audit import AuditFilter
from antigone.records.people import People

EVERYTHING = AuditFilter()


class ReadableLog:
    """The log of one workspace, for whoever may read it. Every method raises `ForbiddenError`."""

    def __init__(self, log: AuditLog, people: People) -> None:
        self._log = log
        self._people = people

    def whole(self, *, by: Principal) -> AuditLog:
        """Return all of it, to verify or take it outside, for the organisation that runs the service."""
        by.require(Permission.AUDIT_READ)
        if not self._runs_the_service(by):
            raise ForbiddenError(
                "only the organisation that runs this service sees the whole log",
                hint="ask it for an exported copy and a checkpoint; they are verified without it",
            )
        return self._log

    def after(self, wanted: AuditFilter, *, limit: int, by: Principal) -> tuple[AuditEntry, ...]:
        """Return the first ``limit`` of the wanted entries, oldest first."""
        return tuple(islice(self._log.entries(self._narrowed(wanted, by)), limit))

    def newest(self, wanted: AuditFilter, *, limit: int, by: Principal) -> tuple[AuditEntry, ...]:
        """Return the last ``limit`` of the wanted entries, newest first."""
        return self._log.newest(self._narrowed(wanted, by), limit=limit)[::-1]

    def count(self, *, by: Principal) -> int:
        """Count the entries that one may see."""
        return self._log.count(self._narrowed(EVERYTHING, by))

    def kinds(self, *, by: Principal) -> tuple[str, ...]:
        """Return every kind of entry that there is."""
        by.require(Permission.AUDIT_READ)
        with self._log.reading() as view:
            return view.kinds()

    def entry(self, number: int, *, by: Principal) -> AuditEntry:
        """Return one entry. Raises `NotFoundError`, also for one that is not theirs to see."""
        found = self.after(AuditFilter(after=number - 1, before=number + 1), limit=1, by=by)
        if not found:
            raise NotFoundError(f"the audit log has no entry {number:,}")
        return found[0]

    def _narrowed(self, wanted: AuditFilter, by: Principal) -> AuditFilter:
        by.require(Permission.AUDIT_READ)
        if self._runs_the_service(by):
            return wanted
        own = frozenset(person.id for person in self._people.people(by.organisation))
        return replace(wanted, people=own)

    def _runs_the_service(self, by: Principal) -> bool:
        return by.organisation == min(known.id for known in self._people.organisations())
