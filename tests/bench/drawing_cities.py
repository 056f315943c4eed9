"""Cities to draw grids in, as every solver reads them, and the judge of what comes back: by scipy alone, not by our own
checks.

A synthetic city is a disk of H3 cells around the demonstration city's latitude, 67 cells a grid on average (87 in the
largest). Weights: *smooth* (a gentle swell), *lumpy* (Pareto, no cell above 40 % of a grid), *heavy* (Pareto with cells
up to 30 grids). *wet*: cut by two rivers without bridges, with three islands and an enclave within an enclave. The
demonstration city and a stored one are their own cells, households, barriers and communities; no grid may cross a
community.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from geo import adjacency, cells
from geo.problem import Problem
from tests.bench import demo_city

CENTRE_LAT, CENTRE_LNG, RES = 26.4, 112.4, 10
RINGS = {470: 12, 5_000: 40, 7_700: 50, 50_000: 128, 187_000: 249, 1_300_000: 658}
SHAPES = ("smooth", "lumpy", "heavy")
ISLANDS = ((-0.5, -0.4, 0.12), (0.1, -0.6, 0.12), (-0.3, 0.7, 0.12))
ENCLAVES = ((-0.6, 0.05, 0.11), (-0.6, 0.05, 0.05))


@dataclass(frozen=True, eq=False)
class City:
    """``indptr``, ``indices`` of the graph, only open edges; ``weight`` float64[n]; ``grids`` wanted; ``reach``: how
    far from their mean grids in band may be."""

    ids: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    weight: np.ndarray
    grids: int
    reach: float = 0.1


def make(size: int, shape: str, *, wet: bool = False, seed: int = 1) -> City:
    """A synthetic city of about ``size`` cells, a key of ``RINGS``."""
    centre = int(cells.from_points(np.array([CENTRE_LAT]), np.array([CENTRE_LNG]), RES)[0])
    ids = cells.disk(centre, RINGS[size])
    table = adjacency.build(ids)
    lats, lngs = cells.centres(ids)
    ground = _grounds(lats, lngs) if wet else np.zeros(len(ids), dtype=np.int64)
    indptr, indices = _parted(table, ground)
    per = 87 if size >= 1_300_000 else 67
    weight = _weights(shape, lats, lngs, per, np.random.default_rng(seed))
    return City(ids, indptr, indices, weight, max(1, len(ids) // per))


def of_problem(problem: Problem) -> City:
    """A real city: its open edges within communities, and the number of grids whose mean is the middle of the band."""
    low, high = demo_city.BAND
    middle = (low + high) / 2
    indptr, indices = _parted(problem.adjacency, problem.region)
    grids = round(float(problem.households.sum()) / middle)
    return City(problem.cells, indptr, indices, problem.households, grids, (high - low) / 2 / middle)


def judge(city: City, label: np.ndarray, *, asked: bool) -> dict[str, Any]:
    """What a plan is worth; grids that hold a cell above the cap are left out of band and deviation. ``asked``: the
    solver was asked for just so many grids, and what it left out is empty."""
    tails = np.repeat(np.arange(len(label)), np.diff(city.indptr))
    inside = label[tails] == label[city.indices]
    graph = sparse.coo_matrix((np.ones(inside.sum()), (tails[inside], city.indices[inside])), (len(label),) * 2)
    _, piece = sparse.csgraph.connected_components(graph, directed=False)
    used, at = np.unique(label, return_inverse=True)
    pieces = np.bincount(at[np.unique(piece, return_index=True)[1]])
    load, size = np.bincount(at, weights=city.weight), np.bincount(at)
    mean = city.weight.sum() / city.grids
    heavy = np.zeros(len(used), dtype=np.bool_)
    heavy[at[city.weight > (1 + city.reach) * mean]] = True
    off = np.abs(load / mean - 1)[~heavy]
    perimeter = 6 * size - np.bincount(at[tails[inside]], minlength=len(used))
    roundest = 2 * np.ceil(np.sqrt(12 * size - 3))
    return {
        "grids": len(used),
        "whole": float((pieces == 1).mean()),
        "in_band": float((off <= city.reach + 1e-9).mean()),
        "worst": float(off.max()),
        "mean": float(off.mean()),
        "cut": int((~inside).sum()) // 2,
        "round": float((roundest / perimeter).mean()),
        "empty": max(0, city.grids - len(used)) if asked and not heavy.any() else 0,
    }


def _parted(table: adjacency.Adjacency, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The graph without edges between different grounds or over hard barriers."""
    tails = np.repeat(np.arange(len(ground)), np.diff(table.indptr))
    kept = (ground[tails] == ground[table.indices]) & np.isfinite(table.barrier)
    rows = np.bincount(tails[kept], minlength=len(ground))
    return np.concatenate([[0], np.cumsum(rows)]).astype(np.int32), table.indices[kept]


def _grounds(lats: np.ndarray, lngs: np.ndarray) -> np.ndarray:
    """Which bank of two winding rivers, or which island or enclave, a cell lies on."""
    east = (lngs - CENTRE_LNG) / np.ptp(lngs) * 2
    north = (lats - CENTRE_LAT) / np.ptp(lats) * 2
    ground = (north > 0.3 + 0.1 * np.sin(6 * east)).astype(np.int64) + 2 * (east > 0.4 + 0.1 * np.sin(5 * north))
    for number, (x, y, radius) in enumerate(ISLANDS + ENCLAVES):
        ground[np.hypot(east - x, north - y) < radius] = 4 + number
    return ground


def _weights(shape: str, lats: np.ndarray, lngs: np.ndarray, per: int, rng: np.random.Generator) -> np.ndarray:
    if shape == "smooth":
        swell = 5 + 3 * np.sin((lats - CENTRE_LAT) * 400) * np.cos((lngs - CENTRE_LNG) * 300)
        return np.asarray(swell + rng.random(len(lats)))
    if shape == "lumpy":
        lumps = rng.pareto(1.2, len(lats))
        return np.asarray(np.minimum(lumps, 0.4 * per * lumps.mean()))
    lumps = rng.pareto(1.05, len(lats))
    return np.asarray(np.minimum(lumps, 30 * per * np.median(lumps)))
