"""Positions as manifests and sidecars write them; what is none is left out, not believed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from antigone.records.whereabouts import Whereabouts, said_by


@pytest.mark.parametrize(
    ("attributes", "positions"),
    [
        ({"Lat": "48.46", "lon": "35.04"}, [(48.46, 35.04)]),
        ({"latitude": "-90", "longitude": "180"}, [(-90, 180)]),
        ({"sidecar.latitude": "1", "sidecar.longitude": "2"}, [(1, 2)]),
        ({"latitude": "1", "sidecar.longitude": "2"}, []),  # of two sources
        ({"lat": "90.1", "lon": "0"}, []),
        ({"lat": "0", "lon": "408.46"}, []),
        ({"lat": "inf", "lon": "0"}, []),
        ({"lat": "nan", "lon": "0"}, []),
        ({"lat": "north", "lon": "0"}, []),
        ({"lat": "1"}, []),
    ],
)
def test_positions(attributes: Mapping[str, str], positions: list[tuple[float, float]]) -> None:
    assert said_by(attributes) == Whereabouts(positions=positions)


def test_names_of_places() -> None:
    assert said_by({"City ": "Kharkiv", "colour": "red"}) == Whereabouts(names=["Kharkiv"])
