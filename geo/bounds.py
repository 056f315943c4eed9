"""Bounds: what no drawing can do better, proved from totals alone.

A *part* is what remains connected of a component once the atoms that are a grid alone are set aside: indivisible atoms
above the cap, dedicated and closed grids. No grid in band reaches beyond its part: what joins two parts breaks the cap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import graph
from geo.atoms import Atoms
from geo.problem import Problem, high, low

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

SLACK = 1e-9
"""Relative tolerance of every comparison with the band: sums of floats are no exacter than that."""


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of a problem; p parts, numbered by their first atom.

    of_atom  int32[a], part of each atom, -1 for atoms that are a grid alone: heavy, exempt, or of a closed grid
    heavy    bool[a], ordinary atoms above the cap
    weight, low, high  float64[p]: households in the part, band of its region
    region   int32[p]
    fewest, most  int32[p]: numbers of grids that totals allow; fewest > most when no number does
    """

    of_atom: Ints
    heavy: NDArray[np.bool_]
    weight: Floats
    low: Floats
    high: Floats
    region: Ints
    fewest: Ints
    most: Ints


def parts(problem: Problem, atoms: Atoms) -> Parts:
    """The parts of ``problem`` and how many grids the totals allow in each."""
    cap = high(problem)[atoms.region] if len(atoms.first) else np.empty(0)
    heavy = (atoms.weight > cap * (1 + SLACK)) & ~atoms.exempt
    aside = heavy | atoms.exempt | atoms.closed
    key = np.where(aside, -1 - np.arange(len(aside), dtype=np.int32), np.int32(0)).astype(np.int32)
    piece = graph.pieces(atoms.indptr, atoms.indices, key)
    kept, _, place = graph.indexed(piece[~aside])
    of_atom = np.full(len(aside), -1, dtype=np.int32)
    of_atom[~aside] = place
    inside = of_atom >= 0
    weight = np.bincount(of_atom[inside], weights=atoms.weight[inside], minlength=len(kept)).astype(np.float64)
    region = np.zeros(len(kept), dtype=np.int32)
    region[of_atom[inside]] = atoms.region[inside]
    lows, highs = low(problem)[region], high(problem)[region]
    number = np.bincount(of_atom[inside], minlength=len(kept))
    fewest = np.maximum(1, np.ceil(weight / highs * (1 - SLACK))).astype(np.int32)
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.where(lows > 0, np.floor(weight / lows * (1 + SLACK)), number)
    return Parts(
        of_atom=of_atom,
        heavy=heavy,
        weight=weight,
        low=lows,
        high=highs,
        region=region,
        fewest=fewest,
        most=np.minimum(most, number).astype(np.int32),
    )


def least_deviation(parts: Parts, atoms: Atoms, number: Ints | None = None) -> Floats:
    """What the worst deviation |households − middle| / middle of each part is at the least, float64[p].

    From totals: of k grids one is as far from the middle as their mean; and from the heaviest atom, which lies in some
    grid. For the given ``number`` int32[p] of grids, -1 or None for any number. It holds while the atoms above the cap
    are grids of their own.
    """
    middle = (parts.low + parts.high) / 2
    given = np.full(len(middle), -1, dtype=np.int32) if number is None else number
    near = np.maximum(np.floor(parts.weight / middle), 1)
    options = np.where(given > 0, np.stack([given, given]), np.stack([near, near + 1]))
    totals = (np.abs(parts.weight / np.maximum(options, 1) - middle) / middle).min(axis=0, initial=np.inf)
    inside = parts.of_atom >= 0
    heaviest = np.zeros(len(middle))
    np.maximum.at(heaviest, parts.of_atom[inside], atoms.weight[inside])
    return np.asarray(np.maximum(totals, heaviest / middle - 1), dtype=np.float64)


def excess(weight: Floats, lows: Floats, highs: Floats) -> Floats:
    """Households outside the band: above the high end, or missing below the low end; 0 inside."""
    over = np.where(weight > highs * (1 + SLACK), weight - highs, 0.0)
    under = np.where(weight < lows * (1 - SLACK), lows - weight, 0.0)
    return np.asarray(over + under, dtype=np.float64)
