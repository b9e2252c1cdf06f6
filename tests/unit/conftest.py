"""A fresh workspace for every test, and somebody without rights to open it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import privileges
from antigone.records import Records, open_records


@pytest.fixture(scope="session")
def new_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as it is when just made; copying it is faster than making one for every test."""
    home = tmp_path_factory.mktemp("new") / "home"
    open_records(home, create=True).close()
    return home


@pytest.fixture
def records(tmp_path: Path, new_workspace: Path) -> Iterator[Records]:
    shutil.copytree(new_workspace, tmp_path / "home")
    with open_records(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def without_privileges(new_workspace: Path) -> Iterator[None]:
    """Nobody's rights; what making a workspace imports was imported before, as nobody may not read it."""
    with privileges.without_privileges():
        yield


@pytest.fixture
def public_folder(without_privileges: None) -> Iterator[Path]:
    with privileges.public_folder() as folder:
        yield folder
