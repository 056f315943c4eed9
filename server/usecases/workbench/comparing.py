"""Two plans of a city side by side: what moved, from whom to whom, and what it does to the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo import measures
from geo import problem as problems
from geo.partition import Partition
from server.rules import planned
from server.store import bases, database, plans
from server.usecases import errors
from server.usecases.borders import ground as grounds
from server.usecases.context import Columns, Context
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench.desk import Desk

MEASURED = ("grids", "in_band", "whole", "worst_deviation", "mean_deviation", "outside", "cut_edges", "crossings")


def compare(ctx: Context, city: str, one: str, other: str) -> dict[str, Any]:
    """Compare two plans of the same cells: ``{a, b, measures, moved_cells, moved_households, share, moves, grids,
    workers}``.

    ``measures``: each name with the values of a and b; ``moves`` as a handover list by code; ``grids``: codes kept,
    new and gone; ``workers`` whose grid changes. Raises Conflict where the plans are of different cells.
    """
    with database.reading(ctx.db) as connection:
        a, b = (plan_usecases.load(ctx, connection, city, ref, kinds=planned.EVERY) for ref in (one, other))
        refuse_unlike(a, b)
        households = bases.column(connection, a.place.base.id, "households")
        weights = households if households is not None else np.zeros(a.labels.size)
        figures = [_figures(ctx, connection, plan) for plan in (a, b)]
        old, new = ({row["label"]: row for row in plans.grids(connection, plan.id)} for plan in (a, b))
    pairs, moved = _moves(a.labels, b.labels, old, new)
    return {
        "a": plan_usecases.summary(a.row), "b": plan_usecases.summary(b.row),
        "measures": {name: [figure.get(name) for figure in figures] for name in MEASURED},
        "moved_cells": int(moved.sum()), "moved_households": round(float(weights[moved].sum()), 1),
        "share": round(float(weights[moved].sum() / weights.sum()), 5) if weights.sum() > 0 else 0.0,
        "moves": _told(pairs, moved, a.labels, b.labels, old, new, weights),
        "grids": _codes(old, new), "workers": _workers(old, new, moved, a.labels, b.labels),
    }


def moved_cells(ctx: Context, city: str, one: str, other: str) -> Columns:
    """Cells that change their grid, with the labels ``a`` and ``b`` (uint32; 4294967295: no grid)."""
    with database.reading(ctx.db) as connection:
        a, b = (plan_usecases.load(ctx, connection, city, ref, kinds=planned.EVERY) for ref in (one, other))
        refuse_unlike(a, b)
        old, new = ({row["label"]: row for row in plans.grids(connection, plan.id)} for plan in (a, b))
    _, moved = _moves(a.labels, b.labels, old, new)
    return Columns(
        a.place.base.cells[moved],
        {"a": a.labels[moved].astype(np.uint32), "b": b.labels[moved].astype(np.uint32)},
        {"a": a.id, "b": b.id, "n": int(moved.sum())},
    )


def refuse_unlike(a: plan_usecases.Stored | Desk, b: plan_usecases.Stored | Desk) -> None:
    """Raise Conflict for plans of different cells, or of grids and of communities: they cannot stand side by side."""
    if a.place.base.hash != b.place.base.hash:
        raise errors.Conflict("different_cells", "The two plans are of different cells; carry one over first.")
    if a.row["kind"] != b.row["kind"]:
        raise errors.Conflict("other_kind", "Grids and communities cannot be compared.")


def _moves(
    a: NDArray[np.int32], b: NDArray[np.int32], old: dict[int, Any], new: dict[int, Any]
) -> tuple[dict[int, str], NDArray[np.bool_]]:
    """Codes by label of a, and the cells whose *code* differs: labels are numbers of a plan, codes are the grids."""
    codes = sorted({row["code"] for row in [*old.values(), *new.values()]})
    number = {code: index for index, code in enumerate(codes)}
    of_a = np.full(max(old, default=0) + 2, -1, dtype=np.int64)
    of_b = np.full(max(new, default=0) + 2, -1, dtype=np.int64)
    for label, row in old.items():
        of_a[label] = number[row["code"]]
    for label, row in new.items():
        of_b[label] = number[row["code"]]
    return {label: row["code"] for label, row in old.items()}, of_a[a] != of_b[b]


def _told(
    pairs: dict[int, str], moved: NDArray[np.bool_], a: NDArray[np.int32], b: NDArray[np.int32],
    old: dict[int, Any], new: dict[int, Any], weights: NDArray[np.float64],
) -> list[dict[str, Any]]:
    at = np.flatnonzero(moved)
    found, index = np.unique(np.stack([a[at], b[at]], axis=1), axis=0, return_inverse=True)
    cells = np.bincount(index.ravel(), minlength=len(found)).tolist()
    households = np.bincount(index.ravel(), weights=weights[at], minlength=len(found)).tolist()
    rows = [
        {
            "from": pairs.get(giver), "to": new[taker]["code"] if taker in new else None, "cells": size,
            "households": round(homes, 1),
        }
        for (giver, taker), size, homes in zip(found.tolist(), cells, households, strict=True)
    ]
    return sorted(rows, key=lambda row: (-row["households"], str(row["from"]), str(row["to"])))


def _codes(old: dict[int, Any], new: dict[int, Any]) -> dict[str, list[str]]:
    before, after = ({row["code"] for row in rows.values()} for rows in (old, new))
    return {"kept": sorted(before & after), "new": sorted(after - before), "gone": sorted(before - after)}


def _workers(
    old: dict[int, Any], new: dict[int, Any], moved: NDArray[np.bool_], a: NDArray[np.int32], b: NDArray[np.int32]
) -> dict[str, int]:
    """How many workers get other grids or another outline, and how many of these other grids.

    A plan that nobody is assigned to yet takes no grid away but those that it no longer has.
    """
    before = {row["code"]: row["worker_id"] for row in old.values()}
    after = {row["code"]: row["worker_id"] for row in new.values()}
    if not any(after.values()):
        after = {code: before.get(code) for code in after}
    changed = {worker for _, worker in before.items() ^ after.items()}
    codes = {rows[label]["code"] for rows, labels in ((old, a), (new, b))
             for label in np.unique(labels[moved]).tolist() if label in rows}  # fmt: skip
    touched = changed | {workers.get(code) for workers in (before, after) for code in codes}
    return {"touched": len(touched - {None}), "other_grids": len(changed - {None})}


def _figures(ctx: Context, connection: Any, plan: plan_usecases.Stored) -> dict[str, Any]:
    """The measures of a plan on today's households."""
    try:
        ground = grounds.of_row(ctx, connection, plan.place, plan.row)
    except errors.Conflict:
        return dict(plan.row["measures"])
    inside = plan.labels >= 0
    part = problems.restrict(ground.problem, inside)
    return measures.as_dict(measures.of_plan(part, Partition(part.cells, plan.labels[inside])))
