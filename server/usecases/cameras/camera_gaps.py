"""Where the view lacks what is needed, and where there is more watching than needed; roads and railways by seen share.

Need is made of incidents, key places and households by weights that can be set; a gap is need × the unseen share of
public ground. Surplus is told so that cameras can be taken away or turned off private ground.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cameras, cells, geodesy
from geo import errors as geo_errors
from server.rules import coverage as rules
from server.rules import permissions
from server.store import database
from server.usecases import errors
from server.usecases.cameras import coverage, coverage_facts, sight
from server.usecases.city import territory
from server.usecases.context import Columns, Context

MOST = 50
REDUNDANT = 0.05
"""A camera of which less than this share of its view is seen by it alone could be spared."""
CORRIDORS = ("motorway", "trunk", "primary", "secondary", "rail")


def ranked(
    ctx: Context, city: str, *, weights: rules.Weights | None = None, start: datetime | None = None,
    end: datetime | None = None, category: str | None = None, limit: int = MOST,
) -> dict[str, Any]:
    """Base cells by need out of sight, the worst first, with what the need is made of and the region they lie in.

    ``need`` and ``value`` are shares of the whole city's need; ``unseen`` is how much of it is out of sight in all.
    """
    permissions.check(ctx.actor, "gap.read")
    own = weights or rules.Weights()
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        found = coverage.covered(ctx, connection, place, place.base.resolution)
        parts = coverage_facts.needs(
            ctx, connection, place, weights=own, start=start, end=end, category=category
        )
    value = cameras.gaps(parts["need"], found.columns["seen"])
    mine = territory.visible(ctx, place, found.cells)
    order = np.lexsort((found.cells, -value))
    chosen = order[(value[order] > 0) & mine[order]][:limit].tolist()
    items = [{"rank": rank, **_told(place, found, parts, i)} for rank, i in enumerate(chosen, 1)]
    whole = float(parts["need"][mine].sum())
    unseen = float(value[mine].sum())
    return {"weights": vars(own), "unseen": round(unseen / whole, 4) if whole else None, "items": items}


def cell(
    ctx: Context, city: str, name: str, *, weights: rules.Weights | None = None, start: datetime | None = None,
    end: datetime | None = None, category: str | None = None,
) -> dict[str, Any]:
    """One base cell as ``ranked`` tells it, whether a gap or not, and the ``cameras`` that stand in it. Raises NotFound
    for what is no cell of the actor's territory."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        at = _position(ctx, place, name)
        found = coverage.covered(ctx, connection, place, place.base.resolution)
        parts = coverage_facts.needs(
            ctx, connection, place, weights=weights or rules.Weights(), start=start, end=end, category=category
        )
    return {**_told(place, found, parts, at), "cameras": round(float(found.columns["cameras"][at]))}


def _position(ctx: Context, place: territory.World, name: str) -> int:
    try:
        wanted = cells.from_hex([name])
    except geo_errors.GeoError:
        wanted = np.empty(0, np.uint64)
    at = cells.positions(place.base.cells, wanted)
    if not at.size or at[0] < 0 or not territory.visible(ctx, place, wanted)[0]:
        raise errors.NotFound("not_found", f"There is no cell {name!r}.")
    return int(at[0])


def _told(place: territory.World, found: Columns, parts: dict[str, NDArray[np.float64]], i: int) -> dict[str, Any]:
    """The base cell at a position: its need, what that is made of, and how much of its public ground is seen."""
    region = place.regions.get(int(place.base.region[i]))
    here, seen = found.cells[i : i + 1], float(found.columns["seen"][i])
    lats, lngs = cells.centres(here)
    need = float(parts["need"][i])
    return {
        "cell": cells.to_hex(here)[0], "lat": float(lats[0]), "lng": float(lngs[0]),
        "need": round(need, 6), "value": round(need * (1 - seen), 6),
        "seen": round(seen, 4), "incidents": round(float(parts["incidents"][i])),
        "places": round(float(parts["places"][i])), "households": round(float(parts["households"][i]), 1),
        "region": {"code": region.code, "name": region.name} if region else None,
    }  # fmt: skip


def corridors(ctx: Context, city: str, *, limit: int = MOST) -> dict[str, Any]:
    """Main roads and railways by class and name: length, seen length and share, the most unseen length first."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        found = coverage_facts.samples(ctx, connection, place)
    mine = found.cell >= 0
    scope = territory.scope(ctx, place)
    if scope is not None:
        mine &= scope[np.maximum(found.cell, 0)]
    main = {i for i, (kind, _) in enumerate(found.lines) if kind in CORRIDORS}
    sums: dict[tuple[str, str], list[float]] = {}
    length = np.bincount(found.line[mine], weights=found.length_m[mine], minlength=len(found.lines))
    seen = np.bincount(found.line[mine & found.seen], weights=found.length_m[mine & found.seen],
                       minlength=len(found.lines))  # fmt: skip
    for i in main:
        both = sums.setdefault(found.lines[i], [0.0, 0.0])
        both[0] += float(length[i])
        both[1] += float(seen[i])
    rows = [(kind, name, total, part) for (kind, name), (total, part) in sums.items() if total > 0]
    rows.sort(key=lambda row: (row[3] - row[2], row[0], row[1]))
    return {
        "items": [
            {"class": kind, "name": name, "km": round(total / 1e3, 3), "seen": round(min(part / total, 1.0), 4)}
            for kind, name, total, part in rows[:limit]
        ]
    }


def surplus(ctx: Context, city: str, *, limit: int = MOST) -> dict[str, Any]:
    """``cells`` watched by many cameras beyond need; ``redundant`` cameras that see next to nothing alone; ``private``
    cameras with private ground in view: candidates for masking, turning or removal."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        scene = sight.scene(ctx, connection, place)
        found = coverage.covered(ctx, connection, place, place.base.resolution)
        need = coverage_facts.needs(ctx, connection, place, weights=rules.Weights())["need"]
        own = {row["id"] for row in territory.in_scope(ctx, place, scene.rows)}
        lost = alone(ctx, connection, place)
    many, mine = found.columns["seen3_m2"], territory.visible(ctx, place, found.cells)
    calm = need <= np.median(need[many > 0]) if (many > 0).any() else np.zeros(need.size, np.bool_)
    order = np.argsort(-many, kind="stable")
    chosen = order[(many[order] > 0) & calm[order] & mine[order]][:limit]
    lats, lngs = cells.centres(found.cells[chosen])
    watched = [
        {
            "cell": cells.to_hex(found.cells[i : i + 1])[0], "lat": lat, "lng": lng,
            "many_m2": round(float(many[i])), "need": round(float(need[i]), 6),
        }
        for i, lat, lng in zip(chosen.tolist(), lats.tolist(), lngs.tolist(), strict=True)
    ]  # fmt: skip
    return {
        "many": rules.MANY, "cells": watched,
        "redundant": _redundant(scene, lost, own)[:limit], "private": _private(scene, own)[:limit],
    }  # fmt: skip


def alone(ctx: Context, connection: Connection, place: territory.World) -> dict[int, tuple[float, float]]:
    """Of each working camera, by its row in the scene: the need and the square metres that it alone has in view."""
    key = ("coverage losses", place.city.code, place.base.id, place.city.data_version)

    def make() -> dict[int, tuple[float, float]]:
        scene = sight.scene(ctx, connection, place)
        need = coverage_facts.needs(ctx, connection, place, weights=rules.Weights())["need"]
        public = coverage.covered(ctx, connection, place, place.base.resolution).columns["public_m2"]
        needs, areas = cameras.losses(scene.working, ids=place.base.cells, need=need, public_m2=public)
        rows = np.flatnonzero(scene.works).tolist()
        return dict(zip(rows, zip(needs.tolist(), areas.tolist(), strict=True), strict=True))

    made: dict[int, tuple[float, float]] = ctx.cache.get(key, make)
    return made


def short(row: dict[str, Any]) -> dict[str, Any]:
    """A camera as lists name it."""
    return {"id": str(row["id"]), **{name: row[name] for name in ("code", "name", "kind", "lat", "lng", "status")}}


def _redundant(
    scene: sight.Scene, lost: dict[int, tuple[float, float]], own: set[int]
) -> list[dict[str, Any]]:
    areas = geodesy.areas_m2(scene.views) if len(scene.views) else np.empty(0)
    found = []
    for row, (_, sole) in lost.items():
        area = float(areas[row])
        if scene.rows[row]["id"] in own and area > 0 and sole / area < REDUNDANT:
            alone_share = round(sole / area, 4)
            found.append({**short(scene.rows[row]), "view_m2": round(area), "alone": alone_share})
    return sorted(found, key=lambda one: (one["alone"], one["id"]))


def _private(scene: sight.Scene, own: set[int]) -> list[dict[str, Any]]:
    """Cameras by the private ground in view, with the arc of bearings in which it lies."""
    if not len(scene.private) or not scene.rows:
        return []
    walls = scene.walls.shapes if scene.walls is not None else np.empty(0, object)
    compound, camera = scene.tree.query(scene.private, predicate="intersects")
    parts = shapely.intersection(scene.views[camera], scene.private[compound])
    areas = geodesy.areas_m2(parts) if parts.size else np.empty(0)
    found: dict[int, dict[str, Any]] = {}
    for part, area, c, p in zip(parts, areas.tolist(), camera.tolist(), compound.tolist(), strict=True):
        row = scene.rows[c]
        if area < 1.0 or row["id"] not in own or not len(walls):
            continue
        one = found.setdefault(c, {**short(row), "private_m2": 0.0, "compounds": [], "arcs": []})
        one["private_m2"] += area
        one["compounds"].append(scene.compounds[p])
        one["arcs"].append(arc(row["lat"], row["lng"], part))
    ordered = sorted(found.values(), key=lambda one: (-one["private_m2"], one["id"]))
    return [{**one, "private_m2": round(one["private_m2"])} for one in ordered]


def arc(lat: float, lng: float, shape: shapely.Geometry) -> list[int]:
    """The smallest arc of whole bearings, clockwise [from, to], in which a shape lies as seen from a point."""
    points = shapely.get_coordinates(shape)
    bearings = np.sort(geodesy.bearing_deg(lat, lng, points[:, 1], points[:, 0]))
    gap = np.append(np.diff(bearings), bearings[0] + 360.0 - bearings[-1])
    widest = int(np.argmax(gap))
    first, last = bearings[(widest + 1) % bearings.size], bearings[widest]
    return [int(np.floor(first)) % 360, int(np.ceil(last)) % 360]
