"""Identity checks, statistics and exercises from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from command_line import Shell


@pytest.fixture
def desk(shell: Shell, portraits: Mapping[str, Path]) -> Shell:
    """A workspace with one portrait, and a case for identity checks."""
    shell("import", portraits["hopper"], "--into", "people")
    shell("case", "open", "Checkpoint", "--purpose", "identity-check", "--basis", "section 3")
    return shell


def test_a_check_at_a_checkpoint(desk: Shell, portraits: Mapping[str, Path], tmp_path: Path) -> None:
    live, document = tmp_path / "live.jpg", portraits["hopper"]
    with Image.open(document) as photo:
        photo.resize((300, 352)).save(live)
    plain = desk.document("check", live, document)
    assert plain["comparison"]["score"] > 0.7
    assert plain["list"] is None
    assert "no list" in desk("check", live, document, "--list", "people", code=4)[1]
    desk("collection", "sought", "people", "--basis", "order 12")
    _, refused = desk("check", live, document, "--list", "people", code=13)
    assert "permit" in refused
    permit = ("case", "permit-list", "people", "--authority", "Ministry", "--reference", "7/2026")
    desk(*permit, "--score", "0.5")
    shown, _ = desk("check", live, document, "--list", "people")
    assert "1 candidate among 1 references" in shown
    assert "same person" not in shown.lower()
    assert "verified" not in shown.lower()
    meadow = tmp_path / "no-face.png"
    Image.new("RGB", (300, 300), (90, 120, 90)).save(meadow)
    assert "no face" in desk("check", meadow, document, code=9)[1].lower()
    assert desk.document("case", "permit-list", "people", "--withdraw")["lists"] == []
    desk("collection", "sought", "people", "--undo")
    desk("case", "permit-list", "people", "--withdraw", "--score", "0.5", code=2)


def test_watching_says_what_is_missing(desk: Shell, portraits: Mapping[str, Path]) -> None:
    assert "does not keep looking" in desk("case", "watch", code=4)[1]
    assert "searched for nobody" in desk("case", "watch", "--score", "0.5", code=2)[1]
    desk("search", portraits["collins"])
    assert "too few people" in desk("case", "watch", "--at-most", "0.1", code=2)[1]
    assert "0.01 to 1,000" in desk("case", "watch", "--at-most", "0", code=2)[1]
    assert "keeps looking" in desk("case", "watch", "--score", "0.5")[0]
    assert desk.document("inbox") == {"waiting": 0, "items": []}
    assert "somebody stopped it" in desk("case", "unwatch")[0]
    desk("inbox", "seen", "7", code=4)


def test_statistics_and_an_exercise(desk: Shell, portraits: Mapping[str, Path], tmp_path: Path) -> None:
    desk("search", portraits["collins"])
    counted = desk.document("statistics", "--recount")
    assert counted["searches"]["search"] == 1
    assert counted["equal"] is True
    assert desk("statistics", "--csv")[0].startswith("from,to,figure,which,number")
    assert "people_who_searched" in desk("statistics")[0]
    desk("statistics", "--csv", "--json", code=2)
    begun = desk.document("exercise", "begin", "--seed", "3", "--sheets", tmp_path / "sheets")
    assert begun["exercise"] is True
    assert len(list((tmp_path / "sheets").glob("*.png"))) == len(begun["cases"])
    candidate = str(begun["cases"][0]["candidates"][0]["candidate"])
    told, _ = desk("exercise", "decide", candidate, "no-match")
    assert told.startswith("EXERCISE")
    assert "it shows" in told
    assert desk.document("exercise", "score")["decided"] == 1
    assert "1 of" in desk("exercise", "score")[0]
    assert "[EXERCISE]" in desk("exercise", "show")[0]
    assert desk.document("statistics")["searches"]["all"] == counted["searches"]["all"]
    assert len(desk.document("case", "list")["cases"]) == 1
