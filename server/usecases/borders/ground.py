"""What a plan of communities may know: cells that touch, the town of each, households. Rivers part no community."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection

from geo import adjacency as adjacencies
from geo.adjacency import Adjacency
from geo.problem import Problem
from server.rules import planned
from server.store import bases
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import drawing, workload
from server.usecases.planning import drafts


def of_row(ctx: Context, connection: Connection, place: territory.World, row: dict[str, Any]) -> drafts.Ground:
    """The ground that a plan is measured on: of its kind, its band and its workload."""
    band = (row["band_low"], row["band_high"])
    if row["kind"] == planned.COMMUNITIES:
        return make(ctx, connection, place, band=band, across=bool(row["across_towns"]))
    return drawing.make_ground(ctx, connection, place, band=band, wanted=workload.of_plan(row))


def make(
    ctx: Context, connection: Connection, place: territory.World, *, band: tuple[float, float], across: bool = False
) -> drafts.Ground:
    """Communities as what is drawn, towns as the regions they nest in; with ``across`` what the towns lie in."""
    households = bases.column(connection, place.base.id, "households")
    lowest, at = np.unique(place.base.region, return_inverse=True)
    towns = [_parent(place, number) for number in lowest.tolist()]
    town = np.array(towns, dtype=np.int64)[at.ravel()]
    inside = np.array([_parent(place, number) for number in towns], dtype=np.int64)[at.ravel()] if across else town
    region_ids, region = np.unique(inside, return_inverse=True)
    problem = Problem(
        place.base.cells, graph(ctx, place), region=region.astype(np.int32).ravel(),
        households=households if households is not None else np.zeros(place.base.cells.size), band=band,
    )
    return drafts.Ground(problem, region_ids, planned.COMMUNITIES, seat=town)


def _parent(place: territory.World, number: int) -> int:
    """Id of what a region lies in; -1 for none."""
    region = place.regions.get(number)
    return -1 if region is None or region.parent_id is None else region.parent_id


def graph(ctx: Context, place: territory.World) -> Adjacency:
    """Which cells touch; the parts of a community that lies in several today count as touching."""
    made: Adjacency = ctx.cache.get(
        ("touching communities", place.base.id),
        lambda: adjacencies.tied(adjacencies.build(place.base.cells), place.base.cells, place.base.region),
    )
    return made


def band_of(place: territory.World, households: Any) -> tuple[float, float]:
    """From the smallest to the largest community of today, in whole households: what a redrawn one is held against."""
    if households is None or not households.any():
        return 0.0, 1.0
    totals = np.bincount(np.unique(place.base.region, return_inverse=True)[1].ravel(), weights=households)
    return float(np.floor(totals.min())), float(max(np.ceil(totals.max()), 1.0))
