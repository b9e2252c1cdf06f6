"""Reports: what is kept as JSON, and that the machine is always told."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks import report
from benchmarks.report import Check, Report, Runs, to_json


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    share: float


def test_values_become_plain_json() -> None:
    value = {
        Colour.RED: (np.float32(0.5), np.int64(3), np.array([[1, 2]]), float("nan"), None, True),
        "path": Path("a/b"),
        "inner": Inner(share=0.25),
    }
    assert json.loads(json.dumps(to_json(value))) == {
        "red": [0.5, 3, [[1, 2]], None, None, True],
        "path": "a/b",
        "inner": {"share": 0.25},
    }


def test_a_report_is_written_with_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    shown = io.StringIO()
    made = Report("example", title="An example", console=Console(file=shown, width=100))
    made.note("Counted twice.")
    made.table("rows", "Rows", ("name", "value"), [("a", 1.23456), ("b", "2")])
    met = made.checks(
        [
            Check(what="fast", value=9.0, target=8.0, at_least=True, unit=" x"),
            Check(what="lost", value=1.5, target=1.0, at_least=False),
        ]
    )
    kept = json.loads(made.save().read_text(encoding="utf-8"))
    assert not met
    assert [check["met"] for check in kept["checks"]] == [True, False]
    assert kept["rows"] == [{"name": "a", "value": 1.23456}, {"name": "b", "value": "2"}]
    assert kept["notes"] == ["Counted twice."]
    assert kept["machine"]["cores"] >= 1
    assert kept["machine"]["packages"]["numpy"] == np.__version__
    assert "Counted twice." in shown.getvalue()
    assert "1.235" in shown.getvalue()


def test_the_median_stands_and_every_run_is_shown() -> None:
    assert Runs(values=(3.0, 1.0, 2.0)).text() == "2.0 (3.0, 1.0, 2.0)"
