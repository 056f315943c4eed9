"""Two plans side by side, grid by grid: what the workers, the reports, the travel and the cameras have of it.

``comparing`` tells what moved; here is what it does. Figures follow from the cells of today, whenever a plan was made.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import measures
from server.rules import kinds, planned
from server.store import database
from server.usecases import errors
from server.usecases.cameras import coverage
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import comparing, desk, shaping
from server.usecases.workbench.desk import Desk

FIGURES = (
    "compactness", "round_mean_m", "centre_mean_m", "reports_most", "reports_spread", "workload_most", "covered_mean",
    "covered_least", "crossings",
)  # fmt: skip


def figures(ctx: Context, city: str, one: str, other: str) -> dict[str, Any]:
    """``{measures: {name: [of one, of other]}, grids: [{code, name, a, b}]}``: ``a`` and ``b`` are figures of a grid
    that differs (None where a plan has none of that code), most households of difference first.

    compactness: mean of 4π·area/perimeter²; round and centre: mean metres a worker walks and has to the centre in
    straight lines; reports_most and reports_spread: of a grid, and standard deviation over mean; covered: share of a
    grid's public ground that a working camera sees. Raises Conflict where the plans are of different cells.
    """
    with database.reading(ctx.db) as connection:
        looked = [_look(ctx, connection, city, ref) for ref in (one, other)]
        comparing.refuse_unlike(*looked)
        told = [
            {row["code"]: row for row in shaping.told(ctx, connection, plan, sorted(plan.grids))} for plan in looked
        ]
        seen = _covered(ctx, connection, looked)
        shapes = [plan_usecases.shapes_of(ctx, plan_usecases.Stored(p.row, p.place, p.labels)) for p in looked]
    made = [_measures(list(rows.values()), some, shape) for rows, some, shape in zip(told, seen, shapes, strict=True)]
    return {"measures": {name: [found[name] for found in made] for name in FIGURES}, "grids": _differing(*told)}


def _look(ctx: Context, connection: Connection, city: str, ref: str) -> Desk:
    row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
    place = territory.world(ctx, connection, city, base_id=row["base_id"])
    plan = desk.look(ctx, connection, row, place)
    if not plan.grids:
        raise errors.Conflict("empty", f"Plan {row['version']} has no grids.")
    return plan


def _covered(ctx: Context, connection: Connection, looked: list[Desk]) -> list[NDArray[np.float64]]:
    """Of every grid of each plan the share of public ground that a working camera sees."""
    place = looked[0].place
    known = coverage.covered(ctx, connection, place, place.base.resolution).columns
    ground, seen = known["public_m2"], known["seen1_m2"]
    found = []
    for plan in looked:
        inside = plan.labels >= 0
        labels = plan.labels[inside]
        whole = np.bincount(labels, weights=ground[inside])
        part = np.bincount(labels, weights=seen[inside])
        found.append(part[whole > 0] / whole[whole > 0])
    return found


def _measures(rows: list[dict[str, Any]], covered: NDArray[np.float64], shapes: Any) -> dict[str, float | None]:
    basic = [row for row in rows if row["kind"] != kinds.DEDICATED]
    reports = np.array([row["reports"] for row in basic], dtype=np.float64)
    travel = [row["centre_m"] for row in basic if row["centre_m"] is not None]
    metric = shapes.to_crs(shapes.estimate_utm_crs())
    compact = measures.polsby_popper(metric.area.to_numpy(), metric.length.to_numpy())
    return {
        "compactness": _mean(compact), "round_mean_m": _mean([row["round_m"] for row in basic]),
        "centre_mean_m": _mean(travel), "reports_most": float(reports.max(initial=0.0)),
        "reports_spread": float(reports.std() / reports.mean()) if reports.size and reports.mean() > 0 else 0.0,
        "workload_most": max((row["workload"] for row in basic), default=0.0), "covered_mean": _mean(covered),
        "covered_least": float(covered.min()) if covered.size else None,
        "crossings": float(sum(row["crossings"] for row in rows)),
    }  # fmt: skip


def _mean(values: Any) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _differing(old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    names = ("label", "households", "workload", "cells", "deviation", "pieces", "reports", "cameras", "round_m",
             "centre_m", "lat", "lng", "bbox")  # fmt: skip
    found = []
    for code in sorted({*old, *new}):
        a, b = old.get(code), new.get(code)
        short = [{name: row[name] for name in names} if row else None for row in (a, b)]
        if short[0] != short[1]:
            named: dict[str, Any] = b or a or {}
            found.append({"code": code, "name": named["name"], "a": short[0], "b": short[1]})

    def moved(row: dict[str, Any]) -> float:
        before, after = (float((row[side] or {"households": 0.0})["households"]) for side in ("a", "b"))
        return abs(after - before)

    return sorted(found, key=lambda row: (-moved(row), row["code"]))
