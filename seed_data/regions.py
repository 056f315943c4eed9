"""Communities and towns: the core's blocks grouped by households, the land of the villages, one clean coverage.

Borders in the core follow streets and the river, outside they follow ridges and water. Polygons of neighbours share
every vertex of their common border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from seed_data import buildings, country, names, plane, streets, terrain, villages
from seed_data.plane import Array

URBAN = 40
_STEP = country.STEP_M


@dataclass(frozen=True)
class Regions:
    """Communities: name, 12-digit code, town index and polygon (aligned); towns likewise. ``urban`` marks 社区."""

    name: list[str]
    code: list[str]
    town: list[int]
    urban: list[bool]
    shapes: NDArray[np.object_]
    town_name: list[str]
    town_code: list[str]
    town_shapes: NDArray[np.object_]
    block: NDArray[np.int64]


def make(
    rng: np.random.Generator, ground: terrain.Terrain, net: country.Lattice, layouts: list[streets.Layout],
    homes: villages.Villages, built: buildings.Buildings,
) -> Regions:
    """The 124 communities and 13 towns. Numbers: villages' (fringe, rural, seats) first, then the core's."""
    blocks = layouts[0].blocks
    load = np.bincount(built.place[built.place >= 0], weights=built.households[built.place >= 0], minlength=len(blocks))
    group, bank = _urban(rng, blocks, load, ground)
    first = len(homes.seeds)
    shapes = _coverage(ground, net, layouts, homes, group + first)
    town = _towns(homes, shapes, bank, group, blocks, first)
    return _coded(rng, shapes, town, first, group + first)


def _sides(ground: terrain.Terrain, points: Array) -> NDArray[np.int64]:
    """0 for the north bank, 1 for the south bank, by the side of the river's axis."""
    near = cKDTree(ground.axis.points).query(points)[1]
    x, y, nx, ny = ground.axis.at(ground.axis.s[near])
    return ((points[:, 0] - x) * nx + (points[:, 1] - y) * ny < 0).astype(np.int64)


def _urban(
    rng: np.random.Generator, blocks: list[shapely.Polygon], load: Array, ground: terrain.Terrain
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The urban community of every block (a connected group on one bank), and the bank of every community."""
    centre = np.array([(b.centroid.x, b.centroid.y) for b in blocks])
    side = _sides(ground, centre)
    share = load[side == 0].sum() / load.sum()
    counts = [round(URBAN * share), URBAN - round(URBAN * share)]
    group = np.full(len(blocks), -1)
    bank = np.repeat([0, 1], counts)
    for b, (start, count) in enumerate(((0, counts[0]), (counts[0], counts[1]))):
        mine = np.flatnonzero(side == b)
        group[mine] = start + cluster(rng, centre[mine], load[mine] + 1.0, count)
    edges = borders(np.array(blocks, dtype=object))
    same = side[edges[0]] == side[edges[1]]
    edges = edges[0][same], edges[1][same], edges[2][same]
    return whole(group, edges, np.array([b.area for b in blocks])), bank


def cluster(rng: np.random.Generator, points: Array, load: Array, count: int) -> NDArray[np.int64]:
    """Groups of nearby points whose loads come near random targets: k-means with additive weights."""
    target = rng.uniform(0.72, 1.35, count)
    target *= load.sum() / target.sum()
    seeds = points[rng.choice(len(points), count, replace=False, p=load / load.sum())]
    weight = np.zeros(count)
    label = np.zeros(len(points), np.int64)
    for turn in range(160):
        away = ((points[:, None, :] - seeds[None, :, :]) ** 2).sum(-1) - weight
        label = np.argmin(away, axis=1)
        got = np.bincount(label, weights=load, minlength=count)
        if turn < 90:
            for k in np.flatnonzero(got > 0):
                seeds[k] = np.average(points[label == k], axis=0, weights=load[label == k] + 50)
        weight += 30_000.0 * (1 - turn / 170) * np.clip((target - got) / target, -1, 1)
    return label


def borders(shapes: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Pairs (first < second) of shapes that share a border, and its length."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=0.05)
    keep = first < second
    first, second = first[keep], second[keep]
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    length = shapely.length(shapely.intersection(shapely.buffer(shapes[first], 0.05), shapely.boundary(shapes[second])))
    good = length > 2.0
    return first[good], second[good], length[good]


def whole(
    label: NDArray[np.int64], edges: tuple[NDArray[np.int64], NDArray[np.int64], Array], area: Array
) -> NDArray[np.int64]:
    """Labels where every label is one connected piece: smaller pieces go to the neighbour with the longest border."""
    label = label.copy()
    around: dict[int, list[tuple[int, float]]] = {i: [] for i in range(len(label))}
    for a, b, length in zip(*edges):
        around[int(a)].append((int(b), float(length)))
        around[int(b)].append((int(a), float(length)))
    for _ in range(6):
        pieces = _pieces(label, around)
        main: dict[int, list[int]] = {}
        for piece in pieces:
            k = int(label[piece[0]])
            if k not in main or area[piece].sum() > area[main[k]].sum():
                main[k] = piece
        stray = [p for p in pieces if main[int(label[p[0]])] is not p]
        if not stray:
            break
        for piece in stray:
            pull: dict[int, float] = {}
            for i in piece:
                for j, length in around[i]:
                    if label[j] != label[i]:
                        pull[int(label[j])] = pull.get(int(label[j]), 0.0) + length
            if pull:
                label[piece] = max(sorted(pull), key=lambda k: pull[k])
    return label


def _pieces(label: NDArray[np.int64], around: dict[int, list[tuple[int, float]]]) -> list[list[int]]:
    seen, found = set(), []
    for start in range(len(label)):
        if start in seen:
            continue
        piece, todo = [], [start]
        seen.add(start)
        while todo:
            i = todo.pop()
            piece.append(i)
            for j, _ in around[i]:
                if j not in seen and label[j] == label[i]:
                    seen.add(j)
                    todo.append(j)
        found.append(piece)
    return found


def _coverage(
    ground: terrain.Terrain, net: country.Lattice, layouts: list[streets.Layout], homes: villages.Villages,
    group: NDArray[np.int64],
) -> NDArray[np.object_]:
    """One polygon per community; together they fill the city with shared borders."""
    core = layouts[0]
    around = core.outline
    label, origin = _raster(net, layouts, homes, ground)
    outside = [arc.difference(around) for arc in _arcs(label, origin)]
    rims = plane.lines(shapely.unary_union([
        shapely.union_all([core.blocks[i] for i in np.flatnonzero(group == k)]).boundary for k in sorted(set(group))]))
    river = ground.river.difference(around)
    edges = [*outside, *rims, river, ground.boundary.exterior]
    noded = plane.lines(shapely.unary_union(edges, grid_size=0.01))
    faces = np.array(plane.polygons(shapely.polygonize(noded)), dtype=object)
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    inside = shapely.contains_xy(ground.boundary, spot[:, 0], spot[:, 1])
    faces, spot = faces[inside], spot[inside]
    tree = shapely.STRtree(core.blocks)
    owner = _at(label, origin, spot)
    at, block = tree.query(shapely.points(spot), predicate="intersects")
    owner[at] = group[block]
    first, second, length = borders(faces)
    shared = shapely.intersection(shapely.buffer(faces[first], 0.2), shapely.boundary(faces[second]))
    wet = shapely.length(shapely.intersection(ground.river.buffer(0.5), shared))
    dry = wet < 0.6 * length
    fixed = np.zeros(len(faces), bool)
    fixed[at] = True
    dry &= fixed[first] == fixed[second]
    owner = whole(owner, (first[dry], second[dry], length[dry]), shapely.area(faces))
    count = int(max(owner.max(), group.max())) + 1
    return np.array([shapely.union_all(faces[owner == k]) for k in range(count)], dtype=object)


def _raster(
    net: country.Lattice, layouts: list[streets.Layout], homes: villages.Villages, ground: terrain.Terrain
) -> tuple[NDArray[np.int64], tuple[float, float]]:
    """Labels of a full raster by the nearest lattice point; the ground of a town seat is its own."""
    w, s = ground.boundary.bounds[:2]
    rows, columns = net.shape
    rows, columns = rows + 4, columns + 4
    x, y = np.meshgrid(w + _STEP * (np.arange(columns) - 2), s + _STEP * (np.arange(rows) - 2))
    label = homes.land[cKDTree(net.points).query(np.column_stack([x.ravel(), y.ravel()]))[1]]
    first = villages.FRINGE + villages.RURAL
    for k, layout in enumerate(layouts[1:]):
        label[shapely.contains_xy(layout.outline.buffer(90), x.ravel(), y.ravel())] = first + k
    return label.reshape(rows, columns), (w - 2 * _STEP, s - 2 * _STEP)


def _at(label: NDArray[np.int64], origin: tuple[float, float], points: Array) -> NDArray[np.int64]:
    i = np.rint((points[:, 0] - origin[0]) / _STEP).astype(int)
    j = np.rint((points[:, 1] - origin[1]) / _STEP).astype(int)
    return label[j, i]


def _arcs(label: NDArray[np.int64], origin: tuple[float, float]) -> list[shapely.LineString]:
    """The borders between labels as smooth arcs from junction to junction."""
    rows, columns = label.shape
    j, i = np.nonzero(label[:, 1:] != label[:, :-1])
    upright = np.stack([np.column_stack([i + 0.5, j - 0.5]), np.column_stack([i + 0.5, j + 0.5])], axis=1)
    j, i = np.nonzero(label[1:, :] != label[:-1, :])
    level = np.stack([np.column_stack([i - 0.5, j + 0.5]), np.column_stack([i + 0.5, j + 0.5])], axis=1)
    steps = np.concatenate([upright, level]) * _STEP + np.array(origin)
    merged = shapely.line_merge(shapely.multilinestrings(list(shapely.linestrings(steps))))
    return [shapely.LineString(plane.smooth(shapely.get_coordinates(arc), rounds=7)).simplify(9.0)
            for arc in plane.lines(merged)]


def _towns(
    homes: villages.Villages, shapes: NDArray[np.object_], bank: NDArray[np.int64], group: NDArray[np.int64],
    blocks: list[shapely.Polygon], first: int,
) -> list[int]:
    """The town of every community: four subdistricts by bank and half, nine towns; every town in one piece."""
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    urban = [int(2 * bank[k]) for k in range(len(bank))]
    for b in (0, 1):
        mine = [k for k in range(len(bank)) if bank[k] == b]
        ranked = sorted(mine, key=lambda k: centre[first + k, 0])
        for k in ranked[len(ranked) // 2:]:
            urban[k] += 1
    town = [4 + t if t >= 0 else -1 for t in homes.town] + urban
    edges = borders(shapes)
    for k in range(villages.FRINGE):
        pull: dict[int, float] = {}
        for a, b, length in zip(*edges):
            if k in (a, b) and town[int(a + b - k)] in range(4):
                t = town[int(a + b - k)]
                pull[t] = pull.get(t, 0.0) + length
        town[k] = max(sorted(pull), key=lambda t: pull[t])
    return [int(t) for t in whole(np.array(town), edges, shapely.area(shapes))]


def _coded(
    rng: np.random.Generator, shapes: NDArray[np.object_], town: list[int], first: int, block: NDArray[np.int64]
) -> Regions:
    """Names and codes: towns 001– (街道), 100– (镇), 200– (乡); communities 001– (社区), 200– (村) in each town."""
    seats = range(villages.FRINGE + villages.RURAL, first)
    village = iter(names.villages(rng, first))
    city = iter(names.urban(rng, URBAN))
    town_name = names.SUBDISTRICTS + names.TOWNS
    numbers = [1, 2, 3, 4, 100, 101, 102, 103, 104, 105, 106, 107, 200]
    town_code = [f"{names.CITY_CODE}{n:03d}000" for n in numbers]
    name, code, urban = [], [""] * len(town), []
    for k in range(len(town)):
        seat = k in seats
        urban.append(seat or k >= first)
        first_part = town_name[town[k]].rstrip("镇乡") if seat else next(city) if k >= first else next(village)
        name.append(first_part + ("社区" if urban[k] else "村"))
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    for t in range(len(town_name)):
        mine = sorted((k for k in range(len(town)) if town[k] == t), key=lambda k: (not urban[k], centre[k, 0]))
        counts = [0, 199]
        for k in mine:
            counts[not urban[k]] += 1
            code[k] = f"{town_code[t][:9]}{counts[not urban[k]]:03d}"
    town_shapes = np.array([shapely.union_all(shapes[[k for k in range(len(town)) if town[k] == t]])
                            for t in range(len(town_name))], dtype=object)
    return Regions(name, code, town, urban, shapes, town_name, town_code, town_shapes, block)


def owners(areas: Regions, points: Array) -> NDArray[np.int64]:
    """The community of every point, the nearest one for a point on a border."""
    return shapely.STRtree(areas.shapes).nearest(shapely.points(points)).astype(np.int64)
