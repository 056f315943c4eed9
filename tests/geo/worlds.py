"""Tiny known worlds for the drawing tests: hexagons in rows, odd rows shifted half a cell to the right."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.adjacency import Adjacency
from geo.problem import Problem

EVEN = ((0, 1), (0, -1), (1, 0), (1, -1), (-1, 0), (-1, -1))
ODD = ((0, 1), (0, -1), (1, 1), (1, 0), (-1, 1), (-1, 0))


def hexagons(rows: int, columns: int, *, missing: Collection[int] = ()) -> tuple[NDArray[np.uint64], list[set[int]]]:
    """Cell ids (row * columns + column, without ``missing``) and the neighbours of each by position."""
    ids = [cell for cell in range(rows * columns) if cell not in missing]
    place = {cell: at for at, cell in enumerate(ids)}
    near: list[set[int]] = []
    for cell in ids:
        row, column = divmod(cell, columns)
        around = set()
        for down, right in ODD if row % 2 else EVEN:
            other = (row + down) * columns + column + right
            if 0 <= row + down < rows and 0 <= column + right < columns and other in place:
                around.add(place[other])
        near.append(around)
    return np.array(ids, dtype=np.uint64), near


def adjacency(near: Sequence[Collection[int]], *, barriers: dict[tuple[int, int], float] | None = None) -> Adjacency:
    """The neighbour graph; ``barriers`` gives the cost of pairs of positions (both directions)."""
    costs = barriers or {}
    indices = [other for around in near for other in sorted(around)]
    tails = [node for node, around in enumerate(near) for _ in around]
    barrier = [costs.get((min(pair), max(pair)), 0.0) for pair in zip(tails, indices, strict=True)]
    return Adjacency(
        np.concatenate([[0], np.cumsum([len(around) for around in near])]).astype(np.int32),
        np.array(indices, dtype=np.int32),
        np.array(barrier, dtype=np.float32),
    )


def river(near: Sequence[Collection[int]], side: ArrayLike, cost: float = np.inf) -> dict[tuple[int, int], float]:
    """Barriers between cells whose ``side`` differs."""
    banks = np.asarray(side)
    return {
        (node, other): cost
        for node, around in enumerate(near)
        for other in around
        if node < other and banks[node] != banks[other]
    }


def problem(
    rows: int,
    columns: int,
    households: ArrayLike,
    band: tuple[float, float],
    *,
    region: ArrayLike | None = None,
    missing: Collection[int] = (),
    barriers: dict[tuple[int, int], float] | None = None,
    **more: object,
) -> Problem:
    """A problem on ``rows`` × ``columns`` hexagons, one region unless said."""
    cells, near = hexagons(rows, columns, missing=missing)
    n = len(cells)
    return Problem(
        cells,
        adjacency(near, barriers=barriers),
        region=np.zeros(n, dtype=np.int32) if region is None else np.asarray(region, dtype=np.int32),
        households=np.broadcast_to(np.asarray(households, dtype=np.float64), (n,)).copy(),
        band=band,
        **more,  # type: ignore[arg-type]
    )
