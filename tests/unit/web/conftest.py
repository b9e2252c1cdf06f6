"""One served workspace with two organisations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from antigone.settings import Settings
from antigone.web import create_app
from antigone.workspace import Workspace
from served import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    settings = Settings(home=tmp_path / "home")
    Workspace.init(settings=settings).close()
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        served = Served(client=client, workspace=app.state.workspace)
        served.populate()
        yield served
