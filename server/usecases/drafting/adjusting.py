"""Adjusting the plan in force: a draft with the fewest households moved, and who hands over what to whom.

The plan that is adjusted may leave cells without a grid or have grids in pieces; both are mended on the way. Codes stay
with their grids.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import cells, drawing, measures
from geo.partition import Partition
from geo.problem import Problem
from server.rules import permissions
from server.store import database, imported, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context, Progress, silent
from server.usecases.drafting import census
from server.usecases.drafting import drawing as drawings
from server.usecases.planning import drafts
from server.usecases.planning import plans as plan_usecases

SHOWN_CELLS = 200
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Households:
    """A file of households: where it is, which of its columns is which (ours=theirs), its system or datum."""

    path: Path
    fields: dict[str, str]
    crs: str | None = None
    datum: str | None = None


def rebalance(
    ctx: Context, city: str, ref: str = plan_usecases.CURRENT, *, band: tuple[float, float] | None = None,
    seed: int = 0, seconds: float | None = None, only: list[int] | None = None, locked: list[int] | None = None,
    households: Households | None = None, progress: Progress = silent, cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Rebalance a plan into a new draft with as few households moved as can be.

    ``only``: labels of the grids that may change (their neighbours stay as they are); ``locked``: labels that may not,
    beside those that are locked in the plan. ``households``: a file to weigh by instead of the city's own.
    Answers the draft's ``{plan, version, grids, violations, measures}`` and ``before`` (its measures), ``moved_cells``,
    ``moved_households``, ``least_households`` (what must move at the least), ``flow_households`` (the least flow
    between touching grids where their number stays), ``handover``, ``lost_households`` (of the file, outside the city),
    ``seconds``. Raises Conflict without households or where the plan belongs to older cells, Invalid for unknown
    grids, Refused for the file, Cancelled.
    """
    permissions.check(ctx.actor, "plan.draw")
    progress(0.05, "reading")
    with database.reading(ctx.db) as connection:
        stored = plan_usecases.load(ctx, connection, city, ref)
        if stored.place.base.id != stored.place.city.base_id:
            raise errors.Conflict("older_base", "The plan was drawn on cells that the city no longer uses.")
        limits = band or (stored.row["band_low"], stored.row["band_high"])
        counted, lost = None, 0.0
        if households is not None:
            counted, lost = census.on_cells(ctx, connection, stored.place, **vars(households))
        ground = drawings.ground_of(ctx, connection, stored, band=limits, households=counted)
        rows = plans.grids(connection, stored.id)
        workers = imported.rows(connection, "workers", city, names=("id", "name"))
    names = {row["label"]: {key: row[key] for key in ("code", "name", "kind")} for row in rows}
    kept = [row["label"] for row in rows if row["locked"]] + (locked or [])
    start = Partition(stored.place.base.cells, covered(stored.labels, ground.problem))
    problem = _locked(ground.problem, stored.labels, _closed(names, only, kept))
    progress(0.2, "rebalancing")
    rule = drawings.stop_rule(seconds, cancelled, drawings.beat(progress, 0.2, 0.85, seconds=seconds))
    made = drawing.rebalance(problem, start, rng=np.random.default_rng(seed), stop=rule)
    if made.stopped_by == "cancelled":
        raise errors.Cancelled("cancelled", "Rebalancing was cancelled; no plan was stored.")
    changed = stored.labels != made.partition.labels
    before = measures.as_dict(measures.of_plan(ground.problem, start))
    progress(0.85, "storing")
    with database.writing(ctx.db) as connection:
        fresh = territory.world(ctx, connection, city)
        if fresh.base.id != stored.place.base.id:
            raise errors.Conflict("older_base", "The city's cells were changed while the plan was being rebalanced.")
        found = drafts.save(
            ctx, connection, fresh, ground, made.partition.labels, band=limits,
            seed=seed, name="", violations=made.violations,
            measured={**measures.as_dict(made.measures), **ground.unit},
            given={label: names[label] for label in np.unique(made.partition.labels).tolist() if label in names},
            kind="rebalanced",
        )
        drawings.mark(connection, found["plan"], ground, made.partition, {})
        after = {row["label"]: row for row in plans.grids(connection, found["plan"])}
        result = {
            **found, "before": before, "moved_cells": int(changed.sum()),
            "moved_households": round(float(ground.homes[changed].sum()), 1),
            "least_households": round(made.least_households, 1),
            "flow_households": round(made.flow_households, 1), "lost_households": round(lost, 1),
            "handover": handover(
                stored.labels, made.partition, ground.homes, names, after, _answerable(rows, workers)
            ),
            "seconds": round(made.seconds, 3), "stopped_by": made.stopped_by,
        }
        ctx.seal(connection, result)
    progress(1.0, "done")
    return result


def covered(labels: Ints, problem: Problem) -> Ints:
    """``labels`` with every cell that has none (-1) given to a touching grid of its region that is not dedicated, else
    to a new grid."""
    labels = labels.copy()
    tails = np.repeat(np.arange(len(labels)), np.diff(problem.adjacency.indptr))
    heads, barrier = problem.adjacency.indices, problem.adjacency.barrier
    open_ = np.isfinite(barrier) & (problem.region[tails] == problem.region[heads])
    open_ &= ~np.asarray(problem.exempt, dtype=np.bool_)[heads]
    tails, heads = tails[open_], heads[open_]
    while True:
        edge = (labels[tails] < 0) & (labels[heads] >= 0)
        if not edge.any():
            break
        cell, first = np.unique(tails[edge], return_index=True)
        labels[cell] = labels[heads[edge][first]]
    lone = np.flatnonzero(labels < 0)
    if lone.size:
        _, region = np.unique(problem.region[lone], return_inverse=True)
        labels[lone] = labels.max(initial=-1) + 1 + region
    return labels


def handover(
    before: Ints, after: Partition, homes: NDArray[np.float64], old: dict[int, dict[str, Any]],
    new: dict[int, dict[str, Any]], workers: dict[int, str],
) -> list[dict[str, Any]]:
    """What passes from which grid to which and from whom to whom (``workers``: the display name of who answers for each
    grid of the old plan), most households first; ``from`` is None for cells that had no grid."""
    changed = np.flatnonzero(before != after.labels)
    pairs, at = np.unique(np.stack([before[changed], after.labels[changed]], axis=1), axis=0, return_inverse=True)
    rows = []
    for index, (giver, taker) in enumerate(pairs.tolist()):
        mine = changed[at.ravel() == index]
        rows.append(
            {
                "from": old[giver]["code"] if giver in old else None, "to": new[taker]["code"],
                "from_worker": workers.get(giver), "to_worker": workers.get(taker), "cells": int(mine.size),
                "households": round(float(homes[mine].sum()), 1),
                "cell_ids": cells.to_hex(after.cells[mine[:SHOWN_CELLS]]),
            }
        )
    return sorted(rows, key=lambda row: -row["households"])


def _answerable(rows: list[dict[str, Any]], workers: list[dict[str, Any]]) -> dict[int, str]:
    """The display name of the worker of each grid that has one, by label."""
    named = {worker["id"]: str(worker["name"]) for worker in workers}
    return {row["label"]: named[row["worker_id"]] for row in rows if row["worker_id"] in named}


def _closed(names: dict[int, Any], only: list[int] | None, locked: list[int] | None) -> set[int]:
    """Labels that keep all their cells."""
    for label in [*(only or ()), *(locked or ())]:
        if label not in names:
            raise errors.Invalid("grids", f"The plan has no grid {label}.")
    return set(locked or ()) | (set(names) - set(only) if only else set())


def _locked(problem: Problem, labels: Ints, closed: set[int]) -> Problem:
    if not closed:
        return problem
    kept = np.where(np.isin(labels, list(closed)), labels, -1).astype(np.int32)
    return dataclasses.replace(problem, locked=kept, closed=np.array(sorted(closed), dtype=np.int32))
