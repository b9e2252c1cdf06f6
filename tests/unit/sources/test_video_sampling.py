"""Enough frames are chosen, never too many, and a sampler that goes on chooses the same."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from antigone.settings import Settings
from antigone.sources.video_sampling import OPENING, TOLERANCE, Sampler, Sampling

SAMPLING = Sampling.of(Settings())
CUT = 50.0

Frames = list[tuple[int, float]]


def choose(frames: Sequence[tuple[int, float]], sampler: Sampler) -> list[tuple[int, bool, int]]:
    return [
        (position, sampler.take(position), sampler.scene)
        for position, change in frames
        if sampler.wants(position, change)
    ]


@st.composite
def footage(draw: st.DrawFn) -> Frames:
    steps = draw(st.lists(st.integers(1_000, 400_000), min_size=1, max_size=80))
    cuts = draw(st.lists(st.booleans(), min_size=len(steps), max_size=len(steps)))
    position, frames = 0, []
    for step, cut in zip(steps, cuts, strict=True):
        frames.append((position, CUT if cut else 1.0))
        position += step
    return frames


def test_settings_are_turned_into_steps() -> None:
    assert (SAMPLING.step, SAMPLING.opening_step) == (200_000, 100_000)


def test_an_even_rate_is_held_on_average_where_it_does_not_divide_that_of_the_video() -> None:
    frames = [(number * 40_000, 0.0) for number in range(25 * 60)]
    chosen = choose(frames, Sampler(SAMPLING))
    after = [position for position, *_ in chosen if position >= OPENING]
    assert abs(len(after) / 59 - 5) < 0.1
    assert len(chosen) - len(after) == 10


def test_a_slow_rate_takes_its_time() -> None:
    slow = Sampling.of(Settings(video_frames_per_second=0.5, video_cut_frames_per_second=1))
    chosen = choose([(number * 100_000, 0.0) for number in range(100)], Sampler(slow))
    assert [position // 1_000_000 for position, *_ in chosen] == [0, 1, 2, 4, 6, 8]


@given(footage())
def test_the_first_frame_and_the_first_of_every_scene_that_lasts_are_chosen(frames: Frames) -> None:
    chosen = choose(frames, Sampler(SAMPLING))
    assert chosen[0] == (frames[0][0], True, frames[0][0])
    for place, (position, change) in enumerate(frames):
        if change == CUT:
            wait = position + SAMPLING.opening_step
            scene = [p for p, c in frames[place + 1 :] if c == CUT]
            last = frames[-1][0]
            if (scene[0] if scene else last) > wait + 400_000:
                assert any(first and begun == position for _, first, begun in chosen)


@given(footage())
def test_no_two_are_closer_than_the_finer_step(frames: Frames) -> None:
    positions = [position for position, *_ in choose(frames, Sampler(SAMPLING))]
    gaps = [later - earlier for earlier, later in pairwise(positions)]
    # A frame may come a little before its time, and late after the one before it.
    late = max((b - a for (a, _), (b, _) in pairwise(frames)), default=0)
    assert all(gap >= SAMPLING.opening_step - late - TOLERANCE for gap in gaps)
    scenes = 1 + sum(change == CUT for _, change in frames)
    assert len(positions) <= (frames[-1][0] + scenes * TOLERANCE) / SAMPLING.opening_step + scenes


@given(footage(), st.data())
def test_going_on_after_any_choice_chooses_the_same(frames: Frames, data: st.DataObject) -> None:
    chosen = choose(frames, Sampler(SAMPLING))
    place = data.draw(st.integers(0, len(chosen) - 1))
    last, _, scene = chosen[place]
    rest = [frame for frame in frames if frame[0] > last]
    assert choose(rest, Sampler(SAMPLING, scene=scene, last=last)) == chosen[place + 1 :]
