"""A unit measures itself on a folder of thirty people, and is told what so few cannot show."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from command_line import Cli

PEOPLE = 30


@pytest.fixture(scope="module")
def people(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty people with three photos each."""
    source = data_dir / "lfw"
    if not source.is_dir():
        pytest.skip(f"no photos at {source}")
    folder = tmp_path_factory.mktemp("unit") / "people"
    chosen = [person for person in sorted(source.iterdir()) if len(list(person.glob("*.jpg"))) >= 3][:PEOPLE]
    for person in chosen:
        (folder / person.name).mkdir(parents=True)
        for photo in sorted(person.glob("*.jpg"))[:3]:
            shutil.copy(photo, folder / person.name)
    return folder


@pytest.fixture
def ready(cli: Cli) -> Cli:
    cli("init")
    return cli


def test_thirty_people_are_searched_and_the_limits_are_said(ready: Cli, people: Path, tmp_path: Path) -> None:
    report, kept = tmp_path / "report", tmp_path / "kept"
    asked = ("evaluate", "identification", "--photos", people, "--templates", kept)
    shown = ready(*asked, "--report", report, "--keep", "thirty people of a public set")
    assert "With 30 people, no rate below 9.5 % can be shown" in shown.out
    assert "A false alarm rate of 1.0 % cannot be set with 60 non-mated searches" in shown.out
    assert {path.name for path in report.iterdir()} == {
        "scorecard.html",
        "scorecard.pdf",
        "figures.json",
        "scores.csv",
        "suspects.csv",
    }
    assert (report / "scorecard.pdf").read_bytes().startswith(b"%PDF")
    figures = json.loads((report / "figures.json").read_text())
    assert figures["searches"]["mated"] == 60
    assert figures["ranks"][0]["fnir"]["errors"] <= 3
    assert figures["ranks"][0]["fnir"]["value"] is None  # a bound, not a figure
    with (report / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["label"] for row in rows}) == 60

    again = ready("evaluate", "identification", "--scores", report / "scores.csv", "--json").document
    assert again["ranks"][0]["fnir"]["errors"] == figures["ranks"][0]["fnir"]["errors"]

    _kept_figures_stand_in_reports(ready, people, report, tmp_path / "case.html")


def _kept_figures_stand_in_reports(ready: Cli, people: Path, report: Path, target: Path) -> None:
    """What was measured stands in reports; declared to be on the dead, it takes the place of the label."""
    (kept,) = ready("evaluate", "kept", "--json").document["evaluations"]
    figures = hashlib.sha256((report / "figures.json").read_bytes()).hexdigest()
    assert (kept["sha256"], kept["people"], kept["post_mortem"]) == (figures, 30, False)
    ready.add_collection("people")
    first = sorted(people.iterdir())[0]
    ready("import", first, "--into", "people")
    ready("case", "open", "Unknown", "--purpose", "unidentified-deceased", "--basis", "section 12")
    probe = sorted(first.iterdir())[0]
    (label,) = ready("search", probe, "--json").document["notices"]
    assert label.startswith("not validated for post-mortem faces")
    ready("evaluate", "post-mortem", figures, "--note", "as if they were dead")
    (notice,) = ready("search", probe, "--json").document["notices"]
    assert notice.startswith("measured on post-mortem faces")
    ready("case", "report", "--out", target)
    page = target.read_text(encoding="utf-8")
    assert "Measured error rates, evaluation 1" in page
    assert "not validated" not in page
    assert figures in page


def test_every_pair_of_thirty_people_is_compared(ready: Cli, people: Path) -> None:
    found = ready("evaluate", "verification", "--photos", people, "--json").document
    assert found["pairs"] == {"mated": 90, "non_mated": 3915, "self_matches": 0}
    (one, *_) = found["points"]
    assert one["fnmr"]["errors"] <= 4
    assert one["fmr"]["errors"] <= 40


def test_what_cannot_be_measured_is_said_before_any_work(ready: Cli, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, code, said in (
        (["verification"], 2, "say where the photos are"),
        (["verification", "--photos", empty], 2, "holds no photos"),
        (["verification", "--photos", tmp_path / "nowhere"], 4, "there is no folder"),
        (["verification", "--photos", empty, "--protocol", "imagenet"], 2, "there is no protocol imagenet"),
        (["identification", "--photos", empty, "--report", tmp_path / "no" / "where"], 2, "does not exist"),
        (["identification", "--scores", tmp_path / "none.csv"], 4, "there is no score file"),
    ):
        shown = ready("evaluate", *arguments, code=code)
        assert said in shown.err
        assert not shown.out
