"""A plan as a file that other programs read, and that can be imported again without loss; values per cell as files.

The formats themselves are in ``planfiles``. H3 ids are 15-character text, coordinates WGS-84.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
from sqlalchemy import Connection

from geo import boundary, cells
from server.rules import permissions
from server.store import audit, database, imported
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Columns, Context
from server.usecases.outputs import planfiles
from server.usecases.planning import plans

FORMATS = tuple(planfiles.MEDIA)
safe = planfiles.safe


@dataclass(frozen=True)
class File:
    """``body`` to be saved as ``name`` (ASCII) of the media type ``media``."""

    body: bytes
    name: str
    media: str


def plan(ctx: Context, city: str, ref: str, *, format: str = "geojson") -> File:
    """A plan's grids (geojson, gpkg, shapefile, kml) or its cells with their grids (csv).

    Raises Invalid, NotFound, and Conflict where the format cannot hold a text whole.
    """
    permissions.check(ctx.actor, "plan.export")
    if format not in FORMATS:
        raise errors.Invalid("format", f"There is no format {format!r}; it is one of {', '.join(FORMATS)}.")
    with database.reading(ctx.db) as connection:
        found = plans.load(ctx, connection, city, ref)
        rows = _rows(ctx, connection, found)
    name = f"{city}-plan-{found.row['version']}.{planfiles.ENDING[format]}"
    made = File(_body(ctx, found, rows, format), name, planfiles.MEDIA[format])
    with database.writing(ctx.db) as connection:
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="plan.export", city=city,
            detail={"plan": found.id, "format": format, "grids": len(rows)},
        )
    return made


def columns(found: Columns, *, format: str, name: str) -> File:
    """Values per cell (heat, coverage, gaps) as csv, geojson (hexagons) or parquet."""
    ids = cells.to_hex(found.cells)
    if format == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(["cell", *found.columns])
        writer.writerows(zip(ids, *(column.tolist() for column in found.columns.values()), strict=True))
        return File(out.getvalue().encode(), f"{name}.csv", "text/csv; charset=utf-8")
    table = gpd.GeoDataFrame(
        {"cell": ids, **found.columns}, geometry=gpd.GeoSeries(boundary.polygons(found.cells), crs="EPSG:4326")
    )
    if format == "geojson":
        return File(table.to_json(ensure_ascii=False).encode(), f"{name}.geojson", "application/geo+json")
    if format == "parquet":
        out_bytes = io.BytesIO()
        table.drop(columns="geometry").to_parquet(out_bytes, index=False)
        return File(out_bytes.getvalue(), f"{name}.parquet", "application/vnd.apache.parquet")
    raise errors.Invalid("format", f"There is no format {format!r}; it is one of csv, geojson, parquet.")


def _body(ctx: Context, found: plans.Stored, rows: list[dict[str, Any]], format: str) -> bytes:
    if format == "csv":
        shown = found.labels >= 0
        seen = territory.scope(ctx, found.place)
        if seen is not None:
            shown &= seen
        return planfiles.cell_table(found.place.base.cells[shown], found.labels[shown], rows)
    outlines = plans.shapes_of(ctx, found)
    shapes = [outlines[row["label"]] for row in rows]
    if format == "gpkg":
        return planfiles.geopackage(rows, shapes, spool=ctx.spool)
    if format == "shapefile":
        return planfiles.shapefile(rows, shapes, spool=ctx.spool)
    title = f"{found.place.city.name} v{found.row['version']}"
    if format == "kml":
        return planfiles.kml(rows, shapes, title=title)
    head = {"id": found.id, "version": found.row["version"], "hash": found.row["hash"]}
    return planfiles.geojson(rows, shapes, head=head)


def _rows(ctx: Context, connection: Connection, found: plans.Stored) -> list[dict[str, Any]]:
    """The columns of every grid that the actor may see, by label."""
    city, row = found.place.city.code, found.row
    sources = {
        kind: {
            str(one["id"]): one["source_id"] for one in imported.rows(connection, kind, city, names=("id", "source_id"))
        }
        for kind in ("workers", "centres")
    }
    told = []
    for grid in plans.shown_grids(ctx, connection, found.place, found.id):
        region, town, worker, centre = grid["region"], grid["town"], grid["worker"], grid["centre"]
        told.append({
            "label": grid["label"], "code": grid["code"], "name": grid["name"], "kind": grid["kind"],
            "community": region["code"] if region else None, "town": town["code"] if town else None,
            "households": grid["households"], "cells": grid["cells"], "area_km2": grid["area_km2"],
            "deviation": grid["deviation"], "band_low": row["band_low"], "band_high": row["band_high"],
            "worker": worker["name"] if worker else None,
            "worker_id": sources["workers"].get(worker["id"]) if worker else None,
            "centre": centre["name"] if centre else None,
            "centre_id": sources["centres"].get(centre["id"]) if centre else None,
        })  # fmt: skip
    return told
