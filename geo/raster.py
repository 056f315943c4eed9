"""Counting how often each patch of ground lies in a set of polygons, on a fine sparse lattice.

The lattice is square in metres at the middle latitude of the shapes and fixed to the globe, so that neighbouring
calls agree. Only tiles that a shape touches exist. A patch belongs to a shape when its centre does (even-odd rule).
``per_cell`` turns patches into counts per H3 cell. Shapes are polygons or multipolygons in WGS-84.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numba
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import cells, geodesy
from geo.errors import GeometryError

TILE = 64
SOME_TILES = 300  # at a time, so that what is worked on stays in the cache
LIMIT_PATCHES = 2_000_000_000
MOST = 255


@dataclass(frozen=True)
class Lattice:
    """Patches of ``step_lat`` × ``step_lng`` degrees; row 0, column 0 begins at ``south``, ``west``."""

    south: float
    west: float
    step_lat: float
    step_lng: float
    rows: int
    columns: int
    patch_m2: float


@dataclass(frozen=True)
class Counts:
    """How often each patch is covered: ``slab`` uint8[tiles, 64, 64]; ``tile`` int32[rows, columns], -1 none."""

    lattice: Lattice
    tile: NDArray[np.int32]
    slab: NDArray[np.uint8]


def lattice(bounds: tuple[float, float, float, float], *, patch_m: float) -> Lattice:
    """A lattice over (west, south, east, north) degrees with patches about ``patch_m`` metres wide."""
    west, south, east, north = bounds
    if not (patch_m > 0 and np.isfinite([west, south, east, north]).all()):
        raise GeometryError(f"no lattice of {patch_m} m over {bounds}", values=bounds)
    per_lat, per_lng = (float(v[0]) for v in geodesy.metres_per_degree(np.array([(south + north) / 2])))
    step_lat, step_lng = patch_m / per_lat, patch_m / per_lng
    row, column = np.floor(south / step_lat), np.floor(west / step_lng)
    rows, columns = int(np.ceil(north / step_lat) - row) + 1, int(np.ceil(east / step_lng) - column) + 1
    if rows * columns > LIMIT_PATCHES:
        raise GeometryError(f"{rows * columns:,} patches of {patch_m} m are too many; use larger patches", values=rows)
    return Lattice(row * step_lat, column * step_lng, step_lat, step_lng, rows, columns, patch_m * patch_m)


def count(shapes: NDArray[np.object_], on: Lattice) -> Counts:
    """Add up the shapes on the lattice (at most 255 per patch). Parts outside the lattice are left out."""
    tiles_up, tiles_across = -(-on.rows // TILE), -(-on.columns // TILE)
    spans = _scan(shapes, on)
    tile = np.full((tiles_up, tiles_across), -1, dtype=np.int32)
    made = _claim(spans, tile)
    slab = np.zeros((made, TILE, TILE), dtype=np.uint8)
    _add(spans, tile, slab)
    return Counts(on, tile, slab)


def best(
    shapes: NDArray[np.object_], on: Lattice, *, lats: ArrayLike, lngs: ArrayLike, sharp_m: ArrayLike, top: ArrayLike
) -> Counts:
    """The best weight of each patch in ``MOST`` parts of 1. Within ``sharp_m`` of its own point (``lats``, ``lngs``) a
    shape weighs ``top`` (0-1), further away in proportion to one over the distance. float64[shapes] each."""
    spans = _scan(shapes, on)
    tile = np.full((-(-on.rows // TILE), -(-on.columns // TILE)), -1, dtype=np.int32)
    made = _claim(spans, tile)
    slab = np.zeros((made, TILE, TILE), dtype=np.uint8)
    x = (np.asarray(lngs, np.float64) - on.west) / on.step_lng
    y = (np.asarray(lats, np.float64) - on.south) / on.step_lat
    sharp = np.broadcast_to(np.asarray(sharp_m, np.float64) / np.sqrt(on.patch_m2), x.shape)
    _weigh(spans, tile, slab, x, y, sharp, np.broadcast_to(np.asarray(top, np.float64), x.shape))
    return Counts(on, tile, slab)


def members(shapes: NDArray[np.object_], on: Lattice) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The patches in each shape in compressed rows: int64[shapes+1] and patch numbers row · columns + column."""
    spans = _scan(shapes, on)
    length = spans[:, 3] - spans[:, 2]
    per_shape = np.bincount(spans[:, 0], weights=length, minlength=len(shapes)).astype(np.int64)
    start = np.repeat(spans[:, 1] * on.columns + spans[:, 2], length)
    within = np.arange(len(start)) - np.repeat(np.cumsum(length) - length, length)
    return np.concatenate([[0], np.cumsum(per_shape)]), start + within


def centres(patches: NDArray[np.int64], on: Lattice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of the centres of patches."""
    row, column = np.divmod(patches, on.columns)
    return on.south + (row + 0.5) * on.step_lat, on.west + (column + 0.5) * on.step_lng


def covered(counted: Counts, patches: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each patch is covered at least once."""
    return _covered(counted, *np.divmod(patches, counted.lattice.columns))


def often(counted: Counts, lats: NDArray[np.float64], lngs: NDArray[np.float64]) -> NDArray[np.uint8]:
    """How often the patch of each point is covered; 0 outside the lattice."""
    on = counted.lattice
    row = np.floor((lats - on.south) / on.step_lat).astype(np.int64)
    column = np.floor((lngs - on.west) / on.step_lng).astype(np.int64)
    made = np.zeros(row.size, dtype=np.uint8)
    inside = np.flatnonzero((row >= 0) & (row < on.rows) & (column >= 0) & (column < on.columns))
    row, column = row[inside], column[inside]
    at = counted.tile[row // TILE, column // TILE]
    there = at >= 0
    made[inside[there]] = counted.slab[at[there], row[there] % TILE, column[there] % TILE]
    return made


def _scan(shapes: NDArray[np.object_], on: Lattice) -> NDArray[np.int64]:
    shapes = np.where(shapely.is_missing(shapes), shapely.Polygon(), shapes)
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    shape_of_ring = shape_of_part[part_of_ring]
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    first_of_ring = np.concatenate([[0], np.cumsum(np.bincount(ring_of, minlength=len(rings)))]).astype(np.int64)
    first_of_shape = np.searchsorted(shape_of_ring, np.arange(len(shapes) + 1)).astype(np.int64)
    xs = (points[:, 0] - on.west) / on.step_lng
    ys = (points[:, 1] - on.south) / on.step_lat
    return np.asarray(_spans(xs, ys, first_of_ring, first_of_shape, on.rows, on.columns), dtype=np.int64)


def per_cell(
    counted: Counts, ids: cells.Cells, *, at_least: tuple[int, ...] = (1,), outside: Counts | None = None
) -> NDArray[np.float64]:
    """Square metres of each cell covered at least so often, float64[n, len(at_least)].

    ``outside``: patches counted there (on the same lattice) are left out, e.g. buildings.
    """
    made = np.zeros((len(ids), len(at_least)))
    areas, least = _areas(counted.lattice), np.array(at_least, dtype=np.int64)
    for found, row, often in _in_cells(counted, ids, outside):
        _tally(found, row, often, areas, least, made)
    return made


def weighed(counted: Counts, ids: cells.Cells, *, outside: Counts | None = None) -> NDArray[np.float64]:
    """Square metres of each cell times the weight of ``best``, float64[n]."""
    made = np.zeros(len(ids))
    areas = _areas(counted.lattice) / MOST
    for found, row, weight in _in_cells(counted, ids, outside):
        inside = found >= 0
        np.add.at(made, found[inside], areas[row[inside]] * weight[inside])
    return made


def _in_cells(
    counted: Counts, ids: cells.Cells, outside: Counts | None
) -> Iterator[tuple[NDArray, NDArray, NDArray]]:
    """Covered patches, some tiles at a time: position of their cell (-1 where it is none of ``ids``), row of the
    lattice, and count."""
    on, other = counted.lattice, counted if outside is None else outside
    tiles, res = np.argwhere(counted.tile >= 0), cells.resolution(ids) if len(ids) else 0
    for first in range(0, len(tiles), SOME_TILES):
        some = np.ascontiguousarray(tiles[first : first + SOME_TILES])
        row, often, lats, lngs = _patches(
            some, counted.tile, counted.slab, other.tile, other.slab, outside is None,
            on.south, on.west, on.step_lat, on.step_lng,
        )  # fmt: skip
        if not row.size:
            continue
        cell = cells.from_points(lats, lngs, res)
        # Neighbours in a row are mostly in the same cell, so one search does for a run of them.
        run = np.concatenate([[0], np.flatnonzero(cell[1:] != cell[:-1]) + 1])
        yield np.repeat(cells.positions(ids, cell[run]), np.diff(np.append(run, cell.size))), row, often


def _areas(on: Lattice) -> NDArray[np.float64]:
    """Square metres of a patch by row: it keeps its degrees, so its width follows the cosine of its latitude."""
    width = np.cos(np.radians(on.south + (np.arange(on.rows) + 0.5) * on.step_lat))
    return np.asarray(on.patch_m2 * width / np.cos(np.radians(on.south + on.rows / 2 * on.step_lat)), np.float64)


def _covered(counted: Counts, row: NDArray, column: NDArray) -> NDArray[np.bool_]:
    at = counted.tile[row // TILE, column // TILE]
    covered = np.zeros(len(row), dtype=bool)
    there = at >= 0
    covered[there] = counted.slab[at[there], row[there] % TILE, column[there] % TILE] > 0
    return covered


@numba.njit(nogil=True, cache=True)
def _claim(spans, tile):  # type: ignore[no-untyped-def]
    """Number the tiles that the runs touch; how many there are."""
    made = 0
    for i in range(len(spans)):
        r = spans[i, 1] // TILE
        for c in range(spans[i, 2] // TILE, (spans[i, 3] - 1) // TILE + 1):
            if tile[r, c] < 0:
                tile[r, c] = made
                made += 1
    return made


@numba.njit(nogil=True, cache=True)
def _spans(xs, ys, first_of_ring, first_of_shape, rows, columns):  # type: ignore[no-untyped-def]
    """Runs of patches inside each shape: shape, row, first column, end column (int64[m, 4]).

    Each shape is scanned row by row: where its outline crosses the middle of a row, the inside begins or ends.
    """
    crossing, line = np.empty(256), np.empty(256, dtype=np.int64)
    spans = np.empty((1024, 4), dtype=np.int64)
    made = 0
    for shape in range(len(first_of_shape) - 1):
        found = 0
        for ring in range(first_of_shape[shape], first_of_shape[shape + 1]):
            for v in range(first_of_ring[ring], first_of_ring[ring + 1] - 1):
                x1, y1, x2, y2 = xs[v], ys[v], xs[v + 1], ys[v + 1]
                if y1 > y2:
                    x1, y1, x2, y2 = x2, y2, x1, y1
                begin = max(0, int(np.ceil(y1 - 0.5)))
                end = min(rows, int(np.ceil(y2 - 0.5)))
                if end <= begin:
                    continue
                if found + end - begin > len(crossing):
                    size = 2 * (found + end - begin)
                    crossing = np.concatenate((crossing[:found], np.empty(size - found)))
                    line = np.concatenate((line[:found], np.empty(size - found, dtype=np.int64)))
                slope = (x2 - x1) / (y2 - y1)
                for row in range(begin, end):
                    crossing[found] = min(max(x1 + (row + 0.5 - y1) * slope, -1.0), columns + 1.0)
                    line[found] = row
                    found += 1
        order = np.argsort(line[:found] * (columns + 4.0) + crossing[:found])
        if made + found // 2 > len(spans):
            grown = np.empty((2 * (made + found), 4), dtype=np.int64)
            grown[:made] = spans[:made]
            spans = grown
        for pair in range(0, found - 1, 2):
            a, b = order[pair], order[pair + 1]
            begin = max(0, int(np.ceil(crossing[a] - 0.5)))
            end = min(columns, int(np.ceil(crossing[b] - 0.5)))
            if end > begin:
                spans[made, 0], spans[made, 1], spans[made, 2], spans[made, 3] = shape, line[a], begin, end
                made += 1
    return spans[:made].copy()


@numba.njit(nogil=True, cache=True)
def _add(spans, tile, slab):  # type: ignore[no-untyped-def]
    """Count each run once on its patches, up to MOST."""
    for i in range(len(spans)):
        row = spans[i, 1]
        for column in range(spans[i, 2], spans[i, 3]):
            t = tile[row // TILE, column // TILE]
            if slab[t, row % TILE, column % TILE] < MOST:
                slab[t, row % TILE, column % TILE] += 1


@numba.njit(nogil=True, cache=True)
def _weigh(spans, tile, slab, x, y, sharp, top):  # type: ignore[no-untyped-def]
    """Keep for each patch the best weight, in parts of ``MOST``; all lengths in patches."""
    for i in range(len(spans)):
        shape, row = spans[i, 0], spans[i, 1]
        up = row + 0.5 - y[shape]
        for column in range(spans[i, 2], spans[i, 3]):
            far = np.sqrt(up * up + (column + 0.5 - x[shape]) ** 2)
            weight = top[shape] * min(1.0, sharp[shape] / max(far, 1e-9)) * MOST
            t = tile[row // TILE, column // TILE]
            if weight > slab[t, row % TILE, column % TILE]:
                slab[t, row % TILE, column % TILE] = max(1, int(weight + 0.5))


@numba.njit(nogil=True, cache=True)
def _patches(tiles, tile, slab, other_tile, other_slab, no_other, south, west, step_lat, step_lng):  # type: ignore[no-untyped-def]
    """Covered patches of some tiles that the other counts do not cover: row, count, and the middle's coordinates."""
    room = len(tiles) * TILE * TILE
    rows, often = np.empty(room, np.int32), np.empty(room, np.uint8)
    lats, lngs = np.empty(room), np.empty(room)
    n = 0
    for i in range(len(tiles)):
        up, across = tiles[i, 0], tiles[i, 1]
        t = tile[up, across]
        o = -1 if no_other else other_tile[up, across]
        for r in range(TILE):
            row = up * TILE + r
            lat = south + (row + 0.5) * step_lat
            for c in range(TILE):
                if slab[t, r, c] > 0 and (o < 0 or other_slab[o, r, c] == 0):
                    rows[n], often[n] = row, slab[t, r, c]
                    lats[n], lngs[n] = lat, west + (across * TILE + c + 0.5) * step_lng
                    n += 1
    return rows[:n], often[:n], lats[:n], lngs[:n]


@numba.njit(nogil=True, cache=True)
def _tally(found, row, often, areas, at_least, made):  # type: ignore[no-untyped-def]
    """Add the area of each patch to its cell, for each number of times that it reaches."""
    for p in range(found.size):
        if found[p] >= 0:
            for k in range(at_least.size):
                if often[p] >= at_least[k]:
                    made[found[p], k] += areas[row[p]]
