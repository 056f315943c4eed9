"""Last year's grids as somebody drew them by hand: along streets, unbalanced, with known faults.

Urban grids are groups of street blocks, village grids pieces cut by nearly straight lines. Planted faults: two grids in
two pieces, one that reaches over the river, a few that overlap a neighbour or leave a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from seed_data import plane, regions, streets, terrain
from seed_data.plane import Array

_OVERLAPS, _GAPS = 8, 7


@dataclass(frozen=True)
class Grids:
    """``rows``: code, name, community, kind, geometry (plane); ``faults``: fault → grid codes."""

    rows: pd.DataFrame
    faults: dict[str, list[str]]


@dataclass
class _Sheet:
    """The drawing table: shape and community of each grid, and which ones carry a fault."""

    shapes: list[shapely.Geometry]
    community: list[int]
    marks: list[set[str]]


def make(
    rng: np.random.Generator, ground: terrain.Terrain, core: streets.Layout, areas: regions.Regions, load: Array
) -> Grids:
    """The grids in force. ``load`` is the households of every community."""
    sheet = _Sheet([], [], [])
    blocks = np.array(core.blocks, dtype=object)
    for k in range(len(areas.code)):
        want = max(1, int(round(load[k] / rng.uniform(300, 480))))
        mine = np.flatnonzero(areas.block == k)
        pieces = _by_blocks(rng, blocks[mine], want) if len(mine) else _by_lines(rng, areas.shapes[k], want)
        pieces = _fill(pieces, areas.shapes[k])
        for piece in pieces:
            sheet.shapes.append(piece)
            sheet.community.append(k)
            sheet.marks.append(set())
    _split(sheet, blocks, areas)
    _over_river(sheet, blocks, areas, ground)
    _smudge(rng, sheet, areas)
    return _numbered(sheet, areas)


def _by_blocks(rng: np.random.Generator, blocks: np.ndarray, count: int) -> list[shapely.Geometry]:
    """Connected groups of blocks, of like number rather than like households."""
    count = min(count, len(blocks))
    centre = np.array([(b.centroid.x, b.centroid.y) for b in blocks])
    label = regions.cluster(rng, centre, rng.uniform(0.3, 2.2, len(blocks)), count)
    label = regions.whole(label, regions.borders(blocks), shapely.area(blocks))
    return [shapely.union_all(blocks[label == k]) for k in sorted(set(label))]


def _by_lines(rng: np.random.Generator, shape: shapely.Polygon, count: int) -> list[shapely.Geometry]:
    """The largest piece cut in two by a slightly bent line, again and again."""
    pieces = [shape]
    for _ in range(20):
        if len(pieces) >= count:
            break
        pieces.sort(key=lambda p: -p.area)
        target = pieces[0]
        c, reach = target.centroid, 1.5 * np.sqrt(target.area) + 3000
        corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(target))
        sides = np.diff(corners[:3], axis=0)
        long = sides[np.argmax(np.hypot(*sides.T))]
        angle = np.arctan2(long[1], long[0]) + np.pi / 2 + rng.normal(0, 0.2)
        step = np.array([np.cos(angle), np.sin(angle)])
        middle = np.array([c.x, c.y]) + rng.normal(0, 0.09 * np.sqrt(target.area), 2)
        bend = middle + step * 350 + rng.normal(0, 60, 2)
        line = shapely.LineString([middle - reach * step, middle, bend, bend + reach * step])
        parts = plane.polygons(shapely.polygonize(plane.lines(shapely.union(target.exterior, line))))
        parts = [p for p in parts if target.contains(p.representative_point())]
        main = max(parts, key=lambda p: p.area)
        rest = [p for p in parts if p is not main]
        other = max(rest, key=lambda p: p.area)
        if other.area < 0.12 * target.area:
            continue
        first = shapely.union_all([p for p in parts if p is not other])
        if first.geom_type == "Polygon":
            pieces = [first, other, *pieces[1:]]
    return pieces


def _fill(pieces: list[shapely.Geometry], shape: shapely.Polygon) -> list[shapely.Geometry]:
    """Ground of the community that no piece has goes to the piece it borders longest."""
    for rest in plane.polygons(shape.difference(shapely.union_all(pieces))):
        if rest.area > 1.0:
            best = max(range(len(pieces)), key=lambda i: rest.buffer(0.05).intersection(pieces[i].boundary).length)
            pieces[best] = shapely.union(pieces[best], rest, grid_size=0.01)
    return pieces


def _split(sheet: _Sheet, blocks: np.ndarray, areas: regions.Regions) -> None:
    """Two grids each take a block of the same community that they do not touch."""
    done = 0
    for i in range(len(sheet.shapes)):
        k = sheet.community[i]
        if done == 2 or sheet.community.count(k) < 3 or (done == 1 and any("split" in sheet.marks[j] and
                areas.town[sheet.community[j]] == areas.town[k] for j in range(len(sheet.shapes)))):
            continue
        for block in blocks[areas.block == k]:
            donor = next((j for j in range(len(sheet.shapes)) if sheet.community[j] == k and
                          sheet.shapes[j].contains(block.representative_point())), i)
            left = sheet.shapes[donor].difference(block.buffer(0.02))
            far = block.distance(sheet.shapes[i]) > 120
            fits = left.geom_type == "Polygon" and left.area > 1.5 * block.area and block.area > 20_000
            if donor != i and far and fits:
                sheet.shapes[donor] = left.buffer(0.02, join_style="mitre").intersection(areas.shapes[k])
                sheet.shapes[i] = shapely.union(sheet.shapes[i], block)
                sheet.marks[i].add("split")
                done += 1
                break


def _over_river(sheet: _Sheet, blocks: np.ndarray, areas: regions.Regions, ground: terrain.Terrain) -> None:
    """One riverside grid also takes the ground straight across the river, out of the grid there."""
    for i, shape in enumerate(sheet.shapes):
        if sheet.marks[i] or len(blocks[areas.block == sheet.community[i]]) == 0 or not shape.intersects(ground.river):
            continue
        reach = shape.intersection(ground.river_area.buffer(60)).buffer(240)
        for j, other in enumerate(sheet.shapes):
            if areas.town[sheet.community[j]] == areas.town[sheet.community[i]] or sheet.marks[j]:
                continue
            taken = other.intersection(reach)
            left = other.difference(reach)
            whole = left.geom_type == shapely.union(shape, taken).geom_type == "Polygon"
            if taken.area > 60_000 and whole:
                sheet.shapes[i], sheet.shapes[j] = shapely.union(shape, taken, grid_size=0.01), left
                sheet.marks[i].add("over_river")
                return


def _smudge(rng: np.random.Generator, sheet: _Sheet, areas: regions.Regions) -> None:
    """A few grids drawn a little too large or too small."""
    free = [i for i in range(len(sheet.shapes)) if not sheet.marks[i]]
    picked = rng.permutation(free)[: _OVERLAPS + _GAPS]
    for n, i in enumerate(picked):
        urban = areas.urban[sheet.community[i]]
        width = float(rng.uniform(14, 24)) * (1 if urban else 2.5)
        mark, sign = ("overlap", 1) if n < _OVERLAPS else ("gap", -1)
        drawn = sheet.shapes[i].buffer(sign * width, join_style="mitre").simplify(8)
        sheet.shapes[i] = max(plane.polygons(drawn), key=lambda p: p.area)
        sheet.marks[i].add(mark)


def _numbered(sheet: _Sheet, areas: regions.Regions) -> Grids:
    """Codes: the community's 12 digits and a sequence west → east, then north → south."""
    rows, faults = [], {"split": [], "over_river": [], "overlap": [], "gap": []}
    numerals = "一二三四五六七八九十"
    for k in sorted(range(len(areas.code)), key=lambda k: areas.code[k]):
        mine = [i for i in range(len(sheet.shapes)) if sheet.community[i] == k]
        mine.sort(key=lambda i: (round(sheet.shapes[i].centroid.x), -round(sheet.shapes[i].centroid.y)))
        for n, i in enumerate(mine):
            code = f"{areas.code[k]}{n + 1:03d}"
            rows.append({"code": code, "name": f"{areas.name[k]}第{numerals[n]}网格", "community": areas.code[k],
                         "kind": "综合网格", "geometry": shapely.simplify(sheet.shapes[i], 1.0)})
            for mark in sorted(sheet.marks[i]):
                faults[mark].append(code)
    return Grids(pd.DataFrame(rows), faults)
