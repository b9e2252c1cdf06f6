"""The tables of cases. Triggers of the database keep decisions and conclusions as they were made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from antigone.records.columns import ROW_ID, AnyText, Sha256
from antigone.records.tables import NEVER_REUSED, Base


def _to(target: str, *, index: bool = False) -> Mapped[int]:
    return mapped_column(ROW_ID, ForeignKey(f"{target}.id"), index=index)


def _maybe_to(target: str) -> Mapped[int | None]:
    return mapped_column(ROW_ID, ForeignKey(f"{target}.id"))


class CaseRow(Base):
    """One question about one unknown person, with its purpose and legal basis."""

    __tablename__ = "cases"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    organisation_id: Mapped[int] = _to("organisations", index=True)
    title: Mapped[str]
    purpose: Mapped[str]  # casework.Purpose
    explanation: Mapped[str]  # of the purpose, in words
    basis: Mapped[str]
    opened_by: Mapped[int] = _to("people")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    exercise: Mapped[bool] = mapped_column(server_default=false())  # nobody is searched for in earnest


class AuthorisationRow(Base):
    """That an authority allowed the searches of a case."""

    __tablename__ = "authorisations"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases", index=True)
    authority: Mapped[str]
    reference: Mapped[str]
    expires_at: Mapped[datetime | None]
    recorded_by: Mapped[int] = _to("people")
    recorded_at: Mapped[datetime]


class ProbeRow(Base):
    """An original photo of the unknown person, as it was handed in."""

    __tablename__ = "probes"
    __table_args__ = (UniqueConstraint("case_id", "sha256"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases")
    sha256: Mapped[str] = mapped_column(Sha256)
    byte_size: Mapped[int] = mapped_column(ROW_ID)
    source: Mapped[str] = mapped_column(AnyText)
    added_by: Mapped[int] = _to("people")
    added_at: Mapped[datetime]


class CaseSearchRow(Base):
    """One search of a case: what was searched, with which model, by whom."""

    __tablename__ = "case_searches"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases", index=True)
    person_id: Mapped[int] = _to("people", index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str]  # "search", "compare", "dossier", "standing", "check"
    model: Mapped[str]
    exact: Mapped[bool]
    collections: Mapped[str]  # JSON list: number, references and highest reference number of each
    probes: Mapped[str]  # JSON list of sha256
    audit: Mapped[int] = mapped_column(ROW_ID)  # number of its audit entry
    hidden: Mapped[bool]  # shown shuffled and without scores until decided
    # JSON list, one a probe photo: the chosen face and the steps by which the photo was adjusted.
    faces: Mapped[str] = mapped_column(AnyText, server_default="[]")
    # JSON: how many references were searched and looked at, filters, how the list was put together.
    extent: Mapped[str] = mapped_column(AnyText, server_default="{}")


class CandidateRow(Base):
    """One candidate of a search, as it was returned."""

    __tablename__ = "candidates"
    __table_args__ = (UniqueConstraint("search_id", "rank"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    search_id: Mapped[int] = _to("case_searches")
    rank: Mapped[int]  # 1 is the most alike
    shown_as: Mapped[int]  # place in the list that the examiner sees
    score: Mapped[float]
    # No foreign key: a photo may be erased, that it was a candidate stays on record.
    reference: Mapped[int] = mapped_column(ROW_ID)
    collection: Mapped[str]
    photo: Mapped[str] = mapped_column(Sha256)
    face: Mapped[int]
    seeded: Mapped[bool]  # a known non-mate that was put in to measure errors
    # JSON: strength, and references of copies and of further photos of the likely person, with their scores.
    returned: Mapped[str] = mapped_column(AnyText, server_default="{}")


class DecisionRow(Base):
    """What one examiner holds of one candidate. Never changed."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("candidate_id", "stage"),
        UniqueConstraint("candidate_id", "person_id"),
        CheckConstraint("stage IN ('first', 'second', 'resolution')", name="stage"),
        CheckConstraint("verdict IN ('potential-match', 'no-match', 'inconclusive')", name="verdict"),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    candidate_id: Mapped[int] = _to("candidates")
    person_id: Mapped[int] = _to("people")
    stage: Mapped[str]
    verdict: Mapped[str]
    features: Mapped[str] = mapped_column(AnyText)  # JSON: name of a feature -> what was observed
    note: Mapped[str] = mapped_column(AnyText)
    decided_at: Mapped[datetime]


class ConclusionRow(Base):
    """One person's statement of what a case comes to. Never changed.

    It is in force once another person's row confirms it. "Identified" can only be written with a primary
    identifier or an authority's decision: checks and triggers of the database see to it.
    """

    __tablename__ = "conclusions"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('identified', 'investigative-lead', 'not-found', 'excluded')",
            name="kind",
        ),
        CheckConstraint(
            "kind <> 'identified' OR confirms IS NOT NULL"
            " OR (identifier IS NOT NULL AND coalesce(identifier_reference, '') <> '')"
            " OR (coalesce(authority, '') <> '' AND coalesce(authority_reference, '') <> '')",
            name="evidence",
        ),
        CheckConstraint(
            "identifier IS NULL OR identifier IN ('friction-ridge', 'teeth', 'dna', 'serial-implant')",
            name="identifier",
        ),
        UniqueConstraint("confirms"),
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases", index=True)
    person_id: Mapped[int] = _to("people")
    kind: Mapped[str]
    candidate_id: Mapped[int | None] = _maybe_to("candidates")
    identifier: Mapped[str | None]
    identifier_reference: Mapped[str | None]
    authority: Mapped[str | None]
    authority_reference: Mapped[str | None]
    confirms: Mapped[int | None] = _maybe_to("conclusions")
    note: Mapped[str] = mapped_column(AnyText)
    stated_at: Mapped[datetime]


class NoteRow(Base):
    """A note or an exhibit of a case."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    case_id: Mapped[int] = _to("cases", index=True)
    person_id: Mapped[int] = _to("people")
    kind: Mapped[str]  # "note", "exhibit"
    text: Mapped[str] = mapped_column(AnyText)
    sha256: Mapped[str | None] = mapped_column(Sha256)  # of an exhibit's file
    file_name: Mapped[str | None] = mapped_column(AnyText)  # as whoever added it called it
    byte_size: Mapped[int | None] = mapped_column(ROW_ID)
    noted_at: Mapped[datetime]
