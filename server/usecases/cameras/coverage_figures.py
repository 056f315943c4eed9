"""The planner's figures of camera coverage, by grid, community, town, county and city, beside their targets.

A share is None where there is nothing to share: no road, no key place, no camera whose state is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from server.rules import coverage as rules
from server.rules import permissions
from server.store import audit, database
from server.store import coverage as kept
from server.usecases import errors
from server.usecases.cameras import coverage_facts
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import plans

LEVELS = ("city", "county", "town", "community", "grid")


def figures(
    ctx: Context, city: str, *, level: str = "city", plan: str = plans.CURRENT,
    home_m: float = rules.NEAR.home_m,
) -> dict[str, Any]:
    """``{level, targets, near, items: [{id, code, name, …figures, met}], met}`` of the actor's territory.

    ``met`` of an item: all its key places are in view and its cameras work as targeted; of the whole: how many of how
    many. ``plan`` names the plan whose grids are meant; a household is near a camera within ``home_m``.
    """
    permissions.check(ctx.actor, "gap.read")
    if level not in LEVELS:
        raise errors.Invalid("level", f"There is no level {level!r}; it is one of {', '.join(LEVELS)}.")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        known = coverage_facts.per_cell(ctx, connection, place)
        if home_m != rules.NEAR.home_m:
            known = {**known, "near": coverage_facts.near(ctx, connection, place, within_m=home_m)}
        groups, label = _groups(ctx, connection, place, level, plan)
    seen = territory.scope(ctx, place)
    if seen is not None:
        label = np.where(seen, label, -1)
    items = _summed(groups, label, known)
    return {
        "level": level, "targets": rules.TARGETS, "near": {**vars(rules.NEAR), "home_m": home_m},
        "items": items,
        "met": {"n": sum(item["met"] for item in items), "of": len(items)},
        "data_version": place.city.data_version,
    }  # fmt: skip


def keep(ctx: Context, city: str) -> dict[str, Any]:
    """Keep the city's and its towns' figures of today in the history."""
    permissions.check(ctx.actor, "camera.propose")
    levels = ("city", "town")
    told = {level: figures(ctx, city, level=level)["items"] for level in levels}
    with database.writing(ctx.db) as connection:
        version = territory.city(ctx, connection, city).data_version
        kept.keep_figures(connection, city, data_version=version, at=ctx.stamp(), by=ctx.by, figures=told)
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="coverage.keep", city=city, detail={"version": version}
        )
    return history(ctx, city)


def history(ctx: Context, city: str) -> dict[str, Any]:
    """Kept figures of the whole city, oldest first: ``{"items": [{data_version, at, by, city, towns}]}``."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        rows = kept.kept_figures(connection, city) if place.own is None else []
    return {
        "items": [
            {
                "data_version": row["data_version"], "at": row["at"], "by": row["by"],
                "city": row["figures"]["city"][0], "towns": row["figures"].get("town", []),
            }
            for row in rows
        ]
    }  # fmt: skip


def _groups(
    ctx: Context, connection: Connection, place: territory.World, level: str, plan: str
) -> tuple[list[dict[str, Any]], NDArray[np.int64]]:
    """The things that figures are told of, and for each base cell which one it belongs to (-1: none)."""
    if level == "city":
        whole = {"id": place.city.code, "code": place.city.code, "name": place.city.name}
        return [whole], np.zeros(place.base.cells.size, np.int64)
    if level == "grid":
        stored = plans.load(ctx, connection, place.city.code, plan)
        if stored.place.base.id != place.base.id:
            raise errors.Conflict("other_base", "The plan was drawn on other cells than the city has now.")
        shown = plans.shown_grids(ctx, connection, place, stored.id)
        at = _index({grid["label"]: i for i, grid in enumerate(shown)}, stored.labels)
        return [{"id": str(grid["label"]), "code": grid["code"], "name": grid["name"]} for grid in shown], at
    visible = territory.visible_regions(ctx, place)
    found = [region for region in place.regions.values() if region.level == level and region.id in visible]
    row_of = {region.id: i for i, region in enumerate(found)}
    lowest = np.unique(place.base.region).tolist()
    upper = {low: place.at(low, level) for low in lowest}
    at = _index({low: row_of.get(region.id, -1) for low, region in upper.items() if region}, place.base.region)
    return [{"id": str(region.id), "code": region.code, "name": region.name} for region in found], at


def _index(rows: dict[int, int], labels: NDArray[np.int32]) -> NDArray[np.int64]:
    values, at = np.unique(labels, return_inverse=True)
    return np.array([rows.get(value, -1) for value in values.tolist()], np.int64)[at]


def _summed(
    groups: list[dict[str, Any]], label: NDArray[np.int64], known: dict[str, NDArray[np.float64]]
) -> list[dict[str, Any]]:
    inside = label >= 0
    sums = {
        name: np.bincount(label[inside], weights=values[inside], minlength=len(groups))
        for name, values in known.items()
        if name not in ("per_km2", "seen")
    }
    return [{**group, **_figures(lambda name, i=i: float(sums[name][i]))} for i, group in enumerate(groups)]  # type: ignore[misc]


def _figures(total: Callable[[str], float]) -> dict[str, Any]:
    """Figures from sums by name."""

    def ratio(part: str, *wholes: str) -> float | None:
        whole = sum(total(name) for name in wholes)
        return round(min(total(part) / whole, 1.0), 4) if whole > 0 else None

    made: dict[str, Any] = {
        "cameras": round(total("cameras")), "online": round(total("online")), "offline": round(total("offline")),
        "area_km2": round(total("area_m2") / 1e6, 4), "public_km2": round(total("public_m2") / 1e6, 4),
        "per_km2": round(total("cameras") / (total("area_m2") / 1e6), 3) if total("area_m2") else None,
        **{f"seen{k}": ratio(f"seen{k}_m2", "public_m2") for k in (1, 2, 3)},
        "clear": ratio("clear_m2", "public_m2"),
        "road_km": round(total("road_m") / 1e3, 3), "road_seen": ratio("road_seen_m", "road_m"),
        "places": round(total("places")), "places1": ratio("places1", "places"), "places2": ratio("places2", "places"),
        "working": ratio("online", "online", "offline"), "networked": ratio("networked", "network_known"),
        "complete": ratio("complete", "cameras"), "households": round(total("households")),
        "near": ratio("near", "households"), "compounds": round(total("compounds")),
        "compounds1": ratio("compounds1", "compounds"),
    }  # fmt: skip
    aims = {name: made[name] for name in ("places1", "working") if made[name] is not None}
    made["met"] = bool(aims) and all(value >= rules.TARGETS[name] for name, value in aims.items())
    return made
