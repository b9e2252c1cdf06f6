from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from antigone.access import Permission
from antigone.cli.main import run
from antigone.errors import ForbiddenError
from antigone.workspace import Workspace
from command_line import Shell
from timestamp_authority import Authority


@pytest.fixture
def outside(shell: Shell, tmp_path: Path) -> Path:
    """What an outsider was given: keys, an early checkpoint, the log."""
    folder = tmp_path / "outside"
    folder.mkdir()
    shell("audit", "key", "--to", folder / "keys")
    shell("audit", "checkpoint", "--to", folder / "checkpoint")
    shell.add_collection("more")
    shell("audit", "export", "--to", folder / "log")
    return folder


def test_init_begins_the_log(bare: Shell) -> None:
    bare("init")
    document = bare.document("audit", "checkpoint")
    assert document["size"] == 0
    assert document["checkpoint"].startswith("antigone-log/")
    assert (document["to"], document["audit"]) == (None, None)
    assert (bare.home / "audit" / "signing.key").stat().st_mode & 0o077 == 0
    assert bare("audit", "checkpoint")[0] == document["checkpoint"]


def test_entries_are_listed_and_shown(shell: Shell) -> None:
    shell.add_collection("more")
    shell("audit", "key")
    out, err = shell("audit", "list", "--limit", "1")
    assert "collection more" in out
    assert "collection people" not in out
    assert "1 of 2 entries" in err
    listed = shell.document("audit", "list", "--after", "0", "--limit", "1")
    assert (listed["total"], [entry["entry"] for entry in listed["entries"]]) == (2, [1])
    assert listed["entries"][0]["body"]["collection"] == "people"
    assert shell.document("audit", "list", "--kind", "search")["entries"] == []
    assert shell.document("audit", "list", "--until", "2020-01-01")["total"] == 0
    assert shell.document("audit", "list", "--since", "2020-01-01T10:00")["total"] == 2
    out, _ = shell("audit", "show", "2")
    assert out.startswith("entry 2, ")
    assert '"collection": "more"' in out
    assert shell.document("audit", "show", "2")["kind"] == "collection-added"
    assert "no entry 3" in shell("audit", "show", "3", code=4)[1]


def test_a_sound_workspace_verifies(shell: Shell, outside: Path) -> None:
    out, _ = shell("audit", "verify", "--checkpoint", outside / "checkpoint", "--key", outside / "keys")
    assert [line[:2] for line in out.splitlines()[:5]] == ["1.", "2.", "3.", "4.", "5."]
    assert "Remark" not in out
    assert out.endswith("The log is intact.\n")
    document = shell.document("audit", "verify")
    assert document["intact"] is True
    assert document["finding"] is None
    assert [step["number"] for step in document["steps"]] == [1, 2, 3, 4, 5]
    assert "--key FILE" in document["remarks"][0]


def test_outsiders_verify_without_a_workspace(
    shell: Shell, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIGONE_HOME", str(outside / "none"))
    given = ("--log", outside / "log", "--key", outside / "keys", "--checkpoint", outside / "checkpoint")
    assert shell("audit", "verify", *given)[0].endswith("The log is intact.\n")
    lines = (outside / "log").read_bytes().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if b'"collection":"more"' in line)
    lines[place] = lines[place].replace(b'"more"', b'"less"')
    (outside / "log").write_bytes(b"".join(lines))
    out, _ = shell("audit", "verify", *given, code=1)
    assert "NOT INTACT: changed, entry 3." in out
    document = shell.document("audit", "verify", *given, code=1)
    assert document["finding"]["fault"] == "changed"
    assert (document["finding"]["first"], document["finding"]["last"]) == (3, 3)
    assert not (outside / "none").exists()


def test_a_tampered_workspace_is_found_and_refused(shell: Shell, outside: Path) -> None:
    with closing(sqlite3.connect(shell.home / "records.db")) as database:
        database.execute("DROP TRIGGER audit_entries_no_update")
        database.execute("UPDATE audit_entries SET body = replace(body, 'people', 'nobody') WHERE seq = 1")
        database.commit()
    assert "NOT INTACT: changed, entry 1." in shell("audit", "verify", code=1)[0]
    with closing(sqlite3.connect(shell.home / "records.db")) as database:
        database.execute("DROP TRIGGER audit_entries_no_delete")
        database.execute("DELETE FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)")
        database.commit()
    _, err = shell("audit", "key", code=16)
    assert "error[audit]: the audit log is not what was written" in err
    assert "antigone audit verify" in err


def test_verify_needs_a_key_that_was_kept_elsewhere(shell: Shell, outside: Path) -> None:
    for arguments in (
        ("--log", outside / "log"),
        ("--log", outside / "log", "--proof", outside / "log", "--key", outside / "keys"),
        ("--proof", outside / "log", "--key", outside / "keys", "--checkpoint", outside / "checkpoint"),
        ("--log", outside / "nothing", "--key", outside / "keys"),
        ("--log", outside / "log", "--key", outside / "nothing"),
        ("--log", outside, "--key", outside / "keys"),
        ("--checkpoint", outside / "nothing"),
    ):
        assert shell("audit", "verify", *arguments, code=2)[1]
    shell("audit", "verify", "--log", outside / "log", "--key", outside / "log", code=16)


def test_one_entry_is_proven(shell: Shell, outside: Path) -> None:
    shell("audit", "prove", "1", "--to", outside / "1.tlog-proof")
    out, _ = shell("audit", "verify", "--proof", outside / "1.tlog-proof", "--key", outside / "keys")
    assert out.endswith("The entry is proven.\n")
    (outside / "1.tlog-proof").write_bytes((outside / "1.tlog-proof").read_bytes().replace(b"x 0", b"x 1"))
    shell("audit", "verify", "--proof", outside / "1.tlog-proof", "--key", outside / "keys", code=1)
    assert "is there already" in shell("audit", "prove", "1", "--to", outside / "1.tlog-proof", code=5)[1]
    assert shell.document("audit", "prove", "2", "--to", outside / "2.tlog-proof")["entry"] == 2
    shell("audit", "prove", "99", "--to", outside / "99", code=4)


def test_a_new_key_is_vouched_for_by_the_old(shell: Shell, outside: Path) -> None:
    new = shell.document("audit", "new-key")["key"]
    assert shell.document("audit", "key")["keys"][1:] == [new]
    out, _ = shell("audit", "verify", "--key", outside / "keys")
    assert "several keys" in out
    (shell.home / "audit" / "signing.key").unlink()
    assert "new-key --lost" in shell("audit", "key", code=16)[1]
    _, err = shell("audit", "new-key", "--lost")
    assert "Nothing vouches for it" in err
    assert "wrong-signature" in shell("audit", "verify", "--key", outside / "keys", code=1)[0]


def test_a_checkpoint_goes_only_where_it_may(shell: Shell, tmp_path: Path) -> None:
    _, err = shell("audit", "checkpoint", "--to", "https://witness.example/log", code=2)
    assert "ANTIGONE_WITNESS_URL" in err
    assert shell.document("audit", "checkpoint", "--to", tmp_path / "seen")["audit"] == 2
    assert shell("audit", "checkpoint", "--to", tmp_path / "seen")[0].startswith("Handed over")


def test_who_may_not_read_the_log_is_refused(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace.open(shell.home) as workspace:
        office = workspace.office
        token = office.sessions.new_token(
            "laptop", [Permission.SEARCH], lasts=timedelta(days=1), by=office.principal
        )
    monkeypatch.setenv("ANTIGONE_TOKEN", token.text)
    for arguments in (
        ("list",),
        ("show", "1"),
        ("export", "--to", tmp_path / "log"),
        ("prove", "1", "--to", tmp_path / "proof"),
        ("checkpoint", "--to", tmp_path / "checkpoint"),
        ("new-key",),
    ):
        assert "error[forbidden]" in shell("audit", *arguments, code=ForbiddenError.exit_code)[1]
    assert not [path for path in tmp_path.iterdir() if path.is_file()]
    assert shell.document("audit", "verify")["intact"]  # tells nothing but that


def test_a_checkpoint_is_stamped(shell: Shell, outside: Path) -> None:
    authority = Authority.make()
    checkpoint = outside / "checkpoint"
    shell("audit", "timestamp", "request", checkpoint, "--to", outside / "request.tsq")
    assert (outside / "request.tsq").read_bytes()[:1] == b"0"
    (outside / "response.tsr").write_bytes(authority.answer(checkpoint.read_bytes()))
    (outside / "root.pem").write_bytes(authority.pem)
    given = (checkpoint, outside / "response.tsr", "--root", outside / "root.pem")
    document = shell.document("audit", "timestamp", "verify", *given)
    assert (document["time"], document["audit"]) == ("2026-03-01T12:30:00Z", None)
    out, _ = shell("audit", "timestamp", "accept", *given)
    assert "existed at 2026-03-01T12:30:00Z" in out
    assert "CN=Test Time Authority" in out
    assert shell.document("audit", "list", "--kind", "checkpoint-timestamped")["total"] == 1
    (outside / "root.pem").write_bytes(Authority.make().pem)
    assert "error[audit]" in shell("audit", "timestamp", "verify", *given, code=16)[1]


def test_doctor_looks_at_the_log(shell: Shell, outside: Path) -> None:
    def check() -> tuple[str, dict[str, object]]:
        run(["doctor", "--json"])
        import json

        checks = json.loads(shell.capture.readouterr().out)["checks"]
        (found,) = (check for check in checks if check["name"] == "audit log")
        return found["status"], found["facts"]

    shell.capture.readouterr()
    assert check() == ("ok", {"entries": 4, "witnessed": 1})
    (shell.home / "audit" / "signing.key").unlink()
    status, facts = check()
    assert (status, facts["code"]) == ("failure", "audit")
