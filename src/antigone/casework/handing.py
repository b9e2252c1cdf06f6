"""Documents of a case that leave the workspace: the report, and the particulars of a dead person.

Each is made whole, hashed, noted in the audit log and in the case, and only then given out. The software
writes files; people hand them on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from importlib import metadata
from typing import Protocol

from PIL import Image

from antigone.access import Permission, Principal
from antigone.access.visible import Visible
from antigone.audit import AuditEntry, AuditLog
from antigone.audit.case_proofs import CaseProofs, case_proofs, entries_of_case
from antigone.audit.events import Exported
from antigone.audit.verifier import join_proofs
from antigone.casework.cases import Purpose
from antigone.casework.decisions import settled
from antigone.casework.file import CaseFile, SearchFile
from antigone.casework.measured import KeptEvaluation, Measurements, notices
from antigone.casework.onward import OnwardBook
from antigone.casework.particulars import Particulars, check_deceased
from antigone.casework.pictures import CandidatePictures, ProbePictures, is_veiled, note_unblurred
from antigone.casework.probes import faces_of_search
from antigone.casework.report import ReportInput, case_report, particulars_card, particulars_document
from antigone.casework.report.content import MOST_PICTURES
from antigone.casework.report.particulars import ParticularsInput
from antigone.errors import NotFoundError, PhotoError, UsageError
from antigone.evaluate.calibration import Calibration, calibration_of
from antigone.evaluate.report import json_bytes
from antigone.evaluate.scorecard import FacePair, Scorecard
from antigone.identify.sheet.blur import blurred
from antigone.identify.sheet.pictures import Picture
from antigone.records import Records
from antigone.records.cases import CaseRecord

SIDE = 320  # pixels of a picture in a document
GROUND = (236, 236, 234)  # around a photo that is no square
_CLOCKS_DIFFER = timedelta(days=1)  # no entry of a case is lost to a clock that was set back


class Form(StrEnum):
    """What a document is written as."""

    PDF = "pdf"
    HTML = "html"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """How HTTP names it."""
        return {"pdf": "application/pdf", "html": "text/html; charset=utf-8", "json": "application/json"}[
            self
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A document that leaves."""

    name: str  # for a file, without a folder
    form: Form
    content: bytes
    sha256: str
    audit: int  # number of its entry
    unblurred: bool

    def document(self) -> dict[str, object]:
        """Return what is to be said of it as JSON values."""
        return {
            "name": self.name,
            "form": self.form.value,
            "bytes": len(self.content),
            "sha256": self.sha256,
            "audit": self.audit,
            "unblurred": self.unblurred,
        }


class Desks(Protocol):
    """Those who know what stands in a document."""

    @property
    def particulars(self) -> Particulars:
        """What is recorded of the dead."""

    @property
    def onward(self) -> OnwardBook:
        """To whom that was given."""

    @property
    def measurements(self) -> Measurements:
        """What was measured of the models."""

    @property
    def pictures(self) -> CandidatePictures:
        """Pictures of candidates."""

    @property
    def probe_pictures(self) -> ProbePictures:
        """Pictures of probes."""

    @property
    def visible(self) -> Visible:
        """Collections as one person sees them."""

    def file(self, case: CaseRecord, *, by: Principal) -> CaseFile:
        """Return a case with all that it holds and this person may see."""


class CaseDocuments:
    """Makes the documents of one workspace's cases."""

    def __init__(self, desks: Desks, records: Records, audit: AuditLog) -> None:
        self._desks = desks
        self._records = records
        self._audit = audit

    def report(self, case: CaseRecord, form: Form, *, by: Principal, unblurred: bool = False) -> Handed:
        """Make the report of a case. Raises `UsageError`, `NotFoundError`, `ForbiddenError`."""
        by.require(Permission.EXPORT)
        if form is Form.JSON:
            raise UsageError(
                "a report is a PDF or an HTML file", hint="antigone case show --json has the data"
            )
        file = self._desks.file(case, by=by)
        veiled = is_veiled(case, unblurred=unblurred)
        faces, photos = self._faces(file, by=by, veiled=veiled)
        about_dead = case.purpose == Purpose.UNIDENTIFIED_DECEASED
        proofs, kept_back = self._proofs(file)
        card = case_report(
            ReportInput(
                file=file,
                names=self._names(by),
                collections={info.name: info for info in self._desks.visible.collections(by=by)},
                evaluations=self._records_of_models(file, by=by),
                calibrations=self._calibrations(file),
                faces=faces,
                veiled=veiled and bool(faces),
                particulars=self._desks.particulars.standing(case, by=by) if about_dead else (),
                onward=self._desks.onward.state(case, by=by) if about_dead else None,
                statements=self._records.cases.conclusions(case.id),
                proofs=proofs,
                kept_back=kept_back,
                made_at=datetime.now(UTC),
                made_by=by.shown_as,
                version=metadata.version("antigone"),
            )
        )
        if not veiled:
            note_unblurred(case, "report", photos, audit=self._audit, by=by)
        items = sum(len(shown.candidates) for shown in file.searches)
        return self._hand(
            case, "report", form, _rendered(card, form), items=items, by=by, unblurred=not veiled
        )

    def particulars(self, case: CaseRecord, form: Form, *, by: Principal, unblurred: bool = False) -> Handed:
        """Make the particulars of a dead person for an authority. Raises as `report`."""
        by.require(Permission.EXPORT)
        check_deceased(case, by)
        standing = self._desks.particulars.standing(case, by=by)
        items = sum(one.latest is not None for one in standing)
        if not items:
            raise NotFoundError(
                f"nothing is recorded of the person in case {case.number}",
                hint="antigone case particulars record FIELD=VALUE",
            )
        probes = self._records.cases.probes(case.id)
        veiled = is_veiled(case, unblurred=unblurred)
        shown = probes[:MOST_PICTURES] if form is not Form.JSON else ()
        models = dict.fromkeys(search.model for search in self._records.cases.searches(case.id))
        organisations = {one.id: one.name for one in self._records.people.organisations()}
        given = ParticularsInput(
            case=case,
            organisation=organisations[case.organisation_id],
            standing=standing,
            probes=probes,
            names=self._names(by),
            notices=list(
                dict.fromkeys(one for model in models for one in notices(case, model, self._records.cases))
            ),
            faces=[self._probe(case, probe.sha256, by=by, veiled=veiled) for probe in shown],
            veiled=veiled,
            made_at=datetime.now(UTC),
            made_by=by.shown_as,
            version=metadata.version("antigone"),
        )
        if form is Form.JSON:
            content = json_bytes(particulars_document(given))
        else:
            content = _rendered(particulars_card(given), form)
            if not veiled:
                photos = [probe.sha256 for probe in shown]
                note_unblurred(case, "particulars", photos, audit=self._audit, by=by)
        unveiled = not veiled and form is not Form.JSON
        return self._hand(case, "particulars", form, content, items=items, by=by, unblurred=unveiled)

    def proofs(self, case: CaseRecord, *, by: Principal) -> bytes:
        """Return the proofs of a case's entries in the log, those of its exports included.

        What the reader may not see yet is left out. Raises `NotFoundError`, `ForbiddenError`, `AuditError`.
        """
        by.require(Permission.EXPORT)
        proofs, _ = self._proofs(self._desks.file(case, by=by))
        content = join_proofs([proof for _, proof in proofs.entries])
        told = Exported(
            what="case-proofs",
            of=case.number,
            items=len(proofs.entries),
            sha256=hashlib.sha256(content).hexdigest(),
            by=by.person,
        )
        self._audit.append(told.event())
        return content

    def _hand(
        self,
        case: CaseRecord,
        what: str,
        form: Form,
        content: bytes,
        *,
        items: int,
        by: Principal,
        unblurred: bool,
    ) -> Handed:
        digest = hashlib.sha256(content).hexdigest()
        event = Exported(what=what, of=case.number, items=items, sha256=digest, by=by.person)
        number = self._audit.append(event.event())
        self._records.deceased.add_export(
            case_id=case.id,
            what=what,
            form=form.value,
            sha256=digest,
            unblurred=unblurred,
            person_id=by.person,
            at=datetime.now(UTC),
            audit=number,
        )
        name = f"{case.number}-{what}.{form.value}"
        return Handed(name=name, form=form, content=content, sha256=digest, audit=number, unblurred=unblurred)

    def _proofs(self, file: CaseFile) -> tuple[CaseProofs, tuple[AuditEntry, ...]]:
        searches = {shown.search.audit for shown in file.searches}
        entries = entries_of_case(
            self._audit,
            file.case.number,
            since=file.case.opened_at - _CLOCKS_DIFFER,
            searches=searches,
        )
        secret = _secret(file)
        kept_back = tuple(entry for entry in entries if secret(entry))
        return case_proofs(self._audit, [entry for entry in entries if not secret(entry)]), kept_back

    def _names(self, by: Principal) -> Mapping[int, str]:
        return {person.id: person.shown_as for person in self._records.people.people(by.organisation)}

    def _records_of_models(self, file: CaseFile, *, by: Principal) -> Sequence[KeptEvaluation]:
        models = {shown.search.model for shown in file.searches}
        return [one for one in self._desks.measurements.all(by=by) if one.record.model in models]

    def _calibrations(self, file: CaseFile) -> Mapping[str, Calibration]:
        kept = (self._records.calibrations.newest(shown.search.model) for shown in file.searches)
        return {
            record.model: calibration_of(record) for record in kept if record is not None and record.sound
        }

    def _faces(
        self, file: CaseFile, *, by: Principal, veiled: bool
    ) -> tuple[Mapping[int, FacePair], Sequence[str]]:
        """Return pictures of the candidates that were decided about, and which photos they show."""
        found: dict[int, FacePair] = {}
        photos: list[str] = []
        for shown in file.searches:
            probes = json.loads(shown.search.probes)
            for one, decisions in shown.candidates:
                if not decisions or one.seeded or len(found) == MOST_PICTURES:
                    continue
                beside = _picture(partial(self._probe_face, file.case, shown, by=by), veiled=veiled)
                face = _picture(partial(self._desks.pictures.picture, one, by=by), veiled=veiled)
                outcome = settled(tuple(decisions))
                word = "not decided" if outcome is None else outcome.value.replace("-", " ")
                found[one.id] = FacePair(
                    heading=f"Candidate {one.id}, score {one.score:.3f}: {word}",
                    names=(f"probe {probes[0][:16]}", f"{one.collection}, {one.photo[:16]}"),
                    faces=(beside, face),
                )
                photos += [probes[0], one.photo]
        return found, photos

    def _probe_face(self, case: CaseRecord, shown: SearchFile, *, by: Principal) -> Picture:
        """Return the face that a search compared; of a search of old, its first photo."""
        faces = faces_of_search(shown.search)
        if not faces:
            return self._desks.probe_pictures.picture(case, json.loads(shown.search.probes)[0], by=by)
        first = faces[0]
        return self._desks.probe_pictures.face(case, first.photo, first.steps, first.box, by=by)

    def _probe(self, case: CaseRecord, sha256: str, *, by: Principal, veiled: bool) -> FacePair:
        face = _picture(partial(self._desks.probe_pictures.picture, case, sha256, by=by), veiled=veiled)
        return FacePair(heading="", names=(f"probe {sha256[:16]}", ""), faces=(face, None))


def _secret(file: CaseFile) -> Callable[[AuditEntry], bool]:
    """Return what tells whether an entry gives away a decision or a rank that the reader may not see yet."""
    seen: dict[int, set[str]] = {}
    hiding: set[int] = set()
    for shown in file.searches:
        for one, decisions in shown.candidates:
            seen[one.id] = {decision.stage for decision in decisions}
        if any(shown.hides(one.id) for one, _ in shown.candidates):
            hiding.add(shown.search.audit)

    def secret(entry: AuditEntry) -> bool:
        if entry.kind == "decision":
            return entry.body.get("stage") not in seen.get(_number(entry.body.get("candidate")), set())
        return entry.seq in hiding or entry.body.get("search") in hiding

    return secret


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _picture(make: Callable[[], Picture], *, veiled: bool) -> Image.Image | None:
    try:
        picture = make()
    except (NotFoundError, PhotoError):  # erased, withdrawn or unreadable: the document says that
        return None
    face = (blurred(picture) if veiled else picture).face
    if face is None:
        return None
    face.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    square = Image.new("RGB", (SIDE, SIDE), GROUND)
    square.paste(face, ((SIDE - face.width) // 2, (SIDE - face.height) // 2))
    return square


def _rendered(card: Scorecard, form: Form) -> bytes:
    from antigone.evaluate.scorecard import html, pdf

    return pdf.render(card) if form is Form.PDF else html.render(card).encode("utf-8", "backslashreplace")
