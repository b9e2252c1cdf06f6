"""Errors by group: any column of the material, as ISO/IEC 19795-10 asks for demographic groups.

Every group is judged at the one threshold of all. How unequal a system is, is said as the ratio of the worst
group's rate to the geometric mean of all groups' rates (ISO/IEC 19795-10, 2024): 1 means equal. A ratio of
rates that rest on few errors is chance, so it is given only where every group's counts carry it, and a
warning says what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from antigone.errors import UsageError
from antigone.evaluate import metrics
from antigone.evaluate.material import IdentificationTrial, Material, VerificationTrial
from antigone.evaluate.metrics import ENOUGH_ERRORS, BoolArray, ErrorRate, IntArray, PairScores, SearchScores
from antigone.evaluate.suspects import Comparisons
from antigone.printable import printable

UNKNOWN = "(not said)"
MOST_GROUPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group's errors at the common threshold. None where it had no trial of that kind."""

    group: str
    people: int
    missed: ErrorRate | None  # FNIR or FNMR
    false_alarm: ErrorRate | None  # FPIR or FMR


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """The groups of one column."""

    column: str
    threshold: float
    rows: tuple[GroupRow, ...]

    def ratio(self, rates: Sequence[ErrorRate | None]) -> float | None:
        """Return the worst rate in multiples of the geometric mean; None where counts do not carry it."""
        known = [rate for rate in rates if rate is not None]
        if len(known) < 2 or not all(rate.solid for rate in known):
            return None
        values = [rate.share.value for rate in known]
        return max(values) / math.exp(sum(map(math.log, values)) / len(values))

    @property
    def missed_ratio(self) -> float | None:
        """How much worse the most missed group is than the groups' geometric mean."""
        return self.ratio([row.missed for row in self.rows])

    @property
    def false_alarm_ratio(self) -> float | None:
        """How much worse the most falsely accused group is than the groups' geometric mean."""
        return self.ratio([row.false_alarm for row in self.rows])

    def warnings(self) -> tuple[str, ...]:
        """Say which groups' counts carry no statement."""
        found = []
        for what, rates in (
            ("missed people", [(row.group, row.missed) for row in self.rows]),
            ("false alarms", [(row.group, row.false_alarm) for row in self.rows]),
        ):
            thin = [group for group, rate in rates if rate is not None and not rate.solid]
            if thin:
                names = ", ".join(map(printable, thin[:8])) + (" and others" if len(thin) > 8 else "")
                found.append(
                    f"{self.column}: fewer than {ENOUGH_ERRORS} {what} in {names}. Whether groups differ in "
                    "that cannot be told from these counts; a difference that shows may be chance, and none "
                    "that shows may hide one."
                )
        return tuple(found)


def columns_of(material: Material) -> tuple[str, ...]:
    """Return every column that could part the photos into groups."""
    return tuple(sorted({column for photo in material.photos for column in photo.groups}))


def search_groups(
    trial: IdentificationTrial, searches: SearchScores, probes: IntArray, threshold: float, by: Sequence[str]
) -> tuple[GroupTable, ...]:
    """Part searches by the groups of their probes; ``probes`` (n,) are their rows of entries."""

    def rows(values: Sequence[str]) -> Iterator[GroupRow]:
        of_probe = np.array(values, dtype=object)
        for group in sorted(set(values)):
            part = searches.take(np.flatnonzero(of_probe == group))
            mated, others = part.mated_searches(), part.take(~np.isneginf(part.other))
            yield GroupRow(
                group=group,
                people=len(np.unique(part.person)),
                missed=_rate(metrics.identification_misses(mated, threshold), mated.person),
                false_alarm=_rate(metrics.false_alarms(others, threshold), others.person),
            )

    return tuple(_tables(trial.material, probes, by, threshold, rows))


def pair_groups(
    trial: VerificationTrial, made: Comparisons, pairs: PairScores, threshold: float, by: Sequence[str]
) -> tuple[GroupTable, ...]:
    """Part pairs by group: those of which both photos are of it."""
    tables = []
    for column in _checked(trial.material, by):
        first = np.array(_values(trial.material, made.first, column), dtype=object)
        second = np.array(_values(trial.material, made.second, column), dtype=object)
        rows = []
        for group in _few(column, set(first) | set(second)):
            part = pairs.take((first == group) & (second == group))
            missed = metrics.false_non_matches(part.score, threshold)
            mated = part.mated
            rows.append(
                GroupRow(
                    group=group,
                    people=len(np.unique(np.concatenate([part.first, part.second]))),
                    missed=_rate(missed[mated], part.first[mated]),
                    false_alarm=_rate(~missed[~mated], part.first[~mated]),
                )
            )
        tables.append(GroupTable(column=column, threshold=threshold, rows=tuple(rows)))
    return tuple(tables)


def _tables(
    material: Material,
    entries: IntArray,
    by: Sequence[str],
    threshold: float,
    rows: Callable[[Sequence[str]], Iterator[GroupRow]],
) -> Iterator[GroupTable]:
    for column in _checked(material, by):
        values = _values(material, entries, column)
        _few(column, set(values))
        yield GroupTable(column=column, threshold=threshold, rows=tuple(rows(values)))


def _checked(material: Material, by: Sequence[str]) -> Sequence[str]:
    known = columns_of(material)
    for column in by:
        if column not in known:
            there = ", ".join(map(printable, known)) if known else "none: groups come from a manifest"
            raise UsageError(f"there is no column {printable(column)}", hint=f"there are: {there}")
    return by


def _values(material: Material, entries: IntArray, column: str) -> list[str]:
    return [material.group_of(int(entry), column) or UNKNOWN for entry in entries]


def _few(column: str, groups: set[str]) -> list[str]:
    if len(groups) > MOST_GROUPS:
        raise UsageError(
            f"the column {printable(column)} has {len(groups):,} different values, more than {MOST_GROUPS}",
            hint="put ranges into it instead, such as an age band",
        )
    return sorted(groups)


def _rate(wrong: BoolArray, person: IntArray) -> ErrorRate | None:
    return metrics.rate_by_people(wrong, person) if len(wrong) else None
