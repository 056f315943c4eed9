"""What a grid's border follows: sides of its cells counted by what lies on their other side, and how round it is.

A *side* is an edge of one cell of the grid towards a cell that is not in it. Pure: positions and labels in, counts out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import adjacency, cells

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Border:
    """Sides of one grid. ``outside``: the city ends there; ``region``: another region begins; ``barrier``: a hard
    barrier runs there; ``soft``: one that costs; ``open``: nothing but the other grid. They add up to ``sides``.

    ``towards``: sides by label of the neighbour over which nothing runs (``open``); ``roundness`` 0–1: 1 where no
    arrangement of as many cells has fewer sides; ``tails``: cells that at most one other cell of the grid touches.
    """

    size: int
    sides: int
    outside: int
    region: int
    barrier: int
    soft: int
    open: int
    towards: dict[int, int]
    roundness: float
    tails: int

    @property
    def forced(self) -> float:
        """The share of sides that no drawing could move: the city's edge, region borders and hard barriers."""
        return (self.outside + self.region + self.barrier) / self.sides if self.sides else 0.0


def of(
    ids: cells.Cells, graph: adjacency.Adjacency, *, region: Ints, labels: Ints, label: int
) -> Border:
    """The border of the grid ``label``. ``region`` and ``labels`` int32[n] are aligned with ``ids``.

    Links such as bridges join cells that do not touch; they are no sides.
    """
    own = np.flatnonzero(labels == label)
    near = cells.neighbours(ids)[own]
    there = near >= 0
    real = np.where(cells.pentagonal(ids)[own], 5, 6)
    across = np.where(there, near, 0)
    same = there & (labels[across] == label)
    other = there & ~same
    at, column = np.nonzero(other)
    beyond = near[at, column]
    apart = region[beyond] != region[own[at]]
    cost = _costs(graph, own[at], beyond)
    hard = ~apart & ~np.isfinite(cost)
    soft = ~apart & np.isfinite(cost) & (cost > 0)
    free = ~apart & ~hard & ~soft
    outside = int((real - there.sum(axis=1)).sum())
    towards, counts = np.unique(labels[beyond[free]], return_counts=True)
    sides = outside + int(at.size)
    return Border(
        size=int(own.size), sides=sides, outside=outside, region=int(apart.sum()), barrier=int(hard.sum()),
        soft=int(soft.sum()), open=int(free.sum()), towards=dict(zip(towards.tolist(), counts.tolist(), strict=True)),
        roundness=fewest_sides(int(own.size)) / sides if sides else 1.0,
        tails=int((same.sum(axis=1) <= 1).sum()) if own.size > 1 else 0,
    )


def fewest_sides(size: int) -> int:
    """The fewest sides that ``size`` hexagons can have together: 2⌈√(12n−3)⌉ (Harary and Harborth 1976)."""
    return 2 * int(np.ceil(np.sqrt(12 * size - 3) - 1e-9)) if size > 0 else 0


def _costs(graph: adjacency.Adjacency, tails: NDArray[np.int64], heads: Ints) -> NDArray[np.float32]:
    """float32: the barrier on each pair of neighbours; inf where the graph does not join them at all."""
    found = np.full(tails.size, np.inf, dtype=np.float32)
    for n, (tail, head) in enumerate(zip(tails.tolist(), heads.tolist(), strict=True)):
        row = slice(graph.indptr[tail], graph.indptr[tail + 1])
        hit = np.flatnonzero(graph.indices[row] == head)
        if hit.size:
            found[n] = graph.barrier[row][hit[0]]
    return found
