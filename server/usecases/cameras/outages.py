"""What is lost when cameras fail: now offline or idle, which are the most critical, and what one failure would cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geo import cells, raster
from server.rules import permissions
from server.store import coverage as kept
from server.store import database
from server.usecases import errors
from server.usecases.cameras import camera_gaps, coverage_facts, sight
from server.usecases.city import territory
from server.usecases.context import Context

MOST = 50
PATCH_M = 2.0


def outages(ctx: Context, city: str, *, limit: int = MOST) -> dict[str, Any]:
    """``offline`` and ``idle`` (not networked, or of unknown state) cameras with since when, and ``critical`` ones:
    those whose failure takes the most need out of sight (``need`` as a share of the city's, ``alone_m2``)."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        scene = sight.scene(ctx, connection, place)
        lost = camera_gaps.alone(ctx, connection, place)
        watched = coverage_facts.watched(ctx, connection, place)
    own = {row["id"] for row in territory.in_scope(ctx, place, scene.rows)}
    mine = [row for row in scene.rows if row["id"] in own]
    only = _only(watched, scene)
    order = sorted(
        ((need, area, i) for i, (need, area) in lost.items() if scene.rows[i]["id"] in own and area > 0), reverse=True
    )
    return {
        "offline": [_since(row) for row in mine if row["status"] == "offline"],
        "idle": [_since(row) for row in mine if row["status"] != "offline" and _idle(row)],
        "critical": [
            {
                **camera_gaps.short(scene.rows[i]), "need": round(need, 6), "alone_m2": round(area),
                "places": [watched.rows[p]["name"] for p in only.get(i, [])],
            }
            for need, area, i in order[:limit]
        ],
    }  # fmt: skip


def loss(ctx: Context, city: str, camera: int) -> dict[str, Any]:
    """What goes out of sight when a camera fails: cells with the area lost, key places, metres of road by name.

    For a camera that is offline: what has gone. Raises NotFound for one outside the territory.
    """
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        scene = sight.scene(ctx, connection, place)
        mine = territory.in_scope(ctx, place, [row for row in scene.rows if row["id"] == camera])
        if not mine:
            raise errors.NotFound("not_found", f"There is no camera {camera}.")
        watched = coverage_facts.watched(ctx, connection, place)
        roads = coverage_facts.samples(ctx, connection, place)
        states = kept.states(connection, city, mine[0]["source_id"])
    row = next(i for i, one in enumerate(scene.rows) if one["id"] == camera)
    sole = _sole(scene, row)
    ids, lost_m2 = place.base.cells, np.zeros(place.base.cells.size)
    if not sole.is_empty:
        on = raster.lattice(tuple(sole.bounds), patch_m=PATCH_M)
        lost_m2 = raster.per_cell(raster.count(np.array([sole], object), on), ids)[:, 0]
    lost = np.flatnonzero(lost_m2 >= 1.0)
    return {
        "camera": _since(mine[0]),
        "area_m2": round(float(lost_m2.sum())),
        "cells": [
            {"cell": name, "m2": round(float(lost_m2[i]))}
            for i, name in zip(lost.tolist(), cells.to_hex(ids[lost]), strict=True)
        ],
        "places": [
            {"id": str(watched.rows[p]["id"]), "name": watched.rows[p]["name"]}
            for p, by in enumerate(watched.by)
            if row in by and watched.cell[p] >= 0 and not any(scene.works[c] for c in by if c != row)
        ],
        "roads": _roads(roads, sole),
        "states": [{name: one[name] for name in ("status", "since", "at")} for one in states],
    }  # fmt: skip


def _only(watched: coverage_facts.Watched, scene: sight.Scene) -> dict[int, list[int]]:
    """Working camera → key places that it alone has in view."""
    found: dict[int, list[int]] = {}
    for p, by in enumerate(watched.by):
        working = [c for c in by if scene.works[c]]
        if len(working) == 1:
            found.setdefault(working[0], []).append(p)
    return found


def _sole(scene: sight.Scene, row: int) -> shapely.Geometry:
    """The part of a camera's view that no other working camera sees."""
    view = scene.views[row]
    touching = scene.tree.query(view, predicate="intersects").tolist()
    others = [scene.views[i] for i in touching if i != row and scene.works[i]]
    return shapely.difference(view, shapely.union_all(others)) if others else view


def _roads(roads: coverage_facts.Samples, sole: shapely.Geometry) -> list[dict[str, Any]]:
    """Metres of road inside ``sole`` by class and name, the longest first."""
    if sole.is_empty or not roads.line.size:
        return []
    shapely.prepare(sole)
    inside = shapely.contains_xy(sole, roads.lngs, roads.lats)
    sums: dict[tuple[str, str], float] = {}
    for line, metres in zip(roads.line[inside].tolist(), roads.length_m[inside].tolist(), strict=True):
        sums[roads.lines[line]] = sums.get(roads.lines[line], 0.0) + metres
    ordered = sorted(sums.items(), key=lambda one: -one[1])
    return [{"class": kind, "name": name, "m": round(metres)} for (kind, name), metres in ordered]


def _idle(row: dict[str, Any]) -> bool:
    return bool(row["networked"] == 0 or row["status"] == "unknown")


def _since(row: dict[str, Any]) -> dict[str, Any]:
    return {**camera_gaps.short(row), "since": row["status_since"] or None, "networked": row["networked"]}
