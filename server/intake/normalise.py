"""Rows of a file to rows of ours: mapping, places, times and fields, batch by batch, into one Parquet file.

Runs inside the child process. Two passes: one over the time column to settle how it is written, one over everything
that is mapped. rows = accepted + rejected is checked at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from server.intake import faults as fault_lists
from server.intake import fields, kinds, mapping, personal, places, shapes, sources, times, values

_SAMPLE_ROWS = 10_000
_ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "choice": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
    "heading": pa.float64(),
    "time": pa.timestamp("us", tz="UTC"),
}

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Plan:
    """Everything settled before the rows are read."""

    kind: kinds.Kind
    source: sources.Source
    mapping: mapping.Mapping
    system: places.System | None
    time: times.Decision | None
    refused: list[dict[str, str]]
    schema: pa.Schema
    identity: str


@dataclass
class Tally:
    """What has been counted so far."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    folds: int = 0
    gaps: int = 0
    off_globe: int = 0
    outside: int = 0
    bbox: tuple[float, float, float, float] | None = None
    advice: str | None = None


def schema(kind: kinds.Kind) -> pa.Schema:
    """Columns of the normalised rows of a kind: row, identity, our fields, then lat and lng or geometry (WKB)."""
    columns: list[tuple[str, pa.DataType]] = [("row", pa.int64()), ("identity", pa.string())]
    for field in kind.fields:
        if field.type in ("lat", "lng"):
            continue
        columns.append((field.name, _ARROW[field.type]))
        if field.type == "heading":
            columns.append(("headings", pa.string()))
    if kind.place == "point":
        columns += [("lat", pa.float64()), ("lng", pa.float64())]
    else:
        columns.append(("geometry", pa.binary()))
    return pa.schema(columns)


def plan(kind: kinds.Kind, source: sources.Source, *, options: values.Options, sha256: str) -> Plan:
    """Settle mapping, personal columns, coordinate system and times. Raises IntakeError."""
    sample = _sample(source)
    refused = personal.columns(kind.name, source.columns, sample)
    refused = [one for one in refused if not (one["by"] == "values" and source.trusted)]
    projected = options.crs is not None and _projected(options)
    explicit = {"lat", "lng", "geometry"} & set(options.fields)
    located = source.located and not explicit
    mapped = mapping.decide(
        kind,
        source.columns,
        given=options.fields,
        located=located,
        projected=projected,
        refused=[one["column"] for one in refused],
    )
    placed = located or {"lat", "lng"} <= set(mapped.columns) or "geometry" in mapped.columns
    system = None
    if placed:
        system = places.settle(
            crs=options.crs,
            datum=options.datum,
            declared=source.declared if located or not source.located else None,
            trusted=source.trusted,
            mainland=options.mainland,
        )
    decision = None
    if "time" in mapped.columns:
        column = mapped.columns["time"]
        seen = times.survey(batch.columns[column] for batch in source.batches([column]))
        decision = times.decide(seen, column=column, time_format=options.time_format, tz=options.tz, now=options.now)
    return Plan(kind, source, mapped, system, decision, refused, schema(kind), sha256[:16])


def run(
    plan: Plan,
    *,
    out: Path,
    faults: fault_lists.Faults,
    limits: values.Limits,
    options: values.Options,
    progress: Progress,
) -> Tally:
    """Read, convert and write every row. Raises IntakeError E_EXTENT when most coordinates cannot be the city's."""
    tally = Tally()
    budget = shapes.Budget(limits)
    wanted = list(dict.fromkeys(plan.mapping.columns.values()))
    with pq.ParquetWriter(out, plan.schema, compression="zstd", compression_level=1) as writer:
        for batch in plan.source.batches(wanted):
            tally.rows += len(batch.rows) + len(batch.broken)
            for broken in batch.broken:
                faults.add(broken.code, "", [broken.row], reason=broken.reason, found=[broken.value])
            tally.rejected += len(batch.broken)
            table, bad = _convert(plan, batch, faults=faults, budget=budget, tally=tally, options=options)
            kept = table.filter(pa.array(~bad)) if bad.any() else table
            tally.accepted += kept.num_rows
            tally.rejected += int(bad.sum())
            if kept.num_rows:
                writer.write_table(kept)
            progress(batch.done, f"{tally.rows} rows")
    _check_places(tally)
    return tally


def _convert(
    plan: Plan,
    batch: sources.Batch,
    *,
    faults: fault_lists.Faults,
    budget: shapes.Budget,
    tally: Tally,
    options: values.Options,
) -> tuple[pa.Table, np.ndarray]:
    bad = np.zeros(len(batch.rows), bool)
    made: dict[str, pa.Array] = {"row": pa.array(batch.rows)}
    for field in plan.kind.fields:
        if field.type in ("lat", "lng"):
            continue
        theirs = plan.mapping.columns.get(field.name)
        if theirs is None:
            made[field.name] = pa.nulls(len(batch.rows), _ARROW[field.type])
        elif field.type == "time":
            made[field.name] = _time(plan, batch, theirs, faults, bad, tally)
        else:
            made |= _field(field, batch, theirs, faults, bad, options.directions)
    made["identity"] = _identity(made.get("id"), batch.rows, plan.identity)
    made |= _place(plan, batch, faults=faults, budget=budget, bad=bad, tally=tally, options=options)
    arrays = [
        made.get(name, pa.nulls(len(batch.rows), kind)) for name, kind in zip(plan.schema.names, plan.schema.types)
    ]
    return pa.Table.from_arrays(arrays, schema=plan.schema), bad


def _field(
    field: kinds.Field,
    batch: sources.Batch,
    theirs: str,
    faults: fault_lists.Faults,
    bad: np.ndarray,
    codes: dict[str, float] | None,
) -> dict[str, pa.Array]:
    column = batch.columns[theirs]
    read = fields.read(column, field, codes=codes)
    for wrong in read.wrong:
        hit = np.flatnonzero(wrong.mask)
        if len(hit):
            found = None if wrong.code == "text.personal" else fields.as_text(column.take(pa.array(hit))).to_pylist()
            faults.add(
                wrong.code, field.name, batch.rows[hit], reason=wrong.reason, found=found, rejects=field.required
            )
            bad[hit] |= field.required
    if field.required:
        missing = np.asarray(pc.is_null(read.array).to_numpy(zero_copy_only=False), bool) & ~bad
        faults.add(f"{field.name}.missing", field.name, batch.rows[missing], reason="the row has no value here")
        bad |= missing
    made = {field.name: read.array}
    if read.extra is not None:
        made[read.extra[0]] = read.extra[1]
    return made


_TIME_REASONS = {
    "time.missing": "the row has no time",
    "time.unreadable": "not written like the other times of the column",
    "time.impossible": "no such date or clock time",
    "time.placeholder": "a date that stands for 'unknown'",
    "time.gap": "the clock of the zone skipped this time (change to summer time)",
    "time.early": "before 1900",
    "time.future": "lies in the future",
}


def _time(
    plan: Plan, batch: sources.Batch, theirs: str, faults: fault_lists.Faults, bad: np.ndarray, tally: Tally
) -> pa.Array:
    assert plan.time is not None
    column = batch.columns[theirs]
    read = times.read(column, plan.time)
    wrong_any = np.zeros(len(bad), bool)
    for code, mask in read.faults.items():
        hit = np.flatnonzero(mask)
        if len(hit):
            found = None if code == "time.missing" else fields.as_text(column.take(pa.array(hit))).to_pylist()
            faults.add(code, "time", batch.rows[hit], reason=_TIME_REASONS[code], found=found)
            wrong_any |= mask
    bad |= wrong_any
    tally.folds += int(read.fold.sum())
    tally.gaps += int(read.faults["time.gap"].sum())
    return pa.array(np.where(wrong_any, 0, read.utc_us), pa.int64(), mask=wrong_any).cast(pa.timestamp("us", tz="UTC"))


def _identity(ids: pa.Array | None, rows: np.ndarray, prefix: str) -> pa.Array:
    """The source's id, else file hash and row number."""
    own = pc.binary_join_element_wise(prefix, pc.cast(pa.array(rows), pa.string()), ":")
    return own if ids is None else pc.coalesce(ids, own)


def _place(
    plan: Plan,
    batch: sources.Batch,
    *,
    faults: fault_lists.Faults,
    budget: shapes.Budget,
    bad: np.ndarray,
    tally: Tally,
    options: values.Options,
) -> dict[str, pa.Array]:
    n, kind = len(batch.rows), plan.kind
    if plan.system is None:
        return {"geometry": pa.nulls(n, pa.binary())}
    wkbs = _wkbs(plan, batch)
    if wkbs is None:
        lats, lngs, off = _points(plan, batch, faults, tally)
        bad |= off
        if kind.place != "point":
            wkb = np.full(n, None, dtype=object)
            wkb[~off] = shapely.to_wkb(shapely.points(lngs[~off], lats[~off]))
            _grow(tally, lngs[~bad], lats[~bad], options)
            return {"geometry": pa.array(wkb, pa.binary())}
    else:
        geometries, wrong = shapes.settle(
            wkbs,
            batch.rows,
            kind=kind,
            system=plan.system,
            budget=budget,
            faults=faults,
            required=kind.place != "optional",
        )
        bad |= wrong
        if kind.place != "point":
            corners = shapely.get_coordinates(geometries[~bad])
            _grow(tally, corners[:, 0], corners[:, 1], options)
            wkb = shapely.to_wkb(geometries)
            return {"geometry": pa.array(wkb, pa.binary())}
        lats, lngs = _as_points(geometries, batch.rows, faults, bad)
    _grow(tally, lngs[~bad], lats[~bad], options)
    absent = ~np.isfinite(lats) | ~np.isfinite(lngs)
    return {
        "lat": pa.array(np.where(absent, 0.0, lats), mask=absent),
        "lng": pa.array(np.where(absent, 0.0, lngs), mask=absent),
    }


def _wkbs(plan: Plan, batch: sources.Batch) -> pa.Array | None:
    column = plan.mapping.columns.get("geometry")
    if column is not None:
        return pa.array(shapes.from_wkt(fields.as_text(batch.columns[column]).to_pylist()), pa.binary())
    return None if "lat" in plan.mapping.columns else batch.geometry


def _points(
    plan: Plan, batch: sources.Batch, faults: fault_lists.Faults, tally: Tally
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(lats, lngs, rejected) of rows whose place is two numbers."""
    assert plan.system is not None
    columns = [batch.columns[plan.mapping.columns[name]] for name in ("lng", "lat")]
    (xs, no_x, odd_x), (ys, no_y, odd_y) = (fields.number(column) for column in columns)
    missing, odd = no_x | no_y, odd_x | odd_y
    zero = ~missing & ~odd & (xs == 0) & (ys == 0)
    open_rows = ~(missing | odd | zero)
    lats, lngs = np.full(len(xs), np.nan), np.full(len(xs), np.nan)
    lats[open_rows], lngs[open_rows] = plan.system.wgs84(xs[open_rows], ys[open_rows])
    off = open_rows & ~places.on_globe(lats, lngs)
    if off.any():
        tally.off_globe += int(off.sum())
        tally.advice = tally.advice or places.advice(ys[off], xs[off], None)
    for mask, code, reason in (
        (missing & ~odd, "place.missing", "the row has no coordinates"),
        (odd, "place.unreadable", "coordinates are not numbers"),
        (zero, "place.zero", "coordinates 0, 0 stand for 'unknown'"),
        (off, "place.range", "coordinates are not on the globe"),
    ):
        hit = np.flatnonzero(mask)
        found = None
        if code != "place.missing" and len(hit):
            x_text, y_text = (fields.as_text(column.take(pa.array(hit))).to_pylist() for column in columns)
            found = [f"{y} {x}" for x, y in zip(x_text, y_text)]
        faults.add(code, "lat,lng", batch.rows[hit], reason=reason, found=found)
    return lats, lngs, ~open_rows | off


def _as_points(
    geometries: np.ndarray, rows: np.ndarray, faults: fault_lists.Faults, bad: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One point for each geometry: a point itself, a point on the surface of anything larger (told as a warning)."""
    present = ~shapely.is_missing(geometries)
    larger = present & (shapely.get_type_id(geometries) != 0)
    faults.add("geometry.point", "geometry", rows[larger], reason="not a point; a point on it is used", rejects=False)
    points = np.where(larger, shapely.point_on_surface(shapes.without(geometries, ~larger)), geometries)
    lats, lngs = shapely.get_y(points), shapely.get_x(points)
    lost = present & ~np.isfinite(lats) & ~bad
    faults.add("geometry.empty", "geometry", rows[lost], reason="the geometry is empty")
    bad |= lost
    return lats, lngs


def _grow(tally: Tally, lngs: np.ndarray, lats: np.ndarray, options: values.Options) -> None:
    good = np.isfinite(lngs) & np.isfinite(lats)
    lngs, lats = lngs[good], lats[good]
    if len(lngs) == 0:
        return
    west, south, east, north = float(lngs.min()), float(lats.min()), float(lngs.max()), float(lats.max())
    old = tally.bbox or (west, south, east, north)
    tally.bbox = (min(old[0], west), min(old[1], south), max(old[2], east), max(old[3], north))
    if options.extent is not None:
        west, south, east, north = options.extent
        away = (lngs < west) | (lngs > east) | (lats < south) | (lats > north)
        if away.mean() > 0.5:
            tally.outside += int(away.sum())
            tally.advice = tally.advice or places.advice(lats[away], lngs[away], options.extent)


def _check_places(tally: Tally) -> None:
    """Refuse a file most of whose coordinates are wrong in one recognisable way."""
    if tally.off_globe * 2 > tally.rows:
        hint = tally.advice or "give the coordinate system with --crs"
        raise values.IntakeError("E_EXTENT", f"{tally.off_globe} of {tally.rows} rows do not lie on the globe: {hint}")
    if tally.advice is not None and tally.outside * 2 > tally.rows:
        raise values.IntakeError("E_EXTENT", f"most rows lie outside the city: {tally.advice}")


def _projected(options: values.Options) -> bool:
    return places.settle(crs=options.crs, datum=options.datum, declared=None, trusted=False, mainland=False).projected


def _sample(source: sources.Source) -> dict[str, pa.Array]:
    """The first rows of every column as text, for recognising personal data."""
    first: Iterator[Any] = iter(source.batches(source.columns))
    for batch in first:
        if len(batch.rows):
            return {name: fields.as_text(column.slice(0, _SAMPLE_ROWS)) for name, column in batch.columns.items()}
    return {}
