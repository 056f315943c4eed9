"""A plan as a file that other programs read: GeoJSON and GeoPackage of the grids, CSV of cells and grid codes.

Coordinates are WGS-84. H3 ids are 15-character text. In CSV, text that a spreadsheet would take for a formula is
preceded by an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo import boundary, cells
from server.rules import permissions
from server.store import audit, database
from server.usecases import errors, plans, territory
from server.usecases.context import Columns, Context

FORMATS = ("geojson", "gpkg", "csv")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class File:
    """``body`` to be saved as ``name`` (ASCII) of the media type ``media``."""

    body: bytes
    name: str
    media: str


def plan(ctx: Context, city: str, ref: str, *, format: str = "geojson") -> File:
    """A plan's grids (geojson, gpkg) or the grid of every cell (csv: cell,grid). Raises Invalid, NotFound."""
    permissions.check(ctx.actor, "plan.export")
    if format not in FORMATS:
        raise errors.Invalid("format", f"There is no format {format!r}; it is one of {', '.join(FORMATS)}.")
    with database.reading(ctx.db) as connection:
        found = plans.load(ctx, connection, city, ref)
        grids = plans.shown_grids(ctx, connection, found.place, found.id)
    stem = f"{city}-plan-{found.row['version']}"
    if format == "csv":
        made = File(_cells(ctx, found, grids), f"{stem}.csv", "text/csv; charset=utf-8")
    elif format == "gpkg":
        made = File(_geopackage(ctx, found, grids), f"{stem}.gpkg", "application/geopackage+sqlite3")
    else:
        made = File(_geojson(ctx, found, grids), f"{stem}.geojson", "application/geo+json")
    with database.writing(ctx.db) as connection:
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="plan.export", city=city,
            detail={"plan": found.id, "format": format, "grids": len(grids)},
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


def safe(text: str) -> str:
    """``text`` as a spreadsheet may read it: an apostrophe before what it would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _facts(grid: dict[str, Any]) -> dict[str, Any]:
    region, town, worker, centre = grid["region"], grid["town"], grid["worker"], grid["centre"]
    return {
        "label": grid["label"], "code": grid["code"], "name": grid["name"], "kind": grid["kind"],
        "community": region["code"] if region else None, "town": town["code"] if town else None,
        "households": grid["households"], "cells": grid["cells"], "area_km2": grid["area_km2"],
        "deviation": grid["deviation"], "worker": worker["name"] if worker else None,
        "centre": centre["name"] if centre else None,
    }


def _geojson(ctx: Context, found: plans.Stored, grids: list[dict[str, Any]]) -> bytes:
    shapes = plans.shapes_of(ctx, found)
    features = [
        {"type": "Feature", "properties": _facts(grid), "geometry": shapely.geometry.mapping(shapes[grid["label"]])}
        for grid in grids
    ]
    row = found.row
    head = {"type": "FeatureCollection", "plan": {"id": row["id"], "version": row["version"], "hash": row["hash"]}}
    return json.dumps({**head, "features": features}, ensure_ascii=False, allow_nan=False).encode()


def _geopackage(ctx: Context, found: plans.Stored, grids: list[dict[str, Any]]) -> bytes:
    shapes = plans.shapes_of(ctx, found)
    own = np.array([shapes[grid["label"]] for grid in grids], dtype=object)
    table = gpd.GeoDataFrame([_facts(grid) for grid in grids], geometry=gpd.GeoSeries(own, crs="EPSG:4326"))
    with tempfile.TemporaryDirectory(dir=ctx.spool) as folder:
        path = Path(folder) / "plan.gpkg"
        table.to_file(path, layer="grids", driver="GPKG", engine="pyogrio")
        return path.read_bytes()


def _cells(ctx: Context, found: plans.Stored, grids: list[dict[str, Any]]) -> bytes:
    shown = found.labels >= 0
    seen = territory.scope(ctx, found.place)
    if seen is not None:
        shown &= seen
    codes = {grid["label"]: safe(grid["code"]) for grid in grids}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["cell", "grid"])
    labels = found.labels[shown].tolist()
    ids = cells.to_hex(found.place.base.cells[shown])
    writer.writerows((cell, codes[label]) for cell, label in zip(ids, labels, strict=True) if label in codes)
    return out.getvalue().encode()
