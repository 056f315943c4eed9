"""Partition: a grid label for every cell, as a value. A change is a new value.

Labels are any whole numbers from 0; a fresh drawing uses 0…k-1, while locks and earlier plans may leave gaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import errors, graph


@dataclass(frozen=True, eq=False)
class Partition:
    """``cells`` uint64[n], sorted and unique; ``labels`` int32[n], the grid of each cell, none negative."""

    cells: NDArray[np.uint64]
    labels: NDArray[np.int32]

    def __post_init__(self) -> None:
        cells = np.array(self.cells, dtype=np.uint64)
        labels = np.asarray(self.labels)
        if cells.ndim != 1 or labels.shape != cells.shape:
            raise errors.ProblemError(
                f"a partition needs one label per cell: {cells.shape} cells, {labels.shape} labels",
                values=(cells.shape, labels.shape),
            )
        if len(cells) > 1 and not bool(np.all(cells[1:] > cells[:-1])):
            raise errors.ProblemError("the cells of a partition are sorted and unique", values=cells)
        if labels.size and (labels.dtype.kind not in "iu" or int(labels.min()) < 0 or int(labels.max()) > 2**31 - 1):
            bad = cells[labels < 0][:20] if labels.dtype.kind in "iu" else labels.dtype
            raise errors.ProblemError("labels are whole numbers from 0 to 2147483647", values=bad)
        labels = labels.astype(np.int32)
        cells.flags.writeable = False
        labels.flags.writeable = False
        object.__setattr__(self, "cells", cells)
        object.__setattr__(self, "labels", labels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Partition):
            return NotImplemented
        return bool(np.array_equal(self.cells, other.cells) and np.array_equal(self.labels, other.labels))

    __hash__ = None  # type: ignore[assignment]


def grids(partition: Partition) -> NDArray[np.int32]:
    """The labels in use, ascending."""
    return graph.indexed(partition.labels)[0]


def sums(partition: Partition, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of ``values`` float64[n] over each grid, aligned with ``grids(partition)``."""
    at = graph.indexed(partition.labels)[2]
    return np.bincount(at, weights=values).astype(np.float64) if len(at) else np.empty(0)


def compact(partition: Partition) -> Partition:
    """The same grids numbered 0…k-1 by their first cell, so that equal plans have equal labels."""
    _, first, at = graph.indexed(partition.labels)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first), dtype=np.int32)
    return Partition(partition.cells, rank[at])


def same(one: Partition, other: Partition) -> bool:
    """Whether two partitions draw the same grids, whatever their labels."""
    return compact(one) == compact(other)
