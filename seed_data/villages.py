"""Where people live outside the core: village seeds in the valleys, their land, their hamlets and the town of each.

Villages keep their distance from one another, lie low, and have five to eleven hamlets in their own land.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from seed_data import country, plane, streets, terrain
from seed_data.plane import Array

FRINGE, RURAL = 8, 67
"""Villages at the edge of the core, and villages of the nine towns. With nine town seats and forty urban communities
they make 124."""


@dataclass(frozen=True)
class Villages:
    """Village seeds as lattice positions (fringe first, then rural, then town seats), land and hamlets."""

    seeds: list[int]
    town: list[int]
    land: NDArray[np.int64]
    hamlets: list[list[int]]


def place(
    rng: np.random.Generator, net: country.Lattice, ground: terrain.Terrain, layouts: list[streets.Layout]
) -> Villages:
    """Seeds, land, hamlets. ``town`` is the index in SEATS for rural villages and seats, −1 for the fringe."""
    core = layouts[0].outline
    seats = np.array(list(streets.SEATS.values()), float)
    to_core = plane.distances(core.exterior, net.points)
    to_water = plane.distances(ground.river, net.points)
    to_edge = plane.distances(ground.boundary.exterior, net.points)
    low = (net.height < 130) & (to_water > 260) & (to_edge > 700)
    fringe = _spread(rng, net, np.flatnonzero(low & (to_core > 450) & (to_core < 1300)), FRINGE, seats, 1500)
    taken = np.vstack([seats, net.points[fringe]])
    rural = _spread(rng, net, np.flatnonzero(low & (to_core > 1700)), RURAL, taken, 1350)
    doors = [country.nearest(net, *_door(net, layout)) for layout in layouts[1:]]
    seeds = fringe + rural + doors
    land = country.land(rng, net, seeds)
    town = [-1] * FRINGE + _towns(net, rural, seats) + list(range(len(doors)))
    return Villages(seeds, town, land, _hamlets(rng, net, seeds, land, low & (to_core > 120)))


def _door(net: country.Lattice, layout: streets.Layout) -> tuple[float, float]:
    spots = layout.gateways
    near = [np.min(np.hypot(*(net.points - spot).T)) for spot in spots]
    return tuple(spots[int(np.argmin(near))])


def _spread(
    rng: np.random.Generator, net: country.Lattice, pool: NDArray[np.int64], count: int, taken: Array, clear_m: float
) -> list[int]:
    """``count`` points of the pool as far apart as they can be, ``clear_m`` from those taken."""
    pool = rng.permutation(pool)
    away, _ = cKDTree(taken).query(net.points[pool])
    free = pool[away > clear_m]
    for gap in range(3600, 300, -60):
        left = free
        chosen: list[int] = []
        while len(left) and len(chosen) < count:
            chosen.append(int(left[0]))
            left = left[np.hypot(*(net.points[left] - net.points[left[0]]).T) > gap]
        if len(chosen) == count:
            return chosen
    raise ValueError(f"only {len(chosen)} of {count} villages find a place; lower clear_m from {clear_m}")


def _towns(net: country.Lattice, rural: list[int], seats: Array) -> list[int]:
    """Each rural village to a town at least total squared distance, seven or eight villages a town."""
    slots = np.repeat(np.arange(len(seats)), 8)[: len(seats) * 8]
    away = ((net.points[rural][:, None, :] - seats[slots][None, :, :]) ** 2).sum(-1)
    _, column = linear_sum_assignment(away)
    return [int(slots[c]) for c in column]


def _hamlets(
    rng: np.random.Generator, net: country.Lattice, seeds: list[int], land: NDArray[np.int64], low: NDArray[np.bool_]
) -> list[list[int]]:
    """The hamlets of each village, its own centre first (town seats have outlying hamlets only)."""
    found = []
    for i, seed in enumerate(seeds):
        seat = i >= FRINGE + RURAL
        want = int(rng.integers(2, 5)) if seat else int(rng.integers(5, 12))
        mine = np.flatnonzero((land == i) & low)
        away = np.hypot(*(net.points[mine] - net.points[seed]).T)
        order = mine[np.argsort(away + rng.exponential(1500, len(mine)))]
        chosen = [] if seat else [seed]
        for p in order:
            gap = np.hypot(*(net.points[p] - net.points[seed]))
            if gap > (600 if seat else 480) and all(np.hypot(*(net.points[p] - net.points[q])) > 520 for q in chosen):
                chosen.append(int(p))
            if len(chosen) >= want:
                break
        found.append(chosen)
    return found
