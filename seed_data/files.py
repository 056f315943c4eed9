"""Writing files that come out the same byte for byte: no clock, no random ids, rounded coordinates, fixed archives."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely

from geo import datum as datums
from seed_data import plane

_STAMP = (2026, 7, 1, 0, 0, 0)
_DAY = "2026-07-01"


def degrees(shapes: Any, *, datum: str, digits: int = 6) -> np.ndarray:
    """Shapes of the plane in degrees of ``datum``, rounded to ``digits`` decimals (0.1 m at six)."""

    def moved(coords: np.ndarray) -> np.ndarray:
        lats, lngs = datums.from_wgs84(*plane.to_wgs84(coords[:, 0], coords[:, 1]), datum=datum)
        return np.round(np.column_stack([lngs, lats]), digits)

    return shapely.transform(np.asarray(shapes, dtype=object), moved)


def points(frame: pd.DataFrame, *, datum: str, digits: int = 6) -> pd.DataFrame:
    """The table with x and y replaced by lat and lng; a missing point stays missing."""
    lats, lngs = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    has = frame["x"].notna().to_numpy()
    lat, lng = plane.to_wgs84(frame["x"].to_numpy()[has], frame["y"].to_numpy()[has])
    lats[has], lngs[has] = datums.from_wgs84(lat, lng, datum=datum)
    at = list(frame.columns).index("x")
    out = frame.drop(columns=["x", "y"])
    out.insert(at, "lat", np.round(lats, digits))
    out.insert(at + 1, "lng", np.round(lngs, digits))
    return out


def write_json(path: Path, value: object) -> None:
    """Readable JSON, UTF-8, keys in the order given."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def geojson(path: Path, rows: pd.DataFrame, *, digits: int = 6) -> None:
    """A FeatureCollection, one feature a line; column ``geometry`` holds shapes already in degrees."""
    lines = []
    for row in rows.to_dict("records"):
        shape = row.pop("geometry")
        properties = {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()}
        outline = _rounded(shapely.geometry.mapping(shape), digits)
        feature = {"type": "Feature", "properties": properties, "geometry": outline}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    path.write_text('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def _rounded(value: Any, digits: int) -> Any:
    if isinstance(value, dict):
        return {k: _rounded(v, digits) if k in ("coordinates", "geometries") else v for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(v, digits) for v in value]
    return round(float(value), digits) if isinstance(value, float) else value


def csv(path: Path, frame: pd.DataFrame, *, encoding: str) -> None:
    """A comma-separated table in the given encoding with CRLF lines, as spreadsheet programs here write it."""
    path.write_bytes(frame.to_csv(index=False, lineterminator="\r\n").encode(encoding))


def shapefile(path: Path, frame: gpd.GeoDataFrame, *, encoding: str) -> None:
    """A zipped Shapefile with .cpg; the date in the table's header and of the archive's entries is fixed."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / f"{path.stem}.shp"
        pyogrio.write_dataframe(
            frame, base, driver="ESRI Shapefile", encoding=encoding, DBF_DATE_LAST_UPDATE=_DAY, RESIZE="YES")
        _archive(path, {item.name: item.read_bytes() for item in sorted(Path(folder).iterdir())})


def xlsx(path: Path, frame: pd.DataFrame, *, sheet: str) -> None:
    """A workbook with one sheet, its properties and archive dates fixed."""
    book = openpyxl.Workbook()
    table = book.active
    table.title = sheet
    table.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        table.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    stamp = datetime(*_STAMP).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts["docProps/core.xml"] = _stamped(parts["docProps/core.xml"].decode(), stamp).encode()
    _archive(path, parts)


def _stamped(text: str, stamp: str) -> str:
    for tag in ("dcterms:created", "dcterms:modified"):
        start = text.index(">", text.index(f"<{tag}")) + 1
        text = text[:start] + stamp + text[text.index(f"</{tag}>"):]
    return text


def _archive(path: Path, parts: dict[str, bytes]) -> None:
    """Stored, not compressed: compressors of different systems give different bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, content)


def kml(path: Path, frame: pd.DataFrame, *, title: str) -> None:
    """Placemarks with every column but lat and lng as extended data."""
    columns = [c for c in frame.columns if c not in ("lat", "lng")]
    marks = []
    for row in frame.to_dict("records"):
        data = "".join(f'<Data name="{c}"><value>{escape(str(row[c]))}</value></Data>' for c in columns)
        marks.append(f"<Placemark><name>{escape(str(row['name']))}</name><ExtendedData>{data}</ExtendedData>"
                     f"<Point><coordinates>{row['lng']:.6f},{row['lat']:.6f}</coordinates></Point></Placemark>")
    path.write_text('<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
                    f"<name>{escape(title)}</name>\n" + "\n".join(marks) + "\n</Document></kml>\n", encoding="utf-8")


def parquet(path: Path, frame: pd.DataFrame) -> None:
    """A plain Parquet table."""
    frame.to_parquet(path, index=False, compression="zstd", compression_level=12)


def geoparquet(path: Path, frame: gpd.GeoDataFrame) -> None:
    """A GeoParquet table."""
    frame.to_parquet(path, index=False, compression="zstd", compression_level=12)

