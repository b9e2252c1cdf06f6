from __future__ import annotations

import io
import json
import sys

import pytest

from antigone.cli import output
from antigone.cli.app import app
from antigone.cli.main import INTERNAL, INTERRUPTED, run
from antigone.cli.progress import ImportBar, ImportLines, counted, duration, summary
from antigone.errors import ProbeError
from antigone.ingest import ImportState
from antigone.ingest.progress import Watched


def state(**changed: object) -> ImportState:
    values: dict[str, object] = {
        "done": 1_200,
        "total": 5_000,
        "share": 0.24,
        "new": 1_000,
        "known": 150,
        "failed": 50,
        "faces": 1_100,
        "failures": {"empty-file": 50},
        "ignored": 3,
        "rate": 211.4,
        "seconds_left": 125.0,
        "seconds": 9.0,
        "current": "a.jpg",
    }
    return ImportState(**{**values, **changed})  # type: ignore[arg-type]


def test_json_is_utf_8_and_carries_names_that_are_no_text(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    output.print_json({"source": "Снимок\udcff.jpg"})
    written = capfdbinary.readouterr().out
    assert "Снимок".encode() in written
    assert json.loads(written) == {"source": "Снимок\udcff.jpg"}


def test_an_error_cannot_repaint_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_error(ProbeError("a\x1b[2J.jpg: No face\n  line two", hint="b\x07"), as_json=False)
    assert capsys.readouterr().err == ("error[probe]: a\\x1b[2J.jpg: No face\n  line two\nhint: b\\x07\n")


def test_an_error_document_carries_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_error(ProbeError("no", failure_code="empty-file", details={"source": "a"}), as_json=True)
    assert json.loads(capsys.readouterr().out)["error"] == {
        "code": "probe",
        "message": "no",
        "hint": "",
        "failure": "empty-file",
        "source": "a",
    }


def test_a_table_keeps_long_paths_whole_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/archive/" + "x" * 300 + ".jpg"
    output.print_table(
        output.table(("rank", "source"), [("1", path), ("20", "[bold]b[/bold]")], right=("rank",))
    )
    assert capsys.readouterr().out.splitlines() == [
        "rank  source",
        f"   1  {path}",
        "  20  [bold]b[/bold]",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1:00 min"), (185, "3:05 min"), (7_620, "2:07 h")],
)
def test_durations_are_written_as_people_read_them(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_progress_says_rate_time_left_and_failures() -> None:
    assert summary(state()) == "211/s, 2:05 min left, 1,100 faces, 50 failed"
    assert summary(state(seconds_left=None)) == "211/s, 1,100 faces, 50 failed"


def test_a_log_gets_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    with ImportLines() as lines:
        for clock[0] in (100.1, 129.9, 130.1, 130.2, 160.2):
            lines.update(state())
    assert (
        capsys.readouterr().err.splitlines()
        == ["1,200 of 5,000 photos, 211/s, 2:05 min left, 1,100 faces, 50 failed"] * 2
    )


def test_without_a_total_the_share_of_the_bytes_is_said() -> None:
    assert counted(state(total=None)) == "1,200 photos, 24% read"
    assert counted(state(total=None, share=None)) == "1,200 photos"


def test_progress_tells_how_far_a_video_is() -> None:
    watched = Watched(seconds=185, length=7_620, weight=1)
    video = state(total=None, watched=watched, frames_rate=48.2, seconds_left=None)
    assert counted(video) == "1,200 photos, 24% read, video at 3:05 min of 2:07 h"
    assert summary(video) == "48 frames/s, 1,100 faces, 50 failed"
    endless = state(total=None, share=None, watched=Watched(seconds=9, length=None, weight=1))
    assert counted(endless) == "1,200 photos, video at 9 s"


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({}, "1,200 of 5,000 photos"),
        ({"total": None}, "1,200 photos, 24% read"),
        ({"total": None, "share": None}, "1,200 photos"),
    ],
)
def test_a_terminal_gets_a_bar(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, object], shown: str
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stderr", screen)
    with ImportBar() as bar:
        bar.update(state(**changed))
    assert shown in screen.getvalue()
    assert "50 failed" in screen.getvalue()


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(self: object, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(app), "__call__", stopped)
    assert run(["version"]) == INTERRUPTED
    assert capsys.readouterr().err == ""


def test_a_defect_is_said_in_full_and_has_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(self: object, **_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(type(app), "__call__", fails)
    assert run(["version"]) == INTERNAL
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "error[error]: this is a defect of Antigone: ZeroDivisionError: oops" in err
