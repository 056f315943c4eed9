"""Many nets, one grid: department grids laid over the basic ones, held against them, and their common refinement.

A *net* is a department's grids as sets of cells that may overlap or leave cells out. It *rests on* the basic grids when
each of its grids is a union of whole basic grids. Pure: positions and labels in, values out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import adjacency, errors, graph

Positions = NDArray[np.int64]
Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Cut:
    """A basic grid that a department's grid holds only in part: ``inside`` of ``size`` cells, ``weight`` of ``whole``
    (households). ``take``: whether taking it whole is nearer than leaving it out (by weight, by cells where none)."""

    grid: int
    label: int
    inside: int
    size: int
    weight: float
    whole: float
    take: bool


@dataclass(frozen=True, eq=False)
class Report:
    """A net against the basic grids. ``overlap`` cells that several of its grids claim, with the pairs of grids and how
    many cells they share; ``gap`` cells that none claims; ``cuts`` where it does not rest on basic grids; ``label``
    int32[n] the net's grid of each cell (the first that claims it, -1 none)."""

    label: Ints
    overlap: Positions
    pairs: list[tuple[int, int, int]]
    gap: Positions
    cuts: list[Cut]

    @property
    def rests(self) -> bool:
        """Whether every grid of the net is a union of basic grids, each cell claimed at most once."""
        return not self.cuts and self.overlap.size == 0


def against(members: Sequence[Positions], basic: Ints, weights: NDArray[np.float64]) -> Report:
    """Hold a net (the cells of each of its grids) against ``basic`` int32[n] labels, -1 where there is no basic grid.

    ``weights`` float64[n] are households. Raises GeoError for positions outside 0…n-1.
    """
    n = basic.size
    claims = np.zeros(n, dtype=np.int64)
    label = np.full(n, -1, dtype=np.int32)
    for number in range(len(members) - 1, -1, -1):
        own = members[number]
        if own.size and (int(own.min()) < 0 or int(own.max()) >= n):
            raise errors.GeoError(f"grid {number} of the net has cells outside the {n} given", values=number)
        claims[own] += 1
        label[own] = number
    whole_cells, whole_weight = _sums(basic, np.ones(n)), _sums(basic, weights)
    cuts = [cut for number, own in enumerate(members) for cut in _cuts(number, own, basic, weights, whole_cells,
                                                                       whole_weight)]  # fmt: skip
    return Report(
        label, np.flatnonzero(claims > 1), _shared(members, claims), np.flatnonzero(claims == 0), cuts
    )


def snapped(members: Sequence[Positions], basic: Ints, weights: NDArray[np.float64]) -> Ints:
    """The net moved onto the basic grids, int32[n]: each basic grid goes whole to the grid of the net that holds most
    of its households (of its cells where nobody lives there; the lower number on a tie), -1 where none holds any."""
    out = np.full(basic.size, -1, dtype=np.int32)
    if not members:
        return out
    size = max(int(basic.max(initial=-1)), -1) + 1
    best = np.full((size, 2), 0.0)
    winner = np.full(size, -1, dtype=np.int32)
    for number, own in enumerate(members):
        inside = own[basic[own] >= 0]
        homes = np.bincount(basic[inside], weights=weights[inside], minlength=size)
        cells = np.bincount(basic[inside], minlength=size).astype(np.float64)
        more = (cells > 0) & ((homes > best[:, 0] + 1e-9) | ((homes >= best[:, 0] - 1e-9) & (cells > best[:, 1])))
        winner[more] = number
        best[more] = np.column_stack((homes, cells))[more]
    known = basic >= 0
    out[known] = winner[basic[known]]
    return out


def refinement(
    nets: Sequence[Sequence[Positions]], basic: Ints, steps: adjacency.Adjacency
) -> Ints:
    """The coarsest division of which the basic grids and all grids of all nets are unions: int32[n] from 0, numbered by
    first cell; each part connected (in ``steps``); -1 where there is no basic grid.

    Every part lies in one basic grid and, of each grid of each net, wholly inside or wholly outside.
    """
    n = basic.size
    part = basic.astype(np.int64)
    for net in nets:
        for own in net:
            inside = np.zeros(n, dtype=np.int64)
            inside[own] = 1
            part = np.unique(np.where(part < 0, -1, 2 * part + inside), return_inverse=True)[1].ravel()
            part = part - int((basic < 0).any())
    joined = graph.pieces(steps.indptr, steps.indices, part.astype(np.int32))
    out = np.full(n, -1, dtype=np.int32)
    known = basic >= 0
    _, first, at = np.unique(joined[known], return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int32)
    rank[np.argsort(first, kind="stable")] = np.arange(first.size, dtype=np.int32)
    out[known] = rank[at.ravel()]
    return out


def _cuts(
    number: int, own: Positions, basic: Ints, weights: NDArray[np.float64], cells: NDArray[np.float64],
    homes: NDArray[np.float64],
) -> list[Cut]:
    known = own[basic[own] >= 0]
    inside = _sums_of(basic[known], np.ones(known.size), cells.size)
    weight = _sums_of(basic[known], weights[known], cells.size)
    found = []
    for label in np.flatnonzero((inside > 0) & (inside < cells)).tolist():
        whole = float(homes[label])
        share = float(weight[label]) / whole if whole > 0 else float(inside[label] / cells[label])
        found.append(Cut(
            number, label, int(inside[label]), int(cells[label]), float(weight[label]), whole, share >= 0.5
        ))  # fmt: skip
    return found


def _shared(members: Sequence[Positions], claims: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Pairs of grids that share cells, and how many."""
    at, of = [], []
    for number, own in enumerate(members):
        twice = own[claims[own] > 1]
        at.append(twice)
        of.append(np.full(twice.size, number, dtype=np.int64))
    if not at:
        return []
    cells, grids = np.concatenate(at), np.concatenate(of)
    order = np.lexsort((grids, cells))
    cells, grids = cells[order], grids[order]
    pairs: dict[tuple[int, int], int] = {}
    for group in np.split(grids, np.flatnonzero(np.diff(cells)) + 1):
        for n, one in enumerate(group.tolist()):
            for other in group[n + 1 :].tolist():
                pairs[one, other] = pairs.get((one, other), 0) + 1
    return [(one, other, shared) for (one, other), shared in sorted(pairs.items())]


def _sums(labels: Ints, values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = labels >= 0
    return _sums_of(labels[known], values[known], int(labels.max(initial=-1)) + 1)


def _sums_of(labels: Ints, values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    return np.bincount(labels, weights=values, minlength=size).astype(np.float64)
