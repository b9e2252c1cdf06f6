"""A case that keeps looking: its probes are compared with every reference that comes, once.

A run is one transaction: searches with their candidates, the inbox, and for each collection the mark up to
which it has compared. Two servers, or one that is killed, may do the comparing twice; only one of them can
move the marks, so nothing is told twice and nothing is left out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from antigone import identify
from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink, principal_of
from antigone.access.visible import Visible
from antigone.audit import AuditLog
from antigone.audit.office_events import InboxFilled, WatchBegun, WatchEnded
from antigone.casework.bulk import SILENT
from antigone.casework.cases import STANDING, CaseBook
from antigone.casework.newcomers import (
    MOST_AT_ONCE,
    Newcomers,
    OnlyNew,
    WatchParts,
    new_references,
)
from antigone.casework.originals import Originals
from antigone.casework.probes import adjusted_probe, faces_of_search, probe_faces
from antigone.casework.searching import candidate_rows
from antigone.errors import (
    AntigoneError,
    CaseClosedError,
    CaseLockedError,
    ConflictError,
    NotFoundError,
    ProbeError,
    UsageError,
)
from antigone.faces.adjust import Step
from antigone.identify import FaceChoice, SearchRequest
from antigone.identify.probe import read_probe
from antigone.identify.remembering import RememberingAnalyser
from antigone.records import Records
from antigone.records.cases import CaseRecord, CaseSearchRecord
from antigone.records.watches import STOPPED, Mark, WatchRecord
from antigone.strength import Least
from antigone.types import Box, CandidateList, CollectionInfo

_LOG = logging.getLogger("antigone.standing")

RESTS = timedelta(seconds=15)  # between two runs of a watch, so that a long import makes few searches of it
MOST_PROBES = 500  # different probes of a case that are searched again, the latest ones

Run = tuple[dict[str, object], list[dict[str, object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """A watch as it stands."""

    case: CaseRecord
    watch: WatchRecord
    least: Least
    still: str | None  # why it finds nothing more; None while it looks


@dataclass(frozen=True, slots=True)
class _Asked:
    """Photos of one person that were searched for: which face was meant in each, how it was adjusted."""

    photos: tuple[str, ...]  # sha256
    boxes: tuple[Box, ...]
    steps: tuple[tuple[Step, ...], ...]


class _EndError(Exception):
    """A watch finds nothing more, for a reason."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


class Standing:
    """The standing searches of one workspace."""

    def __init__(
        self,
        records: Records,
        log: AuditLog,
        audit: AuditSink,
        *,
        book: CaseBook,
        visible: Visible,
        originals: Originals,
    ) -> None:
        self._records = records
        self._log = log
        self._audit = audit
        self._book = book
        self._visible = visible
        self._originals = originals
        self._remembered: RememberingAnalyser | None = None

    def begin(
        self,
        case: CaseRecord,
        least: Least,
        parts: WatchParts,
        *,
        collections: Sequence[str] = (),
        by: Principal,
    ) -> WatchReport:
        """Let a case keep looking for the people that it searched for.

        What is in the collections now counts as compared, since the case has searched it; a case that kept
        looking before goes on where it stopped. Raises the errors of `CaseBook.may_keep_looking`,
        `UsageError` where nothing was searched yet or only a number of wrong candidates is given and none can
        be told, `NotFoundError` for a collection, and `ConflictError` where the case keeps looking already.
        """
        self._book.may_keep_looking(case, by=by)
        names = self._visible.names(collections, by=by)
        if not self._asked(case):
            raise UsageError(
                f"case {case.number} has searched for nobody yet",
                hint="search first, then let it keep looking",
            )
        searched = [self._records.collection(name) for name in names]
        if least.score is None and not self._can_tell(searched, parts):
            raise UsageError(
                "how many wrong candidates are to be expected is not known in these collections: they show "
                "too few people",
                hint="give a least comparison score, too",
            )
        model, state = parts.analyser.model, self._records.watches.state()
        before = [watch for watch in self._records.watches.of_case(case.id) if watch.ended_at is not None]
        kept = self._records.watches.marks(before[-1].id) if before else {}
        now = datetime.now(UTC)
        watch = self._records.watches.begin(
            {
                "case_id": case.id,
                "person_id": by.person,
                "collections": json.dumps(list(names) if collections else []),
                "at_most": least.at_most,
                "least_score": least.score,
                "begun_at": now,
                "seen": "" if kept else state,
            },
            [
                *(Mark(collection_id=c, model=m, before=None, now=kept[c, m]) for c, m in kept),
                *(
                    Mark(collection_id=c.id, model=model, before=None, now=highest)
                    for c in searched
                    if (c.id, model) not in kept
                    and (highest := self._records.reference_summary(c.id, model).max_id)
                ),
            ],
        )
        self._audit.append(WatchBegun(by=by.person, case=case.number, watch=watch.id).event())
        return self._report(watch)

    def watch(self, case: CaseRecord, *, by: Principal) -> WatchReport:
        """Return the watch of a case, the latest where it ended. Raises `NotFoundError`."""
        by.require(Permission.CASE_READ)
        if case.organisation_id == by.organisation:
            for watch in reversed(self._records.watches.of_case(case.id)):
                return self._report(watch)
        raise NotFoundError(f"case {case.number} does not keep looking")

    def stop(self, case: CaseRecord, *, by: Principal) -> None:
        """Let a case look no more. Raises `NotFoundError` and `ConflictError`."""
        by.require(Permission.CASE_WORK)
        watch = self.watch(case, by=by).watch
        if not self._end(watch, case, because=STOPPED, by=by.person):
            raise ConflictError(f"case {case.number} does not keep looking any more")

    # Running

    def work_once(self, worker: str, parts: WatchParts, *, rests: timedelta = RESTS) -> bool:
        """Do the run of one watch for which references have come or gone; False when there is none."""
        now, state = datetime.now(UTC), self._records.watches.state()
        watch = self._records.watches.take(
            worker, state=state, now=now, silent_since=now - SILENT, ran_before=now - rests
        )
        if watch is None:
            return False
        try:
            self._run(watch, worker, state, parts)
        except _EndError as end:
            case = self._case(watch)
            self._end(watch, case, because=end.because, by=None)
        except AntigoneError as error:  # such as a full disk: nothing is marked, so it is done again later
            self._records.watches.let_go(watch.id, worker, at=datetime.now(UTC), trouble=error.code)
            raise
        return True

    def catch_up(self, worker: str, parts: WatchParts) -> int:
        """Do every run that is due, those that rest too; return how many watches were looked at."""
        done = 0
        while self.work_once(worker, parts, rests=timedelta(0)):
            done += 1
        return done

    def _run(self, watch: WatchRecord, worker: str, state: str, parts: WatchParts) -> None:
        watches = self._records.watches
        case = self._case(watch)
        who = self._who(watch)
        collections = self._collections(watch, case, who)
        marks = watches.marks(watch.id)
        new, rest = _newcomers(collections, marks, parts)
        if not new:
            watches.let_go(watch.id, worker, at=datetime.now(UTC), seen=state)
            return
        least = Least(at_most=watch.at_most, score=watch.least_score)
        runs, trouble = [], None
        for asked in self._asked(case):
            if not watches.is_mine(watch.id, worker, now=datetime.now(UTC)):
                return
            try:
                runs.append(self._search(asked, new, watch, case, who, least, parts))
            except (ProbeError, NotFoundError) as error:  # of this probe alone: the others are searched for
                trouble = error.code
                _LOG.warning("watch %s: a probe was left out: %s", watch.id, error.code)
        arrived = watches.finish_run(
            watch,
            worker,
            organisation=case.organisation_id,
            marks=[one.mark for one in new],
            searches=runs,
            seen="" if rest else state,
            trouble=trouble,
            at=datetime.now(UTC),
        )
        if arrived is None:  # it has ended, or somebody else did this: nothing was written
            watches.let_go(watch.id, worker, at=datetime.now(UTC))
            return
        for item in arrived:
            self._audit.append(
                InboxFilled(
                    case=case.number, watch=watch.id, item=item.id, candidate=item.candidate_id
                ).event()
            )

    def _search(
        self,
        asked: _Asked,
        new: Sequence[Newcomers],
        watch: WatchRecord,
        case: CaseRecord,
        who: Principal,
        least: Least,
        parts: WatchParts,
    ) -> Run:
        originals = [self._originals.read(case, sha256) for sha256 in asked.photos]
        photos = adjusted_probe(read_probe(originals, parts.limits), asked.steps, parts.limits)
        request = SearchRequest(
            photos=photos,
            choices=[FaceChoice(photo=n, pick=box) for n, box in enumerate(asked.boxes, 1)],
            collections=[one.collection.name for one in new],
            top=identify.MOST_TOP,
            case=case.number,
            person=who.person,
            least=least,
            watch=watch.id,
        )
        found = identify.search(request, OnlyNew(parts, new, self._analyser(parts)))
        row = {**_row(found, case, who), "faces": json.dumps(probe_faces(found, asked.steps))}
        return row, candidate_rows(found, (), hidden=False)

    def _analyser(self, parts: WatchParts) -> RememberingAnalyser:
        if self._remembered is None:
            self._remembered = RememberingAnalyser(parts.analyser)
        return self._remembered

    # What is looked for, by whom, and where

    def _asked(self, case: CaseRecord) -> list[_Asked]:
        """Return what a case searched for, each once, the latest first."""
        asked: dict[_Asked, None] = {}
        for search in reversed(self._records.cases.searches(case.id)):
            if search.kind == "search" and len(asked) < MOST_PROBES:
                asked.setdefault(self._asked_by(search))
        return list(asked)

    def _asked_by(self, search: CaseSearchRecord) -> _Asked:
        kept = faces_of_search(search)
        if kept:
            photos, boxes = tuple(face.photo for face in kept), tuple(face.box for face in kept)
            return _Asked(photos, boxes, tuple(face.steps for face in kept))
        # Which face was meant in a search of an older version stands in its audit entry alone.
        faces = list(_probe_of(self._log.entry(search.audit).body))
        boxes = tuple(Box(*face["box"]) for face in faces)
        return _Asked(tuple(face["photo"] for face in faces), boxes, ((),) * len(faces))

    def _who(self, watch: WatchRecord) -> Principal:
        person = self._records.people.live_person(watch.person_id)
        if person is None:
            raise _EndError("cut-off")
        who = principal_of(person)
        if not who.may(Permission.SEARCH):
            raise _EndError("no-permission")
        return who

    def _collections(
        self, watch: WatchRecord, case: CaseRecord, who: Principal
    ) -> tuple[CollectionInfo, ...]:
        """Return the collections that may be searched now. Raises `_EndError` where the watch is over."""
        try:
            self._book.may_keep_looking(case, by=who)
        except CaseClosedError as error:
            raise _EndError("case-closed") from error
        except CaseLockedError as error:
            raise _EndError("case-locked") from error
        except NotFoundError as error:
            raise _EndError("no-permission") from error
        if self._lapsed(case):
            raise _EndError("authority-lapsed")
        wanted = set(json.loads(watch.collections))
        seen = self._visible.collections(by=who)
        left = tuple(one for one in seen if not wanted or one.name in wanted)
        if not left:
            raise _EndError("no-collection")
        return left

    def _lapsed(self, case: CaseRecord) -> bool:
        """Tell whether a case was authorised, and no authorisation holds any more; whatever its purpose."""
        given, now = self._records.cases.authorisations(case.id), datetime.now(UTC)
        return bool(given) and all(one.expires_at is not None and one.expires_at <= now for one in given)

    def _can_tell(self, collections: Sequence[CollectionInfo], parts: WatchParts) -> bool:
        model = parts.analyser.model
        return any(parts.strength.refresh(one, model).background is not None for one in collections)

    # Ending

    def _report(self, watch: WatchRecord) -> WatchReport:
        still, case = watch.ended_because, self._case(watch)  # as it is now
        if watch.ended_at is None:
            try:
                self._collections(watch, case, self._who(watch))
            except _EndError as end:  # it ends as soon as it would look
                still = end.because
        least = Least(at_most=watch.at_most, score=watch.least_score)
        return WatchReport(case=case, watch=watch, least=least, still=still)

    def _end(self, watch: WatchRecord, case: CaseRecord, *, because: str, by: int | None) -> bool:
        ended = self._records.watches.end(watch.id, because=because, at=datetime.now(UTC))
        if ended:
            event = WatchEnded(by=by, case=case.number, watch=watch.id, because=because)
            self._audit.append(event.event())
        return ended

    def _case(self, watch: WatchRecord) -> CaseRecord:
        case = self._records.cases.case(watch.case_id)
        assert case is not None
        return case


def _newcomers(
    collections: Sequence[CollectionInfo], marks: Mapping[tuple[int, str], int], parts: WatchParts
) -> tuple[list[Newcomers], bool]:
    """Return what came into some of the collections, and whether there is more for another run."""
    new: list[Newcomers] = []
    for collection in collections:
        if sum(one.index.count() for one in new) >= MOST_AT_ONCE:
            return new, True
        one = new_references(collection, marks, parts)
        if one is not None:
            new.append(one)
    return new, any(one.more for one in new)


def _probe_of(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from body.get("probe", ())


def _row(found: CandidateList, case: CaseRecord, who: Principal) -> dict[str, object]:
    return {
        "case_id": case.id,
        "person_id": who.person,
        "at": found.searched_at,
        "kind": STANDING,
        "model": found.model,
        "exact": found.exact,
        "collections": json.dumps(list(found.collections)),
        "probes": json.dumps([photo.sha256 for photo in found.probe.photos]),
        "audit": found.audit,
        "hidden": False,
    }
