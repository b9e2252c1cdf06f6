"""Agreement of groupings with the truth, held against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.partitions import agreement


def test_a_grouping_that_is_the_truth_is_perfect() -> None:
    found = agreement(np.array([5, 5, 7, 8, 8]), np.array([0, 0, 1, 2, 2]))
    assert (found.pair_f, found.cubed_f, found.groups, found.mixed) == (1.0, 1.0, 3, 0)


def test_one_group_of_two_people() -> None:
    # faces of A A A B in one group: 3 of 6 pairs show one person; B-cubed (3 * 3/4 + 1/4) / 4
    found = agreement(np.zeros(4, np.int64), np.array([0, 0, 0, 1]))
    assert found.pair_precision == 0.5
    assert found.pair_recall == 1
    assert found.cubed_precision == pytest.approx(0.625)
    assert (found.cubed_recall, found.mixed) == (1, 1)


def test_a_person_in_pieces() -> None:
    # A A | A | B: of 3 pairs of A one is together; B-cubed recall (2 * 2/3 + 1/3 + 1) / 4
    found = agreement(np.array([0, 0, 1, 2]), np.array([0, 0, 0, 1]))
    assert (found.pair_precision, found.cubed_precision) == (1, 1)
    assert found.pair_recall == pytest.approx(1 / 3)
    assert found.cubed_recall == pytest.approx(2 / 3)


def test_single_faces_have_no_pair_to_be_wrong_about() -> None:
    found = agreement(np.array([0, 1, 2]), np.array([0, 1, 2]))
    assert (found.pair_f, found.cubed_f) == (1, 1)


def test_nothing_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        agreement(np.empty(0, np.int64), np.empty(0, np.int64))
