"""A dossier from beginning to end: the first face, all others, what stands beside them, the audit entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from antigone.audit.person_events import DossierMade
from antigone.custody.history import find_photo
from antigone.dossier.company import companions
from antigone.dossier.content import Dossier, First, LeftOut, PersonPhoto, Searched
from antigone.dossier.copies import first_shots
from antigone.dossier.gather import Gathered, Gathering, Ground
from antigone.dossier.places import Ledger, places
from antigone.errors import AmbiguousFaceError, EmptyGalleryError, NotFoundError, ProbeError, UsageError
from antigone.faces.images import ImageLimits
from antigone.identify import FaceChoice, PhotoInput, ProbeInput, read_probe
from antigone.identify.parts import Analyser
from antigone.identify.probe import MOST_LISTED, make_probe
from antigone.identify.search import choose_collections
from antigone.persons import Model, Rule
from antigone.persons.corrections import Corrections
from antigone.persons.parts import AuditSink, IndexSource
from antigone.printable import printable
from antigone.records import Records
from antigone.records.clusters import FaceKey
from antigone.records.photos import FaceRecord, PhotoRecord
from antigone.settings import Settings
from antigone.types import CollectionInfo, Float32Array

MOST_LOGGED = 1_000  # photos that the audit entry names one by one; it has room for some thousands


class Parts(Protocol):
    """Everything a dossier works with. The models are loaded for a photo from outside only."""

    @property
    def analyser(self) -> Analyser:
        """The models."""

    @property
    def model(self) -> Model:
        """The model whose templates are compared."""

    @property
    def records(self) -> Records:
        """The truth."""

    @property
    def catalogue(self) -> IndexSource:
        """The indexes."""

    @property
    def audit(self) -> AuditSink:
        """The log."""

    @property
    def settings(self) -> Settings:
        """Limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRequest:
    """What one dossier asks for."""

    photo: PhotoInput | ProbeInput  # of the person: one on record by its SHA-256, path or URL, or any other
    face: int | None = None  # its number where the photo shows several, 1 is the largest
    collections: Sequence[str] = ()  # that may be looked into; none means every collection
    alike: float | None = None  # see `antigone.persons.Rule.of`
    case: str | None = None  # number of the case that it is made for
    person: int | None = None  # who makes it


def make_dossier(request: DossierRequest, parts: Parts) -> Dossier:
    """Gather all photos of the person on a photo, and whatever stands beside them.

    Nothing outside the collections of the request is looked into. Raises `NotFoundError` for a collection or
    a photo that is not there, `AmbiguousFaceError` where several faces leave it open who is meant,
    `ProbeError` for a photo without a usable face, `EmptyGalleryError`, and `UsageError` for a face that is
    not there or a model without a measured rule.
    """
    collections = choose_collections(request.collections, parts.records)
    model, records = parts.model, parts.records
    indexes = [parts.catalogue.index(collection, model.id, model.dimension) for collection in collections]
    held = sum(index.count() for index in indexes)
    if not held:
        raise EmptyGalleryError(
            f"no reference of model {model.id} in {printable(', '.join(one.name for one in collections))}",
            hint="import photos first: `antigone import PATH --into NAME`",
        )
    rule = Rule.of(model.id, held, request.alike)
    first, template = _first(request, collections, parts)
    made = [one for where in collections for one in records.clusters.corrections(where.id, model.id)]
    ground = Ground(
        records=records,
        model=model.id,
        indexes=[index for index in indexes if index.count()],
        corrections=Corrections(sorted(made, key=lambda one: one.id)),
        rule=rule,
    )
    gathered = Gathering(template, first.references, ground).run()
    searched = Searched(
        collections=tuple(collection.name for collection in collections),
        references=held,
        model=model.id,
        rule=rule,
        exact=gathered.exact,
        cut_off=gathered.cut_off,
    )
    dossier = _put_together(first, gathered, searched, ground, {one.id: one.name for one in collections})
    return _on_record(dossier, request, parts.audit)


def with_photo_read(request: DossierRequest, parts: Parts) -> DossierRequest:
    """Return the request with a photo that no collection holds read into memory; others stay as they are.

    Raises `NotFoundError` and `ProbeError`.
    """
    photo = request.photo
    if isinstance(photo, ProbeInput):
        return request
    if isinstance(photo, (str, Path)):
        collections = choose_collections(request.collections, parts.records)
        try:
            find_photo(str(photo), collections, parts.records, parts.settings)
        except NotFoundError:
            if not Path(photo).is_file():
                raise
        else:
            return request
    (read,) = read_probe([photo], ImageLimits.of(parts.settings))
    return replace(request, photo=read)


def _first(
    request: DossierRequest, collections: Sequence[CollectionInfo], parts: Parts
) -> tuple[First, Float32Array]:
    """Return the face to begin with and its template."""
    request = with_photo_read(request, parts)
    photo = request.photo
    if isinstance(photo, (str, Path)):
        found = find_photo(str(photo), collections, parts.records, parts.settings)
        return _stored(found, request, parts)
    inputs = read_probe([photo], ImageLimits.of(parts.settings))
    choices = () if request.face is None else (FaceChoice(pick=request.face),)
    probe = make_probe(inputs, choices, parts.analyser)
    (shown,) = probe.photos
    first = First(
        photo=shown.sha256,
        face=shown.number,
        box=shown.face.box,
        quality=shown.face.quality.score,
        source=shown.source,
        references=(),
    )
    return first, probe.template


def _stored(
    found: Sequence[PhotoRecord], request: DossierRequest, parts: Parts
) -> tuple[First, Float32Array]:
    """Begin with a face that collections hold; its photo need not be there any more."""
    references = {
        (face.photo_id, face.number): face.reference
        for face in parts.records.gatherings.faces_on([photo.id for photo in found], parts.model.id)
    }
    numbers = sorted({number for _, number in references})
    shown = {
        face.number: face
        for face in parts.records.photos.faces(found[0].id)
        if face.model == parts.model.id and face.number in numbers
    }
    face = _chosen(request, shown, printable(str(request.photo)))
    own = tuple(references[photo.id, face.number] for photo in found if (photo.id, face.number) in references)
    _, templates = parts.records.templates(own[:1])
    first = First(
        photo=found[0].sha256,
        face=face.number,
        box=face.box,
        quality=face.quality.score,
        source=str(request.photo),
        references=own,
    )
    return first, templates[0].astype(np.float32)


def _chosen(request: DossierRequest, shown: Mapping[int, FaceRecord], name: str) -> FaceRecord:
    if not shown:
        raise ProbeError(f"{name} shows no face that the model in use has found")
    if request.face is None and len(shown) == 1:
        return next(iter(shown.values()))
    if request.face is None:
        lines = [
            f"  face {face.number}  box {','.join(f'{side:.0f}' for side in face.box.numbers())}  "
            f"quality {face.quality.score:.0f}"
            for face in list(shown.values())[:MOST_LISTED]
        ]
        raise AmbiguousFaceError(
            "\n".join([f"{name} holds {len(shown)} faces, and none was chosen", *lines]),
            hint="choose with --face N",
            details={"faces": [{"face": one.number, "box": one.box.numbers()} for one in shown.values()]},
        )
    if request.face not in shown:
        count = len(shown)
        raise UsageError(f"face {request.face} was chosen, but {name} holds {count} face{'s' * (count > 1)}")
    return shown[request.face]


def _put_together(
    first: First, gathered: Gathered, searched: Searched, ground: Ground, names: Mapping[int, str]
) -> Dossier:
    records = ground.records
    references = [reference for face in gathered.faces for reference in face.references]
    shown = records.references([*references, *(group.reference for group in gathered.near)])
    table = records.clusters.faces_of(references)
    photo_of = dict(zip(table.references.tolist(), table.photos.tolist(), strict=True))
    ledger = Ledger(records, names)
    ledger.read(photo_of.values())
    copy_of = first_shots(gathered.faces, records)
    photos = tuple(
        PersonPhoto(
            photo=face.key[0],
            collections=tuple(dict.fromkeys(shown[reference].collection for reference in face.references)),
            record=shown[face.references[0]],
            score=face.score,
            to_first=face.to_first,
            confirmed_by=face.confirmed_by,
            copy_of=copy_of.get(face.key[0]),
            sources=ledger.names(face.key[0]),
        )
        for face in gathered.faces
    )
    own: dict[int, set[FaceKey]] = defaultdict(set)
    for face in gathered.faces:
        for reference in face.references:
            own[photo_of[reference]].add(face.key)
    beside, together = companions(own, copy_of, ground, ledger)
    stand = places(photos, ledger)
    return Dossier(
        first=first,
        searched=searched,
        photos=photos,
        pages=stand.pages,
        accounts=stand.accounts,
        labels=stand.labels,
        timeline=stand.timeline,
        companions=beside,
        together=together,
        left_out=tuple(
            LeftOut(
                record=shown[group.reference],
                faces=group.faces,
                score=group.score,
                needed=group.needed,
                why=group.why.value,
            )
            for group in gathered.near
        ),
        sources=ledger.sources,
        case=None,
        made_at=datetime.now(UTC),
        audit=0,
    )


def _on_record(dossier: Dossier, request: DossierRequest, audit: AuditSink) -> Dossier:
    """Write the audit entry; only then may the dossier leave."""
    event = DossierMade(
        case=request.case,
        by=request.person,
        photo=dossier.first.photo,
        face=dossier.first.face,
        collections=dossier.searched.collections,
        references=dossier.searched.references,
        model=dossier.searched.model,
        photos=len(dossier.photos),
        persons=len(dossier.companions),
        listed=[
            (photo.record.reference, round(photo.to_first if photo.score is None else photo.score, 4))
            for photo in dossier.photos[:MOST_LOGGED]
        ],
    )
    return replace(dossier, case=request.case, audit=audit.append(event.event()))
