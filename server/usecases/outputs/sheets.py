"""What stands on paper: the sheet of a grid, the wall map of a region, the card for a chat.

Answers plain values and geometries (WGS-84); laying them out is the view's. Only what the actor may see is in them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import boundary, cells
from server.rules import permissions
from server.store import database
from server.store import regions as region_rows
from server.usecases import errors
from server.usecases.city import cities, ground, territory
from server.usecases.context import Context
from server.usecases.planning import grids, plans
from server.usecases.workbench import explaining

MOST_SHEETS = 80
NEAR_DEG = 0.35  # of a grid's own extent: how far around it a sheet shows
_CLOSE, _FAR = 16, 13
_SNAP_DEG = 1e-6


def grid_sheets(
    ctx: Context, city: str, ref: str, *, labels: list[int] | None = None, region: str | None = None
) -> dict[str, Any]:
    """A sheet for each of ``labels``, or for every grid of the region of that code.

    ``{city, plan, band, sheets: [{grid, reasons, box, shape, others, borders, ground}]}``. Raises NotFound, Invalid for
    more than ``MOST_SHEETS``.
    """
    told = plans.grids(ctx, city, ref)
    by_label = {row["label"]: row for row in told["grids"]}
    wanted = labels if labels is not None else _inside(ctx, city, ref, told["grids"], region)
    if len(wanted) > MOST_SHEETS:
        raise errors.Invalid("sheets", f"{len(wanted)} sheets at once are too many; at most {MOST_SHEETS}.")
    if not wanted or not all(label in by_label for label in wanted):
        raise errors.NotFound("not_found", "The plan has no such grid.")
    shapes = _shapes(ctx, city, ref)
    borders = _borders(ctx, city)
    why = {one["label"]: one["reasons"] for one in explaining.grids(ctx, city, told["plan"]["id"], wanted)}
    sheets = [
        _sheet(ctx, city, ref, by_label[label], by_label, shapes, borders, why.get(label, [])) for label in wanted
    ]
    return {"city": cities.get(ctx, city), "plan": told["plan"], "band": told["band"], "sheets": sheets}


def wall(ctx: Context, city: str, ref: str, *, region: str | None = None) -> dict[str, Any]:
    """Everything a wall map of a region (None: the actor's territory) shows, with cells and neighbours for colouring.

    ``{city, plan, band, region, box, grids: [row with shape], labels, near, borders, ground}``.
    """
    told = plans.grids(ctx, city, ref)
    wanted = _inside(ctx, city, ref, told["grids"], region)
    if not wanted:
        raise errors.NotFound("not_found", "There are no grids in that region.")
    shapes = _shapes(ctx, city, ref)
    rows = [{**row, "shape": shapes[row["label"]]} for row in told["grids"] if row["label"] in set(wanted)]
    box = _around([row["shape"] for row in rows])
    labelled = plans.cells_of(ctx, city, ref)
    labels = labelled.columns["grid"].astype(np.int32)
    return {
        "city": cities.get(ctx, city), "plan": told["plan"], "band": told["band"],
        "region": _region(ctx, city, ref, region), "box": box, "grids": rows,
        "others": [shape for label, shape in shapes.items() if label not in set(wanted)], "labels": labels,
        "near": cells.neighbours(labelled.cells), "borders": _borders(ctx, city),
        "ground": _ground(ctx, city, box, close=len(rows) <= 40),
    }  # fmt: skip


def hexagons(ids: NDArray[np.uint64]) -> list[shapely.Geometry]:
    """Cells as polygons."""
    return list(boundary.polygons(ids))


def _sheet(
    ctx: Context, city: str, ref: str, row: dict[str, Any], rows: dict[int, dict[str, Any]],
    shapes: dict[int, shapely.Geometry], borders: list[dict[str, Any]], reasons: list[dict[str, Any]],
) -> dict[str, Any]:
    grid = grids.get(ctx, city, ref, row["label"])
    if not permissions.exact(ctx.actor):
        grid = {**grid, "months": [], "cameras": [], "worker": None}
    shape = shapes[row["label"]]
    box = _around([shape], share=NEAR_DEG)
    frame = shapely.box(*box)
    return {
        "grid": grid, "reasons": reasons, "box": box, "shape": shape,
        "others": [one for label, one in shapes.items() if label != row["label"] and one.intersects(frame)],
        "names": [rows[one["label"]] for one in grid["neighbours"] if one["label"] in rows],
        "borders": [one for one in borders if one["shape"].intersects(frame)],
        "ground": _ground(ctx, city, box, close=True),
    }


def _inside(
    ctx: Context, city: str, ref: str, rows: list[dict[str, Any]], region: str | None
) -> list[int]:
    """Labels of the grids of a region, in the order of their codes."""
    if region is None:
        return [row["label"] for row in sorted(rows, key=lambda row: str(row["code"]))]
    with database.reading(ctx.db) as connection:
        found = plans.find(ctx, connection, city, ref)
        place = territory.world(ctx, connection, city, base_id=found["base_id"])
    own = {number for number in place.regions if region in {one.code for one in place.chain(number)}}
    if not own & territory.visible_regions(ctx, place):
        raise errors.NotFound("not_found", f"There is no region {region!r}.")
    inside = [row for row in rows if row["region"] and int(row["region"]["id"]) in own]
    return [row["label"] for row in sorted(inside, key=lambda row: str(row["code"]))]


def _region(ctx: Context, city: str, ref: str, code: str | None) -> dict[str, Any] | None:
    with database.reading(ctx.db) as connection:
        found = plans.find(ctx, connection, city, ref)
        place = territory.world(ctx, connection, city, base_id=found["base_id"])
    region = next((one for one in place.regions.values() if one.code == code), None)
    return {"code": region.code, "name": region.name, "level": region.level} if region else None


def _shapes(ctx: Context, city: str, ref: str) -> dict[int, shapely.Geometry]:
    """Outlines of the grids that the actor may see, by label."""
    with database.reading(ctx.db) as connection:
        plan = plans.load(ctx, connection, city, ref)
        shown = plans.shown_grids(ctx, connection, plan.place, plan.id)
    outlines = plans.shapes_of(ctx, plan)
    return {row["label"]: outlines[row["label"]] for row in shown}


def _borders(ctx: Context, city: str) -> list[dict[str, Any]]:
    """The border lines of each level of the visible regions, each line once, the lowest level first.

    A line that is also a border of an upper level is drawn with that level alone.
    """
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        visible = territory.visible_regions(ctx, place)
        key = ("border lines", place.base.id, tuple(sorted(visible)))
        made: list[dict[str, Any]] = ctx.cache.get(key, lambda: _lines(connection, place, visible))
    return made


def _lines(connection: Connection, place: territory.World, visible: set[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    above: shapely.Geometry = shapely.LineString()
    for level in place.city.levels:
        shapes = region_rows.geometries(connection, place.base.id, level=level)
        own = [shapely.boundary(shapely.from_wkb(wkb)) for number, wkb in shapes.items() if number in visible]
        lines = shapely.union_all(shapely.set_precision(own, _SNAP_DEG))
        found.insert(0, {"level": level, "shape": shapely.line_merge(shapely.difference(lines, above))})
        above = shapely.buffer(shapely.union(above, lines), 2 * _SNAP_DEG, quad_segs=1)
    return found


def _around(shapes: list[shapely.Geometry], *, share: float = 0.04) -> tuple[float, float, float, float]:
    """The box of some shapes with a share of it around."""
    west, south, east, north = shapely.total_bounds(shapes)
    side = max(east - west, north - south) * share
    return float(west - side), float(south - side), float(east + side), float(north + side)


def _ground(
    ctx: Context, city: str, box: tuple[float, float, float, float], *, close: bool
) -> list[dict[str, Any]]:
    found = []
    for kind in ("water", "building", "rail", "road"):
        found += ground.get(ctx, city, kind=kind, bbox=box, zoom=_CLOSE if close else _FAR)["features"]
    return found
