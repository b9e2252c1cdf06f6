"""Manifests: what their rows become, and that whatever is wrong with one costs no other row."""

import csv
import gzip
import hashlib
import io
import json
import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.errors import UsageError
from antigone.provenance import Appearance, Material, Provenance
from antigone.settings import Settings
from antigone.sources import manifest
from antigone.sources.manifest import check_manifest, manifest_photos
from antigone.sources.manifest_terms import columns, provenance_of
from antigone.sources.offer import Offer
from antigone.sources.walk import Found
from antigone.types import FailureCode

SETTINGS = Settings(max_row_bytes=4096)
BAD, NAMELESS = FailureCode.ROW_UNREADABLE, FailureCode.ROW_WITHOUT_PHOTO


def read(path: Path | str, settings: Settings = SETTINGS) -> tuple[Material, list[Offer]]:
    first, *rest = manifest_photos(Found(location=str(path)), settings)
    assert isinstance(first, Material)
    offers = [met for met in rest if isinstance(met, Offer)]
    assert len(offers) == len(rest)
    assert len({offer.location for offer in offers}) == len(offers)
    return first, offers


def rows(path: Path, content: bytes | str) -> dict[str, str | FailureCode]:
    """Return what each row gave: the path of a photo or the code of a failure, by number."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return outcome(read(path)[1])


def outcome(offers: Sequence[Offer]) -> dict[str, str | FailureCode]:
    return {
        offer.location.rpartition("#row=")[2]: offer.failure.code if offer.failure else offer.place.stored_at
        for offer in offers
    }


def test_a_row_says_where_its_photo_is_from(tmp_path: Path) -> None:
    said = {
        "photo": "a b.jpg",
        "source_url": "https://x.org/a.jpg",
        "page_url": "https://user:pass@x.org/p?token=1",
        "page_title": "A page",
        "text": "First line\nsecond, with comma",
        "author": "Ann",
        "author_url": "https://x.org/ann",
        "captured_at": "2022-03-04T05:06:07+02:00",
        "collected_at": "2024-03-04T05:06:07Z",
        "licence": "CC BY 4.0",
        "subject_id": "17",
        "mood": "glad",
    }
    provenance = Provenance(
        source_url="https://x.org/a.jpg",
        captured_at=datetime(2022, 3, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=2))),
        collected_at=datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC),
        licence="CC BY 4.0",
        subject_id="17",
        appearances=(
            Appearance(
                page_url="https://x.org/p?token=removed",
                page_title="A page",
                text="First line\nsecond, with comma",
                author="Ann",
                author_url="https://x.org/ann",
            ),
        ),
        attributes={"mood": "glad"},
    )
    for ending, content in {
        "csv": ",".join(said) + "\r\n" + ",".join(f'"{value}"' for value in said.values()) + "\r\n",
        "jsonl": json.dumps(said),
    }.items():
        manifest = tmp_path / f"table.{ending}"
        manifest.write_bytes(content.encode())
        material, (offer,) = read(manifest)
        assert (material.kind, material.location) == (ending, str(manifest))
        assert material.sha256 == hashlib.sha256(content.encode()).hexdigest()
        assert material.byte_size == len(content)
        assert offer.location == f"{manifest}#row=1"
        assert offer.place.stored_at == str(tmp_path / "a b.jpg")
        assert offer.material == str(manifest)
        assert offer.provenance == provenance


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"captured_at": "2022-03-04 05:06"}, Provenance(captured_at=datetime(2022, 3, 4, 5, 6))),
        (
            {"captured_at": "2022-03-04"},
            Provenance(captured_at=datetime(2022, 3, 4), attributes={"captured_at": "2022-03-04"}),
        ),
        (
            {"collected_at": "2022-03-04T05:06"},
            Provenance(
                collected_at=datetime(2022, 3, 4, 5, 6, tzinfo=UTC),
                attributes={"collected_at": "2022-03-04T05:06"},
            ),
        ),
        *(
            ({name: wrong}, Provenance(attributes={name: wrong}))
            for name in ("captured_at", "collected_at")
            for wrong in ("yesterday", "04.03.2022", "2022", "2022-13-01", "2022-03-04T05:06+01:02:03", "17")
        ),
        ({"collected_at": "0001-01-01T00:00+10:00"}, {"collected_at": "0001-01-01T00:00+10:00"}),
        ({"captured_at": 1646370000}, {"captured_at": "1646370000"}),
        ({"page_title": "T", "author": "A"}, {"page_title": "T", "author": "A"}),
        ({"text": ["a", "b"], "licence": None, "subject_id": ""}, {"text": '["a", "b"]'}),
        ({"subject_id": 12, "tags": {"a": "ü"}, "ok": False, "zero": 0}, None),
        ({"thumbnail": "https://a:b@x.org/t.jpg"}, {"thumbnail": "https://x.org/t.jpg"}),
    ],
)
def test_nothing_that_a_row_says_is_lost(
    said: dict[str, object], kept: Provenance | dict[str, str] | None
) -> None:
    if kept is None:
        kept = Provenance(subject_id="12", attributes={"tags": '{"a": "ü"}', "ok": "false", "zero": "0"})
    assert provenance_of(said) == (kept if isinstance(kept, Provenance) else Provenance(attributes=kept))


@given(
    st.dictionaries(st.sampled_from(columns(["photo", "text", "page_url", "captured_at", "x"])), st.text())
)
def test_every_text_of_a_row_is_found_again(said: dict[str, str]) -> None:
    said = {name: text for name, text in said.items() if text and "://" not in text and name != "photo"}
    kept = provenance_of(said)
    (page,) = kept.appearances or (Appearance(page_url=""),)
    found = {*kept.attributes.values(), page.page_url, page.text, *map(str, (kept.captured_at,))}
    assert {text for name, text in said.items() if name != "captured_at"} <= found
    assert "captured_at" not in said or kept.captured_at or said["captured_at"] in found


def test_columns_are_known_by_their_words_and_all_different() -> None:
    assert columns(
        ["Photo ", "Page URL", "PAGE-TITLE", "license", "Notes", "", "notes", "Notes", "photo"]
    ) == [
        "photo",
        "page_url",
        "page_title",
        "licence",
        "Notes",
        "column 6",
        "notes",
        "Notes (column 8)",
        "photo (column 9)",
    ]


def test_bad_rows_are_failures_of_their_own(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbfphoto;"a note"\n1.jpg;x\n;x\n\n3.jpg\n4.jpg;x;y\n"5.jpg;x\n6.jpg;x\n7"8.jpg;x\n'
    content += b"8.jpg;\xff\n9.jpg;" + b"x" * 5000 + b"\n10.jpg;x\r\n  ;\n" + "12.jpg;\N{SNOWMAN}".encode()
    assert rows(tmp_path / "table.csv", content) == {
        "1": str(tmp_path / "1.jpg"),
        "2": NAMELESS,
        "3": BAD,  # ragged
        "4": BAD,
        "5": BAD,  # a quotation mark that is never closed takes nothing with it
        "6": str(tmp_path / "6.jpg"),
        "7": str(tmp_path / '7"8.jpg'),
        "8": BAD,  # not UTF-8
        "9": BAD,  # too long
        "10": str(tmp_path / "10.jpg"),
        "11": NAMELESS,
        "12": str(tmp_path / "12.jpg"),
    }


def test_bad_lines_are_failures_of_their_own(tmp_path: Path) -> None:
    lines = [
        b'\xef\xbb\xbf{"photo":"1.jpg"}',
        b"",
        b'{"photo":2}',
        b'{"photo":null}',
        b"{}",
        b"17",
        b"[]",
        b"{",
    ]
    lines += [b"[" * 4000, b'{"photo":"\xff"}', b'{"photo":"9.jpg","x":"' + b"x" * 5000 + b'"}']
    lines += [b'{"photo":"11.jpg","x":' + b"9" * 4000 + b"}", b'{"photo":"a","photo":"b"}', b'{"photo":"13.j']
    assert rows(tmp_path / "table.jsonl", b"\n".join(lines)) == {
        "1": str(tmp_path / "1.jpg"),
        **dict.fromkeys("234", NAMELESS),
        **dict.fromkeys(["5", "6", "7", "8", "9", "10"], BAD),
        "11": str(tmp_path / "11.jpg"),
        "12": str(tmp_path / "a"),
        "13": BAD,
    }
    assert read(tmp_path / "table.jsonl")[1][11].provenance.attributes == {"photo (again)": "b"}


@pytest.mark.parametrize(
    ("photo", "stored_at"),
    [
        ("sub/a.jpg", "{folder}/sub/a.jpg"),
        ("../a.jpg", "{folder}/../a.jpg"),
        ("/x/a.jpg", "/x/a.jpg"),
        ("file:///x/a%20b.jpg", "/x/a b.jpg"),
        ("s3://bucket/a b.jpg", "s3://bucket/a b.jpg"),
        ("https://x.org/a.jpg", FailureCode.NOT_ALLOWED),
        ("s3://key:secret@bucket/a.jpg", FailureCode.NOT_ALLOWED),
        ("ftp://x.org/a.jpg", FailureCode.NOT_ALLOWED),
    ],
)
def test_a_manifest_on_this_machine_names_any_photo(
    tmp_path: Path, photo: str, stored_at: str | FailureCode
) -> None:
    expected = stored_at if isinstance(stored_at, FailureCode) else stored_at.format(folder=tmp_path)
    assert rows(tmp_path / "table.csv", f"photo\n{photo}\n") == {"1": expected}


@pytest.mark.parametrize(
    ("photo", "stored_at"),
    [
        ("a.jpg", "memory://box/tables/a.jpg"),
        ("../b/a.jpg", "memory://box/b/a.jpg"),
        ("s3://bucket/a.jpg", "s3://bucket/a.jpg"),
        ("https://x.org/a.jpg", "https://x.org/a.jpg"),
        ("../../a.jpg", FailureCode.NOT_ALLOWED),
        ("/etc/passwd", FailureCode.NOT_ALLOWED),
        ("file:///etc/passwd", FailureCode.NOT_ALLOWED),
    ],
)
def test_a_manifest_from_a_store_names_nothing_on_this_machine(
    photo: str, stored_at: str | FailureCode
) -> None:
    store = fsspec.filesystem("memory")
    store.pipe_file("memory://box/tables/table.csv", f"photo\n{photo}\n".encode())
    settings = Settings(allow_http=True)
    assert outcome(read("memory://box/tables/table.csv", settings)[1]) == {"1": stored_at}
    store.rm("memory://box", recursive=True)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"foto,name\n1,2\n", 'no column "photo"'),
        ("a.csv", b"", 'no column "photo"'),
        ("a.csv", "photo\na.jpg\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"ph\xf6to\n", "UTF-8"),
        ("a.csv", b"x" * 10_000, "no header"),
        ("a.jsonl", b'[{"photo": "a.jpg"}]', "one object in each line"),
    ],
)
def test_what_is_no_manifest_is_said_before_an_import_begins(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    manifest = tmp_path / name
    manifest.write_bytes(content)
    with pytest.raises(UsageError, match=says) as refused:
        check_manifest(str(manifest), SETTINGS)
    assert '"photo"' in refused.value.hint
    _, (offer,) = read(manifest)  # it may have changed since
    assert (offer.location, offer.failure and offer.failure.code) == (
        str(manifest),
        FailureCode.NOT_A_MANIFEST,
    )


def test_a_manifest_from_the_web_names_photos_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"photo,source_url\na b#1.jpg,\n../x.jpg,https://x.org/other\n../../x.jpg,\ns3://bucket/a,\n"
    monkeypatch.setattr(manifest, "open_material", lambda address, settings: io.BytesIO(content))
    offers = read("https://x.org/tables/t.csv?version=2", Settings(allow_http=True))[1]
    assert outcome(offers) == {
        "1": "https://x.org/tables/a%20b%231.jpg",
        "2": "https://x.org/x.jpg",
        "3": FailureCode.NOT_ALLOWED,
        "4": FailureCode.NOT_ALLOWED,
    }
    assert offers[0].provenance.source_url == "https://x.org/tables/a%20b%231.jpg"
    assert offers[1].provenance.source_url == "https://x.org/other"


def test_a_manifest_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("photo\n1.jpg\n2.jpg\n")
    met = manifest_photos(Found(location=str(path)), SETTINGS)
    assert isinstance(next(met), Material)
    next(met)
    with path.open("a") as file:
        file.write("3.jpg\n")
    last = list(met)[-1]
    assert isinstance(last, Offer)
    assert (last.location, last.failure and last.failure.code) == (str(path), FailureCode.UNREADABLE)


def test_packed_manifests_are_read_whatever_their_name(tmp_path: Path) -> None:
    content = b"".join(b'{"photo":"%d.jpg"}\n' % number for number in range(5000))
    expected = rows(tmp_path / "plain.jsonl", content)
    assert len(expected) == 5000
    assert rows(tmp_path / "packed.jsonl.gz", gzip.compress(content)) == expected
    assert rows(tmp_path / "packed.jsonl", gzip.compress(content)) == expected
    assert rows(tmp_path / "two members.jsonl.gz", gzip.compress(content[:90]) + gzip.compress(content[90:]))


def test_a_packed_manifest_that_is_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    chance = random.Random(1)
    content = b"".join(b'{"photo":"%x.jpg"}\n' % chance.getrandbits(64) for _ in range(3000))
    packed = gzip.compress(content)
    manifest = tmp_path / "table.jsonl.gz"
    whole = rows(manifest, packed)
    for cut in sorted(chance.sample(range(2, len(packed)), 20)):
        manifest.write_bytes(packed[:cut])
        _, offers = read(manifest)
        *before, last = offers
        assert last.location == str(manifest)
        assert last.failure is not None
        assert last.failure.code is FailureCode.MATERIAL_CUT_OFF
        assert outcome(before).items() <= whole.items()


def test_what_unpacks_to_nothing_is_given_up(tmp_path: Path) -> None:
    for content in (b"photo\n" + b"\n" * 200_000, b"photo\n" + b"\r\n" * 200_000):
        manifest = tmp_path / "table.csv.gz"
        manifest.write_bytes(gzip.compress(content))
        (offer,) = read(manifest)[1]
        assert offer.failure is not None
        assert offer.failure.code is FailureCode.MATERIAL_TOO_LARGE


def test_a_manifest_that_cannot_be_opened_is_a_failure(tmp_path: Path) -> None:
    check_manifest(str(tmp_path / "gone.csv"), SETTINGS)
    (offer,) = manifest_photos(Found(location=str(tmp_path / "gone.csv")), SETTINGS)
    assert isinstance(offer, Offer)
    assert offer.failure is not None
    assert offer.failure.code is FailureCode.UNREADABLE


@given(st.binary(max_size=2000), st.sampled_from(["csv", "jsonl"]))
def test_no_bytes_at_all_break_the_reading(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: str
) -> None:
    manifest = tmp_path_factory.getbasetemp() / f"any.{kind}"
    manifest.write_bytes(b"photo,x\n" + content if kind == "csv" else content)
    _, offers = read(manifest)
    assert all(offer.failure or offer.place.stored_at for offer in offers)


# No colon, so no URL, which may be refused or stripped of secrets.
_CELLS = st.text(st.characters(codec="utf-8", exclude_characters=":"))


@given(st.lists(st.tuples(_CELLS, _CELLS)))
def test_what_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]]
) -> None:
    manifest = tmp_path_factory.getbasetemp() / "written.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("photo", "note"), *table])
    offers = read(manifest, Settings())[1]
    assert [offer.failure is None for offer in offers] == [bool(photo.strip()) for photo, _ in table]
    named = [(offer.place.stored_at, offer.provenance.attributes) for offer in offers if not offer.failure]
    assert named == [
        (os.path.join(manifest.parent, photo), {"note": note} if note else {})  # noqa: PTH118 - as the code
        for photo, note in table
        if photo.strip()
    ]
