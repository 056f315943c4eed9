"""The first labels: METIS divides each part into its number of grids; what it leaves torn or empty, ``repair`` mends.

METIS (Karypis & Kumar 1998) gives short borders fast but neither whole grids nor the band on lumpy weights.
"""

from __future__ import annotations

import numpy as np
import pymetis
from numpy.typing import NDArray

from geo.atoms import Atoms

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


def divide(atoms: Atoms, members: NDArray[np.int64], number: int, *, seed: int) -> Ints:
    """A label 0…number-1 for each of ``members`` (atoms of one part, ascending)."""
    if number <= 1 or len(members) <= 1:
        return np.zeros(len(members), dtype=np.int32)
    if number >= len(members):
        return np.arange(len(members), dtype=np.int32)
    indptr, indices, pairs = subgraph(atoms, members)
    result = pymetis.part_graph(
        number,
        pymetis.CSRAdjacency(indptr, indices),
        vweights=_whole(atoms.weight[members], number),
        eweights=np.maximum(pairs, 1).astype(np.int64),
        recursive=True,
        options=pymetis.Options(seed=seed),
    )
    return np.asarray(result.vertex_part, dtype=np.int32)


def follow(labels: Ints, weight: Floats, number: int) -> Ints:
    """The heaviest ``number`` grids of earlier ``labels`` int32[m] as 0…number-1; -2 for atoms of all others."""
    _, first, at = np.unique(labels, return_index=True, return_inverse=True)
    load = np.bincount(at, weights=weight)
    rank = np.full(len(load), -2, dtype=np.int32)
    heaviest = np.lexsort((first, -load))[:number]
    rank[heaviest] = np.arange(len(heaviest), dtype=np.int32)
    return rank[at]


def subgraph(atoms: Atoms, members: NDArray[np.int64]) -> tuple[Ints, Ints, Floats]:
    """The graph among ``members`` alone, by their positions: rows, neighbours, touching pairs per edge."""
    place = np.full(len(atoms.first), -1, dtype=np.int32)
    place[members] = np.arange(len(members), dtype=np.int32)
    starts, ends = atoms.indptr[members], atoms.indptr[members + 1]
    lengths = ends - starts
    edges = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())
    near = place[atoms.indices[edges]]
    kept = near >= 0
    tails = np.repeat(np.arange(len(members), dtype=np.int32), lengths)[kept]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=len(members)))]).astype(np.int32)
    return indptr, near[kept].astype(np.int32), atoms.pairs[edges][kept]


def _whole(weight: Floats, number: int) -> NDArray[np.int64]:
    """Weights as the whole numbers METIS takes: about 10 000 a grid, a little for empty atoms too."""
    total = float(weight.sum())
    if total <= 0:
        return np.ones(len(weight), dtype=np.int64)
    scale = min(10_000.0, 1e9 / number) * number / total
    return np.maximum(np.rint(weight * scale), 0).astype(np.int64)
