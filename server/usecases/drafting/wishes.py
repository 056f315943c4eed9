"""What a planner asks of a drawing beyond the band: workload, numbers of grids, what stays whole, apart, or as it is.

Everything is turned into arrays of a drawing problem here, from what was imported and from the plan in force.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import boundary, cells, geodesy, units
from geo import problem as problems
from geo.adjacency import Adjacency
from server.rules import kinds, workload
from server.store import imported, plans
from server.usecases import errors, reading
from server.usecases.city import territory
from server.usecases.context import Context

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]

COMPOUNDS: Final = "compounds"
BUILDINGS: Final = "buildings"
WHOLE: Final = (COMPOUNDS, BUILDINGS)
CITY: Final = "city"
MOSTLY = 0.5
"""A cell belongs to a dedicated site from this share of its built-up ground on."""


@dataclass(frozen=True)
class Wishes:
    """``workload`` a formula's name; ``counts`` grids by region code, ``city`` for the whole city (核定数); ``whole``
    kinds of things not to be cut, see ``WHOLE``; ``dedicated`` uses of buildings (school, hospital, …) whose sites
    become dedicated grids; ``keep``: grids locked or dedicated in the plan in force stay as they are; ``units``
    polygons as read, each of which stays whole."""

    workload: str = workload.PLAIN
    counts: Mapping[str, int] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    dedicated: tuple[str, ...] = ()
    keep: bool = False
    units: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Bound:
    """The wishes as arrays of a problem: ``unit``, ``locked`` int32[n], ``exempt`` bool[n], ``closed`` labels,
    ``facts`` by label of the grids kept, ``units`` and ``lost`` how many polygons were given and how many have no
    cell."""

    unit: Ints
    locked: Ints
    exempt: Flags
    closed: Ints
    facts: dict[int, dict[str, Any]]
    units: int = 0
    lost: int = 0


def of(asked: Mapping[str, Any]) -> Wishes:
    """The wishes of a request."""
    return Wishes(
        workload=asked.get("workload", workload.PLAIN), counts=asked.get("counts", {}),
        whole=tuple(asked.get("whole", ())), dedicated=tuple(asked.get("dedicated", ())),
        keep=asked.get("keep", False),
    )


def read_units(
    ctx: Context, path: Path, *, datum: str | None = None, crs: str | None = None, layer: str | None = None
) -> tuple[Any, ...]:
    """The polygons of a file. Raises Refused for a file at fault or without any polygon."""
    options = dataclasses.replace(reading.plain(crs=crs, datum=datum), layer=layer)
    parsed = reading.read(ctx, "boundary", path, options)
    reading.refuse_unknown_datum(parsed, crs=crs, datum=datum)
    shapes = shapely.from_wkb(parsed.table["geometry"].to_numpy(dtype=object))
    areas = tuple(shape for shape in shapes if shape is not None and shape.geom_type in ("Polygon", "MultiPolygon"))
    if not areas:
        raise errors.Refused("E_GEOMETRY", f"There is no polygon in {path.name!r}.")
    return areas


def bind(
    ctx: Context, connection: Connection, place: territory.World, adjacency: Adjacency, wishes: Wishes
) -> Bound:
    """What the wishes mean for the cells of the city. Raises Invalid for what nothing here is called."""
    n = len(place.base.cells)
    locked, exempt, own = np.full(n, -1, dtype=np.int32), np.zeros(n, dtype=np.bool_), np.full(n, -1, dtype=np.int32)
    closed: list[int] = []
    facts: dict[int, dict[str, Any]] = {}
    if wishes.keep:
        labels, facts = _kept(connection, place)
        special = np.isin(labels, [label for label, row in facts.items() if row["kind"] == kinds.DEDICATED])
        locked = np.where(np.isin(labels, list(facts)), labels, -1).astype(np.int32)
        exempt, own = special, np.where(special, labels, -1).astype(np.int32)
        closed = [label for label, row in facts.items() if row["kind"] != kinds.DEDICATED]
    sites = _sites(connection, place, wishes.dedicated)
    sites[exempt | (locked >= 0)] = -1
    own = units.joined(adjacency, place.base.region, [own, sites])
    exempt = own >= 0
    groups, lost = [], 0
    if wishes.units:
        given = units.of_polygons(place.base.cells, gpd.GeoSeries(list(wishes.units), crs="EPSG:4326"))
        lost = len(wishes.units) - len(np.unique(given[given >= 0]))
        groups.append(given)
    groups += [_THINGS[kind](connection, place) for kind in wishes.whole]
    for group in groups:
        group[exempt] = -1
    unit = units.joined(adjacency, place.base.region, groups)
    unit = np.where(exempt, own + int(unit.max(initial=-1)) + 1, unit).astype(np.int32)
    return Bound(unit, locked, exempt, np.array(closed, dtype=np.int32), facts, len(wishes.units), lost)


def counts(
    place: territory.World, region_ids: NDArray[np.int64], load: NDArray[np.float64], least: Ints, wishes: Wishes
) -> Ints:
    """Grids given to each of the communities ``region_ids``, -1 where the band decides; ``load`` float64[r] of each
    and the ``least`` grids int32[r] that it needs, one for each piece that hangs together.

    A number for a town, a county or the city is shared among its communities by their load, after those that have one
    of their own. Raises Invalid for unknown codes, and where there are fewer grids than are needed.
    """
    given = np.full(len(region_ids), -1, dtype=np.int32)
    chains = [[region.code for region in place.chain(int(number))] + [CITY] for number in region_ids]
    rank = {code: depth for chain in chains for depth, code in enumerate(chain)}
    for code in sorted(wishes.counts, key=lambda code: rank.get(code, -1)):
        total = wishes.counts[code]
        mine = np.flatnonzero([code in chain for chain in chains])
        if not mine.size:
            raise errors.Invalid("counts", f"There is no region {code!r} with cells in this city.")
        fixed = mine[given[mine] >= 0]
        free = mine[given[mine] < 0]
        left = total - int(given[fixed].sum())
        needed = int(least[free].sum())
        if left < needed or (not len(free) and left):
            needed += int(given[fixed].sum())
            raise errors.Invalid("counts", f"{code} has {len(mine)} communities and needs {needed} grids, not {total}.")
        if len(free):
            given[free] = problems.apportion(left, load[free], least=least[free])
    return given


def _kept(connection: Connection, place: territory.World) -> tuple[Ints, dict[int, dict[str, Any]]]:
    """Labels of the plan in force, and the facts of those of its grids that are locked or dedicated."""
    row = plans.get(connection, place.city.code, place.city.plan_id) if place.city.plan_id else None
    if row is None or row["base_id"] != place.base.id:
        raise errors.Conflict("no_plan", "No plan of these cells is in force, so there are no grids to keep.")
    names = ("code", "name", "kind", "locked")
    facts = {
        grid["label"]: {name: grid[name] for name in names}
        for grid in plans.grids(connection, row["id"])
        if grid["locked"] or grid["kind"] == kinds.DEDICATED
    }
    return plans.labels_of(connection, row["id"]), facts


def _sites(connection: Connection, place: territory.World, uses: tuple[str, ...]) -> Ints:
    """A number for the cells whose ground is mostly built up with buildings of one of ``uses``, by use, or -1."""
    out = np.full(len(place.base.cells), -1, dtype=np.int32)
    if not uses:
        return out
    rows = imported.rows(connection, "buildings", place.city.code, names=("cell", "use", "geometry"))
    known = {row["use"] for row in rows}
    for use in uses:
        if use not in known:
            raise errors.Invalid("dedicated", f"No building is a {use!r}; there is {', '.join(sorted(known))}.")
    at = cells.positions(place.base.cells, np.array([row["cell"] for row in rows], dtype=np.uint64))
    area = geodesy.areas_m2(shapely.from_wkb([row["geometry"] for row in rows]))
    area[at < 0] = 0.0
    built = np.bincount(np.maximum(at, 0), weights=area, minlength=len(out))
    for number, use in enumerate(uses):
        mine = np.array([row["use"] == use for row in rows]) & (at >= 0)
        share = np.bincount(at[mine], weights=area[mine], minlength=len(out)) / np.maximum(built, 1e-9)
        out[(share >= MOSTLY) & (out < 0)] = number
    return out


def _compounds(connection: Connection, place: territory.World) -> Ints:
    """The compound of each cell: of its buildings, else the one within whose buildings it lies; -1 none."""
    rows = imported.rows(connection, "buildings", place.city.code, names=("cell", "compound", "geometry"))
    rows = [row for row in rows if row["compound"]]
    names, number = np.unique([row["compound"] for row in rows], return_inverse=True)
    shapes = shapely.from_wkb([row["geometry"] for row in rows])
    order = np.argsort(number, kind="stable")
    groups = np.split(np.asarray(shapes, object)[order], np.searchsorted(number[order], np.arange(1, len(names))))
    hulls = [shapely.convex_hull(shapely.union_all(group)) for group in groups] if len(names) else []
    out = boundary.regions_of(place.base.cells, gpd.GeoDataFrame(geometry=gpd.GeoSeries(hulls, crs="EPSG:4326")))
    at = cells.positions(place.base.cells, np.array([row["cell"] for row in rows], dtype=np.uint64))
    inside = at >= 0
    pairs, times = np.unique(np.stack([at[inside], number[inside]]), axis=1, return_counts=True)
    order = np.argsort(times, kind="stable")
    out[pairs[0][order]] = pairs[1][order]
    return out


def _buildings(connection: Connection, place: territory.World) -> Ints:
    """The building that holds the centre of each cell, -1 none: one that holds several is not to be cut."""
    rows = imported.rows(connection, "buildings", place.city.code, names=("geometry",))
    shapes = gpd.GeoSeries(shapely.from_wkb([row["geometry"] for row in rows]), crs="EPSG:4326")
    return units.of_polygons(place.base.cells, shapes)


_THINGS: Final = {COMPOUNDS: _compounds, BUILDINGS: _buildings}
