"""Rebalancing here: the engine on chosen grids alone, its answer as a proposal that a planner accepts or discards.

Nothing is stored: accepting is one change of the draft (``adopt``), undone like any other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from geo import cells, drawing
from geo.partition import Partition
from server.rules import kinds, permissions
from server.store import database
from server.usecases import errors
from server.usecases.context import Context, Progress, silent
from server.usecases.drafting import adjusting
from server.usecases.drafting import drawing as drawings
from server.usecases.planning import approvals, drafts, nearby
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import desk, shaping
from server.usecases.workbench.desk import Desk, Ints

MOST_CELLS: Final = 200_000


def propose(
    ctx: Context, city: str, ref: str, *, only: list[int], seed: int = 0, seconds: float | None = None,
    progress: Progress = silent, cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Rebalance the grids ``only`` of a draft among themselves; locked and dedicated ones keep their cells.

    Answers ``{plan, tag, cells, labels, n, moved_households, before, after, gone, seconds, stopped_by}``: ``cells``
    that would change with their ``labels``, and the grids' figures before and after. Raises Invalid for unknown grids,
    Conflict where all are locked, Cancelled.
    """
    permissions.check(ctx.actor, "plan.draw")
    progress(0.05, "reading")
    with database.reading(ctx.db) as connection:
        draft = desk.open_(ctx, connection, city, ref)
        approvals.refuse_review(connection, draft.row)
    unknown = [label for label in only if label not in draft.grids]
    if unknown or not only:
        raise errors.Invalid("only", f"Say which grids are to be rebalanced; the draft has none of {unknown[:5]}.")
    progress(0.2, "rebalancing")
    labels, made = _rebalanced(draft, only, seed, drawings.stop_rule(seconds, cancelled))
    if made.stopped_by == "cancelled":
        raise errors.Cancelled("cancelled", "Rebalancing was cancelled; the draft is as it was.")
    progress(0.9, "weighing")
    with database.reading(ctx.db) as connection:
        result = _told(ctx, connection, draft, labels)
        result |= {"seconds": round(made.seconds, 3), "stopped_by": made.stopped_by}
    progress(1.0, "done")
    return result


def _rebalanced(draft: Desk, only: list[int], seed: int, rule: Any) -> tuple[Ints, Any]:
    problem = draft.ground.problem
    chosen = nearby.having(draft.labels, only)
    inside = nearby.having(problem.region, np.unique(problem.region[chosen]).tolist())
    part = nearby.subset(problem, inside)
    start = adjusting.covered(draft.labels[inside], part)
    held = [
        label for label in np.unique(start).tolist()
        if label not in only or (row := draft.grids.get(label)) is None or row["locked"]
        or row["kind"] == kinds.DEDICATED
    ]  # fmt: skip
    if set(only) <= set(held):
        raise errors.Conflict("locked", "All of these grids are locked or dedicated.")
    part = dataclasses.replace(
        part, locked=np.where(np.isin(start, held), start, -1).astype(np.int32),
        closed=np.array(sorted(held), dtype=np.int32),
    )
    made = drawing.rebalance(part, Partition(part.cells, start), rng=np.random.default_rng(seed), stop=rule)
    labels = draft.labels.copy()
    found = _renumbered(made.partition.labels, np.unique(start), max(draft.grids))
    gap = (draft.labels[inside] < 0) & np.isin(found, held)  # locked grids do not take in what had no grid either
    labels[inside] = np.where(gap, -1, found)
    return labels, made


def _renumbered(labels: Ints, known: Ints, last: int) -> Ints:
    """New grids numbered after ``last``: the engine numbers them within the community alone."""
    fresh = np.setdiff1d(labels, known)
    labels = labels.copy()
    for at, label in enumerate(fresh.tolist()):
        labels[labels == label] = -2 - at
    return np.where(labels < -1, last - 1 - labels, labels).astype(np.int32)


def _told(ctx: Context, connection: Connection, draft: Desk, labels: Ints) -> dict[str, Any]:
    where = np.flatnonzero(draft.labels != labels)
    touched = np.unique(np.concatenate([draft.labels[where], labels[where]]))
    touched = touched[touched >= 0]
    mine = nearby.having(labels, touched.tolist())
    rows = drafts.rows_of(draft.place, draft.ground, mine, labels[mine], []) if mine.size else []
    grids = dict(draft.grids)
    for row in rows:
        own = desk.facts_of(draft, row["label"])
        grids[row["label"]] = {**row, **(own or {"name": "", "code": "", "worker_id": None, "centre_id": None})}
    after = dataclasses.replace(draft, labels=labels, grids=grids)
    return {
        "plan": draft.row["id"], "tag": plan_usecases.tag(draft.row), "n": int(where.size),
        "cells": cells.to_hex(draft.place.base.cells[where[:MOST_CELLS]]), "labels": labels[where].tolist(),
        "moved_households": round(float(draft.ground.homes[where].sum()), 1),
        "before": shaping.told(ctx, connection, draft, touched.tolist()),
        "after": shaping.told(ctx, connection, after, touched.tolist()),
        "gone": sorted(set(touched.tolist()) - {row["label"] for row in rows}),
    }  # fmt: skip
