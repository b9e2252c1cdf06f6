"""Web archives as sources: what is offered of them, and that each photo can be read again."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest
from fastwarc.warc import WarcRecord, WarcRecordType

import archived
from antigone.errors import PhotoError
from antigone.failures import FailureCode
from antigone.provenance import CheckOutcome, Holding, Material, Place
from antigone.settings import Settings
from antigone.sources.expand import expand
from antigone.sources.offer import Aside, Met, Offer, Surveying
from antigone.sources.originals import read_original
from antigone.sources.walk import Found

SETTINGS = Settings()


def met_in(path: Path | str, settings: Settings = SETTINGS) -> list[Met]:
    return list(expand(Found(location=str(path), size=1, changed_ns=7), settings))


def offers_in(path: Path | str, settings: Settings = SETTINGS) -> list[Offer]:
    return [met for met in met_in(path, settings) if isinstance(met, Offer)]


def checks_in(path: Path | str, settings: Settings = SETTINGS) -> dict[str, CheckOutcome]:
    (material,) = [met for met in met_in(path, settings) if isinstance(met, Material)]
    return {check.name: check.outcome for check in material.checks}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(archived.compressed(archived.album(5)))
    return path


def written(tmp_path: Path, *records: bytes, name: str = "crawl.warc") -> Path:
    path = tmp_path / name
    path.write_bytes(b"".join(records))
    return path


def test_the_archive_comes_first_with_its_hash_and_checks(archive: Path) -> None:
    first = met_in(archive)[0]
    data = archive.read_bytes()
    assert isinstance(first, Material)
    assert (first.location, first.kind, first.byte_size) == (str(archive), "warc", len(data))
    assert first.sha256 == hashlib.sha256(data).hexdigest()
    assert {check.name: check.outcome.value for check in first.checks} == {
        "warc-records": "passed",
        "warc-digests": "passed",
        "pages": "passed",
    }


def test_every_picture_is_offered_with_its_address_time_and_page(archive: Path) -> None:
    offers = offers_in(archive)
    assert [offer.data for offer in offers] == [archived.photo(seed) for seed in (0, 2, 4, 1, 3)]
    first = offers[0]
    said = first.provenance
    assert first.location.startswith(f"{archive}#record=")
    assert (first.material, first.changed_ns, first.size) == (str(archive), 7, len(archived.photo(0)))
    assert said.source_url == f"{archived.PAGE}0.jpg"
    assert said.collected_at == datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)
    assert said.captured_at is None
    assert dict(said.attributes) == {
        "content-type": "image/jpeg",
        "record": "<urn:uuid:00000000-0000-0000-0000-000000000001>",
        "digest": archived.digest(archived.photo(0)),
        "digest-check": "passed",
    }
    (page,) = said.appearances
    assert (page.page_url, page.page_title, page.how, page.caption, page.language) == (
        *(archived.PAGE, "An album", "img", "No. 0", "uk"),
    )
    shares = [offer.share for offer in offers]
    assert shares == sorted(shares, key=float)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("members.warc.gz", archived.compressed(archived.album(4))),
        ("plain.warc", b"".join(archived.album(4))),
        ("whole.warc.gz", gzip.compress(b"".join(archived.album(4)))),
        ("members.warc", archived.compressed(archived.album(4))),  # whatever its name says
        ("plain.warc.gz", b"".join(archived.album(4))),
    ],
)
def test_each_photo_is_read_again_however_the_archive_is_compressed(
    tmp_path: Path, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    offers = offers_in(path)
    assert [offer.data for offer in offers] == [archived.photo(seed) for seed in (0, 2, 1, 3)]
    assert len({offer.location for offer in offers}) == 4
    for offer in offers:
        assert offer.place.holding is Holding.RECORD
        assert read_original(offer.place, SETTINGS) == offer.data


def test_an_archive_in_a_store_is_read_alike(archive: Path) -> None:
    fsspec.filesystem("memory").pipe("/bucket/crawl.warc.gz", archive.read_bytes())
    offers = offers_in("memory://bucket/crawl.warc.gz")
    assert [offer.data for offer in offers] == [offer.data for offer in offers_in(archive)]
    assert offers[2].location == f"memory://bucket/crawl.warc.gz#record={offers[2].place.position}"
    assert read_original(offers[2].place, SETTINGS) == offers[2].data


def test_a_picture_is_told_by_its_content(tmp_path: Path) -> None:
    url = "https://a.example/"
    path = written(
        tmp_path,
        archived.response(url + "1", archived.photo(1, kind="PNG"), "text/plain"),
        archived.response(url + "2", archived.photo(2, kind="WEBP"), "image/x-icon"),
        archived.response(url + "3", archived.photo(3, kind="GIF"), ""),
        archived.response(url + "4", archived.photo(4), status=404),
        archived.response(url + "5", b"<html>Not found</html>", "image/jpeg"),
        archived.response(url + "6", b"", "image/png"),
        archived.response(url + "7", archived.photo(7, kind="BMP"), "image/bmp"),
        archived.response(url + "8", b"<svg/>", "image/svg+xml"),
        archived.response(url + "9", b"\0\0\1\0\1\0\x10\x10", "image/vnd.microsoft.icon"),
        archived.response(url + "10", b"\0\0\0\x18ftypisom" + bytes(80), "video/mp4"),
        archived.response(url + "11", b"", "image/jpeg", status=204),
        archived.response(url + "12", b"BMW and other words", "text/plain"),
        archived.record("resource", url + "13", archived.photo(13), headers={"Content-Type": "image/jpeg"}),
        archived.record("metadata", url + "14", archived.photo(14), headers={"Content-Type": "image/jpeg"}),
    )
    met = met_in(path)
    offers = [one for one in met if isinstance(one, Offer)]
    assert [(offer.provenance.source_url or "").rpartition("/")[2] for offer in offers] == [
        *("1", "2", "3", "4", "5", "6", "7", "13"),
    ]
    assert [offer.failure and offer.failure.code for offer in offers] == [None] * 5 + [
        FailureCode.EMPTY,
        None,
        None,
    ]
    assert offers[3].provenance.attributes["http-status"] == "404"
    assert sum(isinstance(one, Aside) for one in met) == 3


def test_a_photo_that_exceeds_the_limit_is_not_unfolded(tmp_path: Path) -> None:
    small = Settings(max_file_bytes=2048)
    large = archived.photo(1) + bytes(4000)
    path = written(
        tmp_path,
        archived.response("https://a/1.jpg", large),
        archived.response("https://a/2.jpg", gzip.compress(large), http_headers={"Content-Encoding": "gzip"}),
        archived.response("https://a/3.jpg", archived.photo(3)),
    )
    offers = offers_in(path, small)
    assert [offer.failure and offer.failure.code for offer in offers] == [FailureCode.FILE_TOO_LARGE] * 2 + [
        None
    ]
    with pytest.raises(PhotoError, match="larger than the limit"):
        read_original(offers[0].place, small)


def test_an_encoding_that_breaks_off_is_a_failure(tmp_path: Path) -> None:
    stored = gzip.compress(archived.photo(1) + bytes(range(256)) * 40)[:-200]
    path = written(
        tmp_path, archived.response("https://a/1.jpg", stored, http_headers={"Content-Encoding": "gzip"})
    )
    (offer,) = offers_in(path)
    assert offer.failure is not None
    assert offer.failure.code is FailureCode.CANNOT_PARSE
    with pytest.raises(PhotoError):
        read_original(offer.place, SETTINGS)


def test_a_wrong_digest_is_kept_with_the_photo_and_the_archive(tmp_path: Path) -> None:
    right = archived.response("https://a/1.jpg", archived.photo(1))
    wrong = archived.response(
        "https://a/2.jpg", archived.photo(2), headers={"WARC-Payload-Digest": archived.digest(b"other")}
    )
    path = written(tmp_path, right, wrong)
    assert [offer.provenance.attributes["digest-check"] for offer in offers_in(path)] == ["passed", "failed"]
    assert checks_in(path)["warc-digests"] is CheckOutcome.FAILED


# ---- records that refer to others ----


def test_a_later_visit_offers_the_earlier_bytes(tmp_path: Path) -> None:
    url, digest = "https://a.example/1.jpg", archived.digest(archived.photo(1))
    path = written(
        tmp_path,
        archived.revisit("https://b.example/same.jpg", WARC_Payload_Digest=digest),
        archived.response(url, archived.photo(1), number=5),
        archived.revisit(url, WARC_Refers_To_Target_URI=url, WARC_Refers_To_Date=archived.DATE),
        archived.page("https://a.example/", "<title>One</title><img src=1.jpg>"),
    )
    before, photo, after = offers_in(path)
    for offer in (before, after):
        assert offer.data is None
        assert offer.failure is None
        assert offer.place == photo.place
        assert read_original(offer.place, SETTINGS) == archived.photo(1)
        assert offer.provenance.attributes["original-record"] == photo.location
        assert offer.provenance.collected_at == datetime(2024, 4, 1, tzinfo=UTC)
    assert before.provenance.source_url == "https://b.example/same.jpg"
    assert after.provenance.appearances[0].page_title == "One"
    assert len({offer.location for offer in (before, photo, after)}) == 3


def test_a_later_visit_without_its_original_is_a_failure(tmp_path: Path) -> None:
    digest = archived.digest(b"elsewhere")
    path = written(
        tmp_path,
        archived.revisit("https://a/1.jpg", WARC_Payload_Digest=digest),
        archived.revisit("https://a/page", content_type="text/html", WARC_Payload_Digest=digest),
    )
    (offer,) = offers_in(path)
    assert offer.failure is not None
    assert offer.failure.code is FailureCode.ORIGINAL_MISSING
    assert offer.provenance.source_url == "https://a/1.jpg"


def test_pages_are_found_behind_redirections_and_by_referrers(tmp_path: Path) -> None:
    moved = archived.response(
        "https://a.example/short", b"", "text/html", status=302, http_headers={"Location": "/1.jpg"}
    )
    path = written(
        tmp_path,
        archived.response("https://a.example/1.jpg", archived.photo(1)),
        archived.response("https://cdn.example/2.jpg", archived.photo(2)),
        archived.request("https://cdn.example/2.jpg", referrer="https://a.example/page"),
        archived.page("https://a.example/page", "<title>Page</title><img src=/short>"),
        moved,
    )
    assert [
        [(page.page_url, page.how) for page in offer.provenance.appearances] for offer in offers_in(path)
    ] == [[("https://a.example/page", "img")], [("https://a.example/page", "referrer")]]


# ---- damage ----


@pytest.mark.parametrize("shape", ["members", "plain", "whole"])
def test_a_cut_archive_gives_what_came_before_and_one_failure(tmp_path: Path, shape: str) -> None:
    records = archived.album(6)
    data = {
        "members": archived.compressed(records),
        "plain": b"".join(records),
        "whole": gzip.compress(b"".join(records)),
    }[shape]
    whole = {archived.photo(seed) for seed in range(6)}
    path = tmp_path / "cut.warc.gz"
    for length in random.Random(4).sample(range(1, len(data)), 20):
        path.write_bytes(data[:length])
        offers = offers_in(path)
        failed = [offer for offer in offers if offer.failure]
        photos = [offer.data for offer in offers if not offer.failure]
        assert len(failed) <= 1
        assert {offer.failure.code for offer in failed if offer.failure} <= {FailureCode.MATERIAL_CUT_OFF}
        assert whole.issuperset(photos)
        assert len(set(photos)) == len(photos)
        assert len({offer.location for offer in offers}) == len(offers)
        assert (checks_in(path)["warc-records"] is CheckOutcome.FAILED) == bool(failed)


def test_damage_says_where_it_is_and_what_follows_is_read(tmp_path: Path) -> None:
    members = [gzip.compress(one) for one in archived.album(6)]
    broken = bytearray(b"".join(members))
    start = len(b"".join(members[:2]))
    broken[start + 30 : start + 60] = bytes(30)
    path = written(tmp_path, bytes(broken))
    offers = offers_in(path)
    (failed,) = [offer for offer in offers if offer.failure]
    assert failed.failure is not None
    assert failed.location == f"{path}#damage={start}"
    assert f"(at byte {start:,})" in failed.failure.message
    assert [offer.data for offer in offers if not offer.failure] == [
        archived.photo(n) for n in (0, 4, 1, 3, 5)
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", FailureCode.EMPTY),
        (b"this is no archive", FailureCode.MATERIAL_DAMAGED),
        (bytes(range(256)) * 99, FailureCode.MATERIAL_DAMAGED),
        (b"\x1f\x8b\x08\0", FailureCode.MATERIAL_CUT_OFF),
        (b"WARC/1.0\r\nWARC-Ty", FailureCode.MATERIAL_CUT_OFF),
    ],
)
def test_a_file_without_records_is_one_failure(tmp_path: Path, data: bytes, code: FailureCode) -> None:
    (offer,) = offers_in(written(tmp_path, data))
    assert offer.failure is not None
    assert offer.failure.code is code


def test_an_archive_that_is_not_there_or_no_file_is_one_failure(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.warc")
    (tmp_path / "folder.warc").mkdir()
    for name in ("pipe.warc", "folder.warc", "nothing.warc"):
        (offer,) = offers_in(tmp_path / name)
        assert offer.failure is not None
        assert offer.failure.code is FailureCode.UNREADABLE


def test_no_more_is_read_of_an_archive_than_is_allowed(archive: Path) -> None:
    for settings in (Settings(max_archive_bytes=3000), Settings(max_archive_records=3)):
        offers = offers_in(archive, settings)
        assert 0 < len(offers) < 5
        assert offers[-1].failure is not None
        assert offers[-1].failure.code is FailureCode.MATERIAL_TOO_LARGE


def test_a_long_archive_without_photos_gives_signs_of_life(tmp_path: Path) -> None:
    noise = random.Random(5).randbytes(3 << 20)
    path = written(tmp_path, *(archived.response(f"https://a/{n}", noise, "font/woff2") for n in range(6)))
    shares = [met.share for met in met_in(path) if isinstance(met, Surveying)]
    assert len(shares) >= 4
    assert shares == sorted(shares)


def test_a_place_that_holds_something_else_now_is_refused(archive: Path) -> None:
    place = offers_in(archive)[2].place
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(PhotoError) as caught:
        read_original(place, SETTINGS)
    assert caught.value.failure.code is FailureCode.UNREADABLE
    archive.unlink()
    with pytest.raises(PhotoError):
        read_original(place, SETTINGS)
    with pytest.raises(PhotoError):
        read_original(Place(holding=Holding.RECORD, stored_at=str(archive), member="x", position=0), SETTINGS)


def test_an_archive_written_by_another_program_is_read(tmp_path: Path) -> None:
    stream = io.BytesIO()
    for uri, kind, body in (
        (f"{archived.PAGE}1.jpg", "image/jpeg", archived.photo(1)),
        (archived.PAGE, "text/html", b"<title>Officers</title><img src=1.jpg>"),
    ):
        record = WarcRecord()
        record.init_headers(WarcRecordType.response)
        record.headers["WARC-Target-URI"] = uri
        record.headers["Content-Type"] = "application/http; msgtype=response"
        record.set_bytes_content(archived.http(body, kind))
        record.write(stream, checksum_data=True)
    (offer,) = offers_in(written(tmp_path, stream.getvalue()))
    assert offer.data == archived.photo(1)
    assert offer.provenance.appearances[0].page_title == "Officers"
    assert offer.provenance.attributes["digest-check"] == "passed"
