"""Incidents over time: days and the hours of the week, on the city's own clock, of a city, a region or a grid.

One question to the archive answers both. ``months`` is what the privacy floor is applied to for those who see no exact
figures: counts per cell, group of categories and whole calendar month.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from server.archive import query, values
from server.store import database
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context, iso
from server.usecases.incidents import counting, facts
from server.usecases.planning import plans

Step = Literal["week", "month"]
MOST_MONTHS: Final = 600
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_THURSDAY: Final = 3


@dataclass(frozen=True)
class Area:
    """A part of a city: a region by its id, or a grid of the plan ``current`` by its label; both None: all of it."""

    region: str | None = None
    grid: int | None = None


@dataclass(frozen=True)
class Month:
    """Counts float64[k] of the cells with incidents of one group of categories in one calendar month (``2025-03``)."""

    month: str
    n: NDArray[np.int64]


WHOLE: Final = Area()


def read(
    ctx: Context, city: str, *, start: datetime | None = None, end: datetime | None = None,
    category: str | None = None, area: Area = WHOLE,
) -> dict[str, Any]:
    """``{n, window, days: [{day, n}], hours: [7][24]}``: days with incidents in order, weekdays from Monday."""
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        known = facts.of_city(ctx, connection, city)
        held = cells_of(ctx, connection, place, area)
    select = values.Select(
        start_us=counting.microseconds(start), end_us=counting.microseconds(end),
        categories=counting.named(known, category), cells=held,
    )  # fmt: skip
    hours, n = query.by_hour(known, tz=place.city.tz, select=select)
    days, at = np.unique(hours // 24, return_inverse=True)
    per_day = np.bincount(at, weights=n, minlength=days.size)
    week = np.zeros(7 * 24)
    np.add.at(week, (hours // 24 + _THURSDAY) % 7 * 24 + hours % 24, n)
    told = [{"day": _day(int(day)), "n": int(count)} for day, count in zip(days, per_day, strict=True)]
    window = [iso(start) if start else None, iso(end) if end else None]
    return {
        "n": int(n.sum()), "window": window, "step": "day", "days": told,
        "hours": week.astype(np.int64).reshape(7, 24).tolist(), "floor": None,
    }  # fmt: skip


def months(
    ctx: Context, city: str, *, groups: Sequence[str], res: int, start: datetime | None = None,
    end: datetime | None = None,
) -> Iterator[Month]:
    """Of every group of categories and every whole calendar month between the two times, the counts of its cells."""
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        known = facts.of_city(ctx, connection, city)
    extent = query.extent(known)
    if extent.first_us is None or extent.last_us is None:
        return
    zone = ZoneInfo(place.city.tz)
    first, last = (datetime.fromtimestamp(us / 1e6, UTC) for us in (extent.first_us, extent.last_us))
    edges = [at for at in edges_of(first, last, zone=zone, step="month") if _inside(at, start, end)][-MOST_MONTHS:]
    if len(edges) < 2:
        return
    edges_us = [us for at in edges if (us := counting.microseconds(at)) is not None]
    for group in groups:
        select = values.Select(categories=counting.named(known, group))
        found = query.by_cell_and_span(known, res=res, edges_us=edges_us, select=select)
        seen = territory.visible(ctx, place, found.cells) if found.cells.size else np.zeros(0, np.bool_)
        for number, begin in enumerate(edges[:-1]):
            yield Month(begin.astimezone(zone).strftime("%Y-%m"), found.n[seen & (found.step == number)])


def edges_of(first: datetime, last: datetime, *, zone: ZoneInfo, step: Step) -> list[datetime]:
    """Ascending edges (UTC) of the calendar weeks or months, on the clock of ``zone``, that cover both times."""
    begin = first.astimezone(zone).date()
    begin = begin.replace(day=1) if step == "month" else begin - timedelta(days=begin.weekday())
    edges = []
    for day in _starts(begin, step):
        edges.append(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))
        if edges[-1] > last:
            return edges
    return edges


def cells_of(
    ctx: Context, connection: Connection, place: territory.World, area: Area
) -> NDArray[np.uint64] | None:
    """Base cells of the area that the actor may see; None where that is the city with its border cells. Raises
    NotFound, and Invalid for a region and a grid at once."""
    if area.region is not None and area.grid is not None:
        raise errors.Invalid("grid", "Ask for a region or for a grid, not for both.")
    seen = territory.scope(ctx, place)
    if area == WHOLE:
        return None if seen is None else place.base.cells[seen]
    if area.grid is not None:
        plan = plans.load(ctx, connection, place.city.code, plans.CURRENT)
        ids, inside = plan.place.base.cells, plan.labels == area.grid
        seen = territory.scope(ctx, plan.place)
    else:
        ids, inside = place.base.cells, np.isin(place.base.region, _below(place, area.region or ""))
    if seen is not None:
        inside = inside & seen
    if not inside.any():
        raise errors.NotFound("not_found", "There is no such area.")
    return np.asarray(ids[inside], np.uint64)


def _below(place: territory.World, region: str) -> list[int]:
    """Ids of the regions that lie in ``region``, itself among them."""
    return [number for number in place.regions if region in {str(one.id) for one in place.chain(number)}]


def _inside(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or at >= start) and (end is None or at <= end)


def _starts(begin: date, step: Step) -> Iterator[date]:
    for number in itertools.count():
        if step == "week":
            yield begin + timedelta(days=7 * number)
        else:
            month = begin.month - 1 + number
            yield date(begin.year + month // 12, month % 12 + 1, 1)


def _day(number: int) -> str:
    return date.fromordinal(_EPOCH_DAY + number).isoformat()
