"""Circles on the Earth and names of places, as filters read them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.errors import UsageError
from antigone.identify import Filters, Near, filters_sentence
from antigone.provenance import Place
from antigone.records import ReferenceRecord
from antigone.records.whereabouts import Whereabouts
from antigone.types import Box

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
RECORD = ReferenceRecord(
    reference=1,
    collection_id=1,
    collection="archive",
    photo="ab" * 32,
    face=1,
    box=Box(0, 0, 9, 9),
    quality=50,
    pose=50,
    source="p.jpg",
    place=Place.of_file("/p.jpg"),
    page_url=None,
    page_title=None,
    captured_at=None,
    captured_by=None,
)


def test_distances_are_those_of_an_atlas() -> None:
    kharkiv, dnipro = (49.99, 36.23), (48.46, 35.04)  # 191 km from each other
    assert not Near(latitude=kharkiv[0], longitude=kharkiv[1], km=185).holds(*dnipro)
    assert Near(latitude=kharkiv[0], longitude=kharkiv[1], km=195).holds(*dnipro)


def test_the_date_line_is_no_border() -> None:
    assert Near(latitude=0, longitude=179.9, km=30).holds(0, -179.9)


@given(st.floats(-89, 90), longitudes)
def test_a_quarter_of_the_way_round_is_ten_thousand_km(north: float, east: float) -> None:
    pole = Near(latitude=90, longitude=east, km=10_007.5 * (90 - north) / 90 + 1)
    assert pole.holds(north, east)
    if north < 89:
        assert not Near(latitude=90, longitude=east, km=pole.km - 3).holds(north, east)


@given(latitudes, longitudes)
def test_the_whole_earth_lies_within_half_its_girth(north: float, east: float) -> None:
    assert Near(latitude=-north, longitude=east, km=20_016).holds(north, east)


@pytest.mark.parametrize("text", ["", "Kharkiv", "1,2", "91,0,5", "0,181,5", "0,0,0", "0,0,nan", "nan,0,5"])
def test_what_is_no_circle_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Near.parse(text)


def test_a_circle_is_read_as_it_is_written() -> None:
    near = Near.parse(" 48.46, 35.04 ,20")
    assert Filters(near=near, place="Dnipro").document() == {
        "captured_from": None,
        "captured_until": None,
        "kinds": [],
        "place": "Dnipro",
        "near": [48.46, 35.04, 20.0],
    }


def test_names_are_the_same_however_they_are_composed() -> None:
    written = unicodedata.normalize("NFD", "Kyïv")
    assert Filters(place="KYÏV").keeps(RECORD, Whereabouts(names=[written]))
    assert not Filters(place="Lviv").keeps(RECORD, Whereabouts(names=[written]))
    assert not Filters(place="Lviv").keeps(RECORD, None)


def test_what_a_list_was_filtered_by_is_said_in_words() -> None:
    document = Filters(place="Dnipro", near=Near.parse("48.46,35.04,20")).document()
    asked = "Filtered: place Dnipro, within 20 km of 48.46, 35.04; "
    assert filters_sentence(document, 90, 90) == asked + "every reference was looked at."
    assert filters_sentence(document, 90, 91) == asked + "only the 90 most alike were looked at."
