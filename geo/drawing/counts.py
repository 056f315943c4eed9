"""How many grids each part gets: given (核定数) or, as near the middle of the band as totals allow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo import bounds
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


def choose(problem: Problem, parts: bounds.Parts, set_aside: Ints, held: Ints) -> Ints:
    """The number of grids of each part, int32[p].

    ``set_aside`` int32[regions]: grids of the region outside all parts, taken off its given number;
    ``held`` int32[p]: grids that locks already demand in each part.
    """
    numbers = np.maximum(preferred(parts), np.maximum(held, 1))
    given = np.asarray(problem.counts, dtype=np.int32)
    atoms = np.bincount(parts.of_atom[parts.of_atom >= 0], minlength=len(parts.weight))
    for region in np.flatnonzero(given >= 0):
        mine = np.flatnonzero(parts.region == region)
        if len(mine):
            wanted = int(given[region] - set_aside[region])
            numbers[mine] = shared(wanted, parts, mine, np.maximum(held[mine], 1), atoms[mine])
    return np.minimum(numbers, np.maximum(atoms, 1)).astype(np.int32)


def least_outside(parts: bounds.Parts) -> Floats:
    """The fewest households out of band that totals allow in each part, float64[p]."""
    best = preferred(parts).astype(np.float64)
    return best * bounds.excess(parts.weight / best, parts.low, parts.high)


def preferred(parts: bounds.Parts) -> Ints:
    """The number with the fewest households out of band, then with the mean grid nearest the middle of the band."""
    middle = (parts.low + parts.high) / 2
    near = np.maximum(np.floor(parts.weight / middle), 1)
    options = np.stack([near - 1, near, near + 1, parts.fewest, np.maximum(parts.most, 1), parts.fewest - 1.0])
    options = np.maximum(options, 1)
    mean = parts.weight / options
    lows, highs = np.broadcast_to(parts.low, mean.shape), np.broadcast_to(parts.high, mean.shape)
    outside = options * bounds.excess(mean, lows, highs)
    off = np.abs(mean - middle) / middle
    best = np.lexsort((options, off, np.round(outside / middle, 9)), axis=0)[0]
    return np.asarray(options[best, np.arange(len(middle))], dtype=np.int32)


def other(parts: bounds.Parts, number: Ints, outside: NDArray[np.float64], turn: int, given: NDArray[np.bool_]) -> Ints:
    """The number to try in round ``turn``: another one within what totals allow where this one left grids out of band.

    Alternately one more and one less, farther each time; where all is in band, or the number is given, the same again.
    """
    step = (turn + 1) // 2 * (1 if turn % 2 else -1)
    tried = np.clip(number + step, parts.fewest, np.maximum(parts.most, parts.fewest))
    change = (outside > 0) & ~given & (parts.most >= parts.fewest)
    return np.where(change, tried, number).astype(np.int32)


def shared(total: int, parts: bounds.Parts, mine: NDArray[np.int64], least: Ints, most: NDArray[np.int64]) -> Ints:
    """``total`` grids of one region shared among its parts ``mine`` by Sainte-Laguë, within ``least`` and ``most``."""
    numbers = np.minimum(least, most).astype(np.int32)
    for _ in range(max(0, total - int(numbers.sum()))):
        claim = np.where(numbers < most, parts.weight[mine] / (numbers + 0.5), -1.0)
        if claim.max() < 0:
            break
        numbers[int(np.argmax(claim))] += 1
    return numbers
