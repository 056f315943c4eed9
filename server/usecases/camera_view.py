"""What one camera sees: one of those there are, or one that is tried out, fast enough to answer while it is dragged."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells, geodesy, raster
from server.rules import permissions
from server.store import database
from server.usecases import camera_gaps, coverage, errors, sight, territory
from server.usecases.context import Context

PATCH_M = 2.0
MOST_VIEWS = 400
AROUND = 1.5
METRES_PER_DEGREE = 111_000.0
Box = tuple[float, float, float, float]


def views(ctx: Context, city: str, *, box: Box | None = None, camera: int | None = None) -> dict[str, Any]:
    """The ground that cameras see, as GeoJSON: of one camera, or of those whose view touches ``box`` (west, south,
    east, north), at most ``MOST_VIEWS``. Raises NotFound for a camera outside the territory."""
    permissions.check(ctx.actor, "camera.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        scene = sight.scene(ctx, connection, place)
    own = {row["id"] for row in territory.in_scope(ctx, place, scene.rows)}
    chosen = list(range(len(scene.rows)))
    if camera is not None:
        chosen = [i for i in chosen if scene.rows[i]["id"] == camera]
        if not chosen or camera not in own:
            raise errors.NotFound("not_found", f"There is no camera {camera}.")
    elif box is not None:
        chosen = sorted(scene.tree.query(shapely.box(*box)).tolist())
    features = [
        {
            "type": "Feature", "geometry": shapely.geometry.mapping(shapely.set_precision(scene.views[i], 1e-7)),
            "properties": {
                **camera_gaps.short(scene.rows[i]), "works": bool(scene.works[i]),
                "area_m2": round(float(geodesy.areas_m2(scene.views[i : i + 1])[0])),
            },
        }
        for i in chosen[:MOST_VIEWS]
        if scene.rows[i]["id"] in own
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features, "buildings": scene.walls is not None}


def look(ctx: Context, city: str, tried: dict[str, Any], *, camera: int | None = None) -> dict[str, Any]:
    """What a camera would see (kind, lat, lng, heading_deg, angle_deg, range_m, height_m), and what changes.

    ``camera`` is the one that is moved, which then no longer looks from where it stands. Answers its view as a
    geometry, its area, the public ground newly seen and lost, ``cells`` with seen shares before and after, and the
    compounds that it looks into. Raises NotFound for a place outside the territory.
    """
    permissions.check(ctx.actor, "camera.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        scene = sight.scene(ctx, connection, place)
        known = coverage.covered(ctx, connection, place, place.base.resolution)
    at = {"cell": int(cells.from_points([tried["lat"]], [tried["lng"]], place.base.resolution)[0])}
    mine = place.base.cells[territory.visible(ctx, place, place.base.cells)]
    if cells.positions(mine, np.array([at["cell"]], np.uint64))[0] < 0:
        raise errors.NotFound("not_found", "The place lies outside the territory.")
    moved = next((i for i, row in enumerate(scene.rows) if row["id"] == camera), None) if camera is not None else None
    if camera is not None and (moved is None or not territory.in_scope(ctx, place, [scene.rows[moved]])):
        raise errors.NotFound("not_found", f"There is no camera {camera}.")
    stood = scene.rows[moved] if moved is not None else {}
    view = sight.looks([_as_it_is(stood, tried)], walls=scene.walls)[0]
    old = scene.views[moved] if moved is not None and scene.works[moved] else shapely.Polygon()
    change = _change(scene, view, old, moved, place.base.cells)
    public = known.columns["public_m2"]
    touched = np.flatnonzero(change[:, 0] + change[:, 1] > 0)
    touched = touched[territory.visible(ctx, place, place.base.cells[touched])]
    before, after = (coverage.share(change[touched, k], public[touched]) for k in (0, 1))
    return {
        "view": shapely.geometry.mapping(shapely.set_precision(view, 1e-7)),
        "area_m2": round(float(geodesy.areas_m2(np.array([view], object))[0])),
        "gained_m2": round(float(change[:, 2].sum())), "lost_m2": round(float(change[:, 3].sum())),
        "cells": [
            {"cell": name, "before": round(b, 4), "after": round(a, 4)}
            for name, b, a in zip(
                cells.to_hex(place.base.cells[touched]), before.tolist(), after.tolist(), strict=True
            )
        ],
        "compounds": _compounds(scene, view),
    }  # fmt: skip


def _as_it_is(stood: dict[str, Any], tried: dict[str, Any]) -> dict[str, Any]:
    """A moved camera keeps its height and its masks, and its further directions turn with the first."""
    height = tried.get("height_m")
    own = {**tried, "height_m": stood.get("height_m") if height is None else height, "masked": stood.get("masked")}
    before, now = stood.get("heading_deg"), tried.get("heading_deg")
    if before is not None and now is not None:
        own["headings"] = [(one + now - before) % 360.0 for one in stood.get("headings") or ()]
    return own


def _change(
    scene: sight.Scene, view: shapely.Geometry, old: shapely.Geometry, moved: int | None, ids: NDArray[np.uint64]
) -> NDArray[np.float64]:
    """Per cell that either view touches, square metres of public ground: seen before, seen after, gained, lost."""
    made = np.zeros((ids.size, 4))
    both = shapely.union(view, old)
    if both.is_empty:
        return made
    west, south, east, north = both.bounds
    wide = AROUND * float(np.sqrt(cells.areas_m2(ids[:1])[0])) / METRES_PER_DEGREE  # whole cells around the views
    aside = wide / float(np.cos(np.radians((south + north) / 2)))
    box = shapely.box(west - aside, south - wide, east + aside, north + wide)
    near = [i for i in scene.tree.query(box).tolist() if i != moved and scene.works[i]]
    on = raster.lattice(tuple(box.bounds), patch_m=PATCH_M)
    others = scene.views[near]
    blocked = scene.private
    if scene.walls is not None:
        blocked = np.concatenate([scene.walls.shapes[scene.walls.tree.query(box)], blocked])
    closed = raster.count(blocked, on)

    def seen(*more: shapely.Geometry) -> NDArray[np.float64]:
        shapes = np.concatenate([others, np.array([one for one in more if not one.is_empty], object)])
        return np.asarray(raster.per_cell(raster.count(shapes, on), ids, outside=closed)[:, 0])

    before, after, common = seen(old), seen(view), seen(old, view)
    touching = raster.per_cell(raster.count(np.array([both], object), on), ids)[:, 0] > 0
    made[touching, 0], made[touching, 1] = before[touching], after[touching]
    made[:, 2], made[:, 3] = common - before, common - after
    return made


def _compounds(scene: sight.Scene, view: shapely.Geometry) -> list[str]:
    if not len(scene.private) or view.is_empty:
        return []
    hit = shapely.STRtree(scene.private).query(view, predicate="intersects")
    return [scene.compounds[i] for i in sorted(hit.tolist())]
