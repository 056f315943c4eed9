"""How densely cameras stand, what share of each cell's public ground is seen, and where incidents happen out of sight.

Counted per base cell behind the city's buildings; at coarser resolutions a cell is the sum of its base cells. Offline
cameras count for density and not for coverage.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cameras as camera_areas
from geo import cells
from server.rules import permissions
from server.store import database
from server.usecases import errors
from server.usecases.cameras import sight
from server.usecases.city import territory
from server.usecases.context import Columns, Context
from server.usecases.incidents import counting

AT_LEAST = (1, 2, 3)
near = sight.near


def density(
    ctx: Context, city: str, *, res: int | None = None, k: int = 1, buildings: bool = True
) -> Columns:
    """Per cell ``value`` (cameras per km² of true area), ``covered`` (share of public ground seen by at least ``k``
    working cameras, 0–1) and ``n`` (cameras). Raises Invalid for a ``k`` that is not counted."""
    if k not in AT_LEAST:
        raise errors.Invalid("k", f"Ground is counted in view of 1, 2 or 3 cameras, not {k}.")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        wanted = territory.check_resolution(place, res)
        found = covered(ctx, connection, place, wanted, buildings=buildings)
    seen = territory.visible(ctx, place, found.cells)
    columns = {
        "value": found.columns["per_km2"][seen].astype(np.float32),
        "covered": share(found.columns[f"seen{k}_m2"], found.columns["public_m2"])[seen].astype(np.float32),
        "n": found.columns["cameras"][seen].astype(np.uint32),
    }
    return Columns(found.cells[seen], columns, {**found.meta, "k": k, "n": int(columns["n"].sum())})


def gaps(
    ctx: Context, city: str, *, start: datetime | None = None, end: datetime | None = None,
    category: str | None = None, res: int | None = None,
) -> Columns:
    """Cells with incidents: ``value`` (n × unseen share, what happens out of sight), ``n``, ``covered`` (share)."""
    permissions.check(ctx.actor, "gap.read")
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, city)
        wanted = territory.check_resolution(place, res)
        seen = covered(ctx, connection, place, wanted)
        counted = counting.counts(ctx, connection, place, start=start, end=end, category=category, res=wanted)
    at = cells.positions(seen.cells, counted.cells)
    held = np.maximum(counted.columns["n"][at >= 0], 0.0)
    need = np.bincount(at[at >= 0], weights=held, minlength=seen.cells.size).astype(np.float64)
    value = camera_areas.gaps(need, seen.columns["seen"])
    shown = (need > 0) & territory.visible(ctx, place, seen.cells)
    columns = {
        "value": value[shown].astype(np.float32),
        "n": need[shown].astype(np.uint32),
        "covered": seen.columns["seen"][shown].astype(np.float32),
    }
    meta = {**counted.meta, "n": int(columns["n"].sum()), "left_out": round(float(value[~shown].sum()))}
    return Columns(seen.cells[shown], columns, meta)


def covered(
    ctx: Context, connection: Connection, place: territory.World, resolution: int, *, buildings: bool = True
) -> Columns:
    """Every cell of the city at a resolution: ``cameras``, ``area_m2``, ``public_m2``, ``seen1_m2`` … ``seen3_m2``,
    ``clear_m2`` (weighted by detail), and of these ``per_km2`` and ``seen`` (share, 0–1). Kept by data version."""
    key = ("coverage", place.city.code, place.base.id, place.city.data_version, resolution, buildings)
    made: Columns = ctx.cache.get(key, lambda: _at(ctx, connection, place, resolution, buildings=buildings))
    return made


def share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """``part ÷ whole`` within 0–1, 0 where there is no whole."""
    return np.clip(np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0), 0.0, 1.0)


def _at(ctx: Context, connection: Connection, place: territory.World, resolution: int, *, buildings: bool) -> Columns:
    if resolution == place.base.resolution:
        return _base(ctx, connection, place, buildings=buildings)
    fine = covered(ctx, connection, place, place.base.resolution, buildings=buildings)
    ids, at = np.unique(cells.parents(fine.cells, resolution), return_inverse=True)
    summed = {
        name: np.bincount(at, weights=fine.columns[name], minlength=ids.size).astype(np.float64)
        for name in ("cameras", "area_m2", "public_m2", "clear_m2", *(f"seen{k}_m2" for k in AT_LEAST))
    }
    return Columns(ids, _with_shares(summed), {**fine.meta, "resolution": resolution})


def _base(ctx: Context, connection: Connection, place: territory.World, *, buildings: bool) -> Columns:
    found = sight.scene(ctx, connection, place, buildings=buildings)
    ids = place.base.cells
    made = camera_areas.coverage(
        ids, found.sites, buildings=found.walls, private=found.private, seen_by=found.seen_by, at_least=AT_LEAST
    )
    summed = {"cameras": made.cameras, "area_m2": cells.areas_m2(ids), "public_m2": made.public_m2}
    summed["clear_m2"] = made.clear_m2
    summed |= {f"seen{k}_m2": made.seen_m2[:, i] for i, k in enumerate(AT_LEAST)}
    offline = int((~found.works).sum())
    meta = {
        "cameras": len(found.rows), "offline": offline, "resolution": place.base.resolution, "source": "cameras",
        "buildings": 0 if found.walls is None else len(found.walls.shapes), "compounds": len(found.compounds),
    }  # fmt: skip
    return Columns(ids, _with_shares(summed), meta)


def _with_shares(summed: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    per_km2 = summed["cameras"] / (summed["area_m2"] / 1e6)
    return {**summed, "per_km2": per_km2, "seen": share(summed["seen1_m2"], summed["public_m2"])}
