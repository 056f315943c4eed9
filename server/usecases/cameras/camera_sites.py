"""Where the next cameras help most, what a camera somewhere would see, and proposals that are kept.

Candidates are road junctions, building corners towards the street, or given poles. Existing working cameras stay. No
proposal looks into a forbidden area or, unless that is allowed, into a compound; none is approved without a purpose
and a legal basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cameras, cells, geodesy, visibility
from server.rules import coverage as rules
from server.rules import permissions
from server.store import database, imported
from server.usecases import errors
from server.usecases.cameras import cordons, coverage, coverage_facts, sight, whereabouts
from server.usecases.city import territory
from server.usecases.context import Context, Progress, silent

MOST_CANDIDATES = 400
MOST_NUMBER = 200
CORNER_M = 0.5
"""A camera on a building's corner stands this far off the wall."""
JUNCTION_ARMS = 3
SOURCES = ("junctions", "corners")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """What is wanted: ``number`` of cameras or a ``budget`` in units of a fixed camera; ``costs`` by kind.

    ``sources`` of candidates, or ``poles`` (lat, lng) instead; ``region`` (a code) limits where; ``forbidden`` rings of
    (lng, lat) that no view may enter; ``compounds`` allows views into compounds.
    """

    number: int | None = 10
    budget: float | None = None
    sources: tuple[str, ...] = ("junctions",)
    poles: tuple[tuple[float, float], ...] = ()
    region: str | None = None
    forbidden: tuple[tuple[tuple[float, float], ...], ...] = ()
    compounds: bool = False
    fixed_cost: float = 1.0
    dome_cost: float = 2.5
    weights: rules.Weights = rules.Weights()


def next_sites(ctx: Context, city: str, asked: Asked, *, progress: Progress = silent) -> dict[str, Any]:
    """Sites in the order of choosing with what each adds and where it is (``at``, as ``whereabouts`` tells it); need
    seen before and after, and the proven bound.

    Raises Invalid for a request without candidates or without a number or a budget.
    """
    permissions.check(ctx.actor, "camera.propose")
    if asked.number is None and asked.budget is None:
        raise errors.Invalid("number", "Say how many cameras, or how much they may cost.")
    if asked.number is not None and not 1 <= asked.number <= MOST_NUMBER:
        raise errors.Invalid("number", f"Between 1 and {MOST_NUMBER} cameras can be proposed, not {asked.number}.")
    progress(0.05, "reading")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        scene = sight.scene(ctx, connection, place)
        need = coverage_facts.needs(ctx, connection, place, weights=asked.weights)["need"]
        found = coverage.covered(ctx, connection, place, place.base.resolution)
        mine = territory.visible(ctx, place, place.base.cells) & _inside(ctx, place, asked.region)
        lats, lngs = _candidates(connection, place, scene, asked)
    gap = np.where(mine, cameras.gaps(need, found.columns["seen"]), 0.0)
    lats, lngs = _most_promising(lats, lngs, place, gap)
    if not lats.size:
        raise errors.Invalid("candidates", "No candidate place lies where anything is out of sight.")
    progress(0.3, "choosing")
    walls = scene.walls if scene.walls is not None else visibility.walls(gpd.GeoSeries([], crs="EPSG:4326"))
    made = cameras.next_sites(
        lats, lngs, ids=place.base.cells, need=np.where(mine, need, 0.0), existing=scene.working, buildings=walls,
        kinds=_kinds(asked), forbidden=_forbidden(scene, asked), private=scene.private,
        public_m2=found.columns["public_m2"], number=asked.number, budget=asked.budget,
    )  # fmt: skip
    progress(0.95, "writing")
    chosen = made.candidate
    with database.reading(ctx.db) as connection:
        at = whereabouts.of(ctx, connection, place, lats=lats[chosen].tolist(), lngs=lngs[chosen].tolist())
    return _told(made, lats, lngs, at=at, before=float((need * found.columns["seen"])[mine].sum()))


def from_job(payload: dict[str, Any]) -> Asked:
    """The request of a job, which came as JSON."""
    given = {name: _frozen(value) for name, value in payload.items() if name != "weights"}
    return Asked(**given, weights=rules.Weights(**payload.get("weights", {})))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


def _kinds(asked: Asked) -> tuple[cameras.Kind, ...]:
    fixed, dome = cameras.FIXED, cameras.DOME
    return (
        cameras.Kind(fixed.name, fixed.angle_deg, fixed.range_m, fixed.headings, asked.fixed_cost),
        cameras.Kind(dome.name, dome.angle_deg, dome.range_m, dome.headings, asked.dome_cost),
    )


def _inside(ctx: Context, place: territory.World, region: str | None) -> NDArray[np.bool_]:
    if region is None:
        return np.ones(place.base.cells.size, np.bool_)
    found = [one for one in place.regions.values() if one.code == region]
    if not found or found[0].id not in territory.visible_regions(ctx, place):
        raise errors.NotFound("not_found", f"There is no region {region!r}.")
    ids = {number for number in place.regions if found[0].id in {one.id for one in place.chain(number)}}
    return np.isin(place.base.region, list(ids))


def _candidates(
    connection: Connection, place: territory.World, scene: sight.Scene, asked: Asked
) -> tuple[Floats, Floats]:
    if asked.poles:
        points = np.array(asked.poles, np.float64)
        return points[:, 0], points[:, 1]
    unknown = [name for name in asked.sources if name not in SOURCES]
    if unknown:
        raise errors.Invalid("sources", f"There is no source {unknown[0]!r}; it is one of {', '.join(SOURCES)}.")
    parts = [np.empty((0, 2))]
    if "junctions" in asked.sources:
        rows = imported.rows(connection, "roads", place.city.code, names=("geometry",))
        parts.append(_junctions(np.asarray(shapely.from_wkb([row["geometry"] for row in rows]), object)))
    if "corners" in asked.sources and scene.walls is not None:
        parts.append(_corners(scene.walls.shapes))
    points = np.concatenate(parts)
    return points[:, 1], points[:, 0]


def _junctions(lines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Points (lng, lat) where at least three ends of roads meet."""
    if not lines.size:
        return np.empty((0, 2))
    pieces = shapely.get_parts(lines)
    ends = shapely.get_coordinates(np.concatenate([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)]))
    places, times = np.unique(np.round(ends, 6), axis=0, return_counts=True)
    return np.asarray(places[times >= JUNCTION_ARMS], np.float64)


def _corners(buildings: NDArray[np.object_]) -> NDArray[np.float64]:
    """A little off each corner of the buildings' envelopes (lng, lat)."""
    plane = geodesy.plane_for(buildings)
    flat = shapely.buffer(plane.project(buildings), CORNER_M, join_style="mitre")
    points = shapely.get_coordinates(shapely.simplify(shapely.get_exterior_ring(flat), 2.0))
    lats, lngs = plane.inverse(points[:, 0], points[:, 1])
    return np.column_stack((lngs, lats))


def _most_promising(lats: Floats, lngs: Floats, place: territory.World, gap: Floats) -> tuple[Floats, Floats]:
    """At most ``MOST_CANDIDATES``: those with the most unseen need in their cell and the cells around it."""
    if not lats.size:
        return lats, lngs
    ids = place.base.cells
    here = cells.from_points(lats, lngs, place.base.resolution)
    own, at = np.unique(here, return_inverse=True)
    around = cells.neighbours(ids)
    spread = gap + np.where(around >= 0, gap[np.maximum(around, 0)], 0.0).sum(axis=1)
    position = cells.positions(ids, own)
    worth = np.where(position >= 0, spread[np.maximum(position, 0)], 0.0)[at]
    order = np.lexsort((lngs, lats, -worth))[:MOST_CANDIDATES]
    order = np.sort(order[worth[order] > 0])
    return lats[order], lngs[order]


def _forbidden(scene: sight.Scene, asked: Asked) -> shapely.Geometry | None:
    shapes = [cordons.polygon(list(ring)) for ring in asked.forbidden]
    if not asked.compounds:
        shapes += scene.private.tolist()
    return shapely.union_all(shapes) if shapes else None


def _told(
    made: cameras.Proposals, lats: Floats, lngs: Floats, *, at: list[dict[str, Any]], before: float
) -> dict[str, Any]:
    """``before`` is the need in view as the figures count it; what the choice adds is added to it."""
    whole = made.need or 1.0
    items = []
    for i, candidate in enumerate(made.candidate.tolist()):
        round_view = made.kind[i] != "fixed"
        kind = cameras.DOME if round_view else cameras.FIXED
        items.append({
            "rank": i + 1, "lat": float(lats[candidate]), "lng": float(lngs[candidate]), "at": at[i],
            "kind": made.kind[i], "heading_deg": None if round_view else float(made.heading_deg[i]),
            "angle_deg": kind.angle_deg, "range_m": kind.range_m, "gain": round(float(made.gain[i]) / whole, 6),
            "view": shapely.geometry.mapping(shapely.set_precision(made.views.iloc[i], 1e-7)),
        })  # fmt: skip
    return {
        "items": items, "candidates": int(lats.size), "cost": made.cost,
        "seen_before": round(before / whole, 6),
        "seen_after": round((before + made.seen_after - made.seen_before) / whole, 6),
        "bound": round((before + made.bound - made.seen_before) / whole, 6),
    }  # fmt: skip
