"""What coming into force means for community borders: a new base with the communities redrawn, the old one kept.

Cells stay as they are; so do all columns per cell. Along a changed border the line follows the cells, elsewhere the
surveyed line stays (``geo.reshaping``). An incident keeps the region of its exact point that was recorded with it: it
names a region of the base of that day. What is counted by community goes by cell, and so by the borders of today. The
plan of grids in force is not touched: a draft that follows it is made within the new borders (``carrying``).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import reshaping
from server.rules import planned
from server.store import audit, bases, cities, plans, regions
from server.usecases import errors
from server.usecases.borders import carrying
from server.usecases.city import founding, territory
from server.usecases.context import Cache, Context
from server.usecases.importing import weighing
from server.usecases.planning import lineages
from server.usecases.planning import plans as plan_usecases

Ints = NDArray[np.int32]


def take(
    ctx: Context, connection: Connection, plan: plan_usecases.Stored, *, effective_from: str | None = None
) -> None:
    """Put a plan of communities in force, inside the caller's transaction: base, pointers, lineage, log, successor."""
    ctx = dataclasses.replace(ctx, cache=Cache())  # a base that is not committed is nobody else's
    at, place = ctx.stamp(), plan.place
    before_id = plans.newest(connection, place.city.code, status="in_force", kind=planned.COMMUNITIES)
    before = plans.get(connection, place.city.code, before_id) if before_id else None
    if before is None or before["base_id"] != place.base.id:
        raise errors.Conflict("older_base", "The borders were drawn on a base that the city no longer uses.")
    new = _rebased(ctx, connection, plan, before)
    moved = lineages.write(connection, plan, before["id"], plans.labels_of(connection, before["id"]), at=at)
    plans.supersede(connection, place.city.code, kind=planned.COMMUNITIES, at=at)
    places = territory.counterparts(place, new)
    changed = plans.change(
        connection, plan.id, revision=plan.row["revision"], status="in_force", published_at=at, base_id=new.base.id,
        effective_from=effective_from or at, violations=carrying.rehomed(plan.row["violations"], places),
        moved_cells=moved,
    )
    if not changed:
        raise errors.Stale("stale", "The plan has changed since it was read.")
    plans.move_home(connection, plan.id, places)
    payload = {"before": before["id"], "base": new.base.id, "base_before": place.base.id}
    _note(ctx, connection, plan.row, payload, "border.publish")
    _follow(ctx, connection, new)


def take_back(ctx: Context, connection: Connection, row: dict[str, Any], *, reason: str = "") -> str:
    """Take back the borders ``row`` in force: the base before them is the city's again, with the plans that were drawn
    on it; both plans of communities stay. Answers the id of the one that is in force again."""
    ctx = dataclasses.replace(ctx, cache=Cache())
    code, at = row["city"], ctx.stamp()
    entry = next((one for one in reversed(plans.log_of(connection, row["id"])) if one["kind"] == "published"), None)
    if entry is None:
        raise errors.Conflict("nothing_to_roll_back", "These borders were not drawn here; nothing is before them.")
    before = plans.get(connection, code, entry["payload"]["before"])
    assert before is not None, f"plan {entry['payload']['before']} is named by the log but not stored"
    found = territory.city(ctx, connection, code)
    cities.set_base(connection, code, base_id=entry["payload"]["base_before"], levels=found.levels)
    bases.copy_columns(connection, row["base_id"], to=entry["payload"]["base_before"])
    plans.supersede(connection, code, kind=planned.COMMUNITIES, at=at)
    plans.change(connection, before["id"], revision=before["revision"], status="in_force", superseded_at=None)
    payload = {"before": row["id"], "base": entry["payload"]["base_before"], "reason": reason}
    _note(ctx, connection, before, payload, "border.roll_back")
    fresh = territory.world(ctx, connection, code)
    weighing.refigure(ctx, connection, fresh)
    _follow(ctx, connection, fresh)
    return str(before["id"])


def _note(
    ctx: Context, connection: Connection, row: dict[str, Any], payload: dict[str, Any], action: str
) -> None:
    """Log, audit and data version of borders that came into force."""
    kind = "published" if action == "border.publish" else "restored"
    plans.log(connection, row["id"], at=ctx.stamp(), by=ctx.by, kind=kind, payload=payload)
    audit.append(
        connection, at=ctx.stamp(), actor=ctx.by, action=action, city=row["city"],
        detail={"plan": row["id"], "version": row["version"], "hash": row["hash"], **payload},
    )
    cities.touch(connection, row["city"])


def _follow(ctx: Context, connection: Connection, place: territory.World) -> None:
    """Make the draft that the plan of grids in force is within the borders of ``place``, where it is of others."""
    told = carrying.standing(connection, place)
    if told["behind"] and told["successor"] is None:
        stored = plan_usecases.load(ctx, connection, place.city.code, told["plan"])
        if stored.place.base.resolution == place.base.resolution:
            carrying.over(ctx, connection, place, stored)


def _rebased(
    ctx: Context, connection: Connection, plan: plan_usecases.Stored, before: dict[str, Any]
) -> territory.World:
    """The city on its new base: the communities of ``plan``, everything else as it was."""
    place, ids = plan.place, plan.place.base.cells
    rows = sorted(plans.grids(connection, plan.id), key=lambda row: str(row["code"]))
    old = {grid["label"]: grid for grid in plans.grids(connection, before["id"])}
    codes_ = sorted({row["code"] for row in [*rows, *old.values()]})
    number = {code: at for at, code in enumerate(codes_)}
    was = _numbered(plans.labels_of(connection, before["id"]), old, number)
    now = _numbered(plan.labels, {row["label"]: row for row in rows}, number)
    shapes, town = np.full(len(codes_), None, dtype=object), np.full(len(codes_), -1, dtype=np.int32)
    for row in regions.whole(connection, place.base.id, level=place.lowest):
        if row["code"] in number:
            shapes[number[row["code"]]] = shapely.from_wkb(row["geometry"])
    for row in [*old.values(), *rows]:
        town[number[row["code"]]] = -1 if row["region_id"] is None else row["region_id"]
    across = bool(plan.row["across_towns"])
    redrawn = reshaping.moved(shapes, ids, was, now, group=np.zeros_like(town) if across else town)
    drawn = [
        founding.Redrawn(row["code"], row["name"], redrawn[number[row["code"]]], row["region_id"], number[row["code"]])
        for row in rows
    ]
    upper = _towns(connection, place, town[was], town[now]) if across else {}
    base_id = founding.rebase(ctx, connection, place, drawn, now, without={one["code"] for one in old.values()},
                              upper=upper)  # fmt: skip
    bases.copy_columns(connection, place.base.id, to=base_id)
    return territory.world(ctx, connection, place.city.code)


def _numbered(labels: Ints, rows: dict[int, dict[str, Any]], number: dict[str, int]) -> Ints:
    """Labels int32[n] of a plan as numbers of codes: labels are numbers of one plan."""
    table = np.full(max(rows) + 1, -1, dtype=np.int32)
    for label, row in rows.items():
        table[label] = number[row["code"]]
    return np.asarray(table[labels], dtype=np.int32)


def _towns(
    connection: Connection, place: territory.World, was: Ints, now: Ints
) -> dict[int, founding.Reshaped]:
    """The towns whose border moves, by id: their new polygons, cells and areas; ``was`` and ``now`` int32[n] the town
    of every cell."""
    changed = np.unique(np.concatenate([was[was != now], now[was != now]])).tolist()
    if not changed:
        return {}
    known = {row["id"]: row for row in regions.whole(connection, place.base.id, level=place.city.levels[-2])}
    order = sorted(known)
    shapes = np.array([shapely.from_wkb(known[one]["geometry"]) for one in order], dtype=object)
    at = [np.searchsorted(order, labels).astype(np.int32) for labels in (was, now)]
    made = reshaping.moved(shapes, place.base.cells, *at, group=np.zeros(len(order), dtype=np.int32))
    areas = place.base.areas_m2
    return {
        one: founding.Reshaped(
            made[order.index(one)], known[one]["cells"] + int((now == one).sum()) - int((was == one).sum()),
            known[one]["area_km2"] + float(areas[now == one].sum() - areas[was == one].sum()) / 1e6,
        )
        for one in changed
    }
