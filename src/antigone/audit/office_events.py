"""What the log can tell of people and cases, one class a kind; see `events` for what an event may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from antigone.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationAdded(Event):
    """An organisation was added."""

    kind = "organisation-added"

    by: int
    organisation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCutOff(Event):
    """An organisation was cut off, with all its people."""

    kind = "organisation-cut-off"

    by: int
    organisation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRestored(Event):
    """That was undone."""

    kind = "organisation-restored"

    by: int
    organisation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInvited(Event):
    """Somebody may ask for an account."""

    kind = "person-invited"

    by: int
    invitation: int
    organisation: int
    roles: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAccepted(Event):
    """Somebody asked for an account."""

    kind = "invitation-accepted"

    person: int
    organisation: int
    invitation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonApproved(Event):
    """An account was let in."""

    kind = "person-approved"

    by: int
    person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCutOff(Event):
    """A person was cut off, with all sessions, devices and tokens."""

    kind = "person-cut-off"

    by: int
    person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRestored(Event):
    """That was undone; the person signs in anew."""

    kind = "person-restored"

    by: int
    person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRefused(Event):
    """A factor did not hold, or the account is not let in."""

    kind = "sign-in-refused"

    person: int | None  # None: no account of that name


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorEnrolled(Event):
    """A person has a new second factor."""

    kind = "second-factor-enrolled"

    person: int
    factor: str  # "totp" or "passkey"
    passkey: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryBound(Event):
    """A person signs in through their agency's directory from now on."""

    kind = "directory-bound"

    person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut(Event):
    """A person ended a session."""

    kind = "sign-out"

    person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCutOff(Event):
    """One session was ended from elsewhere."""

    kind = "session-cut-off"

    by: int
    person: int
    session: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCutOff(Event):
    """A passkey was cut off, with the sessions that it opened."""

    kind = "device-cut-off"

    by: int
    passkey: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMade(Event):
    """An API token was made."""

    kind = "token-made"

    by: int
    token: int
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWithdrawn(Event):
    """An API token was withdrawn."""

    kind = "token-withdrawn"

    by: int
    person: int
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionShared(Event):
    """Another organisation may search a collection."""

    kind = "collection-shared"

    by: int
    collection: str
    organisation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionUnshared(Event):
    """That was taken back."""

    kind = "collection-unshared"

    by: int
    collection: str
    organisation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Event):
    """A case was opened."""

    kind = "case-opened"

    by: int
    case: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Event):
    """A case was closed."""

    kind = "case-closed"

    by: int
    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(Event):
    """A closed case was opened again."""

    kind = "case-reopened"

    by: int
    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAuthorised(Event):
    """An authority's permission for the searches of a case was recorded."""

    kind = "case-authorised"

    by: int
    case: str
    authorisation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoted(Event):
    """A note was added to a case."""

    kind = "case-noted"

    by: int
    case: str
    note: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumerationAlarm(Event):
    """One person makes more searches within an hour than a case needs."""

    kind = "enumeration-alarm"

    by: int
    case: str
    searches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsMixedIn(Event):
    """Known non-mates were put into a hidden list, to measure how often people err."""

    kind = "seeds-mixed-in"

    by: int
    case: str
    search: int  # number of the search's entry
    references: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnded(Event):
    """A bulk search is done, or was stopped."""

    kind = "job-ended"

    by: int  # who asked for it
    case: str
    job: int
    state: str  # "done" or "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeclared(Event):
    """News about cases go to an address from now on."""

    kind = "webhook-declared"

    by: int
    organisation: int
    webhook: int
    events: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWithdrawn(Event):
    """That was taken back."""

    kind = "webhook-withdrawn"

    by: int
    webhook: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchBegun(Event):
    """A case keeps looking from now on."""

    kind = "watch-begun"

    by: int
    case: str
    watch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEnded(Event):
    """A case keeps looking no more."""

    kind = "watch-ended"

    by: int | None  # None: it ended by itself
    case: str
    watch: int
    because: str  # a short word, such as "stopped" or "case-closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilled(Event):
    """A standing search found a new candidate, which waits in the inbox."""

    kind = "inbox-filled"

    case: str
    watch: int
    item: int
    candidate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSeen(Event):
    """Somebody took an item out of the inbox."""

    kind = "inbox-seen"

    by: int
    case: str
    item: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMarked(Event):
    """A collection is a list of persons sought from now on."""

    kind = "list-marked"

    by: int
    collection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUnmarked(Event):
    """That was taken back."""

    kind = "list-unmarked"

    by: int
    collection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPermitted(Event):
    """A case may hold live photos against a list of persons sought."""

    kind = "list-permitted"

    by: int
    case: str
    collection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWithdrawn(Event):
    """That was taken back."""

    kind = "list-withdrawn"

    by: int
    case: str
    collection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseBegun(Event):
    """Somebody began to learn on made-up cases."""

    kind = "exercise-begun"

    by: int
    exercise: int
    cases: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConclusionProposed(Event):
    """One person stated what a case comes to."""

    kind = "conclusion-proposed"

    by: int
    case: str
    statement: int
    conclusion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConclusionConfirmed(Event):
    """A second person confirmed that, which puts it in force."""

    kind = "conclusion-confirmed"

    by: int
    case: str
    statement: int
    conclusion: str
