"""Storing incidents: their exact region, what is new, a segment on disk, and its row in the manifest.

An incident keeps the region of its exact point for good; the cell it is counted in keeps its own region. Only incidents
outside the city are refused here. A row with a negative count is a correction: it is kept and subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells
from server.archive import query, values
from server.archive import segments as archive
from server.store import database, live, regions, segments
from server.usecases import reading
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.importing.landing import Fault
from server.usecases.incidents import exact, shared

SOURCE = "file"
CORRECTION = "#correction"
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Stored:
    """What became of the rows."""

    accepted: int
    duplicate: int
    faults: list[Fault]
    extra: dict[str, Any]


@dataclass(frozen=True)
class Prepared:
    """The rows of a file that are new, as the archive takes them but for their ids, found against ``facts``."""

    base_id: int
    facts: values.Facts
    rows: pa.Table
    inside: int
    faults: list[Fault]
    told: dict[str, Any]


@dataclass(frozen=True)
class Placed:
    """Where each row lies: ``ids`` its cell, ``region`` the id of its exact point's region, -1 outside the city."""

    ids: NDArray[np.uint64]
    region: Ints
    of_cell: Ints


def of_city(ctx: Context, connection: Connection, city: str) -> values.Facts:
    """The facts of a city: the segments that its manifest names, and the live incidents that are not sealed yet."""
    found = tuple(segment(row) for row in segments.of_city(connection, city))
    return values.Facts(ctx.archive, found, table(live.of_city(connection, city)))


def table(rows: list[tuple[Any, ...]]) -> pa.Table | None:
    """Live incidents as the archive's columns; None where there are none."""
    if not rows:
        return None
    columns = dict(zip(live.columns(), zip(*rows, strict=True), strict=True))
    columns["time"] = columns.pop("us")
    columns["received"] = columns.pop("received_at")
    kinds = {field.name: field.type for field in values.SCHEMA} | {"time": pa.int64(), "received": pa.string()}
    arrays = [pa.array(columns[name], kinds[name]) for name in values.SCHEMA.names]
    return pa.Table.from_arrays(arrays, values.SCHEMA.names).cast(values.SCHEMA)


def segment(row: dict[str, Any]) -> values.Segment:
    """A row of the manifest as the archive knows it."""
    return values.Segment(**{name: row[name] for name in values.Segment.__dataclass_fields__})


def live_rows(connection: Connection, city: str | None) -> int:
    """How many live incidents wait in a city, or in all of them."""
    return sum(n for code, (n, _) in live.waiting(connection).items() if city in (None, code))


def next_id(connection: Connection) -> int:
    """The id of the next incident: above every one that was ever given. Call it while writing."""
    return max(segments.last_id(connection), live.last_id(connection)) + 1


def prepare(ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read) -> Prepared:
    """Find out where the rows of a file lie and which of them are new: the long part, done before anybody waits."""
    table = parsed.rows
    facts = of_city(ctx, connection, place.city.code)
    placed = locate(connection, place, _floats(table, "lat"), _floats(table, "lng"))
    outside = placed.region < 0
    weight = pc.fill_null(table["weight"], 1).cast(pa.int32()).combine_chunks()
    keys = _keys(table, weight)
    new = ~outside & first_of_each(keys)
    replaces, known = revised(facts, keys.filter(pa.array(new)))
    new[np.flatnonzero(new)[known]] = False
    own = keys.filter(pa.array(new))
    own_rows = _rows(table, placed, weight, own, new, replaces[~known])
    return Prepared(
        base_id=place.base.id, facts=facts, rows=own_rows.append_column("follows", pa.array(follows(own))),
        inside=int((~outside).sum()), faults=_outside(place, table.filter(pa.array(outside))),
        told=_told(placed, np.asarray(weight), new) | _twins(parsed, own_rows),
    )


def store(
    ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read, prepared: Prepared, *,
    import_id: int,
) -> Stored:
    """Write what is new as a segment, synced before its row is written; prepared anew if the archive changed since."""
    segments.hold(connection)
    if prepared.base_id != place.base.id or prepared.facts != of_city(ctx, connection, place.city.code):
        prepared = prepare(ctx, connection, place, parsed)
    accepted = prepared.rows.num_rows
    if accepted:
        _write(ctx, connection, place.city.code, prepared.rows, import_id=import_id)
    return Stored(accepted, prepared.inside - accepted, prepared.faults, prepared.told)


def locate(
    connection: Connection, place: territory.World, lats: NDArray[np.float64], lngs: NDArray[np.float64]
) -> Placed:
    """The cell of each point, and the region of the lowest level that holds the very point.

    A point of the city in a gap between regions takes the region of its cell, else the nearest one.
    """
    ids = cells.from_points(lats, lngs, place.base.resolution)
    shapes_by_id = regions.geometries(connection, place.base.id, level=place.lowest)
    numbers = np.array(list(shapes_by_id), dtype=np.int64)
    shapes = np.asarray(shapely.from_wkb(list(shapes_by_id.values())), object)
    row = exact.inside(shapes, lats, lngs, ids)
    region = np.where(row >= 0, numbers[np.maximum(row, 0)], -1)
    at = cells.positions(place.base.cells, ids)
    of_cell = np.where(at >= 0, place.base.region[np.maximum(at, 0)], -1).astype(np.int64)
    gap = np.flatnonzero(region < 0)
    if gap.size:
        outline = np.array([shapely.from_wkb(place.base.boundary)], dtype=object)
        gap = gap[exact.inside(outline, lats[gap], lngs[gap], ids[gap]) >= 0]
        region[gap] = of_cell[gap]
        lost = gap[region[gap] < 0]
        if lost.size:
            region[lost] = numbers[exact.nearest(shapes, lats[lost], lngs[lost])]
    return Placed(ids, region, of_cell)


def sweep(ctx: Context) -> list[str]:
    """Remove segment files that a crash left behind; answers their names."""
    with database.writing(ctx.db) as connection:
        segments.hold(connection)
        return archive.sweep(ctx.archive, [segment(row) for row in segments.every(connection)])


def _floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _keys(table: pa.Table, weight: pa.Array) -> pa.Table:
    """Source, external id and revision of each row; a correction has an identity of its own beside what it corrects."""
    identity = table["identity"].combine_chunks()
    corrected = pc.binary_join_element_wise(identity, CORRECTION, "")
    external = pc.if_else(pc.less(weight, 0), corrected, identity)
    revision = pc.fill_null(table["revision"], 0).cast(pa.int32()).combine_chunks()
    source = pa.array(np.full(table.num_rows, SOURCE, dtype=object), pa.string())
    return pa.table({"source": source, "external_id": external, "revision": revision})


def first_of_each(keys: pa.Table) -> NDArray[np.bool_]:
    """bool[n]: the first row of every (external id, revision) of one source."""
    first = np.zeros(keys.num_rows, dtype=np.bool_)
    numbered = keys.append_column("at", pa.array(np.arange(keys.num_rows)))
    kept = numbered.group_by(["external_id", "revision"]).aggregate([("at", "min")])["at_min"]
    first[kept.to_numpy()] = True
    return first


def follows(keys: pa.Table) -> Ints:
    """For each row the position of the row with the revision right before it, -1 for none; in any order of rows."""
    before = np.full(keys.num_rows, -1, dtype=np.int64)
    span = pc.min_max(keys["revision"]).as_py()
    if span["min"] == span["max"]:
        return before
    order = pc.sort_indices(keys, sort_keys=[("external_id", "ascending"), ("revision", "ascending")])
    ids = keys["external_id"].combine_chunks().take(order)
    same = np.asarray(pc.equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False), np.bool_)
    at = order.to_numpy().astype(np.int64)
    before[at[1:][same]] = at[:-1][same]
    return before


def revised(facts: values.Facts, keys: pa.Table) -> tuple[Ints, NDArray[np.bool_]]:
    """For each key the id of the incident that it revises (-1: none), and whether the archive already holds it."""
    replaces = np.full(keys.num_rows, -1, dtype=np.int64)
    known = np.zeros(keys.num_rows, dtype=np.bool_)
    if facts.empty or not keys.num_rows:
        return replaces, known
    found = query.known(facts, keys)
    at = found["position"].to_numpy()
    known[at] = np.asarray(pc.or_(found["same"], found["older"]))
    replaces[at] = found["id"].to_numpy()
    return replaces, known


def _rows(
    table: pa.Table, placed: Placed, weight: pa.Array, own: pa.Table, new: NDArray[np.bool_], replaces: Ints
) -> pa.Table:
    mask = pa.array(new)
    kept = table.filter(mask)
    columns = {
        "time": kept["time"], "lat": kept["lat"], "lng": kept["lng"],
        "cell": pa.array(placed.ids[new].astype(np.int64)),
        "region": pa.array(placed.region[new].astype(np.int32)),
        "category": kept["category"], "weight": weight.filter(mask), "source": own["source"],
        "external_id": own["external_id"], "revision": own["revision"], "status": kept["status"],
        "replaces": pa.array(replaces, mask=replaces < 0),
    }  # fmt: skip
    return pa.table(columns)


def numbered(rows: pa.Table, first: int) -> pa.Table:
    """``rows`` with their ids from ``first`` on; a row that ``follows`` another replaces it."""
    ids = pa.array(np.arange(first, first + rows.num_rows, dtype=np.int64))
    before = rows["follows"].to_numpy()
    replaces = pc.if_else(pa.array(before >= 0), pa.array(first + before), rows["replaces"])
    at = rows.column_names.index("replaces")
    return rows.set_column(at, "replaces", replaces).drop_columns(["follows"]).append_column("id", ids)


def _write(ctx: Context, connection: Connection, city: str, rows: pa.Table, *, import_id: int) -> None:
    shared.claim(ctx, connection)
    first = next_id(connection)
    for made in archive.write_segments(numbered(rows, first), directory=ctx.archive, city=city):
        segments.add(connection, **made.as_row(), import_id=import_id, last_id=first + rows.num_rows - 1)


def _outside(place: territory.World, table: pa.Table) -> list[Fault]:
    """A fault for each row outside the city, with what its coordinates look like."""
    west, south, east, north = territory.bounds(place)
    lats, lngs = _floats(table, "lat"), _floats(table, "lng")
    swapped = (lats >= west) & (lats <= east) & (lngs >= south) & (lngs <= north)
    reasons = np.where(
        swapped, "lies outside the city; latitude and longitude look swapped",
        "lies outside the city's boundary (if many do: wrong datum, or projected coordinates read as degrees?)",
    )
    rows = table["row"].to_pylist()
    return [Fault(row, "lat,lng", "E_EXTENT", reason) for row, reason in zip(rows, reasons.tolist(), strict=True)]


def _told(placed: Placed, weight: NDArray[np.int32], new: NDArray[np.bool_]) -> dict[str, Any]:
    """What the report says beyond the counts: corrections, and where point and cell disagree about the region."""
    own = weight[new]
    corrections = own < 0
    other = int((placed.region[new] != placed.of_cell[new]).sum())
    n = int(new.sum())
    told: dict[str, Any] = {
        "counted": int(own.sum()),
        "corrections": int(corrections.sum()),
        "region": {
            "by_point": n, "cell_differs": other, "share": round(other / n, 6) if n else 0.0,
            "note": "an incident keeps the region of its exact point; its cell keeps its own",
        },
    }
    if corrections.any():
        told["corrections_note"] = (
            f"{int(corrections.sum()):,} rows have a negative count: they take back earlier reports and are "
            f"subtracted, so {n:,} rows count as {int(own.sum()):,} incidents"
        )
    return told


def _twins(parsed: reading.Read, rows: pa.Table) -> dict[str, Any]:
    """Of a file without ids: how many rows have the same time, place, category and status as another. They are counted,
    since two reports may well be alike; with ids the second of two would be known as a repeat."""
    if not rows.num_rows or any(mapped.ours == "id" for mapped in parsed.report.mapping):
        return {}
    alike = rows.group_by(["time", "lat", "lng", "category", "status", "weight"]).aggregate([])
    twins = rows.num_rows - alike.num_rows
    if not twins:
        return {}
    return {
        "alike": twins,
        "alike_note": f"the file gives no ids: {twins:,} rows are like an earlier one in time, place, category and "
        "status, and are counted; name the column of ids with --field id=… to leave repeats out",
    }
