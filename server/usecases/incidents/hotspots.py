"""Hot and cold spots of incidents: where more gather than chance lets expect, and how that came about over time.

Gi* (``geo.hotspots``) over the city's cells at risk of how far a cell's count is from its share of the base (area, or
households: then cells where nobody lives are left out), as Freeman and Tukey's (1950) deviate, whose spread does not
grow with the count: else a single report in a quiet cell would pass for a hot month. What counts as beyond chance is
in ``_p``; the expected share of false discoveries is held below ``Q``.

Classes over time come from the window's whole calendar months or weeks; months count alike whatever their length.
Spots are hot cells around one peak.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy import special

from geo import adjacency as adjacencies
from geo import cells
from geo import hotspots as statistics
from server.archive import query, values
from server.store import bases, database
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Columns, Context, iso
from server.usecases.incidents import counting, facts, timeline

Per = Literal["area", "household"]
Floats = NDArray[np.float64]

Q: Final = 0.05
"""Expected share of false ones among the discoveries."""
LEAST_STEPS: Final = 4
MOST_STEPS: Final = 36
LEAST_MONTHS_DAYS: Final = 180
"""A window of so many days is cut into months, a shorter one into weeks."""
MOST_SPOTS: Final = 50
KINDS: Final = ("", *(f"{side} {name}" for side in ("hot", "cold") for name in statistics.CLASSES))
"""Names of the classes by their number in the column ``class``; 0 is none."""


@dataclass(frozen=True)
class Tested:
    """Per cell: ``z`` and two-sided ``p`` of the whole window, ``side`` 1 hot, -1 cold, 0 neither, ``kind`` an index
    into ``KINDS``, ``trend`` the Mann-Kendall z over the steps."""

    z: Floats
    p: Floats
    side: NDArray[np.int8]
    kind: NDArray[np.uint8]
    trend: Floats


def find(
    ctx: Context, city: str, *, start: datetime | None = None, end: datetime | None = None,
    category: str | None = None, res: int | None = None, per: Per = "area",
    clock: counting.Clock = counting.ALWAYS,
) -> Columns:
    """Cells with a finding: z f4, p f4, class u1 (index into ``meta.kinds``), n u4. ``meta.spots``: hot cells
    around a peak, the most incidents first: ``{n, rate, z, p, class, trend, cells, lat, lng, bbox}``."""
    if per not in ("area", "household"):
        raise errors.Invalid("per", f"There is no base {per!r}; it is area or household.")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        known = facts.of_city(ctx, connection, city)
        lived = bases.column(connection, place.base.id, "households") if per == "household" else None
    resolution = territory.check_resolution(place, res)
    ids, base = _base(place, resolution, per=per, households=lived)
    select = values.Select(
        start_us=counting.microseconds(start), end_us=counting.microseconds(end),
        categories=counting.named(known, category), hours=clock.hours, weekdays=clock.weekdays, tz=place.city.tz,
    )  # fmt: skip
    counted = query.counts(known, res=resolution, select=select)
    n = _placed(ids, counted.cells, counted.n)
    extent = query.extent(known, select=select)
    edges = _edges(extent, start, end, zone=ZoneInfo(place.city.tz))
    beside = adjacencies.build(ids)
    found = test(n, _cube(known, ids, resolution, edges, select), base, beside)
    finding = (found.side != 0) | (found.kind != 0)
    shown = finding & territory.visible(ctx, place, ids)
    window = [counting.time(us) for us in (extent.first_us, extent.last_us)]
    meta = {
        "n": int(n.sum()), "left_out": int(counted.n.sum() - n.sum()), "resolution": resolution, "per": per,
        "category": category, "source": "incidents", "q": Q, "threshold": _threshold(found),
        "kinds": list(KINDS), "cells": int(ids.size), "silent": int((~finding).sum()),
        "window": [iso(start) if start else window[0], iso(end) if end else window[1]],
        "steps": [iso(at) for at in edges],
        "spots": _named(place, spots(ids[shown], n[shown], base[shown], _part(found, shown), per=per)),
    }  # fmt: skip
    columns = {
        "z": found.z[shown].astype(np.float32), "p": found.p[shown].astype(np.float32),
        "class": found.kind[shown], "n": np.maximum(n[shown], 0).astype(np.uint32),
    }  # fmt: skip
    return Columns(ids[shown], columns, meta)


def test(n: Floats, cube: Floats | None, base: Floats, beside: adjacencies.Adjacency) -> Tested:
    """Gi* of counts float64[n] against their base, and the classes over the steps of ``cube`` float64[n, steps].

    Neighbourhoods do not reach back in time, so that a spot that comes and goes is told from one that stays.
    """
    risk = _against(n, base)
    z = statistics.getis_ord(risk, beside).z
    whole = statistics.Local(z, _p(n, base, beside, deviates=risk, z=z))
    side = (np.sign(whole.z) * statistics.benjamini_hochberg(whole.p, Q)).astype(np.int8)
    if cube is None:
        return Tested(whole.z, whole.p, side, np.zeros(n.size, np.uint8), np.zeros(n.size))
    deviates = _against(cube, np.broadcast_to(base[:, None], cube.shape))
    over = statistics.emerging(deviates, beside, q=Q, lookback=0)
    sure = _p(cube, base, beside, deviates=deviates, z=over.z)
    over = statistics.emerging(deviates, beside, q=Q, lookback=0, p=sure)
    kind = np.zeros(n.size, np.uint8)
    for number, name in enumerate(KINDS[1:], 1):
        kind[over.kind == name] = number
    return Tested(whole.z, whole.p, side, kind, over.trend)


def spots(ids: cells.Cells, n: Floats, base: Floats, found: Tested, *, per: Per) -> list[dict[str, Any]]:
    """Hot cells around each peak of z, the most incidents first, at most ``MOST_SPOTS``.

    A cell belongs to the peak that the steepest way up leads to, so that two spots that touch stay two. z, p and trend
    are those of the peak; the class is that of most incidents of the core (z at least half the peak's).
    """
    hot = np.flatnonzero(found.side > 0)
    if hot.size == 0:
        return []
    lats, lngs = cells.centres(ids[hot])
    unit = 1_000.0 if per == "household" else 1e6
    top = _peaks(ids[hot], found.z[hot])
    told: list[dict[str, Any]] = []
    for peak in np.unique(top):
        own = np.flatnonzero(top == peak)
        at, first = hot[own], hot[peak]
        total, under = float(n[at].sum()), float(base[at].sum())
        if total <= 0 or under <= 0:
            continue
        weight = np.maximum(n[at], 0.0)
        core = found.z[at] >= found.z[first] / 2
        kind = np.bincount(found.kind[at[core]], weights=weight[core], minlength=len(KINDS)).argmax()
        edges = (lngs[own].min(), lats[own].min(), lngs[own].max(), lats[own].max())
        told.append({
            "n": round(total), "rate": round(total * unit / under, 3), "z": round(float(found.z[first]), 3),
            "p": float(found.p[first]), "class": KINDS[int(kind)], "trend": round(float(found.trend[first]), 3),
            "cells": int(at.size), "lat": round(float(np.average(lats[own], weights=weight)), 6),
            "lng": round(float(np.average(lngs[own], weights=weight)), 6),
            "bbox": [round(float(edge), 6) for edge in edges],
        })  # fmt: skip
    return sorted(told, key=lambda one: (-one["n"], -one["z"]))[:MOST_SPOTS]


def _named(place: territory.World, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The spots with the name of the lowest region that their middle lies in."""
    if not told:
        return told
    lats, lngs = (np.array([one[name] for one in told]) for name in ("lat", "lng"))
    at = cells.positions(place.base.cells, cells.from_points(lats, lngs, place.base.resolution))
    regions = [place.regions.get(int(place.base.region[i])) if i >= 0 else None for i in at.tolist()]
    return [{**one, "inside": region.name if region else None} for one, region in zip(told, regions, strict=True)]


def _peaks(ids: cells.Cells, z: Floats) -> NDArray[np.int64]:
    """For each cell the position of the peak that it belongs to: the end of the steepest way up."""
    around = cells.neighbours(ids).astype(np.int64)
    reach = np.column_stack([np.arange(ids.size), around])
    height = np.where(reach >= 0, z[np.maximum(reach, 0)], -np.inf)
    up = reach[np.arange(ids.size), height.argmax(axis=1)]
    while not np.array_equal(up, up[up]):
        up = up[up]
    return np.asarray(up, np.int64)


def _against(n: Floats, base: Floats) -> Floats:
    """Freeman-Tukey deviates of counts from their share of the base; corrections cannot make a count negative."""
    counted = np.maximum(n, 0.0)
    expected = base * (counted.sum() / base.sum())
    return np.asarray(np.sqrt(counted) + np.sqrt(counted + 1.0) - np.sqrt(4.0 * expected + 1.0), np.float64)


def _p(n: Floats, base: Floats, beside: adjacencies.Adjacency, *, deviates: Floats, z: Floats) -> Floats:
    """Two-sided p of each cell's neighbourhood: the largest of three, so that a spot stands out in each way.

    The normal p of Gi*; chance by the base (exact Poisson); the same values lying anywhere else (by drawing). The last
    two assume no normal shape: a single busy cell is no spot, and the stated rate of false ones holds for rare reports.
    """
    drawn = statistics.by_drawing(deviates, beside)
    largest = np.maximum(np.maximum(drawn, statistics.by_base(n, base, beside)), 2.0 * special.ndtr(-np.abs(z)))
    return np.asarray(largest, np.float64)


def _base(
    place: territory.World, res: int, *, per: Per, households: Floats | None
) -> tuple[cells.Cells, Floats]:
    """The city's cells at risk at a resolution and the base of each, above 0: m² of true area, or households."""
    parents, at = np.unique(cells.parents(place.base.cells, res), return_inverse=True)
    ids = cells.make(parents)
    if per == "area":
        return ids, cells.areas_m2(ids)
    if households is None or not households.sum() > 0:
        raise errors.Conflict("no_households", "The city has no households yet; import households first.")
    lived = np.bincount(at, weights=households, minlength=ids.size).astype(np.float64)
    return ids[lived > 0], lived[lived > 0]


def _placed(ids: cells.Cells, counted: NDArray[np.uint64], n: NDArray[Any]) -> Floats:
    """Counts of the cells at risk; what lies in other cells is left out."""
    made = np.zeros(ids.size)
    at = cells.positions(ids, counted)
    made[at[at >= 0]] = n[at >= 0]
    return made


def _cube(
    known: values.Facts, ids: cells.Cells, res: int, edges: list[datetime], select: values.Select
) -> Floats | None:
    """Counts float64[cells, steps]; None where there are too few steps to speak of a trend."""
    if len(edges) <= LEAST_STEPS:
        return None
    edges_us = [us for at in edges if (us := counting.microseconds(at)) is not None]
    found = query.by_cell_and_span(known, res=res, edges_us=edges_us, select=select)
    made = np.zeros((ids.size, len(edges) - 1))
    at = cells.positions(ids, found.cells)
    made[at[at >= 0], found.step[at >= 0]] = found.n[at >= 0]
    return made


def _edges(
    extent: values.Extent, start: datetime | None, end: datetime | None, *, zone: ZoneInfo
) -> list[datetime]:
    """Edges of the whole months or weeks of the window, the last ``MOST_STEPS`` of them; days that have begun count as
    whole."""
    if extent.first_us is None or extent.last_us is None:
        return []
    first, last = (datetime.fromtimestamp(us / 1e6, UTC).astimezone(zone) for us in (extent.first_us, extent.last_us))
    begin = start or first.replace(hour=0, minute=0, second=0, microsecond=0)
    finish = end or last.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    step: timeline.Step = "month" if (finish - begin).days >= LEAST_MONTHS_DAYS else "week"
    edges = timeline.edges_of(begin, finish, zone=zone, step=step)
    return [at for at in edges if begin <= at <= finish][-MOST_STEPS - 1 :]


def _threshold(found: Tested) -> float | None:
    """The least size of z that is a discovery; None where there is none."""
    sure = np.abs(found.z[found.side != 0])
    return float(np.float32(sure.min())) if sure.size else None


def _part(found: Tested, shown: NDArray[np.bool_]) -> Tested:
    return Tested(found.z[shown], found.p[shown], found.side[shown], found.kind[shown], found.trend[shown])
