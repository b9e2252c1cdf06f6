"""Many proofs in one file: each is checked, and a document is held against what they tell."""

from __future__ import annotations

import pytest

from antigone.audit import AuditLog
from antigone.audit.case_proofs import case_proofs, entries_of_case
from antigone.audit.events import CandidateViewed, Exported
from antigone.audit.office_events import CaseClosed, CaseOpened
from antigone.audit.verifier import PublicKey, join_proofs, split_proofs, verify_proofs
from antigone.records import Records

DOCUMENT = "ab" * 32


@pytest.fixture
def log(records: Records) -> AuditLog:
    log = AuditLog(records)
    log.append(CaseOpened(by=1, case="C-000001", purpose="other").event())
    log.append(CaseOpened(by=1, case="C-000002", purpose="other").event())
    log.append(CandidateViewed(by=1, search=7, rank=1, reference=1).event())
    log.append(CandidateViewed(by=1, search=8, rank=1, reference=1).event())
    log.append(CaseClosed(by=1, case="C-000001").event())
    log.append(Exported(what="report", of="C-000001", items=0, sha256=DOCUMENT, by=1).event())
    return log


@pytest.fixture
def text(log: AuditLog) -> bytes:
    first = next(iter(log.entries()))
    entries = entries_of_case(log, "C-000001", since=first.at, searches={7})
    assert [entry.seq for entry in entries] == [1, 3, 5, 6]
    return join_proofs([proof for _, proof in case_proofs(log, entries).entries])


@pytest.fixture
def keys(log: AuditLog, text: bytes) -> tuple[PublicKey, ...]:
    return tuple(log.keys.public())


def test_every_entry_is_proven_and_the_document_is_told_of(text: bytes, keys: tuple[PublicKey, ...]) -> None:
    report = verify_proofs(text, keys, DOCUMENT)
    assert report.intact
    assert report.entries == 4
    assert [str(step.outcome) for step in report.steps] == ["passed"] * 4
    assert "Entry 6" in report.steps[3].text
    other = verify_proofs(text, keys, "cd" * 32)
    assert not other.intact
    assert str(other.steps[3].outcome) == "failed"


def test_one_proof_is_a_file_of_proofs_too(text: bytes, keys: tuple[PublicKey, ...]) -> None:
    parts = split_proofs(text)
    assert len(parts) == 4
    assert all(verify_proofs(part, keys).intact for part in parts)
    assert not verify_proofs(parts[0], keys, DOCUMENT).intact  # an entry that is no export tells of nothing


def test_no_byte_can_be_changed(text: bytes, keys: tuple[PublicKey, ...]) -> None:
    for place in range(0, len(text), 7):
        changed = bytearray(text)
        changed[place] ^= 1
        report = verify_proofs(bytes(changed), keys, DOCUMENT)
        assert not report.intact or report.entries < 4, place
    assert not verify_proofs(b"", keys).intact
    assert not verify_proofs(text[: len(text) // 2], keys).intact
