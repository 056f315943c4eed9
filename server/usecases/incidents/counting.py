"""Incidents as they are counted: a summary, counts per cell and window, months of an area, heat.

Facts lie in the archive's segments; readers go through the manifest. An incident is counted in the cell that its point
lies in, at coarser resolutions in that cell's parents. A correction row has a negative count and is subtracted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import adjacency as adjacencies
from geo import cells, density
from server.archive import query, values
from server.rules import categories
from server.store import bases, database
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Columns, Context, iso
from server.usecases.incidents import facts

Per = Literal["raw", "area", "household"]
MOST_RINGS = 8
PER_HOUSEHOLDS = 1000.0
MONTHS = 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Clock:
    """Hours of the day 0–23 and weekdays 0 (Monday)–6 that count, on the city's clock; None: all of them."""

    hours: tuple[int, ...] | None = None
    weekdays: tuple[int, ...] | None = None


ALWAYS: Final = Clock()


def heat(
    ctx: Context, city: str, *, start: datetime | None = None, end: datetime | None = None,
    category: str | None = None, res: int | None = None, per: Per = "raw", smooth: int = 0, clock: Clock = ALWAYS,
) -> Columns:
    """Per cell with incidents ``value`` and ``n``: raw counts, per km² of true area, or per 1,000 households.

    ``clock`` keeps hours and weekdays; ``smooth`` rings share the counts out before they are divided. ``meta``: n,
    window, resolution, source, left_out (incidents in cells without households, or in cells that later corrections
    emptied).
    """
    if per not in ("raw", "area", "household"):
        raise errors.Invalid("per", f"There is no measure {per!r}; it is raw, area or household.")
    if not 0 <= smooth <= MOST_RINGS:
        raise errors.Invalid("smooth", f"Smoothing takes 0 to {MOST_RINGS} rings, not {smooth}.")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        resolution = territory.check_resolution(place, res)
        found = counts(
            ctx, connection, place, start=start, end=end, category=category, res=resolution, clock=clock
        )
        households = bases.column(connection, place.base.id, "households") if per == "household" else None
    n = found.columns["n"]
    ids, number = _smoothed(found.cells, n, smooth)
    rate, known = per_report(place, ids, per=per, households=households)
    value = number * rate
    shown = known & (number > 0) & territory.visible(ctx, place, ids)
    counted = number[shown]
    columns = {
        "value": value[shown].astype(np.float32),
        "n": np.rint(counted).astype(np.uint32),
    }
    left_out = float(n.sum()) - float(number[known & (number > 0)].sum())
    meta = {**found.meta, "n": round(float(counted.sum())), "left_out": max(0, round(left_out)), "per": per,
            "smooth": smooth}  # fmt: skip
    return Columns(ids[shown], columns, meta)


def counts(
    ctx: Context, connection: Connection, place: territory.World, *, start: datetime | None, end: datetime | None,
    category: str | None, res: int, clock: Clock = ALWAYS,
) -> Columns:
    """``n`` (float64, sum of weights) per cell at a resolution, also in cells of the border whose centre lies outside
    the city; kept by data version."""
    key = ("counts", place.city.code, place.city.data_version, start, end, category, res, clock)
    made: Columns = ctx.cache.get(
        key, lambda: _counts(ctx, connection, place, start=start, end=end, category=category, res=res, clock=clock)
    )
    return made


def summary(ctx: Context, connection: Connection, place: territory.World) -> dict[str, Any]:
    """``{n, first, last, categories: [{code, zh, en, n}]}`` of the actor's territory, kept by data version."""
    own = ctx.actor.region_id if ctx.actor is not None else None
    key = ("summary", place.city.code, place.city.data_version, own)
    made: dict[str, Any] = ctx.cache.get(key, lambda: _summary(ctx, connection, place))
    return made


def months(
    ctx: Context, connection: Connection, place: territory.World, ids: NDArray[np.uint64]
) -> list[dict[str, Any]]:
    """``[{month, n}]`` of some base cells, at most the last ``MONTHS`` with incidents, on the city's clock."""
    known = facts.of_city(ctx, connection, place.city.code)
    if known.empty:
        return []
    found = query.by_month(known, tz=place.city.tz, select=values.Select(cells=ids))
    return [{"month": month, "n": n} for month, n in found[-MONTHS:]]


def microseconds(at: datetime | None) -> int | None:
    """An aware time as microseconds since 1970 UTC."""
    if at is None:
        return None
    past = at.astimezone(UTC) - _EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds


def _counts(
    ctx: Context, connection: Connection, place: territory.World, *, start: datetime | None, end: datetime | None,
    category: str | None, res: int, clock: Clock,
) -> Columns:
    known = facts.of_city(ctx, connection, place.city.code)
    select = values.Select(
        start_us=microseconds(start), end_us=microseconds(end), categories=named(known, category),
        hours=clock.hours, weekdays=clock.weekdays, tz=place.city.tz,
    )  # fmt: skip
    found = query.counts(known, res=res, select=select)
    extent = query.extent(known, select=select)
    window = [iso(start) if start else time(extent.first_us), iso(end) if end else time(extent.last_us)]
    meta = {
        "n": int(found.n.sum()), "rows": int(found.rows.sum()), "window": window, "resolution": res,
        "category": category, "source": "incidents",
    }
    return Columns(found.cells, {"n": found.n.astype(np.float64)}, meta)


def named(known: values.Facts, category: str | None) -> tuple[str, ...] | None:
    """The categories that a name stands for: itself, and where it is a group, those of the group."""
    if category is None:
        return None
    held = [code for code, _ in query.categories(known) if code is not None]
    return tuple(code for code in held if code == category or code.startswith(category + "."))


def _summary(ctx: Context, connection: Connection, place: territory.World) -> dict[str, Any]:
    known = facts.of_city(ctx, connection, place.city.code)
    if known.empty:
        return {"n": 0, "first": None, "last": None, "categories": []}
    seen = territory.scope(ctx, place)
    select = values.Select(cells=place.base.cells[seen]) if seen is not None else values.Select()
    extent = query.extent(known, select=select)
    found = query.categories(known, select=select)
    told = []
    for code, n in found:
        zh, en = categories.words(code) if code is not None else ("未分类", "without a category")
        told.append({"code": code or "", "zh": zh, "en": en, "n": n})
    return {"n": extent.n, "first": time(extent.first_us), "last": time(extent.last_us), "categories": told}


def _smoothed(
    ids: NDArray[np.uint64], n: NDArray[np.float64], rings: int
) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """Counts shared out over rings, on the cells themselves and those within the rings."""
    if rings == 0 or ids.size == 0:
        return ids, n
    wide = np.unique(np.concatenate([cells.disk(int(cell), rings) for cell in ids.tolist()]))
    values_ = np.zeros(wide.size)
    values_[cells.positions(wide, ids)] = n
    return wide, density.spread(values_, adjacencies.build(wide), rings=rings)


def per_report(
    place: territory.World, ids: NDArray[np.uint64], *, per: Per, households: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What one report in each cell is worth (1, per km² of true area, per 1,000 households), and whether it has one."""
    every = np.ones(ids.size, dtype=np.bool_)
    if per == "raw" or ids.size == 0:
        return np.ones(ids.size), every
    if per == "area":
        return 1.0 / (cells.areas_m2(ids) / 1e6), every
    if households is None:
        raise errors.Conflict("no_households", "The city has no households yet; import households first.")
    parents, at = np.unique(cells.parents(place.base.cells, cells.resolution(ids)), return_inverse=True)
    lived = np.bincount(at, weights=households, minlength=parents.size)
    place_of = cells.positions(parents, ids)
    base = np.where(place_of >= 0, lived[np.maximum(place_of, 0)], 0.0)
    known = base > 0
    return np.divide(PER_HOUSEHOLDS, base, out=np.zeros(ids.size), where=known), known


def time(us: int | None) -> str | None:
    return None if us is None else datetime.fromtimestamp(us / 1e6, UTC).isoformat().replace("+00:00", "Z")
