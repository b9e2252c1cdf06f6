"""What an import asks of the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from antigone.types import Analysis, Uint8Array


class PhotoAnalyser(Protocol):
    """Turns photos into faces with templates of one model, many at a time."""

    @property
    def model(self) -> str:
        """The model that makes the templates."""

    def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
        """Yield one analysis a photo, in order; pulls ``photos`` in the calling thread.

        A photo comes as the bytes of a file, a frame of a video as (H, W, 3) RGB pixels.
        """
