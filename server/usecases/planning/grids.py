"""One grid of a plan: its figures, its last months, what stands in it, whom it belongs to, what it touches."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo import cells
from server.rules import permissions, planned
from server.store import database, imported
from server.usecases import errors
from server.usecases.context import Context
from server.usecases.incidents import counting
from server.usecases.planning import plans, staffing

_CAMERA = ("name", "code", "kind", "lat", "lng", "status")


def get(ctx: Context, city: str, ref: str, label: int) -> dict[str, Any]:
    """The grid with ``months`` [{month, n}], ``cameras``, ``places``, ``chain`` of centres and ``neighbours``.

    Raises NotFound for a label that the plan does not have in the actor's territory.
    """
    with database.reading(ctx.db) as connection:
        plan = plans.load(ctx, connection, city, ref, kinds=planned.EVERY)
        drawn = {grid["label"]: grid for grid in plans.shown_grids(ctx, connection, plan.place, plan.id)}
        if label not in drawn:
            raise errors.NotFound("not_found", f"The plan has no grid {label}.")
        grid = drawn[label]
        own = plan.place.base.cells[plan.labels == label]
        west, south, east, north = grid["bbox"]
        told = permissions.may(ctx.actor, "camera.read")
        cameras = imported.rows(connection, "cameras", city, box=(west, south, east, north)) if told else []
        places = imported.rows(connection, "places", city, box=(west, south, east, north))
        region = int(grid["region"]["id"]) if grid["region"] else None
        chain = staffing.chain(connection, plan.place, region) if region is not None else []
        months = counting.months(ctx, connection, plan.place, own)
    touching = [drawn[other] for other in plans.neighbours_of(ctx, plan, label) if other in drawn]
    return {
        **grid,
        "months": months,
        "cameras": [
            {"id": str(row["id"]), **{name: row[name] for name in _CAMERA}} for row in _within(own, cameras)
        ],
        "places": [
            {"id": str(row["id"]), "name": row["name"], "kind": row["kind"], "lat": row["lat"], "lng": row["lng"]}
            for row in _within(own, places)
        ],
        "chain": chain,
        "neighbours": [{"label": other["label"], "code": other["code"], "name": other["name"]} for other in touching],
    }


def _within(own: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    at = cells.positions(own, np.array([row["cell"] for row in rows], dtype=np.uint64))
    return [row for row, found in zip(rows, at, strict=True) if found >= 0]
