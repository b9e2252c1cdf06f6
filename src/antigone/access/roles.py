"""Who may do what: the whole permission table, in one file."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that someone may or may not do. Also the scopes of an API token."""

    SEARCH = "search"  # search, compare, dossier: within a case
    CASE_READ = "case-read"
    CASE_WORK = "case-work"  # open cases, add probes, notes and exhibits
    DECIDE = "decide"  # a first decision about a candidate
    REVIEW = "review"  # a second one, without seeing the first
    RESOLVE = "resolve"  # where two decisions differ
    CONCLUDE = "conclude"
    AUTHORISE = "authorise"  # record an authorisation, unlock a case, say what an evaluation measured
    COLLECTION_READ = "collection-read"
    IMPORT = "import"
    COLLECTION_MANAGE = "collection-manage"  # add, describe and share collections
    EXPORT = "export"
    STATISTICS = "statistics"
    PEOPLE_READ = "people-read"
    PEOPLE_MANAGE = "people-manage"  # invite, give roles, cut off
    PEOPLE_APPROVE = "people-approve"
    AUDIT_READ = "audit-read"
    MODELS_MANAGE = "models-manage"
    ORGANISATIONS_MANAGE = "organisations-manage"
    WEBHOOKS_MANAGE = "webhooks-manage"  # declare where news of one's organisation are sent


class Role(StrEnum):
    """What someone is in their organisation; one person may be several."""

    EXAMINER = "examiner"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


_P = Permission
_CASES = {_P.CASE_READ, _P.COLLECTION_READ}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.EXAMINER: frozenset(_CASES | {_P.SEARCH, _P.CASE_WORK, _P.DECIDE, _P.CONCLUDE, _P.EXPORT}),
    Role.REVIEWER: frozenset(_CASES | {_P.REVIEW, _P.CONCLUDE}),
    Role.SUPERVISOR: frozenset(
        _CASES
        | {_P.CASE_WORK, _P.RESOLVE, _P.CONCLUDE, _P.AUTHORISE, _P.EXPORT, _P.STATISTICS}
        | {_P.PEOPLE_READ, _P.PEOPLE_APPROVE, _P.PEOPLE_MANAGE}
    ),
    # Runs the service; sees no case, so that keeping accounts never becomes a way to search.
    Role.ADMINISTRATOR: frozenset(
        {_P.COLLECTION_READ, _P.COLLECTION_MANAGE, _P.IMPORT, _P.MODELS_MANAGE, _P.STATISTICS}
        | {_P.PEOPLE_READ, _P.PEOPLE_MANAGE, _P.ORGANISATIONS_MANAGE, _P.WEBHOOKS_MANAGE}
    ),
    Role.AUDITOR: frozenset({_P.AUDIT_READ, _P.STATISTICS, _P.PEOPLE_READ, _P.COLLECTION_READ}),
}
"""What each role may do. Nobody may do anything that no role of theirs names."""


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Return everything that someone with these roles may do."""
    return frozenset[Permission]().union(*(GRANTS[role] for role in roles))
