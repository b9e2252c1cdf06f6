"""Likelihood ratios on people never used for fitting, with bounds that few people cannot exceed."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from antigone.errors import UsageError
from antigone.evaluate.calibrate import Calibrated, calibrate
from antigone.evaluate.calibration import Calibration, body_of, calibration_of
from antigone.evaluate.extraction import QUALITY_PARTS, Extracted
from antigone.evaluate.scorecard.calibration_card import calibration_card
from antigone.evaluate.scorecard.html import render
from antigone.records import Records
from labelled import people


def varied(found: Extracted, seed: int = 0) -> Extracted:
    """Give the photos qualities and poses of all kinds."""
    rng = np.random.default_rng(seed)
    quality = found.extraction.quality.copy()
    for part in ("score", "pose"):
        quality[:, QUALITY_PARTS.index(part)] = rng.uniform(30, 100, len(quality))
    return replace(found, extraction=replace(found.extraction, quality=quality))


@pytest.fixture(scope="module")
def found() -> Calibrated:
    material, extracted = people(400, 4, noise=0.8)
    return calibrate(material, varied(extracted))


def kept(records: Records, found: Calibrated) -> Calibration:
    body = body_of(found.people, found.photos, tuple(tested.stratum for tested in found.strata))
    return calibration_of(records.calibrations.add(model="m", version="1", material="ab" * 32, body=body))


def test_every_stratum_does_better_than_knowing_nothing(found: Calibrated) -> None:
    assert len(found.strata) == 6
    for tested in found.strata:
        assert tested.stratum.cllr < 1
        assert tested.stratum.cllr_cal <= 0.05
        assert tested.stratum.cllr == pytest.approx(tested.stratum.cllr_min + tested.stratum.cllr_cal)
        assert tested.stratum.lower < 0 < tested.stratum.upper


def test_costs_are_those_of_the_definition(found: Calibrated) -> None:
    for tested in found.strata:
        one = np.log2(1 + 10 ** -tested.log10_ratio[tested.mated]).mean()
        two = np.log2(1 + 10 ** tested.log10_ratio[~tested.mated]).mean()
        assert tested.stratum.cllr == pytest.approx((one + two) / 2)


def test_bounds_grow_with_the_people_and_no_further(found: Calibrated) -> None:
    for tested in found.strata:
        mated, others = tested.stratum.fitted_on
        assert tested.stratum.upper <= math.log10(others + 1)
        assert tested.stratum.lower >= -math.log10(mated + 1)


def test_a_kept_calibration_weighs_as_it_was_made(records: Records, found: Calibrated) -> None:
    calibration = kept(records, found)
    for quality, pose in ((0, 0), (65, 50), (100, 100)):
        ratios = [calibration.ratio(score, quality, pose) for score in (-0.2, 0.2, 0.5, 0.9)]
        logs = [ratio.log10 for ratio in ratios if ratio is not None]
        assert len(logs) == 4
        assert logs == sorted(logs)
        assert logs[0] < 0 < logs[-1]
        assert ratios[-1] is not None
        assert ratios[-1].capped
    assert records.calibrations.newest("m") == records.calibrations.all()[0]
    assert records.calibrations.newest("other") is None


def test_the_newest_is_in_use(records: Records, found: Calibrated) -> None:
    first, second = kept(records, found), kept(records, found)
    newest = records.calibrations.newest("m")
    assert newest is not None
    assert newest.id == second.id > first.id


def test_a_stratum_worse_than_nothing_is_not_used(records: Records, found: Calibrated) -> None:
    bad = replace(found.strata[0].stratum, cllr=1.2, quality_from=-math.inf, quality_to=math.inf)
    body = body_of(1, 1, (replace(bad, pose_from=-math.inf, pose_to=math.inf),))
    calibration = calibration_of(
        records.calibrations.add(model="m", version="1", material="ab" * 32, body=body)
    )
    assert calibration.ratio(0.5, 50, 50) is None


def test_photos_of_one_quality_are_one_stratum_and_few_people_none() -> None:
    material, extracted = people(80, 3, noise=0.8)
    found = calibrate(material, extracted)
    assert [tested.stratum.name for tested in found.strata] == ["all photos"]
    material, extracted = people(59, 3)
    with pytest.raises(UsageError, match="only 59 people have two usable photos"):
        calibrate(material, extracted)


def test_doubted_labels_are_left_out() -> None:
    material, extracted = people(80, 3, noise=0.5)
    templates = extracted.extraction.templates.copy()
    templates[3:6] = templates[0:3]
    twice = replace(extracted, extraction=replace(extracted.extraction, templates=templates))
    with_them = calibrate(material, twice).strata[0]
    without = calibrate(material, twice, doubtful=[(0, 1)]).strata[0]
    assert without.stratum.upper >= with_them.stratum.upper


def test_its_card_shows_costs_and_reliability(records: Records, found: Calibrated) -> None:
    page = render(calibration_card(found, kept(records, found)))
    for said in ("Cllr_cal", "Netherlands Forensic Institute", "Reliability", "never used for fitting"):
        assert said in page
    assert f"{datetime.now(UTC):%Y-%m-%d}" in page
