"""The record of who did what, which nobody can quietly rewrite.

`events` lists what is recorded, `log` writes it, and `verifier` checks it without trusting the rest.
"""

from antigone.audit.events import AuditEvent
from antigone.audit.log import AuditEntry, AuditLog

__all__ = ["AuditEntry", "AuditEvent", "AuditLog"]
