"""What strangers score is learnt without labels, kept, learnt anew, and never stands in a search's way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from antigone.evaluate.calibration import Stratum, body_of
from antigone.evaluate.metrics import Float32Array
from antigone.evaluate.strength import strengths
from antigone.evaluate.strength.background import FEWEST_PEOPLE, Background, learn_background, likely_people
from antigone.evaluate.strength.keep import read_background, write_background
from antigone.evaluate.strength.strengths import Strengths
from antigone.evaluate.strength.tail import FROM, Tail, TailData, pareto_survival
from antigone.provenance import Holding, Place
from antigone.records import Records, ReferenceSummary
from antigone.strength import UNKNOWN, ExpectedWrong, LikelihoodRatio, Strength
from antigone.types import Box, Candidate, CollectionInfo, Int64Array, Probe, ProbePhoto
from invented import face

MODEL = "m"
DIMENSION = 128


def gallery(people: int, photos: int = 1, *, seed: int = 0, heavy: int = 0) -> Float32Array:
    """Unit rows of people who are hard to tell from strangers only by chance; person 0 has ``heavy`` more."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((people, DIMENSION)) + 0.3
    rows = np.repeat(centres, photos, axis=0)
    rows = np.concatenate([rows, np.repeat(centres[:1], heavy, axis=0)])
    rows = rows + 0.5 * rng.standard_normal(rows.shape)
    unit: Float32Array = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def learnt(rows: Float32Array) -> Background | None:
    wide = rows.astype(np.float64)
    return learn_background(rows, wide.mean(axis=0), np.cov(wide.T, bias=True))


class TestTail:
    @given(st.floats(-0.4, 0.4), st.floats(0.1, 3.0))
    def test_the_law_is_that_of_scipy(self, shape: float, scale: float) -> None:
        from scipy.stats import genpareto

        excess = np.linspace(0, 12, 40)
        expected = genpareto.sf(excess, shape, 0, scale)
        assert pareto_survival(excess, shape, scale) == pytest.approx(expected, rel=1e-6, abs=1e-12)

    def test_normal_scores_give_back_the_normal_tail_far_beyond_what_was_seen(self) -> None:
        z = np.random.default_rng(1).standard_normal((900, 900))
        tail = TailData(z).fit()
        for at, factor in ((2.5, 1.05), (3.5, 1.2), (4.5, 2.0)):
            share, true = float(tail.above(np.array([at]))[0]), float(norm.sf(at))
            assert true / factor < share < true * factor
        assert np.isnan(tail.above(np.array([FROM - 0.1]))[0])

    def test_what_lies_beyond_the_upper_bound_changes_nothing(self) -> None:
        z = np.random.default_rng(2).standard_normal((400, 400))
        with_mates = z.copy()
        with_mates[:20, 20:40] = 6.0
        assert TailData(with_mates).fit().shape == pytest.approx(TailData(z).fit().shape, abs=0.01)

    def test_people_drawn_twice_count_twice(self) -> None:
        z = np.random.default_rng(3).standard_normal((300, 300))
        data = TailData(z)
        assert data.fit(np.ones(300)) == data.fit()
        drawn = np.zeros(300)
        drawn[:150] = 2
        twice = data.fit(drawn)
        half = TailData(z[:150, :150]).fit()
        assert twice.share == pytest.approx(half.share, rel=0.05)


class TestBackground:
    def test_photos_of_one_person_are_known_for_it(self) -> None:
        rows = gallery(150, 2, heavy=100)
        scores = rows @ rows.T
        np.fill_diagonal(scores, np.nan)
        person = likely_people(scores)
        assert 144 <= len(np.unique(person)) <= 152
        assert len(np.unique(person[300:])) == 1
        assert person[0] == person[1] == person[300]

    def test_expected_and_observed_agree_without_any_label(self) -> None:
        rows, strangers = gallery(700, 2, heavy=80), gallery(400, seed=9)
        background = learnt(rows)
        assert background is not None
        assert 690 <= background.people <= 710
        scores = (strangers @ rows.T).astype(np.float64)
        expected = np.stack(
            [
                len(rows) * background.share_above(probe, own)[0]
                for probe, own in zip(strangers, scores, strict=True)
            ]
        )
        for decade in (100.0, 10.0, 1.0):
            observed = (expected <= decade).sum() / len(strangers)
            assert decade / 1.5 < observed < decade * 1.5

    def test_higher_scores_are_rarer_and_lie_in_their_interval(self) -> None:
        background = learnt(gallery(300))
        assert background is not None
        value, low, high = background.share_above(gallery(1, seed=5)[0], np.linspace(-0.4, 1, 200))
        assert (np.diff(value) <= 1e-9).all()
        assert (low <= value + 1e-12).all()
        assert (value <= high + 1e-12).all()
        assert value[0] == pytest.approx(1, abs=0.02)

    def test_too_few_people_teach_nothing(self) -> None:
        assert learnt(gallery(FEWEST_PEOPLE - 1)) is None
        assert learnt(gallery(20, 10)) is None

    def test_what_was_learnt_is_kept_whole_or_not_at_all(self, tmp_path: Path) -> None:
        path, identity = tmp_path / "1" / "kept.npz", {"model": "m"}
        background = learnt(gallery(200))
        assert background is not None
        write_background(path, identity, 200, background)
        kept = read_background(path, identity)
        assert kept is not None
        references, again = kept
        assert references == 200
        assert again is not None
        assert again.tail == background.tail
        probe = gallery(1, seed=4)[0]
        scores = np.array([0.1, 0.4])
        assert again.share_above(probe, scores) == pytest.approx(
            background.share_above(probe, scores), rel=1e-3
        )
        assert read_background(path, {"model": "other"}) is None
        write_background(path, identity, 3, None)
        assert read_background(path, identity) == (3, None)
        content = path.read_bytes()
        for damaged in (b"", content[:100], b"x" * 50):
            path.write_bytes(damaged)
            assert read_background(path, identity) is None


class Shelf:
    """References without a database."""

    def __init__(self, rows: Float32Array) -> None:
        self.rows = rows.astype(np.float16)
        self.read = 0

    def reference_summary(self, collection_id: int, model: str) -> ReferenceSummary:
        return ReferenceSummary(count=len(self.rows), max_id=len(self.rows))

    def reference_ids(self, collection_id: int, model: str) -> Int64Array:
        self.read += 1
        return np.arange(1, len(self.rows) + 1)

    def templates(self, ids: list[int]) -> tuple[Int64Array, np.ndarray]:
        chosen = np.array(ids)
        return chosen, self.rows[chosen - 1]


def info(number: int = 1) -> CollectionInfo:
    return CollectionInfo(
        id=number,
        name=f"c{number}",
        owner="o",
        source="s",
        purpose="p",
        basis="b",
        jurisdiction="EU",
        retain_until=date(2999, 1, 1),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def probe_of(template: Float32Array, photos: int = 1) -> Probe:
    photo = ProbePhoto(
        source="p", sha256="ab" * 32, width=9, height=9, faces=1, number=1, face=face(template, quality=70)
    )
    return Probe(photos=(photo,) * photos, template=template, agreement=None)


def candidate(score: float, holding: Holding = Holding.FILE) -> Candidate:
    return Candidate(
        rank=1,
        score=score,
        reference=1,
        collection="c1",
        photo="cd" * 32,
        face=1,
        box=Box(0, 0, 1, 1),
        quality=80,
        pose=80,
        source="s",
        page_url=None,
        page_title=None,
        captured_at=None,
        captured_by=None,
        place=Place(holding=holding, stored_at="/s", position=0 if holding is Holding.FRAME else None),
    )


def weigh(source: Strengths, *candidates: Candidate, photos: int = 1, collections: int = 1) -> list[Strength]:
    probe = probe_of(gallery(1, seed=7)[0], photos)
    found = source.of_candidates(
        probe,
        candidates,
        searched=[info(number + 1) for number in range(collections)],
        model=MODEL,
        dimension=DIMENSION,
    )
    return list(found)


class TestStrengths:
    def test_each_candidate_is_weighed_by_what_the_gallery_gives(
        self, tmp_path: Path, records: Records
    ) -> None:
        source = Strengths(tmp_path, Shelf(gallery(400)), records.calibrations)  # type: ignore[arg-type]
        high, low = weigh(source, candidate(0.9), candidate(0.3))
        assert high.expected is not None
        assert low.expected is not None
        assert high.expected.at_most
        assert high.expected.value < low.expected.value < 400
        assert low.expected.references == 400
        assert low.expected.low <= low.expected.value <= low.expected.high
        assert high.ratio is None
        assert high.lacks == (strengths.NOT_CALIBRATED,)

    def test_learnt_once_and_anew_after_growth(self, tmp_path: Path, records: Records) -> None:
        shelf = Shelf(gallery(400))
        source = Strengths(tmp_path, shelf, records.calibrations)  # type: ignore[arg-type]
        for size, read in ((400, 1), (430, 1), (450, 2)):
            shelf.rows = gallery(size).astype(np.float16)
            weigh(source, candidate(0.4))
            assert shelf.read == read
        other = Shelf(gallery(450))
        weigh(Strengths(tmp_path, other, records.calibrations), candidate(0.4))  # type: ignore[arg-type]
        assert other.read == 0  # another process finds what was kept

    def test_a_small_collection_counts_as_the_others_do(self, tmp_path: Path, records: Records) -> None:
        class Two(Shelf):
            def reference_summary(self, collection_id: int, model: str) -> ReferenceSummary:
                count = 400 if collection_id == 1 else 40
                return ReferenceSummary(count=count, max_id=count)

            def reference_ids(self, collection_id: int, model: str) -> Int64Array:
                return np.arange(1, (400 if collection_id == 1 else 40) + 1)

        source = Strengths(tmp_path, Two(gallery(400)), records.calibrations)  # type: ignore[arg-type]
        (alone,) = weigh(source, candidate(0.3))
        (both,) = weigh(source, candidate(0.3), collections=2)
        assert alone.expected is not None
        assert both.expected is not None
        assert both.expected.value == pytest.approx(1.1 * alone.expected.value)
        assert both.expected.references == 440

    def test_few_people_are_said_and_nothing_fails(self, tmp_path: Path, records: Records) -> None:
        source = Strengths(tmp_path, Shelf(gallery(30)), records.calibrations)  # type: ignore[arg-type]
        (found,) = weigh(source, candidate(0.9))
        assert not found.known
        assert found.lacks == (strengths.TOO_FEW, strengths.NOT_CALIBRATED)

    def test_a_home_that_cannot_be_written_costs_time_only(self, tmp_path: Path, records: Records) -> None:
        (tmp_path / "index").write_text("in the way")
        source = Strengths(tmp_path, Shelf(gallery(200)), records.calibrations)  # type: ignore[arg-type]
        (found,) = weigh(source, candidate(0.9))
        assert found.expected is not None

    def test_a_calibration_weighs_single_photos(self, tmp_path: Path, records: Records) -> None:
        source = Strengths(tmp_path, Shelf(gallery(200)), records.calibrations)  # type: ignore[arg-type]
        records.calibrations.add(
            model=MODEL, version="1", material="ab" * 32, body=body_of(90, 300, (stratum(),))
        )
        (single,) = weigh(source, candidate(0.5))
        (fused,) = weigh(source, candidate(0.5), photos=2)
        (frame,) = weigh(source, candidate(0.5, Holding.FRAME))
        assert single.ratio is not None
        assert single.ratio.log10 == pytest.approx(2)
        assert fused.ratio is None
        assert frame.ratio is None
        assert fused.lacks == frame.lacks == (strengths.FUSED,)
        faces = (face(gallery(1)[0], quality=70), face(gallery(1)[0], quality=10))
        assert source.of_pair(0.5, faces, model=MODEL).lacks == (strengths.OTHER_PHOTOS,)
        assert source.of_pair(0.5, faces, model="other").lacks == (strengths.NOT_CALIBRATED,)

    def test_an_altered_calibration_is_not_used(self, tmp_path: Path, records: Records) -> None:
        kept = records.calibrations.add(
            model=MODEL, version="1", material="ab" * 32, body=body_of(90, 300, (stratum(),))
        )

        class Altered:
            def newest(self, model: str) -> object:
                return replace(kept, body=kept.body.replace("300", "301"))

        source = Strengths(tmp_path, Shelf(gallery(200)), cast("strengths.CalibrationStore", Altered()))  # type: ignore[arg-type]
        (found,) = weigh(source, candidate(0.5))
        assert found.ratio is None
        assert "not what was written" in found.lacks[0]


def stratum() -> Stratum:
    """A line that gives log10(LR) = 2 at a score of 0.5, for faces of quality 50 and more."""
    return Stratum(
        name="quality 50 and above",
        quality_from=50,
        quality_to=np.inf,
        pose_from=-np.inf,
        pose_to=np.inf,
        slope=20 * np.log(10),
        intercept=-8 * np.log(10),
        lower=-2.5,
        upper=3.0,
        fitted_on=(100, 1000),
        tested_on=(100, 1000),
        cllr=0.1,
        cllr_min=0.09,
        cllr_cal=0.01,
    )


class TestWords:
    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (0.0001, "fewer than 0.01 unrelated people are"),
            (0.284, "about 0.28 unrelated people are"),
            (0.3, "about 0.3 unrelated people are"),
            (1.02, "about 1 unrelated person is"),
            (12.3, "about 12 unrelated people are"),
            (4312.0, "about 4,300 unrelated people are"),
        ],
    )
    def test_numbers_of_people_are_said_plainly(self, value: float, said: str) -> None:
        wrong = ExpectedWrong(value=value, low=value / 2, high=value * 2, references=10)
        assert wrong.sentence() == f"In a gallery of this size, {said} expected to score this high."

    def test_a_ratio_says_which_way_it_points_and_where_it_ends(self) -> None:
        def ratio(log10: float, *, capped: bool = False) -> LikelihoodRatio:
            return LikelihoodRatio(
                log10=log10,
                capped=capped,
                stratum="s",
                calibration=1,
                calibrated_at=datetime(2026, 1, 1, tzinfo=UTC),
            )

        assert "about 100 times as likely for photos of one person" in ratio(2).sentence()
        assert "more than 1,000 times as likely for photos of one" in ratio(3, capped=True).sentence()
        assert "about 20 times as likely for photos of two different" in ratio(-1.3).sentence()
        assert "as likely for one person as for two" in ratio(0).sentence()
        assert [ratio(2).short(), ratio(-1.3).short(), ratio(3, capped=True).short()] == [
            "100",
            "1/20",
            "> 1,000",
        ]

    def test_nothing_known_is_said_and_no_percentage_ever(self) -> None:
        assert UNKNOWN.document()["status"] == "not-calibrated"
        assert UNKNOWN.document()["expected_wrong"] is None
        everything = Strength(
            expected=ExpectedWrong(value=0.3, low=0.2, high=0.5, references=10),
            ratio=LikelihoodRatio(
                log10=2,
                capped=False,
                stratum="s",
                calibration=1,
                calibrated_at=datetime(2026, 1, 1, tzinfo=UTC),
            ),
        )
        assert everything.document()["status"] == "calibrated"
        assert "%" not in str(everything.document())


def test_a_tail_of_one_shape_is_one_value() -> None:
    assert Tail(share=0.02, shape=0.0, scale=1.0).above(np.array([FROM]))[0] == pytest.approx(0.02)
