"""Results to scorecards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from antigone.evaluate import metrics
from antigone.evaluate.extraction import QUALITY_PARTS
from antigone.evaluate.groups import GroupTable
from antigone.evaluate.identification import CMC_RANKS, FPIRS, JUDGED_AT, IdentificationResult
from antigone.evaluate.metrics import ENOUGH_ERRORS, OpenSetResult, OperatingPoint, percent
from antigone.evaluate.scorecard import plots
from antigone.evaluate.scorecard.content import FacePair, Plot, Scorecard, Section, Table
from antigone.evaluate.scorecard.origin import Origin
from antigone.evaluate.scorecard.words import AT_MOST, NOTICE, in_a_hundred, limits
from antigone.evaluate.suspects import Kind
from antigone.evaluate.verification import DISCARDS, VerificationResult
from antigone.printable import printable

MOST_CURVES = len(QUALITY_PARTS) + 3  # of measures in one plot; the table has all
SUSPECT_WORDS = {
    Kind.SELF_MATCH: "The same file under one name: left out, as finding it tells nothing",
    Kind.SAME_PHOTO: "The same file under two names: one of the names is wrong",
    Kind.TWO_NAMES: "As alike as photos of one person: one person under two names, or close kin",
    Kind.WRONG_NAME: "More alike to another person's photos than to its own: perhaps a wrong name",
    Kind.UNLIKE: "No more alike to its own person's photo than a stranger's: perhaps a wrong name or face",
}


def material_facts(origin: Origin, facts: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the head of a scorecard."""
    return (
        *facts,
        ("Model", origin.model),
        ("Antigone", origin.version),
        ("Made at", f"{origin.made_at:%Y-%m-%d %H:%M} UTC"),
        ("Material, SHA-256", origin.material_sha256[:16]),
        *(() if origin.audit is None else (("Audit entry", str(origin.audit)),)),
    )


def verification_card(
    result: VerificationResult, origin: Origin, faces: Sequence[FacePair] = ()
) -> Scorecard:
    """Lay out a verification."""
    pairs = result.pairs
    mated = int(pairs.mated.sum())
    people = len(np.unique(np.concatenate([pairs.first, pairs.second])))
    return Scorecard(
        title=f"Verification: {printable(result.name)}",
        facts=material_facts(
            origin,
            (
                ("Mated pairs", f"{mated:,}"),
                ("Non-mated pairs", f"{len(pairs) - mated:,}"),
                ("People", f"{people:,}"),
            ),
        ),
        notice=NOTICE,
        sections=(
            Section(title="In plain words", points=tuple(_verification_words(result))),
            Section(
                title="Figures",
                text=(INTERVALS,),
                tables=(
                    _points_table("Errors at stated thresholds", result.points),
                    *(
                        (_points_table("The same without doubted labels", result.undoubted),)
                        if result.undoubted
                        else ()
                    ),
                ),
            ),
            Section(title="Curves", plots=_verification_plots(result)),
            *_group_sections(result.groups, ("FNMR", "FMR")),
            *_quality_sections(result.discard, f"FNMR at the threshold {result.points[1].threshold:.3f}"),
            *_failure_sections(result.failures),
            *_suspect_sections(faces),
            Section(title="What this cannot show", points=limits(people, mated, len(pairs) - mated)),
        ),
    )


TOO_FEW = "too few trials"
THERE = "searches for people who are there"
FIRST = "do not put the person first"
INTERVALS = (
    "Intervals (95 %) come from resampling people, because photos of one person are not independent. A photo "
    "that gave no template counts as a miss. A figure on fewer than 30 errors is given as a bound."
)


def _verification_words(result: VerificationResult) -> list[str]:
    found = [
        f"At a threshold of {point.threshold:.3f}, where {_target(point)} of pairs of different people are "
        f"taken for one person, {in_a_hundred(point.fnmr, 'pairs of the same person')} are taken for two."
        for point in result.points
        if point.can_be_set
    ]
    found += [
        _cannot_be_set(
            "false match", point.target_fmr or 0, point.fmr.share.trials, "pairs of different people"
        )
        for point in result.points
        if not point.can_be_set
    ]
    found.append(AT_MOST)
    if result.folds is not None:
        found.append(
            f"By the ten-fold protocol {100 * result.folds.mean:.2f} % of the pairs are judged rightly "
            f"(standard error {100 * result.folds.standard_error:.2f}); {result.folds.failed_pairs} pairs "
            "could not be compared."
        )
    if result.failure_to_enrol is not None:
        found.append(f"Photos that gave no template: {result.failure_to_enrol.text()}.")
    if result.self_matches:
        found.append(f"{result.self_matches:,} pairs of one and the same file were left out.")
    return found


def _target(point: OperatingPoint) -> str:
    return "about " + percent(point.target_fmr) if point.target_fmr is not None else "some"


def _cannot_be_set(what: str, rate: float, trials: int, of: str) -> str:
    return (
        f"A {what} rate of {percent(rate)} cannot be set with {trials:,} {of}: it takes {round(1 / rate):,}, "
        f"and {round(ENOUGH_ERRORS / rate):,} for a figure that can be relied on."
    )


def _points_table(title: str, points: Sequence[OperatingPoint]) -> Table:
    return Table(
        title=title,
        columns=("FMR set to", "threshold", "FNMR (missed)", "FMR (falsely matched)"),
        rows=tuple(
            (
                percent(point.target_fmr or 0),
                f"{point.threshold:.4f}" if point.can_be_set else "-",
                point.fnmr.text() if point.can_be_set else TOO_FEW,
                point.fmr.text(),
            )
            for point in points
        ),
    )


def _verification_plots(result: VerificationResult) -> tuple[Plot, ...]:
    fmr, fnmr, _ = metrics.trade_off(result.pairs)
    pairs = result.pairs
    return (
        *_det(printable(result.model), (fmr, fnmr), ("FMR", "FNMR")),
        Plot(
            title="Scores",
            says="How the scores of the same and of different people are spread.",
            png=plots.distributions(
                {"same person": pairs.score[pairs.mated], "different people": pairs.score[~pairs.mated]},
                {
                    f"FMR {percent(point.target_fmr or 0)}": point.threshold
                    for point in result.points
                    if point.can_be_set
                },
            ),
        ),
    )


def _det(model: str, curve: plots.Line, labels: tuple[str, str]) -> tuple[Plot, ...]:
    """Return the curve of both errors, where there is a threshold at which both were seen."""
    across, up = np.asarray(curve[0]), np.asarray(curve[1])
    if not ((across > 0) & (up > 0)).any():
        return ()
    return (
        Plot(
            title="Detection error trade-off (DET)",
            says="Misses against false alarms over all thresholds; lower left is better.",
            png=plots.trade_off({model: curve}, labels),
        ),
    )


def identification_card(
    result: IdentificationResult, origin: Origin, faces: Sequence[FacePair] = ()
) -> Scorecard:
    """Lay out an identification."""
    mated = int(result.searches.enrolled.sum())
    others = len(result.searches.non_mated_searches())
    people = len(np.unique(result.searches.person))
    references = (("References", f"{result.references:,}"),) if result.references else ()
    return Scorecard(
        title=f"Identification: {printable(result.name)}",
        facts=material_facts(
            origin,
            (
                *references,
                ("People in the gallery", f"{result.people:,}"),
                ("Mated searches", f"{mated:,}"),
                ("Non-mated searches", f"{others:,}"),
            ),
        ),
        notice=NOTICE,
        sections=(
            Section(title="In plain words", points=tuple(_identification_words(result))),
            Section(
                title="Figures",
                text=(INTERVALS, _how_non_mated(result)),
                tables=(_rank_table(result), *_open_tables(result)),
            ),
            Section(title="Curves", plots=_identification_plots(result)),
            *_group_sections(result.groups, ("FNIR", "FPIR")),
            *_quality_sections(result.discard, f"FNIR at the threshold of FPIR {percent(FPIRS[JUDGED_AT])}"),
            *_failure_sections(result.failures),
            *_suspect_sections(faces),
            Section(title="What this cannot show", points=limits(people, mated, others)),
        ),
    )


def _how_non_mated(result: IdentificationResult) -> str:
    if result.unknown_probes:
        return (
            f"False alarms are counted on the {result.unknown_probes:,} probes of people who are not in the "
            "gallery."
        )
    return (
        "Every probe shows somebody in the gallery. False alarms are counted by searching each once more "
        "with that person's references left out."
    )


def _identification_words(result: IdentificationResult) -> list[str]:
    found = [
        f"Of searches for people who are in the gallery, {in_a_hundred(rate, 'miss the person')}: not among "
        f"the first {rank}."
        if rank > 1
        else f"Of searches for people who are in the gallery, {in_a_hundred(rate, FIRST)}."
        for rank, rate in result.ranks.items()
    ]
    found += [
        f"At a threshold of {at.threshold:.3f}, where {percent(at.fpir)} of searches for people who are not "
        f"in the gallery return anybody, {in_a_hundred(at.rate, THERE)} miss them."
        for at in result.open_set
        if at.can_be_set
    ]
    found += [
        f"Without the comparisons of doubted labels: at {at.threshold:.3f} for {percent(at.fpir)}, "
        f"{in_a_hundred(at.rate, THERE)}."
        for at in result.undoubted
        if at.can_be_set
    ]
    found += [
        _cannot_be_set("false alarm", at.fpir, at.non_mated_searches, "non-mated searches")
        for at in result.open_set
        if not at.can_be_set
    ]
    found.append(AT_MOST)
    for side, rate in result.failure_to_enrol.items():
        found.append(f"Photos without a template, {side}: {rate.text()}.")
    if result.self_matches:
        found.append(f"{result.self_matches:,} probes are files of the gallery itself and were left out.")
    return found


def _rank_table(result: IdentificationResult) -> Table:
    return Table(
        title="Closed set: the person is not among the first",
        columns=("rank", "FNIR"),
        rows=tuple((f"{rank:,}", rate.text()) for rank, rate in result.ranks.items()),
    )


def _open_tables(result: IdentificationResult) -> list[Table]:
    tables = []
    for title, found in (
        ("Open set: missed at a given rate of false alarms", result.open_set),
        ("The same without comparisons of doubted labels", result.undoubted),
    ):
        if found:
            tables.append(_open_table(title, found))
    return tables


def _open_table(title: str, found: Sequence[OpenSetResult]) -> Table:
    return Table(
        title=title,
        columns=("FPIR", "threshold", "FNIR (missed, or beyond rank 20)"),
        rows=tuple(
            (
                percent(at.fpir),
                f"{at.threshold:.4f}" if at.can_be_set else "-",
                at.rate.text() if at.can_be_set else TOO_FEW,
            )
            for at in found
        ),
    )


def _identification_plots(result: IdentificationResult) -> tuple[Plot, ...]:
    model = printable(result.model)
    ranks = [rank for rank in CMC_RANKS if rank <= max(result.people, 1)]
    found = [
        Plot(
            title="Cumulative match (CMC)",
            says="Share of searches whose person is among the first so many candidates.",
            png=plots.over(
                {model: (ranks, metrics.cumulative_match(result.searches, ranks))},
                ("rank", "person found"),
            ),
        )
    ]
    if result.open_set:
        searches = result.searches
        found += [
            *_det(model, metrics.error_trade_off(searches), ("FPIR", "FNIR")),
            Plot(
                title="Scores",
                says="The score of the person searched for, and the best score of anybody else.",
                png=plots.distributions(
                    {
                        "the person": searches.mated_searches().mated,
                        "best of anybody else": searches.non_mated_searches().other,
                    },
                    {f"FPIR {percent(at.fpir)}": at.threshold for at in result.open_set if at.can_be_set},
                ),
            ),
        ]
    return tuple(found)


def _group_sections(groups: Sequence[GroupTable], rates: tuple[str, str]) -> list[Section]:
    sections = []
    for table in groups:
        ratios = [
            f"{rate}: the worst group has {ratio:.2f} times the groups' geometric mean (ISO/IEC 19795-10)."
            if ratio is not None
            else f"{rate}: no ratio between groups, for the counts do not carry one."
            for rate, ratio in zip(rates, (table.missed_ratio, table.false_alarm_ratio), strict=True)
        ]
        sections.append(
            Section(
                title=f"By {printable(table.column)}",
                text=(f"Every group at the one threshold of all, {table.threshold:.4f}.",),
                tables=(
                    Table(
                        title="Errors by group",
                        columns=("group", "people", *rates),
                        rows=tuple(
                            (
                                printable(row.group),
                                f"{row.people:,}",
                                "no trials" if row.missed is None else row.missed.text(),
                                "no trials" if row.false_alarm is None else row.false_alarm.text(),
                            )
                            for row in table.rows
                        ),
                    ),
                ),
                points=(*ratios, *table.warnings()),
            )
        )
    return sections


def _quality_sections(discard: Mapping[str, tuple[float, ...]], what: str) -> list[Section]:
    if not discard:
        return []
    return [
        Section(
            title="Quality and error",
            text=(
                f"What remains of {what} when the photos of lowest quality are set aside, by the quality "
                "score, by each of its parts, and by the measures of others that were given. A measure that "
                "foretells errors falls; one that does not stays level.",
            ),
            tables=(
                Table(
                    title="Error versus discard",
                    columns=("by", *(f"{100 * share:g} %" for share in DISCARDS)),
                    rows=tuple((printable(part), *map(percent, curve)) for part, curve in discard.items()),
                ),
            ),
            plots=(
                Plot(
                    title="Error versus discard",
                    says=f"{what}, by the share of photos that is set aside.",
                    png=plots.over(
                        {
                            printable(part): (DISCARDS, curve)
                            for part, curve in list(discard.items())[:MOST_CURVES]
                        },
                        ("share set aside", "error that remains"),
                        percent="xy",
                        low=0.0,
                    ),
                ),
            ),
        )
    ]


def _failure_sections(failures: Mapping[str, int]) -> list[Section]:
    if not failures:
        return []
    return [
        Section(
            title="Photos without a template",
            tables=(
                Table(
                    title="By reason",
                    columns=("reason", "photos"),
                    rows=tuple((code, f"{count:,}") for code, count in failures.items()),
                ),
            ),
        )
    ]


def _suspect_sections(faces: Sequence[FacePair]) -> list[Section]:
    if not faces:
        return []
    return [
        Section(
            title="Labels to be checked",
            text=(
                "These pairs look as if something were wrong with the names, not with the comparison. They "
                "count as they are labelled. Look at them; pairs of names that you find to be wrong can be "
                "left out of the non-mated comparisons with --doubtful.",
            ),
            faces=tuple(faces),
        )
    ]
