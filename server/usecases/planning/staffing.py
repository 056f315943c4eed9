"""Who serves where: workers to grids, centres of four tiers, the areas they serve, and what is missing.

A grid belongs to the centre of its community and to the chain above it. A city without regions of a tier that has a
centre (a county-level city has no counties) counts as one region of that tier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, staffing
from geo import centres as centre_trees
from server.rules import permissions
from server.store import audit, cities, database, imported, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Columns, Context, Progress, silent
from server.usecases.planning import plans as plan_cases

TIERS = centre_trees.TIERS
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Tree:
    """Regions as ``geo.centres`` takes them, what each stands for, and the region of every centre.

    ``codes`` and ``names`` by region; ``number_of`` region id → number; ``rows`` the centres; ``at`` int32[c].
    """

    regions: centre_trees.Regions
    codes: list[str]
    names: list[str]
    number_of: dict[int, int]
    rows: list[dict[str, Any]]
    at: Ints


def staff(ctx: Context, city: str, ref: str = plan_cases.CURRENT, *, progress: Progress = silent) -> dict[str, Any]:
    """Give every grid of a plan its responsible worker, at the least total travel, and its centre.

    Answers how many grids are filled, the codes of those that are not, idle workers, the sum of distances, and what
    the tree of centres lacks.
    """
    permissions.check(ctx.actor, "plan.staff")
    progress(0.1, "staffing")
    with database.reading(ctx.db) as connection:
        row = plan_cases.find(ctx, connection, city, ref)
        place = territory.world(ctx, connection, city, base_id=row["base_id"])
        grids = plans.grids(connection, row["id"])
        people = imported.rows(connection, "workers", city)
        made_tree = make_tree(connection, place)
    made, centre = _assigned(people, grids), _centres_of(made_tree, grids)
    workers = [people[at]["id"] if at >= 0 else None for at in made.worker.tolist()]
    labels = [grid["label"] for grid in grids]
    result = {
        "plan": row["id"], "grids": len(grids), "workers": len(people), "filled": len(grids) - made.unfilled.size,
        "unfilled": [grids[at]["code"] for at in made.unfilled.tolist()], "idle": int(made.idle.size),
        "total_km": round(made.total_m / 1000, 3),
        "without_centre": [grid["code"] for grid, number in zip(grids, centre, strict=True) if number is None],
        **_lacking(made_tree),
    }
    progress(0.8, "storing")
    with database.writing(ctx.db) as connection:
        if not plans.change(connection, row["id"], revision=row["revision"]):
            raise errors.Stale("stale", "The plan changed while it was being staffed.")
        plans.staff(connection, row["id"], list(zip(labels, workers, centre, strict=True)))
        counted = {name: result[name] for name in ("grids", "workers", "filled", "idle", "total_km")}
        plans.log(connection, row["id"], at=ctx.stamp(), by=ctx.by, kind="staffed", payload=counted)
        detail = {"plan": row["id"], **counted}
        audit.append(connection, at=ctx.stamp(), actor=ctx.by, action="plan.staff", city=city, detail=detail)
        cities.touch(connection, city)
        ctx.seal(connection, result)
    progress(1.0, "done")
    return result


def tree(ctx: Context, city: str) -> dict[str, Any]:
    """``{items: [{id, name, tier, lat, lng, region, parent, grids}], missing: [{tier, region}], skipped: [...]}``."""
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        made = make_tree(connection, place)
        row = plans.get(connection, city, place.city.plan_id) if place.city.plan_id else None
        grids = plans.grids(connection, row["id"]) if row else []
        here = territory.since(ctx, connection, place, row["base_id"]) if row else {}
    found = centre_trees.audit(made.regions, made.at)
    counts: dict[int, int] = {}
    for grid in grids:
        region = made.number_of.get(here.get(grid["region_id"], -1), -1)
        for at in centre_trees.chain(made.regions, made.at, region) if region >= 0 else []:
            counts[at] = counts.get(at, 0) + 1
    items = []
    for at, row in enumerate(made.rows):
        above = int(found.parent[at])
        items.append({
            "id": str(row["id"]), "name": row["name"], "tier": row["tier"], "lat": row["lat"], "lng": row["lng"],
            "region": _told(made, int(made.at[at])), "parent": str(made.rows[above]["id"]) if above >= 0 else None,
            "grids": counts.get(at, 0),
        })  # fmt: skip
    return {"items": items, **_lacking(made)}


def chain(connection: Connection, place: territory.World, region_id: int) -> list[dict[str, Any]]:
    """The centres that a region's grids belong to, nearest tier first."""
    made = make_tree(connection, place)
    region = made.number_of.get(region_id)
    if region is None:
        return []
    rows = [made.rows[at] for at in centre_trees.chain(made.regions, made.at, region)]
    return [
        {"id": str(row["id"]), "name": row["name"], "tier": row["tier"], "lat": row["lat"], "lng": row["lng"]}
        for row in rows
    ]


def service_areas(ctx: Context, city: str, *, tier: str = "community") -> Columns:
    """Per cell ``centre``: the position in ``meta.centres`` of the centre of ``tier`` that serves it.

    Follows the regions; several centres of one region share it by nearness. Cells nobody serves are left out.
    """
    if tier not in TIERS:
        raise errors.Invalid("tier", f"There is no tier {tier!r}; it is one of {', '.join(TIERS)}.")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        made = make_tree(connection, place)
    seen = territory.scope(ctx, place)
    ids = place.base.cells if seen is None else place.base.cells[seen]
    region = place.base.region if seen is None else place.base.region[seen]
    lats, lngs = cells.centres(ids)
    served = centre_trees.service_areas(
        made.regions, made.at, _numbers(made, region), tier=TIERS.index(tier), lats=lats, lngs=lngs,
        centre_lats=np.array([row["lat"] for row in made.rows], dtype=np.float64),
        centre_lngs=np.array([row["lng"] for row in made.rows], dtype=np.float64),
    )
    shown = served >= 0
    used, column = np.unique(served[shown], return_inverse=True)
    named = [{"id": str(made.rows[at]["id"]), "name": made.rows[at]["name"]} for at in used.tolist()]
    return Columns(ids[shown], {"centre": column.astype(np.uint16)}, {"tier": tier, "centres": named,
                                                                     "left_out": int((~shown).sum())})  # fmt: skip


def make_tree(connection: Connection, place: territory.World) -> Tree:
    """The region tree of a city with its centres, the city itself on top."""
    rows = imported.rows(connection, "centres", place.city.code)
    given = {row["tier"] for row in rows}
    tier, parent, codes, names = [0], [-1], [place.city.code], [place.city.name]
    for level in TIERS[1:]:
        if level not in place.city.levels and level in given and level != "community":
            tier.append(TIERS.index(level))
            parent.append(len(tier) - 2)
            codes.append(place.city.code)
            names.append(place.city.name)
    whole = {TIERS[index]: number for number, index in enumerate(tier)}
    number_of: dict[int, int] = {}
    for region in place.regions.values():
        own = TIERS.index(region.level)
        above = [number for name, number in whole.items() if TIERS.index(name) < own]
        number_of[region.id] = len(tier)
        parent.append(number_of[region.parent_id] if region.parent_id in number_of else above[-1])
        tier.append(own)
        codes.append(region.code)
        names.append(region.name)
    shape = centre_trees.Regions(np.array(tier, dtype=np.int32), np.array(parent, dtype=np.int32))
    by_code = {(tier[number], codes[number]): number for number in number_of.values()}
    at = [_place_of(place, row, whole, by_code, number_of) for row in rows]
    return Tree(shape, codes, names, number_of, rows, np.array(at, dtype=np.int32))


def _place_of(
    place: territory.World, row: dict[str, Any], whole: dict[str, int], by_code: dict[tuple[int, str], int],
    number_of: dict[int, int],
) -> int:
    """The region of a centre: by the code its source gave, else by where it stands; -1 where neither is known."""
    if row["tier"] in whole:
        return whole[row["tier"]]
    named = by_code.get((TIERS.index(row["tier"]), row["region_code"]))
    if named is not None:
        return named
    region = place.at(territory.region_at(place, row["cell"]), row["tier"])
    return number_of[region.id] if region is not None else -1


def _assigned(people: list[dict[str, Any]], grids: list[dict[str, Any]]) -> staffing.Staffing:
    homes = cells.centres(np.array([row["cell"] for row in people], dtype=np.uint64))
    capacity = np.array([max(0, int(row["capacity"])) for row in people], dtype=np.int32)
    lats = np.array([grid["lat"] for grid in grids], dtype=np.float64)
    lngs = np.array([grid["lng"] for grid in grids], dtype=np.float64)
    return staffing.assign(homes[0], homes[1], lats, lngs, capacity=capacity)


def _centres_of(made: Tree, grids: list[dict[str, Any]]) -> list[int | None]:
    """The id of the centre that each grid belongs to: the lowest tier above it that has one."""
    region = np.array([made.number_of.get(grid["region_id"], -1) for grid in grids], dtype=np.int32)
    lats = np.array([grid["lat"] for grid in grids], dtype=np.float64)
    lngs = np.array([grid["lng"] for grid in grids], dtype=np.float64)
    centre_lats = np.array([row["lat"] for row in made.rows], dtype=np.float64)
    centre_lngs = np.array([row["lng"] for row in made.rows], dtype=np.float64)
    best = np.full(len(grids), -1, dtype=np.int32)
    for tier in range(len(TIERS)):
        served = centre_trees.service_areas(
            made.regions, made.at, region, tier=tier, lats=lats, lngs=lngs, centre_lats=centre_lats,
            centre_lngs=centre_lngs,
        )
        best = np.where(served >= 0, served, best).astype(np.int32)
    return [int(made.rows[at]["id"]) if at >= 0 else None for at in best.tolist()]


def _lacking(made: Tree) -> dict[str, Any]:
    """Regions without a centre of their tier, and centres that answer past a tier that has none."""
    found = centre_trees.audit(made.regions, made.at)
    tiers = made.regions.tier
    missing = [{"tier": TIERS[int(tiers[at])], "region": _told(made, at)} for at in found.missing.tolist()]
    skipped = [
        {"id": str(made.rows[at]["id"]), "name": made.rows[at]["name"], "tier": made.rows[at]["tier"]}
        for at in found.skipped.tolist()
    ]
    orphans = [
        {"id": str(made.rows[at]["id"]), "name": made.rows[at]["name"], "tier": made.rows[at]["tier"]}
        for at in found.orphans.tolist()
    ]
    return {"missing": missing, "skipped": skipped, "orphans": orphans}


def _told(made: Tree, number: int) -> dict[str, Any] | None:
    return {"code": made.codes[number], "name": made.names[number]} if number >= 0 else None


def _numbers(made: Tree, region: Ints) -> Ints:
    """Region numbers of region ids."""
    used, at = np.unique(region, return_inverse=True)
    return np.array([made.number_of.get(int(one), -1) for one in used.tolist()], dtype=np.int32)[at.ravel()]
