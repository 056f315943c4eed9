"""A draft on the planner's desk: what every change of it needs to know, kept between two changes.

A process keeps the labels and the grids of each draft with the revision they belong to; a draft that somebody else has
changed is read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from server.rules import planned
from server.store import plans
from server.usecases import errors
from server.usecases.borders import ground as grounds
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import workload
from server.usecases.planning import drafts
from server.usecases.planning import plans as plan_usecases

Ints = NDArray[np.int32]
Facts = dict[str, Any] | None
"""What a grid is besides its cells; None: there is no such grid."""


@dataclass(frozen=True)
class Desk:
    """A draft as it stands: its row, its place and problem, labels int32[n], and the grids by label."""

    row: dict[str, Any]
    place: territory.World
    ground: drafts.Ground
    labels: Ints
    grids: dict[int, dict[str, Any]]


@dataclass(frozen=True)
class Step:
    """A change worked out: ``labels`` after it, and the facts of grids before and after by label; ``of`` is the number
    of the entry that it undoes or makes again."""

    labels: Ints
    facts: dict[int, tuple[Facts, Facts]]
    of: int | None = None


def open_(ctx: Context, connection: Connection, city: str, ref: str) -> Desk:
    """A draft with all that editing needs. Raises Conflict for a plan that is no draft or of older cells."""
    row = plan_usecases.find(ctx, connection, city, ref, kinds=planned.EVERY)
    place = territory.world(ctx, connection, city, base_id=row["base_id"])
    if row["status"] != "draft":
        raise errors.Conflict("not_a_draft", "Only a draft can be changed; begin one from this version first.")
    if place.base.id != place.city.base_id:
        raise errors.Conflict("older_base", "The plan was drawn on cells that the city no longer uses.")
    return look(ctx, connection, row, place)


def look(ctx: Context, connection: Connection, row: dict[str, Any], place: territory.World) -> Desk:
    """Any plan of the city's cells with all that weighing it needs; ``row`` as ``plans.find`` answers it."""
    counted = tuple(sorted(workload.of_plan(row).weights.items()))
    key = (
        "ground", row["kind"], row["across_towns"], place.base.id, place.city.data_version, row["band_low"],
        row["band_high"], counted,
    )  # fmt: skip
    ground = ctx.cache.get(key, lambda: grounds.of_row(ctx, connection, place, row))
    kept = _kept(ctx, row["id"]).get("state")
    if kept is not None and kept[0] == row["revision"]:
        return Desk(row, place, ground, kept[1], kept[2])
    labels = plans.labels_of(connection, row["id"])
    return Desk(row, place, ground, labels, {grid["label"]: grid for grid in plans.grids(connection, row["id"])})


def keep(ctx: Context, draft: Desk, *, revision: int) -> None:
    """Remember a draft as it stands at ``revision``. Only for what has been committed, or was read."""
    _kept(ctx, draft.row["id"])["state"] = (revision, draft.labels, draft.grids)


def facts_of(draft: Desk, label: int) -> Facts:
    """The facts of a grid, None where the draft has none of that label."""
    row = draft.grids.get(label)
    return {name: row[name] for name in drafts.FACTS} if row else None


def _kept(ctx: Context, plan_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ctx.cache.get(("desk", plan_id), dict)
    return found
