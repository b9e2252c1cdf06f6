"""The record of who did what, which nobody can quietly rewrite."""

from antigone.audit.log import AuditEntry, AuditEvent, AuditLog

__all__ = ["AuditEntry", "AuditEvent", "AuditLog"]
