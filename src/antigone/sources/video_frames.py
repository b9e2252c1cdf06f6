"""The frames of a video that are looked at, in order; and one frame again, exactly."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import av

from antigone.errors import PhotoError
from antigone.failures import FailureCode
from antigone.provenance import Place
from antigone.settings import Settings
from antigone.sources.video import MICROSECONDS, ShownFrame, Video, open_video
from antigone.sources.video_pictures import SceneChange, Upright, pixel_hash
from antigone.sources.video_sampling import Sampler
from antigone.types import Uint8Array

_LEADS = (0, 10 * MICROSECONDS)  # how far before a frame decoding begins, before it begins at the start
_LEAD_FRAMES = 4  # before a frame, so that a cut right after it is seen as it was the first time
_OVERSHOOT = MICROSECONDS  # how far beyond a frame it is still looked for
_MOST_FROM_START = 600 * MICROSECONDS  # up to here a frame is looked for from the beginning too


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """A frame that is looked at."""

    position: int  # microseconds
    pixels: Uint8Array = field(repr=False)  # (H, W, 3) RGB, as a person sees it
    begins_scene: bool
    scene: int  # when its scene began, microseconds


def samples(video: Video, sampler: Sampler, shown: Iterator[ShownFrame]) -> Iterator[Sample]:
    """Yield what the sampler chooses among the frames ``shown`` after the last one that it chose before."""
    upright, change = Upright(video.aspect), SceneChange()
    resumed_at = sampler.last
    for frame in shown:
        try:
            difference = change(frame.picture)
            if resumed_at is not None:
                if frame.position <= resumed_at:
                    continue
                resumed_at = None
            if not sampler.wants(frame.position, difference):
                continue
            pixels = upright(frame.picture)
        except av.FFmpegError:  # a frame of a kind, or with a fault, that no picture can be made of
            video.note_damage()
            continue
        begins = sampler.take(frame.position)
        yield Sample(position=frame.position, pixels=pixels, begins_scene=begins, scene=sampler.scene)


def frames_after(video: Video, last: int) -> Iterator[ShownFrame]:
    """Yield the frames of a video after the one at ``last``, with a few before it.

    They are looked for near that place first. Where the file does not lead there, all are decoded anew.
    """
    before: deque[ShownFrame] = deque(maxlen=_LEAD_FRAMES)
    near = video.frames(max(last - _LEADS[1], 0))
    for frame in near:
        before.append(frame)
        if frame.position >= last:
            break
    if before and before[-1].position == last and len(before) == _LEAD_FRAMES:
        # A decoder that begins in the middle may stumble at first; real damage up to here is known already.
        video.note_damage(damaged=False)
        yield from before
        yield from near
    else:
        yield from video.frames()


def read_frame(place: Place, sha256: str, settings: Settings) -> Uint8Array:
    """Return the frame at a place of a video, (H, W, 3) RGB, whose pixels have this hash.

    Raises `PhotoError` as `open_video`, and cannot-parse where the video does not show that frame: it is
    another file now, or another version of the decoder gives other pixels.
    """
    position = place.position or 0
    tries = [max(position - lead, 0) for lead in _LEADS]
    if position <= _MOST_FROM_START:
        tries.append(0)
    for since in dict.fromkeys(tries):
        with open_video(place.stored_at, settings) as video:
            upright = Upright(video.aspect)
            for frame in video.frames(since):
                if frame.position > position + _OVERSHOOT:
                    break
                if frame.position == position:
                    with suppress(av.FFmpegError):
                        pixels = upright(frame.picture)
                        if pixel_hash(pixels) == sha256:
                            return pixels
    raise PhotoError(
        FailureCode.CANNOT_PARSE,
        "The video does not show that frame any more: it has changed, or it is decoded by another version.",
    )
