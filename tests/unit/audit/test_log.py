"""Writing: in order, durable, signed, shared between threads, refused where the log is not what it was."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from antigone.audit import AuditEvent, AuditLog
from antigone.audit.check import verify_workspace
from antigone.audit.events import KeyChanged
from antigone.audit.keys import KeyFolder
from antigone.audit.log import _Waiting
from antigone.audit.verifier import SignedCheckpoint
from antigone.errors import AuditError, NotFoundError, StorageFullError
from antigone.records import Records, open_records
from antigone.records.audit import AuditFilter
from tampering import tamper

EVENT = AuditEvent(kind="search", body={"probe": ["ab12"], "top": 20, "scores": [0.5, -0.25], "case": None})


def test_entries_come_back_in_order_with_their_time(records: Records) -> None:
    log = AuditLog(records)
    before = datetime.now(UTC)
    numbers = [log.append(AuditEvent(kind="search", body={"n": n})) for n in range(5)]
    assert numbers == [1, 2, 3, 4, 5]
    entries = list(log.entries(after=2))
    assert [(entry.seq, entry.body["n"]) for entry in entries] == [(3, 2), (4, 3), (5, 4)]
    times = [before, *(entry.at for entry in entries), datetime.now(UTC)]
    assert times == sorted(times)


def test_entries_span_pages(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antigone.audit.log._PAGE", 2)
    monkeypatch.setattr("antigone.records.audit._PAGE", 2)
    log = AuditLog(records)
    for _ in range(5):
        log.append(EVENT)
    assert [entry.seq for entry in log.entries()] == [1, 2, 3, 4, 5]
    assert verify_workspace(log).intact


def test_entries_are_chosen_by_kind_time_and_number(records: Records) -> None:
    log = AuditLog(records)
    for kind in ("search", "compare", "search", "export"):
        log.append(AuditEvent(kind=kind, body={}))
    entries = list(log.entries())

    def numbers(**wanted: object) -> list[int]:
        chosen = AuditFilter(**wanted)  # type: ignore[arg-type]
        found = [entry.seq for entry in log.entries(chosen)]
        assert log.count(chosen) == len(found)
        return found

    assert numbers(kinds=("search",)) == [1, 3]
    assert numbers(kinds=("search", "export"), after=1) == [3, 4]
    assert numbers(since=entries[2].at) == [3, 4]
    assert numbers(until=entries[2].at) == [1, 2]
    assert numbers(before=3) == [1, 2]
    assert [entry.seq for entry in log.newest(AuditFilter(kinds=("search",)), limit=1)] == [3]
    assert [entry.seq for entry in log.newest(limit=2)] == [3, 4]
    assert log.entry(2).kind == "compare"
    with pytest.raises(NotFoundError, match="no entry 5"):
        log.entry(5)


def test_an_entry_is_there_for_another_process_at_once(records: Records) -> None:
    AuditLog(records).append(EVENT)
    with open_records(records.home) as other:
        (entry,) = AuditLog(other).entries()
    assert (entry.kind, entry.body) == (EVENT.kind, EVENT.body)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET body = '{}' WHERE seq = 1",
        "UPDATE audit_entries SET seq = 7",
        "DELETE FROM audit_entries",
        "REPLACE INTO audit_entries (seq, at, kind, body) VALUES (1, '2020-01-01', 'search', '{}')",
        "INSERT INTO audit_entries (seq, at, kind, body) VALUES (1, '2020-01-01', 'x', '{}') "
        "ON CONFLICT (seq) DO UPDATE SET body = '{}'",
        "UPDATE audit_nodes SET hash = x'00'",
        "DELETE FROM audit_nodes",
        "REPLACE INTO audit_nodes (level, position, hash) VALUES (0, 0, x'00')",
        "UPDATE audit_checkpoints SET note = ''",
        "DELETE FROM audit_checkpoints WHERE size = 0",
        "REPLACE INTO audit_checkpoints (size, note) VALUES (1, '')",
    ],
)
def test_the_database_refuses_to_change_an_entry(records: Records, statement: str) -> None:
    log = AuditLog(records)
    log.append(EVENT)
    with pytest.raises(IntegrityError, match="append-only"), records._writer.begin() as connection:
        connection.exec_driver_sql(statement)
    (entry,) = log.entries()
    assert entry.body == EVENT.body
    assert verify_workspace(log).intact


# ---- signatures ---------------------------------------------------------------------------------


def test_every_entry_is_signed_when_append_returns(records: Records) -> None:
    log = AuditLog(records)
    for number in range(1, 4):
        log.append(EVENT)
        note = SignedCheckpoint.parse(log.checkpoint())
        assert note.checkpoint.size == number
        assert note.signed_by(log.keys.public()[0])


def test_the_first_use_makes_a_private_key_and_signs_the_empty_log(records: Records) -> None:
    log = AuditLog(records)
    assert log.keys.load() is None
    note = SignedCheckpoint.parse(log.checkpoint())
    assert note.checkpoint.size == 0
    assert log.keys.file.stat().st_mode & 0o777 == 0o600
    assert log.keys.is_private()
    assert log.checkpoint() == AuditLog(records).checkpoint()
    assert log.append(EVENT) == 1


def test_each_log_has_a_name_of_its_own(records: Records, tmp_path: Path) -> None:
    with open_records(tmp_path / "other", create=True) as others:
        names = {
            SignedCheckpoint.parse(AuditLog(one).checkpoint()).checkpoint.origin for one in (records, others)
        }
    assert len(names) == 2


def test_two_holders_take_turns(records: Records) -> None:
    one, other = AuditLog(records), AuditLog(records)
    numbers = [log.append(EVENT) for log in (one, other, other, one, other)]
    assert numbers == [1, 2, 3, 4, 5]
    assert verify_workspace(one).intact


def test_without_its_key_the_log_takes_nothing(log: AuditLog, records: Records) -> None:
    log.keys.file.unlink()
    with pytest.raises(AuditError, match="key of the audit log is gone") as caught:
        AuditLog(records).append(EVENT)
    assert "new-key --lost" in caught.value.hint
    assert log.count() == 3
    assert not log.keys.file.exists()


def test_with_another_key_the_log_takes_nothing(log: AuditLog, records: Records) -> None:
    log.keys.file.unlink()
    log.keys.make()
    with pytest.raises(AuditError, match="another key"):
        AuditLog(records).append(EVENT)
    assert log.count() == 3


@pytest.mark.parametrize("content", ["", "nonsense", "PRIVATE+KEY+a+b+c", "\xe9"])
def test_a_damaged_key_is_said(log: AuditLog, records: Records, content: str) -> None:
    log.keys.file.write_text(content, encoding="utf-8")
    with pytest.raises(AuditError, match="is damaged"):
        AuditLog(records).append(EVENT)


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        (["DELETE FROM audit_entries WHERE seq = 3"], "ends at entry 2, and 3 entries were signed"),
        (["INSERT INTO audit_entries VALUES (4, '2026-01-01', 'x', '{}')"], "ends at entry 4|lacks a part"),
        (["UPDATE audit_nodes SET hash = zeroblob(32) WHERE level = 1"], "not the one that was signed"),
        (["DELETE FROM audit_nodes WHERE level = 0 AND position = 2"], "lacks a part"),
        (["UPDATE audit_checkpoints SET note = 'x' WHERE size = 3"], "newest checkpoint is damaged"),
        (["DELETE FROM audit_checkpoints WHERE size = 3"], "ends at entry 3, and 2 entries were signed"),
        (
            [
                "DELETE FROM audit_entries WHERE seq = 3",
                "DELETE FROM audit_nodes WHERE level = 0 AND position = 2",
                "UPDATE audit_checkpoints SET note = replace(note, 'log', 'lag') WHERE size = 2",
                "DELETE FROM audit_checkpoints WHERE size = 3",
            ],
            "another key",
        ),
    ],
)
def test_a_log_that_was_changed_takes_nothing(
    log: AuditLog, records: Records, statements: Sequence[str], why: str
) -> None:
    tamper(records, *statements)
    for _ in range(2):
        with pytest.raises(AuditError, match=why) as caught:
            AuditLog(records).append(EVENT)
        assert caught.value.hint
    with pytest.raises(AuditError, match=why):
        AuditLog(records).checkpoint()
    assert log.keys.load() is not None


@pytest.mark.parametrize("change", ["at = 'never'", "body = 'no JSON'", "body = '[]'"])
def test_an_entry_that_cannot_be_read_is_said(log: AuditLog, records: Records, change: str) -> None:
    tamper(records, f"UPDATE audit_entries SET {change} WHERE seq = 2")
    for read in (lambda: list(log.entries()), lambda: log.newest(limit=2), lambda: log.entry(2)):
        with pytest.raises(AuditError, match="cannot be read"):
            read()


def test_a_damaged_list_of_public_keys_does_not_hinder_a_change(log: AuditLog) -> None:
    (log.keys.path / "public.keys").write_bytes(b"\xff\n")
    new = log.change_key()
    assert log.append(EVENT) == 5
    assert str(new) in (log.keys.path / "public.keys").read_text()
    with pytest.raises(AuditError, match="no public key"):
        log.keys.public()


# ---- another key --------------------------------------------------------------------------------


def test_a_change_of_keys_is_on_record_and_signed_by_both(log: AuditLog, records: Records) -> None:
    other = AuditLog(records)
    other.append(EVENT)
    (old,) = log.keys.public()
    new = log.change_key()
    note = SignedCheckpoint.parse(log.checkpoint())
    assert note.signed_by(old)
    assert note.signed_by(new)
    entry = log.entry(5)
    assert (entry.kind, entry.body) == (KeyChanged.kind, {"old": str(old), "new": str(new), "lost": False})
    other.append(EVENT)  # it had the old key at hand
    log.append(EVENT)
    note = SignedCheckpoint.parse(log.checkpoint())
    assert note.signed_by(new)
    assert not note.signed_by(old)
    assert log.keys.public() == (old, new)
    assert verify_workspace(log, [old]).intact
    assert log.keys.file.stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_replaced_and_nobody_vouches(log: AuditLog, records: Records) -> None:
    (old,) = log.keys.public()
    log.keys.file.unlink()
    new = AuditLog(records).change_key(lost=True)
    log.append(EVENT)
    report = verify_workspace(log, [old])
    assert report.finding is not None
    assert (report.finding.first, report.finding.fault) == (4, "wrong-signature")
    assert verify_workspace(log, [old, new]).intact


def test_a_lost_key_needs_something_that_it_signed(records: Records) -> None:
    with pytest.raises(AuditError, match="nothing has been signed"):
        AuditLog(records).change_key(lost=True)


def test_a_change_of_keys_that_was_cut_off_is_ended_or_forgotten(
    log: AuditLog, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = log.keys.public()
    with monkeypatch.context() as patch:
        patch.setattr(KeyFolder, "take_next", lambda _: None)  # the power fails before the file is renamed
        log.change_key()
    assert log.keys.next() is not None
    AuditLog(records).append(EVENT)
    assert log.keys.next() is None
    old_and_new = log.keys.public()
    assert len(old_and_new) == 2
    log.keys.make_next(old.name)  # the power fails before anything is on record
    AuditLog(records).append(EVENT)
    assert log.keys.next() is None
    assert log.keys.public() == old_and_new
    assert verify_workspace(log, [old]).intact


# ---- threads ------------------------------------------------------------------------------------


def test_threads_share_transactions_and_every_one_gets_its_number(records: Records) -> None:
    log = AuditLog(records)
    log.checkpoint()
    numbers: dict[int, int] = {}
    start = threading.Barrier(16)

    def work(thread: int) -> None:
        start.wait()
        for turn in range(10):
            mark = thread * 100 + turn
            numbers[mark] = log.append(AuditEvent(kind="search", body={"mark": mark}))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers.values()) == list(range(1, 161))
    assert {entry.body["mark"]: entry.seq for entry in log.entries()} == numbers
    report = verify_workspace(log)
    assert report.intact
    assert report.checkpoints < 100  # they shared
    times = [entry.at for entry in log.entries()]
    assert times == sorted(times)


@pytest.mark.parametrize(
    "failure", [StorageFullError("no room left", hint="free some"), RuntimeError("a defect")], ids=repr
)
def test_a_failure_is_told_to_each_and_hinders_nobody_after(
    records: Records, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    log = AuditLog(records)
    log.checkpoint()
    fails, entered, go = threading.Event(), threading.Event(), threading.Event()
    fails.set()
    commit = log._commit

    def slowly(events: Sequence[AuditEvent]) -> Sequence[int]:
        entered.set()
        go.wait(10)
        if fails.is_set():
            raise failure
        return commit(events)

    monkeypatch.setattr(log, "_commit", slowly)
    ended: list[object] = []

    def work() -> None:
        try:
            ended.append(log.append(EVENT))
        except (StorageFullError, RuntimeError) as error:
            ended.append(error)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert entered.wait(10)
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(ended) == 5
    for error in ended:
        assert type(error) is type(failure)
        assert str(error) == str(failure)
        assert getattr(error, "hint", "") == getattr(failure, "hint", "")
    fails.clear()
    assert log.append(EVENT) == 1


def test_who_gives_up_waiting_stops_nobody(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AuditLog(records)
    log.checkpoint()
    entered, go = threading.Event(), threading.Event()
    commit = log._commit

    def slowly(events: Sequence[AuditEvent]) -> Sequence[int]:
        entered.set()
        assert go.wait(10)
        return commit(events)

    monkeypatch.setattr(log, "_commit", slowly)
    numbers: list[int] = []
    first = threading.Thread(target=lambda: numbers.append(log.append(EVENT)))
    first.start()
    assert entered.wait(10)

    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("antigone.audit.log._Waiting", partial(_Waiting, woken=Interrupted()))
        with pytest.raises(KeyboardInterrupt):
            log.append(EVENT)
    third = threading.Thread(target=lambda: numbers.append(log.append(EVENT)))
    third.start()
    go.set()
    first.join(10)
    third.join(10)
    assert numbers == [1, 2]
    assert log.count() == 2
