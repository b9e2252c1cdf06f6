"""What a score is worth, once it was measured: kept numbers, and how they are applied to one score.

Within a stratum the logarithm of the likelihood ratio is a straight line in the score (logistic regression,
Brümmer and du Preez 2006), cut off at the empirical bounds beyond which so few people carry no statement
(ELUB, Vergeer et al. 2016). A pair of faces belongs to the stratum of its poorer face.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from antigone.errors import UsageError
from antigone.records.calibrations import CalibrationRecord
from antigone.strength import LikelihoodRatio

FORM = 1  # of the kept JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One kind of pairs, by the lower quality and the lower pose of the two faces; without the upper ends."""

    name: str
    quality_from: float
    quality_to: float
    pose_from: float
    pose_to: float
    slope: float  # of ln(LR) over the score
    intercept: float
    lower: float  # bounds of log10(LR)
    upper: float
    fitted_on: tuple[int, int]  # mated and non-mated pairs
    tested_on: tuple[int, int]  # of other people
    cllr: float  # cost of the likelihood ratios of the tested people; 1 is that of knowing nothing
    cllr_min: float  # what the scores' own overlap costs, however well calibrated
    cllr_cal: float  # what the calibration adds to it

    def holds(self, quality: float, pose: float) -> bool:
        """Say whether a pair with this lower quality and lower pose belongs here."""
        return self.quality_from <= quality < self.quality_to and self.pose_from <= pose < self.pose_to

    def log10_ratio(self, score: float) -> float:
        """Return log10 of the likelihood ratio of a score, within the bounds."""
        raw = (self.slope * score + self.intercept) / math.log(10)
        return min(max(raw, self.lower), self.upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A calibration as it is used."""

    id: int
    model: str
    made_at: datetime
    version: str
    material: str  # sha256
    sha256: str  # of all that follows
    people: int  # with two photos or more
    photos: int
    strata: tuple[Stratum, ...]

    def ratio(self, score: float, quality: float, pose: float) -> LikelihoodRatio | None:
        """Weigh a score of two faces, by the lower quality and the lower pose of the two.

        Returns None where the stratum did worse than knowing nothing on the people it was tested on.
        """
        stratum = next((one for one in self.strata if one.holds(quality, pose)), None)
        if stratum is None or stratum.cllr >= 1:
            return None
        log10 = stratum.log10_ratio(score)
        return LikelihoodRatio(
            log10=log10,
            capped=log10 in (stratum.lower, stratum.upper),
            stratum=stratum.name,
            calibration=self.id,
            calibrated_at=self.made_at,
        )

    def document(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "calibration": self.id,
            "model": self.model,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "antigone": self.version,
            "material_sha256": self.material,
            "sha256": self.sha256,
            "people": self.people,
            "photos": self.photos,
            "strata": [_finite(asdict(stratum)) for stratum in self.strata],
        }


def body_of(people: int, photos: int, strata: tuple[Stratum, ...]) -> str:
    """Return what is kept of a calibration, as canonical JSON."""
    kept = {
        "form": FORM,
        "people": people,
        "photos": photos,
        "strata": [_finite(asdict(stratum)) for stratum in strata],
    }
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), allow_nan=False)


def calibration_of(record: CalibrationRecord) -> Calibration:
    """Read a kept calibration. Raises `UsageError` where it was altered or is of a later form."""
    if not record.sound:
        raise UsageError(
            f"calibration {record.id} is not what was written: its hash differs",
            hint="calibrate again with `antigone evaluate calibrate`",
        )
    kept = json.loads(record.body)
    if kept["form"] != FORM:
        raise UsageError(f"calibration {record.id} was made by another version of Antigone")
    return Calibration(
        id=record.id,
        model=record.model,
        made_at=record.made_at,
        version=record.version,
        material=record.material,
        sha256=record.sha256,
        people=kept["people"],
        photos=kept["photos"],
        strata=tuple(Stratum(**_restored(one)) for one in kept["strata"]),
    )


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Write open ends as None: JSON knows no infinity."""
    return {
        name: None if isinstance(value, float) and math.isinf(value) else value
        for name, value in values.items()
    }


def _restored(values: dict[str, Any]) -> dict[str, Any]:
    ends = {"quality_from": -math.inf, "pose_from": -math.inf, "quality_to": math.inf, "pose_to": math.inf}
    return {
        name: ends[name] if value is None else tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
    }
