"""The workload of every cell by a named formula, and the formulas of a city."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells
from server.rules import permissions
from server.rules import workload as rule
from server.store import audit, database, imported, settings
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.incidents import counting
from server.usecases.planning import drafts

Floats = NDArray[np.float64]
YEAR = timedelta(days=365)
NAME, WEIGHTS = "workload", "weights"
"""Where the measures of a plan keep the workload that it was drawn by."""


def list_(ctx: Context, city: str) -> dict[str, dict[str, float]]:
    """The weights of every formula of a city, by name: those that every city has, and its own."""
    permissions.check(ctx.actor, "plan.read")
    with database.reading(ctx.db) as connection:
        territory.city(ctx, connection, city)
        return _known(connection, city)


def names(connection: Connection, city: str) -> list[str]:
    """What the formulas of a city are called."""
    return list(_known(connection, city))


def put(ctx: Context, city: str, name: str, weights: dict[str, float]) -> dict[str, float]:
    """Store a formula of a city, or take its own one away where ``weights`` is empty. Raises Invalid."""
    permissions.check(ctx.actor, "plan.draw")
    found = rule.faults(name, weights) if weights else []
    if found:
        raise errors.Invalid("workload", found[0], detail=found)
    with database.writing(ctx.db) as connection:
        territory.city(ctx, connection, city)
        own = {key: value for key, value in (settings.get(connection, _key(city)) or {}).items() if key != name}
        if weights:
            own[name] = weights
        settings.put(connection, _key(city), own, at=ctx.stamp())
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="workload.set", city=city,
            detail={"name": name, "weights": weights},
        )
    return weights


def find(connection: Connection, city: str, name: str) -> rule.Workload:
    """The workload of that name. Raises Invalid for one that the city does not have."""
    known = _known(connection, city)
    if name not in known:
        raise errors.Invalid("workload", f"There is no workload {name!r}; there is {', '.join(sorted(known))}.")
    return rule.Workload(name, known[name])


def unit(wanted: rule.Workload) -> dict[str, Any]:
    """How the measures of a plan name the workload that its band counts; the weights of then stay with the plan."""
    return {NAME: wanted.name} if wanted.plain else {NAME: wanted.name, WEIGHTS: dict(wanted.weights)}


def of_plan(row: dict[str, Any]) -> rule.Workload:
    """The workload that a stored plan was drawn by, with the weights it had then."""
    return _told(row["measures"])


def of_ground(ground: drafts.Ground) -> rule.Workload:
    """The workload that the band of a ground counts."""
    return _told(ground.unit)


def on_cells(
    ctx: Context, connection: Connection, place: territory.World, wanted: rule.Workload, households: Floats
) -> Floats:
    """The load of every cell, scaled to the total of ``households``, float64[n].

    Raises Invalid for a workload that comes to nothing here.
    """
    if wanted.plain:
        return households
    formula = rule.formula(wanted.weights)
    load = formula.households * households
    if formula.compounds:
        load = load * _share(connection, place, formula)
    if formula.incidents:
        load = load + formula.incidents * _reports(ctx, connection, place)
    if formula.area_km2:
        load = load + formula.area_km2 * place.base.areas_m2 / 1e6
    for kind, weight in formula.places.items():
        spots = imported.rows(connection, "places", place.city.code, names=("cell",), where={"kind": kind})
        load = load + weight * _counted(place, [row["cell"] for row in spots])
    total, homes = float(load.sum()), float(households.sum())
    if total <= 0:
        raise errors.Invalid("workload", f"The workload {wanted.name!r} is 0 everywhere in this city.")
    return load * (homes / total) if homes > 0 else load


def _share(connection: Connection, place: territory.World, formula: rule.Formula) -> Floats:
    """How much a household of each cell counts: the mean over its buildings, 1 where none is known to be lived in."""
    other, none = formula.compounds.get("*", 1.0), formula.compounds.get("-", 1.0)
    rows = imported.rows(connection, "buildings", place.city.code, names=("cell", "households", "compound"))
    lived = [row for row in rows if row["households"]]
    homes = np.array([row["households"] for row in lived], dtype=np.float64)
    factor = np.array(
        [formula.compounds.get(row["compound"], other) if row["compound"] else none for row in lived], dtype=np.float64
    )
    ids = [row["cell"] for row in lived]
    known, weighed = _counted(place, ids, homes), _counted(place, ids, homes * factor)
    return np.where(known > 0, weighed / np.where(known > 0, known, 1.0), 1.0)


def _reports(ctx: Context, connection: Connection, place: territory.World) -> Floats:
    """Reports of each cell in the last year that has any, per year."""
    last = counting.summary(ctx, connection, place)["last"]
    if last is None:
        return np.zeros(len(place.base.cells))
    found = counting.counts(
        ctx, connection, place, start=datetime.fromisoformat(last) - YEAR, end=None, category=None,
        res=place.base.resolution,
    )  # fmt: skip
    return _counted(place, found.cells, found.columns["n"])


def _counted(place: territory.World, ids: Any, weights: Floats | None = None) -> Floats:
    """The sum of ``weights`` (or the number) of things in each cell of the base."""
    at = cells.positions(place.base.cells, np.asarray(ids, dtype=np.uint64))
    inside = at >= 0
    values = weights[inside] if weights is not None else None
    return np.bincount(at[inside], weights=values, minlength=len(place.base.cells)).astype(np.float64)


def _told(unit: dict[str, Any]) -> rule.Workload:
    return rule.Workload(unit[NAME], unit[WEIGHTS]) if WEIGHTS in unit else rule.HOMES


def _known(connection: Connection, city: str) -> dict[str, dict[str, float]]:
    return {**rule.PRESETS, **(settings.get(connection, _key(city)) or {})}


def _key(city: str) -> str:
    return f"workload:{city}"
