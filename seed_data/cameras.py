"""Camera sites: at junctions of the main streets, key places, compound gates, bridges and village centres.

Fixed cameras look along a street; domes and panning cameras turn. Codes have the 20 digits of GB/T 28181 rule A:
centre 8, industry 2, type 3, sequence 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seed_data import buildings, country, names, places, regions, roads, streets, villages
from seed_data.plane import Array

TOTAL = 900
_INDUSTRY = {1: "00", 2: "02", 3: "01"}
"""Owner class → industry code: street, inside a unit, residential community."""
_TYPE = {"fixed": "132", "dome": "131", "panning": "131"}
_RANGE = {"fixed": (35, 90), "dome": (40, 80), "panning": (80, 160)}
_HEIGHT = {"fixed": (3.5, 6.5), "dome": (4.5, 8.0), "panning": (8.0, 18.0)}


@dataclass(frozen=True)
class _Site:
    x: float
    y: float
    name: str
    kind: str
    heading: float
    owner: int


def make(
    rng: np.random.Generator, net: country.Lattice, layouts: list[streets.Layout], homes: villages.Villages,
    ways: roads.Roads, plan: buildings.Uses, sights: places.Places, areas: regions.Regions,
) -> pd.DataFrame:
    """About 900 cameras: id, code, name, x, y, kind, heading, angle, range, height, status, owner."""
    sites = _junctions(rng, ways, 430) + _bridges(ways) + _sights(rng, sights) + _gates(rng, layouts[0], plan)
    sites += _village_sites(rng, net, homes, areas)
    room = TOTAL - len(sites)
    sites += _junctions(rng, ways, 430 + room)[430:] if room > 0 else []
    sites = sites[:TOTAL]
    rows = []
    for i, site in enumerate(sites, 1):
        fixed = site.kind == "fixed"
        state = rng.choice(["online", "offline", "unknown"], p=[0.925, 0.06, 0.015])
        unknown_heading = not fixed or rng.random() < 0.08
        code = f"{names.CITY_CODE}00{_INDUSTRY[site.owner]}{_TYPE[site.kind]}{i:07d}"
        rows.append({
            "id": f"C{i:04d}", "code": code, "name": site.name, "x": site.x, "y": site.y, "kind": site.kind,
            "heading": np.nan if unknown_heading else float(round(site.heading) % 360),
            "angle": float(rng.choice([50, 60, 72, 84, 90])) if fixed else 360.0,
            "range": float(rng.integers(*_RANGE[site.kind])),
            "height": round(float(rng.uniform(*_HEIGHT[site.kind])), 1),
            "status": str(state), "owner": site.owner})
    return pd.DataFrame(rows)


def _compass(dx: float, dy: float) -> float:
    return float(np.degrees(np.arctan2(dx, dy)))


def _word(step: Array) -> str:
    return ("北", "东北", "东", "东南", "南", "西南", "西", "西北")[int(round(_compass(*step) % 360 / 45)) % 8]


def _junctions(rng: np.random.Generator, ways: roads.Roads, count: int) -> list[_Site]:
    """Poles at the busiest junctions, several cameras each, looking along the streets."""
    a, b, points = roads.ends(ways.lines)
    worth = np.array([{"trunk": 3, "primary": 3, "secondary": 2, "tertiary": 0.6}.get(k, 0.1) for k in ways.kinds])
    score = np.bincount(a, worth, len(points)) + np.bincount(b, worth, len(points))
    degree = np.bincount(a, minlength=len(points)) + np.bincount(b, minlength=len(points))
    score = np.where(degree >= 3, score * np.exp(-np.hypot(*points.T) / 6000), 0)
    order = np.lexsort((np.arange(len(points)), -np.round(score, 6)))
    titles: dict[int, list[str]] = {}
    for k, (p, q) in enumerate(zip(a, b)):
        for j in (int(p), int(q)):
            if ways.names[k] and ways.names[k] not in titles.setdefault(j, []):
                titles[j].append(ways.names[k])
    sites: list[_Site] = []
    for j in order:
        if len(sites) >= count:
            break
        arms = [k for k in range(len(a)) if j in (a[k], b[k])] if score[j] > 0 else []
        label = "与".join(titles.get(int(j), [])[:2]) + "路口" if titles.get(int(j)) else "村道路口"
        if score[j] > 6 and len(sites) % 5 == 0:
            sites.append(_Site(*points[j] + [6, 5], f"{label}全景", "dome", 0.0, 1))
        for k in arms[:4] if score[j] > 6 else arms[:2]:
            coords = np.array(ways.lines[k].coords)
            out = coords[min(1, len(coords) - 1)] - coords[0] if a[k] == j else coords[-2] - coords[-1]
            step = out / max(np.hypot(*out), 1e-6)
            spot = points[j] + 7 * step + [-4 * step[1], 4 * step[0]]
            sites.append(_Site(*spot, f"{label}{_word(step)}向", "fixed", _compass(*step) + float(rng.normal(0, 6)), 1))
    return sites[:count]


def _bridges(ways: roads.Roads) -> list[_Site]:
    sites = []
    for title, line in ways.bridges:
        coords = np.array(line.coords)
        for end, other, word in ((coords[0], coords[-1], "北"), (coords[-1], coords[0], "南")):
            sites.append(_Site(*end, f"{title}{word}端", "fixed", _compass(*(other - end)), 1))
        sites.append(_Site(*coords.mean(0), f"{title}桥中", "panning", 0.0, 1))
    return sites


def _sights(rng: np.random.Generator, sights: places.Places) -> list[_Site]:
    """Key places: a dome in the yard, fixed cameras at the gate of the larger ones; village offices come elsewhere."""
    sites = []
    for name, kind, point in zip(sights.name, sights.kind, sights.points):
        if name.endswith(("村民委员会", "小学")) and kind in ("government", "school") and np.hypot(*point) > 4000:
            continue
        gate = point + rng.uniform(-45, 45, 2)
        sites.append(_Site(*gate, f"{name}大门", "fixed", float(rng.uniform(0, 360)), 2))
        if kind in ("school", "market", "station", "hospital"):
            sites.append(_Site(*point, f"{name}院内", "dome", 0.0, 2))
        if kind in ("station", "park", "mall"):
            sites.append(_Site(*(point + [25.0, -18.0]), f"{name}制高点", "panning", 0.0, 1))
    return sites


def _gates(rng: np.random.Generator, core: streets.Layout, plan: buildings.Uses) -> list[_Site]:
    """The gates of some compounds: one camera each, on the street side."""
    sites = []
    for block, use, name in zip(core.blocks, plan.use, plan.name):
        if use in ("estate", "towers") and rng.random() < 0.62:
            at = block.exterior.interpolate(float(rng.uniform(0, block.exterior.length)))
            c = block.centroid
            inward = np.array([c.x - at.x, c.y - at.y]) / max(at.distance(c), 1.0)
            gate = np.array([at.x, at.y]) + 9 * inward
            sites.append(_Site(*gate, f"{name}出入口", "fixed", _compass(*-inward), 3))
    return sites


def _village_sites(
    rng: np.random.Generator, net: country.Lattice, homes: villages.Villages, areas: regions.Regions
) -> list[_Site]:
    """One to three cameras in most villages; some villages have none."""
    sites = []
    for k in range(villages.FRINGE + villages.RURAL):
        if rng.random() < 0.14:
            continue
        for n, p in enumerate(homes.hamlets[k][: int(rng.integers(1, 4))]):
            x, y = net.points[p] + rng.uniform(-12, 12, 2)
            kind = "dome" if n == 0 and rng.random() < 0.6 else "fixed"
            sites.append(_Site(float(x), float(y), f"{areas.name[k]}{'村部' if n == 0 else f'{n}组路口'}", kind,
                               float(rng.uniform(0, 360)), 1 if n == 0 else 3))
    return sites
