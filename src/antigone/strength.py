"""What a comparison score is worth, as data and in plain words. Never an identity, never a percentage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LEAST_EXPECTED = 0.01  # below this nothing was held against real searches, so no smaller number is given


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedWrong:
    """How many references of other people are expected to score at least this high in this gallery."""

    value: float
    low: float  # 95 % interval
    high: float
    references: int  # how many there are

    @property
    def at_most(self) -> bool:
        """Whether ``LEAST_EXPECTED`` is all that can be said."""
        return self.value < LEAST_EXPECTED

    def short(self) -> str:
        """Return the number for a table, such as ``0.3`` or ``< 0.01``."""
        return f"< {LEAST_EXPECTED:g}" if self.at_most else two_digits(self.value)

    def sentence(self) -> str:
        """Say it in plain words."""
        number = f"fewer than {LEAST_EXPECTED:g}" if self.at_most else f"about {two_digits(self.value)}"
        people = "unrelated person is" if number == "about 1" else "unrelated people are"
        return f"In a gallery of this size, {number} {people} expected to score this high."

    def document(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "value": LEAST_EXPECTED if self.at_most else significant(self.value),
            "low": significant(max(self.low, LEAST_EXPECTED)) if not self.at_most else None,
            "high": significant(max(self.high, LEAST_EXPECTED)),
            "at_most": self.at_most,
            "references": self.references,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodRatio:
    """How much likelier the score is if both faces are of one person than if they are of two."""

    log10: float
    capped: bool  # True where the calibration's people carry no more extreme number than this one
    stratum: str  # which photos it was calibrated on, such as "quality 62 to 76, frontal"
    calibration: int  # number of the calibration
    calibrated_at: datetime  # UTC

    def short(self) -> str:
        """Return the number for a table, such as ``4,000`` or ``1/20``."""
        factor = two_digits(10 ** abs(self.log10))
        if factor == "1":
            return "1"
        sign = ("> " if self.log10 > 0 else "< ") if self.capped else ""
        return f"{sign}{factor}" if self.log10 > 0 else f"{sign}1/{factor}"

    def sentence(self) -> str:
        """Say it in plain words."""
        factor = two_digits(10 ** abs(self.log10))
        if factor == "1":
            return "The score is as likely for one person as for two different people."
        about = "more than" if self.capped else "about"
        one, two = "photos of one person", "photos of two different people"
        first, second = (one, two) if self.log10 > 0 else (two, one)
        return f"The score is {about} {factor} times as likely for {first} as for {second}."

    def document(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "value": significant(10**self.log10),
            "log10": round(self.log10, 2),
            "capped": self.capped,
            "stratum": self.stratum,
            "calibration": self.calibration,
            "calibrated_at": self.calibrated_at.isoformat(timespec="seconds"),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """What is known of a score's worth; where nothing is, ``lacks`` says why."""

    expected: ExpectedWrong | None = None
    ratio: LikelihoodRatio | None = None
    lacks: tuple[str, ...] = ()  # sentences on what is missing and why

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return self.expected is not None or self.ratio is not None

    def sentences(self) -> tuple[str, ...]:
        """Say all of it in plain words."""
        said = [part.sentence() for part in (self.expected, self.ratio) if part is not None]
        return (*said, *self.lacks)

    def document(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "status": "calibrated" if self.ratio is not None else "not-calibrated",
            "expected_wrong": None if self.expected is None else self.expected.document(),
            "likelihood_ratio": None if self.ratio is None else self.ratio.document(),
            "note": " ".join(self.sentences()),
        }


UNKNOWN = Strength(
    lacks=("Scores only say which face is more alike; what they are worth is not known here.",)
)


def significant(value: float, digits: int = 2) -> float:
    """Round to so many significant digits."""
    return float(f"{value:.{digits}g}")


def two_digits(value: float) -> str:
    """Write a number with two significant digits, such as 0.3, 12 or 4,300."""
    rounded = significant(value)
    return f"{rounded:,.0f}" if rounded >= 10 or rounded == round(rounded) else f"{rounded:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """The least that a candidate must be worth to be told of.

    ``at_most`` unrelated people may be expected to score as high; where that is not known, or it is not
    given, the comparison score must reach ``score``.
    """

    at_most: float | None = None
    score: float | None = None

    def __post_init__(self) -> None:
        if self.at_most is None and self.score is None:
            raise ValueError("neither an expected number of wrong candidates nor a score is given")
        if self.at_most is not None and not LEAST_EXPECTED <= self.at_most <= 1_000:
            raise ValueError(
                f"{LEAST_EXPECTED:g} to 1,000 wrong candidates can be expected, not {self.at_most:g}"
            )
        if self.score is not None and not -1 <= self.score <= 1:
            raise ValueError(f"a comparison score lies between -1 and 1, not at {self.score:g}")

    def holds(self, score: float, strength: Strength) -> bool | None:
        """Tell whether a candidate is worth that much; None where it cannot be told."""
        if self.at_most is not None and strength.expected is not None:
            return strength.expected.value <= self.at_most
        return None if self.score is None else score >= self.score

    def document(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"at_most": self.at_most, "score": self.score}

    def sentence(self) -> str:
        """Say it in plain words."""
        parts = []
        if self.at_most is not None:
            people = "person" if self.at_most == 1 else "people"
            parts.append(f"at most {self.at_most:g} unrelated {people} expected to score as high")
        if self.score is not None:
            where = ", where that is not known, " if parts else ""
            parts.append(f"{where}a score of at least {self.score:g}")
        return "".join(parts)
