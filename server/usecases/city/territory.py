"""The city that a use case works on, and the part of it that the actor may see.

What lies outside the actor's territory does not exist for the actor: asking for it is ``NotFound``, never forbidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells
from server.rules import permissions
from server.store import bases, cities
from server.store import regions as region_rows
from server.usecases import errors
from server.usecases.context import Context


@dataclass(frozen=True)
class World:
    """A city with its base in force. ``regions`` by id; the lowest level is the one that grids nest in.

    ``own`` is the actor's region in this base: -1 where the base has no such region any more, None for a whole city.
    """

    city: cities.City
    base: bases.Base
    regions: dict[int, region_rows.Region]
    own: int | None = None

    @property
    def lowest(self) -> str:
        """The level of the regions that the cells are assigned to."""
        return self.city.levels[-1]

    def chain(self, region_id: int | None) -> list[region_rows.Region]:
        """The region and what it lies in, from the lowest to the uppermost."""
        found: list[region_rows.Region] = []
        while region_id is not None and region_id in self.regions:
            found.append(self.regions[region_id])
            region_id = found[-1].parent_id
        return found

    def at(self, region_id: int | None, level: str) -> region_rows.Region | None:
        """The region of ``level`` that ``region_id`` is or lies in, or None."""
        return next((region for region in self.chain(region_id) if region.level == level), None)


def city(ctx: Context, connection: Connection, code: str) -> cities.City:
    """The city of ``code``. Raises NotFound when there is none in the actor's territory."""
    found = cities.get(connection, code) if permissions.reaches(ctx.actor, code) else None
    if found is None:
        raise errors.NotFound("not_found", f"There is no city {code!r}.")
    return found


def world(ctx: Context, connection: Connection, code: str, *, base_id: int | None = None) -> World:
    """The city with its base in force, or with another of its bases. Raises NotFound, and Conflict before any base."""
    found = city(ctx, connection, code)
    wanted = base_id if base_id is not None else found.base_id
    if wanted is None:
        raise errors.Conflict("no_base", f"City {code!r} has no cells yet.")
    base: bases.Base = ctx.cache.get(("base", wanted), lambda: bases.get(connection, wanted))
    tree: dict[int, region_rows.Region] = ctx.cache.get(
        ("regions", wanted), lambda: {region.id: region for region in region_rows.of_base(connection, wanted)}
    )
    return World(city=found, base=base, regions=tree, own=_own(ctx, connection, tree))


def scope(ctx: Context, place: World) -> NDArray[np.bool_] | None:
    """bool[n], the cells of the base that the actor may see; None where that is all of them."""
    if place.own is None:
        return None
    return np.isin(place.base.region, np.fromiter(visible_regions(ctx, place), dtype=np.int64))


def visible_regions(ctx: Context, place: World) -> set[int]:
    """Ids of the regions of this base that the actor may see: its own and those inside it."""
    if place.own is None:
        return set(place.regions)
    return {number for number in place.regions if place.own in {region.id for region in place.chain(number)}}


def _own(ctx: Context, connection: Connection, tree: dict[int, region_rows.Region]) -> int | None:
    """The actor's region among ``tree``: itself, else the one of the same level and code in this base."""
    asked = ctx.actor.region_id if ctx.actor is not None else None
    if asked is None or asked in tree:
        return asked
    elsewhere = region_rows.get(connection, asked)
    if elsewhere is None:
        return -1
    same = (elsewhere.level, elsewhere.code)
    return next((number for number, region in tree.items() if (region.level, region.code) == same), -1)


def bounds(place: World) -> tuple[float, float, float, float]:
    """West, south, east, north of the city's boundary in degrees."""
    west, south, east, north = shapely.from_wkb(place.base.boundary).bounds
    return float(west), float(south), float(east), float(north)


def region_at(place: World, cell: int) -> int | None:
    """Id of the lowest-level region of a base cell; None for a cell outside the city."""
    at = cells.positions(place.base.cells, np.array([cell], dtype=np.uint64))[0]
    return int(place.base.region[at]) if at >= 0 else None


def in_scope(ctx: Context, place: World, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of ``rows`` (each with a base ``cell``) that lie in the actor's territory; all of them without one."""
    seen = scope(ctx, place)
    if seen is None:
        return rows
    at = cells.positions(place.base.cells[seen], np.array([row["cell"] for row in rows], dtype=np.uint64))
    return [row for row, found in zip(rows, at, strict=True) if found >= 0]


def check_resolution(place: World, resolution: int | None) -> int:
    """The resolution asked for, the city's own by default. Raises Invalid for a finer one."""
    if resolution is None:
        return place.base.resolution
    if not 0 <= resolution <= place.base.resolution:
        raise errors.Invalid(
            "resolution", f"Resolution {resolution} is not one of 0 to {place.base.resolution}, the city's own."
        )
    return resolution


def visible(ctx: Context, place: World, shown: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """bool[m]: the (possibly coarser) cells that hold at least one cell of the actor's territory."""
    seen = scope(ctx, place)
    if seen is None:
        return np.ones(shown.size, dtype=np.bool_)
    own = np.unique(cells.parents(place.base.cells[seen], cells.resolution(shown)))
    return np.asarray(cells.positions(own, shown) >= 0)


def cursor(text: str | None) -> int | None:
    """The number that a list's cursor stands for. Raises Invalid."""
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise errors.Invalid("cursor", "That is no cursor of this list.")
    return int(text)


def region_told(place: World, region_id: int | None) -> dict[str, Any] | None:
    """A region by id, code and name; None where there is none."""
    region = place.regions.get(region_id) if region_id is not None else None
    return {"id": str(region.id), "code": region.code, "name": region.name} if region else None


def since(ctx: Context, connection: Connection, place: World, base_id: int) -> dict[int, int]:
    """The regions of another base of the city by id, each with that of the same level and code in ``place``."""
    if base_id == place.base.id:
        return {number: number for number in place.regions}
    return counterparts(world(ctx, connection, place.city.code, base_id=base_id), place)


def counterparts(old: World, new: World) -> dict[int, int]:
    """The region of the same level and code in another base, by id; regions without one are left out."""
    known = {(region.level, region.code): number for number, region in new.regions.items()}
    pairs = ((number, known.get((region.level, region.code))) for number, region in old.regions.items())
    return {number: other for number, other in pairs if other is not None}
