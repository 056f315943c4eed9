"""A plan measured: households, deviation, shape and walking length of every grid, community and the city."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import measures
from geo import problem as problems
from geo.partition import Partition
from server.rules import permissions
from server.store import database, plans
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import drawing
from server.usecases.planning import plans as plan_usecases


def of_plan(ctx: Context, city: str, ref: str = plan_usecases.CURRENT) -> dict[str, Any]:
    """``{plan, city, communities, grids}``: figures of the whole, by community, and of each grid by code.

    A figure of several grids is their mean, of households their sum, of deviation the worst. Only what the actor may
    see is told. Raises NotFound, and Conflict without households.
    """
    permissions.check(ctx.actor, "plan.draw")
    with database.reading(ctx.db) as connection:
        stored = plan_usecases.load(ctx, connection, city, ref)
        ground = drawing.ground_of(ctx, connection, stored)
        rows = {row["label"]: row for row in plans.grids(connection, stored.id)}
        seen = territory.scope(ctx, stored.place)
    shown = stored.labels >= 0 if seen is None else (stored.labels >= 0) & seen
    problem = problems.restrict(ground.problem, shown)
    partition = Partition(problem.cells, stored.labels[shown])
    table = _table(problem, ground.homes[shown], partition)
    names = ("code", "name", "kind")
    grids = [
        {**{name: rows[label][name] for name in names}, **{name: _round(values[at]) for name, values in table.items()}}
        for at, label in enumerate(np.unique(partition.labels).tolist())
    ]
    region = measures.per_grid(problem, partition).region
    communities = []
    for number in np.unique(region).tolist():
        own = stored.place.regions.get(int(ground.region_ids[number]))
        head = {"code": own.code if own else "", "name": own.name if own else ""}
        communities.append({**head, **_summed(table, region == number)})
    return {
        "plan": plan_usecases.summary(stored.row), "city": _summed(table, np.ones(len(region), dtype=np.bool_)),
        "communities": communities, "grids": grids,
    }


def _table(
    problem: problems.Problem, homes: NDArray[np.float64], partition: Partition
) -> dict[str, NDArray[np.float64]]:
    per, shape = measures.per_grid(problem, partition), measures.shapes(problem, partition)
    at = np.searchsorted(per.labels, partition.labels)
    real = np.bincount(at, weights=homes).astype(np.float64)
    return {
        "households": real, "deviation": per.deviation, "area_km2": shape.area_m2 / 1e6,
        "cut_edges": per.cut_edges.astype(np.float64), "roundness": shape.roundness, "diameter_m": shape.diameter_m,
        "round_m": shape.round_m,
    }


def _summed(table: dict[str, NDArray[np.float64]], mine: NDArray[np.bool_]) -> dict[str, Any]:
    found: dict[str, Any] = {"grids": int(mine.sum())}
    for name, values in table.items():
        if name == "deviation":
            value = float(np.abs(values[mine]).max(initial=0.0))
        elif name in ("households", "area_km2"):
            value = float(values[mine].sum())
        else:
            value = float(values[mine].mean()) if mine.any() else 0.0
        found[name] = _round(value)
    return found


def _round(value: float) -> float:
    return round(float(value), 4)
