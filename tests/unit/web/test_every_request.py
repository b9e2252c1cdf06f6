"""Whatever is sent, to any route, by anyone: a documented answer, never a defect."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from schemathesis.core.result import Ok

from antigone.access import Role
from served import Served

EXAMPLES = 8  # a route; more are worth it when a route changes


def sendable(file: Any) -> Any:
    """Return a part of a form as bytes or text: what is generated may be a number, which cannot be sent."""
    if isinstance(file, tuple):
        return (file[0], sendable(file[1]), *file[2:])
    return file if isinstance(file, (bytes, str)) or file is None else str(file)


@pytest.mark.parametrize("role", [Role.EXAMINER, Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_no_request_ends_in_a_defect(served: Served, role: Role) -> None:
    schema = schemathesis.openapi.from_dict(served.client.get("/api/v1/openapi.json").json())
    routes = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(routes) > 30
    asked: list[int] = []

    def ask(case: schemathesis.Case[Any]) -> None:
        sent = case.as_transport_kwargs(base_url="http://testserver")
        sent.pop("cookies", None)
        if isinstance(sent.get("data"), bytes):
            sent["content"] = sent.pop("data")
        if sent.get("files"):
            sent["files"] = [(name, sendable(file)) for name, file in sent["files"]]
        headers = {**dict(sent.pop("headers", {}) or {}), **served.as_(role)}
        answer = served.client.request(headers=headers, **sent)
        asked.append(answer.status_code)
        assert answer.status_code < 500, (case.path, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", case.path

    for route in routes:
        few = hypothesis.settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        seed(20_261_123)(few(given(case=route.as_strategy())(ask)))()
    assert len(asked) >= 4 * len(routes)
    assert {status // 100 for status in asked} >= {2, 4}
