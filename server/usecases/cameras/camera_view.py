"""What one camera sees: one of those there are, or one that is tried out, fast enough to answer while it is dragged."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geo import cells, geodesy
from server.rules import permissions
from server.store import database
from server.usecases import errors
from server.usecases.cameras import camera_gaps, coverage, sight
from server.usecases.city import territory
from server.usecases.context import Context

MOST_VIEWS = 400
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
    touched, gained, lost = sight.changed(
        scene, np.array([view], object), np.array([old], object), place.base.cells, without=moved
    )
    own = territory.visible(ctx, place, place.base.cells[touched])
    touched, gained, lost = touched[own], gained[own], lost[own]
    public, seen = (known.columns[name][touched] for name in ("public_m2", "seen1_m2"))
    before, after = (coverage.share(metres, public) for metres in (seen, seen + gained - lost))
    return {
        "view": shapely.geometry.mapping(shapely.set_precision(view, 1e-7)),
        "area_m2": round(float(geodesy.areas_m2(np.array([view], object))[0])),
        "gained_m2": round(float(gained.sum())), "lost_m2": round(float(lost.sum())),
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


def _compounds(scene: sight.Scene, view: shapely.Geometry) -> list[str]:
    if not len(scene.private) or view.is_empty:
        return []
    hit = scene.grounds.query(view, predicate="intersects")
    return [scene.compounds[i] for i in sorted(hit.tolist())]
