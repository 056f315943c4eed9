"""KML and KMZ: placemarks, streamed. No document type, no entities, no links followed.

Columns are the placemark's name, the time it states and its extended data. A multi-geometry of one type becomes that
multi-type.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import shapely
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from server.intake import sources, text, values, zips

_MAX_DEPTH = 64
_BLOCK = 8 * values.MIB
_NUMBER = re.compile(r"^[+-]?\d{1,6}(\.\d{0,17})?([eE][+-]?\d{1,2})?$")


class _Fault(ValueError):
    """A placemark that cannot be read: (code, reason)."""


def open_source(path: Path, work: Path, *, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open a KML or KMZ file. Raises IntakeError E_TYPE, E_XML, E_BUDGET, E_DEPTH, E_ARCHIVE…, E_LAYER."""
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    plain = _unpacked(path, work, limits) if packed else path
    clean = work / "placemarks.kml"
    encoding = text.to_utf8(plain, clean, encoding=options.encoding or _declared(plain), limits=limits)
    _check_texts(clean, limits)
    spool = sources.Spool(work, limits)
    try:
        links = _read(clean, spool)
    except DefusedXmlException as error:
        raise values.IntakeError(
            "E_XML", "the file declares a document type or entities; that is not allowed"
        ) from error
    except (ParseError, ValueError) as error:
        raise values.IntakeError("E_TRUNCATED", "the XML of the file is not complete or not well formed") from error
    spool.flush()
    notes = (f"{links} network links were not followed",) if links else ()
    return sources.Source(
        format="kml",
        columns=tuple(spool.columns),
        located=True,
        batches=spool.batches,
        declared="OGC:CRS84",
        encoding=encoding,
        notes=notes,
    )


def _unpacked(path: Path, work: Path, limits: values.Limits) -> Path:
    inside = [member for member in zips.members(path, limits, ratio=limits.ratio) if member.ending == "kml"]
    if len(inside) != 1:
        raise values.IntakeError("E_LAYER", f"the KMZ file holds {len(inside)} KML documents; it must be one")
    out = work / "packed.kml"
    zips.extract(path, inside[0], out)
    return out


def _declared(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(200)
    found = re.search(rb"""^\s*<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""", head.removeprefix(b"\xef\xbb\xbf"))
    name = found.group(1).decode("ascii") if found else None
    return None if name is None or name.lower().startswith("utf") else name


def _check_texts(path: Path, limits: values.Limits) -> None:
    """No text or tag may be larger than a feature may be."""
    run = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            marks = np.flatnonzero(np.frombuffer(block, np.uint8) == 0x3C)
            gaps = np.diff(np.concatenate([[-run], marks, [len(block)]]))
            if gaps.max() > limits.feature_bytes:
                raise values.IntakeError(
                    "E_BUDGET", f"one text of the file is larger than {limits.feature_bytes // values.MIB} MiB"
                )
            run = int(gaps[-1])


def _read(path: Path, spool: sources.Spool) -> int:
    """Hand every placemark to the spool; the number of network links met."""
    depth = links = 0
    root: Element | None = None
    parser = ElementTree.DefusedXMLParser(encoding="utf-8", forbid_dtd=True)
    for event, element in ElementTree.iterparse(str(path), ("start", "end"), parser=parser):
        if event == "start":
            depth += 1
            if root is None:
                root = element
                if _name(element) != "kml":
                    raise values.IntakeError(
                        "E_TYPE", f"the file is XML but not KML: its root is '{_name(element)[:40]}'"
                    )
            if depth > _MAX_DEPTH:
                raise values.IntakeError("E_DEPTH", f"the XML nests deeper than {_MAX_DEPTH}")
            continue
        depth -= 1
        name = _name(element)
        links += name == "NetworkLink"
        if name == "Placemark":
            _take(element, spool)
            element.clear()
    return links


def _take(placemark: Element, spool: sources.Spool) -> None:
    try:
        shape = _placemark_shape(placemark)
        record = _record(placemark)
    except _Fault as fault:
        code, reason = fault.args
        spool.reject(code, reason)
        return
    spool.add(record, shape)


def _record(placemark: Element) -> dict[str, str | None]:
    record: dict[str, str | None] = {}
    for element in placemark.iter():
        name = _name(element)
        if name == "name" and "name" not in record:
            record["name"] = _clean(element.text)
        elif name == "when":
            record["when"] = _clean(element.text)
        elif name == "SimpleData":
            record[element.get("name") or "column"] = _clean(element.text)
        elif name == "Data":
            inner = next((child for child in element if _name(child) == "value"), None)
            record[element.get("name") or "column"] = None if inner is None else _clean(inner.text)
    return record


def _placemark_shape(placemark: Element) -> bytes | None:
    for element in placemark:
        if _name(element) in _SHAPES:
            return bytes(shapely.to_wkb(_shape(element, 0)))
    return None


def _shape(element: Element, depth: int) -> Any:
    name = _name(element)
    if name == "Point":
        points = _coordinates(element)
        if len(points) != 1:
            raise _Fault("geometry.position", "a point needs one position")
        return shapely.Point(points[0])
    if name == "LineString":
        points = _coordinates(element)
        if len(points) < 2:
            raise _Fault("geometry.short", "a line has fewer than two positions")
        return shapely.LineString(points)
    if name == "Polygon":
        rings = {"outerBoundaryIs": [], "innerBoundaryIs": []}  # type: dict[str, list[np.ndarray]]
        for side in element:
            if _name(side) in rings:
                rings[_name(side)].extend(_ring(inner) for inner in side if _name(inner) == "LinearRing")
        if len(rings["outerBoundaryIs"]) != 1:
            raise _Fault("geometry.position", "a polygon needs one outer ring")
        return shapely.Polygon(rings["outerBoundaryIs"][0], rings["innerBoundaryIs"])
    if depth > 0:
        raise _Fault("geometry.depth", "multi-geometries nest")
    parts = [_shape(part, depth + 1) for part in element if _name(part) in _SHAPES]
    kinds = {part.geom_type for part in parts}
    if len(kinds) != 1:
        raise _Fault("geometry.type", "a multi-geometry of different types is not taken")
    return _MULTI[kinds.pop()](parts)


def _ring(element: Element) -> np.ndarray:
    points = _coordinates(element)
    if len(points) < 4:
        raise _Fault("geometry.short", "a ring has fewer than four positions")
    if (points[0] != points[-1]).any():
        raise _Fault("geometry.unclosed", "a ring does not end where it begins")
    return points


def _coordinates(element: Element) -> np.ndarray:
    inner = next((child for child in element if _name(child) == "coordinates"), None)
    written = [] if inner is None or inner.text is None else inner.text.split()
    points = [position.split(",") for position in written]
    for point in points:
        if len(point) not in (2, 3) or not all(_NUMBER.match(number) for number in point[:2]):
            raise _Fault("geometry.position", "a position is not longitude,latitude")
    return np.array([[float(point[0]), float(point[1])] for point in points]).reshape(-1, 2)


def _name(element: Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _clean(found: str | None) -> str | None:
    return (found or "").strip() or None


_SHAPES = ("Point", "LineString", "Polygon", "MultiGeometry")
_MULTI = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
