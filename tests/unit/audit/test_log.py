import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from antigone.audit import AuditEvent, AuditLog
from antigone.records import Records, open_records

EVENT = AuditEvent(kind="search", body={"probe": ["ab12"], "top": 20, "scores": [0.5, -0.25], "case": None})

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


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
    log = AuditLog(records)
    for _ in range(5):
        log.append(EVENT)
    assert [entry.seq for entry in log.entries()] == [1, 2, 3, 4, 5]


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
    ],
)
def test_the_database_refuses_to_change_an_entry(records: Records, statement: str) -> None:
    log = AuditLog(records)
    log.append(EVENT)
    with pytest.raises(IntegrityError, match="append-only"), records._writer.begin() as connection:
        connection.exec_driver_sql(statement)
    (entry,) = log.entries()
    assert entry.body == EVENT.body


@settings(max_examples=50, deadline=None)
@given(body=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values))
def test_a_body_is_kept_as_it_is_and_written_in_one_way(body: dict[str, object]) -> None:
    event = AuditEvent(kind="test", body=body)
    assert json.loads(event.canonical()) == body
    turned = dict(reversed(body.items()))
    assert AuditEvent(kind="test", body=turned).canonical() == event.canonical()
    assert event.canonical().isascii()


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(3, np.float32),
        np.float32(0.5),
        b"bytes",
        Path("file"),
        datetime.now(UTC),
        {1: "a key that is no text"},
        {"deep": [{"er": b"bytes"}]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_template_and_no_picture_gets_in(value: object) -> None:
    with pytest.raises(TypeError, match="body"):
        AuditEvent(kind="search", body={"value": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\udce9", "x" * 70_000])
def test_what_cannot_be_kept_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"body|surrogates"):
        AuditEvent(kind="search", body={"value": value})


@pytest.mark.parametrize("kind", ["", "two\nlines", "x" * 65])
def test_a_kind_is_a_short_word(kind: str) -> None:
    with pytest.raises(ValueError, match="short word"):
        AuditEvent(kind=kind, body={})
