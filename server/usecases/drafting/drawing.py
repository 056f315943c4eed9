"""Drawing a plan: the city's cells, households and barriers as a problem, the engine's answer as a draft.

The problem is the same for every way of drawing: what is a barrier and what a bridge is decided here once.
"""

from __future__ import annotations

import dataclasses
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
from geo.partition import Partition
from geo.problem import Problem
from server.rules import kinds, permissions
from server.rules import workload as rule
from server.store import bases, database, imported, imports, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context, Progress, silent
from server.usecases.drafting import wishes, workload
from server.usecases.planning import drafts
from server.usecases.planning import plans as plan_usecases

BAND = (300.0, 500.0)
LINKS = ("bridge", "tunnel")
NOTHING = wishes.Wishes()

HALF_S = 20.0
"""Seconds after which half of a drawing without a limit is said to be done: nobody knows how long it will take."""


def draw(
    ctx: Context, city: str, *, band: tuple[float, float] = BAND, seed: int = 0, seconds: float | None = None,
    wished: wishes.Wishes = NOTHING, exact: bool = False, progress: Progress = silent,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Draw a draft plan and store it: ``{plan, version, grids, violations, measures, bounds, seconds, stopped_by,
    workload, units, units_without_cells}``, see ``proofs`` for ``bounds``.

    Without ``seconds`` the engine works until it sees nothing left to gain. ``exact`` asks for the least worst
    deviation, proved where the time allows; then ``gap`` is the largest difference to what was proved. Raises Conflict
    where the city has no households yet, Invalid for a band out of range and for wishes that cannot be, Cancelled.
    """
    permissions.check(ctx.actor, "plan.draw")
    progress(0.05, "reading")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        ground, bound = prepare(ctx, connection, place, band=band, wished=wished)
    progress(0.2, "drawing")
    rule = stop_rule(seconds, cancelled, beat(progress, 0.2, 0.85, seconds=seconds))
    if exact:
        made: drawing.Drawing = drawing.exact(ground.problem, stop=rule)
    else:
        made = drawing.draw(ground.problem, rng=np.random.default_rng(seed), stop=rule)
    if made.stopped_by == "cancelled":
        raise errors.Cancelled("cancelled", "Drawing was cancelled; no plan was stored.")
    progress(0.85, "storing")
    with database.writing(ctx.db) as connection:
        fresh = territory.world(ctx, connection, city)
        if fresh.base.id != place.base.id:
            raise errors.Conflict("older_base", "The city's cells were changed while the plan was being drawn.")
        measured = {**measures.as_dict(made.measures), **ground.unit}
        found = drafts.save(
            ctx, connection, fresh, ground, made.partition.labels, band=band, seed=seed, name="",
            violations=made.violations, measured=measured,
        )
        mark(connection, found["plan"], ground, made.partition, bound.facts)
        result = {
            **found, "bounds": proofs(place, ground, made.partition), "seconds": round(made.seconds, 3),
            "stopped_by": made.stopped_by, "workload": wished.workload, "units": bound.units,
            "units_without_cells": bound.lost,
        }
        if isinstance(made, drawing.Exact):
            result["gap"] = round(made.gap, 6)
        ctx.seal(connection, result)
    progress(1.0, "done")
    return result


def prepare(
    ctx: Context, connection: Connection, place: territory.World, *, band: tuple[float, float], wished: wishes.Wishes
) -> tuple[drafts.Ground, wishes.Bound]:
    """The drawing problem of a city with everything that is wished for. Raises as ``draw`` does."""
    if not 0 < band[0] < band[1]:
        raise errors.Invalid("band", f"A band is low:high with 0 < low < high, not {band[0]:g}:{band[1]:g}.")
    wanted = workload.find(connection, place.city.code, wished.workload)
    ground = make_ground(ctx, connection, place, band=band, wanted=wanted)
    plain = ground.problem
    bound = wishes.bind(ctx, connection, place, plain.adjacency, wished)
    load = np.where(bound.exempt, 0.0, plain.households)
    living = np.bincount(plain.region, load, len(ground.region_ids)).astype(np.float64)
    problem = dataclasses.replace(
        plain, unit=bound.unit, locked=bound.locked, exempt=bound.exempt, closed=bound.closed,
        counts=wishes.counts(place, ground.region_ids, living, _least(plain, bound.exempt), wished),
    )
    return dataclasses.replace(ground, problem=problem), bound


def ground_of(
    ctx: Context, connection: Connection, stored: plan_usecases.Stored, *, band: tuple[float, float] | None = None,
    households: NDArray[np.float64] | None = None,
) -> drafts.Ground:
    """What a stored plan answers: its band (or another) and workload, with its dedicated grids apart; of other
    ``households`` float64[n] than the city's where they are given."""
    limits = band or (stored.row["band_low"], stored.row["band_high"])
    special = [row["label"] for row in plans.grids(connection, stored.id) if row["kind"] == kinds.DEDICATED]
    return make_ground(
        ctx, connection, stored.place, band=limits, exempt=np.isin(stored.labels, special), unit=stored.labels,
        wanted=workload.of_plan(stored.row), households=households,
    )


def _least(problem: Problem, exempt: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The fewest grids of each region, int32[regions]: one for each piece of it that hangs together without the
    ``exempt`` cells."""
    apart = np.where(exempt, -1, problem.region).astype(np.int32)
    pieces = adjacencies.components(problem.adjacency, labels=apart)[~exempt]
    _, first = np.unique(pieces, return_index=True)
    found = np.bincount(problem.region[~exempt][first], minlength=int(problem.region.max()) + 1)
    return np.maximum(found, 1).astype(np.int32)


def proofs(place: territory.World, ground: drafts.Ground, partition: Partition) -> list[dict[str, Any]]:
    """By community: ``{region, code, name, grids, fewest, worst, bound, gap}``, the largest gap first.

    ``fewest`` grids and the worst deviation ``bound`` are proved: no plan has less; ``gap`` is what lies between.
    """
    found = measures.gaps(ground.problem, partition)
    rows = []
    for at, number in enumerate(found.region.tolist()):
        region = place.regions.get(int(ground.region_ids[number]))
        rows.append({
            "region": str(region.id) if region else None, "code": region.code if region else "",
            "name": region.name if region else "", "grids": int(found.grids[at]), "fewest": int(found.fewest[at]),
            "worst": round(float(found.worst[at]), 4), "bound": round(float(found.bound[at]), 4),
            "gap": round(max(0.0, float(found.worst[at] - found.bound[at])), 4),
        })  # fmt: skip
    return sorted(rows, key=lambda row: (-row["gap"], row["code"]))


def mark(
    connection: Connection, plan_id: str, ground: drafts.Ground, partition: Partition,
    known: dict[int, dict[str, Any]],
) -> None:
    """Give the ``known`` grids their name and kind, and dedicated ones their kind."""
    figures = measures.per_grid(ground.problem, partition)
    for label, special in zip(figures.labels.tolist(), figures.dedicated.tolist(), strict=True):
        facts = known.get(label, {"kind": kinds.DEDICATED} if special else {})
        own = {name: facts[name] for name in ("name", "kind", "locked") if name in facts}
        if own:
            plans.figure(connection, plan_id, label, **own)


def make_ground(
    ctx: Context, connection: Connection, place: territory.World, *, band: tuple[float, float],
    exempt: NDArray[np.bool_] | None = None, unit: NDArray[np.int32] | None = None, must_live: bool = True,
    wanted: rule.Workload = rule.HOMES, households: NDArray[np.float64] | None = None,
) -> drafts.Ground:
    """The drawing problem of a city. ``exempt`` bool[n] are cells of dedicated grids, kept apart by ``unit`` int32[n];
    ``wanted`` is what the band counts; ``households`` float64[n] stand in for the city's.

    Raises Conflict where no households were imported, unless ``must_live`` is false: then there are none.
    """
    if households is None:
        households = bases.column(connection, place.base.id, "households")
    if households is None and must_live:
        raise errors.Conflict(
            "no_households", "The city has no households yet; import households or buildings with households first."
        )
    region_ids, region = np.unique(place.base.region, return_inverse=True)
    homes = households if households is not None else np.zeros(place.base.cells.size)
    kept = np.where(exempt, unit, -1).astype(np.int32) if exempt is not None and unit is not None else None
    problem = Problem(
        place.base.cells, graph(ctx, connection, place), region=region.astype(np.int32).ravel(),
        households=workload.on_cells(ctx, connection, place, wanted, homes), band=band, exempt=exempt, unit=kept,
    )
    return drafts.Ground(problem, region_ids.astype(np.int64), households=homes, unit=workload.unit(wanted))


def graph(ctx: Context, connection: Connection, place: territory.World) -> Adjacency:
    """Who touches whom, with the city's barriers, bridges and tunnels; kept until barriers are imported again."""
    code = place.city.code
    key = ("graph", place.base.id, imports.last(connection, code, kind="barriers"))
    made: Adjacency = ctx.cache.get(key, lambda: _graph(place, imported.rows(connection, "barriers", code)))
    return made


def stop_rule(
    seconds: float | None, cancelled: Callable[[], bool] | None, heard: stop.Rule | None = None
) -> stop.Rule | None:
    """Stop after ``seconds`` or when ``cancelled`` says so, with ``heard`` told of the progress; None without any."""
    rules: list[stop.Rule] = [heard] if heard is not None else []
    if seconds is not None:
        rules.append(stop.Deadline(seconds))
    if cancelled is not None:
        rules.append(stop.Cancelled(cancelled))
    return stop.any_of(*rules) if rules else None


def beat(progress: Progress, first: float, last: float, *, seconds: float | None = None) -> stop.Rule:
    """A rule that never stops: it tells ``progress``, once a second, a share from ``first`` to ``last``: that of the
    time allowed, or one that creeps where as much time as it takes is allowed."""
    told = [0.0]

    def tell(found: stop.Progress) -> None:
        if found.seconds_s - told[0] >= 1.0:
            told[0] = found.seconds_s
            past = found.seconds_s / (HALF_S + found.seconds_s) if seconds is None else found.seconds_s / seconds
            progress(first + (last - first) * min(past, 1.0), "drawing")

    return tell


def _graph(place: territory.World, rows: list[dict[str, Any]]) -> Adjacency:
    shapes = np.asarray(shapely.from_wkb([row["geometry"] for row in rows]), object)
    is_link = np.array([row["kind"] in LINKS for row in rows], dtype=np.bool_)
    cost = np.array([np.inf if row["cost"] is None else row["cost"] for row in rows], dtype=np.float64)
    barred = gpd.GeoDataFrame(
        {"cost": cost[~is_link]}, geometry=gpd.GeoSeries(shapes[~is_link], crs="EPSG:4326")
    )
    links = gpd.GeoSeries(shapes[is_link], crs="EPSG:4326")
    return adjacencies.build(place.base.cells, barriers=barred, links=links)
