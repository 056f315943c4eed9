"""这里归谁管: from an address, a place, a code or a click to the grid, its posts, the centres and the departments."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from geo import cells
from server.rules import permissions
from server.store import database, imported
from server.usecases import errors
from server.usecases.city import search, territory
from server.usecases.context import Context
from server.usecases.planning import nets
from server.usecases.planning import plans as plan_usecases

MOST_MATCHES = 10
SHORTEST = 2
_POINT = re.compile(r"^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,，\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$")


def ask(
    ctx: Context, city: str, *, text: str | None = None, lat: float | None = None, lng: float | None = None,
    cell: str | None = None,
) -> dict[str, Any]:
    """Who answers for a place: ``{asked, matches, here, posts, departments, along}``.

    ``here`` is what ``search.here`` tells of the best match; ``matches`` are the things the text may mean, the best
    first; ``along`` the grids of a road that the text names, where a single place cannot be meant. Raises NotFound
    where nothing is meant or the point lies outside, Invalid for what is no point or cell.
    """
    matches: list[dict[str, Any]] = []
    along: list[dict[str, Any]] = []
    if text is not None:
        found = _POINT.match(text)
        if found:
            lat, lng = float(found[1]), float(found[2])
        else:
            matches, along = _meant(ctx, city, text)
            if matches:
                lat, lng = matches[0]["lat"], matches[0]["lng"]
    here = None
    if cell is not None or lat is not None:
        here = search.here(ctx, city, lat=lat, lng=lng, cell=cell)
    elif not along:
        raise errors.NotFound("not_found", f"Nothing in the city is called {text!r}.")
    return {
        "asked": text, "matches": matches[:MOST_MATCHES], "here": here, "posts": _posts(ctx, city, here),
        "departments": _departments(ctx, city, here), "along": along,
    }


def _departments(ctx: Context, city: str, here: dict[str, Any] | None) -> list[dict[str, Any]]:
    if here is None:
        return []
    with database.reading(ctx.db) as connection:
        return nets.at(connection, city, int(here["cell"], 16))


def _posts(ctx: Context, city: str, here: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The worker with their post, then the centres from the nearest tier up."""
    if here is None:
        return []
    found = []
    if here["worker"] is not None and permissions.exact(ctx.actor):
        with database.reading(ctx.db) as connection:
            people = imported.rows(connection, "workers", city, where={"id": int(here["worker"]["id"])})
        found = [{"role": "worker", "id": here["worker"]["id"], "name": one["name"], "post": one["post"]}
                 for one in people]  # fmt: skip
    return found + [
        {"role": centre["tier"], "id": centre["id"], "name": centre["name"], "post": ""} for centre in here["centres"]
    ]


def _meant(ctx: Context, city: str, text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a text names, else what stands in it: the longest name of a place, compound, grid or region; else a road."""
    found = [_match(one) for one in search.find(ctx, city, text)["results"]]
    if found:
        return [_inside(ctx, city, one) for one in found], []
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        named = _named(ctx, connection, place, text)
        if named:
            return named, []
        return [], _along(ctx, connection, place, text)


def _match(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in ("kind", "id", "label", "sub", "lat", "lng")}


def _inside(ctx: Context, city: str, one: dict[str, Any]) -> dict[str, Any]:
    """A region is told by the cell of it nearest to the middle of its box, which may itself lie outside it."""
    if one["kind"] != "region":
        return one
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
    own = {number for number in place.regions if int(one["id"]) in {above.id for above in place.chain(number)}}
    mine = place.base.cells[np.isin(place.base.region, list(own))]
    if mine.size == 0:
        return one
    lats, lngs = cells.centres(mine)
    best = int(np.argmin((lats - one["lat"]) ** 2 + (lngs - one["lng"]) ** 2))
    return {**one, "lat": float(lats[best]), "lng": float(lngs[best])}


def _named(ctx: Context, connection: Connection, place: territory.World, text: str) -> list[dict[str, Any]]:
    """Key places and compounds whose name stands in the text, the longest name first."""
    folded, city = text.casefold(), place.city.code
    found = [
        {"kind": "place", "id": str(row["id"]), "label": row["name"], "sub": row["kind"], "lat": row["lat"],
         "lng": row["lng"], "cell": row["cell"]}
        for row in imported.rows(connection, "places", city)
        if len(row["name"]) >= SHORTEST and row["name"].casefold() in folded
    ]  # fmt: skip
    compounds: dict[str, list[int]] = {}
    for row in imported.rows(connection, "buildings", city, names=("compound", "cell")):
        if len(row["compound"]) >= SHORTEST and _alike(row["compound"].casefold(), folded):
            compounds.setdefault(row["compound"], []).append(row["cell"])
    for name, stood in compounds.items():
        lats, lngs = cells.centres(np.array(stood, dtype=np.uint64))
        best = int(np.argmin((lats - lats.mean()) ** 2 + (lngs - lngs.mean()) ** 2))
        found.append({"kind": "compound", "id": name, "label": name, "sub": str(len(stood)), "lat": float(lats[best]),
                      "lng": float(lngs[best]), "cell": stood[best]})  # fmt: skip
    found.sort(key=lambda one: -len(one["label"]))
    return [{name: one[name] for name in one if name != "cell"} for one in territory.in_scope(ctx, place, found)]


def _alike(name: str, text: str) -> bool:
    return name in text or (len(text.strip()) >= SHORTEST and text.strip() in name)


def _along(ctx: Context, connection: Connection, place: territory.World, text: str) -> list[dict[str, Any]]:
    """Grids in force that a road named in the text runs through, by code."""
    folded = text.casefold()
    roads = [
        row for row in imported.rows(connection, "roads", place.city.code, names=("name", "geometry"))
        if len(row["name"]) >= SHORTEST and _alike(row["name"].casefold(), folded)
    ]  # fmt: skip
    if not roads:
        return []
    longest = max(len(row["name"]) for row in roads)
    step = 0.5 * float(np.sqrt(np.median(place.base.areas_m2))) / 111_195.0
    lines = [shapely.from_wkb(row["geometry"]) for row in roads if len(row["name"]) == longest]
    points = shapely.get_coordinates(shapely.segmentize(lines, step))
    try:
        plan = plan_usecases.load(ctx, connection, place.city.code, plan_usecases.CURRENT)
    except errors.NotFound:
        return []
    at = cells.positions(plan.place.base.cells, cells.from_points(points[:, 1], points[:, 0], place.base.resolution))
    labels = set(np.unique(plan.labels[at[at >= 0]]).tolist())
    return [
        {"label": row["label"], "code": row["code"], "name": row["name"]}
        for row in plan_usecases.shown_grids(ctx, connection, plan.place, plan.id) if row["label"] in labels
    ]  # fmt: skip
