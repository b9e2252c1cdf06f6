"""The audit log, for whoever may read it. It is verified offline with what `checkpoint` returns."""

from __future__ import annotations

from typing import Any

from antigone.access import Permission
from antigone.errors import UsageError
from antigone.web.gate import After, Routes, WorkspaceHere

routes = Routes(tags=["audit"])


@routes.allow("GET", "/audit", Permission.AUDIT_READ)
def entries(workspace: WorkspaceHere, after: After = 0, limit: int = 100) -> dict[str, Any]:
    """List entries, oldest first; ``next`` is the cursor of the following page."""
    if not 1 <= limit <= 1_000 or after < 0:
        raise UsageError("a page holds 1 to 1,000 entries, after a number from 0 on")
    page = []
    for entry in workspace.audit.entries(after=after):
        page.append(
            {"entry": entry.seq, "at": entry.at.isoformat(), "kind": entry.kind, "body": dict(entry.body)}
        )
        if len(page) > limit:
            break
    return {"entries": page[:limit], "next": page[limit - 1]["entry"] if len(page) > limit else None}
