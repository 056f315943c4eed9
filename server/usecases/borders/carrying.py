"""Plans over a new base: what was drawn within borders that have changed, as a draft within those of today.

Of a grid that a new border cuts the heaviest part keeps code, name and people; what is heavy enough becomes a grid of
its own; the rest goes to the neighbouring grid. A grid that went whole to another community keeps its cells, its kind
and its people and gets a code of its new community. All other grids stay as they are. The lineage is written on
publishing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, overlay
from geo.checks import Violation
from server.rules import kinds, planned
from server.store import database, edit_log, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import drawing, workload
from server.usecases.planning import drafts
from server.usecases.planning import plans as plan_usecases

CARRIED = "carried"
SHOWN = 200
Ints = NDArray[np.int32]


def carry(ctx: Context, city: str, ref: str) -> dict[str, Any]:
    """Make of a plan of an older base a draft on the city's present one; answers the draft. Raises Conflict where the
    plan is of the present base already, or of cells of another resolution."""
    with database.writing(ctx.db) as connection:
        stored = plan_usecases.load(ctx, connection, city, ref, kinds=planned.EVERY)
        planned.check(ctx.actor, stored.row, "draw")
        place = territory.world(ctx, connection, city)
        if stored.place.base.id == place.base.id:
            raise errors.Conflict("same_base", "The plan is of the borders of today already.")
        made = over(ctx, connection, place, stored)
    return plan_usecases.get(ctx, city, made)


def over(ctx: Context, connection: Connection, place: territory.World, stored: plan_usecases.Stored) -> str:
    """Store the draft that a plan is within the borders of ``place``; answers its id."""
    if stored.place.base.resolution != place.base.resolution:
        raise errors.Conflict("different_cells", "The plan is of cells of another resolution.")
    if stored.row["kind"] == planned.COMMUNITIES:
        return _communities(ctx, connection, place, stored)
    return _grids(ctx, connection, place, stored)


def standing(connection: Connection, place: territory.World) -> dict[str, Any]:
    """How the plan of grids in force stands to the borders of today: ``{plan, behind, successor}``."""
    row = plans.get(connection, place.city.code, place.city.plan_id) if place.city.plan_id else None
    if row is None:
        return {"plan": None, "behind": False, "successor": None}
    drafts_ = [
        one for one in plans.of_city(connection, place.city.code, before=None, limit=SHOWN, kind=planned.GRIDS)
        if one["status"] == "draft" and one["parent_id"] == row["id"] and one["base_id"] == place.base.id
    ]  # fmt: skip
    behind = row["base_id"] != place.base.id
    return {
        "plan": row["id"], "behind": behind,
        "successor": _told(connection, drafts_[0]) if behind and drafts_ else None,
    }  # fmt: skip


def _told(connection: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """A successor with what the overlay did: ``{id, version, cut, made, moved_cells, faults}``."""
    begun = edit_log.first(connection, row["id"])
    noted = begun["payload"] if begun is not None else {}
    whole = plans.get(connection, row["city"], row["id"]) or row
    return {
        "id": row["id"], "version": row["version"], "cut": noted.get("cut", []), "made": noted.get("made", []),
        "moved_cells": noted.get("moved_cells", 0), "faults": len(whole.get("violations", [])),
    }  # fmt: skip


def _on(place: territory.World, stored: plan_usecases.Stored) -> Ints:
    """The labels of a plan on the cells of another base; -1 where it has no such cell."""
    if stored.place.base.hash == place.base.hash:
        return stored.labels
    at = cells.positions(stored.place.base.cells, place.base.cells)
    return np.where(at >= 0, stored.labels[np.maximum(at, 0)], -1).astype(np.int32)


def _grids(ctx: Context, connection: Connection, place: territory.World, stored: plan_usecases.Stored) -> str:
    row, was = stored.row, _on(place, stored)
    band = (row["band_low"], row["band_high"])
    old = {grid["label"]: grid for grid in plans.grids(connection, row["id"])}
    special = [label for label, grid in old.items() if grid["kind"] == kinds.DEDICATED]
    held = [label for label, grid in old.items() if grid["locked"]]
    wanted = workload.of_plan(row)
    plain = drawing.make_ground(ctx, connection, place, band=band, must_live=False, wanted=wanted)
    touched = _touched(place, stored, was)
    made = overlay.nest(
        plain.problem.adjacency, was, plain.problem.region, households=plain.problem.households, low=band[0],
        closed=(*special, *held), only=touched,
    )
    special += [label for label, origin in made.fresh.items() if origin in special]
    ground = drawing.make_ground(
        ctx, connection, place, band=band, exempt=np.isin(made.labels, special), unit=made.labels, must_live=False,
        wanted=wanted,
    )
    found = [_gap(place, made.labels)] if (made.labels < 0).any() else []
    moved = int((made.labels != was).sum())
    saved = drafts.save(
        ctx, connection, place, ground, made.labels, band=band, seed=row["seed"], name=row["name"],
        violations=found + drafts.violations_of(ground, made.labels), parent_id=row["id"], kind=CARRIED,
        measured=drafts.measures_of(ground, made.labels),
        given=_facts(stored, place, ground, made, old, touched),
        noted={
            "from": row["id"], "hash": row["hash"], "cut": [old[label]["code"] for label in made.cut],
            "made": sorted(made.fresh), "moved_cells": moved,
        },
    )  # fmt: skip
    return str(saved["plan"])


def _touched(place: territory.World, stored: plan_usecases.Stored, was: Ints) -> Ints:
    """Labels of the grids with a cell that has another community than in the plan's own base: what crossed a border
    before and was not touched stays as it is, with its fault."""
    at = cells.positions(stored.place.base.cells, place.base.cells)
    numbers = {code: number for number, code in enumerate(sorted({one.code for one in _lowest(stored.place)}))}
    old, new = (_numbered(one, numbers) for one in (stored.place, place))
    changed = np.where(at >= 0, old[np.maximum(at, 0)], -2) != new
    return np.unique(was[changed & (was >= 0)])


def _lowest(place: territory.World) -> list[Any]:
    return [region for region in place.regions.values() if region.level == place.lowest]


def _numbered(place: territory.World, numbers: dict[str, int]) -> Ints:
    """The number of the code of every cell's community; -1 for a code without one."""
    own, at = np.unique(place.base.region, return_inverse=True)
    of_own = np.array([numbers.get(place.regions[one].code, -1) for one in own.tolist()], dtype=np.int32)
    return of_own[at.ravel()]


def _gap(place: territory.World, labels: Ints) -> Violation:
    bare = labels < 0
    return Violation(drafts.GAP, place.base.cells[bare], f"{int(bare.sum())} cells lie in no grid", False, -1)


def _facts(
    stored: plan_usecases.Stored, place: territory.World, ground: drafts.Ground, made: overlay.Overlay,
    old: dict[int, dict[str, Any]], touched: Ints,
) -> dict[int, dict[str, Any]]:
    """What each grid keeps, by label: everything in its own community, all but code and name in another one."""
    facts: dict[int, dict[str, Any]] = {}
    labels, first = np.unique(made.labels, return_index=True)
    for label, at in zip(labels.tolist(), first.tolist(), strict=True):
        if label < 0:
            continue
        if label in made.fresh:
            facts[label] = {"kind": old[made.fresh[label]]["kind"], "worker_id": None, "centre_id": None}
            continue
        grid = old[label]
        was = stored.place.regions.get(grid["region_id"])
        now = place.regions.get(int(ground.region_ids[ground.problem.region[at]]))
        same = label not in touched or (was is not None and now is not None and was.code == now.code)
        facts[label] = {name: grid[name] for name in drafts.FACTS if same or name not in ("code", "name")}
    return facts


def _communities(ctx: Context, connection: Connection, place: territory.World, stored: plan_usecases.Stored) -> str:
    """The same communities on the present base: their towns are those of the same codes."""
    if stored.place.base.hash != place.base.hash:
        raise errors.Conflict("different_cells", "The plan is of other cells than the city has today.")
    places = territory.counterparts(stored.place, place)
    row = {**stored.row, "base_id": place.base.id, "violations": rehomed(stored.row["violations"], places)}
    copy = drafts.copy(ctx, connection, row, stored.labels, name=row["name"], kind=CARRIED)
    plans.move_home(connection, copy, places)
    return copy


def rehomed(violations: list[dict[str, Any]], places: dict[int, int]) -> list[dict[str, Any]]:
    """Violations with the regions of another base, by ``territory.counterparts``."""
    return [{**one, "region": places.get(one["region"], one["region"])} for one in violations]
