"""Standing searches, identity checks, statistics and exercises from the command line and over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

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


def test_a_check_at_a_checkpoint(desk: Cli, gallery: Gallery, tmp_path: Path) -> None:
    desk("case", "open", "Checkpoint", "--purpose", "identity-check", "--basis", "section 3")
    live, document = gallery.probes / "hopper.jpg", gallery.photos / "hopper.jpg"
    plain = desk("check", live, document, "--json").document
    assert plain["comparison"]["score"] > 0.7
    assert plain["list"] is None
    assert desk("check", live, document, "--list", "people", "--json", code=4).document["error"]
    desk("collection", "sought", "people", "--basis", "order 12")
    refused = desk("check", live, document, "--list", "people", code=None)
    assert refused.code != 0
    assert "permit" in refused.err
    permit = ("case", "permit-list", "people", "--authority", "Ministry", "--reference", "7/2026")
    desk(*permit, "--score", "0.5")
    shown = desk("check", live, document, "--list", "people").out
    assert "1 candidate among 1 references" in shown
    assert "same person" not in shown.lower()
    assert "verified" not in shown.lower()
    twisted = tmp_path / "no-face.png"
    Image.new("RGB", (300, 300), (90, 120, 90)).save(twisted)
    assert "no face" in desk("check", twisted, document, code=None).err.lower()
    with serving(desk.home) as address:
        iryna = member(address, desk, "iryna", "examiner")
        files = {"live": ("l.jpg", live.read_bytes()), "document": ("d.jpg", document.read_bytes())}
        answer = iryna.post("/cases/C-000002/checks", files=files, data={"list": "people"})
        assert answer.status_code == 201, answer.text
        assert len(answer.json()["list"]["candidates"]) == 1
        assert iryna.post("/cases/C-000001/checks", files=files).status_code == 409
        assert iryna.get("/cases/C-000002/lists").json()["lists"][0]["authority"] == "Ministry"
        assert iryna.delete("/cases/C-000002/lists/people").status_code == 403
    desk("case", "permit-list", "people", "--withdraw")
    assert desk("check", live, document, "--list", "people", code=None).code != 0


def test_statistics_and_an_exercise(desk: Cli, tmp_path: Path) -> None:
    counted = desk("statistics", "--recount", "--json").document
    assert counted["searches"]["search"] == 1
    assert counted["equal"] is True
    assert desk("statistics", "--csv").out.startswith("from,to,figure,which,number")
    begun = desk("exercise", "begin", "--seed", "3", "--sheets", tmp_path / "sheets", "--json").document
    assert begun["exercise"] is True
    assert len(list((tmp_path / "sheets").glob("*.png"))) == len(begun["cases"])
    candidate = begun["cases"][0]["candidates"][0]["candidate"]
    told = desk("exercise", "decide", str(candidate), "no-match", "--json").document
    assert told["shows"] in ("the same person", "another person")
    assert desk("exercise", "score", "--json").document["decided"] == 1
    assert desk("statistics", "--json").document["searches"]["all"] == counted["searches"]["all"]
    assert len(desk("case", "list", "--json").document["cases"]) == 1
    with serving(desk.home) as address:
        sofia = member(address, desk, "sofia", "supervisor")
        asked = {"from": "2026-01-01", "to": "2999-12-31"}
        assert sofia.get("/statistics", params=asked).json()["searches"]["search"] == 1
        as_csv = sofia.get("/statistics", params={**asked, "form": "csv"})
        assert as_csv.headers["content-type"].startswith("text/csv")
        assert sofia.get("/statistics", params={"from": "2026-02-01", "to": "2026-01-01"}).status_code == 400
        made = sofia.post("/exercises").json()
        one = made["cases"][0]
        sheet = sofia.get(f"/exercises/{made['number']}/cases/{one['case']}/sheet")
        assert sheet.content.startswith(b"\x89PNG")
        path = f"/exercises/{made['number']}/candidates/{one['candidates'][0]['candidate']}/decisions"
        assert sofia.post(path, json={"verdict": "inconclusive"}).json()["right"] is None
        assert sofia.get(f"/exercises/{made['number']}/score").json()["inconclusive"] == 1
        assert sofia.get("/exercises/1").status_code == 404  # somebody else's
        assert sofia.get(f"/cases/{one['case']}").status_code == 404
