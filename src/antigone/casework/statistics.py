"""What an organisation did in a period, counted in its records; and the same recounted from the audit log.

The two share no code but the form of the answer, so that one can be held against the other.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from antigone.access import Permission, Principal
from antigone.audit import AuditEntry, AuditLog
from antigone.casework.cases import STANDING, Purpose
from antigone.casework.conclusions import Kind
from antigone.casework.decisions import Stage, Verdict, settled
from antigone.errors import UsageError
from antigone.evaluate.metrics import wilson
from antigone.records import Records
from antigone.records.audit import AuditFilter
from antigone.records.counts import Within

KINDS = ("search", "compare", "dossier", STANDING, "check")
_KIND_OF_ENTRY = {
    "search": "search",
    "compare": "compare",
    "dossier": "dossier",
    "standing-search": STANDING,
    "identity-check": "check",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededErrors:
    """How often known non-mates that were mixed into lists were taken for a match."""

    settled: int  # seeds that were settled in the period
    first: int  # of these, potential matches among first decisions
    outcome: int  # and among what the decisions came to

    def document(self) -> dict[str, Any]:
        """Return it for JSON, with Wilson's 95 % interval."""
        return {
            "settled": self.settled,
            "first_errors": self._share(self.first),
            "outcome_errors": self._share(self.outcome),
        }

    def _share(self, errors: int) -> dict[str, Any]:
        if not self.settled:
            return {"errors": 0, "rate": None, "interval_95": [0.0, 1.0]}
        found = wilson(errors, self.settled)
        interval = [round(found.low, 6), round(found.high, 6)]
        return {"errors": errors, "rate": round(found.value, 6), "interval_95": interval}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What an organisation did in a period. Exercises are not counted."""

    begins: date
    ends: date  # the last day
    searches: Mapping[str, int]  # kind -> number, every kind named
    people_who_searched: int
    cases_opened: Mapping[str, int]  # purpose -> number
    inbox: int  # candidates that standing searches found
    decisions: Mapping[str, int]  # stage -> number
    conclusions: Mapping[str, int]  # kind -> number that a second person confirmed
    handed_on: int  # cases of which an authority was given a document
    families_informed: int  # cases whose family an authority informed
    seeded: SeededErrors

    def document(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "from": self.begins.isoformat(),
            "to": self.ends.isoformat(),
            "searches": {**self.searches, "all": sum(self.searches.values())},
            "people_who_searched": self.people_who_searched,
            "cases_opened": {**self.cases_opened, "all": sum(self.cases_opened.values())},
            "inbox": self.inbox,
            "decisions": dict(self.decisions),
            "conclusions": dict(self.conclusions),
            "leads": self.conclusions[Kind.INVESTIGATIVE_LEAD],
            "identifications": self.conclusions[Kind.IDENTIFIED],
            "handed_on": self.handed_on,
            "families_informed": self.families_informed,
            "seeded": self.seeded.document(),
        }

    def rows(self) -> list[tuple[str, str, int | float | None]]:
        """Return it as a table: figure, which of them, number."""
        rows: list[tuple[str, str, int | float | None]] = []
        for figure, value in self.document().items():
            if isinstance(value, dict) and figure != "seeded":
                rows += [(figure, which, number) for which, number in value.items()]
            elif isinstance(value, int):
                rows.append((figure, "", value))
        seeded = self.seeded.document()
        rows.append(("seeded", "settled", seeded["settled"]))
        for stage in ("first_errors", "outcome_errors"):
            low, high = seeded[stage]["interval_95"]
            rows += [
                (f"seeded {stage}", "errors", seeded[stage]["errors"]),
                (f"seeded {stage}", "rate", seeded[stage]["rate"]),
                (f"seeded {stage}", "rate, low (95 %)", low),
                (f"seeded {stage}", "rate, high (95 %)", high),
            ]
        return rows

    def csv(self) -> str:
        """Return it as CSV."""
        written = io.StringIO()
        table = csv.writer(written, lineterminator="\r\n")
        table.writerow(("from", "to", "figure", "which", "number"))
        for figure, which, number in self.rows():
            shown = "" if number is None else number
            table.writerow((self.begins.isoformat(), self.ends.isoformat(), figure, which, shown))
        return written.getvalue()


class Counting:
    """The statistics of one workspace."""

    def __init__(self, records: Records, log: AuditLog) -> None:
        self._records = records
        self._log = log

    def statistics(self, begins: date, ends: date, *, by: Principal) -> Statistics:
        """Count what one's organisation did from ``begins`` to ``ends``, both days included (UTC).

        Raises `ForbiddenError`, and `UsageError` for days in the wrong order.
        """
        by.require(Permission.STATISTICS)
        within, counts = _within(begins, ends, by), self._records.counts
        return Statistics(
            begins=begins,
            ends=ends,
            searches=_all_of(KINDS, counts.searches(within)),
            people_who_searched=counts.people_who_searched(within, but=STANDING),
            cases_opened=_all_of(Purpose, counts.cases_opened(within)),
            inbox=counts.arrived(within),
            decisions=_all_of(Stage, counts.decisions(within)),
            conclusions=_all_of(Kind, counts.confirmed(within)),
            handed_on=counts.onward("given", within),
            families_informed=counts.onward("family-informed", within),
            seeded=self._seeded(within),
        )

    def _seeded(self, within: Within) -> SeededErrors:
        number = first = outcome = 0
        for made in self._records.cases.decisions_about_seeds(within.organisation):
            came_to = settled(made)
            if came_to is None or not within.holds(made[-1].decided_at):
                continue
            number += 1
            first += made[0].verdict == Verdict.POTENTIAL_MATCH
            outcome += came_to is Verdict.POTENTIAL_MATCH
        return SeededErrors(settled=number, first=first, outcome=outcome)

    def recount(self, begins: date, ends: date, *, by: Principal) -> Statistics:
        """Count the same from the audit log alone, reading it from its beginning.

        From the records comes only what the log does not say: which cases are the organisation's, and of
        which search and reference each decided candidate is. The log is written first, so a process that was
        killed in between leaves an entry more here. Raises as `statistics`.
        """
        by.require(Permission.STATISTICS)
        within = _within(begins, ends, by)
        counts = self._records.counts
        teller = _Teller(within, counts.case_numbers(by.organisation), counts.places(by.organisation))
        for entry in self._log.entries(AuditFilter(until=within.ends)):
            teller.read(entry)
        return teller.statistics(begins, ends)


class _Teller:
    """Counts entries of the log, one after the other."""

    def __init__(self, within: Within, cases: frozenset[str], places: Mapping[int, tuple[int, int]]) -> None:
        self._within = within
        self._cases = cases
        self._places = places
        self._counted: Counter[tuple[str, str]] = Counter()
        self._searchers: set[object] = set()
        self._onward: dict[object, tuple[str, object, bool]] = {}  # entry -> kind, case, within the period
        self._seeds: set[tuple[int, int]] = set()  # search's entry, reference
        self._verdicts: dict[int, list[str]] = {}  # of seeds, in their order
        self._settled: list[tuple[str, str]] = []  # first verdict and outcome of those settled in the period

    def read(self, entry: AuditEntry) -> None:
        """Count one entry."""
        body = entry.body
        if body.get("case") not in self._cases:
            return
        inside = self._within.holds(entry.at)
        match entry.kind:
            case "search" | "compare" | "dossier" | "standing-search" | "identity-check" as kind:
                self._count(inside, "search", _KIND_OF_ENTRY[kind])
                if inside and kind != "standing-search":
                    self._searchers.add(body["by"])
            case "case-opened":
                self._count(inside, "case", str(body["purpose"]))
            case "inbox-filled":
                self._count(inside, "inbox", "")
            case "decision":
                self._count(inside, "decision", str(body["stage"]))
                self._judge(body, inside)
            case "conclusion-confirmed":
                self._count(inside, "conclusion", str(body["conclusion"]))
            case "seeds-mixed-in":
                self._seeds |= {(int(str(body["search"])), one) for one in _numbers(body["references"])}
            case "handed-on" | "family-informed" | "onward-withdrawn" as kind:
                self._onward.pop(body.get("corrects"), None)
                self._onward[body["entry"]] = (kind, body["case"], inside)

    def statistics(self, begins: date, ends: date) -> Statistics:
        """Return what was counted."""
        wrong = Verdict.POTENTIAL_MATCH.value
        return Statistics(
            begins=begins,
            ends=ends,
            searches={kind: self._counted["search", kind] for kind in KINDS},
            people_who_searched=len(self._searchers),
            cases_opened={one.value: self._counted["case", one.value] for one in Purpose},
            inbox=self._counted["inbox", ""],
            decisions={one.value: self._counted["decision", one.value] for one in Stage},
            conclusions={one.value: self._counted["conclusion", one.value] for one in Kind},
            handed_on=self._cases_with("handed-on"),
            families_informed=self._cases_with("family-informed"),
            seeded=SeededErrors(
                settled=len(self._settled),
                first=sum(first == wrong for first, _ in self._settled),
                outcome=sum(outcome == wrong for _, outcome in self._settled),
            ),
        )

    def _count(self, inside: bool, what: str, which: str) -> None:
        self._counted[what, which] += inside

    def _judge(self, body: Mapping[str, object], inside: bool) -> None:
        """Follow the decisions about a seed: two that agree settle it, else the third one does."""
        candidate = int(str(body["candidate"]))
        if self._places.get(candidate) not in self._seeds:
            return
        verdicts = self._verdicts.setdefault(candidate, [])
        verdicts.append(str(body["verdict"]))
        done = len(verdicts) == 3 or (len(verdicts) == 2 and verdicts[0] == verdicts[1])
        if done and inside:
            self._settled.append((verdicts[0], verdicts[-1]))

    def _cases_with(self, kind: str) -> int:
        return len({case for known, case, inside in self._onward.values() if known == kind and inside})


def _within(begins: date, ends: date, by: Principal) -> Within:
    if ends < begins:
        raise UsageError(f"the period ends on {ends}, before it begins on {begins}")
    if ends > date.max - timedelta(days=1):
        raise UsageError(f"there is no day after {ends}")
    return Within(
        organisation=by.organisation,
        begins=datetime.combine(begins, time(), UTC),
        ends=datetime.combine(ends + timedelta(days=1), time(), UTC),
    )


def _all_of(names: Iterable[str], counted: Mapping[str, int]) -> dict[str, int]:
    return {str(name): counted.get(name, 0) for name in names}


def _numbers(value: object) -> list[int]:
    return [int(number) for number in value] if isinstance(value, list) else []
