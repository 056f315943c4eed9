"""Reports of every area of a level (``levels``: grids, communities, towns, counties, patrol areas of a net): how many,
how dense, and whether that is a change or only variation.

An area counts the cells that lie in it; areas of a net may overlap, and what lies in several counts in each. Windows
are compared exactly (``geo.change``): the ratio of the two rates comes with its interval, few reports are called few,
and over all areas of a level the share of false calls is held below ``FALSE_SHARE``. Areas and places only: nothing
about who lives or works there but the number of households.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells
from geo import change as changes
from server.archive import query, values
from server.store import bases, database
from server.usecases import errors
from server.usecases.context import Columns, Context, iso
from server.usecases.incidents import counting, facts, levels

Against = Literal["previous", "year"]
Floats = NDArray[np.float64]

FALSE_SHARE: Final = 0.1
"""Expected share of false ones among the areas called up or down."""
LEAST: Final = 8
"""Reports of both windows together below which nothing is called."""
BORDERS: Final = 60
"""Borders told at most, those with the most reports first."""
TOUCHED: Final = 200
"""Grids and areas told at most of those that an area shares ground with."""


@dataclass(frozen=True)
class Window:
    """From ``start`` to ``end`` (excluded), both aware and in UTC."""

    start: datetime
    end: datetime

    @property
    def days(self) -> float:
        """Its length in days."""
        return (self.end - self.start) / timedelta(days=1)


def figures(
    ctx: Context, city: str, *, level: str, start: datetime | None = None, end: datetime | None = None,
    category: str | None = None, against: Against = "previous",
) -> dict[str, Any]:
    """Every area with its reports and, where a window is asked for, the comparison with the one before or a year ago.

    ``{level, net, n, left_out, shared, window, before, days, days_before, items: [{id, …, n, per_km2, per_1000, before,
    ratio, low, high, p, verdict}]}``; ``n`` counts every report once, ``shared`` those in several areas of a net;
    ``before`` is None where the archive does not reach back over the whole earlier window.
    """
    with database.reading(ctx.db) as connection:
        parts = levels.of_level(ctx, connection, city, level)
        known = facts.of_city(ctx, connection, city)
        counted = counting.counts(
            ctx, connection, parts.place, start=start, end=end, category=category, res=parts.place.base.resolution
        )
        earlier = earlier_of(known, start, end, against=against, zone=ZoneInfo(parts.place.city.tz))
        past = None if earlier is None else counting.counts(
            ctx, connection, parts.place, start=earlier.start, end=earlier.end, category=category,
            res=parts.place.base.resolution,
        )  # fmt: skip
    n = np.maximum(parts.summed(counted.cells, counted.columns["n"]), 0.0)
    per_cell = parts.spread(counted.cells, counted.columns["n"])
    inside = int(per_cell[parts.of >= 0].sum())
    told: dict[str, Any] = {
        "level": level, "net": parts.net, "n": inside, "shared": int(per_cell[parts.shared].sum()),
        "left_out": int(counted.meta["n"]) - inside if parts.place.own is None else 0,
        "window": counted.meta["window"], "against": against, "before": None, "days": None, "days_before": None,
        "false_share": FALSE_SHARE, "least": LEAST,
    }  # fmt: skip
    compared: list[dict[str, Any]] = [_NOTHING] * len(parts.rows)
    if earlier is not None and past is not None and start is not None and end is not None:
        days = Window(start, end).days
        before = np.maximum(parts.summed(past.cells, past.columns["n"]), 0.0)
        found = changes.compare(
            before, n, exposure_earlier=earlier.days, exposure_later=days, least=LEAST, false_share=FALSE_SHARE
        )
        compared = [_compared(before[i], found, i) for i in range(n.size)]
        told |= {
            "before": [iso(earlier.start), iso(earlier.end)], "days": round(days, 3),
            "days_before": round(earlier.days, 3),
        }  # fmt: skip
    items = [
        {**row, "n": int(n[i]), **_rates(row, n[i]), **compared[i]} for i, row in enumerate(parts.rows)
    ]
    return {**told, "items": items}


def cells_of(ctx: Context, city: str, *, level: str) -> Columns:
    """The area of every cell: ``area`` u2 (or u4), the index into the items of ``figures`` of the same level.

    ``meta.net_areas``: of a net, ``NET.CODE`` of each area.
    """
    with database.reading(ctx.db) as connection:
        parts = levels.of_level(ctx, connection, city, level)
    shown = parts.of >= 0
    kind = np.uint16 if len(parts.rows) <= 65_535 else np.uint32
    meta: dict[str, Any] = {"level": level}
    if parts.net is not None:
        meta["net_areas"] = [f"{parts.net['id']}.{row['id']}" for row in parts.rows]
    return Columns(parts.place.base.cells[shown], {"area": parts.of[shown].astype(kind)}, meta)


def touching(ctx: Context, city: str, *, level: str, area: str) -> dict[str, Any]:
    """What the area of that id shares ground with: grids of the plan in force, and others of its own level, as areas
    of a net may overlap.

    ``{level, net, id, code, name, lat, lng, bbox, cells, n_grids, grids: [{id, code, name, inside, cells, size,
    households}], overlaps: [{id, code, name, cells}]}``, the most cells first; ``cells`` are those shared,
    ``households`` live in them, ``size`` is all of the grid.
    Raises NotFound, Invalid.
    """
    with database.reading(ctx.db) as connection:
        parts = levels.of_level(ctx, connection, city, level)
        number = next((i for i, row in enumerate(parts.rows) if row["id"] == area), None)
        if number is None:
            raise errors.NotFound("not_found", f"There is no area {area!r} of level {level!r}.")
        own = parts.at[parts.row == number]
        grids = _grids_under(ctx, connection, city, parts.place.base.cells[own])
    shared = np.bincount(parts.row[np.isin(parts.at, own)], minlength=len(parts.rows))
    shared[number] = 0
    overlaps = [
        {**{name: parts.rows[i][name] for name in ("id", "code", "name")}, "cells": int(shared[i])}
        for i in np.argsort(-shared, kind="stable").tolist() if shared[i]
    ]  # fmt: skip
    return {
        "level": level, "net": parts.net, "cells": int(own.size),
        **{name: parts.rows[number][name] for name in ("id", "code", "name", "lat", "lng", "bbox")},
        "n_grids": len(grids), "grids": grids[:TOUCHED], "overlaps": overlaps[:TOUCHED],
    }  # fmt: skip


def _grids_under(
    ctx: Context, connection: Connection, city: str, ids: NDArray[np.uint64]
) -> list[dict[str, Any]]:
    """The grids in force that hold some of the cells, the most first; none where no plan is in force."""
    try:
        parts = levels.grids(ctx, connection, city)
    except errors.NotFound:
        return []
    at = cells.positions(parts.place.base.cells, ids)
    at = at[at >= 0]
    at = at[parts.of[at] >= 0]
    of = parts.of[at]
    lived = bases.column(connection, parts.place.base.id, "households")
    n, size = (np.bincount(one, minlength=len(parts.rows)) for one in (of, parts.row))
    homes = None if lived is None else np.bincount(of, weights=lived[at], minlength=len(parts.rows))
    return [
        {
            **{name: parts.rows[i][name] for name in ("id", "code", "name", "inside")}, "cells": int(n[i]),
            "size": int(size[i]), "households": None if homes is None else round(float(homes[i]), 1),
        }
        for i in np.argsort(-n, kind="stable").tolist() if n[i]
    ]  # fmt: skip


def earlier_of(
    known: values.Facts, start: datetime | None, end: datetime | None, *, against: Against, zone: ZoneInfo
) -> Window | None:
    """The window that ``start``–``end`` is compared with; None without both ends, or where the archive begins later."""
    if start is None or end is None:
        return None
    if against == "year":
        earlier = Window(_year_before(start, zone), _year_before(end, zone))
    else:
        earlier = Window(start - (end - start), start)
    first = query.extent(known).first_us
    if first is None or datetime.fromtimestamp(first / 1e6, UTC) > earlier.start + timedelta(days=1):
        return None
    return earlier


def borders(
    ctx: Context, city: str, *, start: datetime | None = None, end: datetime | None = None, category: str | None = None
) -> dict[str, Any]:
    """Reports within one cell of a border between two grids: both grids with their centres, and how many on each side.

    ``{items: [{a, b, n_a, n_b, n, lat, lng}]}``, the most reports first; a cell that touches several grids counts at
    each of its borders.
    """
    with database.reading(ctx.db) as connection:
        parts = levels.grids(ctx, connection, city)
        counted = counting.counts(
            ctx, connection, parts.place, start=start, end=end, category=category, res=parts.place.base.resolution
        )
    ids = parts.place.base.cells
    n = np.zeros(ids.size)
    at = cells.positions(ids, counted.cells)
    n[at[at >= 0]] = counted.columns["n"][at >= 0]
    busy = np.flatnonzero((n > 0) & (parts.of >= 0))
    around = cells.neighbours(ids)[busy]
    other = np.where(around >= 0, parts.of[np.maximum(around, 0)], -1)
    told = _pairs(parts, busy, other, n)
    return {"n": int(sum(one["n"] for one in told)), "items": told[:BORDERS]}


def _pairs(
    parts: levels.Parts, busy: NDArray[np.int64], other: NDArray[np.int32], n: Floats
) -> list[dict[str, Any]]:
    own = parts.of[busy].astype(np.int64)
    rows, columns = np.nonzero((other >= 0) & (other != own[:, None]))
    pairs = np.unique(np.column_stack([rows, own[rows], other[rows, columns].astype(np.int64)]), axis=0)
    if pairs.size == 0:
        return []
    lats, lngs = cells.centres(parts.place.base.cells[busy])
    sides: dict[tuple[int, int], list[float]] = {}
    for row, mine, theirs in pairs.tolist():
        key = (min(mine, theirs), max(mine, theirs))
        found = sides.setdefault(key, [0.0, 0.0, 0.0, 0.0])
        weight = float(n[busy[row]])
        found[0 if mine == key[0] else 1] += weight
        found[2] += weight * float(lats[row])
        found[3] += weight * float(lngs[row])
    names = ("id", "code", "name", "centre")
    told = [
        {
            "a": {name: parts.rows[a][name] for name in names}, "b": {name: parts.rows[b][name] for name in names},
            "n_a": round(n_a), "n_b": round(n_b), "n": round(n_a + n_b),
            "lat": round(lat / (n_a + n_b), 6), "lng": round(lng / (n_a + n_b), 6),
        }
        for (a, b), (n_a, n_b, lat, lng) in sides.items()
    ]  # fmt: skip
    return sorted(told, key=lambda one: -one["n"])


_NOTHING: Final[dict[str, Any]] = {
    "before": None, "ratio": None, "low": None, "high": None, "p": None, "verdict": None,
}  # fmt: skip


def _compared(before: float, found: changes.Change, i: int) -> dict[str, Any]:
    return {
        "before": int(before), "ratio": _finite(found.ratio[i]), "low": _finite(found.low[i]),
        "high": _finite(found.high[i]), "p": _finite(found.p[i], 6), "verdict": str(found.verdict[i]),
    }  # fmt: skip


def _finite(value: float, digits: int = 3) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None


def _rates(row: dict[str, Any], n: float) -> dict[str, Any]:
    area, homes = row["area_km2"], row["households"]
    return {
        "per_km2": round(n / area, 3) if area else None,
        "per_1000": round(n * counting.PER_HOUSEHOLDS / homes, 3) if homes else None,
    }


def _year_before(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    return local.replace(year=local.year - 1, day=day).astimezone(UTC)
