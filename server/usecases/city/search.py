"""Search by code, name or cell, and who answers for a point."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo import cells
from geo import errors as geo_errors
from server.rules import planned
from server.store import bases, database, imported, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import plans as plan_cases
from server.usecases.planning import staffing

FOUND_AT_MOST = 20


def find(ctx: Context, city: str, text: str) -> dict[str, Any]:
    """What ``text`` names: a cell id, grids by code or name, regions by code or name, key places.

    ``{"results": [{kind: grid|region|place|cell, id, label, sub, lat, lng, bbox}]}``, the best matches first.
    """
    wanted = text.strip()
    if not wanted:
        return {"results": []}
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        found = _cell_named(ctx, place, wanted)
        found += _grids_named(ctx, connection, place, wanted)
        found += _regions_named(ctx, place, wanted)
        named = imported.find(connection, "places", city, text=wanted, limit=FOUND_AT_MOST)
        found += [
            {
                "kind": "place", "id": str(row["id"]), "label": row["name"], "sub": row["kind"],
                "lat": row["lat"], "lng": row["lng"], "bbox": [row["lng"], row["lat"], row["lng"], row["lat"]],
            }
            for row in territory.in_scope(ctx, place, named)
        ]
    return {"results": found[: 2 * FOUND_AT_MOST]}


def here(
    ctx: Context, city: str, *, lat: float | None = None, lng: float | None = None, cell: str | None = None
) -> dict[str, Any]:
    """Who answers for a point or a cell: its cell, grid, regions, worker, the chain of centres, households.

    Raises NotFound outside the city or the actor's territory, Invalid for what is no point or cell.
    """
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        wanted = _wanted_cell(place, lat, lng, cell)
        at = int(cells.positions(place.base.cells, np.array([wanted], dtype=np.uint64))[0])
        seen = territory.scope(ctx, place)
        if at < 0 or (seen is not None and not seen[at]):
            raise errors.NotFound("not_found", "That point is not in the city.")
        households = bases.column(connection, place.base.id, "households")
        grid = _grid_at(ctx, connection, place, wanted)
        chain = staffing.chain(connection, place, int(place.base.region[at]))
    lats, lngs = cells.centres(np.array([wanted], dtype=np.uint64))
    regions = [
        {"id": str(region.id), "level": region.level, "code": region.code, "name": region.name}
        for region in place.chain(int(place.base.region[at]))
    ]
    return {
        "cell": cells.to_hex(np.array([wanted], dtype=np.uint64))[0],
        "lat": lat if lat is not None else float(lats[0]), "lng": lng if lng is not None else float(lngs[0]),
        "grid": grid, "regions": regions, "worker": grid["worker"] if grid else None, "centres": chain,
        "households": round(float(households[at]), 2) if households is not None else None,
    }  # fmt: skip


def _cell_named(ctx: Context, place: territory.World, text: str) -> list[dict[str, Any]]:
    if len(text) != 15 or set(text.lower()) - set("0123456789abcdef"):
        return []
    try:
        wanted = cells.from_hex([text.lower()])
    except geo_errors.CellError:
        return []
    at = int(cells.positions(place.base.cells, wanted)[0])
    seen = territory.scope(ctx, place)
    if at < 0 or (seen is not None and not seen[at]):
        return []
    lats, lngs = cells.centres(wanted)
    lat, lng = float(lats[0]), float(lngs[0])
    return [{"kind": "cell", "id": text.lower(), "label": text.lower(), "sub": "", "lat": lat, "lng": lng,
             "bbox": [lng, lat, lng, lat]}]  # fmt: skip


def _grids_named(ctx: Context, connection: Connection, place: territory.World, text: str) -> list[dict[str, Any]]:
    plan_id = place.city.plan_id or plans.newest(connection, place.city.code, status="draft", kind=planned.GRIDS)
    if plan_id is None:
        return []
    folded = text.casefold()
    drawn = plan_cases.shown_grids(ctx, connection, _world_of(ctx, connection, place, plan_id), plan_id)
    hits = [grid for grid in drawn if folded in grid["code"].casefold() or folded in grid["name"].casefold()]
    hits.sort(key=lambda grid: (grid["code"].casefold() != folded, len(grid["code"]), grid["code"]))
    return [
        {
            "kind": "grid", "id": str(grid["label"]), "label": grid["code"], "sub": grid["name"],
            "lat": grid["lat"], "lng": grid["lng"], "bbox": grid["bbox"],
        }
        for grid in hits[:FOUND_AT_MOST]
    ]


def _regions_named(ctx: Context, place: territory.World, text: str) -> list[dict[str, Any]]:
    folded = text.casefold()
    visible = territory.visible_regions(ctx, place)
    hits = [
        region for number, region in place.regions.items()
        if number in visible and (folded in region.name.casefold() or region.code.casefold().startswith(folded))
    ]  # fmt: skip
    hits.sort(key=lambda region: (region.name.casefold() != folded, len(region.name), region.code))
    return [
        {
            "kind": "region", "id": str(region.id), "label": region.name, "sub": region.code,
            "lat": (region.south + region.north) / 2, "lng": (region.west + region.east) / 2,
            "bbox": [region.west, region.south, region.east, region.north],
        }
        for region in hits[:FOUND_AT_MOST]
    ]


def _wanted_cell(place: territory.World, lat: float | None, lng: float | None, cell: str | None) -> int:
    try:
        if cell is not None:
            wanted = cells.from_hex([cell])
        elif lat is not None and lng is not None:
            wanted = cells.from_points([lat], [lng], place.base.resolution)
        else:
            raise errors.Invalid("here", "Give lat and lng, or cell.")
    except geo_errors.GeoError as error:
        raise errors.Invalid("here", str(error)) from None
    return int(wanted[0])


def _grid_at(ctx: Context, connection: Connection, place: territory.World, cell: int) -> dict[str, Any] | None:
    plan_id = place.city.plan_id or plans.newest(connection, place.city.code, status="draft", kind=planned.GRIDS)
    if plan_id is None:
        return None
    plan = plan_cases.load(ctx, connection, place.city.code, plan_id)
    at = int(cells.positions(plan.place.base.cells, np.array([cell], dtype=np.uint64))[0])
    label = int(plan.labels[at]) if at >= 0 else -1
    drawn = plan_cases.shown_grids(ctx, connection, plan.place, plan_id)
    return next((grid for grid in drawn if grid["label"] == label), None)


def _world_of(ctx: Context, connection: Connection, place: territory.World, plan_id: str) -> territory.World:
    row = plans.get(connection, place.city.code, plan_id)
    assert row is not None, f"plan {plan_id} is named but not stored"
    return territory.world(ctx, connection, place.city.code, base_id=row["base_id"])
