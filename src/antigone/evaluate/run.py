"""One evaluation from the labelled photos to its result, with an entry in the log before anything is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from antigone import faces
from antigone.audit.events import Evaluated
from antigone.errors import UsageError
from antigone.evaluate.calibrate import Calibrated, calibrate
from antigone.evaluate.calibration import Calibration, body_of, calibration_of
from antigone.evaluate.extraction import Analyser, Extracted, Extractor, Progress, TemplateStore
from antigone.evaluate.identification import IdentificationResult, identify
from antigone.evaluate.material import Material
from antigone.evaluate.protocols import (
    TrialFiles,
    read_identification,
    read_labelled,
    read_verification,
)
from antigone.evaluate.report import material_sha256, suspect_faces
from antigone.evaluate.scorecard import Origin, Scorecard, identification_card, verification_card
from antigone.evaluate.scores import OUTSIDE
from antigone.evaluate.suspects import doubtful_people
from antigone.evaluate.verification import VerificationResult, Wishes, verify

if TYPE_CHECKING:
    from antigone.audit import AuditEvent
    from antigone.records.calibrations import CalibrationRecord
    from antigone.settings import Settings


class AuditSink(Protocol):
    """Keeps the record of what was measured, durably."""

    def append(self, event: AuditEvent) -> int:
        """Write one entry, durable when this returns, and give its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationParts:
    """What an evaluation works with."""

    settings: Settings
    model: str  # that of the pack in use
    analyser: Callable[[], Analyser]  # loads the models; asked for when a photo really has to be analysed
    audit: AuditSink


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRequest:
    """What a person asked for."""

    files: TrialFiles
    wishes: Wishes = field(default_factory=Wishes)
    templates: Path | None = None  # folder in which templates are kept for a later run
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The material of an evaluation with its templates, and where the result comes from."""

    extracted: Extracted
    origin: Origin


def run_verification(
    request: EvaluationRequest, parts: EvaluationParts
) -> tuple[VerificationResult, Prepared]:
    """Measure a verification. Raises `UsageError` and `NotFoundError` for material that does not do."""
    trial = read_verification(request.files, parts.settings)
    extracted = extract_material(trial.material, request, parts)
    result = verify(trial, extracted, parts.model, request.wishes)
    return result, prepared("verification", trial.material, extracted, parts)


def run_identification(
    request: EvaluationRequest, parts: EvaluationParts
) -> tuple[IdentificationResult, Prepared]:
    """Measure an identification. Raises `UsageError` and `NotFoundError` for material that does not do."""
    trial = read_identification(request.files, parts.settings)
    extracted = extract_material(trial.material, request, parts)
    result = identify(trial, extracted, parts.model, request.wishes)
    return result, prepared("identification", trial.material, extracted, parts)


class CalibrationSink(Protocol):
    """Keeps calibrations."""

    def add(self, *, model: str, version: str, material: str, body: str) -> CalibrationRecord:
        """Keep a calibration, which is in use for its model from now on."""


def run_calibration(
    request: EvaluationRequest, parts: EvaluationParts, kept: CalibrationSink
) -> tuple[Calibrated, Calibration]:
    """Learn what scores are worth and keep it. Raises `UsageError` where there are too few people."""
    material = read_labelled(request.files, parts.settings)
    extracted = extract_material(material, request, parts)
    doubtful = doubtful_people(request.wishes.doubtful, material.subjects)
    found = calibrate(material, extracted, doubtful=doubtful)
    made = prepared("calibration", material, extracted, parts)
    record = kept.add(
        model=parts.model,
        version=version(),
        material=made.origin.material_sha256,
        body=body_of(found.people, found.photos, tuple(tested.stratum for tested in found.strata)),
    )
    return found, calibration_of(record)


def extract_material(material: Material, request: EvaluationRequest, parts: EvaluationParts) -> Extracted:
    """Return the templates of all photos. Raises `UsageError` where none of them can be read."""
    store = None
    if request.templates is not None:
        store = TemplateStore(request.templates, f"{parts.model} {version()} {_code()}")
    extracted = Extractor(parts.analyser, parts.model, parts.settings, store).extract(
        material, request.progress
    )
    if not any(extracted.sha256):
        raise UsageError(
            "not one of the photos can be read", hint="check that the folder is the one the list speaks of"
        )
    return extracted


def prepared(what: str, material: Material, extracted: Extracted, parts: EvaluationParts) -> Prepared:
    """Write the entry of an evaluation into the log, and say where its result comes from."""
    digest = material_sha256(material, extracted)
    entry = parts.audit.append(
        Evaluated(
            what=what,
            material=digest,
            photos=len(material.photos),
            people=len(material.subjects),
            model=parts.model,
        ).event()
    )
    origin = Origin(
        made_at=datetime.now(UTC),
        version=version(),
        model=parts.model,
        material_sha256=digest,
        audit=entry,
    )
    return Prepared(extracted=extracted, origin=origin)


def version() -> str:
    """Return the version of Antigone, which made the templates."""
    return metadata.version("antigone")


def _code() -> str:
    """Hash the code that makes templates: after a change of it none that were kept are used."""
    digest = hashlib.sha256()
    for module in sorted(Path(faces.__file__).parent.glob("*.py")):
        digest.update(module.name.encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()


def verification_report(result: VerificationResult, made: Prepared, settings: Settings) -> Scorecard:
    """Return the scorecard of a verification, with the faces of what looks wrong."""
    assert result.trial is not None
    pairs = suspect_faces(result.suspects, result.trial.material, made.extracted, settings)
    return verification_card(result, made.origin, pairs)


def identification_report(result: IdentificationResult, made: Prepared, settings: Settings) -> Scorecard:
    """Return the scorecard of an identification, with the faces of what looks wrong."""
    assert result.trial is not None
    pairs = suspect_faces(result.suspects, result.trial.material, made.extracted, settings)
    return identification_card(result, made.origin, pairs)


def outside_origin(scores: Path) -> Origin:
    """Return where the scorecard of a score file comes from."""
    with scores.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Origin(made_at=datetime.now(UTC), version=version(), model=OUTSIDE, material_sha256=digest)
