"""What could be done about the worst grids of a draft: mend, split, merge, hand cells over, take cells in.

Each suggestion is a change ready to be made, with the households out of band of the grids it touches before and after.
Only what leaves every touched grid in one piece and unlocked grids alone is suggested.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo import cells
from server.rules import kinds, permissions
from server.store import database
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import nearby
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import desk
from server.usecases.workbench.desk import Desk

MOST_CELLS: Final = 80
TRIED: Final = 12
Positions = NDArray[np.int64]


def suggest(ctx: Context, city: str, ref: str, *, label: int | None = None, limit: int = 3) -> dict[str, Any]:
    """Suggestions for the ``limit`` worst grids of a plan, or for one: ``{items: [{label, code, name, households,
    pieces, options: [{op, to, grids, parts, cells, n, households, outside}]}]}``; ``outside`` is [before, after].
    """
    permissions.check(ctx.actor, "plan.draw")
    with database.reading(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, city, ref)
        draft = desk.look(ctx, connection, row, territory.world(ctx, connection, city, base_id=row["base_id"]))
    if label is not None and label not in draft.grids:
        raise errors.Invalid("label", f"The draft has no grid {label}.")
    chosen = [label] if label is not None else worst(draft)[:limit]
    return {"items": [_told(draft, one) for one in chosen]}


def worst(draft: Desk) -> list[int]:
    """Labels of the grids in pieces or out of band that may be changed, the worst first."""
    bad = [
        row for row in draft.grids.values()
        if not row["locked"] and row["kind"] != kinds.DEDICATED and (row["pieces"] > 1 or _outside(draft, row) > 0)
    ]  # fmt: skip
    return [row["label"] for row in sorted(bad, key=lambda row: (row["pieces"] <= 1, -_outside(draft, row)))]


def _told(draft: Desk, label: int) -> dict[str, Any]:
    row = draft.grids[label]
    options: list[dict[str, Any] | None] = [_repair(row)] if row["pieces"] > 1 else []
    if row["pieces"] == 1 and not row["locked"]:
        low, high = draft.row["band_low"], draft.row["band_high"]
        if row["load"] > high:
            options += [_split(draft, row), *_handovers(draft, row, give=True)]
        elif row["load"] < low:
            options += [*_merges(draft, row), *_handovers(draft, row, give=False)]
    kept = sorted((one for one in options if one is not None), key=lambda one: one["outside"][1])
    named = {name: row[name] for name in ("label", "code", "name", "pieces")}
    return {**named, "households": round(row["households"], 1), "options": kept[:4]}


def _repair(row: dict[str, Any]) -> dict[str, Any]:
    return _option("repair", grids=[row["label"]])


def _split(draft: Desk, row: dict[str, Any]) -> dict[str, Any] | None:
    middle = (draft.row["band_low"] + draft.row["band_high"]) / 2
    parts = max(2, round(row["load"] / middle))
    each = row["load"] / parts
    after = parts * _beyond(draft, each)
    if parts > 50 or row["cells"] < parts or after >= _outside(draft, row):
        return None
    return _option("split", to=row["label"], parts=parts, outside=(_outside(draft, row), after))


def _merges(draft: Desk, row: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for other in _neighbours(draft, row):
        before = _outside(draft, row) + _outside(draft, other)
        after = _beyond(draft, row["load"] + other["load"])
        if after < before:
            found.append(_option("merge", grids=[row["label"], other["label"]], outside=(before, after)))
    return sorted(found, key=lambda one: one["outside"][1])[:1]


def _handovers(draft: Desk, row: dict[str, Any], *, give: bool) -> list[dict[str, Any]]:
    """Cells along the border given to a neighbour that has room, or taken from one that has households to spare."""
    found = []
    for other in _neighbours(draft, row)[:TRIED]:
        giver, taker = (row, other) if give else (other, row)
        before = _outside(draft, giver) + _outside(draft, taker)
        at = _passed(draft, giver, taker)
        load = float(draft.ground.problem.households[at].sum())
        after = _beyond(draft, giver["load"] - load) + _beyond(draft, taker["load"] + load)
        if at.size and after < before - 0.5:
            found.append(_option(
                "assign", to=taker["label"], cells=cells.to_hex(draft.place.base.cells[at]),
                households=float(draft.ground.homes[at].sum()), outside=(before, after),
            ))  # fmt: skip
    return sorted(found, key=lambda one: (one["outside"][1], one["households"]))[:2]


def _passed(draft: Desk, giver: dict[str, Any], taker: dict[str, Any]) -> Positions:
    """Cells that pass from one grid to a touching one until both are in band or it does no more good; the giver
    stays in one piece."""
    problem = draft.ground.problem
    low, high = draft.row["band_low"], draft.row["band_high"]
    rest = nearby.having(draft.labels, [giver["label"]])
    grown = nearby.having(draft.labels, [taker["label"]])
    given: list[int] = []
    homes = [giver["load"], taker["load"]]
    while len(given) < min(MOST_CELLS, len(rest) + len(given) - 1):
        if homes[0] <= high and homes[1] >= low:
            break
        at = _next(draft, rest, grown, homes)
        if at is None:
            break
        weight = float(problem.households[at])
        homes = [homes[0] - weight, homes[1] + weight]
        given.append(at)
        rest = rest[rest != at]
        grown = np.union1d(grown, [at])
    return np.sort(np.array(given, dtype=np.int64))


def _next(draft: Desk, rest: Positions, grown: Positions, homes: list[float]) -> int | None:
    """The cell of ``rest`` with most ways into ``grown`` that may go without leaving ``rest`` in pieces or making the
    two grids worse together."""
    problem = draft.ground.problem
    tails, heads, barrier = nearby.edges(problem, rest)
    touching = np.isfinite(barrier) & nearby.among(grown, heads)[0]
    ways = np.bincount(tails[touching], minlength=len(rest))
    now = _beyond(draft, homes[0]) + _beyond(draft, homes[1])
    for index in np.argsort(-ways, kind="stable")[:TRIED].tolist():
        weight = float(problem.households[rest[index]])
        after = _beyond(draft, homes[0] - weight) + _beyond(draft, homes[1] + weight)
        if ways[index] == 0 or after > now:
            continue
        if nearby.parts_of(problem, np.delete(rest, index)).max(initial=0) == 0:
            return int(rest[index])
    return None


def _neighbours(draft: Desk, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Grids of the same community that an open way leads to and that may be changed, the most neighbourly first."""
    mine = nearby.having(draft.labels, [row["label"]])
    _, heads, barrier = nearby.edges(draft.ground.problem, mine)
    near = draft.labels[heads[np.isfinite(barrier)]]
    labels, counts = np.unique(near[(near >= 0) & (near != row["label"])], return_counts=True)
    rows = [draft.grids[label] for label in labels[np.argsort(-counts, kind="stable")].tolist()]
    return [
        other for other in rows
        if other["region_id"] == row["region_id"] and not other["locked"] and other["kind"] != kinds.DEDICATED
        and other["pieces"] == 1
    ]  # fmt: skip


def _outside(draft: Desk, row: dict[str, Any]) -> float:
    return _beyond(draft, row["load"])


def _beyond(draft: Desk, load: float) -> float:
    """What a grid has above the upper or lacks to the lower end of the band, in the unit of the band."""
    return float(max(load - draft.row["band_high"], draft.row["band_low"] - load, 0.0))


def _option(
    op: str, *, to: int | None = None, grids: list[int] | None = None, parts: int = 2, cells: list[str] | None = None,
    households: float = 0.0, outside: tuple[float, float] = (0.0, 0.0),
) -> dict[str, Any]:
    return {
        "op": op, "to": to, "grids": grids or [], "parts": parts, "cells": cells or [], "n": len(cells or []),
        "households": round(households, 1), "outside": [round(value, 1) for value in outside],
    }  # fmt: skip
