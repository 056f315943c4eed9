"""The grids of a plan in the formats of other programs, written so that importing them again loses nothing.

Outlines run along the cells' own sides with full precision, so every cell's centre lies in exactly one of them and
centre-point fill gives the very same cells back; CSV names each cell instead. Coordinates are WGS-84, ids are text, and
the columns of every format are the same (``COLUMNS``), ASCII and at most ten letters, as Shapefiles want them.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells
from server.usecases import errors

COLUMNS = (
    "label", "code", "name", "kind", "community", "town", "households", "cells", "area_km2", "deviation", "band_low",
    "band_high", "worker", "worker_id", "centre", "centre_id",
)  # fmt: skip
CELL_COLUMNS = ("cell", "grid", "name", "kind", "band_low", "band_high", "worker_id", "centre_id")
MEDIA = {
    "geojson": "application/geo+json", "gpkg": "application/geopackage+sqlite3", "shapefile": "application/zip",
    "kml": "application/vnd.google-earth.kml+xml", "csv": "text/csv; charset=utf-8",
}  # fmt: skip
ENDING = {"geojson": "geojson", "gpkg": "gpkg", "shapefile": "zip", "kml": "kml", "csv": "csv"}
LAYER = "grids"
DBF_TEXT_BYTES = 254
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'")

Row = dict[str, Any]
Shapes = Sequence[shapely.Geometry]


def safe(text: str) -> str:
    """``text`` as a spreadsheet may read it: an apostrophe before what it would take for a formula, and before one
    that is already there, so that the importer can take exactly one away."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def geojson(rows: Sequence[Row], shapes: Shapes, *, head: Row) -> bytes:
    """A FeatureCollection; ``head`` is the member ``plan``."""
    features = [
        {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    whole = {"type": "FeatureCollection", "plan": head, "features": features}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False).encode()


def geopackage(rows: Sequence[Row], shapes: Shapes, *, spool: Path) -> bytes:
    """A GeoPackage with the one layer ``grids``."""
    with tempfile.TemporaryDirectory(dir=spool) as folder:
        path = Path(folder) / "plan.gpkg"
        _table(rows, shapes).to_file(path, layer=LAYER, driver="GPKG", engine="pyogrio")
        return path.read_bytes()


def shapefile(rows: Sequence[Row], shapes: Shapes, *, spool: Path) -> bytes:
    """A zip with one Shapefile in UTF-8. Raises Conflict where a text is longer than its table can hold."""
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str) and len(value.encode()) > DBF_TEXT_BYTES:
                raise errors.Conflict(
                    "too_long", f"The {name} of grid {row['code']} is longer than the {DBF_TEXT_BYTES} bytes that a "
                    "Shapefile can hold; take GeoPackage or GeoJSON.", detail=[row["code"]],
                )
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(dir=spool) as folder:
        _table(rows, shapes).to_file(
            Path(folder) / f"{LAYER}.shp", driver="ESRI Shapefile", engine="pyogrio", encoding="UTF-8"
        )
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)
    return packed.getvalue()


def kml(rows: Sequence[Row], shapes: Shapes, *, title: str) -> bytes:
    """A KML document, a placemark for each grid with its columns as extended data."""
    root = ElementTree.Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = ElementTree.SubElement(root, "Document")
    ElementTree.SubElement(document, "name").text = title
    for row, shape in zip(rows, shapes, strict=True):
        mark = ElementTree.SubElement(document, "Placemark")
        ElementTree.SubElement(mark, "name").text = row["name"]
        data = ElementTree.SubElement(mark, "ExtendedData")
        for name, value in row.items():
            if name != "name" and value is not None:
                one = ElementTree.SubElement(data, "Data", name=name)
                ElementTree.SubElement(one, "value").text = str(value)
        parts = list(shapely.get_parts(shape))
        holder = ElementTree.SubElement(mark, "MultiGeometry") if len(parts) > 1 else mark
        for part in parts:
            _kml_polygon(holder, part)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def cell_table(ids: NDArray[np.uint64], labels: NDArray[np.int32], rows: Sequence[Row]) -> bytes:
    """CSV with a row for every cell that lies in one of ``rows``: its id, and the grid's columns beside it."""
    known = {
        row["label"]: [safe(str(row[name])) if row[name] is not None else "" for name in _BESIDE] for row in rows
    }
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CELL_COLUMNS)
    pairs = zip(cells.to_hex(ids), labels.tolist(), strict=True)
    writer.writerows((cell, *known[label]) for cell, label in pairs if label in known)
    return out.getvalue().encode()


_BESIDE = ("code", *CELL_COLUMNS[2:])


def _table(rows: Sequence[Row], shapes: Shapes) -> gpd.GeoDataFrame:
    many = [shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapes]
    held = np.empty(len(many), dtype=object)
    held[:] = many
    return gpd.GeoDataFrame(list(rows), columns=list(COLUMNS), geometry=gpd.GeoSeries(held, crs="EPSG:4326"))


def _kml_polygon(holder: ElementTree.Element, polygon: shapely.Polygon) -> None:
    made = ElementTree.SubElement(holder, "Polygon")
    rings = [("outerBoundaryIs", polygon.exterior), *(("innerBoundaryIs", ring) for ring in polygon.interiors)]
    for side, ring in rings:
        line = ElementTree.SubElement(ElementTree.SubElement(made, side), "LinearRing")
        points = shapely.get_coordinates(ring).tolist()
        ElementTree.SubElement(line, "coordinates").text = " ".join(f"{lng!r},{lat!r}" for lng, lat in points)
