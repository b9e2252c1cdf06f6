"""Too dark a face is lit before it is embedded: smoothed a little, and its tones spread over the whole range.

Only faces whose brightest parts stay below two fifths of the range are touched; a face of an ordinary photo
never is. The steps are linear on purpose: a gamma, as eyes like it, lifts the noise of the darkest tones most
and made such faces worse, and so did stronger denoising (docs/decisions/0021-better-answers.md).
"""

from __future__ import annotations

import cv2
import numpy as np

from antigone.types import Uint8Array

DARK = 110  # a tone; faces of ordinary photos reach 150 and more
BRIGHT_SHARE = 0.01  # of a face's tones that decide: those of a few highlights alone do not
RANGE = (1.0, 99.0)  # per cent of the tones that lie below what becomes black and white
SMOOTHED_BY = 0.8  # pixels, standard deviation: as wide as the noise of one pixel


def lit(face: Uint8Array) -> Uint8Array:
    """Return the (side, side, 3) aligned face as it is embedded: itself, unless it is too dark."""
    # Every fourth row and column tells the same at a sixteenth of the cost, which every face has to pay.
    some = face[::4, ::4]
    if np.count_nonzero(some >= DARK) >= BRIGHT_SHARE * some.size:
        return face
    smooth = cv2.GaussianBlur(face, (0, 0), SMOOTHED_BY)
    low, high = np.percentile(smooth[::2, ::2], RANGE)
    spread = (smooth.astype(np.float32) - np.float32(low)) * np.float32(255 / max(high - low, 1.0))
    return np.asarray(np.clip(spread, 0, 255), dtype=np.uint8)
