"""OpenStreetMap extracts (.osm.pbf, .osm, .osm.bz2, .osm.gz): roads, buildings, cameras and key places by their tags.

Rows are the objects that carry the tags of the kind; everything else in the extract is passed over. Coordinates are
WGS-84 by the project's own rule.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import osmium
import shapely

from server.intake import sources, values

_NO_ROADS = frozenset(
    [
        "construction",
        "proposed",
        "platform",
        "rest_area",
        "services",
        "bus_stop",
        "elevator",
        "corridor",
        "raceway",
        "razed",
        "abandoned",
        "no",
    ]
)
_AMENITIES = frozenset(
    [
        "school",
        "kindergarten",
        "college",
        "university",
        "hospital",
        "clinic",
        "marketplace",
        "bus_station",
        "police",
        "fire_station",
        "townhall",
        "library",
        "community_centre",
        "social_facility",
        "nursing_home",
        "theatre",
        "cinema",
        "place_of_worship",
        "courthouse",
        "ferry_terminal",
        "childcare",
        "public_building",
    ]
)
_STATIONS = frozenset(["station", "halt"])
_SHOPS = frozenset(["mall", "supermarket", "department_store"])
Record = dict[str, str | None]


def open_source(path: Path, work: Path, *, kind: str, suffix: str, limits: values.Limits) -> sources.Source:
    """Open an extract for one kind. Raises IntakeError E_KIND, E_TRUNCATED, E_BUDGET."""
    readers: dict[str, tuple[str, Callable[[Any], Record | None], bool]] = {
        "roads": ("w", _road, False),
        "buildings": ("a", _building, True),
        "cameras": ("n", _camera, False),
        "places": ("na", _place, True),
    }
    if kind not in readers:
        raise values.IntakeError("E_KIND", f"an OpenStreetMap extract gives {', '.join(readers)}, not {kind}")
    wanted, record_of, areas = readers[kind]
    spool = sources.Spool(work, limits)
    factory = osmium.geom.WKBFactory()
    cut = 0
    try:
        processor = osmium.FileProcessor(osmium.io.File(str(path), suffix)).with_locations()
        if areas:
            processor = processor.with_areas(osmium.filter.KeyFilter("building", "amenity", "shop", "railway"))
        for found in processor:
            if not _is_one_of(found, wanted):
                continue
            record = record_of(found)
            if record is not None:
                cut += _take(found, record, spool, factory)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise values.IntakeError("E_TRUNCATED", "the OpenStreetMap extract is damaged") from error
    spool.flush()
    notes = (f"{cut} roads are cut at the edge of the extract",) if cut else ()
    return sources.Source(
        format="osm",
        columns=tuple(spool.columns),
        located=True,
        batches=spool.batches,
        declared="EPSG:4326",
        trusted=True,
        encoding="utf-8",
        notes=notes,
    )


def _is_one_of(found: Any, wanted: str) -> bool:
    return (
        (found.is_node() and "n" in wanted) or (found.is_way() and "w" in wanted) or (found.is_area() and "a" in wanted)
    )


def _take(found: Any, record: Record, spool: sources.Spool, factory: Any) -> bool:
    """Hand the object to the spool; whether it was cut at the edge of the extract."""
    cut = False
    try:
        if found.is_node():
            shape = bytes.fromhex(factory.create_point(found))
        elif found.is_way():
            shape, cut = _line(found)
        else:
            shape = bytes.fromhex(factory.create_multipolygon(found))
    except (RuntimeError, osmium.InvalidLocationError):
        spool.reject("geometry.unreadable", "the object's nodes are not in the extract", record["id"])
        return False
    spool.add(record, shape)
    return cut


def _line(way: Any) -> tuple[bytes, bool]:
    """The pieces of a way between nodes that the extract holds, and whether there were others."""
    pieces: list[list[tuple[float, float]]] = [[]]
    whole = True
    for node in way.nodes:
        if node.location.valid():
            pieces[-1].append((node.lon, node.lat))
        else:
            whole = False
            pieces.append([])
    lines = [shapely.LineString(piece) for piece in pieces if len(piece) >= 2]
    if not lines:
        raise RuntimeError("no two neighbouring nodes")
    return bytes(shapely.to_wkb(lines[0] if len(lines) == 1 else shapely.MultiLineString(lines))), not whole


def _identity(found: Any) -> str:
    if found.is_area():
        return f"{'way' if found.from_way() else 'relation'}/{found.orig_id()}"
    return f"{'node' if found.is_node() else 'way'}/{found.id}"


def _road(found: Any) -> Record | None:
    tags = found.tags
    highway = tags.get("highway")
    if highway is None or highway in _NO_ROADS or tags.get("area") == "yes":
        return None
    return {"id": _identity(found), "class": highway, "name": tags.get("name"), "oneway": tags.get("oneway")}


def _building(found: Any) -> Record | None:
    tags = found.tags
    building = tags.get("building")
    if building is None or building == "no":
        return None
    return {
        "id": _identity(found),
        "use": None if building == "yes" else building,
        "floors": tags.get("building:levels"),
        "height_m": tags.get("height"),
        "compound": None,
    }


def _camera(found: Any) -> Record | None:
    tags = found.tags
    if tags.get("man_made") != "surveillance":
        return None
    return {
        "id": _identity(found),
        "name": tags.get("name"),
        "kind": tags.get("camera:type"),
        "heading": tags.get("camera:direction") or tags.get("direction"),
        "angle": tags.get("camera:angle"),
        "height": tags.get("height"),
    }


def _place(found: Any) -> Record | None:
    tags = found.tags
    kind = next(
        (
            value
            for key, allowed in (("amenity", _AMENITIES), ("railway", _STATIONS), ("shop", _SHOPS))
            if (value := tags.get(key)) in allowed
        ),
        None,
    )
    return None if kind is None else {"id": _identity(found), "name": tags.get("name"), "kind": kind}
