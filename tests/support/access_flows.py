"""Steps that many tests of accounts take."""

from __future__ import annotations

import pyotp

from antigone.access import Directory, Principal, Role, Sessions
from antigone.audit import AuditLog
from antigone.records.people import PersonRecord

PASSWORD = "four calm otters swim"


def accept(directory: Directory, invitation: str, name: str) -> PersonRecord:
    return directory.accept(invitation, name=name, shown_as=name.title(), password=PASSWORD)


def person(directory: Directory, by: Principal, name: str, *roles: Role) -> PersonRecord:
    """Invite, accept and approve."""
    added = accept(directory, directory.invite(roles, by=by).text, name)
    directory.approve(added.id, by=by)
    return added


def sign_in(sessions: Sessions, name: str) -> str:
    """Sign someone in for the first time and return the session's secret."""
    half = sessions.password(name, PASSWORD, address="192.0.2.1", device="test")
    uri = sessions.offer_totp(half.secret)
    code = codes(uri).now()
    return sessions.enrol_totp(half.secret, code).secret


def codes(uri: str) -> pyotp.TOTP:
    """Return what an authenticator makes of an otpauth URI."""
    return pyotp.TOTP(pyotp.parse_uri(uri).secret)


def kinds(audit: AuditLog) -> list[str]:
    return [entry.kind for entry in audit.entries()]
