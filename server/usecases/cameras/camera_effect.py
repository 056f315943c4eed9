"""Before and after: what the proposed cameras would bring into view that no working camera sees now."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells, geodesy
from server.rules import coverage as rules
from server.rules import permissions
from server.store import coverage as kept
from server.store import database
from server.usecases.cameras import coverage, coverage_facts, sight
from server.usecases.city import territory
from server.usecases.context import Context

MOST = 60
Floats = NDArray[np.float64]


def effect(ctx: Context, city: str, *, limit: int = MOST) -> dict[str, Any]:
    """Figures of the actor's territory now and with every proposal that is not withdrawn: ``before`` and ``after``
    (share of public ground seen, of need seen, key places in view), ``gained_m2``, the ``cells`` that gain the most,
    and the proposals' ``views`` as GeoJSON geometries by id."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        scene = sight.scene(ctx, connection, place)
        known = coverage.covered(ctx, connection, place, place.base.resolution)
        need = coverage_facts.needs(ctx, connection, place, weights=rules.Weights())["need"]
        watched = coverage_facts.watched(ctx, connection, place)
        rows = [
            row for row in territory.in_scope(ctx, place, kept.proposals(connection, city))
            if row["state"] != "withdrawn"
        ]  # fmt: skip
    ids, mine = place.base.cells, territory.visible(ctx, place, place.base.cells)
    views = sight.looks(rows, walls=scene.walls)
    touched, gained, _ = sight.changed(scene, views, np.empty(0, object), ids)
    now, public = known.columns["seen1_m2"], known.columns["public_m2"]
    later = now.copy()
    later[touched] = np.minimum(now[touched] + gained, public[touched])
    inside = mine & (public > 0)
    shown = touched[mine[touched] & (gained >= 1.0)]
    worth = (later - now)[shown]
    order = shown[np.argsort(-worth, kind="stable")][:limit]
    lats, lngs = cells.centres(ids[order])
    seen = (coverage.share(now, public), coverage.share(later, public))
    own = watched.cell >= 0
    own[own] = mine[watched.cell[own]]
    at_place = (watched.often > 0, (watched.often > 0) | _reached(watched.rows, views))
    before, after = (
        {
            "seen": _ratio(float(metres[inside].sum()), float(public[inside].sum())),
            "need": _ratio(float((need * share)[mine].sum()), float(need[mine].sum())),
            "places": int((in_view & own).sum()),
        }
        for metres, share, in_view in zip((now, later), seen, at_place, strict=True)
    )
    return {
        "proposals": len(rows), "places": int(own.sum()), "before": before, "after": after,
        "gained_m2": round(float(worth.sum())),
        "cells": [
            {"cell": name, "lat": lat, "lng": lng, "before": round(float(seen[0][i]), 4),
             "after": round(float(seen[1][i]), 4)}
            for i, name, lat, lng in zip(
                order.tolist(), cells.to_hex(ids[order]), lats.tolist(), lngs.tolist(), strict=True
            )
        ],
        "views": [
            {"id": str(row["id"]), "view": shapely.geometry.mapping(shapely.set_precision(view, 1e-7))}
            for row, view in zip(rows, views, strict=True)
        ],
    }  # fmt: skip


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole > 0 else None


def _reached(places: list[dict[str, Any]], views: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether a view comes near enough to each key place."""
    hit = np.zeros(len(places), np.bool_)
    if places and len(views):
        points = shapely.points([row["lng"] for row in places], [row["lat"] for row in places])
        plane = geodesy.plane_for(points)
        tree = shapely.STRtree(plane.project(points))
        hit[tree.query(plane.project(views), predicate="dwithin", distance=rules.NEAR.place_m)[1]] = True
    return hit
