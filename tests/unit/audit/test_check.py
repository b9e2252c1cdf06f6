"""The verifier on a workspace whose database somebody had in his hands."""

from collections.abc import Sequence

import pytest

from antigone.audit import AuditEvent, AuditLog
from antigone.audit.check import verify_workspace
from antigone.audit.export import log_lines
from antigone.audit.verifier import Fault, Outcome
from antigone.records import Records
from tampering import tamper

TEN = 10


@pytest.fixture
def long_log(records: Records) -> AuditLog:
    log = AuditLog(records)
    for number in range(TEN):
        log.append(AuditEvent(kind="search", body={"n": number}))
    return log


def test_a_true_log_passes_all_steps(long_log: AuditLog) -> None:
    note = long_log.checkpoint()
    long_log.append(AuditEvent(kind="search", body={}))
    report = verify_workspace(long_log, long_log.keys.public(), {"witness": note})
    assert report.intact
    assert [step.outcome for step in report.steps] == [Outcome.PASSED] * 5
    assert [step.number for step in report.steps] == [1, 2, 3, 4, 5]
    assert report.remarks == ()


def test_its_own_key_is_said_to_be_weak(long_log: AuditLog) -> None:
    (remark,) = verify_workspace(long_log).remarks
    assert "--key FILE" in remark


@pytest.mark.parametrize(
    ("statements", "fault", "first"),
    [
        (["UPDATE audit_entries SET body = '{\"n\":99}' WHERE seq = 4"], Fault.CHANGED, 4),
        (["UPDATE audit_entries SET kind = 'compare' WHERE seq = 4"], Fault.CHANGED, 4),
        (["UPDATE audit_entries SET at = '2020-01-01 00:00:00.000000' WHERE seq = 4"], Fault.CHANGED, 4),
        (["UPDATE audit_entries SET at = 'never' WHERE seq = 4"], Fault.CHANGED, 4),
        (["UPDATE audit_entries SET body = x'ff00fe' WHERE seq = 4"], Fault.CHANGED, 4),
        (["UPDATE audit_entries SET kind = x'ff' WHERE seq = 4"], Fault.CHANGED, 4),
        (["UPDATE audit_entries SET body = 'no' || char(10) || 'JSON' WHERE seq = 4"], Fault.CHANGED, 4),
        (["UPDATE audit_entries SET body = 12 WHERE seq = 4"], Fault.CHANGED, 4),
        (["DELETE FROM audit_entries WHERE seq = 4"], Fault.DELETED, 4),
        (["DELETE FROM audit_entries WHERE seq = 10"], Fault.DELETED, 10),
        (["DELETE FROM audit_entries"], Fault.DELETED, 1),
        (["UPDATE audit_entries SET seq = 99 WHERE seq = 4"], Fault.DELETED, 4),
        (["UPDATE audit_entries SET seq = -1 WHERE seq = 4"], Fault.INSERTED, 1),
        (
            [
                "UPDATE audit_entries SET seq = 99 WHERE seq = 4",
                "UPDATE audit_entries SET seq = 4 WHERE seq = 7",
                "UPDATE audit_entries SET seq = 7 WHERE seq = 99",
            ],
            Fault.CHANGED,
            4,
        ),
        (["INSERT INTO audit_entries VALUES (11, '2026-01-01', 'x', '{}')"], Fault.UNSIGNED, 11),
        (["UPDATE audit_nodes SET hash = zeroblob(32) WHERE level = 0 AND position = 3"], Fault.MALFORMED, 4),
        (["UPDATE audit_nodes SET hash = 'text' WHERE level = 0 AND position = 3"], Fault.MALFORMED, 4),
        (["UPDATE audit_nodes SET hash = zeroblob(32) WHERE level = 2 AND position = 1"], Fault.MALFORMED, 5),
        (["DELETE FROM audit_nodes WHERE level = 1 AND position = 1"], Fault.MALFORMED, 3),
        (["INSERT INTO audit_nodes VALUES (1, 5, zeroblob(32))"], Fault.MALFORMED, 11),
        (["UPDATE audit_checkpoints SET note = replace(note, 'log', 'lag') WHERE size = 4"], None, 4),
        (["UPDATE audit_checkpoints SET note = x'ff' WHERE size = 4"], Fault.WRONG_SIGNATURE, 4),
        (["DELETE FROM audit_checkpoints WHERE size = 10"], Fault.UNSIGNED, 10),
        (["DELETE FROM audit_checkpoints"], Fault.UNSIGNED, 1),
        (["UPDATE audit_checkpoints SET size = 55 WHERE size = 4"], Fault.REORDERED, 11),
    ],
)
def test_the_first_bad_entry_is_named(
    long_log: AuditLog, records: Records, statements: Sequence[str], fault: Fault | None, first: int
) -> None:
    tamper(records, *statements)
    report = verify_workspace(long_log)
    assert report.finding is not None
    assert report.finding.first == first, report.finding
    assert report.finding.fault is (fault or Fault.WRONG_SIGNATURE), report.finding
    failed = [step for step in report.steps if step.outcome is Outcome.FAILED]
    assert len(failed) == 1
    assert report.document()["intact"] is False


def test_damaged_and_lost_keys_do_not_hide_a_sound_log(long_log: AuditLog) -> None:
    (old,) = long_log.keys.public()
    long_log.change_key()
    long_log.append(AuditEvent(kind="search", body={}))
    for name in ("public.keys", "signing.key"):
        (long_log.keys.path / name).write_bytes(b"\xff nonsense\n")
        assert verify_workspace(long_log, [old]).intact
        (long_log.keys.path / name).unlink()
        assert verify_workspace(long_log, [old]).intact


def test_an_entry_that_changes_keys_may_be_tampered_with_too(long_log: AuditLog, records: Records) -> None:
    old = long_log.keys.public()
    long_log.change_key()
    tamper(records, "UPDATE audit_entries SET body = 'nothing' WHERE seq = 11")
    finding = verify_workspace(long_log, old).finding
    assert finding is not None
    assert finding.first == 11


def test_what_is_stored_twice_as_text_does_not_hide(long_log: AuditLog, records: Records) -> None:
    tamper(records, "INSERT INTO audit_nodes VALUES (0, 'a', zeroblob(32)), ('x', 0, zeroblob(32))")
    assert verify_workspace(long_log).intact  # nothing reads them: no level and no position is a text


def test_a_workspace_put_back_is_found_by_the_witness_only(long_log: AuditLog, records: Records) -> None:
    seen = long_log.checkpoint()
    tamper(
        records,
        "DELETE FROM audit_entries WHERE seq > 8",
        "DELETE FROM audit_nodes WHERE (position + 1) << level > 8",
        "DELETE FROM audit_checkpoints WHERE size > 8",
    )
    fresh = AuditLog(records)
    assert verify_workspace(fresh).intact
    finding = verify_workspace(fresh, witnessed={"witness": seen}).finding
    assert finding is not None
    assert (finding.fault, finding.first, finding.last) == (Fault.ROLLED_BACK, 9, 10)
    fresh.append(AuditEvent(kind="search", body={"n": "something else"}))
    fresh.append(AuditEvent(kind="search", body={"n": "something else"}))
    finding = verify_workspace(fresh, witnessed={"witness": seen}).finding
    assert finding is not None
    assert finding.fault is Fault.REWRITTEN


def test_a_long_first_checkpoint_repeats_no_hashes(
    long_log: AuditLog, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(records, "DELETE FROM audit_checkpoints WHERE size BETWEEN 0 AND 9")
    monkeypatch.setattr("antigone.audit.export.MOST_LEAVES", 5)
    assert verify_workspace(long_log).intact
    with long_log.reading() as view:
        assert b'"leaves":[]' in list(log_lines(view, ""))[-1]
    tamper(records, "UPDATE audit_entries SET kind = 'x' WHERE seq = 4")
    finding = verify_workspace(long_log).finding
    assert finding is not None
    assert (finding.fault, finding.first, finding.last) == (Fault.CHANGED, 1, 10)
