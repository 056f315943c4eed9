"""Grids that a city already has, from polygons or a table of codes and communities, taken over as the plan in force.

Codes are kept verbatim. A cell whose centre lies in two polygons goes to the first of them, a cell in none stays
without a grid; both are listed as violations of the plan (OVERLAP, GAP), so that nothing is mended in silence. Grids
that come without an outline share their community evenly by households, numbered as one reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import boundary, cells, codes, drawing
from geo import problem as problems
from geo.checks import Violation
from server.rules import kinds, permissions
from server.store import plans
from server.usecases import drafts, reading, territory
from server.usecases import drawing as drawing_cases
from server.usecases import plans as plan_cases
from server.usecases.context import Context
from server.usecases.landing import Fault

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Stored:
    """What became of the rows, and the plan that was made."""

    accepted: int
    duplicate: int
    faults: list[Fault]
    extra: dict[str, Any]


@dataclass(frozen=True)
class Given:
    """Grids as the file has them: code, name, kind; ``cells`` positions in the base, None where only the community is
    known; ``region`` its id or -1."""

    code: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    cells: list[NDArray[np.int64] | None] = field(default_factory=list)
    region: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def store(ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read) -> Stored:
    """Make the file's grids the plan in force. The same grids again change nothing and count as duplicates."""
    given = _given(place, parsed.table)
    n = len(given.code)
    if n == 0:
        return Stored(0, 0, given.faults, {"plan": None})
    labels, overlaps = _labels(place, given)
    shared = _share(ctx, connection, place, given, labels)
    without = [given.code[at] for at in range(n) if not (labels == at).any()]
    same = _same(connection, place, labels, given)
    if same is not None:
        return Stored(0, n, given.faults, {"plan": same})
    permissions.check(ctx.actor, "plan.publish")
    dedicated = np.isin(labels, [at for at in range(n) if given.kind[at] == kinds.DEDICATED])
    ground = drawing_cases.make_ground(
        ctx, connection, place, band=drawing_cases.BAND, exempt=dedicated, unit=labels, must_live=False
    )
    noted = _noted(place, labels, overlaps)
    facts = {at: {"code": given.code[at], "name": given.name[at], "kind": given.kind[at]} for at in range(n)}
    made = drafts.save(
        ctx, connection, place, ground, labels, band=drawing_cases.BAND, seed=None, name="",
        violations=noted + drafts.violations_of(ground, labels), measured=drafts.measures_of(ground, labels),
        given=facts, kind="imported",
    )
    plan_cases.put_in_force(ctx, connection, plan_cases.load(ctx, connection, place.city.code, made["plan"]))
    extra = {
        "plan": made["plan"], "version": made["version"], "grids": made["grids"],
        "overlapping_cells": int(overlaps.size), "uncovered_cells": int((labels < 0).sum()),
        "without_cells": without[:500], "shared_communities": shared,
    }
    return Stored(n, 0, given.faults, extra)


def _given(place: territory.World, table: pd.DataFrame) -> Given:
    """Grids of the file; a row that names neither a shape nor a known community, or a code again, is refused."""
    communities = {region.code: number for number, region in place.regions.items() if region.level == place.lowest}
    found = Given()
    shapes = _shapes(table)
    for at, row in enumerate(table["row"].tolist()):
        code, community = str(table["code"].iloc[at]), _word(table, "community", at)
        shape = shapes[at]
        if code in found.code:
            found.faults.append(Fault(row, "code", "E_CODE", "the code is used by an earlier row"))
            continue
        if shape is None and community not in communities:
            reason = "the grid has no outline and its community is not known"
            found.faults.append(Fault(row, "community", "E_PLACE", reason))
            continue
        inside = None
        if shape is not None:
            positions = cells.positions(place.base.cells, boundary.fill(shape, place.base.resolution))
            inside = positions[positions >= 0]
        found.code.append(code)
        found.name.append(_word(table, "name", at) or code)
        found.kind.append(kinds.of(_word(table, "kind", at)))
        found.cells.append(inside)
        found.region.append(communities.get(community, -1))
    return found


def _labels(place: territory.World, given: Given) -> tuple[Ints, NDArray[np.int64]]:
    """A label per cell (-1: no grid yet), and the cells that more than one grid claims."""
    claims = np.zeros(place.base.cells.size, dtype=np.int64)
    labels = np.full(place.base.cells.size, -1, dtype=np.int32)
    for at in range(len(given.code) - 1, -1, -1):
        own = given.cells[at]
        if own is not None:
            labels[own] = at
            claims[own] += 1
    return labels, np.flatnonzero(claims > 1)


def _share(
    ctx: Context, connection: Connection, place: territory.World, given: Given, labels: Ints
) -> list[str]:
    """Divide what is left of each community among its grids without an outline (in place); codes of the communities."""
    wanted: dict[int, list[int]] = {}
    for at, own in enumerate(given.cells):
        if own is None:
            wanted.setdefault(given.region[at], []).append(at)
    if not wanted:
        return []
    ground = drawing_cases.make_ground(ctx, connection, place, band=drawing_cases.BAND, must_live=False)
    told = []
    for region_id, members in wanted.items():
        free = (place.base.region == region_id) & (labels < 0)
        if not free.any():
            continue
        made = _drawn(ground, free, len(members))
        lats, lngs = cells.centres(place.base.cells[free])
        drawn, grid = np.unique(made, return_inverse=True)
        number = np.bincount(grid)
        order = codes.order(np.bincount(grid, weights=lats) / number, np.bincount(grid, weights=lngs) / number)
        label_of = np.full(drawn.size, members[-1], dtype=np.int32)
        for rank, position in enumerate(order.tolist()):
            label_of[position] = members[min(rank, len(members) - 1)]
        labels[free] = label_of[grid]
        told.append(place.regions[region_id].code)
    return told


def _drawn(ground: drafts.Ground, free: NDArray[np.bool_], number: int) -> Ints:
    """Labels of the free cells of one community, divided into ``number`` grids where they can be."""
    part = problems.restrict(ground.problem, free)
    region = np.zeros(part.cells.size, dtype=np.int32)
    total = float(part.households.sum())
    alike = part.households if total > 0 else np.ones(part.cells.size)
    even = max(float(alike.sum()) / number, 1e-9)
    problem = problems.Problem(
        part.cells, part.adjacency, region=region, households=alike, band=(0.8 * even, 1.2 * even),
        counts=np.array([number], dtype=np.int32),
    )
    return drawing.draw(problem, rng=np.random.default_rng(0)).partition.labels


def _same(connection: Connection, place: territory.World, labels: Ints, given: Given) -> str | None:
    """Id of the plan in force when it is these very grids, else None."""
    plan_id = place.city.plan_id
    row = plans.get(connection, place.city.code, plan_id) if plan_id else None
    if row is None or row["base_id"] != place.base.id:
        return None
    used = np.unique(labels[labels >= 0]).tolist()
    same = row["hash"] == plans.content_hash(place.base.hash, labels, [given.code[at] for at in used])
    return str(row["id"]) if same else None


def _noted(place: territory.World, labels: Ints, overlaps: NDArray[np.int64]) -> list[Violation]:
    ids, found = place.base.cells, []
    if overlaps.size:
        reason = f"{overlaps.size} cells lie in more than one grid of the file; each went to the first"
        found.append(Violation("OVERLAP", ids[overlaps], reason, False, -1))
    if (labels < 0).any():
        reason = f"{int((labels < 0).sum())} cells lie in no grid of the file"
        found.append(Violation("GAP", ids[labels < 0], reason, False, -1))
    return found


def _shapes(table: pd.DataFrame) -> list[Any]:
    if "geometry" not in table:
        return [None] * len(table)
    return [shapely.from_wkb(wkb) if isinstance(wkb, bytes) else None for wkb in table["geometry"].tolist()]


def _word(table: pd.DataFrame, name: str, at: int) -> str:
    value = table[name].iloc[at] if name in table else None
    return value if isinstance(value, str) else ""
