"""The command line within this process, on a workspace of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Shell


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell without a workspace."""
    monkeypatch.setenv("ANTIGONE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return Shell(home=tmp_path / "home", capture=capsys)


@pytest.fixture
def shell(bare: Shell) -> Shell:
    """A shell with a workspace that has one empty collection."""
    bare("init")
    bare.add_collection("people")
    return bare
