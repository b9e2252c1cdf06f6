"""So many costly requests are taken on; the rest are refused before anything of them is read."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from antigone.access import Role
from antigone.errors import OverloadedError, UsageError
from antigone.web.admission import Admission, arrived
from served import Served

CASE = {"title": "T", "purpose": "missing-person", "basis": "B"}


def test_places_are_given_in_order_and_given_back() -> None:
    async def run() -> list[str]:
        admission = Admission(at_once=1, waiting=1)
        told: list[str] = []
        go_on = asyncio.Event()

        async def one(name: str) -> None:
            try:
                with admission.place():
                    async with admission.turn():
                        told.append(f"{name} in")
                        await go_on.wait()
                        raise RuntimeError(name)
            except RuntimeError:
                told.append(f"{name} out")

        tasks = [asyncio.create_task(one(name)) for name in ("a", "b")]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError) as refused, admission.place():
            pass
        assert refused.value.details["retry_after"] == 1
        go_on.set()
        await asyncio.gather(*tasks)
        assert admission.inside == 0
        return told

    assert asyncio.run(run()) == ["a in", "a out", "b in", "b out"]


def test_whoever_stops_waiting_gives_the_place_back() -> None:
    async def run() -> int:
        admission = Admission(at_once=1, waiting=1)
        with admission.place():
            turn = admission.turn()
            await turn.__aenter__()

            async def wait() -> None:
                with admission.place():
                    async with admission.turn():
                        pass

            task = asyncio.create_task(wait())
            await asyncio.sleep(0)
            assert admission.inside == 2
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return admission.inside

    assert asyncio.run(run()) == 1


def test_a_request_is_taken_in_whole_before_its_turn() -> None:
    body = bytes(range(256)) * 8_192  # more than is kept in memory

    async def run() -> bytes:
        parts = [body[start : start + 100_000] for start in range(0, len(body), 100_000)]
        messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        messages += [{"type": "http.request"}, {"type": "http.disconnect"}]

        async def receive() -> dict[str, object]:
            return messages.pop(0)

        read = bytearray()
        async with arrived(receive) as again:
            assert messages == [{"type": "http.disconnect"}]
            while (message := await again())["more_body"]:
                read += message["body"]
            assert (await again())["type"] == "http.disconnect"
            return bytes(read + message["body"])

    assert asyncio.run(run()) == body


def test_a_request_that_never_arrives_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antigone.web.admission.UPLOAD_S", 0.01)

    async def run() -> None:
        async def receive() -> dict[str, object]:
            await asyncio.Event().wait()
            raise AssertionError

        async with arrived(receive):
            pass

    with pytest.raises(UsageError, match="did not arrive"):
        asyncio.run(run())


def test_nobody_unknown_holds_a_place(served: Served) -> None:
    answer = served.client.post("/api/v1/cases/C-000001/searches", files={"photos": ("p.jpg", b"no photo")})
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")


def test_a_full_server_refuses_searches_at_once_and_answers_all_else(served: Served) -> None:
    mine = served.as_(Role.EXAMINER)
    case = served.client.post("/api/v1/cases", json=CASE, headers=mine).json()["case"]
    served.client.app.state.admission = Admission(at_once=1, waiting=0)  # type: ignore[attr-defined]
    served.client.app.state.admission.inside = 1  # type: ignore[attr-defined]
    path = f"/api/v1/cases/{case}/searches"
    refused = served.client.post(path, files={"photos": ("p.jpg", b"no photo")}, headers=mine)
    assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
    assert refused.headers["retry-after"] == "1"
    assert served.client.get(f"/api/v1/cases/{case}", headers=mine).status_code == 200
    served.client.app.state.admission.inside = 0  # type: ignore[attr-defined]
    sent = {"Idempotency-Key": "a"} | mine
    tried = served.client.post(path, files={"photos": ("p.jpg", b"no photo")}, headers=sent)
    assert (tried.status_code, tried.json()["code"]) == (404, "empty-gallery")  # it got through


def test_whoever_waits_for_a_turn_is_cut_off_too(served: Served) -> None:
    mine, examiner = served.as_(Role.EXAMINER), served.principal(Role.EXAMINER).person
    assert served.client.get("/api/v1/cases", headers=mine).status_code == 200
    line = Admission(at_once=1, waiting=10)
    served.client.app.state.plain = line  # type: ignore[attr-defined]
    assert served.client.portal is not None
    with ThreadPoolExecutor(1) as pool:
        with served.client.portal.wrap_async_context_manager(line.turn()):
            asked = pool.submit(served.client.get, "/api/v1/cases", headers=mine)
            while line.inside == 0:
                time.sleep(0.001)
            served.workspace.office.directory.cut_off(examiner, by=served.principal(Role.SUPERVISOR))
        assert asked.result(timeout=30).status_code == 401


def test_no_request_brings_much_along_from_somebody_unknown(served: Served) -> None:
    large = b"x" * (3 * 2**20)
    for method in ("GET", "POST"):
        assert served.client.request(method, "/api/v1/cases", content=large).status_code == 413
    form = {"file": ("f", large)}
    for path in ("/api/v1/cases/C-000001/exhibits", "/api/v1/sign-in"):
        assert served.client.post(path, files=form).status_code in {401, 404}


def test_a_cut_off_and_a_health_check_wait_for_nobody(served: Served) -> None:
    line = Admission(at_once=1, waiting=0)
    served.client.app.state.plain = line  # type: ignore[attr-defined]
    assert served.client.portal is not None
    path = f"/api/v1/people/{served.principal(Role.EXAMINER).person}/cut-off"
    with served.client.portal.wrap_async_context_manager(line.turn()):
        line.inside = 1
        mine = served.as_(Role.SUPERVISOR)
        assert served.client.get("/api/v1/cases", headers=mine).status_code == 429
        assert served.client.get("/health").status_code == 200
        assert served.client.post(path, headers=mine).status_code == 204


def test_every_route_that_searches_is_bounded(served: Served) -> None:
    document = served.client.get("/api/v1/openapi.json").json()
    searching = [
        (path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation.get("x-permission") == "search" and method == "post" and "bulk" not in path
    ]
    assert len(searching) >= 2
    assert [path for path, operation in searching if not operation.get("x-costly")] == []
