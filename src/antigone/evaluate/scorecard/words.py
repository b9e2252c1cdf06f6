"""Rates in plain words, and what so few people cannot show."""

from __future__ import annotations

from antigone.evaluate.metrics import ENOUGH_ERRORS, ErrorRate, percent, upper_bound

NOTICE = (
    "These are rates of error on the material named here, with this model. Other people, other cameras and "
    "larger galleries give other rates. A comparison score is not an identity: a person must compare the "
    "photos."
)


AT_MOST = 'Where it says "at most", too few errors were seen for a closer figure.'


def in_a_hundred(rate: ErrorRate, whom: str) -> str:
    """Say a rate as a number of people or searches of a hundred, thousand or more."""
    count, scale = _scaled(rate.share.value if rate.solid else rate.at_most)
    return f"{'about' if rate.solid else 'at most'} {count} of {scale} {whom}"


def _scaled(share: float) -> tuple[str, str]:
    for scale in (100, 1_000, 10_000, 100_000):
        if share * scale >= 0.95 or scale == 100_000:
            value = share * scale
            return (f"{value:.0f}" if value >= 9.5 or abs(value - round(value)) < 0.05 else f"{value:.1f}"), (
                f"{scale:,}"
            )
    raise AssertionError("unreachable")


def limits(people: int, mated: int, non_mated: int) -> tuple[str, ...]:
    """Say what counts of this size cannot show, by the rules of 3 and of 30."""
    least = upper_bound(0, people) if people else 1.0
    found = [
        f"With {people:,} people, no rate below {percent(least)} can be shown: even without a single error "
        f"the true rate may be as high as {percent(least)} (rule of 3).",
        f"A rate needs {ENOUGH_ERRORS} errors before it can be given as a number (rule of {ENOUGH_ERRORS}). "
        f"With {mated:,} mated trials that is a rate of {percent(min(1.0, ENOUGH_ERRORS / max(mated, 1)))} "
        f"or more, with {non_mated:,} non-mated ones "
        f"{percent(min(1.0, ENOUGH_ERRORS / max(non_mated, 1)))} or more. Lower ones are given as bounds.",
    ]
    if people < 100:
        found.append(
            "So few people show whether the photos can be compared at all, and large differences between "
            "settings. They do not show how often a search in a large gallery errs, nor whether groups of "
            "people fare differently."
        )
    return tuple(found)
