"""Notes, exhibits and participants of a case on the command line."""

from __future__ import annotations

import hashlib
from pathlib import Path

from command_line import Shell


def test_an_exhibit_comes_back_as_it_was_added(shell: Shell, tmp_path: Path) -> None:
    shell.open_case()
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"%PDF-1.7 not opened")
    added = shell.document("case", "exhibit", "add", letter, "--text", "from the coroner")
    assert added["sha256"] == hashlib.sha256(letter.read_bytes()).hexdigest()
    listed = shell.document("case", "exhibit", "list")
    assert [one["name"] for one in listed["exhibits"]] == ["letter.pdf"]
    assert "from the coroner" in shell("case", "exhibit", "list")[0]
    number = str(added["exhibit"])
    shell("case", "exhibit", "save", number, "--to", tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").read_bytes() == letter.read_bytes()
    shell("case", "exhibit", "save", number, "--to", tmp_path / "copy.pdf", code=5)
    shell("case", "exhibit", "save", "999", "--to", tmp_path / "none.pdf", code=4)
    kinds = [entry["kind"] for entry in shell.document("audit", "list")["entries"]]
    assert {"exhibit-added", "exhibit-handed-out"} <= set(kinds)


def test_what_cannot_be_an_exhibit_is_refused(shell: Shell, tmp_path: Path) -> None:
    shell.open_case()
    (tmp_path / "empty").touch()
    assert "is empty" in shell("case", "exhibit", "add", tmp_path / "empty", code=2)[1]
    assert "cannot be read" in shell("case", "exhibit", "add", tmp_path / "nowhere", code=15)[1]
    assert shell.document("case", "exhibit", "list")["exhibits"] == []


def test_notes_are_kept_and_who_took_part_is_told(shell: Shell) -> None:
    shell.open_case()
    shell("case", "note", "the photo was found near the river")
    assert shell.document("case", "show")["notes"][0]["text"] == "the photo was found near the river"
    shell("case", "note", " ", code=2)
    (person,) = shell.document("case", "participants")["participants"]
    assert person["did"] == ["opened", "noted"]
    assert "opened, noted" in shell("case", "participants")[0]
