"""Partitions are values."""

from __future__ import annotations

import numpy as np
import pytest

from geo import errors, partition
from geo.partition import Partition


def test_it_is_a_value() -> None:
    labels = np.array([3, 3, 1])
    one = Partition(np.array([5, 6, 9], dtype=np.uint64), labels)
    labels[0] = 7
    assert one == Partition(one.cells, np.array([3, 3, 1]))
    assert one != Partition(one.cells, np.array([3, 1, 1]))
    with pytest.raises(ValueError, match="read-only"):
        one.labels[0] = 2


def test_equal_plans_have_equal_compact_labels() -> None:
    cells = np.arange(5, dtype=np.uint64)
    one, other = Partition(cells, np.array([9, 9, 2, 2, 40])), Partition(cells, np.array([0, 0, 7, 7, 3]))
    assert partition.compact(one).labels.tolist() == [0, 0, 1, 1, 2]
    assert partition.same(one, other)
    assert not partition.same(one, Partition(cells, np.array([0, 7, 7, 7, 3])))


def test_sums_go_with_the_labels_in_use() -> None:
    one = Partition(np.arange(4, dtype=np.uint64), np.array([8, 2, 8, 2]))
    assert partition.grids(one).tolist() == [2, 8]
    assert partition.sums(one, np.array([1.0, 2.0, 4.0, 8.0])).tolist() == [10.0, 5.0]


@pytest.mark.parametrize(
    ("cells", "labels"),
    [([1, 2], [0]), ([2, 1], [0, 0]), ([1, 1], [0, 0]), ([1, 2], [0, -1]), ([1, 2], [0.5, 1.0]), ([1], [2**31])],
)
def test_what_is_no_partition_is_refused(cells: list[int], labels: list[float]) -> None:
    with pytest.raises(errors.ProblemError):
        Partition(np.array(cells, dtype=np.uint64), np.array(labels))  # type: ignore[arg-type]
