"""The sheet of an exercise's case: a probe beside its candidates, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from antigone.casework.made_faces import HEIGHT, MARK, WIDTH
from antigone.types import Uint8Array

_ACROSS = 3  # pictures in a row
_BAND = 46  # pixels of a caption


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture of a sheet."""

    caption: str
    photo: bytes


def exercise_sheet(case: str, probe: bytes, candidates: Sequence[Shown]) -> bytes:
    """Return a PNG: the probe first, then the candidates with their numbers, marked as an exercise."""
    pictures = [_tile(Shown(caption="probe", photo=probe))] + [_tile(one) for one in candidates]
    while len(pictures) % _ACROSS:
        pictures.append(np.full_like(pictures[0], 255))
    rows = [np.hstack(pictures[n : n + _ACROSS]) for n in range(0, len(pictures), _ACROSS)]
    title = np.full((70, rows[0].shape[1], 3), 30, np.uint8)
    _write(title, f"{MARK}  {case}: whom does each photo show? This is no real search.", (60, 210, 255))
    done, encoded = cv2.imencode(".png", np.vstack([title, *rows]))
    assert done
    return encoded.tobytes()


def _tile(shown: Shown) -> Uint8Array:
    decoded = cv2.imdecode(np.frombuffer(shown.photo, np.uint8), cv2.IMREAD_COLOR)
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8) if decoded is None else decoded
    band = np.full((_BAND, WIDTH, 3), 255, np.uint8)
    _write(band, shown.caption, (0, 0, 0))
    framed = np.vstack([cv2.resize(picture, (WIDTH, HEIGHT)), band])
    return np.asarray(
        cv2.copyMakeBorder(framed, 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=(255, 255, 255)), np.uint8
    )


def _write(picture: Uint8Array, text: str, colour: tuple[int, int, int]) -> None:
    at = (12, picture.shape[0] - 16)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.85, colour, 2, cv2.LINE_AA)
