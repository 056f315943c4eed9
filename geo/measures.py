"""Measures of a plan, per grid, per region and for the whole city. Ratios are 0–1 unless said otherwise."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from geo import bounds, checks, graph
from geo import problem as problem_
from geo.partition import Partition
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measures:
    """The whole plan in numbers.

    grids, ordinary (with a band), dedicated (without); in_band and whole are shares of grids (0–1)
    worst_deviation, mean_deviation: |households − middle of band| / middle, over ordinary grids
    outside: households above or missing below the band, summed
    cut_edges: touching pairs in different grids of one region
    crossings: summed cost of soft barriers inside grids
    """

    grids: int
    ordinary: int
    dedicated: int
    in_band: float
    whole: float
    worst_deviation: float
    mean_deviation: float
    outside: float
    cut_edges: int
    crossings: float


@dataclass(frozen=True, eq=False)
class GridMeasures:
    """Per grid, aligned with ``labels`` int32[k] ascending.

    households float64[k]; cells int32[k]; region int32[k]; pieces int32[k]; deviation float64[k], ratio from the band:
    0 inside, households above the high end / high, negative below; cut_edges int32[k]; dedicated bool[k].
    """

    labels: Ints
    households: Floats
    cells: Ints
    region: Ints
    pieces: Ints
    deviation: Floats
    cut_edges: Ints
    dedicated: NDArray[np.bool_]


def per_grid(problem: Problem, partition: Partition) -> GridMeasures:
    """The measures of every grid."""
    labels, first, at = graph.indexed(partition.labels)
    households = np.bincount(at, weights=problem.households, minlength=len(labels)).astype(np.float64)
    region = problem.region[first]
    dedicated = np.zeros(len(labels), dtype=np.bool_)
    dedicated[at[np.asarray(problem.exempt, dtype=np.bool_)]] = True
    lows, highs = problem_.low(problem)[region], problem_.high(problem)[region]
    outside = bounds.excess(households, lows, highs)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.where(households > highs, outside / highs, -outside / np.where(lows > 0, lows, 1.0))
    deviation[dedicated] = 0.0
    tails, heads = graph.sources(problem.adjacency.indptr), problem.adjacency.indices
    cut = (partition.labels[tails] != partition.labels[heads]) & (problem.region[tails] == problem.region[heads])
    return GridMeasures(
        labels=labels,
        households=households,
        cells=np.bincount(at, minlength=len(labels)).astype(np.int32),
        region=region,
        pieces=checks.piece_counts(problem, partition),
        deviation=np.where(deviation == 0, 0.0, deviation),
        cut_edges=np.bincount(at[tails[cut]], minlength=len(labels)).astype(np.int32),
        dedicated=dedicated,
    )


def of_plan(problem: Problem, partition: Partition) -> Measures:
    """The measures of the whole plan."""
    grids = per_grid(problem, partition)
    ordinary = ~grids.dedicated
    middle = _middle(problem)[grids.region]
    off = np.abs(grids.households - middle)[ordinary] / middle[ordinary]
    tails, heads = graph.sources(problem.adjacency.indptr), problem.adjacency.indices
    inside = partition.labels[tails] == partition.labels[heads]
    barrier = problem.adjacency.barrier
    soft = inside & np.isfinite(barrier)
    return Measures(
        grids=len(grids.labels),
        ordinary=int(ordinary.sum()),
        dedicated=int((~ordinary).sum()),
        in_band=float((grids.deviation[ordinary] == 0).mean()) if ordinary.any() else 1.0,
        whole=float((grids.pieces == 1).mean()) if len(grids.labels) else 1.0,
        worst_deviation=float(off.max()) if len(off) else 0.0,
        mean_deviation=float(off.mean()) if len(off) else 0.0,
        outside=float(_outside(problem, grids)[ordinary].sum()),
        cut_edges=int(grids.cut_edges.sum()) // 2,
        crossings=float(barrier[soft].astype(np.float64).sum()) / 2,
    )


def per_region(problem: Problem, partition: Partition) -> dict[int, Measures]:
    """The measures of each region's part of the plan, by region number."""
    return {
        int(region): of_plan(*_restricted(problem, partition, problem.region == region))
        for region in np.unique(problem.region)
    }


def as_dict(measures: Measures) -> dict[str, float]:
    """The measures as plain numbers by name."""
    return asdict(measures)


def moved(before: Partition, after: Partition, weights: Floats) -> float:
    """Households (``weights`` float64[n]) whose grid label differs between two plans of the same cells."""
    return float(weights[before.labels != after.labels].sum())


def polsby_popper(area_m2: Floats, perimeter_m: Floats) -> Floats:
    """4π·area/perimeter² of each outline, 1 for a circle (Polsby & Popper 1991)."""
    return np.asarray(4 * np.pi * area_m2 / np.maximum(perimeter_m, 1e-9) ** 2, dtype=np.float64)


def _middle(problem: Problem) -> Floats:
    return (problem_.low(problem) + problem_.high(problem)) / 2


def _outside(problem: Problem, grids: GridMeasures) -> Floats:
    return bounds.excess(
        grids.households, problem_.low(problem)[grids.region], problem_.high(problem)[grids.region]
    )


def _restricted(problem: Problem, partition: Partition, wanted: NDArray[np.bool_]) -> tuple[Problem, Partition]:
    part = problem_.restrict(problem, wanted)
    return part, Partition(part.cells, partition.labels[wanted])
