"""A case that keeps looking: every reference that comes is compared once, and none once it may not look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

import antigone
from antigone.access import Principal
from antigone.access.directory import pack_roles, principal_of
from antigone.access.roles import Role
from antigone.casework.standing import Standing
from antigone.errors import ConflictError, ForbiddenError, NotFoundError, StorageFullError, UsageError
from antigone.identify import SearchRequest
from antigone.records.cases import CaseRecord
from antigone.strength import Least

LEAST = Least(score=0.5)


@pytest.fixture
def workspace(tmp_path: Path, portraits: Mapping[str, Path]) -> Iterator[antigone.Workspace]:
    with antigone.Workspace.init(tmp_path / "home") as workspace:
        _ = workspace.office.principal
        _add(workspace, "archive")
        workspace.import_(portraits["hopper"].with_name("grace_hopper.jpg"), into="archive")
        yield workspace


@pytest.fixture
def copies(tmp_path: Path, portraits: Mapping[str, Path]) -> Mapping[str, Path]:
    """Other photos of both people, as far as there are any: theirs, darker, smaller and cropped."""
    made = {}
    for name, source in portraits.items():
        with Image.open(source) as photo:
            small = photo.convert("RGB").resize((photo.width // 2, photo.height // 2))
            small = small.crop((0, 0, small.width, small.height * 9 // 10))
            made[name] = tmp_path / f"{name}-again.jpg"
            small.point(lambda value: round(value * 0.7)).save(made[name], quality=70)
    return made


def test_a_new_reference_is_found_once_and_waits(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], copies: Mapping[str, Path]
) -> None:
    office = workspace.office
    who, case = office.principal, _searched(workspace, portraits["collins"])
    begun = office.standing.begin(case, LEAST, workspace, by=who)
    assert begun.still is None
    with pytest.raises(ConflictError):
        office.standing.begin(case, LEAST, workspace, by=who)
    assert workspace.keep_looking() == 0  # what was there has been searched
    workspace.import_(copies["hopper"], into="archive")
    assert office.inbox.items(by=who) == ()
    workspace.import_(copies["collins"], into="archive")
    (one,) = office.inbox.items(by=who)
    assert one.case == case
    assert one.candidate.collection == "archive"
    searches = [search for search in workspace.records.cases.searches(case.id) if search.kind == "standing"]
    assert len(searches) == 2  # one a run: an import without the person, and one with them
    assert workspace.audit.entry(searches[-1].audit).kind == "standing-search"
    assert workspace.audit.entry(searches[-1].audit).body["references"] == 1  # the new one alone
    kinds = [entry.kind for entry in workspace.audit.entries()]
    assert kinds.count("inbox-filled") == 1

    workspace.import_(copies["collins"], into="archive")  # the same bytes
    _add(workspace, "other")
    workspace.import_(copies["collins"], into="other")  # the same photo in a collection that came later
    assert [item.item.id for item in office.inbox.items(by=who)] == [one.item.id]
    office.inbox.see(one.item.id, by=who)
    with pytest.raises(ConflictError):
        office.inbox.see(one.item.id, by=who)
    assert office.inbox.items(by=who) == ()
    assert office.inbox.waiting(by=who) == 0
    assert len(office.inbox.items(by=who, seen_too=True)) == 1


def test_what_was_a_candidate_before_is_not_new(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], copies: Mapping[str, Path]
) -> None:
    office = workspace.office
    case = _searched(workspace, portraits["collins"])
    workspace.import_(copies["collins"], into="archive")
    office.standing.begin(case, LEAST, workspace, by=office.principal)
    _search(workspace, case, portraits["collins"])  # by hand
    _add(workspace, "other")
    workspace.import_(copies["collins"], into="other")
    assert office.inbox.items(by=office.principal) == ()


@pytest.mark.parametrize(
    "because", ["stopped", "case-closed", "case-locked", "authority-lapsed", "cut-off", "no-permission"]
)
def test_nothing_is_found_once_it_may_not_look(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], copies: Mapping[str, Path], because: str
) -> None:
    office, records = workspace.office, workspace.records
    who = office.principal
    examiner = _member(workspace, "iryna", Role.EXAMINER)
    purpose = "suspect" if because == "case-locked" else "missing-person"
    case = office.book.open("T", purpose=purpose, basis="B", by=who)
    _search(workspace, case, portraits["collins"], by=examiner)
    office.standing.begin(case, LEAST, workspace, by=examiner)
    match because:
        case "stopped":
            office.standing.stop(case, by=who)
        case "case-closed":
            office.book.close(case, by=who)
        case "case-locked" | "authority-lapsed":
            past = datetime.now(UTC) - timedelta(seconds=1)
            office.book.authorise(case, authority="Court", reference="1", expires_at=past, by=who)
        case "cut-off":
            office.directory.cut_off(examiner.person, by=who)
        case "no-permission":
            office.directory.give_roles(examiner.person, [Role.REVIEWER], by=who)
    assert office.standing.watch(case, by=who).still == because
    workspace.import_(copies["collins"], into="archive")
    assert office.inbox.items(by=who) == ()
    watch = office.standing.watch(case, by=who).watch
    assert watch.ended_because == because
    ended = [entry for entry in workspace.audit.entries() if entry.kind == "watch-ended"]
    assert [entry.body["because"] for entry in ended] == [because]
    assert not [one for one in records.cases.searches(case.id) if one.kind == "standing"]


def test_begun_again_it_goes_on_where_it_stopped(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], copies: Mapping[str, Path]
) -> None:
    office = workspace.office
    who, case = office.principal, _searched(workspace, portraits["collins"])
    office.standing.begin(case, LEAST, workspace, by=who)
    office.standing.stop(case, by=who)
    workspace.import_(copies["collins"], into="archive")
    office.standing.begin(case, LEAST, workspace, by=who)
    workspace.keep_looking()
    assert len(office.inbox.items(by=who)) == 1


def test_a_collection_that_may_not_be_seen_any_more_is_left_out(
    workspace: antigone.Workspace, portraits: Mapping[str, Path], copies: Mapping[str, Path]
) -> None:
    office, people = workspace.office, workspace.records.people
    keeper = office.principal
    other = office.directory.add_organisation("Coroner", by=keeper)
    guest = _member(workspace, "guest", Role.EXAMINER, Role.SUPERVISOR, organisation=other.id)
    office.visible.share("archive", other.id, by=keeper)
    case = office.book.open("T", purpose="missing-person", basis="B", by=guest)
    _search(workspace, case, portraits["collins"], by=guest)
    office.standing.begin(case, LEAST, workspace, collections=["archive"], by=guest)
    with pytest.raises(NotFoundError):
        office.standing.watch(case, by=keeper)
    people.unshare(workspace.records.collection("archive").id, other.id)
    workspace.import_(copies["collins"], into="archive")
    assert office.standing.watch(case, by=guest).watch.ended_because == "no-collection"
    assert office.inbox.items(by=guest) == ()


def test_a_run_that_is_cut_off_leaves_nothing_and_is_done_again(
    workspace: antigone.Workspace,
    portraits: Mapping[str, Path],
    copies: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office, watches = workspace.office, workspace.records.watches
    case = _searched(workspace, portraits["collins"])
    office.standing.begin(case, LEAST, workspace, by=office.principal)

    def full(*_: object, **__: object) -> None:
        raise StorageFullError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(watches, "finish_run", full)
        assert workspace.import_(copies["collins"], into="archive").new == 1  # the import itself is done
        with pytest.raises(StorageFullError):
            workspace.keep_looking()
    assert office.inbox.items(by=office.principal) == ()
    assert office.standing.watch(case, by=office.principal).watch.trouble == "disk-full"
    workspace.keep_looking()
    assert len(office.inbox.items(by=office.principal)) == 1
    assert office.standing.watch(case, by=office.principal).watch.trouble is None


@pytest.mark.parametrize("worker", ["one", "two"])  # of one name, only the marks tell them apart
def test_two_servers_at_once_find_it_once(
    workspace: antigone.Workspace,
    portraits: Mapping[str, Path],
    copies: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    worker: str,
) -> None:
    office = workspace.office
    case = _searched(workspace, portraits["collins"])
    office.standing.begin(case, LEAST, workspace, by=office.principal)
    real = Standing._search
    taken: list[bool] = []
    with monkeypatch.context() as patch, antigone.Workspace.open(workspace.home) as second:
        patch.setattr(antigone.Workspace, "keep_looking", lambda _: 0)
        workspace.import_(copies["collins"], into="archive")

        def overtaken(*arguments: object) -> object:
            """Let the other server take the same run, as if this one had been silent for long."""
            found = real(*arguments)  # type: ignore[arg-type]
            if not taken:
                taken.append(True)
                assert second.office.standing.work_once(worker, second)
            return found

        patch.setattr(Standing, "_search", overtaken)
        patch.setattr("antigone.casework.standing.SILENT", timedelta(days=-1))
        assert workspace.office.standing.work_once("one", workspace)
    assert taken
    assert len(office.inbox.items(by=office.principal)) == 1
    assert len([one for one in workspace.records.cases.searches(case.id) if one.kind == "standing"]) == 1
    kinds = [entry.kind for entry in workspace.audit.entries()]
    assert kinds.count("inbox-filled") == 1


def test_what_cannot_be_asked(workspace: antigone.Workspace, portraits: Mapping[str, Path]) -> None:
    office = workspace.office
    who = office.principal
    case = office.book.open("T", purpose="missing-person", basis="B", by=who)
    with pytest.raises(UsageError, match="searched for nobody"):
        office.standing.begin(case, LEAST, workspace, by=who)
    _search(workspace, case, portraits["collins"])
    with pytest.raises(UsageError, match="too few people"):
        office.standing.begin(case, Least(at_most=0.1), workspace, by=who)
    with pytest.raises(NotFoundError):
        office.standing.watch(case, by=who)
    with pytest.raises(NotFoundError):
        office.inbox.see(1, by=who)
    with pytest.raises(ForbiddenError):
        office.standing.begin(case, LEAST, workspace, by=_member(workspace, "maria", Role.REVIEWER))
    for numbers in ({}, {"at_most": 0.0001}, {"score": 2.0}):
        with pytest.raises(ValueError, match=r"neither|expected|lies"):
            Least(**numbers)


def _add(workspace: antigone.Workspace, name: str) -> None:
    workspace.add_collection(
        name=name,
        owner="o",
        source="s",
        purpose="p",
        basis="b",
        jurisdiction="j",
        retain_until=date(2999, 1, 1),
    )


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


def _searched(workspace: antigone.Workspace, photo: Path) -> CaseRecord:
    case = workspace.office.book.open("T", purpose="missing-person", basis="B", by=workspace.office.principal)
    _search(workspace, case, photo)
    return case


def _search(
    workspace: antigone.Workspace, case: CaseRecord, photo: Path, *, by: Principal | None = None
) -> None:
    office = workspace.office
    office.searching.search(case, SearchRequest(photos=[photo]), workspace, by=by or office.principal)
