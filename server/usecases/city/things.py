"""What stands in a city, listed page by page: workers, centres, cameras, key places of the actor's territory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from geo import cells
from server.rules import permissions
from server.store import database, imported, plans
from server.usecases.cameras import coverage
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import staffing

PAGE = 500


def workers(ctx: Context, city: str, *, limit: int = PAGE, cursor: str | None = None) -> dict[str, Any]:
    """Workers with the centre of their home cell and the codes of their grids in the plan in force."""
    permissions.check(ctx.actor, "worker.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        rows = territory.in_scope(ctx, place, imported.rows(connection, "workers", city))
        grids = plans.grids(connection, place.city.plan_id) if place.city.plan_id else []
    codes: dict[int, list[str]] = {}
    for grid in grids:
        if grid["worker_id"] is not None:
            codes.setdefault(grid["worker_id"], []).append(grid["code"])
    page, following = _page(rows, limit, cursor)
    lats, lngs = cells.centres(np.array([row["cell"] for row in page], dtype=np.uint64))
    items = [
        {
            "id": str(row["id"]), "name": row["name"], "post": row["post"], "skills": row["skills"],
            "capacity": row["capacity"], "lat": lat, "lng": lng, "grids": codes.get(row["id"], []),
        }
        for row, lat, lng in zip(page, lats.tolist(), lngs.tolist(), strict=True)
    ]
    return {"items": items, "next": following}


def cameras(ctx: Context, city: str, *, limit: int = PAGE, cursor: str | None = None) -> dict[str, Any]:
    """Camera sites in the territory and, for an actor of the whole city, just around it."""
    permissions.check(ctx.actor, "camera.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        rows = territory.in_scope(ctx, place, coverage.near(connection, place))
    names = (
        "name", "code", "kind", "lat", "lng", "heading_deg", "headings", "angle_deg", "range_m", "height_m", "tilt_deg",
        "masked", "owner_class", "purpose", "legal_basis", "sign_present", "networked", "status", "status_since",
        "review_on",
    )  # fmt: skip
    return _listed(rows, limit, cursor, lambda row: {name: row[name] for name in names} | {
        "defaulted": row["defaulted"]
    })


def places(ctx: Context, city: str, *, limit: int = PAGE, cursor: str | None = None) -> dict[str, Any]:
    """Key places."""
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        rows = imported.rows(connection, "places", city, box=territory.bounds(place))
        rows = territory.in_scope(ctx, place, rows)
    return _listed(rows, limit, cursor, lambda row: {name: row[name] for name in ("name", "kind", "lat", "lng")})


def centres(ctx: Context, city: str) -> dict[str, Any]:
    """Centres of all tiers with region, parent and number of grids; regions without one; tiers that were skipped."""
    return staffing.tree(ctx, city)


def _listed(
    rows: list[dict[str, Any]], limit: int, cursor: str | None, tell: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    page, following = _page(rows, limit, cursor)
    return {"items": [{"id": str(row["id"]), **tell(row)} for row in page], "next": following}


def _page(rows: list[dict[str, Any]], limit: int, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """Rows after the cursor (the id of the last row of the page before), and the next cursor."""
    after = territory.cursor(cursor)
    if after is not None:
        rows = [row for row in rows if row["id"] > after]
    return rows[:limit], str(rows[limit - 1]["id"]) if len(rows) > limit else None
