"""The tables of the records. Only this package sees them; what leaves it are the values of `results`."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from antigone.records.columns import ROW_ID, AnyText, Sha256, Unsigned64, UtcDateTime


class Base(DeclarativeBase):
    """The registry of all tables. Constraint names are fixed, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )
    type_annotation_map: ClassVar = {str: Text, datetime: UtcDateTime, bytes: LargeBinary}


# Numbers that are known outside the database (in index files, in the audit log, in paths) are never given
# twice. SQLite needs to be told; PostgreSQL's sequences work that way by themselves.
NEVER_REUSED = {"sqlite_autoincrement": True}


def _first_import() -> ForeignKey:
    # Checked at the end of the transaction: a collection goes with its imports and photos in any order, but
    # an import cannot go while the photos that it brought stay.
    return ForeignKey("imports.id", deferrable=True, initially="DEFERRED")


class CollectionRow(Base):
    """A collection: the unit of access, legal basis, retention, erasure and index."""

    __tablename__ = "collections"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    owner: Mapped[str]
    source: Mapped[str]
    purpose: Mapped[str]
    basis: Mapped[str]
    jurisdiction: Mapped[str]
    retain_until: Mapped[date]
    created_at: Mapped[datetime]
    # Whose it is; None in a workspace that knows no organisations yet.
    organisation_id: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("organisations.id"), index=True)


class ImportRow(Base):
    """One import and, while it runs, its journal."""

    __tablename__ = "imports"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    collection_id: Mapped[int] = mapped_column(
        ROW_ID, ForeignKey("collections.id", ondelete="CASCADE"), index=True
    )
    model: Mapped[str]
    request: Mapped[str]  # digest of what was asked for; the same request finds its unfinished import
    collector: Mapped[str]  # who ran it
    tool_version: Mapped[str]
    started_at: Mapped[datetime]
    journal_at: Mapped[datetime]  # when the last batch was written
    finished_at: Mapped[datetime | None]


class PhotoRow(Base):
    """The bytes of one photo, once per collection however often they were seen."""

    __tablename__ = "photos"
    __table_args__ = (UniqueConstraint("collection_id", "sha256"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    collection_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("collections.id", ondelete="CASCADE"))
    import_id: Mapped[int] = mapped_column(ROW_ID, _first_import(), index=True)
    sha256: Mapped[str] = mapped_column(Sha256)
    perceptual_hash: Mapped[int] = mapped_column(Unsigned64)
    byte_size: Mapped[int] = mapped_column(ROW_ID)
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str]
    # What the camera wrote: wall-clock time, and the minutes east of UTC where it said so.
    captured_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=False))
    captured_offset: Mapped[int | None]
    evidence: Mapped[str | None] = mapped_column(
        AnyText
    )  # JSON: what its metadata says, see types.PhotoFacts


class AnalysisRow(Base):
    """That a photo went through a model, and how many faces that gave; such a photo is "known"."""

    __tablename__ = "analyses"

    photo_id: Mapped[int] = mapped_column(
        ROW_ID, ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model: Mapped[str] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ROW_ID, _first_import(), index=True)
    faces: Mapped[int]


class SourceRow(Base):
    """One place where a photo was seen in one import.

    Two photos share a place where a file was replaced between two runs of an import.
    """

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("import_id", "location", "photo_id"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    import_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("imports.id", ondelete="CASCADE"))
    photo_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    location: Mapped[str] = mapped_column(AnyText)
    outcome: Mapped[str]  # see results.Outcome
    received_at: Mapped[datetime]
    material_id: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("materials.id"), index=True)
    # Where its bytes lie, see provenance.Place; ``stored_at`` is None where that is ``location``.
    holding: Mapped[str]
    stored_at: Mapped[str | None] = mapped_column(AnyText)
    member: Mapped[str | None] = mapped_column(AnyText)
    position: Mapped[int | None] = mapped_column(ROW_ID)
    # What the source says of it, see provenance.Provenance.
    source_url: Mapped[str | None] = mapped_column(AnyText)
    captured_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=False))
    captured_offset: Mapped[int | None]
    collected_at: Mapped[datetime | None]
    licence: Mapped[str | None] = mapped_column(AnyText)
    subject_id: Mapped[str | None] = mapped_column(AnyText)
    attributes: Mapped[str | None] = mapped_column(AnyText)  # JSON object of texts


class AppearanceRow(Base):
    """One page on which a photo stands, according to one of its sources."""

    __tablename__ = "appearances"

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    source_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    page_url: Mapped[str] = mapped_column(AnyText)
    page_title: Mapped[str | None] = mapped_column(AnyText)
    how: Mapped[str | None]
    caption: Mapped[str | None] = mapped_column(AnyText)
    text: Mapped[str | None] = mapped_column(AnyText)
    author: Mapped[str | None] = mapped_column(AnyText)
    author_url: Mapped[str | None] = mapped_column(AnyText)
    language: Mapped[str | None] = mapped_column(AnyText)


class MaterialRow(Base):
    """A file that holds photos, as one import received it."""

    __tablename__ = "materials"
    __table_args__ = (UniqueConstraint("import_id", "location", "sha256"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    import_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("imports.id", ondelete="CASCADE"))
    location: Mapped[str] = mapped_column(AnyText)
    kind: Mapped[str]
    sha256: Mapped[str] = mapped_column(Sha256)
    byte_size: Mapped[int] = mapped_column(ROW_ID)
    received_at: Mapped[datetime]
    checks: Mapped[str] = mapped_column(AnyText)  # JSON list of provenance.Check


class TrackRow(Base):
    """One person followed through a stretch of a video; it gives one reference, shown by its best shot."""

    __tablename__ = "tracks"
    __table_args__ = (UniqueConstraint("material_id", "model", "number"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    material_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("materials.id", ondelete="CASCADE"))
    model: Mapped[str]
    number: Mapped[int]  # in the order of appearance, from 1
    begins: Mapped[int] = mapped_column(ROW_ID)  # microseconds
    ends: Mapped[int] = mapped_column(ROW_ID)
    frames: Mapped[int]  # in how many examined frames the face was found


class SegmentRow(Base):
    """A stretch of a video that is dealt with: what lies in it was written with it, in one transaction."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("material_id", "model", "begins"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    material_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("materials.id", ondelete="CASCADE"))
    model: Mapped[str]
    begins: Mapped[int] = mapped_column(ROW_ID)  # microseconds, of its first examined frame
    ends: Mapped[int] = mapped_column(ROW_ID)  # of its last one
    scene: Mapped[int] = mapped_column(ROW_ID)  # when the scene began that goes on at its end
    damaged: Mapped[bool]  # something up to its end could not be decoded
    last: Mapped[bool]  # nothing of the video is left after it


class FailureRow(Base):
    """One visited location that gave no template."""

    __tablename__ = "failures"
    __table_args__ = (UniqueConstraint("import_id", "location"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    import_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("imports.id", ondelete="CASCADE"))
    location: Mapped[str] = mapped_column(AnyText)
    photo_id: Mapped[int | None] = mapped_column(
        ROW_ID, ForeignKey("photos.id", ondelete="CASCADE"), index=True
    )
    sha256: Mapped[str | None] = mapped_column(Sha256)  # None where no bytes could be read
    code: Mapped[str]  # see types.FailureCode
    message: Mapped[str] = mapped_column(AnyText)


class FaceRow(Base):
    """One face that a model's detector found in a photo."""

    __tablename__ = "faces"
    __table_args__ = (UniqueConstraint("photo_id", "model", "number"),)

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    photo_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("photos.id", ondelete="CASCADE"))
    model: Mapped[str]
    track_id: Mapped[int | None] = mapped_column(ROW_ID, ForeignKey("tracks.id"), index=True)
    number: Mapped[int]  # 1 is the largest face of the photo
    x: Mapped[float]
    y: Mapped[float]
    w: Mapped[float]
    h: Mapped[float]
    landmarks: Mapped[bytes]  # (5, 2) float32, little-endian
    detection_score: Mapped[float]
    roll: Mapped[float]
    quality: Mapped[float]
    quality_size: Mapped[float]
    quality_sharpness: Mapped[float]
    quality_light: Mapped[float]
    quality_pose: Mapped[float]
    quality_occlusion: Mapped[float]
    quality_evidence: Mapped[float]
    context_hash: Mapped[bytes | None]  # of the face with its surroundings, to find near-duplicates


class TemplateRow(Base):
    """A reference: the template of one face by one model. Its id is the reference id everywhere."""

    __tablename__ = "templates"
    __table_args__ = (
        UniqueConstraint("face_id", "model"),
        Index("ix_templates_collection_id", "collection_id", "model", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    face_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("faces.id", ondelete="CASCADE"))
    collection_id: Mapped[int] = mapped_column(ROW_ID, ForeignKey("collections.id", ondelete="CASCADE"))
    model: Mapped[str]
    vector: Mapped[bytes]  # (D,) float16, little-endian; of a track: fused from its best shots


class ReferenceTotalRow(Base):
    """How many references of one model a collection holds; triggers of the database keep it.

    Every search asks for this number, and counting a million rows takes longer than searching them.
    """

    __tablename__ = "reference_totals"

    collection_id: Mapped[int] = mapped_column(
        ROW_ID, ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(ROW_ID)


class AuditRow(Base):
    """One entry of the audit log; triggers refuse to change or delete it."""

    __tablename__ = "audit_entries"
    __table_args__ = (NEVER_REUSED,)

    seq: Mapped[int] = mapped_column(ROW_ID, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    body: Mapped[str]  # canonical JSON
