"""Plans as they are read. Drawing one is in ``drawing``, publishing in ``publishing``, files in ``exports``.

``ref`` is a plan's id, or ``current`` (the plan in force, else the newest draft), or ``newest`` (draft); both words
mean plans of grids. A plan of community borders is named by its id, and found where ``kinds`` says that it will do. A
plan's tag changes with every change to it; publishing needs the tag of what the planner looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import adjacency as adjacencies
from geo import outlines
from geo.adjacency import Adjacency
from server.rules import permissions, planned
from server.store import database, imported, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Columns, Context

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


def find(
    ctx: Context, connection: Connection, city: str, ref: str, *, kinds: tuple[str, ...] = (planned.GRIDS,)
) -> dict[str, Any]:
    """The row of a plan. Raises NotFound, and Conflict for a plan of another kind than is wanted."""
    found = territory.city(ctx, connection, city)
    plan_id: str | None = ref
    if ref == CURRENT and found.plan_id is not None:
        plan_id = found.plan_id
    elif ref in (CURRENT, NEWEST):
        plan_id = plans.newest(connection, city, status="draft", kind=planned.GRIDS)
    row = plans.get(connection, city, plan_id) if plan_id else None
    if row is None:
        raise errors.NotFound("not_found", f"City {city!r} has no plan {ref!r}.")
    if row["kind"] not in kinds:
        raise errors.Conflict("other_kind", f"This can be done with plans of {' and '.join(kinds)} only.")
    return row


def tag_of(ctx: Context, city: str, ref: str) -> str:
    """The tag of a plan as it stands. Raises NotFound."""
    with database.reading(ctx.db) as connection:
        return tag(find(ctx, connection, city, ref, kinds=planned.EVERY))


def has(ctx: Context, city: str, plan_id: str) -> bool:
    """Whether the city has that plan."""
    with database.reading(ctx.db) as connection:
        return plans.get(connection, city, plan_id) is not None


def load(
    ctx: Context, connection: Connection, city: str, ref: str, *, kinds: tuple[str, ...] = (planned.GRIDS,)
) -> Stored:
    """A plan with its base and its labels. Raises as ``find`` does."""
    row = find(ctx, connection, city, ref, kinds=kinds)
    place = territory.world(ctx, connection, city, base_id=row["base_id"])
    labels = ctx.cache.get(("labels", row["id"], row["revision"]), lambda: plans.labels_of(connection, row["id"]))
    return Stored(row=row, place=place, labels=labels)


def list_(
    ctx: Context, city: str, *, limit: int = 50, cursor: str | None = None, kind: str = planned.GRIDS
) -> dict[str, Any]:
    """Plans of a city of one kind, newest first: ``{"items": [...], "next": cursor or None}``."""
    before = territory.cursor(cursor)
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        rows = plans.of_city(connection, city, before=before, limit=limit + 1, kind=kind)
    items = [summary(row) for row in rows[:limit]]
    return {"items": items, "next": str(rows[limit - 1]["version"]) if len(rows) > limit else None}


def summary(row: dict[str, Any]) -> dict[str, Any]:
    """A plan in a list."""
    return {
        "id": row["id"], "kind": row["kind"], "version": row["version"], "status": row["status"], "name": row["name"],
        "created_at": row["created_at"], "created_by": row["created_by"], "published_at": row["published_at"],
        "effective_from": row["effective_from"], "parent": row["parent_id"], "grids": row["grids"],
        "band": [row["band_low"], row["band_high"]], "seed": row["seed"], "measures": row["measures"],
        "across_towns": bool(row["across_towns"]), "tag": tag(row), "hash": row["hash"],
    }


def get(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """One plan with its violations: ``{code, reason, region, label, cells: [hex, at most 200], n_cells, proved}``."""
    with database.reading(ctx.db) as connection:
        row = find(ctx, connection, city, ref, kinds=planned.EVERY)
        place = territory.world(ctx, connection, city, base_id=row["base_id"])
        visible = territory.visible_regions(ctx, place)
    hidden = territory.scope(ctx, place) is not None
    violations = [
        {**violation, "region": territory.region_told(place, violation["region"])}
        for violation in row["violations"]
        if not hidden or violation["region"] in visible
    ]
    return {**summary(row), "violations": violations}


def cells_of(ctx: Context, city: str, ref: str, *, gaps: bool = False) -> Columns:
    """Cells of the actor's territory that lie in a grid, with column ``grid`` (its label); with ``gaps`` also those in
    none, with -1."""
    with database.reading(ctx.db) as connection:
        plan = load(ctx, connection, city, ref, kinds=planned.EVERY)
    shown = (plan.labels >= 0) | gaps
    seen = territory.scope(ctx, plan.place)
    if seen is not None:
        shown &= seen
    labels = plan.labels[shown]
    dtype: type[np.integer[Any]] = np.uint16 if int(labels.max(initial=0)) < 2**16 - 1 else np.uint32
    if labels.min(initial=0) < 0:
        dtype = np.int32
    meta = {"plan": plan.id, "version": plan.row["version"], "uncovered": int((plan.labels < 0).sum())}
    return Columns(plan.place.base.cells[shown], {"grid": labels.astype(dtype)}, meta)


def grids(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """The grids of a plan with their figures, people and faults."""
    with database.reading(ctx.db) as connection:
        row = find(ctx, connection, city, ref, kinds=planned.EVERY)
        place = territory.world(ctx, connection, city, base_id=row["base_id"])
        return {
            "plan": {
                "id": row["id"], "kind": row["kind"], "version": row["version"], "status": row["status"],
                "tag": tag(row), "workload": row["measures"].get("workload"),
            },
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
            "households": round(grid["households"], 1), "load": round(grid["load"], 1), "cells": grid["cells"],
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
        plan = load(ctx, connection, city, ref, kinds=planned.EVERY)
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


def _town_of(place: territory.World, region_id: int | None) -> dict[str, Any] | None:
    town = place.at(region_id, "town")
    return {"code": town.code, "name": town.name} if town else None
