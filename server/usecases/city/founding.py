"""Founding a city: boundary → cells, region files → a tree of regions and the region of every cell.

A base is written once and never changed. Nesting is stored, not derived: a cell belongs to the lowest-level region that
holds its centre (in a gap between regions: the nearest), and a region belongs to the upper region that most of its
cells lie in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import boundary, cells
from geo import errors as geo_errors
from server.rules import permissions, planned
from server.store import audit, bases, cities, database, plans, regions
from server.usecases import errors, reading
from server.usecases.city import territory
from server.usecases.context import Context, Progress, silent

LIMIT_CELLS = 5_000_000
MOST_NOTES = 20
CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class RegionFile:
    """A file of regions of one level; ``code`` and ``name`` are its columns, guessed where empty."""

    level: str
    path: Path
    code: str | None = None
    name: str | None = None
    crs: str | None = None
    datum: str | None = None


@dataclass(frozen=True)
class Division:
    """The regions of a level as read: geometries in WGS-84, codes unique, names."""

    level: str
    shapes: NDArray[np.object_]
    codes: list[str]
    names: list[str]
    notes: list[str] = field(default_factory=list)


def new_city(
    ctx: Context, code: str, *, name: str, boundary_file: Path, region_files: Sequence[RegionFile] = (),
    resolution: int = 10, tz: str = "Asia/Shanghai", crs: str | None = None, datum: str | None = None,
    demo: bool = False, progress: Progress = silent,
) -> dict[str, Any]:
    """Make a city and its first base; answers cells, regions by level, and what is odd about them.

    Raises Invalid for values out of range, Conflict when the code is taken, Refused for files that cannot be used.
    """
    permissions.check(ctx.actor, "city.create")
    _check(code, name, resolution, tz)
    with database.reading(ctx.db) as connection:
        if cities.get(connection, code) is not None:
            raise errors.Conflict("city_exists", f"There is already a city {code!r}.", city=code)
    progress(0.02, "boundary")
    outline = _outline(ctx, boundary_file, crs=crs, datum=datum, tz=tz)
    divisions = _divisions(ctx, region_files, crs=crs, datum=datum, tz=tz, progress=progress)
    if not divisions:
        divisions = [Division("community", np.array([outline], object), [code], [name])]
    progress(0.4, "cells")
    ids = _fill(outline, resolution)
    progress(0.6, "areas")
    areas = cells.areas_m2(ids)
    city = cities.City(
        code=code, name=name, tz=tz, datum=datum or "wgs84", resolution=resolution,
        levels=[division.level for division in divisions], base_id=None, plan_id=None, data_version=1, demo=demo,
        created_at=ctx.stamp(),
    )
    with database.writing(ctx.db) as connection:
        if cities.get(connection, code) is not None:
            raise errors.Conflict("city_exists", f"There is already a city {code!r}.", city=code)
        cities.insert_city(connection, city)
        progress(0.8, "regions")
        report = write_base(ctx, connection, city, outline, ids, areas, divisions)
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="city.create", city=code,
            detail={"cells": int(ids.size), "resolution": resolution, "levels": city.levels},
        )
    progress(1.0, "done")
    return {"city": code, "name": name, "resolution": resolution, **report}


def write_base(
    ctx: Context, connection: Connection, city: cities.City, outline: Any, ids: NDArray[np.uint64],
    areas: NDArray[np.float64], divisions: Sequence[Division],
) -> dict[str, Any]:
    """Store a base with its regions and make it the city's. Answers counts and oddities."""
    base_id = bases.insert_base(
        connection, city.code, resolution=city.resolution, boundary=shapely.to_wkb(outline), cells=ids, areas_m2=areas,
        at=ctx.stamp(),
    )
    rows = _rows_of_cells(ids, divisions)
    narrow, crossing, told = [], [], []
    upper_ids: list[int] = []
    for depth, division in enumerate(divisions):
        row = rows[depth]
        parents = _parents(row, rows[depth - 1], len(division.codes)) if depth else np.full(len(division.codes), -1)
        counts = np.bincount(row[row >= 0], minlength=len(division.codes))
        sums = np.bincount(row[row >= 0], weights=areas[row >= 0], minlength=len(division.codes))
        boxes = shapely.bounds(division.shapes).tolist()
        stored = regions.insert_regions(connection, [
            {
                "city": city.code, "base_id": base_id, "level": division.level, "code": division.codes[i],
                "name": division.names[i], "parent_id": upper_ids[parents[i]] if parents[i] >= 0 else None,
                "geometry": shapely.to_wkb(division.shapes[i]), "cells": int(counts[i]),
                "area_km2": float(sums[i]) / 1e6,
                **dict(zip(("west", "south", "east", "north"), boxes[i], strict=True)),
            }
            for i in range(len(division.codes))
        ])  # fmt: skip
        narrow += [
            {"level": division.level, "code": division.codes[i], "name": division.names[i]}
            for i in np.flatnonzero(counts == 0).tolist()
        ]
        if depth:
            crossing.append({"level": division.level, "cells": _crossing(row, rows[depth - 1], parents)})
        told += division.notes
        upper_ids = stored
    bases.set_regions(connection, base_id, np.asarray(upper_ids, dtype=np.int32)[rows[-1]])
    cities.set_base(connection, city.code, base_id=base_id, levels=[division.level for division in divisions])
    plans.supersede(connection, city.code, kind=planned.COMMUNITIES, at=ctx.stamp())
    return {
        "base": bases.get(connection, base_id).version, "cells": int(ids.size), "area_km2": float(areas.sum()) / 1e6,
        "regions": {division.level: len(division.codes) for division in divisions},
        "without_cells": narrow, "crossing": crossing, "notes": told,
    }


def division_of(parsed: reading.Read, level: str) -> Division:
    """The regions of a file: codes made unique or refused, names falling back to codes. Raises Refused."""
    table = parsed.table
    shapes = np.asarray(shapely.from_wkb(table["geometry"].to_numpy(object)), object)
    names = [str(value) if isinstance(value, str) and value else "" for value in table.get("name", [""] * len(table))]
    codes = [str(value) if isinstance(value, str) and value else "" for value in table.get("code", [""] * len(table))]
    notes = [f"{level}: {note}" for note in _read_notes(parsed)]
    if not all(codes):
        notes.append(f"{level}: {codes.count('')} regions have no code and were numbered")
        codes = [code or f"{level}-{number + 1}" for number, code in enumerate(codes)]
    twice = sorted({code for code in codes if codes.count(code) > 1}) if len(set(codes)) < len(codes) else []
    if twice:
        raise errors.Refused(
            "E_CODE", f"{len(twice)} codes of level {level} are used more than once, the first is {twice[0]!r}; "
            "name another column with code=FIELD.", detail=twice[:50],
        )
    if len(shapes) == 0:
        raise errors.Refused("E_EMPTY", f"The file of level {level} holds no regions.")
    return Division(level, shapes, codes, [name or code for name, code in zip(names, codes, strict=True)], notes)


def _read_notes(parsed: reading.Read) -> list[str]:
    """What was wrong with rows of the file, row by row: what was mended, and what is missing because of it."""
    told = []
    for fault in parsed.faults.to_pylist():
        at = f" ({fault['value']})" if fault["value"] else ""
        left = "; the row is left out and its ground goes to its neighbours" if fault["rejects"] else ""
        told.append(f"row {fault['row']}: {fault['reason']}{at}{left}")
    if len(told) > MOST_NOTES:
        told = [*told[:MOST_NOTES], f"and {len(told) - MOST_NOTES} more rows"]
    return told


def _check(code: str, name: str, resolution: int, tz: str) -> None:
    if not CODE.fullmatch(code):
        raise errors.Invalid("city_code", f"A city's code is 1 to 40 letters, digits, - or _, not {code!r}.")
    if not 1 <= len(name.strip()) <= 100:
        raise errors.Invalid("city_name", "A city's name has 1 to 100 characters.")
    if not 5 <= resolution <= 13:
        raise errors.Invalid("resolution", f"Resolution {resolution} is not one of 5 to 13; 10 suits a town.")
    if tz not in available_timezones():
        raise errors.Invalid("tz", f"{tz!r} is no time zone; for example Asia/Shanghai.")


def _outline(ctx: Context, path: Path, *, crs: str | None, datum: str | None, tz: str) -> Any:
    parsed = reading.read(ctx, "boundary", path, reading.plain(crs=crs, datum=datum, tz=tz))
    reading.refuse_unknown_datum(parsed, crs=crs, datum=datum)
    outline = shapely.union_all(shapely.from_wkb(parsed.table["geometry"].to_numpy(object)))
    if outline.is_empty or outline.geom_type not in ("Polygon", "MultiPolygon"):
        raise errors.Refused("E_BOUNDARY", f"{path.name} holds no polygon that could be a boundary.")
    return outline


def _divisions(
    ctx: Context, files: Sequence[RegionFile], *, crs: str | None, datum: str | None, tz: str, progress: Progress
) -> list[Division]:
    levels = [given.level for given in files]
    if len(set(levels)) < len(levels) or not set(levels) <= set(regions.LEVELS):
        raise errors.Invalid("levels", f"Each of {', '.join(regions.LEVELS)} may be given once, not {levels}.")
    found = []
    for number, given in enumerate(sorted(files, key=lambda file: regions.LEVELS.index(file.level))):
        progress(0.05 + 0.3 * number / len(files), given.level)
        fields = {ours: theirs for ours, theirs in (("code", given.code), ("name", given.name)) if theirs}
        options = reading.plain(fields=fields, crs=given.crs or crs, datum=given.datum or datum, tz=tz)
        parsed = reading.read(ctx, "regions", given.path, options)
        reading.refuse_unknown_datum(parsed, crs=options.crs, datum=options.datum)
        found.append(division_of(parsed, given.level))
    return found


def _fill(outline: Any, resolution: int) -> NDArray[np.uint64]:
    try:
        ids = boundary.fill(outline, resolution, limit=LIMIT_CELLS)
    except geo_errors.GeometryError as error:
        raise errors.Invalid("too_many_cells", str(error)) from None
    if ids.size == 0:
        raise errors.Invalid("no_cells", f"The boundary holds no cell of resolution {resolution}; take a finer one.")
    return ids


def _rows_of_cells(ids: NDArray[np.uint64], divisions: Sequence[Division]) -> list[NDArray[np.int32]]:
    """Row of the region of every cell at each level; the lowest level first decides, upper levels follow the centre."""
    found = []
    for division in divisions:
        table = gpd.GeoDataFrame(geometry=gpd.GeoSeries(division.shapes, crs="EPSG:4326"))
        found.append(boundary.regions_of(ids, table, nearest=True))
    return found


def _parents(row: NDArray[np.int32], upper: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """For each region the upper region that most of its cells lie in; -1 for one without cells."""
    pairs, counts = np.unique(np.stack([row, upper], axis=1), axis=0, return_counts=True)
    parents = np.full(n, -1, dtype=np.int64)
    order = np.argsort(counts, kind="stable")
    parents[pairs[order, 0]] = pairs[order, 1]
    return parents


def _crossing(row: NDArray[np.int32], upper: NDArray[np.int32], parents: NDArray[np.int64]) -> int:
    """Cells whose centre lies in another upper region than the one their region is nested in."""
    return int((upper != parents[row]).sum())


def replace_level(
    ctx: Context, connection: Connection, place: territory.World, division: Division
) -> tuple[int, int, dict[str, Any]]:
    """A new base with the regions of one level replaced: (accepted, already there, report). Cells stay as they are."""
    old = [region for region in place.regions.values() if region.level == division.level]
    given = regions.geometries(connection, place.base.id, level=division.level)
    before = {(region.code, region.name, given[region.id]) for region in old}
    now = {
        (code, name, shapely.to_wkb(shape))
        for code, name, shape in zip(division.codes, division.names, division.shapes, strict=True)
    }
    if before == now:
        return 0, len(now), {"base": place.base.version}
    levels = [level for level in regions.LEVELS if level in {*place.city.levels, division.level}]
    divisions = [division if level == division.level else _kept(connection, place, level) for level in levels]
    report = write_base(
        ctx, connection, place.city, shapely.from_wkb(place.base.boundary), place.base.cells, place.base.areas_m2,
        divisions,
    )
    return len(now), 0, report


def _kept(connection: Connection, place: territory.World, level: str) -> Division:
    rows = [region for region in place.regions.values() if region.level == level]
    given = regions.geometries(connection, place.base.id, level=level)
    shapes = np.asarray(shapely.from_wkb([given[region.id] for region in rows]), object)
    return Division(level, shapes, [region.code for region in rows], [region.name for region in rows])


@dataclass(frozen=True)
class Redrawn:
    """A lowest-level region of a base that is made from another: ``label`` is its number among the cells' labels,
    ``parent_id`` its upper region in the base before."""

    code: str
    name: str
    shape: Any
    parent_id: int | None
    label: int


@dataclass(frozen=True)
class Reshaped:
    """What becomes of an upper region when cells go from one to another."""

    shape: Any
    cells: int
    area_km2: float


def rebase(
    ctx: Context, connection: Connection, place: territory.World, drawn: Sequence[Redrawn], labels: NDArray[np.int32],
    *, without: set[str], upper: dict[int, Reshaped],
) -> int:
    """A new base with the same cells and upper regions and the lowest regions ``drawn``, made the city's; its id.

    ``labels`` int32[n] the region of each cell. Lowest regions that have no cells stay, but for the codes ``without``;
    upper ones stay as they are, but for those of ``upper`` by their id in the base before.
    """
    base = place.base
    base_id = bases.insert_base(
        connection, place.city.code, resolution=base.resolution, boundary=base.boundary, cells=base.cells,
        areas_m2=base.areas_m2, at=ctx.stamp(),
    )
    known: dict[int | None, int | None] = {None: None}

    def again(level: str, skipped: set[str]) -> None:
        rows = [row for row in regions.whole(connection, base.id, level=level) if row["code"] not in skipped]
        made = [{**row, "base_id": base_id, "parent_id": known[row["parent_id"]]} for row in rows]
        for row in made:
            if (new := upper.get(row.pop("id"))) is not None:
                row.update(geometry=shapely.to_wkb(new.shape), cells=new.cells, area_km2=new.area_km2)
                row.update(_box(new.shape))
        known.update(zip((row["id"] for row in rows), regions.insert_regions(connection, made), strict=True))

    for level in place.city.levels[:-1]:
        again(level, set())
    counts = np.bincount(labels, minlength=1)
    areas = np.bincount(labels, weights=base.areas_m2, minlength=1)
    ids = regions.insert_regions(connection, [
        {
            "city": place.city.code, "base_id": base_id, "level": place.lowest, "code": one.code, "name": one.name,
            "parent_id": known[one.parent_id], "geometry": shapely.to_wkb(one.shape), "cells": int(counts[one.label]),
            "area_km2": float(areas[one.label]) / 1e6,
            **_box(one.shape),
        }
        for one in drawn
    ])  # fmt: skip
    again(place.lowest, without | {one.code for one in drawn})
    of_label = np.full(max(one.label for one in drawn) + 1, -1, dtype=np.int32)
    of_label[[one.label for one in drawn]] = ids
    bases.set_regions(connection, base_id, of_label[labels])
    cities.set_base(connection, place.city.code, base_id=base_id, levels=place.city.levels)
    return base_id


def _box(shape: Any) -> dict[str, float]:
    return dict(zip(("west", "south", "east", "north"), shapely.bounds(shape).tolist(), strict=True))
