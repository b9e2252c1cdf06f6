"""Organisations, people, sessions and tokens as the records keep them. What they may do is not known here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from antigone.errors import ConflictError, NotFoundError
from antigone.records.access_tables import (
    AttemptRow,
    InvitationRow,
    OrganisationRow,
    PasskeyRow,
    PersonRow,
    SessionRow,
    ShareRow,
    TokenRow,
)
from antigone.records.tables import Base, CollectionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRecord:
    """An agency."""

    id: int
    name: str
    created_at: datetime
    disabled_at: datetime | None
    exercise: bool = False  # people learn there; nothing of it is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """Someone with an account."""

    id: int
    organisation_id: int
    name: str
    shown_as: str
    roles: str  # JSON list
    password: str | None = field(repr=False)
    totp: bytes | None = field(repr=False)
    totp_step: int
    subject: str | None
    created_at: datetime
    approved_at: datetime | None
    approved_by: int | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRecord:
    """A WebAuthn credential of a person."""

    id: int
    person_id: int
    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    label: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A signed-in browser or phone."""

    id: int
    person_id: int
    passkey_id: int | None
    complete: bool
    challenge: bytes | None = field(repr=False)
    device: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """An API token."""

    id: int
    person_id: int
    label: str
    scopes: str  # JSON list
    created_at: datetime
    expires_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRecord:
    """An invitation that is still open."""

    id: int
    organisation_id: int
    roles: str
    invited_by: int
    expires_at: datetime


class People:
    """Who may come in, one transaction a method."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self._engine = engine
        self._writer = writer

    # Organisations and people

    def add_organisation(self, name: str, *, at: datetime, exercise: bool = False) -> OrganisationRecord:
        """Add an organisation. Raises `ConflictError` when the name is taken."""
        values = {"name": name, "created_at": at, "exercise": exercise}
        with self._writer.begin() as connection:
            return OrganisationRecord(**_insert(connection, OrganisationRow, **values))

    def organisations(self) -> tuple[OrganisationRecord, ...]:
        """Return every organisation, oldest first."""
        return tuple(OrganisationRecord(**row) for row in self._all(OrganisationRow))

    def add_person(self, **values: object) -> PersonRecord:
        """Add a person with these columns. Raises `ConflictError` when the name is taken."""
        with self._writer.begin() as connection:
            return PersonRecord(**_insert(connection, PersonRow, **values))

    def person(self, id_: int) -> PersonRecord:
        """Return a person. Raises `NotFoundError`."""
        for row in self._all(PersonRow, PersonRow.id == id_):
            return PersonRecord(**row)
        raise NotFoundError("there is no such person")

    def live_person(self, id_: int) -> PersonRecord | None:
        """Return a person who is let in now: approved, and cut off neither alone nor with their agency."""
        query = (
            select(PersonRow.__table__)
            .join(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
            .where(PersonRow.id == id_, *_LIVE)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else PersonRecord(**row)

    def person_named(self, name: str) -> PersonRecord | None:
        """Return the person who signs in with ``name``."""
        return next((PersonRecord(**row) for row in self._all(PersonRow, PersonRow.name == name)), None)

    def person_of_subject(self, subject: str) -> PersonRecord | None:
        """Return the person whom the agency's directory knows as ``subject``."""
        return next((PersonRecord(**row) for row in self._all(PersonRow, PersonRow.subject == subject)), None)

    def people(self, organisation: int) -> tuple[PersonRecord, ...]:
        """Return the people of an organisation, oldest first."""
        return tuple(
            PersonRecord(**row) for row in self._all(PersonRow, PersonRow.organisation_id == organisation)
        )

    def change_person(self, id_: int, **values: object) -> None:
        """Set columns of a person."""
        self._change(PersonRow, PersonRow.id == id_, **values)

    def change_organisation(self, id_: int, **values: object) -> None:
        """Set columns of an organisation."""
        self._change(OrganisationRow, OrganisationRow.id == id_, **values)

    def use_totp_step(self, id_: int, step: int) -> bool:
        """Note that a one-time code was used; False when this or a later one was used before."""
        return bool(self._change(PersonRow, PersonRow.id == id_, PersonRow.totp_step < step, totp_step=step))

    # Invitations

    def invite(self, **values: object) -> int:
        """Keep an invitation and return its number."""
        with self._writer.begin() as connection:
            return int(_insert(connection, InvitationRow, **values)["id"])

    def invitation(self, digest: bytes, *, now: datetime) -> InvitationRecord | None:
        """Return the open invitation with this digest, unless its organisation was cut off."""
        columns = [getattr(InvitationRow, name) for name in InvitationRecord.__dataclass_fields__]
        query = (
            select(*columns)
            .join(OrganisationRow, OrganisationRow.id == InvitationRow.organisation_id)
            .where(InvitationRow.digest == digest, InvitationRow.used_by.is_(None))
            .where(InvitationRow.expires_at > now, OrganisationRow.disabled_at.is_(None))
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else InvitationRecord(**row)

    def accept_invitation(self, id_: int, **person: object) -> PersonRecord:
        """Add the invited person and close the invitation. Raises `ConflictError` when it is used."""
        with self._writer.begin() as connection:
            added = PersonRecord(**_insert(connection, PersonRow, **person))
            closed = (
                update(InvitationRow)
                .where(InvitationRow.id == id_, InvitationRow.used_by.is_(None))
                .values(used_by=added.id)
            )
            if connection.execute(closed).rowcount != 1:
                raise ConflictError("this invitation has been used")
            return added

    # Sessions, tokens, passkeys

    def add_session(self, **values: object) -> int:
        """Keep a session and return its number."""
        with self._writer.begin() as connection:
            return int(_insert(connection, SessionRow, **values)["id"])

    def session(self, digest: bytes, *, now: datetime) -> tuple[SessionRecord, PersonRecord] | None:
        """Return the live session with this digest and whose it is.

        None once the session, its passkey, the person or the organisation is cut off, or it has run out.
        """
        query = (
            select(*_columns(SessionRow, "session"), *_columns(PersonRow, "person"))
            .join(PersonRow, PersonRow.id == SessionRow.person_id)
            .join(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
            .outerjoin(PasskeyRow, PasskeyRow.id == SessionRow.passkey_id)
            .where(SessionRow.digest == digest, SessionRow.disabled_at.is_(None))
            .where(SessionRow.expires_at > now, PasskeyRow.disabled_at.is_(None), *_LIVE)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        session = _part(row, SessionRow, "session")
        del session["digest"]
        return SessionRecord(**session), PersonRecord(**_part(row, PersonRow, "person"))

    def change_session(self, id_: int, **values: object) -> None:
        """Set columns of a session."""
        self._change(SessionRow, SessionRow.id == id_, **values)

    def sessions(self, person: int) -> tuple[SessionRecord, ...]:
        """Return the sessions of a person, oldest first."""
        rows = self._all(SessionRow, SessionRow.person_id == person)
        return tuple(SessionRecord(**{k: v for k, v in row.items() if k != "digest"}) for row in rows)

    def add_token(self, **values: object) -> int:
        """Keep an API token and return its number."""
        with self._writer.begin() as connection:
            return int(_insert(connection, TokenRow, **values)["id"])

    def token(self, digest: bytes, *, now: datetime) -> tuple[TokenRecord, PersonRecord] | None:
        """Return the live API token with this digest and whose it is; None as for `session`."""
        query = (
            select(*_columns(TokenRow, "token"), *_columns(PersonRow, "person"))
            .join(PersonRow, PersonRow.id == TokenRow.person_id)
            .join(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
            .where(TokenRow.digest == digest, TokenRow.disabled_at.is_(None), TokenRow.expires_at > now)
            .where(*_LIVE)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        token = _part(row, TokenRow, "token")
        del token["digest"]
        return TokenRecord(**token), PersonRecord(**_part(row, PersonRow, "person"))

    def tokens(self, person: int) -> tuple[TokenRecord, ...]:
        """Return the API tokens of a person, oldest first."""
        rows = self._all(TokenRow, TokenRow.person_id == person)
        return tuple(TokenRecord(**{k: v for k, v in row.items() if k != "digest"}) for row in rows)

    def change_token(self, id_: int, **values: object) -> None:
        """Set columns of an API token."""
        self._change(TokenRow, TokenRow.id == id_, **values)

    def add_passkey(self, **values: object) -> PasskeyRecord:
        """Keep a passkey. Raises `ConflictError` when it is registered already."""
        with self._writer.begin() as connection:
            return PasskeyRecord(**_insert(connection, PasskeyRow, **values))

    def passkeys(self, person: int) -> tuple[PasskeyRecord, ...]:
        """Return the passkeys of a person, oldest first, those that were cut off too."""
        return tuple(PasskeyRecord(**row) for row in self._all(PasskeyRow, PasskeyRow.person_id == person))

    def change_passkey(self, id_: int, **values: object) -> None:
        """Set columns of a passkey."""
        self._change(PasskeyRow, PasskeyRow.id == id_, **values)

    # Failed attempts

    def failed_attempts(
        self, keys: Collection[bytes], *, since: datetime
    ) -> dict[bytes, tuple[int, datetime]]:
        """Return how many attempts failed since then, and when the oldest of them, by key."""
        query = (
            select(AttemptRow.key, func.count(), func.min(AttemptRow.at))
            .where(AttemptRow.key.in_(keys), AttemptRow.at > since)
            .group_by(AttemptRow.key)
        )
        with self._engine.connect() as connection:
            return {key: (number, oldest) for key, number, oldest in connection.execute(query)}

    def note_attempt(self, keys: Iterable[bytes], *, at: datetime, forget_before: datetime) -> None:
        """Note a failed attempt, and forget those that count no longer."""
        with self._writer.begin() as connection:
            connection.execute(delete(AttemptRow).where(AttemptRow.at < forget_before))
            connection.execute(insert(AttemptRow), [{"key": key, "at": at} for key in keys])

    def forget_attempts(self, key: bytes) -> None:
        """Forget the failed attempts of a key."""
        with self._writer.begin() as connection:
            connection.execute(delete(AttemptRow).where(AttemptRow.key == key))

    # Collections

    def give_collection(self, collection: int, organisation: int) -> None:
        """Say whose a collection is."""
        self._change(CollectionRow, CollectionRow.id == collection, organisation_id=organisation)

    def owner_of(self, collection: int) -> int | None:
        """Return the organisation whose collection it is."""
        with self._engine.connect() as connection:
            owner = func.coalesce(CollectionRow.organisation_id, _FIRST)
            return connection.scalar(select(owner).where(CollectionRow.id == collection))

    def share(self, collection: int, organisation: int, *, by: int, at: datetime) -> None:
        """Let an organisation search a collection; once more changes nothing."""
        with self._writer.begin() as connection:
            there = select(ShareRow.id).where(
                ShareRow.collection_id == collection, ShareRow.organisation_id == organisation
            )
            if connection.execute(there).first() is None:
                values = {"collection_id": collection, "organisation_id": organisation}
                connection.execute(insert(ShareRow).values(**values, shared_by=by, shared_at=at))

    def unshare(self, collection: int, organisation: int) -> None:
        """Take that back."""
        with self._writer.begin() as connection:
            connection.execute(
                delete(ShareRow).where(
                    ShareRow.collection_id == collection, ShareRow.organisation_id == organisation
                )
            )

    def shared_with(self, collection: int) -> frozenset[int]:
        """Return the organisations that a collection is shared to."""
        with self._engine.connect() as connection:
            query = select(ShareRow.organisation_id).where(ShareRow.collection_id == collection)
            return frozenset(connection.scalars(query))

    def visible_collections(self, organisation: int) -> frozenset[int]:
        """Return the numbers of the collections that an organisation may see: its own and shared ones."""
        shared = select(ShareRow.collection_id).where(ShareRow.organisation_id == organisation)
        query = select(CollectionRow.id).where(
            or_(
                func.coalesce(CollectionRow.organisation_id, _FIRST) == organisation,
                CollectionRow.id.in_(shared),
            )
        )
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(query))

    def _all(self, table: type[Base], *where: ColumnElement[bool]) -> list[dict[str, Any]]:
        query = select(table.__table__).where(*where).order_by(table.__table__.c.id)
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _change(self, table: type[Base], *where: ColumnElement[bool], **values: object) -> int:
        with self._writer.begin() as connection:
            return int(connection.execute(update(table).where(*where).values(**values)).rowcount)


# A collection that was made before there were organisations, or on one machine, is that of the first one.
_FIRST = select(func.min(OrganisationRow.id)).scalar_subquery()

_LIVE = (
    PersonRow.disabled_at.is_(None),
    PersonRow.approved_at.is_not(None),
    OrganisationRow.disabled_at.is_(None),
)


def _insert(connection: Connection, table: type[Base], **values: object) -> dict[str, Any]:
    try:
        added = connection.execute(insert(table).values(**values).returning(table.__table__))
    except IntegrityError as error:
        what = {PersonRow: "an account with this name", OrganisationRow: "an organisation with this name"}
        raise ConflictError(f"there is already {what.get(table, 'one of these')}") from error
    return dict(added.mappings().one())


def _columns(table: type[Base], prefix: str) -> list[Any]:
    return [column.label(f"{prefix}_{column.name}") for column in table.__table__.columns]


def _part(row: Row[Any], table: type[Base], prefix: str) -> dict[str, Any]:
    return {column.name: row._mapping[f"{prefix}_{column.name}"] for column in table.__table__.columns}
