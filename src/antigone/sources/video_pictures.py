"""From decoded frames to pictures as a person sees them, and how much one frame differs from the last."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import av
import cv2
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import SideData

from antigone.types import Uint8Array

# Exact arithmetic: the pixels, and so their hash, are to be the same on every processor.
_EXACT = "flags=bicubic+accurate_rnd+bitexact+full_chroma_int+full_chroma_inp"
_CHANGE_WIDTH = 320  # pixels across that are enough to see a cut
_WIDEST_PIXEL = 4  # wider or higher pixels than this are an error of the file, and left as they are

_Form = tuple[int, int, str, bool]


class Upright:
    """Turns the frames of one video into (H, W, 3) uint8 RGB: deinterlaced, square pixels, the right way up.

    Interlaced frames are deinterlaced from themselves alone, so that every picture stems from one frame.
    """

    def __init__(self, aspect: Fraction) -> None:
        self._aspect = aspect if Fraction(1, _WIDEST_PIXEL) <= aspect <= _WIDEST_PIXEL else Fraction(1)
        self._form: _Form | None = None
        self._graph = Graph()

    def __call__(self, frame: av.VideoFrame) -> Uint8Array:
        """Return the picture of a frame."""
        form = (frame.width, frame.height, frame.format.name, frame.interlaced_frame)
        if form != self._form or frame.interlaced_frame:
            self._graph, self._form = self._built(frame), form
        self._graph.push(frame)
        if frame.interlaced_frame:  # the deinterlacer waits for the next frame, or for the end
            self._graph.push(None)
        picture = self._graph.pull()
        assert isinstance(picture, av.VideoFrame)
        return _turned(np.asarray(picture.to_ndarray(), np.uint8), frame)

    def _built(self, frame: av.VideoFrame) -> Graph:
        width, height = frame.width, frame.height
        if self._aspect > 1:
            width = round(width * self._aspect)
        elif self._aspect < 1:
            height = round(height / self._aspect)
        deinterlace = [("estdif", "mode=frame:deint=all")] if frame.interlaced_frame else []
        convert = [("scale", f"{width}:{height}:{_EXACT}"), ("format", "pix_fmts=rgb24")]
        return _chain(frame, [*deinterlace, *convert])


class SceneChange:
    """Measures how much each frame differs from the one before, 0 to 100, by FFmpeg's scene detector."""

    def __init__(self) -> None:
        self._form: _Form | None = None
        self._graph = Graph()

    def __call__(self, frame: av.VideoFrame) -> float:
        """Return the change since the frame of the last call; 100 where frames changed their size."""
        form = (frame.width, frame.height, frame.format.name, False)
        resized = self._form is not None and form != self._form
        if form != self._form:
            size = f"{min(_CHANGE_WIDTH, frame.width)}:-2:flags=fast_bilinear"
            self._graph, self._form = _chain(frame, [("scale", size), ("scdet", "threshold=100")]), form
        self._graph.push(frame)
        measured = self._graph.pull()
        assert isinstance(measured, av.VideoFrame)
        return 100.0 if resized else float(measured.metadata.get("lavfi.scd.score", 0))


def pixel_hash(pixels: Uint8Array) -> str:
    """Return the SHA-256 of (H, W, 3) RGB pixels, row by row: what names a frame of a video as a photo."""
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def _chain(frame: av.VideoFrame, steps: list[tuple[str, str]]) -> Graph:
    graph = Graph()
    graph.threads = 1  # small work; more threads would fight with the models' for the cores
    last = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, 1000),
    )
    for name, options in [*steps, ("buffersink", None)]:
        step = graph.add(name, options)
        last.link_to(step)
        last = step
    graph.configure()
    return graph


def _turned(pixels: Uint8Array, frame: av.VideoFrame) -> Uint8Array:
    """Apply the display matrix of a frame, to the next quarter turn."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(data, SideData):
        return pixels
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), np.int32)[:9].tolist()
    if abs(a) >= abs(b):
        across, down = a < 0, d < 0
    else:
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
        across, down = c < 0, b < 0
    if across or down:
        pixels = np.asarray(cv2.flip(pixels, 1 if not down else -1 if across else 0), np.uint8)
    return pixels
