"""Measures of a plan, per grid, per region and for the whole city. Ratios are 0–1 unless said otherwise."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import shapely
from numba import njit
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import bounds, checks, geodesy, graph, outlines, walking
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
    cut = _cut(problem.adjacency.indptr, problem.adjacency.indices, partition.labels, problem.region)
    return GridMeasures(
        labels=labels,
        households=households,
        cells=np.bincount(at, minlength=len(labels)).astype(np.int32),
        region=region,
        pieces=checks.piece_counts(problem, partition),
        deviation=np.where(deviation == 0, 0.0, deviation),
        cut_edges=np.bincount(at, weights=cut, minlength=len(labels)).astype(np.int32),
        dedicated=dedicated,
    )


def of_plan(problem: Problem, partition: Partition) -> Measures:
    """The measures of the whole plan."""
    grids = per_grid(problem, partition)
    ordinary = ~grids.dedicated
    middle = _middle(problem)[grids.region]
    off = np.abs(grids.households - middle)[ordinary] / middle[ordinary]
    table = problem.adjacency
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
        crossings=_crossed(table.indptr, table.indices, table.barrier, partition.labels) / 2,
    )


@dataclass(frozen=True, eq=False)
class Gaps:
    """How far a plan may be from the best, by ``region`` int32[r]: ``grids`` int32[r] and the ``fewest`` that can be
    in band; the ``worst`` deviation float64[r] and the ``bound`` that no plan comes below (proved from totals)."""

    region: Ints
    grids: Ints
    fewest: Ints
    worst: Floats
    bound: Floats


def gaps(problem: Problem, partition: Partition) -> Gaps:
    """What is proved of each region beside what the plan has; atoms above the cap and dedicated grids are left out."""
    atoms = atoms_.make(problem)
    parts = bounds.parts(problem, atoms)
    part = parts.of_atom[atoms.of_cell]
    inside = part >= 0
    labels, at = np.unique(partition.labels[inside], return_inverse=True)
    load = np.bincount(at, weights=problem.households[inside], minlength=len(labels))
    region = np.zeros(len(labels), dtype=np.int32)
    region[at] = problem.region[inside]
    held = np.isin(labels, partition.labels[~inside])
    middle = _middle(problem)[region]
    off = np.where(held, 0.0, np.abs(load - middle) / middle)
    regions = np.unique(parts.region)
    worst, bound = np.zeros(len(_middle(problem))), np.zeros(len(_middle(problem)))
    np.maximum.at(worst, region, off)
    alone = np.ones(len(parts.weight), dtype=np.bool_)
    alone[part[inside][held[at]]] = False
    single = np.bincount(parts.region, minlength=len(worst))[parts.region] == 1
    given = np.where(single, np.asarray(problem.counts)[parts.region], -1).astype(np.int32)
    np.maximum.at(bound, parts.region[alone], bounds.least_deviation(parts, atoms, given)[alone])
    possible = np.where(parts.fewest <= parts.most, parts.fewest, 1) * alone
    fewest = np.bincount(parts.region, weights=possible, minlength=len(worst)).astype(np.int32)
    grids = np.bincount(region[~held], minlength=len(worst)).astype(np.int32)
    return Gaps(regions.astype(np.int32), grids[regions], fewest[regions], worst[regions], bound[regions])


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


@dataclass(frozen=True, eq=False)
class Shapes:
    """The shape of every grid, aligned with ``labels`` int32[k] ascending, all float64[k].

    area_m2, perimeter_m of the true outline (holes count in both), roundness 4π·area/perimeter² (Polsby–Popper; a
    hexagon cell has 0.91), diameter_m between its farthest cell centres, round_m of the walk through its homes.
    """

    labels: Ints
    area_m2: Floats
    perimeter_m: Floats
    roundness: Floats
    diameter_m: Floats
    round_m: Floats


def shapes(problem: Problem, partition: Partition) -> Shapes:
    """The shape of every grid of a plan of H3 cells."""
    drawn = outlines.outlines(partition.cells, partition.labels)
    flat = np.asarray(drawn.values, object)
    flat = geodesy.plane_for(flat).project(flat)
    area, perimeter = shapely.area(flat), shapely.length(flat)
    return Shapes(
        labels=np.asarray(drawn.index, dtype=np.int32), area_m2=area, perimeter_m=perimeter,
        roundness=polsby_popper(area, perimeter), diameter_m=walking.diameters_m(partition),
        round_m=walking.rounds_m(partition, problem.households),
    )  # fmt: skip


def polsby_popper(area_m2: Floats, perimeter_m: Floats) -> Floats:
    """4π·area/perimeter² of each outline, 1 for a circle (Polsby & Popper 1991)."""
    return np.asarray(4 * np.pi * area_m2 / np.maximum(perimeter_m, 1e-9) ** 2, dtype=np.float64)


@njit(cache=True, nogil=True)
def _cut(indptr: Ints, indices: Ints, labels: Ints, region: Ints) -> Ints:
    """How many cells of its region but of another grid each cell touches."""
    out = np.zeros(len(labels), dtype=np.int32)
    for cell in range(len(labels)):
        for edge in range(indptr[cell], indptr[cell + 1]):
            other = indices[edge]
            out[cell] += labels[other] != labels[cell] and region[other] == region[cell]
    return out


@njit(cache=True, nogil=True)
def _crossed(indptr: Ints, indices: Ints, barrier: NDArray[np.float32], labels: Ints) -> float:
    """The cost of all soft barriers between cells of one grid, each counted from both sides."""
    total = 0.0
    for cell in range(len(labels)):
        for edge in range(indptr[cell], indptr[cell + 1]):
            if barrier[edge] != np.inf and labels[indices[edge]] == labels[cell]:
                total += barrier[edge]
    return total


def _middle(problem: Problem) -> Floats:
    return (problem_.low(problem) + problem_.high(problem)) / 2


def _outside(problem: Problem, grids: GridMeasures) -> Floats:
    return bounds.excess(
        grids.households, problem_.low(problem)[grids.region], problem_.high(problem)[grids.region]
    )


def _restricted(problem: Problem, partition: Partition, wanted: NDArray[np.bool_]) -> tuple[Problem, Partition]:
    part = problem_.restrict(problem, wanted)
    return part, Partition(part.cells, partition.labels[wanted])
