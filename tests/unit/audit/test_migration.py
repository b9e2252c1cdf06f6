"""A workspace from before the tree: its entries are hashed once, and signed at the first use."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from antigone.audit import AuditEvent, AuditLog
from antigone.audit.check import verify_workspace
from antigone.audit.verifier import SignedCheckpoint
from antigone.errors import WorkspaceError
from antigone.records import open_records
from antigone.records.schema import MIGRATIONS
from antigone.records.sqlite import sqlite_engine, writing


def old_workspace(home: Path, numbers: list[int]) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = sqlite_engine(home)
    with writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for number in numbers:
            body = AuditEvent(kind="search", body={"n": number, "name": "Оля"}).canonical()
            connection.exec_driver_sql(
                "INSERT INTO audit_entries VALUES (?, ?, ?, ?)",
                (number, f"2026-01-01 00:00:00.{number:06d}", "search", body),
            )
    engine.dispose()


@pytest.mark.parametrize("count", [0, 1, 11])
def test_old_entries_enter_the_tree(tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    old_workspace(tmp_path, list(range(1, count + 1)))
    with open_records(tmp_path) as records:
        log = AuditLog(records)
        first = SignedCheckpoint.parse(log.checkpoint())
        assert first.checkpoint.size == count
        assert log.append(AuditEvent(kind="search", body={"n": count + 1})) == count + 1
        report = verify_workspace(log)
        assert report.intact, report.finding
        assert (report.entries, report.checkpoints) == (count + 1, 2)
        if count:
            assert log.entry(1).at == datetime(2026, 1, 1, 0, 0, 0, 1, UTC)
            with log.reading() as view:
                line = json.dumps(
                    {
                        "at": "2026-01-01T00:00:00.000001Z",
                        "body": log.entry(1).body,
                        "kind": "search",
                        "seq": 1,
                    },
                    sort_keys=True,
                    separators=(",", ":"),
                )
                assert view.nodes([(0, 0)])[0, 0] == hashlib.sha256(b"\0" + line.encode()).digest()


def test_a_gap_in_an_old_log_is_not_signed_over(tmp_path: Path) -> None:
    old_workspace(tmp_path, [1, 2, 4])
    for _ in range(2):
        with pytest.raises(WorkspaceError, match="lacks entry 3"):
            open_records(tmp_path)
