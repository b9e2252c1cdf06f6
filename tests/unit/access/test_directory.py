"""Accounts come by invitation, are approved by someone else, and are cut off at once."""

from datetime import UTC, datetime, timedelta

import pytest

from access_flows import PASSWORD, accept, kinds
from antigone.access import Directory, Principal, Role, directory
from antigone.audit import AuditLog
from antigone.errors import ConflictError, ForbiddenError, NotFoundError, UsageError
from antigone.records import Records
from made_up import add_collection


def test_a_laptop_has_one_person_with_every_role_made_once(directory: Directory, records: Records) -> None:
    first, again = directory.local("Olena"), directory.local("Olena")
    assert first == again
    assert first.roles == frozenset(Role)
    assert len(records.people.organisations()) == 1


def test_collections_without_owner_become_the_first_organisations(
    directory: Directory, records: Records
) -> None:
    collection = add_collection(records)
    local = directory.local("Olena")
    assert records.people.owner_of(collection.id) == local.organisation
    assert records.people.visible_collections(local.organisation) == {collection.id}


def test_an_invitation_works_once_and_the_account_waits_for_approval(
    directory: Directory, local: Principal, records: Records, audit: AuditLog
) -> None:
    invitation = directory.invite([Role.EXAMINER], by=local)
    person = accept(directory, invitation.text, "iryna")
    assert person.approved_at is None
    with pytest.raises(NotFoundError, match="used, too old or unknown"):
        accept(directory, invitation.text, "second")
    directory.approve(person.id, by=local)
    with pytest.raises(ConflictError, match="approved already"):
        directory.approve(person.id, by=local)
    assert records.people.person(person.id).approved_by == local.person
    assert kinds(audit) == ["person-invited", "invitation-accepted", "person-approved"]
    assert invitation.text not in repr(invitation)


def test_an_invitation_runs_out(
    directory: Directory, local: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antigone.access.directory.INVITATION_LASTS", timedelta(0))
    invitation = directory.invite([Role.EXAMINER], by=local)
    with pytest.raises(NotFoundError):
        accept(directory, invitation.text, "iryna")


@pytest.mark.parametrize(
    ("name", "password", "message"),
    [
        ("iryna", "short", "12 to"),
        ("iryna", "aaaaaaaaaaaaaaaa", "easy to guess"),
        ("iryna", "my name is iryna, yes", "easy to guess"),
        ("i", PASSWORD, "sign-in name"),
        ("../iryna", PASSWORD, "sign-in name"),
    ],
)
def test_what_is_refused_leaves_the_invitation_open(
    directory: Directory, local: Principal, name: str, password: str, message: str
) -> None:
    invitation = directory.invite([Role.EXAMINER], by=local)
    with pytest.raises(UsageError, match=message):
        directory.accept(invitation.text, name=name, shown_as="Iryna", password=password)
    assert accept(directory, invitation.text, "iryna").name == "iryna"


def test_a_taken_name_leaves_the_invitation_open(directory: Directory, local: Principal) -> None:
    accept(directory, directory.invite([Role.EXAMINER], by=local).text, "iryna")
    second = directory.invite([Role.REVIEWER], by=local)
    with pytest.raises(ConflictError, match="account with this name"):
        accept(directory, second.text, "IRYNA")
    assert accept(directory, second.text, "maria").roles == '["reviewer"]'


def test_nobody_approves_restores_or_promotes_themselves(directory: Directory, local: Principal) -> None:
    with pytest.raises(ForbiddenError):
        directory.approve(local.person, by=local)
    with pytest.raises(ForbiddenError):
        directory.restore(local.person, by=local)
    with pytest.raises(ForbiddenError):
        directory.give_roles(local.person, [Role.EXAMINER], by=local)


def test_an_examiner_manages_nobody(directory: Directory, local: Principal, records: Records) -> None:
    person = accept(directory, directory.invite([Role.EXAMINER], by=local).text, "iryna")
    examiner = directory_principal(records, person.id)
    for act in (
        lambda: directory.people(by=examiner),
        lambda: directory.invite([Role.SUPERVISOR], by=examiner),
        lambda: directory.approve(person.id, by=examiner),
        lambda: directory.cut_off(local.person, by=examiner),
        lambda: directory.add_organisation("Another", by=examiner),
    ):
        with pytest.raises(ForbiddenError) as caught:
            act()
        assert caught.value.details["permission"]


def test_a_supervisor_sees_no_other_organisation(
    directory: Directory, local: Principal, records: Records
) -> None:
    other = directory.add_organisation("Coroner", by=local)
    secret = directory.invite([Role.SUPERVISOR], by=local, organisation=other.id)
    person = accept(directory, secret.text, "maria")
    supervisor = directory_principal(records, person.id)
    assert [seen.id for seen in directory.people(by=supervisor)] == [person.id]
    assert [seen.id for seen in directory.organisations(by=supervisor)] == [other.id]
    with pytest.raises(NotFoundError, match="no such person"):
        directory.cut_off(local.person, by=supervisor)
    with pytest.raises(ForbiddenError):
        directory.invite([Role.EXAMINER], by=supervisor, organisation=local.organisation)


def test_collections_are_seen_by_their_owner_and_those_they_are_shared_to(
    directory: Directory, local: Principal, records: Records
) -> None:
    collection = add_collection(records)
    records.people.give_collection(collection.id, local.organisation)
    other = directory.add_organisation("Coroner", by=local)
    people = records.people
    assert people.visible_collections(other.id) == frozenset()
    for _ in range(2):
        people.share(collection.id, other.id, by=local.person, at=datetime.now(UTC))
    assert people.visible_collections(other.id) == {collection.id} == people.visible_collections(1)
    assert people.shared_with(collection.id) == {other.id}
    people.unshare(collection.id, other.id)
    assert people.visible_collections(other.id) == frozenset()


def directory_principal(records: Records, person: int) -> Principal:
    return directory.principal_of(records.people.person(person))
