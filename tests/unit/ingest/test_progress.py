"""How far an import is, where files can be counted and where only bytes can tell."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from antigone.ingest.progress import FileCount, ImportState, Tally
from antigone.provenance import Check, CheckOutcome, Material
from antigone.records import ImportCounts, ImportInfo, Outcome
from antigone.settings import Settings
from antigone.sources.walk import make_plan

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IMPORT = ImportInfo(id=7, collection_id=1, model="m", resumed=False, started_at=NOW, journal_at=NOW)
NOTHING = ImportCounts(outcomes={}, failures={}, faces=0)


class Watcher:
    def __init__(self) -> None:
        self.states: list[ImportState] = []

    def update(self, state: ImportState) -> None:
        self.states.append(state)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def counted(*paths: Path) -> FileCount:
    settings = Settings()
    count = FileCount(make_plan(paths, settings), settings, but=paths[0].parent)
    count._thread.join()
    return count


def test_photos_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.jpg").write_bytes(bytes(100))
    count = counted(tmp_path / "in")
    assert (count.total, count.weight) == (3, 300)


def test_beside_an_archive_bytes_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, size in (("a.jpg", 100), ("b.warc", 5_000), ("c.jpg", 0)):
        (tmp_path / "in" / name).write_bytes(bytes(size))
    count = counted(tmp_path / "in")
    assert (count.total, count.weight) == (None, 5_101)


def test_the_share_of_the_bytes_tells_the_time_left(clock: list[float]) -> None:
    watcher = Watcher()
    tally = Tally(IMPORT, NOTHING, watcher)
    for clock[0], tally.share in ((104.0, 0.1), (108.0, 0.2)):
        tally.tell(unwritten=10)
    assert watcher.states[-1].share == 0.2
    assert watcher.states[-1].seconds_left == pytest.approx(32)  # a fifth took 8 seconds


def test_a_count_tells_the_time_left_better(clock: list[float]) -> None:
    watcher = Watcher()
    tally = Tally(IMPORT, NOTHING, watcher)
    tally.total, tally.share, clock[0] = 100, 0.9, 110.0
    tally.tell(unwritten=50)
    assert watcher.states[-1].seconds_left == pytest.approx(10)


def test_a_share_that_stands_still_tells_nothing(clock: list[float]) -> None:
    watcher = Watcher()
    tally = Tally(IMPORT, NOTHING, watcher)
    clock[0] = 110.0
    tally.tell(unwritten=1)
    assert watcher.states[-1].seconds_left is None


def test_the_report_shows_material_with_its_checks() -> None:
    check = Check(name="wacz-signature", outcome=CheckOutcome.FAILED, message="It was altered.")
    material = Material(location="/a.wacz", kind="wacz", sha256="ab" * 32, byte_size=9, checks=(check,))
    counts = ImportCounts(outcomes={Outcome.NEW: 2}, failures={}, faces=3)
    report = Tally(IMPORT, NOTHING, None).finish(counts, (material,))
    assert report.document()["materials"] == [
        {
            "location": "/a.wacz",
            "kind": "wacz",
            "sha256": "ab" * 32,
            "bytes": 9,
            "checks": [{"name": "wacz-signature", "outcome": "failed", "message": "It was altered."}],
        }
    ]
