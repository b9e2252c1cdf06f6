"""A month at work, made up: what agencies do in their cases, with the entries that it leaves in the log.

Cases, decisions, conclusions and onward entries go through the parts that a service uses, with a clock that
runs through the month. Searches need no photos here: record and entry are written as a search writes them.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from unittest.mock import patch

from antigone import Workspace
from antigone.access import Principal, Role
from antigone.access.directory import pack_roles, principal_of
from antigone.audit.events import Compared, FaceOfPhoto, IdentityChecked, Searched, SearchedAgain
from antigone.audit.office_events import InboxFilled, SeedsMixedIn
from antigone.audit.person_events import DossierMade
from antigone.casework import Evidence, Kind, Purpose, Verdict
from antigone.casework.onward import Authority, AuthorityKind
from antigone.records.cases import CandidateRecord, CaseRecord

FIRST, LAST = date(2025, 3, 1), date(2025, 3, 31)
_CLOCKED = ("cases", "decisions", "conclusions", "onward")
_MODEL = "made-up-1"


class _Clock(datetime):
    """A clock that somebody else sets."""

    moment: ClassVar[datetime] = datetime(2025, 2, 27, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> Any:  # noqa: ANN401 - as the clock that it stands for
        return cls.moment


@contextmanager
def _clock() -> Iterator[type[_Clock]]:
    with ExitStack() as stack:
        for module in _CLOCKED:
            stack.enter_context(patch(f"antigone.casework.{module}.datetime", _Clock))
        stack.enter_context(patch("antigone.audit.log.datetime", _Clock))
        yield _Clock


class Agency:
    """One organisation with its people and cases."""

    def __init__(
        self, workspace: Workspace, name: str, rng: random.Random, *, exercise: bool = False
    ) -> None:
        self._workspace = workspace
        self._rng = rng
        self._exercise = exercise
        self._photos = 0
        self._cases: list[CaseRecord] = []
        self._open: list[int] = []  # candidates to decide about
        self._matches: list[tuple[CaseRecord, int]] = []  # candidates that two examiners hold for a match
        self._watches: set[int] = set()
        people, now = workspace.records.people, datetime(2025, 1, 1, tzinfo=UTC)
        agency = people.add_organisation(name, at=now, exercise=exercise)
        self.people = [
            principal_of(
                people.add_person(
                    organisation_id=agency.id,
                    name=f"{number}@{agency.id}",
                    shown_as=f"Person {number}",
                    roles=pack_roles(Role),
                    created_at=now,
                    approved_at=now,
                )
            )
            for number in range(6)
        ]

    def act(self) -> None:
        """Do one thing that an agency does."""
        if not self._cases:
            self._open_case()
            return
        deeds = {
            self._open_case: 4,
            self._search: 30,
            self._compare: 6,
            self._dossier: 3,
            self._standing: 8,
            self._check: 8,
            self._decide: 30,
            self._conclude: 6,
            self._family: 3,
            self._note: 2,
        }
        (deed,) = self._rng.choices(list(deeds), list(deeds.values()))
        deed()

    def _anybody(self) -> Principal:
        return self._rng.choice(self.people)

    def _case(self) -> CaseRecord:
        return self._rng.choice(self._cases)

    def _open_case(self) -> None:
        purpose = self._rng.choice(list(Purpose))
        said = "in other words" if purpose is Purpose.OTHER else purpose.value
        case = self._workspace.office.book.open("Case", purpose=said, basis="law", by=self._anybody())
        if self._exercise:
            with self._workspace.records._writer.begin() as connection:
                connection.exec_driver_sql(f"UPDATE cases SET exercise = 1 WHERE id = {case.id}")
        self._cases.append(case)

    def _face(self) -> FaceOfPhoto:
        self._photos += 1
        return FaceOfPhoto(photo=_sha256(self, self._photos), box=[0.0, 0.0, 9.0, 9.0])

    def _search(self) -> None:
        case, who, log = self._case(), self._anybody(), self._workspace.audit
        face, rows = self._face(), self._candidates(4)
        seeds = self._rng.randint(0, 2)
        audit = log.append(
            Searched(
                case=case.number,
                by=who.person,
                probe=[face],
                collections=["archive"],
                references=1_000,
                model=_MODEL,
                exact=True,
                top=4,
                candidates=[(int(str(row["reference"])), 0.5) for row in rows[seeds:]],
            ).event()
        )
        if seeds:
            for row in rows[:seeds]:
                row["seeded"] = True
            mixed = [int(str(row["reference"])) for row in rows[:seeds]]
            log.append(SeedsMixedIn(by=who.person, case=case.number, search=audit, references=mixed).event())
        self._keep(case, who, "search", audit, rows)

    def _compare(self) -> None:
        case, who = self._case(), self._anybody()
        photos = [self._face(), self._face()]
        told = Compared(photos=photos, model=_MODEL, score=0.4, case=case.number, by=who.person)
        self._keep(case, who, "compare", self._workspace.audit.append(told.event()), [])

    def _dossier(self) -> None:
        case, who = self._case(), self._anybody()
        told = DossierMade(
            case=case.number,
            by=who.person,
            photo=self._face().photo,
            face=1,
            collections=["archive"],
            references=1_000,
            model=_MODEL,
            photos=3,
            persons=2,
            listed=[],
        )
        self._keep(case, who, "dossier", self._workspace.audit.append(told.event()), [])

    def _check(self) -> None:
        case, who = self._case(), self._anybody()
        told = IdentityChecked(
            case=case.number,
            by=who.person,
            live=self._face(),
            document=self._face(),
            model=_MODEL,
            score=0.6,
            list_=None,
            references=0,
            candidates=[],
        )
        self._keep(case, who, "check", self._workspace.audit.append(told.event()), [])

    def _standing(self) -> None:
        """Let a case look once: its watch begins here with its first run."""
        case, who, watches = self._case(), self._anybody(), self._workspace.records.watches
        if case.id in self._watches:
            return
        self._watches.add(case.id)
        watch = watches.begin(
            {
                "case_id": case.id,
                "person_id": who.person,
                "collections": "[]",
                "least_score": 0.5,
                "begun_at": _Clock.moment,
                "seen": "",
            },
            [],
        )
        now = _Clock.moment
        taken = watches.take("month", state="new", now=now, silent_since=now, ran_before=now)
        assert taken is not None
        assert taken.id == watch.id
        rows = self._candidates(self._rng.randint(0, 3))
        told = SearchedAgain(
            case=case.number,
            by=who.person,
            probe=[self._face()],
            collections=["archive"],
            references=10,
            model=_MODEL,
            exact=True,
            top=50,
            candidates=[(int(str(row["reference"])), 0.5) for row in rows],
            watch=watch.id,
        )
        audit = self._workspace.audit.append(told.event())
        arrived = watches.finish_run(
            taken,
            "month",
            organisation=case.organisation_id,
            marks=[],
            searches=[(self._row(case, who, "standing", audit), rows)],
            seen="new",
            trouble=None,
            at=now,
        )
        for item in arrived or ():
            self._open.append(item.candidate_id)
            self._workspace.audit.append(
                InboxFilled(
                    case=case.number, watch=watch.id, item=item.id, candidate=item.candidate_id
                ).event()
            )

    def _decide(self) -> None:
        if not self._open:
            self._search()
            return
        decisions, cases = self._workspace.office.decisions, self._workspace.records.cases
        candidate = self._rng.choice(self._open[-8:])  # so that much is settled
        verdict = self._rng.choice(
            [Verdict.POTENTIAL_MATCH, Verdict.NO_MATCH, Verdict.NO_MATCH, Verdict.INCONCLUSIVE]
        )
        made = {one.person_id for one in cases.decisions(candidate)}
        who = self._rng.choice([one for one in self.people if one.person not in made])
        decisions.decide(candidate, verdict, by=who)
        outcome = decisions.outcome(candidate, by=who)
        if outcome is None:
            return
        self._open.remove(candidate)
        found = cases.candidate(candidate)
        assert found is not None
        if outcome is Verdict.POTENTIAL_MATCH and not found.seeded:
            search = cases.search(found.search_id)
            case = cases.case(search.case_id) if search else None
            assert case is not None
            self._matches.append((case, candidate))

    def _conclude(self) -> None:
        conclusions = self._workspace.office.conclusions
        one, two = self._rng.sample(self.people, 2)
        if self._matches and self._rng.random() < 0.7:
            case, candidate = self._rng.choice(self._matches)
            kind = self._rng.choice([Kind.INVESTIGATIVE_LEAD, Kind.IDENTIFIED])
            evidence = (
                Evidence(identifier="dna", identifier_reference="L-1") if kind is Kind.IDENTIFIED else None
            )
            stated = conclusions.propose(case, kind, candidate=candidate, evidence=evidence, by=one)
        else:
            case = self._case()
            stated = conclusions.propose(case, self._rng.choice([Kind.NOT_FOUND, Kind.EXCLUDED]), by=one)
        if self._rng.random() < 0.8:
            conclusions.confirm(case, stated.id, by=two)

    def _family(self) -> None:
        dead = [case for case in self._cases if case.purpose == Purpose.UNIDENTIFIED_DECEASED]
        if not dead:
            return
        case, onward = self._rng.choice(dead), self._workspace.office.onward
        through = Authority(kind=AuthorityKind.POLICE_LIAISON, name="Police", reference="P-1")
        known = onward.state(case, by=self._anybody()).standing
        corrects = self._rng.choice(known).id if known and self._rng.random() < 0.4 else None
        if corrects is not None and self._rng.random() < 0.5:
            onward.withdraw(case, corrects, reason="wrong file", by=self._anybody())
            return
        onward.family_informed(
            case, through, on=date(2025, 1, 1), known_by="a letter", corrects=corrects, by=self._anybody()
        )

    def _note(self) -> None:
        self._workspace.office.book.note(self._case(), "seen", by=self._anybody())

    def _candidates(self, number: int) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for place in range(1, number + 1):
            self._photos += 1
            rows.append(
                {
                    "rank": place,
                    "shown_as": place,
                    "score": 0.5,
                    "reference": self._photos,
                    "collection": "archive",
                    "photo": _sha256(self, self._photos),
                    "face": 1,
                    "seeded": False,
                    "returned": "{}",
                }
            )
        return rows

    def _row(self, case: CaseRecord, who: Principal, kind: str, audit: int) -> dict[str, object]:
        return {
            "case_id": case.id,
            "person_id": who.person,
            "at": _Clock.moment,
            "kind": kind,
            "model": _MODEL,
            "exact": True,
            "collections": json.dumps([]),
            "probes": json.dumps([]),
            "audit": audit,
            "hidden": False,
        }

    def _keep(
        self, case: CaseRecord, who: Principal, kind: str, audit: int, rows: Sequence[dict[str, object]]
    ) -> None:
        added: tuple[CandidateRecord, ...]
        _, added = self._workspace.records.cases.add_search(self._row(case, who, kind, audit), list(rows))
        self._open += [candidate.id for candidate in added]


def live(workspace: Workspace, events: int, *, seed: int = 0) -> tuple[Agency, Agency]:
    """Let two agencies, and one of learners, work until so many entries are in the log.

    The clock runs from two days before the month until two days after it. Returns the two that are counted.
    """
    rng = random.Random(seed)
    one, other = (Agency(workspace, name, rng) for name in ("Search unit", "Coroner"))
    learners = Agency(workspace, "Learners", rng, exercise=True)
    begins = datetime(2025, 2, 27, tzinfo=UTC)
    length = timedelta(days=35)
    done = before = workspace.audit.count()
    with _clock() as clock:
        while done - before < events:
            clock.moment = max(clock.moment, begins + length * ((done - before) / events))
            clock.moment += timedelta(milliseconds=1)
            (agency,) = rng.choices((one, other, learners), (6, 3, 1))
            agency.act()
            done = workspace.audit.count()
        clock.moment = begins
    return one, other


def _sha256(agency: Agency, number: int) -> str:
    return hashlib.sha256(f"{agency.people[0].person}-{number}".encode()).hexdigest()
