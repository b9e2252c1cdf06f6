"""Identity checks: both photos compared and kept, a list only where a supervisor permitted it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import antigone
from antigone.access import Principal
from antigone.access.directory import pack_roles, principal_of
from antigone.access.roles import Role
from antigone.casework.checks import check_document
from antigone.errors import ConflictError, ForbiddenError, NotFoundError, RateLimitedError, UsageError
from antigone.records.cases import CaseRecord
from antigone.settings import Settings
from antigone.strength import Least

LEAST = Least(score=0.5)
NEVER_SAID = ("same person", "verified", "identity confirmed", "match %", "confidence")


@pytest.fixture
def workspace(tmp_path: Path, portraits: Mapping[str, Path]) -> Iterator[antigone.Workspace]:
    """A workspace with a list that holds one portrait, and an empty one."""
    settings = Settings(home=tmp_path / "home", searches_a_day=4)
    with antigone.Workspace.init(settings=settings) as workspace:
        for name in ("sought", "empty", "archive"):
            workspace.add_collection(
                name=name,
                owner="o",
                source="s",
                purpose="p",
                basis="b",
                jurisdiction="j",
                retain_until=date(2999, 1, 1),
            )
        _ = workspace.office.principal
        workspace.import_(portraits["collins"], into="sought")
        yield workspace


@pytest.fixture
def again(tmp_path: Path, portraits: Mapping[str, Path]) -> Path:
    """Another photo of one of them: smaller and darker."""
    with Image.open(portraits["collins"]) as photo:
        made = tmp_path / "again.jpg"
        photo.convert("RGB").resize((256, 256)).point(lambda value: round(value * 0.7)).save(made)
    return made


def test_two_photos_are_compared_kept_and_on_record(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], again: Path
) -> None:
    office = workspace.office
    who, case = office.principal, _case(workspace)
    made = office.checks.check(case, again, portraits["collins"], workspace, by=who)
    other = office.checks.check(case, again, portraits["hopper"], workspace, by=who)
    assert made.found.comparison.score > 0.7 > other.found.comparison.score
    document = check_document(made)
    assert document["list"] is None
    assert document["comparison"]["score"] == round(made.found.comparison.score, 6)
    assert not [words for words in NEVER_SAID if words in json.dumps(document).lower()]
    file = office.file(case, by=who)
    assert {probe.sha256 for probe in file.probes} >= {
        document["comparison"]["live"]["photo"],
        document["comparison"]["document"]["photo"],
    }
    assert [shown.search.kind for shown in file.searches] == ["check", "check"]
    entry = workspace.audit.entry(made.search.audit)
    assert (entry.kind, entry.body["list"], entry.body["by"]) == ("identity-check", None, who.person)
    office.checks.check(case, again, again, workspace, by=who)
    office.checks.check(case, again, again, workspace, by=who)
    with pytest.raises(RateLimitedError):  # each counts on the budget of the day
        office.checks.check(case, again, again, workspace, by=who)


def test_a_list_is_used_where_it_is_one_and_the_case_permits_it(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], again: Path
) -> None:
    office = workspace.office
    who, case = office.principal, _case(workspace)

    def check(list_: str) -> list[dict[str, object]]:
        made = office.checks.check(case, again, portraits["hopper"], workspace, by=who, list_=list_)
        candidates: list[dict[str, object]] = check_document(made)["list"]["candidates"]
        return candidates

    with pytest.raises(NotFoundError, match="no list"):
        check("sought")
    office.checks.mark("sought", basis="order 12", by=who)
    office.checks.mark("empty", basis="order 13", by=who)
    with pytest.raises(ConflictError):
        office.checks.mark("sought", basis="order 12", by=who)
    with pytest.raises(ForbiddenError, match="may not be held against"):
        check("sought")
    permission: dict[str, Any] = {
        "authority": "Ministry",
        "reference": "7/2026",
        "parts": workspace,
        "by": who,
    }
    with pytest.raises(UsageError, match="too few people"):
        office.checks.permit(case, "sought", least=Least(at_most=0.1), **permission)
    office.checks.permit(case, "sought", least=LEAST, **permission)
    office.checks.permit(case, "empty", least=LEAST, **permission)
    (found,) = check("sought")
    assert str(found["source"]).endswith("astronaut.png")
    candidate = workspace.records.cases.candidate(int(str(found["candidate"])))
    assert candidate is not None  # to be decided about like any other
    assert check("empty") == []
    unlike = office.checks.check(case, portraits["hopper"], again, workspace, by=who, list_="sought")
    assert unlike.records == ()  # the list is held against who is there, not against the document
    office.checks.withdraw(case, "sought", by=who)
    with pytest.raises(ForbiddenError):
        office.checks.may_check(case, "sought", by=_member(workspace, "iryna", Role.EXAMINER))
    office.checks.unmark("empty", by=who)
    assert office.checks.permitted(case, by=who) == ()


def test_who_may_not(workspace: antigone.Workspace, again: Path) -> None:
    office = workspace.office
    who, case = office.principal, _case(workspace)
    examiner = _member(workspace, "iryna", Role.EXAMINER)
    stranger = _member(
        workspace, "stranger", *Role, organisation=office.directory.add_organisation("Other", by=who).id
    )
    office.checks.mark("sought", basis="order 12", by=who)
    permission: dict[str, Any] = {
        "authority": "Ministry",
        "reference": "7/2026",
        "least": LEAST,
        "parts": workspace,
    }
    with pytest.raises(ForbiddenError):  # takes a supervisor
        office.checks.permit(case, "sought", by=examiner, **permission)
    with pytest.raises(NotFoundError):  # another organisation's case
        office.checks.permit(case, "sought", by=stranger, **permission)
    with pytest.raises(NotFoundError):  # another organisation's collection
        office.checks.unmark("sought", by=stranger)
    assert office.checks.lists(by=stranger) == ()
    missing = office.book.open("T", purpose="missing-person", basis="B", by=who)
    with pytest.raises(ConflictError, match="identity-check"):
        office.checks.check(missing, again, again, workspace, by=who)
    with pytest.raises(ConflictError, match="identity-check"):
        office.checks.permit(missing, "sought", by=who, **permission)
    with pytest.raises(UsageError):
        office.checks.permit(case, "sought", by=who, **{**permission, "authority": " "})


def _case(workspace: antigone.Workspace) -> CaseRecord:
    office = workspace.office
    return office.book.open("Checkpoint", purpose="identity-check", basis="B", by=office.principal)


def _member(
    workspace: antigone.Workspace, name: str, *roles: Role, organisation: int | None = None
) -> Principal:
    now = datetime.now(UTC)
    person = workspace.records.people.add_person(
        organisation_id=organisation or workspace.office.principal.organisation,
        name=name,
        shown_as=name.title(),
        roles=pack_roles(roles),
        created_at=now,
        approved_at=now,
    )
    return principal_of(person)
