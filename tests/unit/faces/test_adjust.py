"""Steps on a copy of a photo: repeatable, bounded, and true to what their names say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.errors import PhotoError, UsageError
from antigone.faces.adjust import (
    Contrast,
    Crop,
    Deinterlace,
    Light,
    Turn,
    adjusted,
    read_steps,
    steps_document,
)
from antigone.faces.images import ImageLimits
from looks import picture

LIMITS = ImageLimits(max_file_bytes=2**20, max_pixels=1_000_000, max_side=2_000)
PHOTO = picture(7)[:200, :160].copy()


def steps() -> st.SearchStrategy[list[object]]:
    tone = st.floats(-100, 100, allow_nan=False)
    one = st.one_of(
        st.builds(lambda degrees: {"do": "turn", "degrees": degrees}, st.floats(-180, 180)),
        st.builds(lambda value: {"do": "light", "value": value}, tone),
        st.builds(lambda value: {"do": "contrast", "value": value}, tone),
        st.builds(lambda keep: {"do": "deinterlace", "keep": keep}, st.integers(0, 1)),
    )
    return st.lists(one, max_size=4)


@settings(deadline=None)
@given(steps())
def test_the_same_steps_give_the_same_pixels_also_after_they_were_kept_as_json(given: list[object]) -> None:
    read = read_steps(given)
    again = read_steps(json.loads(json.dumps(steps_document(read))))
    assert again == read
    one, two = adjusted(PHOTO, read, LIMITS), adjusted(PHOTO, again, LIMITS)
    assert np.array_equal(one, two)
    assert one.dtype == np.uint8
    assert one.flags.c_contiguous


def test_no_step_leaves_the_photo_and_none_changes_what_was_given() -> None:
    before = PHOTO.copy()
    assert np.array_equal(adjusted(PHOTO, (), LIMITS), PHOTO)
    adjusted(PHOTO, (Turn(degrees=30), Light(value=40), Deinterlace(keep=1)), LIMITS)
    assert np.array_equal(PHOTO, before)


def test_quarter_turns_are_clockwise_and_move_pixels_only() -> None:
    turned = adjusted(PHOTO, (Turn(degrees=90),), LIMITS)
    assert turned.shape == (160, 200, 3)
    assert np.array_equal(turned[0, -1], PHOTO[0, 0])  # the upper left corner goes to the upper right
    back = adjusted(turned, (Turn(degrees=-90),), LIMITS)
    assert np.array_equal(back, PHOTO)


def test_a_turned_picture_grows_so_that_nothing_is_lost_and_turns_clockwise() -> None:
    black = np.zeros((100, 100, 3), np.uint8)
    black[:10, 45:55] = 255  # a mark at the top, in the middle
    turned = adjusted(black, (Turn(degrees=45),), LIMITS)
    assert turned.shape[:2] == (141, 141)
    rows, columns = np.nonzero(turned[..., 0] > 200)
    assert columns.mean() > 90  # it went to the right
    assert rows.mean() < 50
    assert (turned[0, 0] == 128).all()


def test_light_and_contrast_keep_black_white_and_middle_grey_in_place() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    light = adjusted(ramp, (Light(value=50),), LIMITS)[0, :, 0]
    assert light[0] == 0
    assert light[255] == 255
    assert (light[1:255] >= ramp[0, 1:255, 0]).all()
    assert light[64] == 128  # gamma 1/2
    hard = adjusted(ramp, (Contrast(value=50),), LIMITS)[0, :, 0]
    assert hard[0] == 0
    assert hard[127] == 127
    assert hard[160] == 193  # 127.5 + 2 x 32.5, rounded half up


@pytest.mark.parametrize("keep", [0, 1])
def test_one_field_of_a_combed_frame_is_kept(keep: int) -> None:
    combed = PHOTO.copy()
    combed[1 - keep :: 2] = 0  # the other field shows another moment
    whole = adjusted(combed, (Deinterlace(keep=keep),), LIMITS)
    assert np.array_equal(whole[keep::2], PHOTO[keep::2])
    row = 1 + keep  # of the other field
    mean = (PHOTO[row - 1].astype(int) + PHOTO[row + 1]) / 2
    assert np.abs(whole[row] - mean).max() <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "turn"},
        [{"do": "sharpen", "value": 1}],
        [{"do": "turn"}],
        [{"do": "turn", "degrees": 181}],
        [{"do": "turn", "degrees": "12"}],
        [{"do": "turn", "degrees": True}],
        [{"do": "light", "value": float("nan")}],
        [{"do": "light", "value": 1, "more": 2}],
        [{"do": "crop", "x": 0, "y": 0, "w": 2, "h": 40}],
        ["turn"],
        [{"do": "light", "value": 1}] * 13,
        None,
    ],
)
def test_what_is_no_list_of_steps_is_refused(wrong: object) -> None:
    with pytest.raises(UsageError):
        read_steps(wrong)


def test_a_crop_outside_and_a_turn_beyond_the_limits_are_refused() -> None:
    with pytest.raises(UsageError, match="160 x 200"):
        adjusted(PHOTO, (Crop(x=150, y=0, w=40, h=40),), LIMITS)
    long = np.zeros((20, 1_900, 3), np.uint8)
    with pytest.raises(PhotoError, match="at most"):
        adjusted(long, (Turn(degrees=45),), LIMITS)
