"""The areas that reports are counted in: grids of the plan, administrative regions, and the areas of a department's
net, such as the patrol areas of a police station.

Grids and regions of a level share no cell. Areas of a net may overlap, leave ground out and cross communities; where
they overlap, a report counts in each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells
from server.store import bases
from server.store import nets as net_rows
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import plans

LEVELS: Final = ("grid", "community", "town", "county")
NET: Final = "net:"
"""What a level begins with that is a department's net; the department follows."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """The areas of a level: ``rows`` as told, and which cells of ``place`` lie in them: the cell at position ``at[j]``
    (int64[m]) lies in area ``row[j]`` (int64[m]). ``net``: id and department where the level is a net."""

    level: str
    place: territory.World
    rows: list[dict[str, Any]]
    at: Ints
    row: Ints
    version: str
    net: dict[str, str] | None = None

    @cached_property
    def of(self) -> NDArray[np.int32]:
        """int32[n]: the area that each base cell is shown in, -1 for none; of several the one with the fewest cells."""
        size = np.bincount(self.row, minlength=len(self.rows))
        order = np.lexsort((self.row, size[self.row]))[::-1]
        found = np.full(self.place.base.cells.size, -1, dtype=np.int32)
        found[self.at[order]] = self.row[order]
        return found

    @cached_property
    def shared(self) -> NDArray[np.bool_]:
        """bool[n]: the base cells that lie in more than one area."""
        return np.asarray(np.bincount(self.at, minlength=self.place.base.cells.size) > 1)

    def summed(self, ids: NDArray[np.uint64], n: NDArray[Any]) -> Floats:
        """Sum over each area of what lies in base cells ``ids``."""
        held = self.spread(ids, n)[self.at]
        return np.bincount(self.row, weights=held, minlength=len(self.rows)).astype(np.float64)

    def spread(self, ids: NDArray[np.uint64], n: NDArray[Any]) -> Floats:
        """float64[n]: what lies in each base cell; what lies in none of them is left out."""
        at = cells.positions(self.place.base.cells, ids)
        return np.bincount(at[at >= 0], weights=n[at >= 0], minlength=self.place.base.cells.size).astype(np.float64)


def of_level(ctx: Context, connection: Connection, city: str, level: str) -> Parts:
    """The areas of a level that the actor may see; grids are of the plan ``current``, ``net:NAME`` is the net of the
    department NAME. Raises Invalid, NotFound."""
    if level.startswith(NET):
        return _of_net(ctx, connection, city, level)
    if level not in LEVELS:
        known = ", ".join((*LEVELS, NET + "DEPARTMENT"))
        raise errors.Invalid("level", f"There is no level {level!r}; it is one of {known}.")
    return grids(ctx, connection, city) if level == "grid" else _regions(ctx, connection, city, level)


def grids(ctx: Context, connection: Connection, city: str) -> Parts:
    """The grids of the plan ``current``. Raises NotFound."""
    plan = plans.load(ctx, connection, city, plans.CURRENT)
    drawn = plans.shown_grids(ctx, connection, plan.place, plan.id)
    row_of = np.full(max([int(plan.labels.max(initial=0)), *(grid["label"] for grid in drawn)], default=0) + 2, -1)
    for i, grid in enumerate(drawn):
        row_of[grid["label"]] = i
    rows = [
        {
            "kind": "grid", "id": str(grid["label"]), "code": grid["code"], "name": grid["name"],
            "inside": grid["region"]["name"] if grid["region"] else None, "lat": grid["lat"], "lng": grid["lng"],
            "bbox": list(grid["bbox"]), "area_km2": grid["area_km2"], "households": grid["households"],
            "centre": grid["centre"]["name"] if grid["centre"] else None,
        }
        for grid in drawn
    ]
    of = np.where(plan.labels >= 0, row_of[plan.labels], -1)
    version = f"{plan.place.city.data_version}.{plans.tag(plan.row)}"
    return Parts("grid", plan.place, rows, *_pairs(of), version)


def _regions(ctx: Context, connection: Connection, city: str, level: str) -> Parts:
    place = territory.world(ctx, connection, city)
    visible = territory.visible_regions(ctx, place)
    chosen = [one for number, one in place.regions.items() if one.level == level and number in visible]
    index = {one.id: i for i, one in enumerate(chosen)}
    row_of = {
        number: index.get(found.id, -1) if (found := place.at(number, level)) is not None else -1
        for number in place.regions
    }
    at, row = _pairs(np.array([row_of.get(int(number), -1) for number in place.base.region.tolist()], np.int64))
    homes = _homes(connection, place, at, row, len(chosen))
    rows = []
    for i, one in enumerate(chosen):
        inside = place.regions.get(one.parent_id) if one.parent_id is not None else None
        rows.append({
            "kind": "region", "id": str(one.id), "code": one.code, "name": one.name,
            "inside": inside.name if inside is not None else None,
            "lat": (one.south + one.north) / 2, "lng": (one.west + one.east) / 2,
            "bbox": [one.west, one.south, one.east, one.north], "area_km2": one.area_km2, "households": homes[i],
        })  # fmt: skip
    return Parts(level, place, rows, at, row, f"{place.city.data_version}")


def _of_net(ctx: Context, connection: Connection, city: str, level: str) -> Parts:
    """The areas of a net, each clipped to the cells that the actor may see; ``partial`` where that is not all of it."""
    place = territory.world(ctx, connection, city)
    department = level.removeprefix(NET)
    net = next((one for one in net_rows.of_city(connection, city) if one["department"] == department), None)
    if net is None:
        raise errors.NotFound("not_found", f"City {city!r} has no net of a department {department!r}.")
    seen = territory.scope(ctx, place)
    drawn, held = [], []
    for grid in net_rows.grids(connection, net["id"]):
        own = cells.positions(place.base.cells, grid["cells"]).astype(np.int64)
        own = own[own >= 0] if seen is None else own[(own >= 0) & seen[np.maximum(own, 0)]]
        if own.size:
            drawn.append(grid)
            held.append(own)
    at = np.concatenate([np.zeros(0, np.int64), *held])
    row = np.repeat(np.arange(len(held)), [own.size for own in held])
    homes = _homes(connection, place, at, row, len(held))
    rows = [
        {
            "kind": "net", "id": str(grid["code"]), "code": str(grid["code"]), "name": str(grid["name"]),
            "inside": None, **_extent(place, own), "households": homes[i],
            "partial": bool(own.size < grid["cells"].size),
        }
        for i, (grid, own) in enumerate(zip(drawn, held, strict=True))
    ]
    told = {"id": str(net["id"]), "department": department}
    return Parts(level, place, rows, at, row, f"{place.city.data_version}.net{net['id']}", told)


def _extent(place: territory.World, own: Ints) -> dict[str, Any]:
    """Middle, box and true area of some base cells."""
    lats, lngs = cells.centres(place.base.cells[own])
    return {
        "lat": round(float(lats.mean()), 6), "lng": round(float(lngs.mean()), 6),
        "bbox": [float(lngs.min()), float(lats.min()), float(lngs.max()), float(lats.max())],
        "area_km2": float(place.base.areas_m2[own].sum()) / 1e6,
    }  # fmt: skip


def _homes(connection: Connection, place: territory.World, at: Ints, row: Ints, n: int) -> list[float | None]:
    """Households of each area; None where the city has none yet."""
    lived = bases.column(connection, place.base.id, "households")
    if lived is None:
        return [None] * n
    return [round(float(homes), 1) for homes in np.bincount(row, weights=lived[at], minlength=n)]


def _pairs(of: NDArray[Any]) -> tuple[Ints, Ints]:
    """``at`` and ``row`` of areas that share no cell."""
    at = np.flatnonzero(of >= 0)
    return at, of[at].astype(np.int64)
