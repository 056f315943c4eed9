"""Streets of the core and of the town seats, laid out in bent street coordinates.

A layout works in coordinates (s, v): ``s`` along an axis, ``v`` to its left, both whole metres. Main streets are lines
of constant s or v; the blocks between them are cut again and again until they have the size of their quarter, which
gives T-junctions and irregular blocks. Lines are noded in (s, v), where they are straight, and only then bent onto the
plane, so that junctions stay exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely

from seed_data import plane, terrain
from seed_data.plane import Array

Bend = Callable[[Array, Array], tuple[Array, Array]]

_RANK = {"trunk": 0, "primary": 1, "secondary": 2, "tertiary": 3, "residential": 4, "unclassified": 5}
SEATS = {
    "清溪镇": (-2300, 11000), "鹅公镇": (-4350, 6900), "渡头镇": (-11500, 7600), "枫木镇": (-9900, -7350),
    "石塘镇": (-7250, -2400), "龙塘镇": (-1300, -11000), "沙洲镇": (11400, -7800), "白石镇": (9250, 8300),
    "羊角乡": (12600, 400),
}
"""Where the nine town seats lie, metres on the plane, beside their streams."""


@dataclass(frozen=True)
class Street:
    """One street segment between junctions: its line on the plane, class, and the axis it belongs to."""

    line: shapely.LineString
    kind: str
    row: str


@dataclass(frozen=True)
class Layout:
    """A built-up place: its streets, its blocks and their outline, gateways out, and the bend that made it."""

    name: str
    streets: list[Street]
    blocks: list[shapely.Polygon]
    outline: shapely.Polygon
    gateways: Array
    bend: Bend


def core(rng: np.random.Generator, ground: terrain.Terrain) -> Layout:
    """The streets of the core on both banks, with four bridges."""
    bend = _river_bend(rng, ground)
    across = _steps(rng, -3500, 3700, 560, 860)
    banks = [95, 560, 1060, 1620, 2240]
    rows: list[tuple[tuple[int, int, int, int], str, str]] = []
    kept: list[shapely.Polygon] = []
    wobble = plane.noise(rng, 2600)
    for side in (1, -1):
        for i in range(len(across) - 1):
            for j in range(len(banks) - 1):
                s0, s1, v0, v1 = across[i], across[i + 1], *sorted((side * banks[j], side * banks[j + 1]))
                ms, mv = (s0 + s1) / 2, (v0 + v1) / 2
                reach = (ms / 3300) ** 2 + (mv / (2150 if side > 0 else 1750)) ** 2
                if reach > 1 + 0.16 * float(wobble(ms, mv)):
                    continue
                kept.append(shapely.box(s0, v0, s1, v1))
                for k, (a, b) in enumerate(((s0, s0), (s1, s1))):
                    rows.append(((a, v0, b, v1), _across_kind(i + k), f"s{i + k}"))
                rows += [((s0, v, s1, v), _along_kind(abs(v), banks), f"v{v}") for v in (v0, v1)]
                rows += _cut(rng, (s0, v0, s1, v1), _grain(ms, mv), depth=0)
    for i in _bridge_rows(across):
        rows.append(((across[i], -banks[0], across[i], banks[0]), _across_kind(i), f"s{i}"))
    return _layout("core", rows, kept, bend)


def seats(rng: np.random.Generator, ground: terrain.Terrain) -> list[Layout]:
    """A small street grid for each town seat, turned along its stream."""
    found = []
    for name, (x, y) in SEATS.items():
        water = [*ground.streams.values(), ground.river]
        near = min(water, key=lambda line: line.distance(shapely.Point(x, y)))
        at = near.project(shapely.Point(x, y))
        a, b = near.interpolate(max(at - 500, 0)), near.interpolate(at + 500)
        angle = float(np.arctan2(b.y - a.y, b.x - a.x))
        foot = near.interpolate(at)
        apart = 480 if near is ground.river else 340
        away = np.array([x - foot.x, y - foot.y]) / max(np.hypot(x - foot.x, y - foot.y), 1.0)
        bend = turned_bend(rng, foot.x + apart * away[0], foot.y + apart * away[1], angle)
        found.append(_seat(rng, name, bend))
    return found


def _seat(rng: np.random.Generator, name: str, bend: Bend) -> Layout:
    along = _steps(rng, -460, 470, 200, 300)
    up = _steps(rng, -260, 280, 150, 210)
    rows: list[tuple[tuple[int, int, int, int], str, str]] = []
    kept: list[shapely.Polygon] = []
    main = int(np.argmin(np.abs(up)))
    cross = int(np.argmin(np.abs(along)))
    for i in range(len(along) - 1):
        for j in range(len(up) - 1):
            s0, s1, v0, v1 = along[i], along[i + 1], up[j], up[j + 1]
            corner = i in (0, len(along) - 2) and j in (0, len(up) - 2)
            if corner and rng.random() < 0.5:
                continue
            kept.append(shapely.box(s0, v0, s1, v1))
            rows += [((along[k], v0, along[k], v1), "tertiary" if k == cross else "residential", f"s{k}")
                     for k in (i, i + 1)]
            rows += [((s0, up[k], s1, up[k]), "secondary" if k == main else "residential", f"v{k}") for k in (j, j + 1)]
            rows += _cut(rng, (s0, v0, s1, v1), 170, depth=1)
    return _layout(name, rows, kept, bend)


def _steps(rng: np.random.Generator, start: int, stop: int, low: int, high: int) -> list[int]:
    """Street positions from ``start`` to about ``stop`` with gaps between ``low`` and ``high``."""
    found = [start]
    while found[-1] + low < stop:
        found.append(found[-1] + int(rng.integers(low, high)))
    return found


def _across_kind(i: int) -> str:
    return "primary" if i % 2 == 1 else "secondary"


def _along_kind(v: int, banks: list[int]) -> str:
    return {banks[1]: "primary", banks[3]: "primary"}.get(v, "secondary")


def _bridge_rows(across: list[int]) -> list[int]:
    """The primary cross streets nearest the middle: they go over the river."""
    primary = [i for i in range(len(across)) if _across_kind(i) == "primary"]
    return sorted(sorted(primary, key=lambda i: abs(across[i]))[:4])


def _grain(s: float, v: float) -> int:
    """The longest side a block may have here: fine in the old town on the north bank, coarse in the new quarters."""
    if -1300 < s < 500 and 0 < v < 1100:
        return 165
    if -700 < s < 700 and -900 < v < 0:
        return 200
    return 290 if v > 0 else 310


def _cut(
    rng: np.random.Generator, box: tuple[int, int, int, int], grain: int, *, depth: int
) -> list[tuple[tuple[int, int, int, int], str, str]]:
    """The streets that cut a block down to its grain: the longer side first, never quite in the middle."""
    s0, v0, s1, v1 = box
    if max(s1 - s0, v1 - v0) <= grain * rng.uniform(0.8, 1.25):
        return []
    share = rng.uniform(0.36, 0.64)
    kind = "tertiary" if depth == 0 else "residential"
    row = f"c{s0}.{v0}.{s1}.{v1}"
    if s1 - s0 >= v1 - v0:
        s = int(s0 + (s1 - s0) * share)
        return [((s, v0, s, v1), kind, row), *_cut(rng, (s0, v0, s, v1), grain, depth=depth + 1),
                *_cut(rng, (s, v0, s1, v1), grain, depth=depth + 1)]
    v = int(v0 + (v1 - v0) * share)
    return [((s0, v, s1, v), kind, row), *_cut(rng, (s0, v0, s1, v), grain, depth=depth + 1),
            *_cut(rng, (s0, v, s1, v1), grain, depth=depth + 1)]


def _layout(
    name: str, rows: list[tuple[tuple[int, int, int, int], str, str]], kept: list[shapely.Polygon], bend: Bend
) -> Layout:
    """Node the straight lines, bend each piece onto the plane, find outline and gateways."""
    straight = [shapely.LineString([(a, b), (c, d)]) for (a, b, c, d), _, _ in rows]
    whole = shapely.unary_union(kept).buffer(100, join_style="mitre").buffer(-100, join_style="mitre")
    whole = max(plane.polygons(whole), key=lambda part: part.area)
    middle = [whole.intersection(shapely.LineString([(-9000, 0), (9000, 0)]))] if name == "core" else []
    quays = sorted({a for (a, b, c, d), _, row in rows if a == c and row[0] == "s" and 95 in (abs(b), abs(d))})
    if name == "core":
        middle += [whole.intersection(shapely.LineString([(s, -95), (s, 95)])) for s in quays]
    closing = [whole.exterior, *middle]
    tree = shapely.STRtree(straight)
    streets = []
    for piece in plane.lines(shapely.unary_union(straight, grid_size=1.0)):
        over = tree.query(piece.interpolate(0.5, normalized=True), predicate="dwithin", distance=0.01)
        best = min(over, key=lambda i: (_RANK[rows[i][1]], rows[i][2]))
        streets.append(Street(shapely.LineString(_bent(shapely.get_coordinates(piece), bend)), *rows[best][1:]))
    edges = [shapely.LineString(_bent(shapely.get_coordinates(piece), bend))
             for piece in plane.lines(shapely.unary_union(straight + closing, grid_size=1.0))]
    blocks = [part for part in plane.polygons(shapely.polygonize(edges)) if part.area > 50]
    outline = max(plane.polygons(shapely.unary_union(blocks)), key=lambda part: part.area)
    main = [p for p, (_, kind, _) in zip(straight, rows) if _RANK[kind] <= 3]
    edge = whole.exterior
    ends = shapely.get_coordinates(main)
    tips = np.unique(ends[shapely.dwithin(edge, shapely.points(ends), 0.5)], axis=0)
    tips = tips[np.abs(tips[:, 1]) > 120] if name == "core" else tips
    x, y = bend(tips[:, 0], tips[:, 1])
    return Layout(name, streets, blocks, outline, np.column_stack([x, y]), bend)


def _bent(coords: Array, bend: Bend) -> Array:
    dense = plane.densify(coords, 45.0)
    dense[0], dense[-1] = coords[0], coords[-1]
    return np.column_stack(bend(dense[:, 0], dense[:, 1]))


def _river_bend(rng: np.random.Generator, ground: terrain.Terrain) -> Bend:
    """(s, v) along the river's axis → plane; streets far from the river straighten out and wander a little."""
    wander = plane.noise(rng, 1900), plane.noise(rng, 1900)

    def bend(s: Array, v: Array) -> tuple[Array, Array]:
        s, v = np.asarray(s, float), np.asarray(v, float)
        x, y, nx, ny = ground.axis.at(s)
        free = np.clip((np.abs(v) - 90) / 700, 0, 1) * 42.0
        return x + v * nx + free * wander[0](s, v), y + v * ny + free * wander[1](s, v)

    return bend


def turned_bend(rng: np.random.Generator, x0: float, y0: float, angle: float) -> Bend:
    """(s, v) turned by ``angle`` radians about (x0, y0) → plane, with a slight wander."""
    wander = plane.noise(rng, 700), plane.noise(rng, 700)
    c, s_ = np.cos(angle), np.sin(angle)

    def bend(s: Array, v: Array) -> tuple[Array, Array]:
        s, v = np.asarray(s, float), np.asarray(v, float)
        s2, v2 = s + 14 * wander[0](s, v), v + 14 * wander[1](s, v)
        return x0 + c * s2 - s_ * v2, y0 + s_ * s2 + c * v2

    return bend
