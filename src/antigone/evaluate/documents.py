"""The JSON documents of evaluations. Counts, rates and names of photos; never a template."""

from __future__ import annotations

from collections.abc import Sequence

from antigone.evaluate.groups import GroupTable
from antigone.evaluate.identification import IdentificationResult
from antigone.evaluate.material import Material
from antigone.evaluate.metrics import ErrorRate, OpenSetResult, OperatingPoint
from antigone.evaluate.suspects import Suspect
from antigone.evaluate.verification import DISCARDS, VerificationResult

Document = dict[str, object]


def verification_document(result: VerificationResult) -> Document:
    """Return the document of ``antigone evaluate verification``."""
    mated = int(result.pairs.mated.sum())
    return {
        "kind": "verification",
        "name": result.name,
        "model": result.model,
        "pairs": {
            "mated": mated,
            "non_mated": len(result.pairs) - mated,
            "self_matches": result.self_matches,
        },
        "folds": None
        if result.folds is None
        else {
            "accuracy": result.folds.mean,
            "standard_error": result.folds.standard_error,
            "failed_pairs": result.folds.failed_pairs,
        },
        "points": [_point(point) for point in result.points],
        "points_without_doubtful": [_point(point) for point in result.undoubted],
        "equal_error": {"threshold": result.equal_error[0], "rate": result.equal_error[1]},
        "failure_to_enrol": _rate(result.failure_to_enrol),
        "failures": dict(result.failures),
        "groups": _groups(result.groups),
        "quality": _discard(result.discard),
        "suspects": [] if result.trial is None else suspects_document(result.suspects, result.trial.material),
    }


def identification_document(result: IdentificationResult) -> Document:
    """Return the document of ``antigone evaluate identification``."""
    return {
        "kind": "identification",
        "name": result.name,
        "model": result.model,
        "gallery": {"references": result.references or None, "people": result.people},
        "searches": {
            "mated": int(result.searches.enrolled.sum()),
            "non_mated": len(result.searches.non_mated_searches()),
            "unknown_people": result.unknown_probes,
            "self_matches": result.self_matches,
        },
        "ranks": [{"rank": rank, "fnir": rate.document()} for rank, rate in result.ranks.items()],
        "open_set": [_open(at) for at in result.open_set],
        "open_set_without_doubtful": [_open(at) for at in result.undoubted],
        "failure_to_enrol": {side: rate.document() for side, rate in result.failure_to_enrol.items()},
        "failures": dict(result.failures),
        "groups": _groups(result.groups),
        "quality": _discard(result.discard),
        "suspects": [] if result.trial is None else suspects_document(result.suspects, result.trial.material),
    }


def suspects_document(suspects: Sequence[Suspect], material: Material) -> list[Document]:
    """Return what looks wrong with the labels."""
    return [
        {
            "kind": suspect.kind.value,
            "score": round(suspect.score, 4),
            "people": [material.entries[row].subject for row in (suspect.first, suspect.second)],
            "photos": [
                material.photos[material.entries[row].photos[0]].name
                for row in (suspect.first, suspect.second)
            ],
        }
        for suspect in suspects
    ]


def _rate(rate: ErrorRate | None) -> Document | None:
    return None if rate is None else rate.document()


def _point(point: OperatingPoint) -> Document:
    return {
        "fmr_set_to": point.target_fmr,
        "threshold": point.threshold if point.can_be_set else None,
        "fnmr": point.fnmr.document() if point.can_be_set else None,
        "fmr": point.fmr.document(),
    }


def _open(at: OpenSetResult) -> Document:
    return {
        "fpir": at.fpir,
        "threshold": at.threshold if at.can_be_set else None,
        "fnir": at.rate.document() if at.can_be_set else None,
        "non_mated_searches": at.non_mated_searches,
    }


def _groups(groups: Sequence[GroupTable]) -> list[Document]:
    return [
        {
            "column": table.column,
            "threshold": table.threshold,
            "groups": [
                {
                    "group": row.group,
                    "people": row.people,
                    "missed": _rate(row.missed),
                    "false_alarms": _rate(row.false_alarm),
                }
                for row in table.rows
            ],
            "worst_to_geometric_mean": {
                "missed": table.missed_ratio,
                "false_alarms": table.false_alarm_ratio,
            },
            "warnings": list(table.warnings()),
        }
        for table in groups
    ]


def _discard(discard: object) -> Document:
    return {"discarded": list(DISCARDS), "remaining_error": discard} if discard else {}
