"""Seeds lie far below what a list shows, are not told apart before they are settled, and are counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

import antigone
from antigone.access import Principal
from antigone.access.directory import pack_roles, principal_of
from antigone.access.roles import Role
from antigone.casework import Verdict
from antigone.casework.documents import search_file_document
from antigone.casework.file import search_file
from antigone.casework.searching import Showing
from antigone.casework.seeds import STEP, seed_statistics
from antigone.errors import ForbiddenError, UsageError
from antigone.identify import SearchRequest
from case_unit import Unit


@pytest.fixture
def workspace(tmp_path: Path, portraits: Mapping[str, Path]) -> antigone.Workspace:
    """A workspace whose collection holds all portraits."""
    workspace = antigone.Workspace.init(tmp_path / "home")
    who = workspace.office.principal
    info = workspace.add_collection(
        name="archive",
        owner="o",
        source="s",
        purpose="p",
        basis="b",
        jurisdiction="j",
        retain_until=date(2999, 1, 1),
    )
    workspace.office.visible.take(info, by=who)
    workspace.import_(list(portraits.values()), into="archive")
    return workspace


def test_seeds_are_mixed_in_unseen_and_shown_as_such_once_settled(
    workspace: antigone.Workspace, portraits: Mapping[str, Path]
) -> None:
    with workspace:
        office, cases = workspace.office, workspace.records.cases
        examiner, reviewer = office.principal, _second(workspace)
        case = office.book.open("T", purpose="missing-person", basis="B", by=examiner)
        request = SearchRequest(photos=[portraits["hopper"]], top=1)
        with pytest.raises(UsageError, match="hidden"):
            office.searching.search(case, request, workspace, by=examiner, showing=Showing(seeds=1))
        showing = Showing(hidden=True, seeds=2)
        made = office.searching.search(case, request, workspace, by=examiner, showing=showing)
        again = office.searching.search(case, request, workspace, by=examiner, showing=showing)
        seeds = [one for one in made.records if one.seeded]
        assert seeds
        assert [one.reference for one in made.records] == [one.reference for one in again.records]
        lowest = min(candidate.score for candidate in made.found.candidates)
        assert all(one.score <= lowest - STEP + 1e-6 for one in seeds)
        assert sorted(one.shown_as for one in made.records) == list(range(1, len(made.records) + 1))
        mixed = [entry for entry in workspace.audit.entries() if entry.kind == "seeds-mixed-in"]
        assert len(mixed) == 2

        def shown(who: Principal) -> dict[int, dict[str, object]]:
            file = search_file(made.search, cases, by=who)
            return {one["candidate"]: one for one in search_file_document(file)["candidates"]}

        for who in (examiner, reviewer):
            assert not [
                one
                for one in shown(who).values()
                if {"rank", "score", "seeded", "strength", "duplicates"} & one.keys()
            ]
        by_place = sorted(made.records, key=lambda one: one.shown_as)
        assert [one.id for one in by_place] == sorted(one.id for one in by_place)  # numbers tell no ranks
        for one in made.records:
            office.decisions.decide(one.id, Verdict.NO_MATCH, by=examiner)
            assert "seeded" not in shown(examiner)[one.id]
            assert seed_statistics(cases, by=examiner).settled == sum(
                known.seeded and known.rank < one.rank for known in made.records
            )
            office.decisions.decide(one.id, Verdict.NO_MATCH, by=reviewer)
            assert shown(reviewer)[one.id]["seeded"] is one.seeded
        assert seed_statistics(cases, by=examiner).outcome["no-match"] == len(seeds)


def test_nothing_suitable_means_no_seed(workspace: antigone.Workspace, portraits: Mapping[str, Path]) -> None:
    with workspace:
        office = workspace.office
        case = office.book.open("T", purpose="missing-person", basis="B", by=office.principal)
        request = SearchRequest(photos=[portraits["hopper"]], top=50)  # everything is shown
        made = office.searching.search(
            case, request, workspace, by=office.principal, showing=Showing(hidden=True, seeds=3)
        )
        assert not [one for one in made.records if one.seeded]


def test_errors_are_counted_for_ones_own_organisation_and_nothing_is_concluded(unit: Unit) -> None:
    seed = unit.search(unit.case())[2]
    assert seed.seeded
    assert seed_statistics(unit.records.cases, by=unit.supervisor).document()["settled"] == 0
    unit.decisions.decide(seed.id, Verdict.POTENTIAL_MATCH, by=unit.examiner)
    assert seed_statistics(unit.records.cases, by=unit.supervisor).settled == 0
    unit.decisions.decide(seed.id, Verdict.NO_MATCH, by=unit.reviewer)
    unit.decisions.decide(seed.id, Verdict.NO_MATCH, by=unit.supervisor)
    counted = seed_statistics(unit.records.cases, by=unit.supervisor)
    assert (counted.settled, counted.first["potential-match"], counted.outcome["potential-match"]) == (
        1,
        1,
        0,
    )
    share, low, high = counted.outcome_errors
    assert (share, low) == (0.0, 0.0)
    assert 0.7 < high < 0.8  # Wilson's interval of 0 in 1
    assert seed_statistics(unit.records.cases, by=unit.stranger).settled == 0
    with pytest.raises(ForbiddenError):
        seed_statistics(unit.records.cases, by=unit.examiner)


def _second(workspace: antigone.Workspace) -> Principal:
    by = workspace.office.principal
    return principal_of(
        workspace.records.people.add_person(
            organisation_id=by.organisation,
            name="maria",
            shown_as="Maria",
            roles=pack_roles([Role.REVIEWER]),
            created_at=(now := workspace.records.people.person(by.person).created_at),
            approved_at=now,
        )
    )
