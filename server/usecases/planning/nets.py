"""多网合一: department layers over the basic grids: what overlaps, what is left out, what cuts a basic grid, and what
would mend it (each net moved onto the basic grids, or their common refinement).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import adjacency as adjacencies
from geo import cells, outlines
from geo import nets as geo_nets
from server.rules import permissions
from server.store import audit, bases, cities, database
from server.store import nets as rows
from server.usecases import errors, reading
from server.usecases.city import territory
from server.usecases.context import Columns, Context
from server.usecases.importing import existing, given
from server.usecases.importing.landing import Fault
from server.usecases.planning import plans as plan_usecases

UNNAMED = "未注明部门"
MOST_TOLD = 500
Positions = NDArray[np.int64]


def store(
    ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read, *, import_id: int, named: str
) -> existing.Stored:
    """Store the nets of a file, one for each department that it names (``named`` where a row names none).

    The same net again changes nothing and counts as duplicate. A grid without an outline is all of its community.
    """
    table = parsed.table
    said = table["department"].tolist() if "department" in table else [None] * len(table)
    texts = [text.strip() if isinstance(text, str) else "" for text in said]
    whose = np.array([text or named.strip() or UNNAMED for text in texts], dtype=object)
    accepted = duplicate = 0
    faults: list[Fault] = []
    told = []
    for department in sorted(set(whose.tolist())):
        found = given.read(place, table[whose == department].reset_index(drop=True))
        faults += found.faults
        if not found.code:
            continue
        grids = [
            {"code": code, "name": name, "cells": place.base.cells[_own(place, found, at)]}
            for at, (code, name) in enumerate(zip(found.code, found.name, strict=True))
        ]
        if _same(connection, place.city.code, department, grids):
            duplicate += found.rows
            continue
        accepted += found.rows
        row = {"city": place.city.code, "department": department, "import_id": import_id, "at": ctx.stamp(),
               "by": ctx.by}  # fmt: skip
        told.append({"id": str(rows.put(connection, row, grids)), "department": department, "grids": len(grids)})
    return existing.Stored(accepted, duplicate, faults, {"nets": told})


def _own(place: territory.World, found: given.Given, at: int) -> Positions:
    inside = found.cells[at]
    return inside if inside is not None else np.flatnonzero(place.base.region == found.region[at])


def _same(connection: Connection, city: str, department: str, grids: list[dict[str, Any]]) -> bool:
    known = next((row for row in rows.of_city(connection, city) if row["department"] == department), None)
    if known is None:
        return False
    before = {row["code"]: row for row in rows.grids(connection, known["id"])}
    return {row["code"] for row in grids} == set(before) and all(
        row["name"] == before[row["code"]]["name"] and np.array_equal(row["cells"], before[row["code"]]["cells"])
        for row in grids
    )


def list_(ctx: Context, city: str) -> dict[str, Any]:
    """``{items: [{id, department, grids, cells, at, by}]}`` by department."""
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        items = []
        for row in rows.of_city(connection, city):
            grids = rows.grids(connection, row["id"])
            items.append({
                "id": str(row["id"]), "department": row["department"], "grids": len(grids),
                "cells": int(sum(grid["cells"].size for grid in grids)), "at": row["at"], "by": row["by"],
            })  # fmt: skip
    return {"items": items}


def remove(ctx: Context, city: str, net_id: int) -> None:
    """Take a department's net away. Raises NotFound."""
    permissions.check(ctx.actor, "import.run")
    with database.writing(ctx.db) as connection:
        territory.city(ctx, connection, city)
        row = _net(connection, city, net_id)
        rows.remove(connection, net_id)
        cities.touch(connection, city)
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="net.remove", city=city,
            detail={"net": net_id, "department": row["department"]},
        )


def shapes(ctx: Context, city: str, net_id: int) -> dict[str, Any]:
    """Outlines of a net's grids as GeoJSON with code and name, over the part of the city that the actor may see."""
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        _net(connection, city, net_id)
        grids = rows.grids(connection, net_id)
    seen = territory.scope(ctx, place)
    features = []
    for number, grid in enumerate(grids):
        at = cells.positions(place.base.cells, grid["cells"])
        at = at[at >= 0]
        at = at if seen is None else at[seen[at]]
        if at.size:
            shape = outlines.outlines(place.base.cells[at], np.zeros(at.size, dtype=np.int32)).iloc[0]
            features.append({
                "type": "Feature", "id": number, "geometry": shapely.geometry.mapping(shape),
                "properties": {"code": grid["code"], "name": grid["name"]},
            })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def report(ctx: Context, city: str, net_id: int, ref: str = plan_usecases.CURRENT) -> dict[str, Any]:
    """A net held against the basic grids of a plan.

    ``{net, plan, rests, grids: [{code, name, cells, households, basic, cut}], overlaps: [{a, b, cells}], gap: {cells,
    households}, cuts: [{grid, basic, inside, size, households, whole, take}], moved_households, adopt}``; ``adopt``
    gives each basic grid that is cut the grid of the net it had better go to whole.
    """
    with database.reading(ctx.db) as connection:
        plan = plan_usecases.load(ctx, connection, city, ref)
        row = _net(connection, city, net_id)
        grids = rows.grids(connection, net_id)
        weights = _weights(connection, plan.place)
        basic = {one["label"]: one for one in plan_usecases.shown_grids(ctx, connection, plan.place, plan.id)}
    members = _members(plan.place, grids)
    found = geo_nets.against(members, plan.labels, weights)
    moved = geo_nets.snapped(members, plan.labels, weights)
    changed = (found.label != moved) & (plan.labels >= 0)
    named = {"code": "", "name": ""}
    cuts = [
        {
            "grid": _short(grids[cut.grid]), "basic": _short(basic.get(cut.label, named)), "label": cut.label,
            "inside": cut.inside, "size": cut.size, "households": round(cut.weight, 1), "whole": round(cut.whole, 1),
            "take": cut.take,
        }
        for cut in found.cuts
    ]
    cut_labels = sorted({cut.label for cut in found.cuts})
    first = {label: int(np.argmax(plan.labels == label)) for label in cut_labels}
    return {
        "net": {"id": str(net_id), "department": row["department"]},
        "plan": {"id": plan.id, "version": plan.row["version"]}, "rests": found.rests,
        "grids": [_grid(grid, members[at], plan.labels, weights, cuts) for at, grid in enumerate(grids)],
        "overlaps": [
            {"a": _short(grids[one]), "b": _short(grids[other]), "cells": n}
            for one, other, n in found.pairs[:MOST_TOLD]
        ],
        "overlap_cells": int(found.overlap.size),
        "gap": {"cells": int(found.gap.size), "households": round(float(weights[found.gap].sum()), 1)},
        "cuts": cuts[:MOST_TOLD], "n_cuts": len(cuts), "moved_households": round(float(weights[changed].sum()), 1),
        "adopt": [
            {"basic": _short(basic.get(label, named)), "label": label, "grid": _short(grids[int(moved[first[label]])])}
            for label in cut_labels[:MOST_TOLD]
        ],
    }  # fmt: skip


def refine(ctx: Context, city: str, ref: str = plan_usecases.CURRENT) -> dict[str, Any]:
    """The common refinement of a plan's grids and all nets: ``{plan, nets, parts, whole, split: [{code, name, label,
    parts: [{part, cells, households, inside: [department code]}]}]}``; ``whole`` basic grids need no cut."""
    plan, weights, found, part = refined(ctx, city, ref)
    with database.reading(ctx.db) as connection:
        basic = {one["label"]: one for one in plan_usecases.shown_grids(ctx, connection, plan.place, plan.id)}
    cells_of, homes = np.bincount(part[part >= 0]), np.bincount(part[part >= 0], weights=weights[part >= 0])
    first = np.unique(part[part >= 0], return_index=True)[1]
    first = np.flatnonzero(part >= 0)[first]
    inside: dict[int, list[str]] = {}
    for row, grids, members in found:
        for grid, own in zip(grids, members, strict=True):
            for number in np.unique(part[own][part[own] >= 0]).tolist():
                inside.setdefault(number, []).append(f"{row['department']} {grid['code']}")
    by_label: dict[int, list[int]] = {}
    for number, at in enumerate(first.tolist()):
        by_label.setdefault(int(plan.labels[at]), []).append(number)
    split = [
        {
            "code": basic[label]["code"], "name": basic[label]["name"], "label": label,
            "parts": [
                {"part": number, "cells": int(cells_of[number]), "households": round(float(homes[number]), 1),
                 "inside": inside.get(number, [])}
                for number in numbers
            ],
        }
        for label, numbers in sorted(by_label.items()) if len(numbers) > 1 and label in basic
    ]  # fmt: skip
    return {
        "plan": {"id": plan.id, "version": plan.row["version"]}, "nets": [row["department"] for row, _, _ in found],
        "parts": int(cells_of.size), "whole": len(by_label) - len(split), "split": split[:MOST_TOLD],
        "n_split": len(split),
    }  # fmt: skip


def refined_cells(ctx: Context, city: str, ref: str = plan_usecases.CURRENT) -> Columns:
    """The common refinement per cell: column ``part`` (uint32)."""
    plan, _, _, part = refined(ctx, city, ref)
    shown = part >= 0
    seen = territory.scope(ctx, plan.place)
    if seen is not None:
        shown &= seen
    meta = {"plan": plan.id, "version": plan.row["version"]}
    return Columns(plan.place.base.cells[shown], {"part": part[shown].astype(np.uint32)}, meta)


def at(connection: Connection, city: str, cell: int) -> list[dict[str, Any]]:
    """The grids of departments that hold a cell: ``{layer, department, code, name}``."""
    wanted = np.array([cell], dtype=np.uint64)
    return [
        {"layer": str(row["id"]), "department": row["department"], "code": grid["code"], "name": grid["name"]}
        for row in rows.of_city(connection, city)
        for grid in rows.grids(connection, row["id"])
        if cells.positions(grid["cells"], wanted)[0] >= 0
    ]


def refined(
    ctx: Context, city: str, ref: str
) -> tuple[plan_usecases.Stored, NDArray[np.float64], list[tuple[Any, Any, list[Positions]]], NDArray[np.int32]]:
    """A plan, the households of its cells, the nets with the positions of their grids' cells, and the part int32[n] of
    their common refinement that each cell lies in (-1 where there is no basic grid)."""
    with database.reading(ctx.db) as connection:
        plan = plan_usecases.load(ctx, connection, city, ref)
        weights = _weights(connection, plan.place)
        found = []
        for row in rows.of_city(connection, city):
            grids = rows.grids(connection, row["id"])
            found.append((row, grids, _members(plan.place, grids)))
    steps = ctx.cache.get(("touching", plan.place.base.id), lambda: adjacencies.build(plan.place.base.cells))
    part = geo_nets.refinement([members for _, _, members in found], plan.labels, steps)
    return plan, weights, found, part


def _members(place: territory.World, grids: list[dict[str, Any]]) -> list[Positions]:
    at = [cells.positions(place.base.cells, grid["cells"]) for grid in grids]
    return [one[one >= 0].astype(np.int64) for one in at]


def _grid(
    grid: dict[str, Any], own: Positions, labels: NDArray[np.int32], weights: NDArray[np.float64],
    cuts: list[dict[str, Any]],
) -> dict[str, Any]:
    touched = np.unique(labels[own])
    return {
        **_short(grid), "cells": int(own.size), "households": round(float(weights[own].sum()), 1),
        "basic": int((touched >= 0).sum()), "cut": sum(1 for cut in cuts if cut["grid"] == _short(grid)),
    }  # fmt: skip


def _short(grid: dict[str, Any]) -> dict[str, str]:
    return {"code": str(grid["code"]), "name": str(grid["name"])}


def _weights(connection: Connection, place: territory.World) -> NDArray[np.float64]:
    found = bases.column(connection, place.base.id, "households")
    return found if found is not None else np.zeros(place.base.cells.size)


def _net(connection: Connection, city: str, net_id: int) -> dict[str, Any]:
    row = rows.get(connection, city, net_id)
    if row is None:
        raise errors.NotFound("not_found", f"City {city!r} has no net {net_id}.")
    return row
