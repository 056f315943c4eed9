"""Drawing a plan: the city's cells, households and barriers as a problem, the engine's answer as a draft.

The problem is the same for every way of drawing: what is a barrier and what a bridge is decided here once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import adjacency as adjacencies
from geo import drawing, measures, stop
from geo.adjacency import Adjacency
from geo.problem import Problem
from server.rules import permissions
from server.store import bases, database, imported
from server.usecases import drafts, errors, territory
from server.usecases.context import Context, Progress, silent

BAND = (300.0, 500.0)
LINKS = ("bridge", "tunnel")


def draw(
    ctx: Context, city: str, *, band: tuple[float, float] = BAND, seed: int = 0, seconds: float | None = None,
    progress: Progress = silent, cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Draw a draft plan and store it: ``{plan, version, grids, violations, measures, seconds, stopped_by}``.

    Without ``seconds`` the engine works until it sees nothing left to gain. Raises Conflict where the city has no
    households yet, Invalid for a band out of range, Cancelled.
    """
    permissions.check(ctx.actor, "plan.draw")
    if not 0 < band[0] < band[1]:
        raise errors.Invalid("band", f"A band is low:high with 0 < low < high, not {band[0]:g}:{band[1]:g}.")
    progress(0.05, "reading")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        ground = make_ground(ctx, connection, place, band=band)
    progress(0.2, "drawing")
    made = drawing.draw(ground.problem, rng=np.random.default_rng(seed), stop=stop_rule(seconds, cancelled))
    if made.stopped_by == "cancelled":
        raise errors.Cancelled("cancelled", "Drawing was cancelled; no plan was stored.")
    progress(0.85, "storing")
    with database.writing(ctx.db) as connection:
        fresh = territory.world(ctx, connection, city)
        if fresh.base.id != place.base.id:
            raise errors.Conflict("older_base", "The city's cells were changed while the plan was being drawn.")
        found = drafts.save(
            ctx, connection, fresh, ground, made.partition.labels, band=band, seed=seed, name="",
            violations=made.violations, measured=measures.as_dict(made.measures),
        )
        result = {**found, "seconds": round(made.seconds, 3), "stopped_by": made.stopped_by}
        ctx.seal(connection, result)
    progress(1.0, "done")
    return result


def make_ground(
    ctx: Context, connection: Connection, place: territory.World, *, band: tuple[float, float],
    exempt: NDArray[np.bool_] | None = None, unit: NDArray[np.int32] | None = None, must_live: bool = True,
) -> drafts.Ground:
    """The drawing problem of a city. ``exempt`` bool[n] are cells of dedicated grids, kept apart by ``unit`` int32[n].

    Raises Conflict where no households were imported, unless ``must_live`` is false: then there are none.
    """
    households = bases.column(connection, place.base.id, "households")
    if households is None and must_live:
        raise errors.Conflict(
            "no_households", "The city has no households yet; import households or buildings with households first."
        )
    region_ids, region = np.unique(place.base.region, return_inverse=True)
    kept = np.where(exempt, unit, -1).astype(np.int32) if exempt is not None and unit is not None else None
    problem = Problem(
        place.base.cells, graph(ctx, connection, place), region=region.astype(np.int32).ravel(),
        households=households if households is not None else np.zeros(place.base.cells.size), band=band,
        exempt=exempt, unit=kept,
    )
    return drafts.Ground(problem, region_ids.astype(np.int64))


def graph(ctx: Context, connection: Connection, place: territory.World) -> Adjacency:
    """Who touches whom, with the city's barriers, bridges and tunnels; kept by data version."""
    key = ("graph", place.base.id, place.city.data_version)
    made: Adjacency = ctx.cache.get(key, lambda: _graph(place, imported.rows(connection, "barriers", place.city.code)))
    return made


def stop_rule(seconds: float | None, cancelled: Callable[[], bool] | None) -> stop.Rule | None:
    """Stop after ``seconds`` or when ``cancelled`` says so; None where neither is given."""
    rules: list[stop.Rule] = []
    if seconds is not None:
        rules.append(stop.Deadline(seconds))
    if cancelled is not None:
        rules.append(stop.Cancelled(cancelled))
    return stop.any_of(*rules) if rules else None


def _graph(place: territory.World, rows: list[dict[str, Any]]) -> Adjacency:
    shapes = np.asarray(shapely.from_wkb([row["geometry"] for row in rows]), object)
    is_link = np.array([row["kind"] in LINKS for row in rows], dtype=np.bool_)
    cost = np.array([np.inf if row["cost"] is None else row["cost"] for row in rows], dtype=np.float64)
    barred = gpd.GeoDataFrame(
        {"cost": cost[~is_link]}, geometry=gpd.GeoSeries(shapes[~is_link], crs="EPSG:4326")
    )
    links = gpd.GeoSeries(shapes[is_link], crs="EPSG:4326")
    return adjacencies.build(place.base.cells, barriers=barred, links=links)
