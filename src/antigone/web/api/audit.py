"""The audit log, for whoever may read it. It is verified offline with what `checkpoint` returns."""

from __future__ import annotations

from typing import Any

from antigone.access import Permission
from antigone.errors import UsageError
from antigone.records.audit import AuditFilter
from antigone.web.gate import After, OfficeHere, Routes, Who

routes = Routes(tags=["audit"])


@routes.allow("GET", "/audit", Permission.AUDIT_READ)
def entries(who: Who, office: OfficeHere, after: After = 0, limit: int = 100) -> dict[str, Any]:
    """List entries, oldest first; ``next`` is the cursor of the following page.

    The organisation that runs the service sees every entry, others those of their own people.
    """
    if not 1 <= limit <= 1_000:
        raise UsageError("a page holds 1 to 1,000 entries")
    page = [
        {"entry": entry.seq, "at": entry.at.isoformat(), "kind": entry.kind, "body": dict(entry.body)}
        for entry in office.log.after(AuditFilter(after=after), limit=limit + 1, by=who)
    ]
    return {"entries": page[:limit], "next": page[limit - 1]["entry"] if len(page) > limit else None}
