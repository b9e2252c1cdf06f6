"""Small videos made for tests, and an analyser that finds people of one plain colour in them.

`ColourAnalyser` stands in for the models where a test is about what comes before and after them: a person is
a block of one of four colours, found wherever it is, as large as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from antigone.types import Analysis, Box, Face, PhotoFacts, Quality
from made_up import DIMENSION, NO_FACE, template

Pixels = NDArray[np.uint8]

WIDTH, HEIGHT = 160, 120
GROUND = (96, 96, 96)
COLOURS = {"red": (230, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 230), "yellow": (230, 230, 20)}
_NEAR = 60  # how far a colour may be off after encoding


def write_video(
    path: Path,
    frames: Iterable[Pixels],
    *,
    rate: int = 10,
    codec: str = "mpeg4",
    times: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    rotation: int = 0,
    interlaced: bool = False,
    sound: bool = False,
    recorded: str = "",
) -> Path:
    """Encode (H, W, 3) RGB frames; ``times`` in milliseconds make the rate vary."""
    pictures = list(frames)
    with av.open(str(path), "w") as container:
        if recorded:
            container.metadata["creation_time"] = recorded
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        ticks = rate if codec == "mpeg2video" else 1000  # it knows whole frames only
        stream.codec_context.time_base = Fraction(1, ticks)
        stream.codec_context.bit_rate = 2_000_000
        stream.codec_context.gop_size = 12
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        if interlaced:
            stream.codec_context.flags |= 1 << 18 | 1 << 29  # interlaced DCT and motion estimation
        heard = _sound_stream(container) if sound else None
        for number, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = times[number] * ticks // 1000 if times is not None else number * ticks // rate
            frame.time_base = Fraction(1, ticks)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if heard is not None:
            _add_sound(container, heard)
    return path


def write_sound(path: Path) -> Path:
    """Write a file of sound alone."""
    with av.open(str(path), "w") as container:
        _add_sound(container, _sound_stream(container))
    return path


def _sound_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("pcm_s16le", rate=8000)
    assert isinstance(stream, AudioStream)
    return stream


def _add_sound(container: OutputContainer, stream: AudioStream) -> None:
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 40_000), np.int16), format="s16", layout="mono")
    frame.sample_rate = 8000
    frame.pts, frame.time_base = 0, Fraction(1, 8000)
    container.mux(stream.encode(frame))
    container.mux(stream.encode())


def scene(*people: tuple[str, int, int], side: int = 24, ground: tuple[int, int, int] = GROUND) -> Pixels:
    """Return a frame with people (colour, x, y) as blocks of ``side`` pixels."""
    pixels = np.full((HEIGHT, WIDTH, 3), ground, np.uint8)
    for colour, x, y in people:
        pixels[y : y + side, x : x + side] = COLOURS[colour]
    return pixels


def walk(colour: str, frames: int, *, start: int = 4, step: int = 2, side: int = 24) -> list[Pixels]:
    """Return frames in which a person walks from left to right."""
    return [scene((colour, start + step * number, 40), side=side) for number in range(frames)]


def empty(frames: int, ground: tuple[int, int, int] = GROUND) -> list[Pixels]:
    """Return frames without anybody."""
    return [scene(ground=ground) for _ in range(frames)]


class ColourAnalyser:
    """Finds blocks of the four colours; the larger, the better their quality."""

    model = "colours-1"
    dimension = DIMENSION

    def __init__(self) -> None:
        self.looked_at = 0

    def analyse_many(self, photos: Iterable[bytes | Pixels]) -> Iterator[Analysis]:
        """Yield one analysis a frame, a few behind what was taken, as the real pipeline does."""
        flying: list[Pixels] = []
        for photo in photos:
            assert not isinstance(photo, bytes)
            self.looked_at += 1
            flying.append(photo)
            if len(flying) > 5:
                yield self._analyse(flying.pop(0))
        while flying:
            yield self._analyse(flying.pop(0))

    def _analyse(self, pixels: Pixels) -> Analysis:
        faces = [face for seed, rgb in enumerate(COLOURS.values(), 1) for face in _blocks(pixels, rgb, seed)]
        faces.sort(key=lambda face: -face.box.w * face.box.h)
        height, width = pixels.shape[:2]
        facts = PhotoFacts(
            width=width, height=height, format="RAW", perceptual_hash=int(pixels[0, 0, 0]), captured_at=None
        )
        return Analysis(faces=tuple(faces), failure=None if faces else NO_FACE, facts=facts)


def _blocks(pixels: Pixels, rgb: tuple[int, int, int], seed: int) -> Iterator[Face]:
    near = (np.abs(pixels.astype(np.int16) - np.array(rgb, np.int16)).max(axis=2) < _NEAR).astype(np.uint8)
    if not near.any():
        return
    for x, y, w, h, area in cv2.connectedComponentsWithStats(near)[2][1:].tolist():
        if area < 64:
            continue
        quality = float(min(2 * min(w, h), 100))
        parts = dict.fromkeys(("size", "sharpness", "light", "pose", "occlusion", "evidence"), 50.0)
        yield Face(
            box=Box(x, y, w, h),
            landmarks=np.zeros((5, 2), np.float32),
            detection_score=0.9,
            roll=0.0,
            quality=Quality(score=quality, **parts),
            template=template(seed),
        )
