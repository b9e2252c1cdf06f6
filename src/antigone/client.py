"""A small typed client of the REST API, for the programs of an agency. It needs an API token only.

A search is sent with an idempotency key, so one that is sent again after the line broke is not made twice.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx2

Verdict = Literal["potential-match", "no-match", "inconclusive"]
Photo = Path | bytes
_TIMEOUT = 120.0  # seconds; a search of many photos may take so long
_ATTEMPTS = 5  # of a request that finds the server full
_LONGEST_WAIT = 10.0  # seconds between two of them
_IN_FLIGHT = (httpx2.ConnectError, httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)


class ApiError(Exception):
    """An answer of the server that is no success, by the code that `docs/errors.md` lists."""

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message} ({hint})" if hint else message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question about one unknown person."""

    number: str  # such as C-000001
    title: str
    purpose: str
    basis: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one examiner holds of one candidate."""

    stage: str  # "first", "second" or "resolution"
    verdict: Verdict
    by: int
    features: Mapping[str, str]
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One candidate of a search. A score is no identity: people decide."""

    number: int
    place: int  # in the list as it is shown
    rank: int | None  # None while it is hidden
    score: float | None  # comparison score in [-1, 1], higher is more alike; None while it is hidden
    collection: str
    photo: str  # sha256
    face: int
    source: str | None  # None where it is not available any more
    decisions: tuple[Decision, ...]  # those that one may see
    outcome: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search of a case, with its candidates in the order in which they are shown."""

    number: int
    case: str
    at: datetime
    model: str
    hidden: bool
    audit: int  # number of its audit entry
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How far a bulk search is."""

    number: int
    state: str  # "waiting", "running", "done" or "stopped"
    stopped_because: str | None
    done: int
    total: int

    @property
    def ended(self) -> bool:
        """Tell whether it is done or was stopped."""
        return self.state in ("done", "stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """What one photo of a bulk search came to."""

    photo: str  # sha256
    search: int | None
    error: str | None  # code of what went wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry of the audit log."""

    number: int
    at: datetime
    kind: str
    body: Mapping[str, Any]


class Client:
    """Talks to one server as the person whose API token it holds. Use it as a context manager, or `close` it.

    Every method raises `ApiError` for an answer that is no success, and `httpx2.TransportError` when there is
    no answer.
    """

    def __init__(self, url: str, token: str, *, timeout: float = _TIMEOUT) -> None:
        self._http = httpx2.Client(
            base_url=f"{url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            follow_redirects=False,  # a token goes to no other server
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()

    # Cases

    def cases(self) -> Iterator[Case]:
        """Yield the cases of one's organisation, oldest first."""
        yield from (_case(one) for one in self._pages("/cases", "cases"))

    def open_case(self, title: str, *, purpose: str, basis: str) -> Case:
        """Open a case."""
        return _case(self._post("/cases", json={"title": title, "purpose": purpose, "basis": basis}))

    def search(
        self,
        case: str,
        photos: Sequence[Photo],
        *,
        collections: Sequence[str] = (),
        top: int = 20,
        hidden: bool = False,
        seeds: int = 0,
    ) -> Search:
        """Search for the person on ``photos`` within a case."""
        fields = {"top": str(top), "hidden": str(hidden).lower(), "seeds": str(seeds)}
        return _search(self._upload(f"/cases/{case}/searches", photos, fields, collections))

    def shown_search(self, case: str, search: int) -> Search:
        """Return a search of a case with the decisions that one may see."""
        return _search(self._get(f"/cases/{case}/searches/{search}"))

    def decide(
        self, candidate: int, verdict: Verdict, *, features: Mapping[str, str] | None = None, note: str = ""
    ) -> Decision:
        """Decide about a candidate; the server says which decision it is."""
        body = {"verdict": verdict, "features": dict(features or {}), "note": note}
        return _decision(self._post(f"/candidates/{candidate}/decisions", json=body))

    def waiting(self) -> tuple[int, ...]:
        """Return the numbers of the candidates that wait for one's second decision."""
        return tuple(one["candidate"] for one in self._get("/reviews")["candidates"])

    def picture(self, candidate: int) -> bytes:
        """Return a derived JPEG of a candidate's face. It leaves an audit entry."""
        return self._send("GET", f"/candidates/{candidate}/picture").content

    def report(self, case: str, form: Literal["pdf", "html"] = "pdf") -> bytes:
        """Return the report of a case. It leaves an audit entry that holds its SHA-256."""
        return self._send("GET", f"/cases/{case}/report", params={"form": form}).content

    def proofs(self, case: str) -> bytes:
        """Return the proofs of a case's entries in the audit log, those of its reports included."""
        return self._send("GET", f"/cases/{case}/proofs").content

    # Jobs

    def bulk_search(
        self, case: str, photos: Sequence[Photo], *, collections: Sequence[str] = (), top: int = 20
    ) -> Job:
        """Ask for a search of each photo; follow it with `progress`."""
        return _job(self._upload(f"/cases/{case}/bulk-searches", photos, {"top": str(top)}, collections))

    def job(self, number: int) -> Job:
        """Return how far a job is."""
        return _job(self._get(f"/jobs/{number}"))

    def steps(self, number: int) -> tuple[JobStep, ...]:
        """Return what each photo of a job came to."""
        return tuple(
            JobStep(
                photo=step["photo"],
                search=step["search"],
                error=None if step["error"] is None else step["error"]["code"],
            )
            for step in self._get(f"/jobs/{number}")["steps"]
        )

    def progress(self, number: int) -> Iterator[Job]:
        """Yield a job each time it is further, until it has ended. Raises `ApiError` at a cut-off."""
        with self._http.stream("GET", f"/jobs/{number}/progress") as response:
            if not response.is_success:
                response.read()
                raise _error(response)
            ended = False
            for line in response.iter_lines():
                if line.startswith("event: end"):
                    ended = True
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    if ended:
                        raise ApiError(401, str(data["code"]), "the server ended the stream")
                    yield _job(data)

    def stop(self, number: int) -> None:
        """Stop a job after the step at hand."""
        self._send("POST", f"/jobs/{number}/stop")

    # The audit log

    def audit(self, *, after: int = 0) -> Iterator[AuditEntry]:
        """Yield the entries of the audit log after a number, oldest first; takes an auditor."""
        for entry in self._pages("/audit", "entries", after=after):
            yield AuditEntry(
                number=entry["entry"], at=_time(entry["at"]), kind=entry["kind"], body=entry["body"]
            )

    # Requests

    def _pages(self, path: str, name: str, *, after: int | None = 0) -> Iterator[Mapping[str, Any]]:
        while after is not None:
            page = self._get(path, after=after)
            yield from page[name]
            after = page["next"]

    def _get(self, path: str, **query: int) -> Any:  # noqa: ANN401 - JSON
        return self._send("GET", path, params=query).json()

    def _post(self, path: str, **content: Any) -> Any:  # noqa: ANN401 - JSON
        return self._send("POST", path, **content).json()

    def _upload(
        self, path: str, photos: Sequence[Photo], fields: Mapping[str, str], collections: Sequence[str]
    ) -> Any:  # noqa: ANN401 - JSON
        files = [
            ("photos", (f"photo-{number}", photo if isinstance(photo, bytes) else photo.read_bytes()))
            for number, photo in enumerate(photos, 1)
        ]
        return self._post(path, files=files, data={**fields, "collection": list(collections)})

    def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:  # noqa: ANN401 - httpx2's own
        # The key makes a second attempt safe: what was done is answered again, not done again.
        headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        for attempt in range(_ATTEMPTS):
            try:
                response = self._http.request(method, path, headers=headers, **content)
            except _IN_FLIGHT:
                response = self._http.request(method, path, headers=headers, **content)
            if response.is_success:
                return response
            error = _error(response)
            if error.code != "overloaded" or attempt + 1 == _ATTEMPTS:
                break
            time.sleep(_wait(response))  # a spent budget, which is refused alike, is not waited for
        raise error


def _wait(response: httpx2.Response) -> float:
    """Return the seconds after which a full server wants to be asked again."""
    told = response.headers.get("Retry-After", "")
    return min(float(told), _LONGEST_WAIT) if told.isdecimal() else 1.0


def _error(response: httpx2.Response) -> ApiError:
    try:
        problem = response.json()
        return ApiError(
            response.status_code, str(problem["code"]), str(problem["detail"]), str(problem["hint"])
        )
    except (ValueError, KeyError, TypeError):  # a proxy in between answers in its own way
        return ApiError(response.status_code, "http-error", f"the server answers {response.status_code}")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _case(document: Mapping[str, Any]) -> Case:
    closed = document["closed_at"]
    return Case(
        number=document["case"],
        title=document["title"],
        purpose=document["explanation"] or document["purpose"],
        basis=document["basis"],
        opened_at=_time(document["opened_at"]),
        closed_at=None if closed is None else _time(closed),
    )


def _search(document: Mapping[str, Any]) -> Search:
    return Search(
        number=document["search"],
        case=document["case"],
        at=_time(document["at"]),
        model=document["model"],
        hidden=document["hidden"],
        audit=document["audit"],
        candidates=tuple(_candidate(one) for one in document["candidates"]),
    )


def _candidate(document: Mapping[str, Any]) -> Candidate:
    return Candidate(
        number=document["candidate"],
        place=document["place"],
        rank=document.get("rank"),
        score=document.get("score"),
        collection=document["collection"],
        photo=document["photo"],
        face=document["face"],
        source=document.get("source"),
        decisions=tuple(_decision(one) for one in document["decisions"]),
        outcome=document["outcome"],
    )


def _decision(document: Mapping[str, Any]) -> Decision:
    return Decision(
        stage=document["stage"],
        verdict=document["verdict"],
        by=document["by"],
        features=document["features"],
        note=document["note"],
        at=_time(document["at"]),
    )


def _job(document: Mapping[str, Any]) -> Job:
    return Job(
        number=document["job"],
        state=document["state"],
        stopped_because=document["stopped_because"],
        done=document["done"],
        total=document["total"],
    )
