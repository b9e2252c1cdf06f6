"""A workspace's people, without any photos."""

from __future__ import annotations

from pathlib import Path

import pytest

from antigone.access import Directory, Principal, Sessions, Vault
from antigone.audit import AuditLog
from antigone.records import Records

PASSWORD = "four calm otters swim"


@pytest.fixture
def audit(records: Records) -> AuditLog:
    return AuditLog(records)


@pytest.fixture
def directory(records: Records, audit: AuditLog) -> Directory:
    return Directory(records.people, audit)


@pytest.fixture
def local(directory: Directory) -> Principal:
    return directory.local("Olena")


@pytest.fixture
def sessions(records: Records, audit: AuditLog, tmp_path: Path) -> Sessions:
    return Sessions(records.people, audit, Vault(tmp_path))
