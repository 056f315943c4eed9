"""H3 cells: sorted ``uint64`` arrays and what can be asked of them.

A set of cells is a sorted array of unique ids of one resolution; ``make`` is its only maker. Columns are aligned with
it, and algorithms speak *positions* in it. Coordinates are degrees in WGS-84. This is the only module that imports h3;
bulk work is lattice arithmetic (``geo.lattice``), and libh3 answers wherever that does not settle a case.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import errors, geodesy, hexagons, icosahedron, lattice, points, rings, scanline

Cells = NDArray[np.uint64]
Floats = NDArray[np.float64]


def make(ids: ArrayLike) -> Cells:
    """Make a set of cells: sorted, unique, one resolution, every id a valid H3 cell (else ``CellError``)."""
    raw = np.asarray(ids)
    if raw.size == 0:
        return np.empty(0, np.uint64)
    if raw.dtype.kind not in "ui":
        raise errors.CellError(f"cell ids must be integers, not {raw.dtype}; use from_hex for text", values=raw[:20])
    cells = distinct(raw.astype(np.uint64).ravel())
    bad = cells[~valid(cells)]
    if bad.size:
        raise errors.CellError(f"{bad.size} ids are not H3 cells, the first is {int(bad[0]):#x}", values=bad)
    resolution(cells)
    return cells


def distinct(ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The different ids, sorted. (``numpy.unique`` hashes, and degenerates on H3 ids, whose low bits are all equal.)"""
    if ids.size < 2:
        return ids
    ordered: NDArray[np.int64] = hexagons.in_order(np.ascontiguousarray(ids).view(np.int64))
    ids = ordered.view(np.uint64)
    return np.asarray(ids[np.append(True, ids[1:] != ids[:-1])], np.uint64)


def valid(ids: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether each id is an H3 cell of any resolution."""
    ids = np.ascontiguousarray(ids, np.uint64)
    out = np.empty(ids.size, np.bool_)
    hexagons.valid(ids.view(np.int64), _tables().lacking, out)
    return out


def resolution(cells: NDArray[np.uint64]) -> int:
    """The one resolution (0-15) of the cells; ``CellError`` for none or a mixture."""
    if cells.size == 0:
        raise errors.CellError("no cells, so no resolution", values=cells)
    levels = (cells >> np.uint64(52)) & np.uint64(15)
    found = np.arange(16)[np.bincount(levels.astype(np.int64), minlength=16) > 0]
    if found.size != 1:
        raise errors.CellError(f"cells of resolutions {found.tolist()} are mixed; one is needed", values=found)
    return int(found[0])


def from_points(lats: ArrayLike, lngs: ArrayLike, res: int) -> NDArray[np.uint64]:
    """The cell of each point, aligned with the points (no set), exactly as libh3 gives it.

    ``CoordinateError`` for points off the globe. -180 and 180 degrees are the same meridian.
    """
    _check_res(res)
    lat, lng = (_read_only(np.ascontiguousarray(x, np.float64).ravel()) for x in (lats, lngs))
    if lat.size != lng.size:
        geodesy.check_points(lat, lng)
    out = np.empty(lat.size, np.int64)
    constants = points.constants(res, icosahedron.UNIT, _tables())
    unsure = points.index(lat, lng, res, constants, _tables(), out)
    if unsure < 0:
        geodesy.check_points(lat, lng)
    if unsure:
        for n in np.flatnonzero(out == 0).tolist():
            out[n] = h3.latlng_to_cell(lat[n], lng[n], res)
    return out.view(np.uint64)


@dataclass(frozen=True)
class Places:
    """Where cells of one resolution stand in H3's lattice: face int16[n], coordinates int32[n] each (``geo.lattice``),
    and whether a cell and its neighbours lie on one face (``inner``), so that arithmetic settles all about them.
    """

    res: int
    face: NDArray[np.int16]
    i: NDArray[np.int32]
    j: NDArray[np.int32]
    inner: NDArray[np.bool_]


def places(cells: NDArray[np.uint64]) -> Places:
    """Where the cells stand; ``CellError`` for none or for mixed resolutions."""
    res, n = resolution(cells), cells.size
    at = Places(res, np.empty(n, np.int16), np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.bool_))
    ids = _read_only(np.ascontiguousarray(cells)).view(np.int64)
    hexagons.places(ids, res, _tables(), at.face, at.i, at.j, at.inner)
    for k in np.flatnonzero(at.face < 0).tolist():
        vector = icosahedron.vectors(*np.array([h3.cell_to_latlng(int(cells[k]))]).T)[0]
        at.face[k], at.i[k], at.j[k] = icosahedron.locate(vector, res, _tables())
    return at


def centres(cells: NDArray[np.uint64]) -> tuple[Floats, Floats]:
    """Latitude and longitude of each cell's centre, degrees. The cells share one resolution; any order."""
    if cells.size == 0:
        return np.empty(0), np.empty(0)
    at = places(cells)
    lats, lngs = np.empty(cells.size), np.empty(cells.size)
    back = lattice.axes(at.res, icosahedron.UNIT)[1]
    hexagons.spots(at.face, 3 * at.i.astype(np.int64), 3 * at.j.astype(np.int64), back, _tables(), lats, lngs)
    return lats, lngs


def parents(cells: NDArray[np.uint64], res: int) -> NDArray[np.uint64]:
    """The ancestor of each cell at the coarser resolution ``res``, aligned with ``cells`` (bit arithmetic)."""
    _check_res(res)
    cells = np.asarray(cells, np.uint64)
    if cells.size and int(((cells >> np.uint64(52)) & np.uint64(15)).min()) < res:
        raise errors.CellError(f"resolution {res} is finer than the cells; use children", values=res)
    fine = np.uint64((1 << (3 * (15 - res))) - 1)
    return (cells & ~(np.uint64(15 << 52) | fine)) | np.uint64(res << 52) | fine


def children(cells: NDArray[np.uint64], res: int) -> Cells:
    """All descendants of the cells at the finer resolution ``res``: a set of cells."""
    _check_res(res)
    if cells.size == 0:
        return np.empty(0, np.uint64)
    coarse = resolution(cells)
    if coarse > res:
        raise errors.CellError(f"resolution {res} is coarser than the cells; use parents", values=res)
    digits = np.zeros(1, np.uint64)
    for level in range(coarse + 1, res + 1):
        digits = (digits[:, None] | (np.arange(7, dtype=np.uint64) << np.uint64(3 * (15 - level)))).ravel()
    used = np.uint64(((1 << 3 * (res - coarse)) - 1) << (3 * (15 - res)))
    head = (cells & ~(used | np.uint64(15 << 52))) | np.uint64(res << 52)
    found = distinct((head[:, None] | digits).ravel())
    return found[valid(found)]


def to_hex(cells: NDArray[np.uint64]) -> list[str]:
    """Each id as its 15 lower-case hexadecimal digits, the form used in text, JSON and files."""
    return [f"{c:x}" for c in cells.tolist()]


def from_hex(texts: Iterable[str]) -> NDArray[np.uint64]:
    """The id of each text, in order. Upper case, blanks around and ``0x`` are accepted, anything else ``CellError``."""
    texts = list(texts)
    out = np.zeros(len(texts), np.uint64)
    for n, text in enumerate(texts):
        plain = text.strip().lower().removeprefix("0x")
        if len(plain) == 15 and plain.isascii() and plain.isalnum() and not set(plain) - set("0123456789abcdef"):
            out[n] = int(plain, 16)
    bad = np.flatnonzero(~valid(out))
    if bad.size:
        raise errors.CellError(
            f"{bad.size} texts are no H3 cells, the first is {texts[bad[0]]!r}; 15 hexadecimal digits are needed",
            values=[texts[n] for n in bad.tolist()],
        )
    return out


def positions(cells: Cells, wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The position of each wanted id in ``cells``, -1 where it is absent."""
    wanted = np.asarray(wanted, np.uint64)
    if cells.size == 0:
        return np.full(wanted.shape, -1, np.int64)
    at = np.minimum(np.searchsorted(cells, wanted), cells.size - 1)
    return np.where(cells[at] == wanted, at, -1).astype(np.int64)


def areas_m2(cells: NDArray[np.uint64]) -> Floats:
    """The true area of each cell in m² on H3's sphere (``geodesy.RADIUS_M``), not the resolution's average."""
    out = np.empty(cells.size)
    if cells.size == 0:
        return out
    at = places(cells)
    back = lattice.axes(at.res, icosahedron.UNIT)[1]
    hexagons.steradians(at.i, at.j, back, out)
    for n in np.flatnonzero(~at.inner).tolist():
        out[n] = h3.cell_area(int(cells[n]), unit="rads^2")
    return out * geodesy.RADIUS_M**2


def mean_area_m2(res: int) -> float:
    """The average cell area of a resolution over the whole globe, m²: for estimates only, never for densities."""
    _check_res(res)
    return float(h3.average_hexagon_area(res, unit="m^2"))


def boundaries(cells: NDArray[np.uint64]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """The vertices of each cell, counter-clockwise: lats[n, w], lngs[n, w] (w ≤ 10, NaN after the last), counts[n]."""
    counts = np.full(cells.size, 6, np.int64)
    if cells.size == 0:
        return np.empty((0, 6)), np.empty((0, 6)), counts
    at = places(cells)
    odd = {n: h3.cell_to_boundary(int(cells[n])) for n in np.flatnonzero(~at.inner).tolist()}
    for n, ring in odd.items():
        counts[n] = len(ring)
    lats, lngs = np.full((2, cells.size, int(counts.max())), np.nan)
    inner = np.flatnonzero(at.inner)
    corner = np.tile(np.arange(6), inner.size)
    lat, lng = _corners(at, np.repeat(inner, 6), corner)
    lats[inner, :6], lngs[inner, :6] = lat.reshape(-1, 6), lng.reshape(-1, 6)
    for n, ring in odd.items():
        lats[n, : len(ring)], lngs[n, : len(ring)] = zip(*ring)
    return lats, lngs, counts


def inside_rings(outline: list[rings.Ring], res: int) -> Cells:
    """Cells whose centre lies in the polygon with these rings (lats, lngs; first the outer one): a set of cells.

    The same cells as libh3's ``polygonToCells``: edges are straight in longitude and latitude, an outer ring with an
    edge longer than 180 degrees of longitude crosses the antimeridian.
    """
    _check_res(res)
    turned_lng = bool((np.abs(np.diff(outline[0][1], append=outline[0][1][:1])) > 180.0).any())
    wrapped = [(lat, np.where(turned_lng & (lng < 0), lng + 360.0, lng)) for lat, lng in outline]
    found = scanline.fill(wrapped, res, turned_lng, _tables(), icosahedron.UNIT)
    inside, asked = found.inside.view(np.uint64), found.asked.view(np.uint64)
    if found.odd_inside[0].size or found.odd_asked[0].size:
        inside = np.concatenate((inside, from_points(*found.odd_inside, res)))
        asked = np.concatenate((asked, from_points(*found.odd_asked, res)))
    answers = {c: rings.holds(wrapped, h3.cell_to_latlng(c), turned_lng) for c in set(asked.tolist())}
    if None in answers.values():
        outer, *holes = (list(zip(lat.tolist(), lng.tolist())) for lat, lng in outline)
        return np.sort(np.array(h3.h3shape_to_cells(h3.LatLngPoly(outer, *holes), res), np.uint64))
    kept = np.array([c for c, held in answers.items() if held], np.uint64)
    return distinct(np.concatenate((inside, kept)) if kept.size else inside)


def disk(cell: int, k: int) -> Cells:
    """All cells within ``k`` steps of ``cell``, itself included: a set of cells."""
    return np.sort(np.array(h3.grid_disk(int(cell), k), np.uint64))


def neighbours(cells: Cells, *, at: Places | None = None) -> NDArray[np.int32]:
    """Positions of the neighbours of each cell, int32[n, 6]; -1 where the neighbour is outside the set (or none is).

    Column k is the neighbour across the side from vertex k to the next, counter-clockwise, of ``sides``. ``at`` is
    ``places(cells)`` where that is known already.
    """
    out = np.full((cells.size, 6), -1, np.int32)
    if cells.size == 0:
        return out
    at = at or places(cells)
    for face in np.unique(at.face).tolist():
        here = np.flatnonzero(at.face == face)
        i, j = at.i[here], at.j[here]
        low = int(i.min()), int(j.min())
        rows, columns = int(i.max()) - low[0] + 3, int(j.max()) - low[1] + 3
        if rows * columns <= 16 * here.size + 65_536:
            grid = np.full((rows, columns), -1, np.int32)
            hexagons.link_dense(here, at.i, at.j, at.inner, low, grid, out)
        else:
            inside = here[at.inner[here]]
            ids = np.empty((inside.size, 6), np.int64)
            hexagons.around(at.i[inside], at.j[inside], face, at.res, _tables(), ids)
            out[inside] = positions(cells, ids.view(np.uint64))
    for n in np.flatnonzero(~at.inner).tolist():
        found = positions(cells, np.array([s.across for s in sides(int(cells[n]))], np.uint64))
        out[n, : found.size] = found
    return out


@dataclass(frozen=True)
class Side:
    """One side of a cell: the neighbour across it, and its points (lat, lng) from its first vertex up to the next.

    There is a second point where the side bends on an edge of the icosahedron.
    """

    across: int
    points: tuple[tuple[float, float], ...]


def sides(cell: int) -> list[Side]:
    """The 5 or 6 sides of a cell, counter-clockwise from its first vertex, straight from libh3."""
    ring = np.array(h3.cell_to_boundary(cell))
    found = []
    for edge in h3.origin_to_directed_edges(cell):
        line = h3.directed_edge_to_boundary(edge)
        start = int(np.argmin(np.abs(ring - line[0]).sum(axis=1)))
        found.append((start, Side(h3.get_directed_edge_destination(edge), tuple(line[:-1]))))
    return [side for _, side in sorted(found, key=lambda pair: pair[0])]


def corners(
    cells: Cells, position: NDArray[np.int64], column: NDArray[np.int64], *, at: Places
) -> tuple[Floats, Floats]:
    """Latitude and longitude of the first vertex of each side (position and column as in ``neighbours``).

    Cells that share a vertex and are inner give it the same numbers.
    """
    lats, lngs = _corners(at, position, column)
    known: dict[int, list[Side]] = {}
    for n in np.flatnonzero(~at.inner[position]).tolist():
        lats[n], lngs[n] = _sides_once(int(cells[position[n]]), known)[int(column[n])].points[0]
    return lats, lngs


def bends(
    cells: Cells, position: NDArray[np.int64], column: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Which of the sides bend on an edge of the icosahedron, ascending, and where: lats, lngs. All are looked at."""
    known: dict[int, list[Side]] = {}
    found = []
    for n, (cell, k) in enumerate(zip(cells[position].tolist(), column.tolist())):
        found += [(n, lat, lng) for lat, lng in _sides_once(cell, known)[k].points[1:]]
    table = np.array(found, np.float64).reshape(-1, 3)
    return table[:, 0].astype(np.int64), table[:, 1], table[:, 2]


def _sides_once(cell: int, known: dict[int, list[Side]]) -> list[Side]:
    if cell not in known:
        known[cell] = sides(cell)
    return known[cell]


def pentagonal(cells: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which cells are pentagons."""
    base = ((cells >> np.uint64(45)) & np.uint64(127)).astype(np.int64)
    level = (cells >> np.uint64(52)) & np.uint64(15)
    digits = (cells & np.uint64((1 << 45) - 1)) >> (np.uint64(3) * (np.uint64(15) - level))
    return np.asarray(_tables().lacking[base] & (digits == 0), np.bool_)


def compact(cells: Cells) -> NDArray[np.uint64]:
    """The same area with whole families replaced by their parent, again and again; sorted, mixed resolutions."""
    return np.sort(np.array(h3.compact_cells(cells.tolist()), np.uint64))


def uncompact(cells: NDArray[np.uint64], res: int) -> Cells:
    """The descendants at ``res`` of cells of mixed resolutions: the inverse of ``compact``."""
    _check_res(res)
    levels = (cells >> np.uint64(52)) & np.uint64(15)
    parts = [children(cells[levels == level], res) for level in np.unique(levels)]
    return distinct(np.concatenate(parts)) if parts else np.empty(0, np.uint64)


def _corners(at: Places, position: NDArray[np.int64], corner: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The given corner of the inner cells at the given positions."""
    lats, lngs = np.empty(position.size), np.empty(position.size)
    thirds = hexagons.corner_thirds(at.i[position], at.j[position], corner)
    back = lattice.axes(at.res, icosahedron.UNIT)[1]
    hexagons.spots(at.face[position], *thirds, back, _tables(), lats, lngs)
    return lats, lngs


@functools.cache
def _tables() -> lattice.Tables:
    vertices = _vectors(h3.get_pentagons(0))
    firsts = []
    for x, y, z in icosahedron.centres(vertices).tolist():
        middle = h3.latlng_to_cell(np.degrees(np.arcsin(z)), np.degrees(np.arctan2(y, x)), 0)
        firsts.append(h3.cell_to_boundary(middle)[0])
    ids = sorted(h3.uncompact_cells(h3.get_res0_cells(), icosahedron.LEARNED_RES))
    first = icosahedron.vectors(*np.array(firsts).T)
    return icosahedron.learn(vertices, first, np.array(ids, np.uint64), _vectors(ids))


def _vectors(cells: list[int]) -> Floats:
    return icosahedron.vectors(*np.array([h3.cell_to_latlng(c) for c in cells]).T)


def _check_res(res: int) -> None:
    if not 0 <= res <= 15:
        raise errors.CellError(f"resolution {res} does not exist; H3 has 0 to 15", values=res)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written, whether the array can or not: one compiled loop does for both."""
    view = array.view()
    view.setflags(write=False)
    return view
