"""Normalised rows of a file → rows of our tables, kind by kind. Pure: tables in, rows and faults out.

``table`` is what intake made: our column names, WGS-84, one row per accepted row of the file; ``row`` its number there,
``identity`` the source's id, else the file's hash and the row's number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import cells
from server.rules import cameras
from server.store import imported


@dataclass(frozen=True)
class Fault:
    """Why a row of the file is refused, or (``rejects`` false) what was wrong in a row that came in."""

    row: int
    field: str
    code: str
    reason: str
    rejects: bool = True


@dataclass(frozen=True)
class Landed:
    """Rows ready for a table, each with ``source_id`` and ``row``; and what was refused on the way."""

    rows: list[dict[str, Any]]
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Settled:
    """What an import does to a table: rows to add, rows to overwrite, and how many were already there."""

    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    duplicate: int


def land(kind: str, table: pd.DataFrame, *, city: str, resolution: int) -> Landed:
    """Rows of ``kind`` for the city's table. Kinds: those of ``imported.TABLES``."""
    values = _KINDS[kind](table, resolution)
    landed = []
    for source_id, row, found in zip(table["identity"].tolist(), table["row"].tolist(), values, strict=True):
        landed.append({**found, "city": city, "source_id": source_id, "row": int(row)})
    return Landed(landed)


def settle(landed: Landed, known: dict[str, str], *, import_id: int) -> Settled:
    """Sort rows into new, changed and already there. ``known`` is the digest of every stored row by source id."""
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    duplicate = 0
    seen: set[str] = set()
    for row in landed.rows:
        plain = {name: value for name, value in row.items() if name != "row"}
        plain["digest"] = imported.digest(plain)
        plain["import_id"] = import_id
        source_id = plain["source_id"]
        if source_id in seen or known.get(source_id) == plain["digest"]:
            duplicate += 1
        else:
            (changed if source_id in known else new).append(plain)
        seen.add(source_id)
    return Settled(new, changed, duplicate)


def _households(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    shapes = _shapes(table)
    return [
        {"households": float(count), "geometry": shapely.to_wkb(shape)}
        for count, shape in zip(table["households"].tolist(), shapes.tolist(), strict=True)
    ]


def _barriers(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    kinds, names, costs = _text(table, "kind", "river"), _text(table, "name"), _numbers(table, "cost")
    return [
        {"kind": kind, "name": name, "cost": cost, **box}
        for kind, name, cost, box in zip(kinds, names, costs, _boxed(_shapes(table)), strict=True)
    ]


def _roads(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    oneway = [int(bool(flag)) if not _missing(flag) else 0 for flag in _column(table, "oneway")]
    return [
        {"class": kind, "name": name, "oneway": one, **box}
        for kind, name, one, box in zip(
            _text(table, "class"), _text(table, "name"), oneway, _boxed(_shapes(table)), strict=True
        )
    ]


def _buildings(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    shapes = _shapes(table)
    inner = shapely.point_on_surface(shapes)
    at = cells.from_points(shapely.get_y(inner), shapely.get_x(inner), resolution).tolist()
    floors = [None if floor is None else round(floor) for floor in _numbers(table, "floors")]
    return [
        {"floors": floor, "height_m": height, "households": count, "use": use, "compound": compound, "cell": cell,
         **box}
        for floor, height, count, use, compound, cell, box in zip(
            floors, _numbers(table, "height_m"), _numbers(table, "households"), _text(table, "use"),
            _text(table, "compound"), at, _boxed(shapes), strict=True,
        )
    ]  # fmt: skip


def _places(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    return [
        {"name": name, "kind": kind, **point}
        for name, kind, point in zip(
            _text(table, "name"), _text(table, "kind"), _points(table, resolution), strict=True
        )
    ]


def _cameras(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    texts = ("code", "name", "kind", "status", "headings", "masked", "owner", "purpose", "legal_basis", "sign",
             "networked", "since", "review")  # fmt: skip
    given: dict[str, list[Any]] = {name: _text(table, name) for name in texts}
    given |= {name: _numbers(table, name) for name in ("heading", "angle", "range", "height", "tilt")}
    rows = []
    for i, point in enumerate(_points(table, resolution)):
        said = {name: column[i] for name, column in given.items()}
        rows.append({"code": said["code"], "name": said["name"], **cameras.complete(said), **point})
    return rows


def _workers(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    at = cells.from_points(_floats(table, "lat"), _floats(table, "lng"), resolution).tolist()
    return [
        {"name": name, "post": post, "skills": _words(skills), "capacity": 1.0 if capacity is None else capacity,
         "cell": cell}
        for name, post, skills, capacity, cell in zip(
            _text(table, "name"), _text(table, "post"), _text(table, "skills"), _numbers(table, "capacity"), at,
            strict=True,
        )
    ]  # fmt: skip


def _centres(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    return [
        {"name": name, "tier": tier, "region_code": region, **point}
        for name, tier, region, point in zip(
            _text(table, "name"), _text(table, "tier"), _text(table, "region"), _points(table, resolution), strict=True
        )
    ]


_KINDS: dict[str, Callable[[pd.DataFrame, int], list[dict[str, Any]]]] = {
    "households": _households,
    "barriers": _barriers,
    "roads": _roads,
    "buildings": _buildings,
    "places": _places,
    "cameras": _cameras,
    "workers": _workers,
    "centres": _centres,
}


def _column(table: pd.DataFrame, name: str) -> list[Any]:
    return table[name].tolist() if name in table else [None] * len(table)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and bool(np.isnan(value)))


def _text(table: pd.DataFrame, name: str, default: str = "") -> list[str]:
    return [default if _missing(value) or value == "" else str(value) for value in _column(table, name)]


def _numbers(table: pd.DataFrame, name: str) -> list[float | None]:
    return [None if _missing(value) else float(value) for value in _column(table, name)]


def _floats(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    return np.asarray(table[name], dtype=np.float64)


def _words(text: str) -> list[str]:
    for mark in "、，,;；/|":
        text = text.replace(mark, " ")
    return text.split()


def _shapes(table: pd.DataFrame) -> NDArray[np.object_]:
    """The geometry of each row, a point made of lat and lng where it has none."""
    if "geometry" not in table:
        return np.asarray(shapely.points(_floats(table, "lng"), _floats(table, "lat")), object)
    return np.asarray(shapely.from_wkb(table["geometry"].to_numpy(object)), object)


def _points(table: pd.DataFrame, resolution: int) -> list[dict[str, Any]]:
    lats, lngs = _floats(table, "lat"), _floats(table, "lng")
    at = cells.from_points(lats, lngs, resolution)
    return [
        {"lat": lat, "lng": lng, "cell": cell}
        for lat, lng, cell in zip(lats.tolist(), lngs.tolist(), at.tolist(), strict=True)
    ]


def _boxed(shapes: NDArray[np.object_]) -> list[dict[str, Any]]:
    bounds = shapely.bounds(shapes).tolist()
    return [
        {"geometry": wkb, "west": west, "south": south, "east": east, "north": north}
        for wkb, (west, south, east, north) in zip(shapely.to_wkb(shapes).tolist(), bounds, strict=True)
    ]
