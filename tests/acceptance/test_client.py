"""The Python client against a served workspace in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from antigone.client import ApiError, Client
from command_line import Gallery
from server import Address, member, serving


@pytest.fixture(scope="module")
def address(gallery: Gallery) -> Iterator[Address]:
    with serving(gallery.cli.home) as served:
        yield served


def client_of(address: Address, gallery: Gallery, name: str, role: str) -> Client:
    """Sign somebody in with two factors, and let them make an API token for all they may do."""
    signed_in: httpx2.Client = member(address, gallery.cli, name, role)
    permissions = signed_in.get("/me").json()["permissions"]
    body = {"label": "test", "scopes": permissions, "days": 1}
    return Client(address.url, signed_in.post("/tokens", json=body).json()["token"])


def test_a_case_is_searched_decided_and_answered_for(address: Address, gallery: Gallery) -> None:
    with (
        client_of(address, gallery, "examiner-1", "examiner") as examiner,
        client_of(address, gallery, "reviewer-1", "reviewer") as reviewer,
        client_of(address, gallery, "auditor-1", "auditor") as auditor,
    ):
        case = examiner.open_case("Unknown woman", purpose="missing-person", basis="section 12")
        assert case in list(examiner.cases())
        photo = gallery.probes / "hopper.jpg"
        search = examiner.search(case.number, [photo], collections=["people"], top=2)
        best = search.candidates[0]
        assert best.rank == 1
        assert best.score is not None
        assert str(best.source).endswith("hopper.jpg")
        assert examiner.picture(best.number).startswith(b"\xff\xd8")
        first = examiner.decide(best.number, "potential-match", features={"ears": "similar"}, note="lobes")
        assert (first.stage, first.features) == ("first", {"ears": "similar"})
        assert best.number in reviewer.waiting()
        assert reviewer.shown_search(case.number, search.number).candidates[0].decisions == ()
        assert reviewer.decide(best.number, "potential-match").stage == "second"
        again = examiner.shown_search(case.number, search.number).candidates[0]
        assert (again.outcome, len(again.decisions)) == ("potential-match", 2)
        entries = {entry.number: entry.kind for entry in auditor.audit(after=search.audit - 1)}
        assert entries[search.audit] == "search"
        assert list(entries.values()).count("decision") == 2

        hidden = examiner.search(case.number, [photo], hidden=True)
        assert {candidate.score for candidate in hidden.candidates} == {None}
        with pytest.raises(ApiError) as refused:
            reviewer.search(case.number, [photo])
        assert (refused.value.status, refused.value.code) == (403, "forbidden")


def test_a_job_is_followed_to_its_end(address: Address, gallery: Gallery) -> None:
    with client_of(address, gallery, "examiner-2", "examiner") as examiner:
        case = examiner.open_case("Many", purpose="missing-person", basis="section 12")
        photos = [gallery.probes / "hopper.jpg", gallery.probes / "meadow.png"]
        job = examiner.bulk_search(case.number, [photos[0], photos[1].read_bytes()])
        *_, last = examiner.progress(job.number)
        assert (last.state, last.done, last.total, last.ended) == ("done", 2, 2, True)
        assert examiner.job(job.number) == last
        good, bad = examiner.steps(job.number)
        assert good.search is not None
        assert (bad.search, bad.error) == (None, "probe")
        with pytest.raises(ApiError, match="no job"):
            next(examiner.progress(10**6))


def test_a_token_that_does_not_hold_is_said(address: Address) -> None:
    with Client(address.url, "agt_wrong") as nobody, pytest.raises(ApiError) as refused:
        list(nobody.cases())
    assert (refused.value.status, refused.value.code) == (401, "not-signed-in")
