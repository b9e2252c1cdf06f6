"""Manifests in Parquet: the same rows as in text, and bounded memory for pages that claim to be huge."""

import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from antigone.errors import UsageError
from antigone.provenance import CheckOutcome, Material
from antigone.settings import Settings
from antigone.sources import manifest_parquet
from antigone.sources.manifest import check_manifest, manifest_photos
from antigone.sources.offer import Offer
from antigone.sources.parquet_layout import LayoutError, examine, groups_of
from antigone.sources.walk import Found
from antigone.types import FailureCode

SETTINGS = Settings(max_row_bytes=4096)


def read(path: Path) -> tuple[Material, list[Offer]]:
    first, *rest = manifest_photos(Found(location=str(path)), SETTINGS)
    assert isinstance(first, Material)
    offers = [met for met in rest if isinstance(met, Offer)]
    assert len({offer.location for offer in offers}) == len(rest)
    return first, offers


def outcome(offers: list[Offer]) -> dict[str, str]:
    return {
        offer.location.rpartition("#row=")[2]: offer.failure.code.value
        if offer.failure
        else Path(offer.place.stored_at).name
        for offer in offers
    }


def write(path: Path, columns: Mapping[str, object], **options: object) -> Path:
    pq.write_table(pa.table(dict(columns)), path, **options)
    return path


def test_every_type_becomes_text_and_times_stay_times(tmp_path: Path) -> None:
    moment = datetime(2022, 3, 4, 5, 6, 7, tzinfo=UTC)
    columns = {
        "Photo": pa.array(["a.jpg"]).dictionary_encode(),
        "captured_at": pa.array([moment.replace(tzinfo=None)], pa.timestamp("ns")),
        "collected_at": pa.array([moment], pa.timestamp("us", "Europe/Kyiv")),
        "subject_id": pa.array([12], pa.int8()),
        "page_url": pa.array([b"https://x.org"], pa.binary()),
        "text": pa.array(["ü"], pa.large_string()),
        "day": pa.array([date(2022, 3, 4)]),
        "price": pa.array([Decimal("1.50")]),
        "score": pa.array([0.5]),
        "ok": pa.array([True]),
        "span": pa.array([5], pa.duration("s")),
        "nothing": pa.nulls(1),
        "no text": pa.array([""]),
    }
    material, (offer,) = read(write(tmp_path / "t.parquet", columns))
    assert (material.kind, material.checks) == ("parquet", ())
    said = offer.provenance
    assert offer.place.stored_at == str(tmp_path / "a.jpg")
    assert (said.captured_at, said.collected_at) == (moment.replace(tzinfo=None), moment)
    assert (said.subject_id, said.appearances[0].page_url, said.appearances[0].text) == (
        "12",
        "https://x.org",
        "ü",
    )
    assert said.attributes == {
        "day": "2022-03-04",
        "price": "1.50",
        "score": "0.5",
        "ok": "true",
        "span": said.attributes["span"],
    }


def test_columns_of_lists_and_objects_are_named_on_the_record(tmp_path: Path) -> None:
    table = {"photo": ["a.jpg", "b.jpg"], "tags": [["x"], []], "who": [{"a": 1}, None]}
    material, offers = read(write(tmp_path / "t.parquet", table))
    assert outcome(offers) == {"1": "a.jpg", "2": "b.jpg"}
    (check,) = material.checks
    assert (check.outcome, check.message) == (
        CheckOutcome.FAILED,
        "Columns that hold lists or objects were not read: tags, who.",
    )


def test_columns_of_one_name_are_all_kept(tmp_path: Path) -> None:
    table = pa.table([["a.jpg"], ["x"], ["y"], ["b.jpg"]], names=["Photo", "note", "note", "photo"])
    pq.write_table(table, tmp_path / "t.parquet")
    (offer,) = read(tmp_path / "t.parquet")[1]
    assert Path(offer.place.stored_at).name == "a.jpg"
    assert offer.provenance.attributes == {
        "note": "x",
        "note (column 3)": "y",
        "photo (column 4)": "b.jpg",
    }


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"data_page_version": "2.0"}])
def test_bad_rows_are_failures_of_their_own(tmp_path: Path, options: dict[str, object]) -> None:
    photos = [b"1.jpg", None, b"  ", b"\xff.jpg", b"5.jpg" + b"x" * 5000, b"6.jpg", b"7.jpg"]
    notes = [b"x", b"", b"", b"", b"", b"y" * 4000 + b"!" * 90, b"y" * 4096]
    table = {"photo": pa.array(photos, pa.binary()), "note": pa.array(notes, pa.binary())}
    path = write(tmp_path / "t.parquet", table, row_group_size=4, **options)
    assert outcome(read(path)[1]) == {
        "1": "1.jpg",
        **dict.fromkeys("23", "row-without-photo"),
        **dict.fromkeys("457", "row-unreadable"),
        "6": "6.jpg",
    }


def test_long_texts_with_shared_beginnings_are_read_in_few_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest_parquet, "_PORTION", 10_000)
    table = {"photo": [f"{number}.jpg" for number in range(50)], "note": ["y" * 3000] * 50}
    encoded = {"photo": "PLAIN", "note": "DELTA_BYTE_ARRAY"}
    path = write(tmp_path / "t.parquet", table, use_dictionary=False, column_encoding=encoded)
    offers = read(path)[1]
    assert outcome(offers) == {f"{number + 1}": f"{number}.jpg" for number in range(50)}
    assert all(offer.provenance.attributes == {"note": "y" * 3000} for offer in offers)


def test_rows_in_pages_that_are_too_large_fail_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest_parquet, "_PAGES", 1_000_000)
    table = {"photo": ["1.jpg", "2.jpg", "x" * 1_100_000, "4.jpg", "5.jpg"]}
    path = write(tmp_path / "t.parquet", table, row_group_size=2)
    offers = read(path)[1]
    assert outcome(offers) == {"1": "1.jpg", "2": "2.jpg", "3-4": "row-unreadable", "5": "5.jpg"}


def test_a_table_without_photos_is_said_before_an_import_begins(tmp_path: Path) -> None:
    for columns in ({"foto": ["a"]}, {"photo": [["a"]]}):
        path = write(tmp_path / "t.parquet", columns)
        with pytest.raises(UsageError, match='no column "photo"'):
            check_manifest(str(path), SETTINGS)
        assert outcome(read(path)[1]) == {str(path): "not-a-manifest"}


def test_files_that_are_cut_off_are_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", {"photo": [f"{number}.jpg" for number in range(1000)]})
    content = path.read_bytes()
    for cut in [0, 4, 8, 11, 12, *random.Random(2).sample(range(len(content)), 20)]:
        path.write_bytes(content[:cut])
        check_manifest(str(path), SETTINGS)
        (offer,) = read(path)[1]
        assert (offer.location, offer.failure and offer.failure.code) == (
            str(path),
            FailureCode.MATERIAL_CUT_OFF,
        )


def test_damage_in_the_middle_costs_its_group_of_rows_or_less(tmp_path: Path) -> None:
    """Whatever bytes are changed, rows come out or failures with a code, and never one number twice."""
    chance = random.Random(3)
    names = [f"{chance.getrandbits(64):x}.jpg" for _ in range(400)]
    table = {"photo": names, "note": [str(number) for number in range(400)]}
    path = write(tmp_path / "t.parquet", table, row_group_size=100)
    content = path.read_bytes()
    seen = set()
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(chance.choice([1, 4])):
            damaged[chance.randrange(4, len(damaged) - 8)] = chance.randrange(256)
        path.write_bytes(damaged)
        seen |= {offer.failure.code for offer in read(path)[1] if offer.failure}
    assert FailureCode.MATERIAL_DAMAGED in seen


def test_the_layout_is_what_pyarrow_says(tmp_path: Path) -> None:
    table = {"photo": ["x" * 100_000, "y", None], "number": [1, 2, 3], "list": [["a"], [], ["b", "c"]]}
    path = write(tmp_path / "t.parquet", table, row_group_size=2, use_dictionary=["number"])
    metadata = pq.ParquetFile(path).metadata
    with path.open("rb") as file:
        groups = groups_of(file)
        assert [group.rows for group in groups] == [2, 1]
        for number, group in enumerate(groups):
            for place, chunk in enumerate(group.chunks):
                said = metadata.row_group(number).column(place)
                begin = min(filter(None, (said.dictionary_page_offset, said.data_page_offset)))
                assert (chunk.name, chunk.begin, chunk.size, chunk.is_text) == (
                    said.path_in_schema,
                    begin,
                    said.total_compressed_size,
                    said.physical_type == "BYTE_ARRAY",
                )
        photo = groups[0].chunks[0]
        assert 100_005 < examine(file, photo).largest < 101_000
        with pytest.raises(LayoutError):
            examine(file, replace(photo, begin=photo.begin + 1))


_BOMB = """
import resource, sys
from antigone.settings import Settings
from antigone.sources.manifest import manifest_photos
from antigone.sources.walk import Found
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = 0
for met in manifest_photos(Found(location=sys.argv[1]), Settings()):
    rows += 1
    if rows > 300:
        break
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


def test_a_small_file_of_long_texts_stays_small_in_memory(tmp_path: Path) -> None:
    """40 kB that hold 90 GB of text, were every row written out."""
    note = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["y" * 900_000])
    path = write(tmp_path / "t.parquet", {"photo": ["a.jpg"] * 100_000, "note": note})
    assert path.stat().st_size < 100_000
    done = subprocess.run(
        [sys.executable, "-c", _BOMB, str(path)], capture_output=True, text=True, check=True, timeout=120
    )
    rows, mebibytes = map(int, done.stdout.split())
    assert rows == 301
    assert mebibytes < 300  # pyarrow itself is a third of that
