"""Final labels: locks keep theirs, everything else takes the free numbers in the order of first cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo import bounds, graph
from geo.atoms import Atoms
from geo.problem import Problem

Ints = NDArray[np.int32]


def joined(problem: Problem, atoms: Atoms, parts: bounds.Parts, label: Ints) -> Ints:
    """``label`` with every part below half the band given to the lightest indivisible atom above the cap it touches.

    That leaves fewer households out of band than a grid so small would: r too many there, where r < low - r are
    missing here. Such atoms are marked ``-2 - heavy atom``. Not where the region's number of grids is given.
    """
    small = (parts.weight < parts.low / 2) & (np.asarray(problem.counts)[parts.region] < 0)
    if not (small.any() and parts.heavy.any()):
        return label
    tails = graph.sources(atoms.indptr)
    mine, heads = parts.of_atom[tails], atoms.indices
    kept = (mine >= 0) & parts.heavy[heads] & ~atoms.closed[heads]
    kept[kept] = small[mine[kept]]
    out = label.copy()
    choice = np.lexsort((heads[kept], atoms.weight[heads[kept]], mine[kept]))
    chosen, at = np.unique(mine[kept][choice], return_index=True)
    for part, heavy in zip(chosen.tolist(), heads[kept][choice][at].tolist()):
        held = parts.of_atom == part
        if not (atoms.lock[held] >= 0).any():
            out[held] = -2 - heavy
    return out


def fresh(label: Ints, names: Ints, lock: Ints) -> Ints:
    """The final label of each atom. ``label`` int32[a], -1 for atoms that are a grid alone, below that as
    ``joined`` marks them; ``names`` int32[g], the
    label that a grid must bear or -1; ``lock`` int32[a] the same for atoms alone."""
    alone = label == -1
    inner = label.copy()
    inner[alone] = len(names) + np.arange(int(alone.sum()), dtype=np.int32)
    guests = label < -1
    inner[guests] = inner[-2 - label[guests]]
    wish = np.concatenate([names, lock[alone]]).astype(np.int32)
    first = np.full(len(wish), len(label), dtype=np.int64)
    np.minimum.at(first, inner, np.arange(len(label)))
    used = np.flatnonzero(first < len(label))
    return finish(wish, used[np.argsort(first[used], kind="stable")], np.empty(0, dtype=np.int32))[inner]


def finish(wish: Ints, order: NDArray[np.int64], barred: Ints) -> Ints:
    """A label for each grid: its ``wish`` (int32[g], -1 none) if nobody before it in ``order`` had the same one, else
    the lowest number that is neither wished for nor ``barred``."""
    final = np.full(len(wish), -1, dtype=np.int32)
    wishes = wish[order]
    _, earliest = np.unique(wishes, return_index=True)
    granted = np.zeros(len(order), dtype=np.bool_)
    granted[earliest] = True
    granted &= wishes >= 0
    final[order[granted]] = wishes[granted]
    rest = order[~granted]
    taken = np.union1d(wishes[wishes >= 0], barred)
    free = np.setdiff1d(np.arange(len(rest) + len(taken), dtype=np.int32), taken)
    final[rest] = free[: len(rest)]
    return final
