"""The definition of a valid plan: complete, nested, connected, locks, units and barriers kept, in band.

``violations`` names every exception with a code, its cells and a ready reason. ``proved`` says that no plan at all
could avoid it (shown from totals, see ``bounds``); otherwise it is a fault of this plan, or was only not found.

Codes of structure: INCOMPLETE, CROSSES_REGION, CROSSES_BARRIER, IN_PIECES, LOCK_BROKEN, LOCK_ENTERED, UNIT_CUT,
EXEMPT_MIXED, COUNT_MISSED. Codes of the band: CELL_OVER_BAND (an indivisible cell or unit above the cap),
LOCK_OVER_BAND, LOCK_BELOW_BAND, ISLET_BELOW_BAND, TOTAL_NOT_DIVISIBLE, COUNT_OUT_OF_BAND (proved from totals),
NOT_DIVISIBLE (proved by a complete search, see ``drawing.exact``), OVER_BAND and BELOW_BAND (totals would allow better;
none was found).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo import atoms as atoms_
from geo import bounds, graph
from geo import problem as problem_
from geo.partition import Partition
from geo.problem import Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

BAND_CODES = frozenset(
    {
        "CELL_OVER_BAND",
        "LOCK_OVER_BAND",
        "LOCK_BELOW_BAND",
        "ISLET_BELOW_BAND",
        "TOTAL_NOT_DIVISIBLE",
        "COUNT_OUT_OF_BAND",
        "NOT_DIVISIBLE",
        "OVER_BAND",
        "BELOW_BAND",
    }
)
"""Codes of grids out of band; all others are faults of structure."""


@dataclass(frozen=True, eq=False)
class Violation:
    """One named exception. ``cells`` uint64[], ``region`` its region's number, ``label`` its grid or -1."""

    code: str
    cells: NDArray[np.uint64]
    reason: str
    proved: bool
    region: int
    label: int = -1


def violations(problem: Problem, partition: Partition, *, atoms: atoms_.Atoms | None = None) -> list[Violation]:
    """Every way in which ``partition`` is not a valid plan of ``problem``, structure first; [] when it is.

    ``atoms`` of the problem need not be made again where they are known.
    """
    if not np.array_equal(problem.cells, partition.cells):
        missing = np.setxor1d(problem.cells, partition.cells)
        reason = f"{len(missing)} cells are in the plan or in the city but not in both"
        return [Violation("INCOMPLETE", missing, reason, False, -1)]
    if len(problem.cells) == 0:
        return []
    atoms = atoms_.make(problem) if atoms is None else atoms
    return _structure(problem, atoms, partition) + band_violations(problem, atoms, partition)


def is_valid(problem: Problem, partition: Partition) -> bool:
    """Whether the plan has no exception at all."""
    return not violations(problem, partition)


def open_edges(problem: Problem) -> NDArray[np.bool_]:
    """bool[m]: the edges over which a grid may hang together (one region, no hard barrier)."""
    table = problem.adjacency
    found: NDArray[np.bool_] = graph.open_edges(table.indptr, table.indices, table.barrier, problem.region)
    return found


def piece_counts(problem: Problem, partition: Partition) -> Ints:
    """How many pieces each grid is in, aligned with ``partition.grids``; 1 is whole. int32[k]."""
    kept_ptr, kept = problem.adjacency.indptr, problem.adjacency.indices
    passable = open_edges(problem)
    if not passable.all():
        kept_ptr, kept = graph.keep_edges(kept_ptr, kept, passable)
    return _pieces_per_grid(kept_ptr, kept, partition.labels)


def _pieces_per_grid(indptr: Ints, indices: Ints, labels: Ints) -> Ints:
    _, first, _ = graph.indexed(graph.pieces(indptr, indices, labels))
    return np.unique(labels[first], return_counts=True)[1].astype(np.int32)


def _structure(problem: Problem, atoms: atoms_.Atoms, partition: Partition) -> list[Violation]:
    found: list[Violation] = []
    labels = partition.labels
    grids, first, at = graph.indexed(labels)
    astray = problem.region != problem.region[first][at]
    for label in np.unique(labels[astray]):
        number = len(np.unique(problem.region[labels == label]))
        found.append(_of_grid(problem, partition, int(label), "CROSSES_REGION", f"lies in {number} regions"))
    counts = piece_counts(problem, partition)
    wet = counts
    if (counts > 1).any():
        wet = _pieces_per_grid(problem.adjacency.indptr, problem.adjacency.indices, labels)
    crossing = {violation.label for violation in found}
    for label, number, over_all in zip(grids, counts, wet):
        if over_all > 1:
            found.append(_of_grid(problem, partition, int(label), "IN_PIECES", f"is in {over_all} pieces"))
        elif number > 1 and int(label) not in crossing:
            reason = "hangs together only across a hard barrier"
            found.append(_of_grid(problem, partition, int(label), "CROSSES_BARRIER", reason))
    return found + _locks(problem, partition) + _units(problem, atoms, partition) + _counts(problem, partition)


def _of_grid(problem: Problem, partition: Partition, label: int, code: str, reason: str) -> Violation:
    at = np.flatnonzero(partition.labels == label)
    return Violation(code, problem.cells[at], f"grid {label} {reason}", False, int(problem.region[at[0]]), label)


def _locks(problem: Problem, partition: Partition) -> list[Violation]:
    found = []
    locked = np.asarray(problem.locked, dtype=np.int32)
    broken = (locked >= 0) & (partition.labels != locked)
    for label in np.unique(locked[broken]):
        at = np.flatnonzero(broken & (locked == label))
        reason = f"{len(at)} cells locked to grid {label} are not in it"
        found.append(Violation("LOCK_BROKEN", problem.cells[at], reason, False, int(problem.region[at[0]]), int(label)))
    entered = np.isin(partition.labels, np.asarray(problem.closed)) & (locked != partition.labels)
    for label in np.unique(partition.labels[entered]):
        at = np.flatnonzero(entered & (partition.labels == label))
        reason = f"{len(at)} cells came into the closed grid {label}"
        region = int(problem.region[at[0]])
        found.append(Violation("LOCK_ENTERED", problem.cells[at], reason, False, region, int(label)))
    return found


def _units(problem: Problem, atoms: atoms_.Atoms, partition: Partition) -> list[Violation]:
    found = []
    unit = np.asarray(problem.unit, dtype=np.int32)
    some = unit >= 0
    pair = np.unique(np.stack([unit[some], partition.labels[some]], axis=1), axis=0)
    units, grids = np.unique(pair[:, 0], return_counts=True)
    for number, count in zip(units[grids > 1], grids[grids > 1]):
        at = np.flatnonzero(unit == number)
        forced = bool(np.isin(number, atoms.cut))
        why = "a region border, barrier or lock cuts it" if forced else "nothing forces that"
        reason = f"unit {number} lies in {count} grids; {why}"
        found.append(Violation("UNIT_CUT", problem.cells[at], reason, forced, int(problem.region[at[0]])))
    exempt = np.asarray(problem.exempt, dtype=np.bool_)
    if not exempt.any():
        return found
    for label in np.intersect1d(partition.labels[exempt], partition.labels[~exempt]):
        reason = "holds both cells of a dedicated grid and ordinary ones"
        found.append(_of_grid(problem, partition, int(label), "EXEMPT_MIXED", reason))
    return found


def _counts(problem: Problem, partition: Partition) -> list[Violation]:
    found = []
    counts = np.asarray(problem.counts, dtype=np.int32)
    if not (counts >= 0).any():
        return []
    ordinary = ~np.asarray(problem.exempt, dtype=np.bool_)
    pair = np.unique(np.stack([problem.region[ordinary], partition.labels[ordinary]], axis=1), axis=0)
    drawn = np.bincount(pair[:, 0], minlength=len(counts))
    for region in np.flatnonzero((counts >= 0) & (drawn != counts)):
        at = np.flatnonzero(problem.region == region)
        reason = f"region {region} has {drawn[region]} grids where {counts[region]} are given"
        found.append(Violation("COUNT_MISSED", problem.cells[at], reason, False, int(region)))
    return found


def band_violations(problem: Problem, atoms: atoms_.Atoms, partition: Partition) -> list[Violation]:
    """The grids out of band and why, most households out of band first."""
    grids, first, at = graph.indexed(partition.labels)
    weight = np.bincount(at, weights=problem.households).astype(np.float64)
    region = problem.region[first]
    exempt = np.zeros(len(grids), dtype=np.bool_)
    exempt[at[np.asarray(problem.exempt, dtype=np.bool_)]] = True
    outside = bounds.excess(weight, problem_.low(problem)[region], problem_.high(problem)[region])
    outside[exempt] = 0.0
    wanted = np.flatnonzero(outside > 0)
    if len(wanted) == 0:
        return []
    parts = bounds.parts(problem, atoms)
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(len(grids) + 1))
    found = []
    for index in wanted[np.argsort(-outside[wanted], kind="stable")]:
        cells = order[starts[index] : starts[index + 1]]
        found.append(_band_reason(problem, atoms, parts, cells, float(weight[index]), int(grids[index])))
    return found


def _band_reason(
    problem: Problem, atoms: atoms_.Atoms, parts: bounds.Parts, cells: NDArray[np.int64], weight: float, label: int
) -> Violation:
    region = int(problem.region[cells[0]])
    lo, hi = float(problem_.low(problem)[region]), float(problem_.high(problem)[region])
    members = np.unique(atoms.of_cell[cells])
    heavy = members[parts.heavy[members]]
    facts = f"{weight:g} households, band {lo:g}–{hi:g}"
    if len(heavy):
        inside = cells[np.isin(atoms.of_cell[cells], heavy)]
        alone = float(atoms.weight[heavy].max())
        if bool((atoms.lock[heavy] >= 0).all()) and len(inside) > len(heavy):
            reason = f"the cells locked to grid {label} alone have {alone:g} households ({facts})"
            return Violation("LOCK_OVER_BAND", problem.cells[inside], reason, True, region, label)
        reason = f"an indivisible cell or unit alone has {alone:g} households ({facts})"
        return Violation("CELL_OVER_BAND", problem.cells[inside], reason, True, region, label)
    code, reason, proved = _why(problem, atoms, parts, members, weight, label)
    return Violation(code, problem.cells[cells], f"{reason} ({facts})", proved, region, label)


def _why(
    problem: Problem, atoms: atoms_.Atoms, parts: bounds.Parts, members: Ints, weight: float, label: int
) -> tuple[str, str, bool]:
    region = int(atoms.region[members[0]])
    lo, hi = float(problem_.low(problem)[region]), float(problem_.high(problem)[region])
    over = weight > hi
    held = atoms.lock[members] == label
    if over and float(atoms.weight[members[held]].sum()) > hi * (1 + bounds.SLACK):
        return "LOCK_OVER_BAND", f"the cells locked to grid {label} alone are above the cap", True
    if not over and bool(np.isin(label, np.asarray(problem.closed))) and bool(held.all()):
        return "LOCK_BELOW_BAND", f"grid {label} is closed to further cells", True
    part = int(parts.of_atom[members[0]])
    total = f"{parts.weight[part]:g}"
    if parts.weight[part] < lo * (1 - bounds.SLACK):
        return "ISLET_BELOW_BAND", f"all that hangs together here has {total} households", True
    if parts.fewest[part] > parts.most[part]:
        return "TOTAL_NOT_DIVISIBLE", f"no number of grids divides {total} households into the band", True
    count = int(np.asarray(problem.counts)[region])
    whole = int((parts.region == region).sum()) == 1 and not bool(parts.heavy[atoms.region == region].any())
    if count >= 0 and whole and not parts.fewest[part] <= count <= parts.most[part]:
        return "COUNT_OUT_OF_BAND", f"{count} given grids cannot share {total} households in band", True
    return ("OVER_BAND" if over else "BELOW_BAND"), f"totals allow {parts.fewest[part]}–{parts.most[part]} grids", False
