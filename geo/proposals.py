"""Where the next cameras help most, and what is lost when one fails.

Ground is counted in patches of a few metres. A patch carries its share of the need of its cell (incidents, key places,
households: any weights the caller chooses); patches inside buildings, outside the cells, already seen, or in an area
where no camera may look carry none. Distances in metres, headings in degrees clockwise from north, WGS-84.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from geo import cells, geodesy, raster, sites, visibility
from geo.errors import ProblemError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """A type of camera that can be proposed; ``headings`` directions are tried (1 for a full circle)."""

    name: str
    angle_deg: float
    range_m: float
    headings: int
    cost: float


FIXED = Kind("fixed", 90.0, 80.0, 12, 1.0)
DOME = Kind("dome", 360.0, 60.0, 1, 2.5)


@dataclass(frozen=True)
class Proposals:
    """Chosen cameras in the order of choosing, with what each adds.

    ``candidate`` int64[k], ``kind`` (names), ``heading_deg`` float64[k], ``gain`` float64[k] need newly seen,
    ``views`` GeoSeries[k]; ``need`` in all, ``seen_before`` and ``seen_after`` of it, ``bound`` what no choice from
    these candidates can exceed for ``seen_after``, ``cost``.
    """

    candidate: NDArray[np.int64]
    kind: tuple[str, ...]
    heading_deg: Floats
    gain: Floats
    views: gpd.GeoSeries
    need: float
    seen_before: float
    seen_after: float
    bound: float
    cost: float


def next_sites(
    lats: ArrayLike,
    lngs: ArrayLike,
    *,
    ids: cells.Cells,
    need: ArrayLike,
    existing: gpd.GeoSeries,
    buildings: visibility.Walls,
    kinds: tuple[Kind, ...] = (FIXED, DOME),
    forbidden: BaseGeometry | None = None,
    private: ArrayLike = (),
    public_m2: ArrayLike | None = None,
    number: int | None = None,
    budget: float | None = None,
    patch_m: float = 5.0,
    rng: np.random.Generator | None = None,
) -> Proposals:
    """Choose cameras at candidate places so that the most unseen need comes into view.

    ``lats, lngs`` float[c] candidate places; ``need`` float[n] ≥ 0 aligned with ``ids``; ``existing``: what working
    cameras see now. ``private``: polygons of ground that is not public, beside the buildings; ``public_m2`` float64[n]
    the public ground of each cell, over which its need is spread (None: its whole area). No option is offered whose
    view enters ``forbidden``. At most one camera per candidate. Raises ``ProblemError`` without candidates or with
    needs that do not fit the cells.
    """
    lat, lng = geodesy.check_points(lats, lngs)
    wanted = np.asarray(need, dtype=np.float64)
    if not lat.size:
        raise ProblemError("no candidate places were given; use poles, junctions or building corners")
    if wanted.shape != ids.shape:
        raise ProblemError(f"{wanted.size} needs for {ids.size} cells; give one each", values=wanted.size)
    place, kind, heading = _variants(lat.size, kinds)
    views = visibility.visible(
        lat[place],
        lng[place],
        heading_deg=heading,
        angle_deg=np.array([k.angle_deg for k in kinds])[kind],
        range_m=np.array([k.range_m for k in kinds])[kind],
        buildings=buildings,
    )
    shapes = np.asarray(views.values, dtype=object)
    allowed = ~shapely.is_empty(shapes)
    if forbidden is not None:
        shapely.prepare(forbidden)
        allowed &= ~shapely.intersects(forbidden, shapes)
    place, kind, heading, shapes = place[allowed], kind[allowed], heading[allowed], shapes[allowed]
    weight, before, options = _demand(
        shapes, place, np.array([k.cost for k in kinds])[kind], ids, _per_m2(ids, wanted, public_m2), existing,
        buildings, np.asarray(private, dtype=object), patch_m,
    )  # fmt: skip
    choice = sites.choose(options, weight, number=number, budget=budget, rng=rng)
    picked = choice.options
    return Proposals(
        candidate=place[picked],
        kind=tuple(kinds[k].name for k in kind[picked]),
        heading_deg=heading[picked],
        gain=choice.gains,
        views=gpd.GeoSeries(shapes[picked], crs=4326),
        need=float(wanted.sum()),
        seen_before=before,
        seen_after=before + choice.value,
        bound=before + choice.bound,
        cost=choice.cost,
    )


def losses(
    views: gpd.GeoSeries, *, ids: cells.Cells, need: ArrayLike, public_m2: ArrayLike | None = None, patch_m: float = 4.0
) -> tuple[Floats, NDArray[np.float64]]:
    """What is lost if a camera fails: the need only it sees, float64[cameras], and the square metres only it sees.
    ``public_m2`` as in ``next_sites``."""
    shapes = np.asarray(views.values, dtype=object)
    if not len(shapes) or shapely.is_empty(shapes).all():
        return np.zeros(len(shapes)), np.zeros(len(shapes))
    on = raster.lattice(tuple(shapely.total_bounds(shapes)), patch_m=patch_m)
    cut, patches = raster.members(shapes, on)
    unique, position, often = np.unique(patches, return_inverse=True, return_counts=True)
    alone = (often == 1)[position]
    value = _patch_need(unique, on, ids, _per_m2(ids, np.asarray(need, dtype=np.float64), public_m2))[position]
    owner = np.repeat(np.arange(len(shapes)), np.diff(cut))
    lost = np.bincount(owner[alone], weights=value[alone], minlength=len(shapes))
    area = np.bincount(owner[alone], minlength=len(shapes)).astype(np.float64) * on.patch_m2
    return lost.astype(np.float64), area


def _variants(places: int, kinds: tuple[Kind, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Every candidate with every kind and heading."""
    kind = np.repeat(np.arange(len(kinds)), [k.headings for k in kinds])
    heading = np.concatenate([np.arange(k.headings) * 360.0 / k.headings for k in kinds])
    return np.repeat(np.arange(places), len(kind)), np.tile(kind, places), np.tile(heading, places)


def _demand(
    shapes: NDArray[np.object_],
    place: NDArray[np.int64],
    cost: Floats,
    ids: cells.Cells,
    per_m2: Floats,
    existing: gpd.GeoSeries,
    buildings: visibility.Walls,
    private: NDArray[np.object_],
    patch_m: float,
) -> tuple[Floats, float, sites.Options]:
    """Weights of the patches that any option sees, the need already in view, and the options over those patches."""
    now = np.asarray(existing.values, dtype=object)
    west, south, east, north = shapely.total_bounds(np.concatenate([shapes, now]))
    on = raster.lattice((west, south, east, north), patch_m=patch_m)
    cut, patches = raster.members(shapes, on)
    unique, position = np.unique(patches, return_inverse=True)
    weight = _patch_need(unique, on, ids, per_m2)
    inside = buildings.tree.query(shapely.box(west, south, east, north))
    blocked = raster.count(np.concatenate([buildings.shapes[inside], private]), on)
    weight[raster.covered(blocked, unique)] = 0.0
    seen_now = raster.count(now, on)
    weight[raster.covered(seen_now, unique)] = 0.0
    before = float((raster.per_cell(seen_now, ids, outside=blocked)[:, 0] * per_m2).sum())
    return weight, before, sites.Options(cut, position.astype(np.int64), place, cost)


def _per_m2(ids: cells.Cells, need: Floats, public_m2: ArrayLike | None) -> Floats:
    """The need of each cell over its public ground, 0 where it has none."""
    ground = cells.areas_m2(ids) if public_m2 is None else np.asarray(public_m2, dtype=np.float64)
    return np.divide(need, ground, out=np.zeros(len(ids)), where=ground > 0)


def _patch_need(patches: NDArray[np.int64], on: raster.Lattice, ids: cells.Cells, per_m2: Floats) -> Floats:
    """Each patch's share of the need of its cell, 0 outside the cells."""
    found = cells.positions(ids, cells.from_points(*raster.centres(patches, on), cells.resolution(ids)))
    return np.where(found >= 0, per_m2[found] * on.patch_m2, 0.0)
