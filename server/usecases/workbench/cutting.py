"""What redrawn communities do to the grids in force: which of them a border would cut, before and after a change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from server.rules import planned
from server.store import plans
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.workbench.desk import Desk

SHOWN = 20
Ints = NDArray[np.int32]


def told(ctx: Context, connection: Connection, before: Desk, after: Desk) -> dict[str, Any] | None:
    """``{before, after, grids: [{label, code, name, households, cells, parts}]}``: how many grids in force lie in more
    than one community, and those that the change touches and cuts, by households. None for a plan of grids, and where
    no grids of these cells are in force."""
    if after.row["kind"] != planned.COMMUNITIES:
        return None
    own = _in_force(ctx, connection, after)
    if own is None:
        return None
    row, grids = own
    was, now = _torn(grids, before.labels), _torn(grids, after.labels)
    touched = np.unique(grids[before.labels != after.labels]).tolist()
    facts = {grid["label"]: grid for grid in plans.grids(connection, row["id"])}
    rows = [
        {
            "label": label, "code": facts[label]["code"], "name": facts[label]["name"], "parts": now[label],
            "households": round(facts[label]["households"], 1), "cells": facts[label]["cells"],
        }
        for label in touched if label in now
    ]  # fmt: skip
    rows.sort(key=lambda one: (-one["households"], one["code"]))
    return {"before": len(was), "after": len(now), "grids": rows[:SHOWN]}


def _torn(grids: Ints, communities: Ints) -> dict[int, int]:
    """In how many communities each grid lies, of those that lie in several."""
    inside = (grids >= 0) & (communities >= 0)
    pairs = np.unique((grids[inside].astype(np.int64) << 32) | communities[inside])
    found, number = np.unique(pairs >> 32, return_counts=True)
    return {int(label): int(n) for label, n in zip(found[number > 1], number[number > 1], strict=True)}


def _in_force(ctx: Context, connection: Connection, draft: Desk) -> tuple[dict[str, Any], Ints] | None:
    """The plan of grids in force and its labels, where it is of the cells of the draft."""
    city = draft.place.city
    row = plans.get(connection, city.code, city.plan_id) if city.plan_id else None
    if row is None:
        return None
    place = territory.world(ctx, connection, city.code, base_id=row["base_id"])
    if place.base.hash != draft.place.base.hash:
        return None
    labels: Ints = ctx.cache.get(
        ("labels", row["id"], row["revision"]), lambda: plans.labels_of(connection, row["id"])
    )
    return row, labels
