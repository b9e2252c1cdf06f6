"""Faces are followed by where they should be and by what they look like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antigone.ingest.tracking import Track, Tracker
from antigone.types import Box, Face, Float32Array
from invented import direction, face

GAP = 1_500_000
STEP = 200_000  # microseconds between looks
ANNA, BORIS = direction(1, 0), direction(0, 1)


def seen(template: Float32Array, x: float, y: float = 50, side: float = 40, quality: float = 60) -> Face:
    return face(template, Box(x, y, side, side), quality)


def follow(frames: Iterable[Sequence[Face]], *, step: int = STEP, cuts: Sequence[int] = ()) -> list[Track]:
    """Return the tracks in the order of their beginning."""
    tracker = Tracker(gap=GAP)
    ended = []
    for number, faces in enumerate(frames):
        position = number * step
        ended += tracker.cut() if number in cuts else tracker.expire(position)
        tracker.look(position, faces)
    ended += tracker.cut()
    assert not tracker.following
    return sorted(ended, key=lambda track: (track.sightings[0].position, track.sightings[0].number))


def alike(a: Float32Array, score: float) -> Float32Array:
    """Return a template with this comparison score to ``a``."""
    other = direction(0, 0, 0, 1)
    return (np.float32(score) * a + np.float32(np.sqrt(1 - score**2)) * other).astype(np.float32)


def test_one_who_stays_is_one_track() -> None:
    (track,) = follow([[seen(ANNA, 100)]] * 20)
    assert len(track.sightings) == 20
    assert [s.position for s in track.sightings] == [n * STEP for n in range(20)]


def test_one_who_walks_by_several_widths_between_looks_is_one_track() -> None:
    (track,) = follow([[seen(ANNA, 60 * n)] for n in range(10)])
    assert len(track.sightings) == 10


def test_one_who_runs_and_is_blurred_is_followed_by_the_motion_alone() -> None:
    looks = [[seen(ANNA, 0)], [seen(ANNA, 60)]]
    looks += [[seen(alike(ANNA, 0.1), 60 * n, quality=10)] for n in range(2, 6)]
    assert len(follow(looks)) == 1


def test_two_who_cross_keep_their_tracks() -> None:
    frames = [[seen(ANNA, 20 * n), seen(BORIS, 400 - 20 * n)] for n in range(21)]
    first, second = follow(frames)
    assert {float(s.face.template @ ANNA) > 0.9 for s in first.sightings} == {True}
    assert {float(s.face.template @ BORIS) > 0.9 for s in second.sightings} == {True}
    assert len(first.sightings) == len(second.sightings) == 21


def test_somebody_else_at_the_same_place_begins_a_track() -> None:
    assert len(follow([*[[seen(ANNA, 100)]] * 5, *[[seen(BORIS, 100)]] * 5])) == 2


def test_a_look_that_resembles_nobody_goes_on_where_it_is_expected() -> None:
    frames = [[seen(ANNA, 100)], [seen(alike(ANNA, 0.1), 105, quality=10)], [seen(ANNA, 100)]]
    assert len(follow(frames)) == 1


@pytest.mark.parametrize(("missing", "tracks"), [(6, 1), (8, 2)])
def test_one_out_of_sight_comes_back_into_the_track_for_a_while(missing: int, tracks: int) -> None:
    frames = [[seen(ANNA, 100)], *[[]] * missing, [seen(ANNA, 130)]]
    assert len(follow(frames)) == tracks


def test_one_who_comes_back_elsewhere_is_a_new_track() -> None:
    assert len(follow([[seen(ANNA, 0, side=20)], [], [seen(ANNA, 900, side=20)]])) == 2


def test_a_cut_ends_every_track() -> None:
    assert len(follow([[seen(ANNA, 100), seen(BORIS, 300)]] * 6, cuts=[3])) == 4


def test_a_face_of_quite_another_size_is_another() -> None:
    assert len(follow([[seen(ANNA, 100, side=20)], [seen(ANNA, 80, side=90)]])) == 2


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 600)), max_size=4), min_size=1, max_size=12)
)
def test_every_face_is_in_one_track_and_no_track_has_two_of_a_frame(
    looks: list[list[tuple[int, int]]],
) -> None:
    people = [direction(*(float(n == k) for k in range(4))) for n in range(4)]
    frames = [[seen(people[who], x) for who, x in faces] for faces in looks]
    tracks = follow(frames)
    everything = [(s.position, s.number) for track in tracks for s in track.sightings]
    assert sorted(everything) == sorted(
        (place * STEP, number) for place, faces in enumerate(frames) for number in range(1, len(faces) + 1)
    )
    for track in tracks:
        positions = [s.position for s in track.sightings]
        assert positions == sorted(set(positions))
        assert abs(float(np.linalg.norm(track.template)) - 1) < 1e-3
