"""The data dictionary: the tables that come in, their columns, types, units and ranges.

``TABLES`` is data; ``validate`` holds a frame against it and reports every fault at once, with its row, so that a file
can be mended in one go. Which foreign column means which of ours, encodings and datums are the intake's business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import errors

TEXT, INTEGER, NUMBER, TIME, TRUTH = "text", "integer", "number", "time", "truth"
LINE, AREA, AREA_OR_LINE, AREA_OR_POINT = "line", "area", "area or line", "area or point"
_GEOMETRY_TYPES = {LINE: (1, 5), AREA: (3, 6), AREA_OR_LINE: (1, 3, 5, 6), AREA_OR_POINT: (0, 3, 6)}


@dataclass(frozen=True)
class Column:
    """A column: its type, its unit, the range of numbers (both ends allowed) or the texts it may hold.

    A column that is not ``required`` may be missing, and its values may be. ``unique`` columns identify a row.
    """

    name: str
    type: str
    about: str
    unit: str = ""
    low: float = -np.inf
    high: float = np.inf
    choices: tuple[str, ...] = ()
    required: bool = False
    unique: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong: the column, the row (-1: the column as a whole), the value, and what would be right."""

    column: str
    row: int
    value: Any
    reason: str


_ID = Column("id", TEXT, "the source's own identifier", unique=True)
_CODE = Column("code", TEXT, "official code, kept as it is", unique=True)
_NAME = Column("name", TEXT, "name as shown")
_LAT = Column("lat", NUMBER, "latitude", "°", -90, 90, required=True)
_LNG = Column("lng", NUMBER, "longitude", "°", -180, 180, required=True)
_AREA = Column("geometry", AREA, "outline", required=True)
_LINE = Column("geometry", LINE, "course", required=True)

TABLES: dict[str, tuple[Column, ...]] = {
    "regions": (
        Column("code", TEXT, "official code, kept as it is", required=True, unique=True),
        _NAME,
        _AREA,
    ),
    "grids": (_CODE, _NAME, Column("community", TEXT, "code of its community"), Column("kind", TEXT, "kind"), _AREA),
    "households": (
        Column("households", NUMBER, "households in the area or at the point", "households", 0, required=True),
        Column("geometry", AREA_OR_POINT, "where they live", required=True),
    ),
    "buildings": (
        _ID,
        Column("floors", NUMBER, "floors above ground", "floors", 0, 300),
        Column("height_m", NUMBER, "height above ground", "m", 0, 1000),
        Column("households", NUMBER, "households in the building", "households", 0),
        Column("use", TEXT, "main use"),
        Column("compound", TEXT, "compound it stands in"),
        _AREA,
    ),
    "roads": (
        _ID,
        Column("class", TEXT, "class of road"),
        _NAME,
        Column("oneway", TRUTH, "open only in the direction drawn"),
        _LINE,
    ),
    "barriers": (
        Column(
            "kind",
            TEXT,
            "what it is",
            choices=("river", "road", "rail", "wall", "bridge", "tunnel"),
            required=True,
        ),
        _NAME,
        Column("cost", NUMBER, "cost of crossing; empty: nothing may cross", "", 0),
        Column("geometry", AREA_OR_LINE, "course, or the area of a wide river", required=True),
    ),
    "places": (
        Column("id", TEXT, "the source's own identifier", required=True, unique=True),
        _NAME,
        Column("kind", TEXT, "school, hospital, market, station …", required=True),
        _LAT,
        _LNG,
    ),
    "incidents": (
        _ID,
        Column("time", TIME, "when it happened", "UTC", required=True),
        Column("category", TEXT, "code of the category", required=True),
        _LAT,
        _LNG,
        Column("status", TEXT, "state of its handling"),
    ),
    "cameras": (
        _ID,
        Column("code", TEXT, "20-digit device code", unique=True),
        _NAME,
        _LAT,
        _LNG,
        Column("kind", TEXT, "how it looks", choices=("fixed", "dome", "panning")),
        Column("heading", NUMBER, "direction, clockwise from north", "°", 0, 360),
        Column("angle", NUMBER, "field angle", "°", 0.1, 360),
        Column("range", NUMBER, "how far it sees", "m", 0.1, 10_000),
        Column("height", NUMBER, "mounting height above ground", "m", 0, 500),
        Column("status", TEXT, "state", choices=("online", "offline", "unknown")),
    ),
    "workers": (
        Column("id", TEXT, "the source's own identifier", required=True, unique=True),
        _NAME,
        Column("post", TEXT, "post"),
        Column("skills", TEXT, "skills, separated by semicolons"),
        Column("capacity", INTEGER, "grids one person can look after", "grids", 0, 100),
        _LAT,
        _LNG,
    ),
    "centres": (
        Column("id", TEXT, "the source's own identifier", required=True, unique=True),
        _NAME,
        Column("tier", TEXT, "level", choices=("city", "county", "town", "community"), required=True),
        _LAT,
        _LNG,
        Column("region", TEXT, "code of the region it serves"),
    ),
}


def validate(kind: str, table: pd.DataFrame) -> list[Fault]:
    """Every fault of the table, by column and row (counted from 0); an empty list means it is sound.

    Numbers may come as text. Raises ``TableError`` only for a kind that does not exist.
    """
    if kind not in TABLES:
        raise errors.TableError(f"there is no kind {kind!r}; the kinds are {', '.join(TABLES)}", values=kind)
    found = []
    for column in TABLES[kind]:
        if column.name not in table:
            if column.required:
                found.append(Fault(column.name, -1, None, f"the column is missing ({column.about})"))
            continue
        values = table[column.name].to_numpy(object)
        empty = _empty(values)
        if column.required:
            found += [Fault(column.name, int(n), None, "a value is needed") for n in np.flatnonzero(empty)]
        given = np.flatnonzero(~empty)
        found += _CHECKS[column.type](column, given, values[given])
        if column.unique:
            found += _repeated(column, given, values[given])
    return found


def check(kind: str, table: pd.DataFrame) -> None:
    """Raise ``TableError`` naming the first faults, with all of them as its values, unless the table is sound."""
    found = validate(kind, table)
    if found:
        first = "; ".join(f"{f.column}, row {f.row}: {f.value!r}: {f.reason}" for f in found[:5])
        raise errors.TableError(f"the table of {kind} has {len(found)} faults: {first}", values=found)


def _empty(values: NDArray[np.object_]) -> NDArray[np.bool_]:
    blank = np.array([isinstance(v, str) and not v.strip() for v in values], np.bool_)
    return np.asarray(blank | np.asarray(pd.isna(values), np.bool_), np.bool_)


def _texts(column: Column, rows: NDArray[np.int64], values: NDArray[np.object_]) -> list[Fault]:
    found = []
    for row, value in zip(rows.tolist(), values):
        if not isinstance(value, (str, int, np.integer)) or isinstance(value, bool):
            found.append(Fault(column.name, row, value, "text is needed"))
        elif column.choices and value not in column.choices:
            found.append(Fault(column.name, row, value, f"one of {', '.join(column.choices)} is needed"))
    return found


def _numbers(column: Column, rows: NDArray[np.int64], values: NDArray[np.object_]) -> list[Fault]:
    numbers = np.asarray(pd.to_numeric(pd.Series(values, dtype=object), errors="coerce"), np.float64)
    unit = f" {column.unit}" if column.unit else ""
    found = []
    for row, value, number in zip(rows.tolist(), values, numbers.tolist()):
        if not np.isfinite(number) or isinstance(value, bool):
            found.append(Fault(column.name, row, value, "a finite number is needed"))
        elif column.type == INTEGER and number != round(number):
            found.append(Fault(column.name, row, value, "a whole number is needed"))
        elif not column.low <= number <= column.high:
            found.append(Fault(column.name, row, value, f"must lie in {column.low:g} to {column.high:g}{unit}"))
    return found


def _times(column: Column, rows: NDArray[np.int64], values: NDArray[np.object_]) -> list[Fault]:
    times = pd.to_datetime(pd.Series(values, dtype=object), errors="coerce", utc=True, format="ISO8601")
    bad = np.flatnonzero(times.isna().to_numpy())
    return [Fault(column.name, int(rows[n]), values[n], "a time such as 2024-05-31T08:30:00Z is needed") for n in bad]


def _truths(column: Column, rows: NDArray[np.int64], values: NDArray[np.object_]) -> list[Fault]:
    known = ("true", "false", "yes", "no", "1", "0")
    return [
        Fault(column.name, row, value, f"one of {', '.join(known)} is needed")
        for row, value in zip(rows.tolist(), values)
        if str(value).strip().lower() not in known
    ]


def _shapes(column: Column, rows: NDArray[np.int64], values: NDArray[np.object_]) -> list[Fault]:
    found = []
    for row, value in zip(rows.tolist(), values):
        if not shapely.is_geometry(value):
            found.append(Fault(column.name, row, value, "a geometry is needed"))
        elif shapely.get_type_id(value) not in _GEOMETRY_TYPES[column.type] or value.is_empty:
            found.append(Fault(column.name, row, value.geom_type, f"{column.type} (not empty) is needed"))
        elif not _on_globe(value):
            found.append(Fault(column.name, row, value.bounds, "longitudes -180..180 and latitudes -90..90 are needed"))
        elif not value.is_valid:
            found.append(Fault(column.name, row, value.geom_type, shapely.is_valid_reason(value)))
    return found


def _on_globe(shape: shapely.Geometry) -> bool:
    west, south, east, north = shape.bounds
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def _repeated(column: Column, rows: NDArray[np.int64], values: NDArray[np.object_]) -> list[Fault]:
    again = pd.Series(values, dtype=object).astype(str).duplicated().to_numpy()
    return [Fault(column.name, int(rows[n]), values[n], "the value occurs before") for n in np.flatnonzero(again)]


_Check = Callable[[Column, NDArray[np.int64], NDArray[np.object_]], list[Fault]]
_CHECKS: dict[str, _Check] = {
    TEXT: _texts,
    INTEGER: _numbers,
    NUMBER: _numbers,
    TIME: _times,
    TRUTH: _truths,
    **dict.fromkeys(_GEOMETRY_TYPES, _shapes),
}
