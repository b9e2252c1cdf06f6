"""The tables of organisations, people and the ways in which they prove who they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID
from antigone.records.tables import NEVER_REUSED, Base


def _person(*, index: bool = False) -> Mapped[int]:
    return mapped_column(ROW_ID, ForeignKey("people.id"), index=index)


class OrganisationRow(Base):
    """An agency. Its people see its own collections and those shared to it, nothing else."""

    __tablename__ = "organisations"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    exercise: Mapped[bool] = mapped_column(server_default=false())  # people learn there


class PersonRow(Base):
    """Someone with an account. Nobody is deleted: decisions and the log refer to them."""

    __tablename__ = "people"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(unique=True)  # what they sign in with, lower case
    shown_as: Mapped[str]
    roles: Mapped[str]  # JSON list of access.Role, sorted
    password: Mapped[str | None]  # Argon2id in PHC form; None: cannot sign in with a password
    totp: Mapped[bytes | None]  # secret, encrypted with the workspace's key
    totp_step: Mapped[int] = mapped_column(ROW_ID, server_default="0")  # of the last code used: once only
    subject: Mapped[str | None] = mapped_column(unique=True)  # issuer and subject in the agency's directory
    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("people.id"))
    disabled_at: Mapped[datetime | None]


class PasskeyRow(Base):
    """A WebAuthn credential; also a device that can be cut off by itself."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    person_id: Mapped[int] = _person(index=True)
    credential: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(ROW_ID)
    label: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class SessionRow(Base):
    """A signed-in browser or phone. Only a digest of its secret is kept."""

    __tablename__ = "sessions"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    person_id: Mapped[int] = _person(index=True)
    passkey_id: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("passkeys.id"))
    digest: Mapped[bytes] = mapped_column(unique=True)
    complete: Mapped[bool]  # False until the second factor is shown
    challenge: Mapped[bytes | None]  # that a passkey must sign
    device: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class TokenRow(Base):
    """An API token: a person's permissions, narrowed to its scopes. Only a digest is kept."""

    __tablename__ = "tokens"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    person_id: Mapped[int] = _person(index=True)
    label: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[str]  # JSON list of access.Permission, sorted
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class InvitationRow(Base):
    """A link with which one person can ask for an account, once and for a short time."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("organisations.id"), index=True)
    roles: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    invited_by: Mapped[int] = _person()
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_by: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("people.id"))


class ShareRow(Base):
    """That an organisation may search a collection of another one."""

    __tablename__ = "shares"
    __table_args__ = (UniqueConstraint("collection_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    collection_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("collections.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("organisations.id"), index=True)
    shared_by: Mapped[int] = _person()
    shared_at: Mapped[datetime]


class AttemptRow(Base):
    """A failed attempt to sign in, kept as long as it counts against the limits."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    key: Mapped[bytes] = mapped_column(index=True)  # digest of a name or of an address
    at: Mapped[datetime] = mapped_column(index=True)
