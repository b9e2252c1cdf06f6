"""What is stored comes back as it was."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, MetaData, Table, create_engine, insert, select

from antigone.records.columns import AnyText, Sha256, Unsigned64, UtcDateTime, escape_text, unescape_text

THINGS = Table(
    "things",
    MetaData(),
    Column("text", AnyText),
    Column("sha256", Sha256),
    Column("pattern", Unsigned64),
    Column("moment", UtcDateTime),
)

anything = st.text(st.characters(exclude_categories=()))  # lone surrogates and NUL too
file_names = st.binary(min_size=1).map(os.fsdecode)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones())


@pytest.fixture(scope="module")
def database() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        THINGS.create(connection)
        yield connection
    engine.dispose()


@given(
    text=st.none() | anything | file_names,
    sha256=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    pattern=st.none() | st.integers(0, 2**64 - 1),
    moment=st.none() | moments,
)
def test_every_value_comes_back(
    database: Connection, text: str | None, sha256: str | None, pattern: int | None, moment: datetime | None
) -> None:
    database.execute(THINGS.delete())
    database.execute(insert(THINGS).values(text=text, sha256=sha256, pattern=pattern, moment=moment))
    row = database.execute(select(THINGS)).one()
    assert (row.text, row.sha256, row.pattern) == (text, sha256, pattern)
    assert row.moment == (moment and moment.astimezone(UTC))  # some wall-clock times never were
    assert moment is None or row.moment.tzinfo is UTC


@given(anything, anything)
def test_different_texts_are_stored_differently(one: str, other: str) -> None:
    assert (escape_text(one) == escape_text(other)) == (one == other)


@given(anything)
def test_escaped_text_is_storable_and_comes_back(text: str) -> None:
    stored = escape_text(text)
    stored.encode()
    assert "\0" not in stored
    assert unescape_text(stored) == text


@pytest.mark.parametrize("name", ["/photos/Zoë/été 1.jpg", "https://example.org/ä?b=%20", "C:\\a\\b", ""])
def test_ordinary_text_stays_readable(name: str) -> None:
    assert escape_text(name) == name


def test_an_undecodable_name_stays_mostly_readable() -> None:
    assert escape_text(os.fsdecode(b"/photos/caf\xe9.jpg")) == "/photos/caf\N{REPLACEMENT CHARACTER}udce9.jpg"


def test_points_in_time_are_ordered_across_zones(database: Connection) -> None:
    noon = datetime(2024, 7, 1, 12, tzinfo=UTC)
    east = datetime(2024, 7, 1, 13, 30, tzinfo=timezone(timedelta(hours=2)))
    database.execute(THINGS.delete())
    database.execute(insert(THINGS), [{"moment": noon}, {"moment": east}])
    rows = database.scalars(select(THINGS.c.moment).order_by(THINGS.c.moment)).all()
    assert rows == [east, noon]


def test_a_time_without_zone_is_refused(database: Connection) -> None:
    with pytest.raises(Exception, match="needs a time zone"):
        database.execute(insert(THINGS).values(moment=datetime(2024, 7, 1)))
