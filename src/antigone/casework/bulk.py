"""Many photos searched one after the other, each as a search of its own: a job that survives a restart.

Before each step the worker looks up anew who asked, so a cut-off stops a job between two steps.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink, principal_of
from antigone.audit.office_events import JobEnded
from antigone.casework.cases import CaseBook
from antigone.casework.originals import Originals
from antigone.casework.searching import Searching
from antigone.errors import AntigoneError, NotFoundError, RateLimitedError, UsageError
from antigone.identify import SearchRequest
from antigone.identify.parts import Parts
from antigone.identify.probe import ProbeInput
from antigone.records import Records
from antigone.records.cases import CaseRecord
from antigone.records.jobs import JobRecord, JobStepRecord

_LOG = logging.getLogger("antigone.jobs")

MOST_PHOTOS = 500
SILENT = timedelta(seconds=30)  # a worker that has not been heard of for so long is taken for dead
_LOOK_EVERY = 0.5  # seconds between two looks for work


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """How far a job is."""

    job: JobRecord
    steps: tuple[JobStepRecord, ...]

    @property
    def done(self) -> int:
        """How many steps are done, failed ones included."""
        return sum(not step.is_open for step in self.steps)


class BulkSearches:
    """The bulk searches of one workspace."""

    def __init__(
        self,
        records: Records,
        audit: AuditSink,
        *,
        book: CaseBook,
        searching: Searching,
        originals: Originals,
    ) -> None:
        self._records = records
        self._audit = audit
        self._book = book
        self._searching = searching
        self._originals = originals

    def begin(
        self, case: CaseRecord, photos: Sequence[ProbeInput], request: SearchRequest, *, by: Principal
    ) -> JobReport:
        """Ask for a search of each photo. Raises `UsageError` and those of `CaseBook.may_search`."""
        self._book.may_search(case, by=by)
        if not 1 <= len(photos) <= MOST_PHOTOS:
            raise UsageError(f"a bulk search takes 1 to {MOST_PHOTOS} photos, got {len(photos)}")
        self._searching.keep(case, photos, by=by)
        asked = {"collections": list(request.collections), "top": request.top, "exact": request.exact}
        job = self._records.jobs.add(
            {
                "case_id": case.id,
                "person_id": by.person,
                "request": json.dumps(asked),
                "created_at": datetime.now(UTC),
            },
            [{"sha256": photo.sha256, "source": photo.source} for photo in photos],
        )
        return self._report(job)

    def report(self, id_: int, *, by: Principal) -> JobReport:
        """Return how far a job of one's own organisation is. Raises `NotFoundError`."""
        by.require(Permission.CASE_READ)
        return self._report(self._own(id_, by))

    def stop(self, id_: int, *, by: Principal) -> None:
        """Stop a job after the step at hand."""
        by.require(Permission.CASE_WORK)
        self._end(self._own(id_, by), stopped_because="cancelled")

    def work_once(self, worker: str, parts: Parts) -> bool:
        """Take one job and do all its steps; False when there is none."""
        now = datetime.now(UTC)
        job = self._records.jobs.take(worker, now=now, silent_since=now - SILENT)
        if job is None:
            return False
        for step in self._records.jobs.steps(job.id):
            if not step.is_open:
                continue
            if not self._records.jobs.is_mine(job.id, worker, now=datetime.now(UTC)):
                return True
            try:
                self._do(job, step, parts)
            except _StopError as stop:
                self._end(job, stopped_because=stop.reason)
                return True
        self._end(job)
        return True

    def _end(self, job: JobRecord, *, stopped_because: str | None = None) -> None:
        if self._records.jobs.finish(job.id, at=datetime.now(UTC), stopped_because=stopped_because):
            case = self._records.cases.case(job.case_id)
            assert case is not None
            state = "done" if stopped_because is None else "stopped"
            self._audit.append(JobEnded(by=job.person_id, case=case.number, job=job.id, state=state).event())

    def _do(self, job: JobRecord, step: JobStepRecord, parts: Parts) -> None:
        who = self._who(job)
        case = self._records.cases.case(job.case_id)
        assert case is not None
        asked = json.loads(job.request)
        request = SearchRequest(
            photos=[self._originals.read(case, step.sha256)],
            collections=tuple(asked["collections"]),
            top=asked["top"],
            exact=asked["exact"],
        )
        try:
            made = self._searching.search(case, request, parts, by=who)
        except RateLimitedError as error:
            raise _StopError(error.code) from error  # every further step would end alike
        except AntigoneError as error:
            said = {"code": error.code, "message": error.message, "hint": error.hint}
            self._records.jobs.settle(step.id, error=json.dumps(said))
        else:
            self._records.jobs.settle(step.id, search=made.search.id)

    def _who(self, job: JobRecord) -> Principal:
        person = self._records.people.live_person(job.person_id)
        if person is None:
            raise _StopError("cut-off")
        return principal_of(person)

    def _own(self, id_: int, by: Principal) -> JobRecord:
        job = self._records.jobs.job(id_)
        case = self._records.cases.case(job.case_id) if job else None
        if job is None or case is None or case.organisation_id != by.organisation:
            raise NotFoundError(f"there is no job {id_}")
        return job

    def _report(self, job: JobRecord) -> JobReport:
        return JobReport(job=job, steps=self._records.jobs.steps(job.id))


class _StopError(Exception):
    """No further step of this job makes sense."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Worker:
    """A thread that does one piece of work after the other as long as it is entered.

    ``work`` takes the name of whoever works, and tells whether there was anything to do.
    """

    def __init__(self, work: Callable[[str], bool]) -> None:
        self._work_once = work
        self._ended = threading.Event()
        self._name = f"{socket.gethostname()}-{os.getpid()}-{id(self):x}"
        self._thread = threading.Thread(target=self._work, name="antigone-jobs", daemon=True)

    def __enter__(self) -> Worker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=60)

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                worked = self._work_once(self._name)
            except AntigoneError as error:  # such as a full disk: the job stays and is taken up again
                _LOG.warning("a job was put off: %s", error.code)
                worked = False
            if not worked:
                self._ended.wait(_LOOK_EVERY)
