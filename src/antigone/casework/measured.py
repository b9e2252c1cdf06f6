"""What an organisation has measured of a model, and what therefore stands beside everything it finds.

A model counts as not validated for post-mortem faces until an evaluation that this workspace made with that
model is kept, and a supervisor has declared, by the hash of its figures, that its photos show the dead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from antigone.access import Permission, Principal
from antigone.audit import AuditLog
from antigone.audit.deceased_events import EvaluationKept, PostMortemDeclared
from antigone.audit.events import Evaluated
from antigone.casework.cases import Purpose
from antigone.casework.words import one_line
from antigone.errors import ConflictError, NotFoundError
from antigone.evaluate.report import json_bytes
from antigone.records.cases import CaseRecord, Cases
from antigone.records.evaluations import DeclarationRecord, EvaluationRecord, Evaluations

NOT_VALIDATED = (
    "not validated for post-mortem faces: nobody has measured how often this model errs on the dead. "
    "Treat every score as a hint where to look, and nothing more."
)
FEWEST_PEOPLE = 30  # of an evaluation that is to speak for the dead: the rule of 30 cannot hold below


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvaluation:
    """An evaluation with what is declared of it."""

    record: EvaluationRecord
    declaration: DeclarationRecord | None  # the latest one

    @property
    def on_the_dead(self) -> bool:
        """Whether its photos are declared to show the dead."""
        return self.declaration is not None and self.declaration.holds

    @property
    def figures(self) -> Mapping[str, Any]:
        """The document of its report."""
        figures: dict[str, Any] = json.loads(self.record.body)
        return figures

    def document(self) -> dict[str, object]:
        """Return it as JSON values, without the figures."""
        record, said = self.record, self.declaration
        return {
            "evaluation": record.id,
            "model": record.model,
            "kind": record.kind,
            "people": record.people,
            "photos": record.photos,
            "material_sha256": record.material,
            "sha256": record.sha256,
            "audit": record.audit,
            "note": record.note,
            "kept_by": record.kept_by,
            "kept_at": record.kept_at.isoformat(),
            "post_mortem": self.on_the_dead,
            "declaration": None
            if said is None
            else {
                "holds": said.holds,
                "note": said.note,
                "by": said.declared_by,
                "at": said.declared_at.isoformat(),
            },
        }


def notices(case: CaseRecord | None, model: str, cases: Cases) -> tuple[str, ...]:
    """Return the sentences that stand beside whatever a model found in a case."""
    if case is None or case.purpose != Purpose.UNIDENTIFIED_DECEASED:
        return ()
    measured = cases.evaluations.on_the_dead(case.organisation_id, model)
    if not measured:
        return (NOT_VALIDATED,)
    latest = measured[-1]
    return (
        f"measured on post-mortem faces by this organisation: evaluation {latest.id}, {latest.people:,} "
        f"people, {latest.photos:,} photos, figures {latest.sha256[:16]}. Its rates hold for photos like "
        "those.",
    )


class Measurements:
    """The evaluations that organisations keep."""

    def __init__(self, evaluations: Evaluations, audit: AuditLog) -> None:
        self._evaluations = evaluations
        self._audit = audit

    def keep(
        self, figures: Mapping[str, object], *, measured: int, note: str, by: Principal
    ) -> KeptEvaluation:
        """Keep what an evaluation of this workspace found, whose entry in the log is number ``measured``.

        The digest that it is known by is that of the figures.json of its report. Raises `NotFoundError` where
        there is no such entry, `ConflictError` where it is kept already, `UsageError` and `ForbiddenError`.
        """
        by.require(Permission.AUTHORISE)
        entry = self._audit.entry(measured)
        if entry.kind != Evaluated.kind:
            raise NotFoundError(f"entry {measured} of the audit log tells of no evaluation")
        content = json_bytes(figures)
        record = self._evaluations.keep(
            organisation_id=by.organisation,
            model=entry.body["model"],
            kind=entry.body["what"],
            people=entry.body["people"],
            photos=entry.body["photos"],
            material=entry.body["material"],
            body=content.decode(),
            sha256=hashlib.sha256(content).hexdigest(),
            audit=entry.seq,
            note=one_line(note, "note on whom the photos show"),
            kept_by=by.person,
            kept_at=datetime.now(UTC),
        )
        kept = EvaluationKept(
            by=by.person, evaluation=record.id, measured=entry.seq, model=record.model, sha256=record.sha256
        )
        self._audit.append(kept.event())
        return KeptEvaluation(record=record, declaration=None)

    def all(self, *, by: Principal, model: str | None = None) -> tuple[KeptEvaluation, ...]:
        """Return the evaluations that one's own organisation keeps, oldest first."""
        by.require(Permission.COLLECTION_READ)
        said = self._evaluations.declarations(by.organisation)
        return tuple(
            KeptEvaluation(record=record, declaration=said.get(record.id))
            for record in self._evaluations.of(by.organisation, model=model)
        )

    def declare(self, sha256: str, *, holds: bool, note: str, by: Principal) -> KeptEvaluation:
        """State that the evaluation with these figures was on faces of the dead, or take that back.

        Raises `NotFoundError`, `ConflictError` where it is too small to speak for anyone, `ForbiddenError`.
        """
        by.require(Permission.AUTHORISE)
        digest = sha256.strip().lower()
        found = [one for one in self._evaluations.of(by.organisation) if one.sha256 == digest]
        if not found:
            raise NotFoundError(
                "your organisation keeps no evaluation with figures of this hash",
                hint="antigone evaluate verification --keep TEXT keeps one; antigone evaluate kept lists",
            )
        (record,) = found
        if holds and record.people < FEWEST_PEOPLE:
            raise ConflictError(
                f"an evaluation on {record.people:,} people says too little of the dead",
                hint=f"it takes {FEWEST_PEOPLE} people at least",
            )
        said = self._evaluations.declare(
            evaluation_id=record.id,
            holds=holds,
            note=one_line(note, "note on why"),
            declared_by=by.person,
            declared_at=datetime.now(UTC),
        )
        told = PostMortemDeclared(by=by.person, evaluation=record.id, sha256=record.sha256, holds=holds)
        self._audit.append(told.event())
        return KeptEvaluation(record=record, declaration=said)
