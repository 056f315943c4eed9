"""Lineage: where the cells of the grids, or communities, of one plan went in the next, by code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import codes
from geo.partition import Partition
from server.store import bases, plans
from server.usecases.planning.plans import Stored


def write(connection: Connection, plan: Stored, before_id: str, was: NDArray[np.int32], *, at: str) -> int:
    """Record what became of the plan ``before_id``, with the households that went along; how many cells changed code.

    ``was`` int32[n] its labels on the cells of ``plan`` (-1: none); cells that one of the two has in no grid are left
    out.
    """
    base = plan.place.base
    both = (was >= 0) & (plan.labels >= 0)
    old, new = ({row["label"]: row["code"] for row in plans.grids(connection, one)} for one in (before_id, plan.id))
    weights = bases.column(connection, base.id, "households")
    rows = codes.lineage(
        Partition(base.cells[both], was[both]), old, Partition(base.cells[both], plan.labels[both]), new,
        households=weights[both] if weights is not None else np.zeros(int(both.sum())), date=at,
    )
    plans.insert_lineage(connection, [
        {"city": plan.place.city.code, "plan_id": plan.id, "kind": row.kind, "from_code": row.from_code,
         "to_code": row.to_code, "households": row.households, "cells": row.cells, "at": row.date}
        for row in rows
    ])  # fmt: skip
    return sum(row.cells for row in rows if row.from_code != row.to_code)
