"""Records of WARC files: where they begin, that they can be read again, and what damage costs."""

from __future__ import annotations

import gzip
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archived
from antigone.failures import FailureCode
from antigone.sources.warc_bytes import Budget, Received
from antigone.sources.warc_records import MAX_DAMAGES, Damage, Record, Spot, read_record, read_records

RECORDS = archived.album(6)
SHAPES = {
    "plain": b"".join(RECORDS),
    "members": archived.compressed(RECORDS),
    "whole": gzip.compress(b"".join(RECORDS)),
    "pairs": archived.compressed(b"".join(RECORDS[at : at + 2]) for at in range(0, len(RECORDS), 2)),
}


def budget(*, inflated: int = 1 << 40, records: int = 1 << 40) -> Budget:
    return Budget(inflated_bytes=inflated, records=records)


def read(data: bytes) -> tuple[list[tuple[Spot, str, bytes]], list[Damage]]:
    """Return the records that are whole, and the damages."""
    whole, damages = [], []
    for met in read_records(io.BytesIO(data), budget()):
        if isinstance(met, Damage):
            damages.append(met)
        elif len(block := met.read(1 << 30)) == met.length:
            whole.append((met.spot, met.uri, block))
    return whole, damages


WHOLE = [(uri, block) for _, uri, block in read(SHAPES["plain"])[0]]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_record_is_read_however_the_file_is_compressed(shape: str) -> None:
    records, damages = read(SHAPES[shape])
    assert not damages
    assert len(records) == len(RECORDS)
    assert [(uri, block) for _, uri, block in records] == WHOLE
    assert len({spot for spot, _, _ in records}) == len(RECORDS)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_record_is_read_again_from_its_spot(shape: str) -> None:
    for spot, uri, block in read(SHAPES[shape])[0]:
        found = read_record(io.BytesIO(SHAPES[shape]), budget(), spot)
        assert found is not None
        assert (found.uri, found.read(1 << 30)) == (uri, block)


@pytest.mark.parametrize("shape", SHAPES)
def test_where_no_record_begins_none_is_read(shape: str) -> None:
    assert read_record(io.BytesIO(SHAPES[shape]), budget(), Spot(at=7)) is None
    assert read_record(io.BytesIO(SHAPES[shape]), budget(), Spot(at=1 << 30)) is None
    assert read_record(io.BytesIO(SHAPES[shape]), budget(), Spot(at=0, inflated=7)) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_all_before_a_cut_is_read_and_the_cut_is_told(shape: str) -> None:
    data = SHAPES[shape]
    ends = [spot.at for spot, _, _ in read(data)[0]] if shape in ("plain", "members") else []
    for length in random.Random(1).sample(range(1, len(data)), 60):
        records, damages = read(data[:length])
        assert [(uri, block) for _, uri, block in records] == WHOLE[: len(records)]
        assert len(damages) <= 1
        for damage in damages:
            assert damage.trouble.code is FailureCode.MATERIAL_CUT_OFF
            assert damage.spot.at <= length
        if ends and length not in ends:
            before = sum(end <= length for end in ends[1:])
            assert len(records) >= before
            assert damages or len(records) > before


def test_damage_in_one_member_costs_no_other() -> None:
    data = bytearray(SHAPES["members"])
    spots = [spot.at for spot, _, _ in read(bytes(data))[0]]
    data[spots[3] + 40 : spots[3] + 60] = bytes(20)
    records, damages = read(bytes(data))
    assert [damage.spot.at for damage in damages] == [spots[3]]
    assert damages[0].trouble.code is FailureCode.MATERIAL_DAMAGED
    assert [uri for _, uri, _ in records if uri] == [uri for uri, _ in WHOLE[:3] + WHOLE[4:] if uri]


def test_a_wrong_checksum_is_told_though_all_could_be_inflated() -> None:
    data = bytearray(SHAPES["members"])
    data[read(bytes(data))[0][4][0].at - 5] ^= 1  # of the member before, in its stored checksum
    records, damages = read(bytes(data))
    assert len(records) == len(RECORDS)
    assert [damage.trouble.code for damage in damages] == [FailureCode.MATERIAL_DAMAGED]


def test_a_plain_file_goes_on_at_the_next_record() -> None:
    data = SHAPES["plain"]
    spots = [spot.at for spot, _, _ in read(data)[0]]
    broken = data[: spots[2]] + b"XXXX" + data[spots[2] + 4 :]
    records, damages = read(broken)
    assert [uri for _, uri, _ in records] == [uri for uri, _ in WHOLE[:2] + WHOLE[3:]]
    assert len(damages) == 1
    assert spots[1] < damages[0].spot.at <= spots[2]


def test_a_length_that_is_too_long_swallows_no_later_record() -> None:
    long = RECORDS[2].replace(b"Content-Length: ", b"Content-Length: 9", 1)
    for data in (
        archived.compressed([*RECORDS[:2], long, *RECORDS[3:]]),
        b"".join([*RECORDS[:2], long, *RECORDS[3:]]),
    ):
        records, damages = read(data)
        assert [uri for _, uri, _ in records] == [uri for uri, _ in WHOLE[:2] + WHOLE[3:]]
        assert len(damages) == 1


def test_padding_at_the_end_is_no_damage() -> None:
    assert not read(SHAPES["members"] + bytes(2048))[1]
    assert not read(SHAPES["plain"] + b"\r\n\r\n")[1]


@pytest.mark.parametrize("junk", [b"junk", b"junk\n" * 5000, bytes(range(256)) * 40, b"\x1f\x8b\x08junk"])
def test_junk_before_the_first_record_is_passed_over(junk: bytes) -> None:
    for data in (SHAPES["plain"], SHAPES["members"]):
        records, damages = read(junk + b"\n" + data)
        assert [(uri, block) for _, uri, block in records] == WHOLE
        assert [damage.spot.at for damage in damages] == [0]


def test_damage_after_damage_ends() -> None:
    bad = gzip.compress(b"no record")
    good = gzip.compress(RECORDS[1])
    records, damages = read((bad + good) * (MAX_DAMAGES + 50))
    assert len(damages) == MAX_DAMAGES
    assert len(records) <= MAX_DAMAGES


def test_no_more_is_read_than_the_budget_allows() -> None:
    bomb = gzip.compress(archived.response("http://a/", bytes(1 << 24)))
    for data, allowed in ((bomb, budget(inflated=1 << 20)), (SHAPES["members"], budget(records=3))):
        met = list(read_records(io.BytesIO(data), allowed))
        assert isinstance(met[-1], Damage)
        assert met[-1].trouble.code is FailureCode.MATERIAL_TOO_LARGE
        assert sum(isinstance(one, Record) for one in met) <= 3


def test_a_disk_that_fails_is_told() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > len(SHAPES["plain"]) // 2:
                raise OSError(5, "Input/output error")
            return super().read(min(size or 0, 1024))

    met = list(read_records(Failing(SHAPES["plain"]), budget()))
    assert isinstance(met[-1], Damage)
    assert met[-1].trouble.code is FailureCode.UNREADABLE
    assert "input/output error" in met[-1].trouble.what


@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_whatever_the_bytes_records_or_damages_come_of_them(shape: str, data: st.DataObject) -> None:
    mutated = bytearray(SHAPES[shape])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        piece = data.draw(st.binary(max_size=6))
        mutated[at : at + data.draw(st.integers(0, 6))] = piece
    for met in read_records(io.BytesIO(bytes(mutated)), budget()):
        if isinstance(met, Record):
            assert len(met.read(1 << 20)) <= 1 << 20
            assert isinstance(met.uri, str)
            assert met.date is None or met.date.tzinfo is not None


@given(st.binary(max_size=300))
def test_any_file_can_be_read(data: bytes) -> None:
    read(data)


def test_received_bytes_are_hashed_once_whatever_is_read_again() -> None:
    import hashlib

    data = random.Random(2).randbytes(100_000)
    received = Received(io.BytesIO(data))
    buffered = io.BufferedReader(received, 1024)
    for at, size in ((0, 5_000), (100, 20_000), (19_000, 30_000), (0, 10)):
        buffered.seek(at)
        assert buffered.read(size) == data[at : at + size]
    assert received.finish() == (hashlib.sha256(data).hexdigest(), len(data))


def test_dates_and_addresses_are_taken_as_tools_write_them() -> None:
    wget = archived.record("response", "<http://site.example/a.jpg>", b"", date="2024-03-05T06:07:08.123456Z")
    odd = archived.record("response", "http://b/", b"", date="yesterday")
    odd += archived.record("response", "http://c/", b"", date="0001-01-01T00:00:00+23:59")
    records = [met for met in read_records(io.BytesIO(wget + odd), budget()) if isinstance(met, Record)]
    assert records[0].uri == "http://site.example/a.jpg"
    assert records[0].date is not None
    assert records[0].date.isoformat() == "2024-03-05T06:07:08.123456+00:00"
    assert records[1].date is records[2].date is None
