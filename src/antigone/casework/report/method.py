"""How the searches of a case were made, and how often such searches err as far as anybody measured it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from antigone.casework.file import SearchFile
from antigone.casework.measured import KeptEvaluation
from antigone.casework.report.tables import plain
from antigone.evaluate.calibration import Calibration
from antigone.evaluate.metrics import percent
from antigone.evaluate.scorecard import Section, Table

METHOD = (
    "A detector finds faces and five landmarks in each photo; each face is aligned and turned into a "
    "template, a "
    "vector of unit length, by a neural network. The score of two faces is the cosine of their templates, "
    "from -1 "
    "to 1, higher is more alike. A search compares the probe's template with those of the collections and "
    "lists "
    "the highest scores. No threshold decides anything: people compare the photos."
)
NOT_MEASURED = (
    "The errors of model {model} were never measured by this organisation: no evaluation of it is kept. How "
    "often "
    "it misses a person, or lists a wrong one first, is not known here."
)
NOT_CALIBRATED = "Scores of model {model} are not calibrated: there are no likelihood ratios."


def method_section(
    searches: Sequence[SearchFile],
    evaluations: Sequence[KeptEvaluation],
    calibrations: Mapping[str, Calibration],
) -> Section:
    """Say which models were used and what is known of their errors; where nothing is, say so."""
    models = list(dict.fromkeys(shown.search.model for shown in searches))
    text = [METHOD]
    tables = []
    for model in models:
        kept = [one for one in evaluations if one.record.model == model]
        if not kept:
            text.append(NOT_MEASURED.format(model=model))
        tables += [_measured(one) for one in kept]
        calibration = calibrations.get(model)
        if calibration is None:
            text.append(NOT_CALIBRATED.format(model=model))
        else:
            text.append(
                f"Likelihood ratios of model {model}: calibration {calibration.id} of "
                f"{calibration.made_at:%Y-%m-%d} on {calibration.people:,} people, SHA-256 "
                f"{calibration.sha256}; cost on people never used for it (Cllr, 1 is knowing nothing): "
                + ", ".join(f"{one.name} {one.cllr:.3f}" for one in calibration.strata)
                + "."
            )
    if not models:
        text.append("Nothing was searched.")
    return Section(title="Method", text=tuple(text), tables=tuple(tables))


def _measured(one: KeptEvaluation) -> Table:
    record = one.record
    whose = "post-mortem faces" if one.on_the_dead else "the material named here"
    head = (
        ("evaluation", f"{record.id}: {record.kind} of model {record.model} on {whose}"),
        ("material", f"{plain(record.note)}; {record.people:,} people, {record.photos:,} photos"),
        ("figures, SHA-256", f"{record.sha256}, audit entry {record.audit}"),
    )
    rows = head if record.sound else (*head, ("WARNING", "these figures are not what was kept"))
    return Table(
        title=f"Measured error rates, evaluation {record.id}",
        columns=("", ""),
        rows=(*rows, *_rates(one.figures)),
        words=True,
        shares=(2.2, 4.5),
    )


def _rates(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    if figures["kind"] == "verification":
        return [
            (
                f"two photos, FMR set to {percent(point['fmr_set_to'])}",
                f"FNMR (missed) {rate_text(point['fnmr'])}; FMR (falsely matched) {rate_text(point['fmr'])}",
            )
            for point in figures["points"]
            if point["fnmr"] is not None
        ]
    return [
        *(
            (f"person not among the first {one['rank']:,}", f"FNIR {rate_text(one['fnir'])}")
            for one in figures["ranks"]
        ),
        *(
            (f"FPIR set to {percent(one['fpir'])}", f"FNIR (missed) {rate_text(one['fnir'])}")
            for one in figures["open_set"]
            if one["fnir"] is not None
        ),
    ]


def rate_text(rate: Mapping[str, Any]) -> str:
    """Give a kept rate as people may read it: with its interval, or as a bound."""
    seen = f"{rate['errors']:,} of {rate['trials']:,}"
    if rate["value"] is None:
        return f"at most {percent(rate['at_most'])} ({seen})"
    return f"{percent(rate['value'])} [{percent(rate['low'])}, {percent(rate['high'])}], {seen}"
