"""Grids that a city already has, from polygons or a table of codes and communities, taken over as the plan in force.

Codes are kept verbatim. A cell whose centre lies in two polygons goes to the first of them, a cell in none stays
without a grid; both are listed as violations of the plan (OVERLAP, GAP), so that nothing is mended in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import boundary, cells, checks, measures
from geo import problem as problems
from geo.checks import Violation
from geo.partition import Partition
from server.rules import permissions
from server.store import bases, plans
from server.usecases import drafts, drawing, errors, reading, territory
from server.usecases import plans as plan_cases
from server.usecases.context import Context
from server.usecases.landing import Fault

BASIC = "basic"
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
    """Grids as the file has them: code, name, kind, row and cells of each (positions in the base)."""

    code: list[str]
    name: list[str]
    kind: list[str]
    row: list[int]
    cells: list[NDArray[np.int64]]
    faults: list[Fault] = field(default_factory=list)


def store(ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read) -> Stored:
    """Make the file's grids the plan in force. The same grids again change nothing and count as duplicates."""
    given = _given(place, parsed.table)
    if not given.code:
        return Stored(0, 0, given.faults, {"plan": None})
    labels, overlaps = _labels(place, given)
    empty = [at for at in range(len(given.code)) if not (labels == at).any()]
    same = _same(connection, place, labels, given, empty)
    if same is not None:
        return Stored(0, len(given.code), given.faults, {"plan": same})
    permissions.check(ctx.actor, "plan.publish")
    ground = _ground(ctx, connection, place)
    violations = _violations(place, ground, labels, overlaps)
    shown = labels >= 0
    problem = problems.restrict(ground.problem, shown)
    partition = Partition(place.base.cells[shown], labels[shown])
    facts = {
        at: {"code": given.code[at], "name": given.name[at], "kind": given.kind[at]} for at in range(len(given.code))
    }
    made = drafts.save(
        ctx, connection, place, ground, labels, band=drawing.BAND, seed=None, name="", violations=violations,
        measured=measures.as_dict(measures.of_plan(problem, partition)), given=facts, kind="imported",
    )
    plan_cases.put_in_force(ctx, connection, plan_cases.load(ctx, connection, place.city.code, made["plan"]))
    extra = {
        "plan": made["plan"], "version": made["version"], "grids": made["grids"],
        "overlapping_cells": int(overlaps.size), "uncovered_cells": int((~shown).sum()),
        "without_cells": [given.code[at] for at in empty][:500],
    }
    return Stored(len(given.code), 0, given.faults, extra)


def _given(place: territory.World, table: pd.DataFrame) -> Given:
    """Grids of the file with their cells; a row that names neither a shape nor a community is refused."""
    communities = {region.code: number for number, region in place.regions.items() if region.level == place.lowest}
    found = Given([], [], [], [], [])
    seen: dict[str, int] = {}
    shapes = _shapes(table)
    for at, row in enumerate(table["row"].tolist()):
        code, community = str(table["code"].iloc[at]), _word(table, "community", at)
        shape = shapes[at]
        if shape is None and community not in communities:
            found.faults.append(
                Fault(row, "community", "E_PLACE", "the grid has no outline and its community is not known")
            )
            continue
        if shape is not None:
            inside = boundary.fill(shape, place.base.resolution)
            positions = cells.positions(place.base.cells, inside)
            positions = positions[positions >= 0]
        else:
            positions = np.flatnonzero(place.base.region == communities[community])
        if code in seen:
            found.faults.append(Fault(row, "code", "E_CODE", "the code is used by an earlier row"))
            continue
        seen[code] = at
        found.code.append(code)
        found.name.append(_word(table, "name", at) or code)
        found.kind.append(_word(table, "kind", at) or BASIC)
        found.row.append(row)
        found.cells.append(positions)
    return found


def _labels(place: territory.World, given: Given) -> tuple[Ints, NDArray[np.int64]]:
    """A label per cell (-1: no grid), and the cells that more than one grid claims."""
    claims = np.zeros(place.base.cells.size, dtype=np.int64)
    labels = np.full(place.base.cells.size, -1, dtype=np.int32)
    for at in range(len(given.code) - 1, -1, -1):
        labels[given.cells[at]] = at
        claims[given.cells[at]] += 1
    return labels, np.flatnonzero(claims > 1)


def _same(
    connection: Connection, place: territory.World, labels: Ints, given: Given, empty: list[int]
) -> str | None:
    """Id of the plan in force when it is these very grids, else None."""
    plan_id = place.city.plan_id
    row = plans.get(connection, place.city.code, plan_id) if plan_id else None
    if row is None or row["base_id"] != place.base.id:
        return None
    kept = [code for at, code in enumerate(given.code) if at not in set(empty)]
    same = row["hash"] == plans.content_hash(place.base.hash, labels, kept)
    return str(row["id"]) if same else None


def _ground(ctx: Context, connection: Connection, place: territory.World) -> drafts.Ground:
    if bases.column(connection, place.base.id, "households") is not None:
        return drawing.make_ground(ctx, connection, place, band=drawing.BAND)
    raise errors.Conflict(
        "no_households", "Import households (or buildings with households) before the grids that divide them."
    )


def _violations(
    place: territory.World, ground: drafts.Ground, labels: Ints, overlaps: NDArray[np.int64]
) -> list[Violation]:
    shown = labels >= 0
    ids = place.base.cells
    found = []
    if overlaps.size:
        reason = f"{overlaps.size} cells lie in more than one grid of the file; each went to the first"
        found.append(Violation("OVERLAP", ids[overlaps], reason, False, -1))
    if not shown.all():
        reason = f"{int((~shown).sum())} cells lie in no grid of the file"
        found.append(Violation("GAP", ids[~shown], reason, False, -1))
    problem = problems.restrict(ground.problem, shown)
    return found + checks.violations(problem, Partition(ids[shown], labels[shown]))


def _shapes(table: pd.DataFrame) -> list[Any]:
    if "geometry" not in table:
        return [None] * len(table)
    return [None if wkb is None else shapely.from_wkb(wkb) for wkb in table["geometry"].tolist()]


def _word(table: pd.DataFrame, name: str, at: int) -> str:
    value = table[name].iloc[at] if name in table else None
    return value if isinstance(value, str) else ""
