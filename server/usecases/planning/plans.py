"""Plans as they are read and published. Drawing one is in ``drawing``, staffing in ``staffing``, files in ``exports``.

``ref`` is a plan's id, or ``current`` (the plan in force, else the newest draft), or ``newest`` (draft). A plan's tag
changes with every change to it; publishing needs the tag of what the planner looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import adjacency as adjacencies
from geo import cells, codes, outlines
from geo.adjacency import Adjacency
from geo.partition import Partition
from server.rules import permissions
from server.store import audit, bases, cities, database, imported, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Columns, Context
from server.usecases.planning import approvals, drafts, origins

CURRENT = "current"
NEWEST = "newest"


@dataclass(frozen=True)
class Stored:
    """A plan with its arrays: ``row`` as stored, ``labels`` int32[n] aligned with the base's cells (-1: no grid)."""

    row: dict[str, Any]
    place: territory.World
    labels: NDArray[np.int32]

    @property
    def id(self) -> str:
        """The plan's id."""
        return str(self.row["id"])


def tag(row: dict[str, Any]) -> str:
    """The tag of a plan as it stands, for If-Match."""
    return f"{row['id']}.{row['revision']}"


def find(ctx: Context, connection: Connection, city: str, ref: str) -> dict[str, Any]:
    """The row of a plan. Raises NotFound."""
    found = territory.city(ctx, connection, city)
    plan_id: str | None = ref
    if ref == CURRENT and found.plan_id is not None:
        plan_id = found.plan_id
    elif ref in (CURRENT, NEWEST):
        plan_id = plans.newest(connection, city, status="draft")
    row = plans.get(connection, city, plan_id) if plan_id else None
    if row is None:
        raise errors.NotFound("not_found", f"City {city!r} has no plan {ref!r}.")
    return row


def tag_of(ctx: Context, city: str, ref: str) -> str:
    """The tag of a plan as it stands. Raises NotFound."""
    with database.reading(ctx.db) as connection:
        return tag(find(ctx, connection, city, ref))


def has(ctx: Context, city: str, plan_id: str) -> bool:
    """Whether the city has that plan."""
    with database.reading(ctx.db) as connection:
        return plans.get(connection, city, plan_id) is not None


def load(ctx: Context, connection: Connection, city: str, ref: str) -> Stored:
    """A plan with its base and its labels. Raises NotFound."""
    row = find(ctx, connection, city, ref)
    place = territory.world(ctx, connection, city, base_id=row["base_id"])
    labels = ctx.cache.get(("labels", row["id"], row["revision"]), lambda: plans.labels_of(connection, row["id"]))
    return Stored(row=row, place=place, labels=labels)


def list_(ctx: Context, city: str, *, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Plans of a city, newest first: ``{"items": [...], "next": cursor or None}``."""
    before = territory.cursor(cursor)
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        rows = plans.of_city(connection, city, before=before, limit=limit + 1)
    items = [summary(row) for row in rows[:limit]]
    return {"items": items, "next": str(rows[limit - 1]["version"]) if len(rows) > limit else None}


def summary(row: dict[str, Any]) -> dict[str, Any]:
    """A plan in a list."""
    return {
        "id": row["id"], "version": row["version"], "status": row["status"], "name": row["name"],
        "created_at": row["created_at"], "created_by": row["created_by"], "published_at": row["published_at"],
        "effective_from": row["effective_from"], "parent": row["parent_id"], "grids": row["grids"],
        "band": [row["band_low"], row["band_high"]], "seed": row["seed"], "measures": row["measures"],
        "tag": tag(row), "hash": row["hash"],
    }


def get(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """One plan with its violations: ``{code, reason, region, label, cells: [hex, at most 200], n_cells, proved}``."""
    with database.reading(ctx.db) as connection:
        row = find(ctx, connection, city, ref)
        place = territory.world(ctx, connection, city, base_id=row["base_id"])
        visible = territory.visible_regions(ctx, place)
    hidden = territory.scope(ctx, place) is not None
    violations = [
        {**violation, "region": territory.region_told(place, violation["region"])}
        for violation in row["violations"]
        if not hidden or violation["region"] in visible
    ]
    return {**summary(row), "violations": violations}


def cells_of(ctx: Context, city: str, ref: str) -> Columns:
    """Cells of the actor's territory that lie in a grid, with column ``grid`` (its label)."""
    with database.reading(ctx.db) as connection:
        plan = load(ctx, connection, city, ref)
    shown = plan.labels >= 0
    seen = territory.scope(ctx, plan.place)
    if seen is not None:
        shown &= seen
    labels = plan.labels[shown]
    dtype = np.uint16 if labels.size == 0 or int(labels.max()) < 2**16 - 1 else np.uint32
    meta = {"plan": plan.id, "version": plan.row["version"], "uncovered": int((plan.labels < 0).sum())}
    return Columns(plan.place.base.cells[shown], {"grid": labels.astype(dtype)}, meta)


def grids(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """The grids of a plan with their figures, people and faults."""
    with database.reading(ctx.db) as connection:
        row = find(ctx, connection, city, ref)
        place = territory.world(ctx, connection, city, base_id=row["base_id"])
        return {
            "plan": {"id": row["id"], "version": row["version"], "status": row["status"], "tag": tag(row)},
            "band": [row["band_low"], row["band_high"]],
            "grids": shown_grids(ctx, connection, place, row["id"]),
        }


def shown_grids(ctx: Context, connection: Connection, place: territory.World, plan_id: str) -> list[dict[str, Any]]:
    """Grids of the actor's territory, by label, as they are told."""
    visible = territory.visible_regions(ctx, place)
    hidden = territory.scope(ctx, place) is not None
    code = place.city.code
    people = {row["id"]: row["name"] for row in imported.rows(connection, "workers", code, names=("id", "name"))}
    told = permissions.may(ctx.actor, "worker.read")
    names = ("id", "name", "tier")
    centres = {row["id"]: row for row in imported.rows(connection, "centres", code, names=names)}
    found = []
    for grid in plans.grids(connection, plan_id):
        if hidden and grid["region_id"] not in visible:
            continue
        worker, centre = grid["worker_id"], centres.get(grid["centre_id"])
        found.append({
            "label": grid["label"], "code": grid["code"], "name": grid["name"], "kind": grid["kind"],
            "region": territory.region_told(place, grid["region_id"]), "town": _town_of(place, grid["region_id"]),
            "households": round(grid["households"], 1), "cells": grid["cells"],
            "area_km2": round(grid["area_km2"], 6), "deviation": round(grid["deviation"], 4),
            "pieces": grid["pieces"],
            "worker": {"id": str(worker), "name": people.get(worker, "")} if told and worker is not None else None,
            "centre": {"id": str(centre["id"]), "name": centre["name"], "tier": centre["tier"]} if centre else None,
            "lat": grid["lat"], "lng": grid["lng"],
            "bbox": [grid["west"], grid["south"], grid["east"], grid["north"]], "faults": grid["faults"],
        })  # fmt: skip
    return found


def outlines_of(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """Outlines of the grids as a GeoJSON FeatureCollection with label, code and name."""
    with database.reading(ctx.db) as connection:
        plan = load(ctx, connection, city, ref)
        shown = shown_grids(ctx, connection, plan.place, plan.id)
    shapes = shapes_of(ctx, plan)
    features = [
        {
            "type": "Feature", "id": grid["label"], "geometry": shapely.geometry.mapping(shapes[grid["label"]]),
            "properties": {"label": grid["label"], "code": grid["code"], "name": grid["name"]},
        }
        for grid in shown
    ]
    return {"type": "FeatureCollection", "features": features}


def shapes_of(ctx: Context, plan: Stored) -> Any:
    """The outline of every grid, a GeoSeries by label."""
    return ctx.cache.get(
        ("outlines", plan.id, plan.row["revision"]), lambda: outlines.outlines(plan.place.base.cells, plan.labels)
    )


def neighbours_of(ctx: Context, plan: Stored, label: int) -> list[int]:
    """Labels of the grids that touch a grid."""
    graph: Adjacency = ctx.cache.get(
        ("touching", plan.place.base.id), lambda: adjacencies.build(plan.place.base.cells)
    )
    inside = np.flatnonzero(plan.labels == label)
    near = [graph.indices[graph.indptr[i] : graph.indptr[i + 1]] for i in inside.tolist()]
    found = np.unique(plan.labels[np.concatenate(near)]) if near else np.empty(0, dtype=np.int32)
    return [int(other) for other in found if other not in (-1, label)]


def publish(
    ctx: Context, city: str, ref: str, *, if_match: str | None, effective_from: str | None = None, over: bool = False
) -> dict[str, Any]:
    """Put a draft in force: one pointer moves in one transaction, the plan before it is kept as superseded.

    Raises Required without ``if_match``, Stale when the plan has changed since, or when another plan came into force
    since the draft was begun (unless it is to be put ``over`` that one), Conflict when it is no draft, belongs to an
    older base, or breaks the structure of a valid plan (the list is in ``detail``).
    """
    permissions.check(ctx.actor, "plan.publish")
    if if_match is None:
        raise errors.Required("precondition_required", "Say which version is to be published (If-Match).")
    with database.writing(ctx.db) as connection:
        plan = load(ctx, connection, city, ref)
        row = plan.row
        if if_match.strip('"') != tag(row):
            raise errors.Stale("stale", "The plan has changed since it was read.", detail=[tag(row)])
        if row["status"] != "draft":
            raise errors.Conflict("not_a_draft", f"Plan {row['version']} is not a draft but {row['status']}.")
        if plan.place.base.id != plan.place.city.base_id:
            raise errors.Conflict("older_base", "The plan was drawn on cells that the city no longer uses.")
        if not over:
            in_force = plan.place.city.plan_id
            origins.refuse_overtaken(connection, row, plans.get(connection, city, in_force) if in_force else None)
        approvals.refuse_faulty(row)
        approvals.refuse_unapproved(connection, row)
        put_in_force(ctx, connection, plan, effective_from=effective_from)
    return get(ctx, city, row["id"])


def roll_back(
    ctx: Context, city: str, ref: str = CURRENT, *, if_match: str | None, reason: str = ""
) -> dict[str, Any]:
    """Take back the last publication: what was in force before it comes into force again, as a new version.

    Both versions stay as they are, and the lineage tells where the cells went. ``if_match``: the tag of the plan in
    force. Raises Required, Stale, and Conflict where nothing came before or its cells are no longer used.
    """
    permissions.check(ctx.actor, "plan.publish")
    if if_match is None:
        raise errors.Required("precondition_required", "Say which publication is to be taken back (If-Match).")
    with database.writing(ctx.db) as connection:
        found = territory.city(ctx, connection, city)
        now = plans.get(connection, city, found.plan_id) if found.plan_id else None
        if now is None or find(ctx, connection, city, ref)["id"] != now["id"]:
            raise errors.Conflict("not_in_force", "Only the publication of the plan in force can be taken back.")
        if if_match.strip('"') != tag(now):
            raise errors.Stale("stale", "Another plan has come into force.", detail=[tag(now)])
        entry = next(e for e in reversed(plans.log_of(connection, now["id"])) if e["kind"] == "published")
        if entry["payload"]["before"] is None:
            raise errors.Conflict("nothing_to_roll_back", "This is the first plan; there is nothing to go back to.")
        before = load(ctx, connection, city, entry["payload"]["before"])
        if before.place.base.id != found.base_id:
            raise errors.Conflict("older_base", "The plan before was drawn on cells that the city no longer uses.")
        made = drafts.copy(
            ctx, connection, before.row, before.labels, name=before.row["name"], parent_id=now["id"],
            kind="rolled_back",
        )
        put_in_force(ctx, connection, load(ctx, connection, city, made), reason=reason)
    return get(ctx, city, made)


def put_in_force(
    ctx: Context, connection: Connection, plan: Stored, *, effective_from: str | None = None, reason: str = ""
) -> None:
    """Move the city's pointer to ``plan`` and write lineage, codes, log and audit (inside the caller's transaction)."""
    city, at = plan.place.city, ctx.stamp()
    if city.plan_id is not None:
        before = plans.get(connection, city.code, city.plan_id)
        assert before is not None, f"the pointer of {city.code} names a plan that is gone"
        plans.change(connection, before["id"], revision=before["revision"], status="superseded", superseded_at=at)
        _write_lineage(ctx, connection, before, plan, at=at)
    changed = plans.change(
        connection, plan.id, revision=plan.row["revision"], status="in_force", published_at=at,
        effective_from=effective_from or at,
    )
    if not changed:
        raise errors.Stale("stale", "The plan has changed since it was read.")
    cities.set_plan(connection, city.code, plan_id=plan.id)
    cities.touch(connection, city.code)
    plans.log(connection, plan.id, at=at, by=ctx.by, kind="published",
              payload={"before": city.plan_id, "reason": reason})
    audit.append(
        connection, at=at, actor=ctx.by, action="plan.publish", city=city.code,
        detail={"plan": plan.id, "version": plan.row["version"], "before": city.plan_id, "hash": plan.row["hash"]},
    )


def _write_lineage(
    ctx: Context, connection: Connection, before: dict[str, Any], plan: Stored, *, at: str
) -> None:
    """Where the cells of each old grid went, by code, with the households that went with them."""
    city, base = plan.place.city, plan.place.base
    old_codes = {grid["label"]: grid["code"] for grid in plans.grids(connection, before["id"])}
    new_codes = {grid["label"]: grid["code"] for grid in plans.grids(connection, plan.id)}
    old_base = territory.world(ctx, connection, city.code, base_id=before["base_id"]).base
    if old_base.resolution == base.resolution:
        at_old = cells.positions(old_base.cells, base.cells)
        was = np.where(at_old >= 0, plans.labels_of(connection, before["id"])[np.maximum(at_old, 0)], -1)
        both = (was >= 0) & (plan.labels >= 0)
        weights = bases.column(connection, base.id, "households")
        rows = codes.lineage(
            Partition(base.cells[both], was[both]), old_codes, Partition(base.cells[both], plan.labels[both]),
            new_codes, households=weights[both] if weights is not None else np.zeros(int(both.sum())), date=at,
        )
        plans.insert_lineage(connection, [
            {"city": city.code, "plan_id": plan.id, "kind": row.kind, "from_code": row.from_code,
             "to_code": row.to_code, "households": row.households, "cells": row.cells, "at": row.date}
            for row in rows
        ])  # fmt: skip
    gone = sorted(set(old_codes.values()) - set(new_codes.values()))
    plans.end_codes(connection, city.code, gone, at=at)
    plans.reopen_codes(connection, city.code, sorted(new_codes.values()))


def _town_of(place: territory.World, region_id: int | None) -> dict[str, Any] | None:
    town = place.at(region_id, "town")
    return {"code": town.code, "name": town.name} if town else None
