"""Reports per cell and step of time: what the slider plays, so that a step needs no further question.

One column of counts for each day, week or month of the window, all on the same cells and coloured by the same classes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo import cells
from server.archive import query, values
from server.store import bases, database
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Columns, Context, iso
from server.usecases.incidents import counting, facts, timeline

Step = Literal["day", "week", "month"]
MOST_STEPS: Final = 700
"""Steps played at most, the last ones of the window: thirteen years of weeks, nearly two of days."""
THIN_SHARE: Final = 0.005
THIN_SPAN: Final = 1 / 3
"""Where so small a share of all reports fills so large a part of the time (old dates), play begins after it."""
MOST_VALUES: Final = 24_000_000
"""Cells times steps: what a browser still holds with ease."""


def read(
    ctx: Context, city: str, *, step: Step, start: datetime | None = None, end: datetime | None = None,
    category: str | None = None, res: int | None = None, per: counting.Per = "raw",
    clock: counting.Clock = counting.ALWAYS,
) -> Columns:
    """Cells with reports in the window and a column for each step: ``s0``, ``s1``, … (u2 of counts; f4 of counts per
    km² or per 1,000 households). ``meta.steps``: ``[{from, to, n}]``; the first and last are cut by the window.
    ``meta.earlier``: reports of the window before the first step.

    Raises Invalid where there are more than ``MOST_VALUES`` values.
    """
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        known = facts.of_city(ctx, connection, city)
        resolution = territory.check_resolution(place, res)
        households = bases.column(connection, place.base.id, "households") if per == "household" else None
    select = values.Select(
        start_us=counting.microseconds(start), end_us=counting.microseconds(end),
        categories=counting.named(known, category), hours=clock.hours, weekdays=clock.weekdays, tz=place.city.tz,
    )  # fmt: skip
    extent, zone = query.extent(known, select=select), ZoneInfo(place.city.tz)
    begin = start or _dense(query.by_day(known, tz=place.city.tz, select=select), zone)
    edges = _edges(extent, begin, end, zone=zone, step=step)[-MOST_STEPS - 1 :]
    ids, table = _table(known, resolution, edges, select)
    earlier = max(0, extent.n - int(table.sum())) if place.own is None else 0
    seen = territory.visible(ctx, place, ids)
    ids, table = ids[seen], table[seen]
    if table.size > MOST_VALUES:
        raise errors.Invalid("step", f"{ids.size} cells in {table.shape[1]} steps are too many; take longer steps.")
    table = np.maximum(table, 0)
    rate, has = counting.per_report(place, ids, per=per, households=households)
    ids, table = ids[has], table[has]
    told = [
        {"from": iso(begin), "to": iso(finish), "n": int(n)}
        for begin, finish, n in zip(edges[:-1], edges[1:], table.sum(axis=0).tolist(), strict=True)
    ]
    meta = {
        "n": int(table.sum()), "steps": told, "step": step, "resolution": resolution, "per": per, "source": "incidents",
        "category": category, "earlier": earlier, "window": [told[0]["from"], told[-1]["to"]] if told else [None, None],
    }  # fmt: skip
    return Columns(ids, _columns(table, rate[has], per), meta)


def _dense(days: list[tuple[str, int]], zone: ZoneInfo) -> datetime | None:
    """Where reports begin in earnest; None where they do so at once."""
    if not days:
        return None
    passed = np.cumsum([max(0, n) for _, n in days])
    at = int(np.searchsorted(passed, THIN_SHARE * passed[-1], side="right"))
    first, last, dense = (date.fromisoformat(days[i][0]) for i in (0, -1, min(at, len(days) - 1)))
    if (dense - first).days <= THIN_SPAN * (last - first).days:
        return None
    month = dense.replace(day=1)
    return datetime(month.year, month.month, 1, tzinfo=zone).astimezone(UTC)


def _columns(table: NDArray[np.int64], rate: NDArray[np.float64], per: str) -> dict[str, NDArray[Any]]:
    if per == "raw":
        kind = np.uint16 if table.max(initial=0) <= 65_535 else np.uint32
        return {f"s{k}": table[:, k].astype(kind) for k in range(table.shape[1])}
    return {f"s{k}": (table[:, k] * rate).astype(np.float32) for k in range(table.shape[1])}


def _table(
    known: values.Facts, res: int, edges: list[datetime], select: values.Select
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Cells with reports, and their counts int64[cells, steps]."""
    if len(edges) < 2:
        return np.zeros(0, np.uint64), np.zeros((0, max(len(edges) - 1, 0)), np.int64)
    edges_us = [us for at in edges if (us := counting.microseconds(at)) is not None]
    found = query.by_cell_and_span(known, res=res, edges_us=edges_us, select=select)
    ids = np.unique(found.cells)
    if ids.size * (len(edges) - 1) > 4 * MOST_VALUES:
        raise errors.Invalid("step", f"{ids.size} cells in {len(edges) - 1} steps are too many; take longer steps.")
    table = np.zeros((ids.size, len(edges) - 1), np.int64)
    table[cells.positions(ids, found.cells), found.step] = found.n
    return ids, table


def _edges(
    extent: values.Extent, start: datetime | None, end: datetime | None, *, zone: ZoneInfo, step: Step
) -> list[datetime]:
    """Edges of the days, weeks or months on the clock of ``zone``, cut by the window."""
    if extent.first_us is None or extent.last_us is None:
        return []
    first, last = (datetime.fromtimestamp(us / 1e6, UTC) for us in (extent.first_us, extent.last_us))
    begin, finish = start or first, end or last + timedelta(microseconds=1)
    if step == "day":
        last_day = (finish - timedelta(microseconds=1)).astimezone(zone).date()
        day = max(begin.astimezone(zone).date(), last_day - timedelta(days=MOST_STEPS))
        edges = [
            datetime(one.year, one.month, one.day, tzinfo=zone).astimezone(UTC)
            for one in (day + timedelta(days=k) for k in range((last_day - day).days + 2))
        ]
    else:
        edges = timeline.edges_of(begin, finish - timedelta(microseconds=1), zone=zone, step=step)
    if not edges or edges[-1] <= begin:
        return []
    outer_first = max(begin, edges[0]) if start is not None else edges[0]
    inner = [at for at in edges if outer_first < at < finish]
    outer_last = finish if end is not None else edges[-1]
    return [outer_first, *inner, outer_last]
