"""Building footprints with floors, height, households, use and compound, on the plane (metres).

Core blocks are given a use; estates are filled with rows of slabs or towers facing south, the old town and the
self-built quarters with small houses along the streets, public blocks with a few large buildings. Village houses stand
along hamlet lanes. No footprint overlaps another or a road.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from seed_data import country, names, plane, roads, streets, terrain, villages
from seed_data.plane import Array

CORE_HOUSEHOLDS, SEAT_HOUSEHOLDS = 44_800, 7_300
PUBLIC = {
    "school": ["第一中学", "第二中学", "实验中学", "职业中专", "文昌小学", "龙桥小学", "东塔小学", "临江小学",
               "实验小学", "滨江小学", "学府小学", "机关幼儿园", "育才幼儿园"],
    "hospital": ["人民医院", "中医医院", "妇幼保健院", "第二人民医院"],
    "market": ["中心农贸市场", "东门市场", "南门市场", "河西综合市场", "新区农贸市场", "建材大市场"],
    "government": ["市政务服务中心", "市人民政府", "市公安局", "市行政审批局", "市城市运行中心"],
    "station": ["汽车总站", "汽车东站"],
    "park": ["滨江公园", "文塔公园", "龙桥湿地公园", "人民广场", "儿童公园", "体育公园"],
    "mall": ["润和购物广场", "江岸商业广场", "东塔商贸城"],
}


@dataclass(frozen=True)
class Buildings:
    """Aligned columns. ``place`` is the core block (≥ 0) or −1 − community number outside the core."""

    shapes: NDArray[np.object_]
    floors: NDArray[np.int64]
    households: NDArray[np.int64]
    use: list[str]
    compound: list[str]
    place: NDArray[np.int64]


@dataclass(frozen=True)
class Uses:
    """The use of every core block, the name of its compound or institution."""

    use: list[str]
    name: list[str]


Row = tuple[shapely.Polygon, int, float, str, str, int]
"""shape, floors, households before fitting to the total, use, compound, place."""


def uses(rng: np.random.Generator, core: streets.Layout) -> Uses:
    """A use for every core block: public ones by size and place, the rest by quarter."""
    blocks = core.blocks
    centre = np.array([(b.centroid.x, b.centroid.y) for b in blocks])
    area = np.array([b.area for b in blocks])
    corridor = _corridor(core)
    wet = np.array([corridor.intersection(b).area > 0.5 * b.area for b in blocks])
    use, name = ["water" if w else "" for w in wet], [""] * len(blocks)
    for kind, titles in PUBLIC.items():
        low, high = {"park": (16e3, 70e3), "government": (12e3, 45e3), "hospital": (15e3, 45e3)}.get(kind, (9e3, 36e3))
        pool = [i for i in rng.permutation(len(blocks)) if not use[i] and low < area[i] < high]
        for title in titles:
            placed = [i for i in range(len(blocks)) if use[i] == kind]
            far = [min((np.hypot(*(centre[i] - centre[j])) for j in placed), default=9e9) for i in pool]
            best = pool.pop(next((k for k, d in enumerate(far) if d > 900), int(np.argmax(far))))
            use[best], name[best] = kind, title
    quarter = plane.noise(rng, 1500)
    title = iter(names.estates(rng, len(blocks)))
    for i, (x, y) in enumerate(centre):
        if use[i]:
            continue
        lean = float(quarter(x, y)) + rng.normal(0, 0.5)
        if area[i] < 11_500:
            use[i] = "old" if lean < 1.1 else "shops"
        elif lean > 1.35:
            use[i] = "office" if rng.random() < 0.5 else "shops"
        elif lean < -1.5:
            use[i] = "works"
        elif lean < -0.35:
            use[i] = "selfbuilt"
        else:
            use[i] = "towers" if lean > 0.55 else "estate"
            name[i] = next(title)
    return Uses(use, name)


def _corridor(core: streets.Layout) -> shapely.Polygon:
    s = np.arange(-4200, 4200, 60.0)
    left, right = core.bend(s, 0 * s + 92), core.bend(s, 0 * s - 92)
    return shapely.Polygon(np.vstack([np.column_stack(left), np.column_stack(right)[::-1]])).buffer(0)


def build(
    rng: np.random.Generator, ground: terrain.Terrain, net: country.Lattice, layouts: list[streets.Layout],
    homes: villages.Villages, ways: roads.Roads, plan: Uses,
) -> Buildings:
    """Every building of the city."""
    core: list[Row] = []
    for i, block in enumerate(layouts[0].blocks):
        core += _block(rng, block, plan.use[i], plan.name[i], i)
    core = _fitted(_apart(core, ways, ground), CORE_HOUSEHOLDS)
    country_rows: list[Row] = []
    first_seat = villages.FRINGE + villages.RURAL
    for k, layout in enumerate(layouts[1:]):
        rows: list[Row] = []
        for block in layout.blocks:
            use = "old" if rng.random() < 0.82 else str(rng.choice(["works", "shops", "estate"]))
            rows += _block(rng, block, use, "", -1 - (first_seat + k))
        share = SEAT_HOUSEHOLDS / len(layouts[1:]) * rng.uniform(0.75, 1.25)
        country_rows += _fitted(_apart(rows, ways, ground), int(share))
    country_rows += _village_houses(rng, ground, net, homes, ways, core + country_rows)
    rows = core + country_rows
    return Buildings(
        np.array([r[0] for r in rows], dtype=object), np.array([r[1] for r in rows]),
        np.array([int(r[2]) for r in rows]), [r[3] for r in rows], [r[4] for r in rows], np.array([r[5] for r in rows]))


def _angle(block: shapely.Polygon) -> float:
    """The direction of the block's sides that lies nearest to east–west, radians."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(block))
    dx, dy = corners[1] - corners[0]
    return float((np.arctan2(dy, dx) + np.pi / 4) % (np.pi / 2) - np.pi / 4)


def _block(rng: np.random.Generator, block: shapely.Polygon, use: str, name: str, place: int) -> list[Row]:
    if use in ("water", "park"):
        return []
    if use in ("old", "selfbuilt"):
        return _terraces(rng, block, use, place)
    if use in ("estate", "towers"):
        return _slabs(rng, block, use, name, place)
    return _large(rng, block, use, name, place)


def _slabs(rng: np.random.Generator, block: shapely.Polygon, use: str, name: str, place: int) -> list[Row]:
    tall = use == "towers"
    sizes = ((27, 36), (16, 20)) if tall else ((36, 56), (11.5, 13.5))
    length, depth = (rng.uniform(low, high) for low, high in sizes)
    floors = int(rng.choice([11, 18, 18, 24, 26])) if tall else int(rng.choice([5, 6, 6, 7, 7]))
    pitch, gap = (floors * 1.2 + 26, 19.0) if tall else (floors * 3.0 * 1.0 + 11, 9.0)
    inner = block.buffer(-(11 if tall else 9) - depth / 3)
    rows: list[Row] = []
    for x, y, angle in _rows(block, length + gap, pitch + (depth if tall else 0)):
        shape = plane.rectangle(x, y, length, depth, angle)
        if tall and rng.random() < 0.3:
            shape = _ell(x, y, length, depth, angle)
        if shapely.contains(inner.buffer(depth / 3), shape):
            own = max(3, floors + int(rng.integers(-1, 2)))
            homes = 3.2 if tall else 2 * max(1, round(length / 24))
            rows.append((shape, own, own * homes, "residential", name, place))
    return rows


def _rows(block: shapely.Polygon, step: float, pitch: float) -> list[tuple[float, float, float]]:
    """Places in rows along the block's direction, centred in it: (x, y, angle)."""
    angle = _angle(block)
    c = block.centroid
    turned = shapely.get_coordinates(block) - [c.x, c.y]
    cos, sin = np.cos(angle), np.sin(angle)
    u, v = turned @ [cos, sin], turned @ [-sin, cos]
    us = np.arange(np.floor((u.max() - u.min()) / step)) * step
    vs = np.arange(np.floor((v.max() - v.min()) / pitch)) * pitch
    if len(us) == 0 or len(vs) == 0:
        return []
    us, vs = us - us.mean() + (u.max() + u.min()) / 2, vs - vs.mean() + (v.max() + v.min()) / 2
    return [(c.x + a * cos - b * sin, c.y + a * sin + b * cos, angle) for b in vs for a in us]


def _ell(x: float, y: float, length: float, depth: float, angle: float) -> shapely.Polygon:
    """An L: a bar with a wing at one end."""
    c, s = np.cos(angle), np.sin(angle)
    wing = plane.rectangle(x + c * length * 0.3 - s * depth * 0.7, y + s * length * 0.3 + c * depth * 0.7,
                           length * 0.4, depth * 0.9, angle)
    return shapely.unary_union([plane.rectangle(x, y, length, depth, angle), wing], grid_size=0.01)


def _terraces(rng: np.random.Generator, block: shapely.Polygon, use: str, place: int) -> list[Row]:
    """Small houses along the sides of the block, ring within ring."""
    rows: list[Row] = []
    depth = rng.uniform(10.5, 13.0)
    inset = 5.0
    for ring in range(2):
        for part in plane.polygons(block.buffer(-(inset + depth / 2), join_style="mitre")):
            rows += _frontage(rng, part.exterior, depth, place, share=0.9 - 0.2 * ring)
        inset += depth + rng.uniform(3.5, 7.0)
    return rows


def _frontage(
    rng: np.random.Generator, line: shapely.LineString, depth: float, place: int, *, share: float
) -> list[Row]:
    """Houses with their middle on ``line``, each as wide as its plot."""
    rows: list[Row] = []
    at = 4.0
    while at < line.length - 4:
        width = rng.uniform(13.0, 25.0)
        a, b = line.interpolate(at), line.interpolate(min(at + width, line.length))
        if rng.random() < share:
            angle = float(np.arctan2(b.y - a.y, b.x - a.x))
            deep = depth * rng.uniform(0.85, 1.0)
            shape = plane.rectangle((a.x + b.x) / 2, (a.y + b.y) / 2, width - 0.6, deep, angle)
            floors = int(rng.choice([3, 3, 4, 4, 5, 6], p=[0.2, 0.2, 0.25, 0.15, 0.15, 0.05]))
            rows.append((shape, floors, max(1.0, floors * width * depth / 150), "residential", "", place))
        at += width + (rng.uniform(2, 5) if rng.random() < 0.2 else 0.3)
    return rows


def _large(rng: np.random.Generator, block: shapely.Polygon, use: str, name: str, place: int) -> list[Row]:
    """A few large buildings of a public, commercial or industrial block."""
    length, depth, low, high = {
        "school": (58, 13, 4, 6), "hospital": (64, 18, 6, 14), "market": (70, 34, 1, 3), "government": (66, 16, 5, 12),
        "station": (80, 30, 1, 3), "mall": (72, 48, 4, 7), "office": (40, 20, 6, 20), "shops": (44, 16, 2, 5),
        "works": (62, 26, 1, 3)}[use]
    rows: list[Row] = []
    inner = block.buffer(-9)
    label = {"works": "industrial", "shops": "commercial", "mall": "commercial", "office": "commercial"}.get(use, use)
    for x, y, angle in _rows(block, length + 16, depth + 22):
        shape = _ell(x, y, length, depth, angle) if use in ("school", "hospital") and rng.random() < 0.3 else \
            plane.rectangle(x, y, length * rng.uniform(0.75, 1), depth * rng.uniform(0.8, 1), angle)
        if rng.random() < 0.85 and shapely.contains(inner, shape):
            rows.append((shape, int(rng.integers(low, high + 1)), 0.0, label, name, place))
    return rows


def _apart(rows: list[Row], ways: roads.Roads, ground: terrain.Terrain, *, taken: list[Row] | None = None) -> list[Row]:
    """Those rows that stand clear of roads, rail, water, of what is taken and of the rows before them."""
    if not rows:
        return []
    shapes = np.array([r[0] for r in rows], dtype=object)
    tree = shapely.STRtree(ways.lines)
    near = tree.query(shapes, predicate="dwithin", distance=3.2)[0]
    good = np.ones(len(rows), bool)
    good[near] = False
    good &= ~shapely.dwithin(shapes, ways.rail, 16) & ~shapely.intersects(shapes, ground.river_area)
    good[shapely.STRtree(list(ground.streams.values())).query(shapes, predicate="dwithin", distance=9)[0]] = False
    if taken:
        good[shapely.STRtree([r[0] for r in taken]).query(shapes, predicate="intersects")[0]] = False
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=0.4)
    for i, j in zip(*_ordered(first, second)):
        if good[i] and good[j]:
            good[j] = False
    return [rows[i] for i in np.flatnonzero(good)]


def _ordered(first: NDArray[np.int64], second: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pairs = first < second
    a, b = first[pairs], second[pairs]
    order = np.lexsort((b, a))
    return a[order], b[order]


def _fitted(rows: list[Row], total: int) -> list[Row]:
    """The rows with whole households that add up to ``total``: largest remainders."""
    raw = np.array([r[2] for r in rows], float)
    exact = raw * total / raw.sum()
    whole = np.floor(exact)
    rest = int(total - whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:rest]] += 1
    return [(*r[:2], float(h), *r[3:]) for r, h in zip(rows, whole)]


def _village_houses(
    rng: np.random.Generator, ground: terrain.Terrain, net: country.Lattice, homes: villages.Villages,
    ways: roads.Roads, taken: list[Row],
) -> list[Row]:
    """Houses along the lanes and roads of every hamlet, as many as the village's households need."""
    tree = shapely.STRtree(ways.lines)
    ground_of = cKDTree(net.points)
    rows: list[Row] = []
    shapely.prepare(ground.boundary)
    for number, group in enumerate(homes.hamlets):
        if not group:
            continue
        spots = net.points[group]
        hub = shapely.union_all(shapely.buffer(shapely.points(spots), [210.0] + [160.0] * (len(group) - 1)))
        reached = np.sort(tree.query(hub, predicate="intersects"))
        inside = shapely.intersection(tree.geometries[reached], hub)
        near = _lane_houses(rng, [part for piece in inside for part in plane.lines(piece)], -1 - number)
        spot = shapely.get_coordinates(shapely.centroid([r[0] for r in near]))
        own = homes.land[ground_of.query(spot)[1]] == number
        near = [r for r, mine in zip(near, own) if mine and ground.boundary.contains(r[0])]
        near = _apart(near, ways, ground, taken=taken + rows)
        seat = number >= villages.FRINGE + villages.RURAL
        want = int(len(group) * rng.uniform(30, 55)) if seat else int(np.clip(rng.lognormal(6.16, 0.27), 325, 890))
        centre = shapely.get_coordinates(shapely.centroid([r[0] for r in near]))
        away = cKDTree(spots).query(centre)[0]
        order = np.argsort(away * rng.uniform(0.75, 1.25, len(near)), kind="stable")
        enough = np.searchsorted(np.cumsum([near[i][2] for i in order]), want)
        rows += _fitted([near[i] for i in order[: enough + 1]], want)
    return rows


def _lane_houses(rng: np.random.Generator, lines: list[shapely.LineString], place: int) -> list[Row]:
    """Houses on both sides of the lines, with gaps: a house is a rectangle, now and then an L."""
    spots: list[tuple[float, float, float, float]] = []
    for line in lines:
        for side in (1, -1):
            for part in plane.lines(shapely.offset_curve(line, side * rng.uniform(9.5, 11.5))):
                count = int(part.length / 13) + 1
                width = rng.uniform(9.5, 13.5, count)
                gap = np.where(rng.random(count) < 0.35, rng.uniform(3, 12, count), 1.0)
                start = rng.uniform(2, 10) + np.concatenate([[0.0], np.cumsum(width + gap)[:-1]])
                use = (start + width < part.length - 1) & (rng.random(count) < 0.82)
                a = shapely.get_coordinates(shapely.line_interpolate_point(part, start[use]))
                b = shapely.get_coordinates(shapely.line_interpolate_point(part, (start + width)[use]))
                turn = np.arctan2(*(b - a).T[::-1]) + rng.normal(0, 0.03, len(a))
                spots += zip(*((a + b) / 2).T, width[use], turn)
    if not spots:
        return []
    x, y, width, turn = np.array(spots).T
    depth = rng.uniform(9.0, 12.0, len(x))
    shapes = plane.rectangles(x, y, width, depth, turn)
    for i in np.flatnonzero(rng.random(len(x)) < 0.15):
        shapes[i] = _ell(x[i], y[i], width[i], 0.65 * depth[i], turn[i])
    floors = rng.choice([1, 2, 3, 4], len(x), p=[0.1, 0.27, 0.53, 0.1])
    people = rng.choice([1, 2, 3, 4], len(x), p=[0.12, 0.3, 0.33, 0.25])
    return [(shape, int(f), float(n), "residential", "", place) for shape, f, n in zip(shapes, floors, people)]


def centres(found: Buildings) -> Array:
    """The centroid of every building, shape (n, 2)."""
    return shapely.get_coordinates(shapely.centroid(found.shapes))
