"""Grids that a city already has, or that were exported before, taken over as the plan in force.

Codes are kept verbatim. A cell that two grids claim goes to the first of them, a cell in none stays without a grid;
both are listed as violations of the plan (OVERLAP, GAP), so that nothing is mended in silence. Grids that come without
an outline share their community evenly by households, numbered as one reads. What a plan's own export says beyond that
(kind, band, worker, centre) is taken over as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, codes, drawing
from geo import problem as problems
from geo.checks import Violation
from server.rules import kinds, permissions
from server.store import imported, plans
from server.usecases import reading
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import drawing as drawing_cases
from server.usecases.importing import given
from server.usecases.importing.given import Given
from server.usecases.importing.landing import Fault
from server.usecases.planning import drafts, publishing
from server.usecases.planning import plans as plan_cases

Ints = NDArray[np.int32]
MOST_TOLD = 500


@dataclass(frozen=True)
class Stored:
    """What became of the rows, and the plan that was made."""

    accepted: int
    duplicate: int
    faults: list[Fault]
    extra: dict[str, Any]


def store(ctx: Context, connection: Connection, place: territory.World, parsed: reading.Read) -> Stored:
    """Make the file's grids the plan in force. The same grids again change nothing and count as duplicates."""
    found = given.read(place, parsed.table)
    n = len(found.code)
    if n == 0:
        return Stored(0, 0, found.faults, {"plan": None})
    labels, overlaps = _labels(place, found)
    shared = _share(ctx, connection, place, found, labels)
    without = [found.code[at] for at in range(n) if not (labels == at).any()]
    people, unknown = _people(connection, place, found, labels)
    same = _same(connection, place, labels, found, people)
    if same is not None:
        return Stored(0, found.rows, found.faults, {"plan": same})
    permissions.check(ctx.actor, "plan.publish")
    made = _save(ctx, connection, place, found, labels, overlaps)
    plans.staff(connection, made["plan"], people)
    publishing.put_in_force(ctx, connection, plan_cases.load(ctx, connection, place.city.code, made["plan"]))
    extra = {
        "plan": made["plan"], "version": made["version"], "grids": made["grids"],
        "overlapping_cells": int(overlaps.size), "uncovered_cells": int((labels < 0).sum()),
        "without_cells": without[:MOST_TOLD], "shared_communities": shared, "unknown_people": unknown[:MOST_TOLD],
    }
    return Stored(found.rows, 0, found.faults, extra)


def _save(
    ctx: Context, connection: Connection, place: territory.World, found: Given, labels: Ints,
    overlaps: NDArray[np.int64],
) -> dict[str, Any]:
    """Store the grids as a draft with what is wrong with them."""
    n, band = len(found.code), found.band or drawing_cases.BAND
    dedicated = np.isin(labels, [at for at in range(n) if found.kind[at] == kinds.DEDICATED])
    ground = drawing_cases.make_ground(
        ctx, connection, place, band=band, exempt=dedicated, unit=labels, must_live=False
    )
    facts = {at: {"code": found.code[at], "name": found.name[at], "kind": found.kind[at]} for at in range(n)}
    return drafts.save(
        ctx, connection, place, ground, labels, band=band, seed=None, name="",
        violations=_noted(place, labels, overlaps) + drafts.violations_of(ground, labels),
        measured=drafts.measures_of(ground, labels), given=facts, kind="imported",
    )


def _people(
    connection: Connection, place: territory.World, found: Given, labels: Ints
) -> tuple[list[tuple[int, int | None, int | None]], list[str]]:
    """(label, worker, centre) of the grids that the file names people or centres for, and the names nobody has."""
    known = {
        kind: {
            one["source_id"]: int(one["id"])
            for one in imported.rows(connection, kind, place.city.code, names=("id", "source_id"))
        }
        for kind in ("workers", "centres")
    }
    rows, unknown = [], set()
    for label in np.unique(labels[labels >= 0]).tolist():
        worker, centre = found.worker[label], found.centre[label]
        if worker or centre:
            rows.append((label, known["workers"].get(worker), known["centres"].get(centre)))
            unknown |= {worker} - {"", *known["workers"]} | {centre} - {"", *known["centres"]}
    return rows, sorted(unknown)


def _labels(place: territory.World, found: Given) -> tuple[Ints, NDArray[np.int64]]:
    """A label per cell (-1: no grid yet), and the cells that more than one grid claims."""
    claims = np.zeros(place.base.cells.size, dtype=np.int64)
    labels = np.full(place.base.cells.size, -1, dtype=np.int32)
    for at in range(len(found.code) - 1, -1, -1):
        own = found.cells[at]
        if own is not None:
            labels[own] = at
            claims[own] += 1
    return labels, np.flatnonzero(claims > 1)


def _share(
    ctx: Context, connection: Connection, place: territory.World, found: Given, labels: Ints
) -> list[str]:
    """Divide what is left of each community among its grids without an outline (in place); codes of the communities."""
    wanted: dict[int, list[int]] = {}
    for at, own in enumerate(found.cells):
        if own is None:
            wanted.setdefault(found.region[at], []).append(at)
    if not wanted:
        return []
    ground = drawing_cases.make_ground(ctx, connection, place, band=drawing_cases.BAND, must_live=False)
    told = []
    for region_id, members in wanted.items():
        free = (place.base.region == region_id) & (labels < 0)
        if not free.any():
            continue
        made = _drawn(ground, free, len(members))
        lats, lngs = cells.centres(place.base.cells[free])
        drawn, grid = np.unique(made, return_inverse=True)
        number = np.bincount(grid)
        order = codes.order(np.bincount(grid, weights=lats) / number, np.bincount(grid, weights=lngs) / number)
        label_of = np.full(drawn.size, members[-1], dtype=np.int32)
        for rank, position in enumerate(order.tolist()):
            label_of[position] = members[min(rank, len(members) - 1)]
        labels[free] = label_of[grid]
        told.append(place.regions[region_id].code)
    return told


def _drawn(ground: drafts.Ground, free: NDArray[np.bool_], number: int) -> Ints:
    """Labels of the free cells of one community, divided into ``number`` grids where they can be."""
    part = problems.restrict(ground.problem, free)
    region = np.zeros(part.cells.size, dtype=np.int32)
    total = float(part.households.sum())
    alike = part.households if total > 0 else np.ones(part.cells.size)
    even = max(float(alike.sum()) / number, 1e-9)
    problem = problems.Problem(
        part.cells, part.adjacency, region=region, households=alike, band=(0.8 * even, 1.2 * even),
        counts=np.array([number], dtype=np.int32),
    )
    return drawing.draw(problem, rng=np.random.default_rng(0)).partition.labels


def _same(
    connection: Connection, place: territory.World, labels: Ints, found: Given,
    people: list[tuple[int, int | None, int | None]],
) -> str | None:
    """Id of the plan in force when it is these very grids with all that the file says of them, else None."""
    plan_id = place.city.plan_id
    row = plans.get(connection, place.city.code, plan_id) if plan_id else None
    if row is None or row["base_id"] != place.base.id:
        return None
    if found.band is not None and found.band != (row["band_low"], row["band_high"]):
        return None
    before = {grid["code"]: grid for grid in plans.grids(connection, row["id"])}
    label_of = np.full(max((grid["label"] for grid in before.values()), default=0) + 2, -1, dtype=np.int64)
    for at, code in enumerate(found.code):
        if code in before:
            label_of[before[code]["label"]] = at
    was = plans.labels_of(connection, row["id"])
    if not np.array_equal(label_of[was], labels) or bool(((was >= 0) != (labels >= 0)).any()):
        return None
    used = [before[found.code[at]] for at in np.unique(labels[labels >= 0]).tolist()]
    told = {code: (found.name[at], found.kind[at]) for at, code in enumerate(found.code)}
    named = all((grid["name"], grid["kind"]) == told[grid["code"]] for grid in used)
    staffed = all(
        (worker in (None, grid["worker_id"])) and (centre in (None, grid["centre_id"]))
        for label, worker, centre in people
        for grid in [before[found.code[label]]]
    )
    return str(row["id"]) if named and staffed else None


def _noted(place: territory.World, labels: Ints, overlaps: NDArray[np.int64]) -> list[Violation]:
    ids, found = place.base.cells, []
    if overlaps.size:
        reason = f"{overlaps.size} cells lie in more than one grid of the file; each went to the first"
        found.append(Violation("OVERLAP", ids[overlaps], reason, False, -1))
    if (labels < 0).any():
        reason = f"{int((labels < 0).sum())} cells lie in no grid of the file"
        found.append(Violation("GAP", ids[labels < 0], reason, False, -1))
    return found
