"""GeoJSON (RFC 7946), streamed: every feature is judged by itself, so one bad feature costs one row.

NaN and infinities, duplicate keys, wrong types, unclosed rings, lone surrogates and positions of one or more than three
numbers are faults of their row. Members of ``properties`` become columns, one level of objects is flattened with dots.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from server.intake import jsonscan, sources, text, values

_ROOTS = (
    "FeatureCollection",
    "Feature",
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)
#: Levels of arrays in the coordinates of a type.
_LEVELS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_CRS84 = ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84")


class _Fault(ValueError):
    """A feature that cannot be read: (code, reason)."""


def open_source(path: Path, work: Path, *, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open a GeoJSON file. Raises IntakeError E_TYPE, E_DEPTH, E_TRUNCATED, E_TRAILING, E_BUDGET, E_ENCODING."""
    plain = work / "features.json"
    encoding = text.to_utf8(path, plain, encoding=options.encoding, limits=limits)
    spool = sources.Spool(work, limits)
    scan = jsonscan.Scan(plain, b"features", limits)
    for raw, _ in scan.elements():
        _take(raw, spool, limits)
    root = _root(bytes(scan.shell))
    if root["type"] != "FeatureCollection":
        _take(bytes(scan.shell), spool, limits)
    elif not scan.found:
        raise values.IntakeError("E_TYPE", "the FeatureCollection has no array of features")
    spool.flush()
    plain.unlink()
    return sources.Source(
        format="geojson",
        columns=tuple(spool.columns),
        located=True,
        batches=spool.batches,
        declared=_crs(root),
        encoding=encoding,
    )


def _root(shell: bytes) -> dict[str, Any]:
    try:
        root: dict[str, Any] = json.loads(shell, object_pairs_hook=_pairs, parse_constant=_constant)
    except ValueError as error:
        raise values.IntakeError("E_TYPE", f"the file is not GeoJSON: {_first_line(error)}") from error
    kind = root.get("type") if isinstance(root, dict) else None
    if not isinstance(kind, str) or kind not in _ROOTS:
        raise values.IntakeError(
            "E_TYPE",
            "the file is JSON but not GeoJSON: its type is "
            f"{json.dumps(kind, ensure_ascii=False)[:60]}, not FeatureCollection",
        )
    return root


def _crs(root: dict[str, Any]) -> str:
    """The declared CRS; RFC 7946 says WGS-84 where the old ``crs`` member is missing."""
    member = root.get("crs")
    name = (member.get("properties") or {}).get("name") if isinstance(member, dict) else None
    if member is None:
        return "OGC:CRS84"
    if not isinstance(name, str) or len(name) > 200:
        raise values.IntakeError("E_CRS", "the crs member of the file names no coordinate system; give --crs EPSG:N")
    return "OGC:CRS84" if name in _CRS84 else name


def _take(raw: bytes, spool: sources.Spool, limits: values.Limits) -> None:
    try:
        feature = _load(raw)
        record = _properties(feature, limits) if feature["type"] == "Feature" else {}
        shape = _shape(feature.get("geometry") if feature["type"] == "Feature" else feature)
    except _Fault as fault:
        code, reason = fault.args
        spool.reject(code, reason, raw[:120].decode("utf-8", "replace").strip() or None)
        return
    spool.add(record, shape)


def _load(raw: bytes) -> dict[str, Any]:
    try:
        feature = json.loads(raw, object_pairs_hook=_pairs, parse_constant=_constant)
    except _Fault:
        raise
    except ValueError as error:
        raise _Fault("feature.json", f"not valid JSON: {_first_line(error)}") from error
    if not isinstance(feature, dict) or feature.get("type") not in _ROOTS[1:]:
        raise _Fault("feature.type", "not a Feature")
    return feature


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Fault("feature.duplicate", "an object names a key twice")
    return made


def _constant(name: str) -> float:
    raise _Fault("feature.number", f"{name} is not a number of JSON")


def _properties(feature: dict[str, Any], limits: values.Limits) -> dict[str, str | None]:
    found = feature.get("properties")
    if found is not None and not isinstance(found, dict):
        raise _Fault("feature.properties", "properties is not an object")
    record: dict[str, str | None] = {}
    for name, value in (found or {}).items():
        if isinstance(value, dict):
            for inner, deeper in value.items():
                record[f"{name}.{inner}"] = _text(deeper)
        else:
            record[name] = _text(value)
    if isinstance(feature.get("id"), str | int) and "id" not in record:
        record["id"] = _text(feature["id"])
    if len(record) > limits.properties:
        raise _Fault("feature.properties", f"more than {limits.properties} properties")
    return record


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, str):
        plain = value
    elif isinstance(value, bool):
        plain = "true" if value else "false"
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _Fault("feature.number", "a number is too large")
        plain = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    elif isinstance(value, list):
        plain = ";".join(str(part) for part in value if isinstance(part, str | int | float))
    else:
        plain = str(value)
    try:
        plain.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _Fault("feature.text", "a text holds half a character (lone surrogate)") from error
    return plain


def _shape(geometry: Any) -> bytes | None:
    """WKB of a geometry object; None for null."""
    if geometry is None:
        return None
    if not isinstance(geometry, dict):
        raise _Fault("geometry.object", "the geometry is not an object")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        raise _Fault("geometry.type", "geometry collections are not taken")
    if not isinstance(kind, str) or kind not in _LEVELS:
        raise _Fault("geometry.type", f"no geometry type {json.dumps(kind, ensure_ascii=False)[:40]}")
    return bytes(shapely.to_wkb(_BUILD[kind](_nested(geometry.get("coordinates"), _LEVELS[kind]))))


def _nested(coordinates: Any, level: int) -> Any:
    """Lists of float arrays [n, 2], one list level less than the coordinates have."""
    if not isinstance(coordinates, list):
        raise _Fault("geometry.coordinates", "coordinates are not an array")
    if level <= 1:
        return _positions([coordinates] if level == 0 else coordinates)
    return [_nested(part, level - 1) for part in coordinates]


def _positions(points: list[Any]) -> np.ndarray:
    """float64[n, 2]; every position is two or three plain numbers, or the feature is at fault."""
    if not points:
        return np.zeros((0, 2))
    if set(map(type, points)) != {list} or not set(map(len, points)) <= {2, 3}:
        raise _Fault("geometry.position", "a position is not two or three numbers")
    if not set(map(type, itertools.chain.from_iterable(points))) <= {int, float}:
        raise _Fault("geometry.position", "a position holds something that is not a number")
    try:
        flat = np.array([point[:2] for point in points], dtype=float)
    except OverflowError as error:
        raise _Fault("geometry.position", "a coordinate is too large") from error
    if not np.isfinite(flat).all():
        raise _Fault("geometry.position", "a coordinate is too large")
    return flat


def _line(points: np.ndarray) -> shapely.LineString:
    if len(points) < 2:
        raise _Fault("geometry.short", "a line has fewer than two positions")
    return shapely.LineString(points)


def _polygon(rings: list[np.ndarray]) -> shapely.Polygon:
    for ring in rings:
        if len(ring) < 4:
            raise _Fault("geometry.short", "a ring has fewer than four positions")
        if (ring[0] != ring[-1]).any():
            raise _Fault("geometry.unclosed", "a ring does not end where it begins")
    return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()


_BUILD: dict[str, Callable[[Any], Any]] = {
    "Point": lambda points: shapely.Point(points[0]),
    "MultiPoint": shapely.MultiPoint,
    "LineString": _line,
    "MultiLineString": lambda lines: shapely.MultiLineString([_line(line) for line in lines]),
    "Polygon": _polygon,
    "MultiPolygon": lambda parts: shapely.MultiPolygon([_polygon(part) for part in parts]),
}


def _first_line(error: ValueError) -> str:
    reason = error.args[1] if isinstance(error, _Fault) else str(error)
    return reason.splitlines()[0][:120]
