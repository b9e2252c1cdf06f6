"""Uploads that mean harm: refused with a reason, and the server's memory stays bounded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from served_pages import Open, Site
from server import Address

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
MB = 2**20


@pytest.fixture
def case(site: Site) -> Iterator[str]:
    """An open case of an examiner, closed afterwards."""
    client = site.people["iryna"]
    body = {"title": "Hostile", "purpose": "missing-person", "basis": "section 12"}
    number = str(client.post("/cases", json=body).json()["case"])
    yield number
    client.post(f"/cases/{number}/close").raise_for_status()


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 40,000 x 40,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(4 * MB))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def polyglot(portrait: Path) -> bytes:
    """A photo that is an archive and a page with a script as well."""
    photo = io.BytesIO()
    Image.open(portrait).convert("RGB").save(photo, "JPEG", comment=b"<script>alert(1)</script>")
    with zipfile.ZipFile(photo, "a") as archive:
        archive.writestr("run.html", "<script>alert(1)</script>")
    return photo.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (SVG, "unsupported-format"),
        (b"<!doctype html><script>alert(1)</script>", "unsupported-format"),
        (b"MZ" + bytes(5_000), "unsupported-format"),
        (b"", "empty-file"),
        (bomb(), "too-many-pixels"),
        (b"\xff\xd8\xff\xe0" + bytes(3_000), "cannot-parse"),
        (bytes(65 * MB), "file-too-large"),
    ],
    ids=["svg", "page", "program", "empty", "bomb", "no-photo", "65-mb"],
)
def test_what_is_no_photo_is_refused_with_its_reason(
    site: Site, case: str, content: bytes, code: str
) -> None:
    client = site.people["iryna"]
    files = {"photo": ("../../../etc/cron.d/photo.jpg", content, "image/jpeg")}
    refused = client.post("/faces", files=files)
    assert (refused.status_code, refused.json()["failure"]) == (422, code)
    files = {"photos": ("../../../etc/cron.d/photo.jpg", content, "image/jpeg")}
    refused = client.post("/searches", data={"case": case}, files=files)
    assert (refused.status_code, refused.json()["failure"]) == (422, code)
    assert client.get(f"/cases/{case}").json()["searches"] == []


def test_a_photo_that_is_more_than_a_photo_is_kept_by_its_hash_and_only_shown_derived(
    site: Site, case: str
) -> None:
    client = site.people["iryna"]
    content = polyglot(site.gallery.photos / "hopper.jpg")
    files = {"photos": ("../../../../tmp/<script>.html", content, "text/html")}
    made = client.post("/searches", data={"case": case}, files=files)
    assert made.status_code == 201, made.text
    kept = list((site.gallery.cli.home / "cases" / case).iterdir())
    assert [file.read_bytes() == content for file in kept] == [True]
    assert len(kept[0].name) == 64  # the hash; the name that was sent is nowhere
    shown = client.get(f"/cases/{case}/searches/{made.json()['search']}/probes/1/picture")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"].startswith("attachment")
    assert b"script" not in shown.content
    assert b"run.html" not in shown.content


def zeros(head: bytes, size: int) -> Iterator[bytes]:
    yield head
    for _ in range(size // MB):
        yield bytes(MB)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_half_a_gigabyte_is_refused_and_costs_no_memory(site: Site, case: str, declared: bool) -> None:
    address, client = site.address, site.people["iryna"]
    before = resident(address)
    head = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="p.jpg"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    if declared:
        headers["Content-Length"] = str(len(head) + 500 * MB)
    refused = client.post("/searches", content=zeros(head, 500 * MB), headers=headers, timeout=120)
    assert (refused.status_code, refused.json()["code"]) == (413, "upload-too-large")
    as_json = {"Content-Type": "application/json"}
    refused = client.post("/cases", content=zeros(b'{"title": "', 8 * MB), headers=as_json)
    assert refused.status_code == 413
    assert resident(address) - before < 80 * MB
    assert client.get(f"/cases/{case}").status_code == 200


def resident(address: Address) -> int:
    """Bytes of memory that the server has held at most so far."""
    port = str(urlsplit(address.url).port)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"serve" in words and port.encode() in words:
                status = (process / "status").read_text()
                return 1024 * int(status.partition("VmHWM:")[2].split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    pytest.fail("the server's process is not to be found")


def test_the_page_says_clearly_what_it_does_not_take(
    tab: Open, site: Site, case: str, tmp_path: Path
) -> None:
    (tmp_path / "script.svg").write_bytes(SVG)
    (tmp_path / "photo.jpg").write_bytes(SVG)
    with (tmp_path / "large.jpg").open("wb") as large:
        large.truncate(500 * MB)
    (tmp_path / "bomb.png").write_bytes(bomb())
    desk = tab("iryna")
    page = desk.go(f"/search?case={case}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    for name, words in (
        ("script.svg", "is not a photo"),
        ("photo.jpg", "is not a photo"),
        ("large.jpg", "is larger than 64 MB. Nothing was sent."),
        ("bomb.png", "is not a photo"),
    ):
        page.locator("#photos").set_input_files(tmp_path / name)
        expect(page.get_by_role("alert")).to_contain_text(words)
        expect(page.get_by_role("alert")).to_contain_text(name)
    desk.check()
    assert "POST" not in asked
    page.evaluate(_SEND_ANYWAY, case)
    assert page.evaluate("window.answered") == [413, "upload-too-large"]


_SEND_ANYWAY = """
async (number) => {
  const form = new FormData();
  form.append("case", number);
  form.append("photos", new Blob(Array(500).fill(new Uint8Array(2 ** 20))), "p.jpg");
  const headers = { "X-Antigone": "1" };
  const answer = await fetch("/api/v1/searches", { method: "POST", body: form, headers });
  window.answered = [answer.status, (await answer.json()).code];
}
"""
