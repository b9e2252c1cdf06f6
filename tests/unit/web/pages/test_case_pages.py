"""The forms of a case, without a browser: what was typed stays, nobody reaches a case of others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx2
import pytest

from antigone.access import Role
from antigone.records.cases import CandidateRecord
from served import Served

PAGE = {"Accept": "text/html", "X-Antigone": "1"}
CASE = "/cases/C-000001"


def ask(served: Served, role: Role, path: str, organisation: int = 0) -> httpx2.Response:
    return served.client.get(path, headers={**PAGE, **served.as_(role, organisation)}, follow_redirects=False)


def send(
    served: Served,
    role: Role,
    path: str,
    form: Mapping[str, str | list[str]],
    organisation: int = 0,
) -> httpx2.Response:
    headers = {**PAGE, **served.as_(role, organisation)}
    return served.client.post(path, data=dict(form), headers=headers, follow_redirects=False)


def open_case(served: Served, purpose: str = "missing-person") -> None:
    form = {"title": "Unknown <b>man</b>", "purpose": purpose, "basis": "section 12"}
    answer = send(served, Role.EXAMINER, "/cases/new", form)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/search?case=C-000001"


def candidates(served: Served, **changed: object) -> tuple[CandidateRecord, ...]:
    person = served.principal(Role.EXAMINER).person
    search = {
        "case_id": 1,
        "person_id": person,
        "at": datetime.now(UTC),
        "kind": "search",
        "model": "m",
        "exact": True,
        "collections": '["archive"]',
        "probes": "[]",
        "audit": 1,
        "hidden": False,
        **changed,
    }
    rows: list[dict[str, object]] = [
        {
            "rank": rank,
            "shown_as": 3 - rank,
            "score": 0.9 - rank / 10,
            "reference": rank,
            "collection": "archive",
            "photo": "ab" * 32,
            "face": 1,
            "seeded": False,
        }
        for rank in (1, 2)
    ]
    return served.workspace.records.cases.add_search(search, rows)[1]


def test_a_supervisor_who_may_not_search_comes_to_the_case(served: Served) -> None:
    form = {"title": "T", "purpose": "other", "other": "A shelter", "basis": "b"}
    answer = send(served, Role.SUPERVISOR, "/cases/new", form)
    assert answer.headers["location"] == CASE
    assert "Other purpose: A shelter" in re.sub(r"\s+", " ", ask(served, Role.SUPERVISOR, CASE).text)


def test_what_was_typed_stays_and_is_escaped(served: Served) -> None:
    answer = send(
        served, Role.EXAMINER, "/cases/new", {"title": "<script>x", "purpose": "suspect", "basis": " "}
    )
    assert answer.status_code == 400
    assert "&lt;script&gt;x" in answer.text
    assert "<script>x" not in answer.text
    assert re.search(r'value="suspect"[^>]* checked', answer.text)
    open_case(served)
    assert "Unknown &lt;b&gt;man" in ask(served, Role.EXAMINER, CASE).text


@pytest.mark.parametrize(
    ("role", "path", "form"),
    [
        (Role.EXAMINER, "/notes", {"text": "n"}),
        (Role.EXAMINER, "/close", {}),
        (Role.EXAMINER, "/watch", {"at_most": "0.1"}),
        (Role.EXAMINER, "/conclusions", {"conclusion": "not-found"}),
        (Role.EXAMINER, "/particulars", {"field-sex": "male", "source": "s"}),
        (Role.EXAMINER, "/onward", {"entry": "given"}),
        (Role.EXAMINER, "/dossiers", {"candidate": "1"}),
        (Role.SUPERVISOR, "/authorisations", {"authority": "a", "reference": "r"}),
        (Role.SUPERVISOR, "/reopen", {}),
    ],
)
def test_nobody_reaches_a_case_of_another_organisation(
    served: Served, role: Role, path: str, form: dict[str, str]
) -> None:
    open_case(served, "unidentified-deceased")
    before = served.workspace.records.cases.case(1)
    assert send(served, role, CASE + path, form, organisation=1).status_code == 404
    assert ask(served, role, CASE, organisation=1).status_code == 404
    assert served.workspace.records.cases.case(1) == before
    assert served.workspace.records.cases.notes(1) == ()


def test_the_second_examiner_sees_neither_decision_nor_rank(served: Served) -> None:
    open_case(served)
    one, _ = candidates(served, hidden=True)
    path = f"/api/v1/candidates/{one.id}/decisions"
    body = {"verdict": "potential-match", "note": "Scar on the chin."}
    served.client.post(path, json=body, headers=served.as_(Role.EXAMINER)).raise_for_status()
    for page in (CASE, "/reviews", "/"):
        text = ask(served, Role.REVIEWER, page).text
        assert "Scar on the chin." not in text
        assert "Potential match" not in text
        assert "0.8" not in text
    assert f"{CASE}/candidates/{one.id}" in ask(served, Role.REVIEWER, "/reviews").text
    assert "Scar on the chin." in ask(served, Role.EXAMINER, CASE).text
    answer = ask(served, Role.EXAMINER, "/reviews")
    assert answer.status_code == 403


def test_fields_that_are_hidden_for_a_conclusion_do_not_count(served: Served) -> None:
    open_case(served)
    one, _ = candidates(served)
    form = {"conclusion": "not-found", "candidate": str(one.id), "identifier": "dna", "remark": "Nobody."}
    assert send(served, Role.EXAMINER, f"{CASE}/conclusions", form).status_code == 303
    (stated,) = served.workspace.records.cases.conclusions(1)
    assert (stated.kind, stated.candidate_id, stated.identifier) == ("not-found", None, None)
    answer = send(served, Role.EXAMINER, f"{CASE}/conclusions", {"conclusion": "guilty"})
    assert answer.status_code == 400
    assert "No conclusion is chosen" in answer.text


def test_only_what_changed_is_recorded_of_the_dead(served: Served) -> None:
    open_case(served, "unidentified-deceased")
    form: dict[str, str | list[str]] = {"field-sex": "male", "field-age": "30", "source": "Seen"}
    form["field-face-condition"] = ["burnt", "injured"]
    assert send(served, Role.EXAMINER, f"{CASE}/particulars", form).status_code == 303
    form["field-age"] = "30-40"
    assert send(served, Role.EXAMINER, f"{CASE}/particulars", form).status_code == 303
    kept = [(one.field, one.value) for one in served.workspace.records.deceased.particulars(1)]
    assert sorted(kept) == [
        ("age", "30"),
        ("age", "30-40"),
        ("face-condition", "injured, burnt"),
        ("sex", "male"),
    ]
    answer = send(served, Role.EXAMINER, f"{CASE}/particulars", {"source": "Seen", "field-age": "old"})
    assert answer.status_code == 400
    assert 'value="old"' in answer.text
    answer = send(served, Role.EXAMINER, f"{CASE}/particulars/age/withdraw", {"reason": "Wrong file"})
    assert answer.status_code == 303
    assert "30-40 years" not in ask(served, Role.EXAMINER, CASE).text


@pytest.mark.parametrize("least", ["nan", "x", "", "-3"])
def test_a_strength_that_is_none_is_refused(served: Served, least: str) -> None:
    open_case(served)
    candidates(served)
    answer = send(served, Role.EXAMINER, f"{CASE}/watch", {"at_most": least})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_a_dossier_of_somebody_else_is_not_at_hand(served: Served) -> None:
    open_case(served)
    answer = ask(served, Role.EXAMINER, f"{CASE}/dossiers/7")
    assert answer.status_code == 404
    assert "not at hand any more" in answer.text
    assert ask(served, Role.EXAMINER, f"{CASE}/dossiers/7/faces/1").status_code == 404
    assert ask(served, Role.EXAMINER, f"{CASE}/dossiers/7/file?form=graphml").status_code == 404
