"""How alike faces must be to be taken for one person, and where that was measured."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from antigone.errors import UsageError
from antigone.types import Float32Array

DEFAULT_MODEL = "yunet-sface-1"
_FITTED_AT = 15_000  # references of LFW, for which the scores below were chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When two groups of faces are joined.

    Their mean comparison score over all ``pairs`` of a face here and a face there must reach
    ``join + pair / pairs``: a single pair of faces has to be more alike than groups that are compared many
    times over, because one score alone is easily too high by chance.
    """

    join: float  # mean score that groups of many faces must reach
    pair: float  # by how much more two single faces must be alike
    # A face that is too poor to be told from others that are as poor joins groups only, and begins none.
    least_quality: float = 35.0
    least_sharpness: float = 15.0
    poor_joins: int = 3  # faces of the group that it may join

    def __post_init__(self) -> None:
        if not (0 < self.join < 1 and 0 <= self.pair < 1 and self.join + self.pair < 1):
            raise UsageError(f"faces cannot be grouped at a score of {self.join + self.pair:.2f}")

    @classmethod
    def of(cls, model: str, references: int, alike: float | None = None) -> Self:
        """Return the rule for templates of ``model`` in a collection of so many references.

        ``alike`` is the score from which two single faces are taken for one person; without it, the measured
        rule. For the default pack that was chosen on LFW (docs/persons.md). The score that two single faces
        need grows with the collection: among ten times as many there are ten times as many who look alike,
        and raising a score by 0.07 makes chance matches of LFW's people ten times rarer. Raises `UsageError`
        for a model that was not measured.
        """
        if alike is not None:
            return cls(join=alike, pair=0.0)
        if model != DEFAULT_MODEL:
            raise UsageError(
                f"how alike one person's faces are was not measured for the model {model}",
                hint="say from which score on two faces count as one person: --alike SCORE",
            )
        tenfold = max(math.log10(max(references, 1) / _FITTED_AT), 0.0)
        return cls(join=0.45, pair=round(0.07 + 0.04 * tenfold, 4))

    @property
    def floor(self) -> float:
        """The lowest mean score at which anything is ever joined."""
        return self.join

    @property
    def single(self) -> float:
        """The score at which two single faces are joined."""
        return self.join + self.pair

    def margin(self, score: Float32Array, pairs: NDArray[np.int64]) -> Float32Array:
        """Return how far mean scores (n,) over so many pairs (n,) lie above what is needed."""
        above: Float32Array = (score - self.join - self.pair / pairs).astype(np.float32)
        return above

    def poor(self, quality: Float32Array, sharpness: Float32Array) -> NDArray[np.bool_]:
        """Say which faces are too poor to begin a group; (n,) each."""
        return (quality < self.least_quality) | (sharpness < self.least_sharpness)

    def document(self) -> dict[str, float]:
        """Return the rule as JSON."""
        return {**asdict(self), "single": round(self.single, 4)}
