"""The road graph: core and town streets, country roads, hamlet lanes, noded into one network.

Classes are trunk, primary, secondary, tertiary, residential, unclassified. Where a road crosses the main river there
is a bridge. The network is one connected piece; the few stray ends that are not are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from seed_data import country, names, plane, streets, terrain, villages
from seed_data.plane import Array

RANK = {"trunk": 0, "primary": 1, "secondary": 2, "tertiary": 3, "residential": 4, "unclassified": 5}
_TRUNKS = [
    ("格岭公路", [(-17.0, -0.4), (-8.8, -3.4), (-3.2, -3.7), (2.2, -4.2), (8.2, -4.3), (17.0, -3.0)]),
    ("清沙公路", [(4.6, 17.0), (3.3, 9.0), (5.4, 1.6), (5.7, -6.4), (4.2, -17.0)]),
]
_NEIGHBOURS = [(0, 1), (1, 2), (2, 4), (3, 4), (3, 5), (5, 6), (6, 8), (8, 7), (7, 0)]


@dataclass(frozen=True)
class Roads:
    """Segments between junctions (aligned lists), the railway and the bridges over the main river."""

    lines: list[shapely.LineString]
    kinds: list[str]
    names: list[str]
    rail: shapely.LineString
    bridges: list[tuple[str, shapely.LineString]]
    lanes: list[tuple[int, shapely.LineString]]


def build(
    rng: np.random.Generator, ground: terrain.Terrain, net: country.Lattice, layouts: list[streets.Layout],
    homes: villages.Villages,
) -> Roads:
    """Lay every road in the order a country is opened up, then node them."""
    built = _Built(net)
    for name, stops in _TRUNKS:
        points = [country.nearest(net, 1000 * x, 1000 * y) for x, y in stops]
        built.add(country.route(net, built.cost(slope=6, bridge=1500, reuse=0.6), points), "trunk", name)
        for p in (points[0], points[-1]):
            spot = shapely.Point(net.points[p])
            edge = ground.boundary.exterior.interpolate(ground.boundary.exterior.project(spot))
            built.links.append((shapely.LineString([edge, spot]), "trunk", name))
    _primary(built, net, layouts)
    for a, b in _NEIGHBOURS:
        left, right = layouts[1 + a], layouts[1 + b]
        ends = [_doors(net, left)[0][0], _doors(net, right)[0][0]]
        title = f"{left.name[:-1]}至{right.name[:-1]}公路"
        built.add(country.route(net, built.cost(slope=12, bridge=9000, reuse=0.5), ends), "secondary", title)
    centres = homes.seeds[: villages.FRINGE + villages.RURAL]
    built.grow(centres, "tertiary", reuse=0.4)
    outlying = [p for group in homes.hamlets for p in group]
    built.grow(outlying, "unclassified", reuse=0.5)
    _loops(rng, built, net, centres)
    _outskirts(built, net, layouts[0])
    lanes = _lanes(rng, ground, net, homes, built)
    pieces = _named(rng, layouts) + built.links + built.chains(set(outlying) | set(centres))
    pieces += [(line, "unclassified", "") for _, line in lanes]
    return _noded(ground, pieces, lanes)


class _Built:
    """What has been built on the lattice so far: class and name of each used edge, links to the towns' gateways."""

    def __init__(self, net: country.Lattice) -> None:
        self.net = net
        self.index = {(int(a), int(b)): i for i, (a, b) in enumerate(zip(net.a, net.b))}
        self.kind: dict[int, tuple[str, str]] = {}
        self.links: list[tuple[shapely.LineString, str, str]] = []

    def cost(self, *, slope: float, bridge: float, reuse: float) -> Array:
        used = np.zeros(len(self.net.a), bool)
        used[list(self.kind)] = True
        return country.road_cost(self.net, built=used, slope=slope, bridge=bridge, reuse=reuse)

    def add(self, path: list[int], kind: str, name: str) -> None:
        for a, b in zip(path, path[1:]):
            edge = self.index.get((a, b), self.index.get((b, a), -1))
            if edge not in self.kind or RANK[kind] < RANK[self.kind[edge][0]]:
                self.kind[edge] = (kind, name)

    def points(self) -> list[int]:
        used = np.array(sorted(self.kind), int)
        return sorted({int(p) for p in np.concatenate([self.net.a[used], self.net.b[used]])})

    def around(self) -> dict[int, list[tuple[int, int]]]:
        """(neighbour, edge) of every point that is built on."""
        found: dict[int, list[tuple[int, int]]] = {}
        for edge in sorted(self.kind):
            a, b = int(self.net.a[edge]), int(self.net.b[edge])
            found.setdefault(a, []).append((b, edge))
            found.setdefault(b, []).append((a, edge))
        return found

    def grow(self, ends: list[int], kind: str, *, reuse: float) -> None:
        """Join every end to what is built, over shared paths."""
        cost = self.cost(slope=11, bridge=12_000, reuse=reuse)
        for path in country.branches(self.net, cost, self.points(), ends):
            self.add(path, kind, "")

    def chains(self, fixed: set[int]) -> list[tuple[shapely.LineString, str, str]]:
        """The used edges as smooth lines between junctions, class changes and ``fixed`` points."""
        around = self.around()
        anchored = {tuple(np.round(shapely.get_coordinates(line)[-1], 3)) for line, _, _ in self.links}

        def ends_here(p: int) -> bool:
            kinds = {self.kind[e] for _, e in around[p]}
            return (len(around[p]) != 2 or len(kinds) > 1 or p in fixed
                    or tuple(np.round(self.net.points[p], 3)) in anchored)

        found, seen = [], set()
        for p in sorted(around):
            if not ends_here(p):
                continue
            for q, edge in around[p]:
                if edge in seen:
                    continue
                path, last, here = [p], edge, q
                seen.add(edge)
                while not ends_here(here):
                    path.append(here)
                    here, last = next((n, e) for n, e in around[here] if e != last)
                    seen.add(last)
                path.append(here)
                coords = plane.smooth(self.net.points[path], rounds=14 if self.kind[edge][0] == "trunk" else 5)
                found.append((shapely.LineString(coords).simplify(4.0), *self.kind[edge]))
        return found


def _doors(net: country.Lattice, layout: streets.Layout) -> list[tuple[int, Array]]:
    """(lattice point, gateway) of a layout, nearest first, those within 260 m."""
    found = []
    for spot in layout.gateways:
        p = country.nearest(net, *spot)
        found.append((float(np.hypot(*(net.points[p] - spot))), p, spot))
    found.sort(key=lambda item: (item[0], item[1]))
    return [(p, spot) for gap, p, spot in found if gap < 260] or [(found[0][1], found[0][2])]


def _primary(built: _Built, net: country.Lattice, layouts: list[streets.Layout]) -> None:
    """Roads from each town to the core, and from the core's main streets to the trunk roads."""
    doors = {layout.name: _doors(net, layout) for layout in layouts}
    linked: set[tuple[float, float]] = set()

    def link(name: str, p: int, kind: str) -> None:
        spot = next(s for q, s in doors[name] if q == p)
        if tuple(spot) not in linked:
            linked.add(tuple(spot))
            built.links.append((shapely.LineString([spot, net.points[p]]), kind, ""))

    trunk = built.points()
    core = sorted({p for p, _ in doors["core"]})
    cost = built.cost(slope=11, bridge=60_000, reuse=0.5)
    for path in country.branches(net, cost, trunk, core):
        if len(path) * country.STEP_M < 1700:
            built.add(path, "primary", "")
            link("core", path[-1], "primary")
    for layout in layouts[1:]:
        ends = sorted({p for p, _ in doors[layout.name]})
        cost = built.cost(slope=11, bridge=9000, reuse=0.45)
        path = min(country.branches(net, cost, core, ends), key=len)
        built.add(path, "primary", f"{layout.name.rstrip('镇乡')}公路")
        link("core", path[0], "primary")
        for p in ends:
            link(layout.name, p, "tertiary")
        for way in country.branches(net, built.cost(slope=11, bridge=60_000, reuse=0.3), [path[-1]], ends):
            built.add(way, "tertiary", "")


def _outskirts(built: _Built, net: country.Lattice, core: streets.Layout) -> None:
    """Join the core's other main streets to a country road nearby."""
    doors = [(p, spot) for p, spot in _doors(net, core) if not any(
        line.distance(shapely.Point(spot)) < 1 for line, _, _ in built.links)]
    cost = built.cost(slope=11, bridge=60_000, reuse=0.8)
    for path, (p, spot) in zip(country.branches(net, cost, built.points(), [p for p, _ in doors]), doors):
        if len(path) * country.STEP_M < 1100:
            built.add(path, "tertiary", "")
            built.links.append((shapely.LineString([spot, net.points[p]]), "tertiary", ""))


def _loops(rng: np.random.Generator, built: _Built, net: country.Lattice, centres: list[int]) -> None:
    """Short cuts between some neighbouring villages, so that the country network is no mere tree."""
    where = net.points[centres]
    cost = built.cost(slope=11, bridge=60_000, reuse=0.8)
    for i in rng.permutation(len(centres))[:32]:
        gaps = np.hypot(*(where - where[i]).T)
        j = int(np.argsort(gaps)[int(rng.integers(1, 3))])
        path = country.route(net, cost, [centres[i], centres[j]])
        if len(path) * country.STEP_M < 1.9 * gaps[j] and gaps[j] < 4200:
            built.add(path, "unclassified", "")


def _lanes(
    rng: np.random.Generator, ground: terrain.Terrain, net: country.Lattice, homes: villages.Villages, built: _Built
) -> list[tuple[int, shapely.LineString]]:
    """The lanes of every hamlet: rows beside the road, joined by a cross lane through the hamlet's own point."""
    found = []
    around = built.around()
    dry = plane.distances(ground.river, net.points) > 420
    shapely.prepare(ground.boundary)
    for number, group in enumerate(homes.hamlets):
        for order, p in enumerate(group):
            x, y = net.points[p]
            other = net.points[around[p][0][0]]
            angle = float(np.arctan2(other[1] - y, other[0] - x))
            size = rng.uniform(0.6, 1.05) * (1.4 if order == 0 else 1.0)
            for line in _hamlet(rng, float(x), float(y), angle, size):
                clear = dry[p] or not shapely.dwithin(ground.river_area, line, 25)
                if clear and shapely.contains(ground.boundary, line):
                    found.append((number, line))
    return found


def _hamlet(rng: np.random.Generator, x: float, y: float, angle: float, size: float) -> list[shapely.LineString]:
    turned = streets.turned_bend(rng, 0.0, 0.0, angle)
    zero = turned(np.zeros(1), np.zeros(1))
    rows = np.cumsum(rng.integers(34, 44, 3))[: 2 if size < 1.1 else 3]
    lines = []
    for v in [*rows, *(-rows + int(rng.integers(-3, 4)))]:
        if rng.random() < 0.15:
            continue
        reach = 105 * size * np.sqrt(max(1 - (v / (150 * size)) ** 2, 0.08))
        lines.append([(-int(reach * rng.uniform(0.35, 1.1)), int(v)), (int(reach * rng.uniform(0.35, 1.1)), int(v))])
    heights = [0, *(line[0][1] for line in lines)]
    lines.append([(0, min(heights)), (0, max(heights))])
    pieces = plane.lines(shapely.unary_union([shapely.LineString(line) for line in lines + [[(-1, 0), (1, 0)]]]))
    bent = []
    for piece in pieces:
        if piece.length <= 1.5:
            continue
        coords = plane.densify(shapely.get_coordinates(piece), 40)
        px, py = turned(coords[:, 0], coords[:, 1])
        bent.append(shapely.LineString(np.column_stack([px - zero[0] + x, py - zero[1] + y])))
    return bent


def _named(rng: np.random.Generator, layouts: list[streets.Layout]) -> list[tuple[shapely.LineString, str, str]]:
    """The streets of core and seats with names: one name per row of main street, lanes in the old town."""
    pieces = []
    for layout in layouts:
        rows = sorted({s.row for s in layout.streets if RANK[s.kind] <= 3 and not s.row.startswith("c")})
        title = dict(zip(rows, names.roads(rng, len(rows))))
        small = sorted({s.row for s in layout.streets if s.row not in title})
        lane = dict(zip(small, names.lanes(rng, len(small))))
        for s in layout.streets:
            if s.row in title:
                name = title[s.row] + ("大道" if s.kind == "primary" else "路")
                name = {"v95": "滨江北路", "v-95": "滨江南路"}.get(s.row, name)
            else:
                name = lane[s.row] if layout.name == "core" and s.line.length < 190 else ""
            pieces.append((s.line, s.kind, name))
    return pieces


def _noded(
    ground: terrain.Terrain, pieces: list[tuple[shapely.LineString, str, str]],
    lanes: list[tuple[int, shapely.LineString]],
) -> Roads:
    """One network: lines meet where they cross, the main piece kept, bridges found."""
    sources = [line for line, _, _ in pieces]
    whole = shapely.unary_union(sources, grid_size=0.01)
    parts = [part for part in plane.lines(shapely.intersection(whole, ground.boundary)) if part.length > 0.5]
    tree = shapely.STRtree(sources)
    kinds, titles = [], []
    for part in parts:
        middle = part.interpolate(0.5, normalized=True)
        over = tree.query(middle, predicate="dwithin", distance=0.05)
        best = min(over, key=lambda i: (RANK[pieces[i][1]], -len(pieces[i][2]), i))
        kinds.append(pieces[best][1])
        titles.append(pieces[best][2])
    keep = _main_piece(parts)
    parts = [parts[i] for i in keep]
    kinds, titles = [kinds[i] for i in keep], [titles[i] for i in keep]
    return Roads(parts, kinds, titles, ground.rail, _bridges(ground, parts, titles), lanes)


def ends(lines: list[shapely.LineString]) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Junction numbers of both ends of each line, and the junctions' points."""
    first = np.array([line.coords[0] for line in lines])
    last = np.array([line.coords[-1] for line in lines])
    points, number = np.unique(np.round(np.vstack([first, last]), 2), axis=0, return_inverse=True)
    number = number.reshape(-1)
    return number[: len(lines)], number[len(lines):], points


def _main_piece(lines: list[shapely.LineString]) -> list[int]:
    a, b, points = ends(lines)
    n = len(points)
    _, part = csgraph.connected_components(sparse.coo_array((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)
    main = np.argmax(np.bincount(part))
    return [int(i) for i in np.flatnonzero(part[a] == main)]


def _bridges(
    ground: terrain.Terrain, lines: list[shapely.LineString], titles: list[str]
) -> list[tuple[str, shapely.LineString]]:
    """The stretch of each crossing of the main river, with 40 m of land at both ends."""
    near = [i for i, line in enumerate(lines) if line.intersects(ground.river_area)]
    over = shapely.multilinestrings([lines[i] for i in near]).intersection(ground.river_area.buffer(45))
    over = shapely.line_merge(over)
    found = []
    for part in plane.lines(over):
        if part.intersects(ground.river):
            title = next((titles[i] for i in near if titles[i] and lines[i].intersects(part)), "")
            short = title[:-2] if title.endswith(("大道", "公路")) else title.rstrip("路")
            found.append(((short or terrain.RIVER_NAME) + "大桥", part))
    return found
