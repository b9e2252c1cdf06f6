"""A calibration as a scorecard: what its likelihood ratios cost people it was never fitted on."""

from __future__ import annotations

import numpy as np

from antigone.evaluate.calibrate import Calibrated, Tested
from antigone.evaluate.calibration import Calibration
from antigone.evaluate.metrics import Float64Array
from antigone.evaluate.scorecard import plots
from antigone.evaluate.scorecard.content import Plot, Scorecard, Section, Table

NOTICE = (
    "A likelihood ratio says how much likelier a score is if two photos show one person than if they show "
    "two people of the kind that were calibrated on. It says nothing on how likely it is beforehand that "
    "they do, and it is no identity. Other people and other cameras need a calibration of their own."
)
METHOD = (
    "Half of the people were fitted on and the other half, never used for fitting, was tested on. In each "
    "stratum log(LR) is a straight line in the score (logistic regression), cut off at the empirical upper "
    "and lower bounds (ELUB): beyond them so few people carry no statement. Cllr is the cost of the ratios "
    "on the tested people (0 is perfect, 1 is knowing nothing), Cllr_min what the overlap of the scores "
    "alone costs, Cllr_cal what the calibration adds. Computed with lir, the library of the Netherlands "
    "Forensic Institute."
)
TIPPETT = (
    "Share of pairs with at least this ratio. Left of 0 for one person and right of 0 for two it misleads."
)
BORNE_OUT = "The ratio given against the one that the tested people bear out (PAV); on the line it is right."


def calibration_card(found: Calibrated, kept: Calibration) -> Scorecard:
    """Lay out a calibration."""
    return Scorecard(
        title=f"Calibration {kept.id}: {kept.model}",
        facts=(
            ("Model", kept.model),
            ("People with two photos", f"{found.people:,}"),
            ("Photos", f"{found.photos:,}"),
            ("Made at", f"{kept.made_at:%Y-%m-%d %H:%M} UTC"),
            ("Antigone", kept.version),
            ("Material, SHA-256", kept.material[:16]),
            ("Calibration, SHA-256", kept.sha256[:16]),
        ),
        notice=NOTICE,
        sections=(
            Section(title="How it was made", text=(METHOD,)),
            Section(title="Costs on people never used for fitting", tables=(_costs(kept),)),
            Section(title="Reliability", plots=tuple(map(_reliability, found.strata))),
            Section(title="Tippett plots", plots=tuple(map(_tippett, found.strata))),
        ),
    )


def _costs(kept: Calibration) -> Table:
    return Table(
        title="By stratum",
        columns=(
            "stratum",
            "tested: mated, non-mated",
            "Cllr",
            "Cllr_min",
            "Cllr_cal",
            "log10(LR) at least",
            "log10(LR) at most",
        ),
        rows=tuple(
            (
                stratum.name,
                f"{stratum.tested_on[0]:,}, {stratum.tested_on[1]:,}",
                f"{stratum.cllr:.4f}",
                f"{stratum.cllr_min:.4f}",
                f"{stratum.cllr_cal:.4f}",
                f"{stratum.lower:.2f}",
                f"{stratum.upper:.2f}",
            )
            for stratum in kept.strata
        ),
    )


def _reliability(tested: Tested) -> Plot:
    order = np.argsort(tested.log10_ratio, kind="stable")
    given, ideal = tested.log10_ratio[order], tested.ideal[order]
    known = np.isfinite(ideal)
    ends = np.array([given.min(), given.max()])
    return Plot(
        title=tested.stratum.name,
        says=BORNE_OUT,
        png=plots.over(
            {
                "borne out": _thinned(given[known], ideal[known]),
                "exactly right": (ends, ends),
            },
            ("log10(LR) given", "log10(LR) borne out"),
            percent="",
        ),
    )


def _tippett(tested: Tested) -> Plot:
    lines = {}
    for name, chosen in (("one person", tested.mated), ("two people", ~tested.mated)):
        values = np.sort(tested.log10_ratio[chosen])
        lines[name] = _thinned(values, 1 - np.arange(len(values)) / len(values))
    return Plot(
        title=tested.stratum.name,
        says=TIPPETT,
        png=plots.over(lines, ("log10(LR)", "share at or above"), low=0.0),
    )


def _thinned(across: Float64Array, up: Float64Array, points: int = 200) -> plots.Line:
    rows = np.unique(np.linspace(0, len(across) - 1, points).astype(np.int64))
    return across[rows], up[rows]
