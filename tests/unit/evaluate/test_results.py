"""Whole evaluations on made-up people: what is counted, what is left out, and what is listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from antigone.errors import UsageError
from antigone.evaluate import metrics
from antigone.evaluate.documents import identification_document, verification_document
from antigone.evaluate.groups import GroupRow, GroupTable
from antigone.evaluate.identification import IdentificationResult, identify
from antigone.evaluate.material import Material
from antigone.evaluate.outside_quality import read_quality
from antigone.evaluate.scores import (
    identification_of,
    pair_rows,
    read_scores,
    search_rows,
    verification_of,
    write_scores,
)
from antigone.evaluate.suspects import Kind, read_doubtful
from antigone.evaluate.verification import Wishes, verify
from labelled import extracted, pairs, people, searches


def searched(noise: float) -> IdentificationResult:
    trial, found = searches(noise=noise)
    return identify(trial, found, "m")


def test_people_who_are_easy_to_tell_apart_are_found() -> None:
    result = searched(0.2)
    assert (result.references, result.people, len(result.searches)) == (40, 40, 80)
    assert result.ranks[1].errors == 0
    assert not result.ranks[1].solid
    assert result.unknown_probes == 0
    assert [at.can_be_set for at in result.open_set] == [True, False, False, False]
    document = identification_document(result)
    assert document["open_set"][1]["fnir"] is None  # type: ignore[index]


def test_a_failed_photo_is_a_miss_and_counted() -> None:
    trial, found = searches(noise=0.2)
    templates = found.extraction.templates.copy()
    templates[[1, 4]] = np.nan  # two probes
    templates[6] = np.nan  # a reference: both probes of that person are missed
    result = identify(trial, extracted(templates), "m")
    assert result.ranks[50].errors == 4
    assert result.failure_to_enrol["probes"].errors == 2
    assert result.failure_to_enrol["gallery"].errors == 1
    assert len(result.searches.non_mated_searches()) == 78


def test_the_same_file_is_left_out_under_one_name_and_listed_under_two() -> None:
    trial, found = searches(noise=0.2)
    hashes = list(found.sha256)
    hashes[1] = hashes[0]  # a probe is the reference of its own person
    hashes[5] = hashes[3]
    hashes[8] = hashes[11]  # one file under two names
    result = identify(trial, extracted(found.extraction.templates, tuple(hashes)), "m")
    assert result.self_matches == 2
    assert len(result.searches) == 78
    kinds = [suspect.kind for suspect in result.suspects]
    assert kinds.count(Kind.SELF_MATCH) == 2
    assert kinds.count(Kind.SAME_PHOTO) == 1
    with pytest.raises(UsageError, match="the very photo"):
        identify(trial, extracted(found.extraction.templates, ("ab" * 32,) * 120), "m")


def test_wrong_labels_are_found_and_can_be_set_aside() -> None:
    material, found = people(40, 3, noise=0.2)
    templates = found.extraction.templates.copy()
    templates[3:6] = templates[0:3]  # person-001 is person-000 under another name
    templates[7] = templates[30]  # a photo of person-010 lies with those of person-002
    trial, _ = searches(40, 3)
    trial = replace(trial, material=material)
    result = identify(trial, extracted(templates), "m", Wishes(doubtful=[("person-000", "person-001")]))
    by_kind = {
        kind: [
            {material.entries[suspect.first].subject, material.entries[suspect.second].subject}
            for suspect in result.suspects
            if suspect.kind is kind
        ]
        for kind in Kind
    }
    assert by_kind[Kind.TWO_NAMES] == [{"person-000", "person-001"}]
    assert by_kind[Kind.WRONG_NAME] == [{"person-002", "person-010"}]
    assert by_kind[Kind.UNLIKE] == [{"person-002"}]
    assert result.undoubted[0].threshold < result.open_set[0].threshold
    with pytest.raises(UsageError, match="none of the doubtful pairs"):
        identify(trial, extracted(templates), "m", Wishes(doubtful=[("person-000", "person-999")]))


def test_doubtful_names_are_read_two_a_line(tmp_path: Path) -> None:
    path = tmp_path / "doubtful.csv"
    path.write_text("anna,anne\n\n ben , benjamin\n")
    assert read_doubtful(path) == (("anna", "anne"), ("ben", "benjamin"))
    path.write_text("anna\n")
    with pytest.raises(UsageError, match="line 1: two names"):
        read_doubtful(path)


def test_nothing_to_compare_is_an_error_and_not_a_perfect_score() -> None:
    trial, found = searches()
    blank = extracted(np.full_like(found.extraction.templates, np.nan))
    with pytest.raises(UsageError, match="not one probe could be searched"):
        identify(trial, blank, "m")
    of_pairs, found = pairs()
    with pytest.raises(UsageError, match="not one could be compared"):
        verify(of_pairs, extracted(np.full_like(found.extraction.templates, np.nan)), "m")


def test_one_person_alone_has_no_open_set() -> None:
    trial, found = searches(count=1)
    result = identify(trial, found, "m")
    assert result.open_set == ()
    assert result.ranks[1].errors == 0
    assert identification_document(result)["open_set"] == []


def test_pairs_are_all_compared_and_judged_both_ways() -> None:
    trial, found = pairs(noise=0.9)
    result = verify(trial, found, "m", Wishes(group_by=["camera"]))
    assert int(result.pairs.mated.sum()) == 20 * 3
    assert len(result.pairs) == 60 * 59 // 2
    assert result.failure_to_enrol is not None
    assert result.failure_to_enrol.errors == 0
    (table,) = result.groups
    assert [row.group for row in table.rows] == ["new", "old"]
    assert sum(row.missed.share.trials for row in table.rows if row.missed) == 60
    assert table.warnings()
    document = verification_document(result)
    assert document["pairs"] == {"mated": 60, "non_mated": 1710, "self_matches": 0}


def test_groups_share_the_threshold_of_all() -> None:
    trial, found = searches(noise=1.1, count=200)
    result = identify(trial, found, "m", Wishes(group_by=["camera"]))
    (table,) = result.groups
    assert table.threshold == result.open_set[1].threshold
    assert sum(row.missed.errors for row in table.rows if row.missed) == sum(
        metrics.identification_misses(result.searches, table.threshold)
    )
    with pytest.raises(UsageError, match="no column age") as caught:
        identify(trial, found, "m", Wishes(group_by=["age"]))
    assert "camera" in caught.value.hint


def test_a_ratio_between_groups_needs_counts_that_carry_it() -> None:
    def row(group: str, errors: int) -> GroupRow:
        rate = metrics.rate_by_people(np.arange(1000) < errors, np.arange(1000))
        return GroupRow(group=group, people=1000, missed=rate, false_alarm=rate)

    fair = GroupTable(column="camera", threshold=0.5, rows=(row("a", 40), row("b", 160)))
    assert fair.missed_ratio == pytest.approx(2)  # 160 against sqrt(40 * 160) = 80
    assert fair.warnings() == ()
    thin = GroupTable(column="camera", threshold=0.5, rows=(row("a", 29), row("b", 160)))
    assert thin.missed_ratio is None
    assert "fewer than 30 missed people in a" in thin.warnings()[0]


def test_a_column_of_ages_is_no_group(tmp_path: Path) -> None:
    material, found = people(80, 2)
    photos = tuple(
        replace(photo, groups={"age": str(number)}) for number, photo in enumerate(material.photos)
    )
    trial, _ = searches(80, 2)
    trial = replace(trial, material=Material(photos=photos, entries=material.entries))
    with pytest.raises(UsageError, match="different values"):
        identify(trial, found, "m", Wishes(group_by=["age"]))


def test_scores_written_and_read_back_judge_alike(tmp_path: Path) -> None:
    trial, found = pairs(noise=0.9)
    templates = found.extraction.templates.copy()
    templates[5] = np.nan
    result = verify(trial, extracted(templates), "m")
    write_scores(tmp_path / "pairs.csv", pair_rows(result))
    again = verification_of(read_scores(tmp_path / "pairs.csv"))
    assert np.allclose(again.pairs.score, result.pairs.score, atol=1e-6, equal_nan=True)
    assert [point.fnmr.errors for point in again.points] == [point.fnmr.errors for point in result.points]

    searching, found = searches(noise=1.0)
    templates = found.extraction.templates.copy()
    templates[1] = np.nan
    whole = identify(searching, extracted(templates), "m")
    write_scores(tmp_path / "searches.csv", search_rows(whole))
    part = identification_of(read_scores(tmp_path / "searches.csv"))
    assert part.searches.rank.tolist() == whole.searches.rank.tolist()
    assert {rank: rate.errors for rank, rate in part.ranks.items()} == {
        rank: rate.errors for rank, rate in whole.ranks.items()
    }
    assert part.open_set[0].rate.errors == whole.open_set[0].rate.errors


def test_scores_of_other_tools_are_read(tmp_path: Path) -> None:
    lines = ["a a a/1 0.9", "b a a/1 0.2", "a b b/1 0.1", "b b b/1 0.8", "a c c/1 0.3", "b c c/1 0.4"]
    (tmp_path / "four").write_text("\n".join(lines) + "\n")
    table = read_scores(tmp_path / "four")
    assert identification_of(table).unknown_probes == 1
    assert identification_of(table).ranks[1].errors == 0
    assert verification_of(table).pairs.mated.sum() == 2
    for text, said in (
        ("a,b\n1,2\n", "no score file"),
        ("a a a/1 high\n", "high is no score"),
        ("a a a/1 0.1\nb a 0.2\n", "line 2: 3 columns, expected 4"),
        ("", "holds no scores"),
    ):
        (tmp_path / "bad").write_text(text)
        with pytest.raises(UsageError, match=said):
            read_scores(tmp_path / "bad")


def test_a_measure_by_others_is_held_against_errors_beside_our_own(tmp_path: Path) -> None:
    trial, found = searches(60, noise=0.9)
    plain = identify(trial, found, "m")
    missed = dict(
        zip(
            plain.probes.tolist(),
            metrics.identification_misses(plain.searches, plain.open_set[1].threshold).tolist(),
            strict=True,
        )
    )
    table = tmp_path / "quality.csv"
    names = [photo.name for photo in trial.material.photos]
    rows = [f"{names[row]},{0 if missed.get(row) else 9},{row}" for row in range(len(names))]
    table.write_text("\n".join(["photo,oracle,score", *rows]), encoding="utf-8")
    result = identify(trial, found, "m", Wishes(quality=read_quality(table)))
    assert {"score", "oracle", "score (given)"} <= result.discard.keys()
    assert result.discard["oracle"][0] == pytest.approx(result.discard["score"][0])
    assert result.discard["oracle"][-1] < 0.5 * result.discard["score"][-1]
    assert plain.discard.keys() < result.discard.keys()


def test_two_ways_of_searching_are_held_against_each_other_probe_by_probe() -> None:
    before = searched(2.5).searches
    after = replace(before, mated=before.mated + 0.2, rank=np.ones_like(before.rank))
    gained = metrics.fnir_difference(before, after, 0.1, resamples=200)
    assert gained.value < gained.high < 0
    same = metrics.fnir_difference(before, before, 0.1, resamples=50)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    with pytest.raises(ValueError, match="same people"):
        metrics.fnir_difference(before, after.take(np.arange(10)))
