"""Evaluation of one workspace: errors on labelled photos, and what scores are worth in its galleries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from antigone.evaluate.calibration import Calibration, calibration_of

if TYPE_CHECKING:
    from antigone.evaluate.calibrate import Calibrated
    from antigone.evaluate.identification import IdentificationResult
    from antigone.evaluate.run import EvaluationParts, EvaluationRequest, Prepared
    from antigone.evaluate.strength import Known, Strengths
    from antigone.evaluate.verification import VerificationResult
    from antigone.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Where a workspace is measured. What is measured here enters no gallery."""

    parts: EvaluationParts
    records: Records
    strength: Strengths

    def verification(self, request: EvaluationRequest) -> tuple[VerificationResult, Prepared]:
        """Measure how often comparisons err on labelled photos; see `antigone.evaluate.run`."""
        from antigone.evaluate import run  # loads what draws

        return run.run_verification(request, self.parts)

    def identification(self, request: EvaluationRequest) -> tuple[IdentificationResult, Prepared]:
        """Measure how often searches err on labelled photos; see `antigone.evaluate.run`."""
        from antigone.evaluate import run

        return run.run_identification(request, self.parts)

    def calibrate(self, request: EvaluationRequest) -> tuple[Calibrated, Calibration]:
        """Learn what scores are worth on labelled people, and use it from now on."""
        from antigone.evaluate import run

        return run.run_calibration(request, self.parts, self.records.calibrations)

    def calibrations(self) -> tuple[Calibration, ...]:
        """Return every calibration, newest first; the first one of a model is in use."""
        return tuple(map(calibration_of, self.records.calibrations.all()))

    def strangers(self) -> dict[str, Known]:
        """Return what is known of strangers' scores with the model in use, by the name of the collection."""
        return {
            info.name: self.strength.refresh(info, self.parts.model) for info in self.records.collections()
        }
