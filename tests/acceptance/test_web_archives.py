"""From a crawl to a candidate: a site with portraits, crawled by wget, imported, searched and looked at."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from command_line import Cli

HTML = """<!doctype html><html lang="en"><head><title>Officers</title>
<meta name="author" content="The editors"></head><body>
<figure><img src="/files/hopper.jpg" alt="portrait"><figcaption>Grace Hopper, 1984</figcaption></figure>
<div style="background-image: url('/files/collins.png')"></div></body></html>"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path, portraits: Mapping[str, Path]) -> Iterator[str]:
    """A web site on this machine; yields its address."""
    root = tmp_path / "site"
    (root / "files").mkdir(parents=True)
    (root / "index.html").write_text(HTML, encoding="utf-8")
    for name, path in portraits.items():
        shutil.copy(path, root / "files" / f"{name}{path.suffix}")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def crawl(site: str, tmp_path: Path) -> Path:
    """What wget records of the site, as anyone would call it."""
    wget = shutil.which("wget")
    if wget is None:
        pytest.skip("wget is not installed")
    folder = tmp_path / "crawl"
    folder.mkdir()
    command = [wget, "--quiet", "--page-requisites", "--warc-file=officers", site]
    subprocess.run(command, cwd=folder, check=True, timeout=60)
    return folder / "officers.warc.gz"


def test_a_candidate_from_a_crawl_names_the_page_it_stands_on(
    crawl: Path, site: str, cli: Cli, tmp_path: Path, portraits: Mapping[str, Path]
) -> None:
    cli("init")
    cli.add_collection("crawled")
    cli.open_case()
    report = cli("import", crawl, "--into", "crawled", "--json").document
    assert report["photos"] == {"new": 2, "known": 0, "failed": 0}
    (material,) = report["materials"]
    assert material["kind"] == "warc"
    assert {check["outcome"] for check in material["checks"]} == {"passed"}

    probe = tmp_path / "probe.jpg"
    Image.open(portraits["hopper"]).convert("RGB").resize((256, 303)).save(probe, quality=60)
    sheet = tmp_path / "sheet.png"
    best = cli("search", probe, "--json", "--sheet", sheet).document["candidates"][0]
    assert best["source"] == f"{site}files/hopper.jpg"
    assert (best["page_url"], best["page_title"]) == (site, "Officers")
    assert best["captured_by"] in ("archive", "camera")
    assert best["captured_at"]

    crawl.unlink()  # the sheet is made from what lies in the archive
    without = tmp_path / "without.png"
    cli("search", probe, "--json", "--sheet", without)
    assert colours(sheet) > colours(without)


def colours(sheet: Path) -> int:
    """Return how many colours a sheet has: a photo brings thousands."""
    found = Image.open(sheet).convert("RGB").getcolors(1 << 24)
    assert found is not None
    return len(found)
