"""Standing searches with real processes: an import, a server, and kills at any point."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

import antigone
from command_line import Cli, Gallery
from server import member, serving


@pytest.fixture
def desk(cli: Cli, gallery: Gallery) -> Cli:
    """A workspace with one portrait, and a case that searched for the other and keeps looking."""
    cli("init")
    cli.add_collection("people")
    cli("import", gallery.photos / "hopper.jpg", "--into", "people")
    cli("case", "open", "Unknown woman", "--purpose", "missing-person", "--basis", "section 12")
    cli("search", gallery.probes / "collins.jpg", "--in", "people")
    return cli


def test_an_import_finds_whom_a_case_waits_for(desk: Cli, gallery: Gallery) -> None:
    refused = desk("case", "watch", "--at-most", "0.1", "--json", code=2).document["error"]
    assert "too few people" in refused["message"]
    begun = desk("case", "watch", "--in", "people", "--score", "0.5", "--json").document
    assert (begun["looks"], begun["collections"]) == (True, ["people"])
    with serving(desk.home) as address:
        iryna = member(address, desk, "iryna", "examiner")
        assert iryna.get("/inbox").json() == {"waiting": 0, "items": [], "next": None}
        desk("import", gallery.photos / "collins.png", "--into", "people")
        (item,) = iryna.get("/inbox").json()["items"]
        assert item["case"] == "C-000001"
        assert item["score"] > 0.5
        assert item["strength"]["note"]
        assert [one["item"] for one in desk("inbox", "--json").document["items"]] == [item["item"]]
        decision = {"verdict": "potential-match"}
        path = f"/candidates/{item['candidate']}/decisions"
        assert iryna.post(path, json=decision).status_code == 201
        assert iryna.post(f"/inbox/{item['item']}/seen").status_code == 204
        assert iryna.post(f"/inbox/{item['item']}/seen").status_code == 409
        assert iryna.get("/inbox").json()["waiting"] == 0
        assert iryna.delete("/cases/C-000001/watch").status_code == 204
        assert iryna.get("/cases/C-000001/watch").json()["because"] == "stopped"
    assert "somebody stopped it" in desk("case", "watch").out
    assert "Nothing waits" in desk("inbox").err


def test_killed_at_any_point_it_is_found_once(
    desk: Cli, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk("case", "watch", "--score", "0.5")
    with monkeypatch.context() as patch, antigone.Workspace.open(desk.home) as workspace:
        patch.setattr(antigone.Workspace, "keep_looking", lambda _: 0)
        workspace.import_(gallery.photos / "collins.png", into="people")
    # A run that was killed is taken for alive for half a minute; here for no time at all.
    program = (
        "import sys, datetime, antigone.casework.standing as s; s.SILENT = datetime.timedelta(days=-1);"
        "from antigone.cli import main; sys.argv = ['antigone', 'inbox', '--json']; main()"
    )
    environment = {**os.environ, "ANTIGONE_HOME": str(desk.home)}
    command = [sys.executable, "-c", program]
    for delay in (1.0, 1.6, 2.2, 2.8):
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    items = desk("inbox", "--json").document["items"]
    assert len(items) == 1
    with antigone.Workspace.open(desk.home) as workspace:
        searches = workspace.records.cases.searches(1)
    assert [search.kind for search in searches] == ["search", "standing"]
