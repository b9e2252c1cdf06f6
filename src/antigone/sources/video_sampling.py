"""Which frames of a video are looked at: some in each second, and more where a scene begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from antigone.settings import Settings
from antigone.sources.video import MICROSECONDS

OPENING = MICROSECONDS  # for so long after a cut the finer step holds
TOLERANCE = 2_000  # microseconds: time stamps are rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """The steps between frames that are looked at, in microseconds."""

    step: int
    opening_step: int  # in the first second of a scene
    cut_score: float  # from which a new scene begins, 0 to 100

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take them from the settings."""
        return cls(
            step=round(MICROSECONDS / settings.video_frames_per_second),
            opening_step=round(MICROSECONDS / settings.video_cut_frames_per_second),
            cut_score=settings.video_cut_score,
        )


class Sampler:
    """Chooses frames one by one. Where it stands is said by ``scene`` and ``last`` alone.

    The steps are counted from the beginning of the scene, so that a rate which does not divide that of the
    video holds on average. The first frame of a scene is taken at once, but never sooner after another than
    the finer step: a flicker that looks like many cuts costs no more than a scene's beginning.
    """

    def __init__(self, sampling: Sampling, *, scene: int = 0, last: int | None = None) -> None:
        self.scene = scene  # when the present scene began
        self.last = last  # when the last frame was chosen
        self._sampling = sampling
        self._begun = False

    def wants(self, position: int, change: float) -> bool:
        """Say whether the frame at ``position`` is to be looked at; ``change`` is that since the one before.

        Call it with every frame, in the order in which they are shown.
        """
        if change >= self._sampling.cut_score or (self.last is None and not self._begun):
            self.scene = position
        self._begun = True
        return position + TOLERANCE >= self._due()

    def take(self, position: int) -> bool:
        """Note that the frame at ``position`` is looked at; say whether it is the first of its scene."""
        first = self.last is None or self.last < self.scene
        self.last = position
        return first

    def _due(self) -> int:
        scene, last, sampling = self.scene, self.last, self._sampling
        finer = min(sampling.opening_step, sampling.step)
        if last is None:
            return scene
        if last < scene:
            return max(scene, last + finer)
        elapsed = last - scene + TOLERANCE
        near = (elapsed // finer + 1) * finer
        if near <= OPENING:
            return scene + near
        return scene + (elapsed // sampling.step + 1) * sampling.step
