"""Grids over new region borders: every grid lies in one region again, and what no border cuts stays as it is.

A border of regions moves, and grids drawn before lie across it. Of such a grid the heaviest connected part keeps the
grid's label. Another part becomes a grid of its own where it is heavy enough to be one; otherwise it goes to the grid
of its region that it touches most, and where it touches none, adjoining leftovers become a grid together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from geo import errors, graph
from geo.adjacency import Adjacency

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Overlay:
    """``labels`` int32[n] after; ``cut`` labels of the grids that a border cut; ``fresh`` the old label of which each
    new label is mostly made."""

    labels: Ints
    cut: list[int]
    fresh: dict[int, int]


def nest(
    adjacency: Adjacency, labels: Ints, region: Ints, *, households: Floats, low: float,
    closed: tuple[int, ...] = (), only: Ints | None = None,
) -> Overlay:
    """Nest the grids ``labels`` int32[n] (-1: no grid, stays so) in ``region`` int32[n].

    ``households`` float64[n] weigh the parts; a part of ``low`` or more is a grid of its own. Grids of the ``closed``
    labels take nothing in. With ``only``, grids of other labels stay even where they lie in several regions: they did
    before. New labels follow the highest. Raises ProblemError where the arrays do not fit together.
    """
    if not len(labels) == len(region) == len(households) == len(adjacency.indptr) - 1:
        raise errors.ProblemError("labels, regions, households and neighbours must be of the same cells", values=None)
    out = labels.astype(np.int32, copy=True)
    cut = [label for label in _cut(labels, region) if only is None or label in only]
    tails, heads = graph.sources(adjacency.indptr), adjacency.indices
    kept = np.isfinite(adjacency.barrier) & (region[tails] == region[heads])
    tails, heads = tails[kept], heads[kept]
    torn = np.flatnonzero(np.isin(labels, cut) & (labels >= 0))
    part = _components(torn, tails, heads, labels)
    loose = _lesser(part, labels[torn], households[torn])
    out[torn[np.isin(part, loose)]] = -2
    following = int(labels.max(initial=-1)) + 1
    fresh: dict[int, int] = {}
    for number in loose:  # heaviest first
        at = torn[part == number]
        if households[at].sum() >= low > 0:
            out[at] = following
            fresh[following] = int(labels[at[0]])
            following += 1
    waits = out[tails] == -2
    _give(out, [torn[part == number] for number in loose], tails[waits], heads[waits], closed)
    left = np.flatnonzero(out == -2)
    together = _components(left, tails, heads, np.zeros_like(labels))
    for number in range(int(together.max(initial=-1)) + 1):
        at = left[together == number]
        out[at] = following
        fresh[following] = int(np.bincount(labels[at], weights=households[at] + 1e-9).argmax())
        following += 1
    return Overlay(out, cut, fresh)


def _cut(labels: Ints, region: Ints) -> list[int]:
    """Labels of the grids that lie in more than one region."""
    inside = labels >= 0
    pairs = np.unique(np.stack([labels[inside], region[inside]], axis=1), axis=0)
    found, number = np.unique(pairs[:, 0], return_counts=True)
    return [int(label) for label in found[number > 1]]


def _components(at: NDArray[np.int64], tails: Ints, heads: Ints, labels: Ints) -> Ints:
    """The number of the connected part of each of the positions ``at`` over edges within one label."""
    place = np.full(len(labels), -1, dtype=np.int64)
    place[at] = np.arange(len(at))
    kept = (place[tails] >= 0) & (place[heads] >= 0) & (labels[tails] == labels[heads])
    rows, columns = place[tails[kept]], place[heads[kept]]
    table = sparse.coo_matrix((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(len(at), len(at)))
    return np.asarray(csgraph.connected_components(table, directed=False)[1], dtype=np.int32)


def _lesser(part: Ints, labels: Ints, households: Floats) -> list[int]:
    """The parts that are not the heaviest of their grid (more cells decide, then the first), heaviest first."""
    numbers, first, size = np.unique(part, return_index=True, return_counts=True)
    weight = np.bincount(part, weights=households, minlength=len(numbers))
    own = labels[first]
    order = np.lexsort((numbers, -size, -weight))
    heaviest = np.zeros(len(numbers), dtype=np.bool_)
    heaviest[order[np.unique(own[order], return_index=True)[1]]] = True
    return [int(number) for number in order if not heaviest[number]]


def _give(
    out: Ints, parts: list[NDArray[np.int64]], tails: Ints, heads: Ints, closed: tuple[int, ...]
) -> None:
    """Give each part that has no grid yet (-2) to the grid it touches most, again and again while any finds one."""
    waiting = [at for at in parts if out[at[0]] == -2]
    while waiting:
        still = []
        for at in waiting:
            near = out[heads[np.isin(tails, at)]]
            near = near[(near >= 0) & ~np.isin(near, closed)]
            if near.size:
                out[at] = np.bincount(near).argmax()
            else:
                still.append(at)
        if len(still) == len(waiting):
            return
        waiting = still
