import pytest

from antigone.audit import AuditEvent, AuditLog
from antigone.records import Records

EVENT = AuditEvent(kind="search", body={"probe": ["ab12"], "top": 20, "scores": [0.5, -0.25], "case": None})


@pytest.fixture
def log(records: Records) -> AuditLog:
    """A log with three entries."""
    log = AuditLog(records)
    for number in range(3):
        log.append(AuditEvent(kind="search", body={"n": number}))
    return log
