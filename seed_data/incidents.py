"""Twelve months of incidents: base load by category, planted hot spots, a little dirt; disputes by community.

Times are the city's local time as text. Points are on the plane until written. ``Truth`` says what was planted and how
many rows an importer must reject or call duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import shapely

from seed_data import buildings, categories, places, plane, regions, roads, streets, terrain
from seed_data.plane import Array

START, END = datetime(2025, 7, 1), datetime(2026, 7, 1)
TOTAL = 60_000
_DAYS = (END - START).days
_HOURS = {
    "work": [.1, .1, .1, .1, .1, .3, 1, 3, 8, 10, 9, 6, 3, 4, 7, 8, 7, 5, 2, 1, .7, .5, .3, .2],
    "day": [.3, .2, .2, .2, .3, .8, 2, 4, 6, 7, 7, 6, 5, 5, 6, 6, 6, 5, 4, 3, 2, 1.5, 1, .5],
    "evening": [.6, .3, .2, .1, .2, .6, 1.5, 2, 2, 2, 2, 2.5, 2, 2, 2, 2.5, 4, 7, 9, 10, 8, 5, 3, 1.5],
    "night": [5, 3, 2, 1.5, 1, 1, 1, 1, 1, 1, 1, 1, 1.5, 1, 1, 1, 1, 2, 3, 5, 7, 9, 10, 8],
    "flat": [1] * 24,
}


@dataclass(frozen=True)
class HotSpot:
    """A planted cluster: where, what, how many in each of the twelve months, and the class it should be given."""

    id: str
    name: str
    x: float
    y: float
    radius_m: float
    category: str
    monthly: tuple[int, ...]
    expected: str
    note: str


@dataclass(frozen=True)
class Incidents:
    """``rows``: id, time, category, x, y, status (x, y NaN where missing); ``disputes``: by community, no point."""

    rows: pd.DataFrame
    disputes: pd.DataFrame
    spots: list[HotSpot]
    dirt: dict[str, int] = field(default_factory=dict)


def make(
    rng: np.random.Generator, ground: terrain.Terrain, layouts: list[streets.Layout], ways: roads.Roads,
    plan: buildings.Uses, built: buildings.Buildings, sights: places.Places, areas: regions.Regions,
) -> Incidents:
    """The year of the city."""
    spots = _spots(layouts[0], plan, sights)
    where = _Where(ground, layouts, ways, plan, built, sights)
    planted = sum(sum(s.monthly) for s in spots)
    kinds = categories.ALL
    weights = np.array([c.weight for c in kinds])
    placed = sum(c.weight for c in kinds if not c.code.startswith(categories.DISPUTES))
    counts = np.round((TOTAL - planted - _TWICE) * weights / placed).astype(int)
    parts, disputes = [], []
    for kind, n in zip(kinds, counts):
        times = _times(rng, kind, int(n))
        points = where.draw(rng, kind.where, int(n))
        frame = pd.DataFrame({"time": times, "category": kind.code, "x": points[:, 0], "y": points[:, 1]})
        (disputes if kind.code.startswith(categories.DISPUTES) else parts).append(frame)
    named = {c.code: c for c in kinds}
    parts += [_planted(rng, spot, named[spot.category]) for spot in spots]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[shapely.contains_xy(ground.boundary.buffer(-30), rows["x"], rows["y"])]
    rows = rows.sort_values(["time", "category", "x"], kind="stable", ignore_index=True)
    rows["status"] = _status(rng, rows["time"])
    rows["time"] = [t.strftime("%Y-%m-%d %H:%M:%S") for t in rows["time"]]
    rows.insert(0, "id", [f"GA{i:06d}" for i in range(1, len(rows) + 1)])
    dirty, dirt = _dirty(rng, rows)
    return Incidents(dirty, _by_community(pd.concat(disputes, ignore_index=True), areas), spots, dirt)


def _spots(core: streets.Layout, plan: buildings.Uses, sights: places.Places) -> list[HotSpot]:
    """Three hot spots and an emerging one, well apart."""
    market = sights.points[sights.name.index("中心农贸市场")]
    chosen = [market]

    def block(use: str, toward: tuple[float, float]) -> Array:
        centre = np.array([(b.centroid.x, b.centroid.y) for b in core.blocks])
        fit = [i for i in range(len(centre)) if plan.use[i] == use and
               min(np.hypot(*(centre[i] - c)) for c in chosen) > 1100]
        best = min(fit, key=lambda i: float(np.hypot(*(centre[i] - np.array(toward)))))
        chosen.append(centre[best])
        return centre[best]

    old, site, edge = block("selfbuilt", (-1900, 1300)), block("towers", (2000, -1100)), block("estate", (2600, 500))
    return [
        HotSpot("H1", "中心农贸市场夜市", *market, 230.0, "E05.01", (62, 66, 60, 58, 55, 52, 50, 48, 55, 58, 62, 66),
                "persistent", "hot in every month"),
        HotSpot("H2", "自建房片区电动车充电", *old, 260.0, "G09.01", (12, 14, 18, 20, 24, 28, 33, 38, 44, 52, 60, 70),
                "intensifying", "hot in nearly every month and growing"),
        HotSpot("H3", "在建楼盘夜间施工", *site, 240.0, "E03.01", (0, 64, 0, 70, 0, 72, 0, 60, 0, 75, 0, 66),
                "sporadic", "on again, off again: hot in every second month and in the last"),
        HotSpot("H4", "东片新增暴露垃圾", *edge, 250.0, "E01.02", (0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 75, 110),
                "consecutive", "emerging: nothing before 2026-04-01, then hot and growing"),
    ]


class _Where:
    """Where incidents of a kind may happen: weighted anchors with a spread each."""

    def __init__(
        self, ground: terrain.Terrain, layouts: list[streets.Layout], ways: roads.Roads, plan: buildings.Uses,
        built: buildings.Buildings, sights: places.Places,
    ) -> None:
        homes = buildings.centres(built)
        people = built.households.astype(float)
        spots = [p for line in ways.lines for p in plane.densify(shapely.get_coordinates(line), 60)[:-1]]
        road = np.array(spots)
        kind = np.repeat(ways.kinds, [len(plane.densify(shapely.get_coordinates(line), 60)) - 1 for line in ways.lines])
        busy = pd.Series(kind).map({"trunk": 2, "primary": 5, "secondary": 4, "tertiary": 1.6, "residential": 1.5,
                                    "unclassified": 0.25}).to_numpy(float)
        in_core = shapely.contains_xy(layouts[0].outline.buffer(60), road[:, 0], road[:, 1])
        towns = shapely.union_all([layout.outline.buffer(40) for layout in layouts[1:]])
        in_towns = shapely.contains_xy(towns, road[:, 0], road[:, 1])
        busy = busy * np.where(in_core, 3.0, np.where(in_towns, 1.5, 0.35))
        sites = [b.centroid for b, use in zip(layouts[0].blocks, plan.use) if use in ("towers", "works")]
        works = np.array([(c.x, c.y) for c in sites])
        markets = places.of_kind(sights, "market", "mall", "station")
        river = plane.densify(shapely.get_coordinates(ground.river), 120)
        wet = np.vstack([river] + [plane.densify(shapely.get_coordinates(s), 200) for s in ground.streams.values()])
        near_core = np.exp(-np.hypot(*wet.T) / 4500)
        busy_markets = np.where(np.hypot(*markets.T) < 4200, 3.0, 1.0)
        town_road = busy * np.where(in_core | in_towns, 1, 0.015)
        self.pools: dict[str, list[tuple[float, Array, Array, float]]] = {
            "street": [(1.0, road, busy, 12.0)],
            "core": [(0.75, road, town_road, 14.0), (0.25, homes, people, 15.0)],
            "market": [(0.4, markets, busy_markets, 110.0), (0.6, road, town_road, 14.0)],
            "home": [(1.0, homes, people, 9.0)],
            "rural": [(1.0, homes, people * (built.place < 0), 60.0)],
            "site": [(0.8, works, np.ones(len(works)), 70.0), (0.2, road, busy, 20.0)],
            "water": [(1.0, wet, near_core, 45.0)],
            "school": [(1.0, places.of_kind(sights, "school"), np.ones(len(places.of_kind(sights, "school"))), 70.0)],
        }

    def draw(self, rng: np.random.Generator, where: str, n: int) -> Array:
        pools = self.pools[where]
        split = rng.multinomial(n, [p[0] for p in pools])
        drawn = [points[rng.choice(len(points), k, p=weight / weight.sum())] + rng.normal(0, sigma, (k, 2))
                 for k, (_, points, weight, sigma) in zip(split, pools)]
        return rng.permutation(np.vstack(drawn))


def _times(
    rng: np.random.Generator, kind: categories.Category, n: int, *, days: Array | None = None
) -> list[datetime]:
    """Random local times by the month, weekday and hour of the category."""
    season, dates = dict(kind.season), [START + timedelta(days=i) for i in range(_DAYS)]
    weight = np.array([season.get(d.month, 1.0) * (kind.week if d.weekday() >= 5 else 1.0) for d in dates])
    weight *= np.array([0.55 if (d.month, d.day) in _FESTIVAL else 1.0 for d in dates])
    if days is not None:
        weight = weight * days
    day = rng.choice(_DAYS, n, p=weight / weight.sum())
    hours = np.array(_HOURS[kind.when])
    hour = rng.choice(24, n, p=hours / hours.sum())
    second = rng.integers(0, 3600, n)
    return [dates[d] + timedelta(hours=int(h), seconds=int(s)) for d, h, s in zip(day, hour, second)]


_FESTIVAL = {(10, d) for d in range(1, 8)} | {(2, d) for d in range(16, 23)} | {(5, d) for d in range(1, 4)} | {(1, 1)}
"""National Day, Spring Festival 2026, Labour Day, New Year: patrols report less."""


def _planted(rng: np.random.Generator, spot: HotSpot, kind: categories.Category) -> pd.DataFrame:
    frames = []
    for m, n in enumerate(spot.monthly):
        if n == 0:
            continue
        month = (START.month - 1 + m) % 12 + 1
        mask = np.array([(START + timedelta(days=i)).month == month for i in range(_DAYS)], float)
        angle, reach = rng.uniform(0, 2 * np.pi, n), spot.radius_m * 0.97 * np.sqrt(rng.uniform(0, 1, n)) ** 1.4
        frames.append(pd.DataFrame({"time": _times(rng, kind, n, days=mask), "category": kind.code,
                                    "x": spot.x + reach * np.cos(angle), "y": spot.y + reach * np.sin(angle)}))
    return pd.concat(frames, ignore_index=True)


def _status(rng: np.random.Generator, times: pd.Series) -> list[str]:
    """Old incidents are closed; in the last weeks some are still being handled; a few are void."""
    age = np.array([(END - t).total_seconds() / 86400 for t in times])
    still = rng.random(len(age)) < 0.75 * np.exp(-age / 6) + 0.01
    void = rng.random(len(age)) < 0.015
    return ["void" if v else "handling" if s else "closed" for v, s in zip(void, still)]


_MISSING, _BAD_TIME, _OUTSIDE, _TWICE = 14, 11, 12, 26
_DIRT_ROWS = _MISSING + _BAD_TIME + _OUTSIDE + _TWICE
_BAD_TIMES = ("2025-13-05 08:00:00", "2026-02-30 10:20:00", "", "昨天上午", "2025-09-31 07:15:00", "0000-00-00 00:00")


def _dirty(rng: np.random.Generator, rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows with some made unusable and some repeated; every fault in its own row."""
    rows = rows.copy()
    pick = rng.permutation(len(rows))[: _MISSING + _BAD_TIME + _OUTSIDE]
    missing, bad, outside = np.split(pick, [_MISSING, _MISSING + _BAD_TIME])
    rows.loc[missing, ["x", "y"]] = np.nan
    rows.loc[bad, "time"] = [_BAD_TIMES[i % len(_BAD_TIMES)] for i in range(len(bad))]
    rows.loc[outside, "x"] += 60_000.0
    whole = np.setdiff1d(np.arange(len(rows)), pick)
    again = rng.choice(whole, _TWICE, replace=False)
    out = pd.concat([rows, rows.loc[np.sort(again)]])
    out["order"] = np.concatenate([np.arange(len(rows)), np.sort(again) + rng.integers(1, 400, _TWICE)])
    out = out.sort_values("order", kind="stable", ignore_index=True).drop(columns="order")
    counts = {"rows": len(out), "missing_coordinates": _MISSING, "bad_time": _BAD_TIME, "out_of_city": _OUTSIDE,
              "duplicate": _TWICE, "good": len(out) - _DIRT_ROWS}
    return out, counts


def _by_community(rows: pd.DataFrame, areas: regions.Regions) -> pd.DataFrame:
    """Disputes as counts by month, category and community."""
    tree = shapely.STRtree(areas.shapes)
    at, region = tree.query(shapely.points(rows["x"], rows["y"]), predicate="intersects")
    months = [t.strftime("%Y-%m") for t in rows["time"].iloc[at]]
    found = rows.iloc[at].assign(region=[areas.code[k] for k in region], month=months)
    return found.groupby(["month", "category", "region"], sort=True).size().rename("n").reset_index()
