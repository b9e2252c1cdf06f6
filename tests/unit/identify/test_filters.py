"""Circles on the Earth and names of places, as filters read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.errors import UsageError
from antigone.identify import Filters, Near

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def test_distances_are_those_of_an_atlas() -> None:
    kharkiv, dnipro = (49.99, 36.23), (48.46, 35.04)  # 191 km from each other
    assert not Near(latitude=kharkiv[0], longitude=kharkiv[1], km=185).holds(*dnipro)
    assert Near(latitude=kharkiv[0], longitude=kharkiv[1], km=195).holds(*dnipro)


def test_the_date_line_is_no_border() -> None:
    assert Near(latitude=0, longitude=179.9, km=30).holds(0, -179.9)


@given(latitudes, longitudes, latitudes, longitudes, st.floats(0.1, 20_000))
def test_near_is_mutual(north: float, east: float, other: float, far: float, km: float) -> None:
    here = Near(latitude=north, longitude=east, km=km)
    there = Near(latitude=other, longitude=far, km=km + 1e-6)
    assert here.holds(north, east)
    assert not here.holds(other, far) or there.holds(north, east)


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
