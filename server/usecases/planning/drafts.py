"""Storing a draft: labels, the facts of every grid, codes, violations, measures, log and audit in one transaction.

Codes of the plan in force stay with the largest piece of each grid; a code once given is never given again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, checks, codes, measures
from geo import problem as problems
from geo.checks import Violation
from geo.partition import Partition
from geo.problem import Problem
from server.rules import kinds, numerals, planned, region_codes
from server.store import audit, cities, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.planning import nearby

SHOWN_CELLS = 200
MOST_NAME: Final = 80
GAP = "GAP"
NOTED = ("OVERLAP", GAP)
BORN: Final = {planned.GRIDS: kinds.BASIC, planned.COMMUNITIES: kinds.COMMUNITY}
"""What a part of a plan is unless somebody says otherwise, by kind of plan."""
FACTS = ("code", "name", "kind", "locked", "worker_id", "centre_id")
"""What a grid is besides its cells."""
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Ground:
    """What drawing knows of a city: the problem, the id of each region number (-1: none), and what is drawn.

    The households of ``problem`` are what the band counts. Where that is the load of a workload, ``households`` are
    those that live there, and ``unit`` names the workload as the measures of a plan keep it. ``seat`` int64[n] is the
    region id of each cell by which grids are told, where that is another than the one they nest in.
    """

    problem: Problem
    region_ids: NDArray[np.int64]
    kind: str = planned.GRIDS
    households: NDArray[np.float64] | None = None
    unit: dict[str, Any] = field(default_factory=dict)
    seat: NDArray[np.int64] | None = None

    @property
    def homes(self) -> NDArray[np.float64]:
        """Households of each cell, float64[n]."""
        return self.problem.households if self.households is None else self.households


def save(
    ctx: Context, connection: Connection, place: territory.World, ground: Ground, labels: NDArray[np.int32], *,
    band: tuple[float, float], seed: int | None, name: str, violations: list[Violation], measured: dict[str, Any],
    given: dict[int, dict[str, Any]] | None = None, kind: str = "drawn", noted: dict[str, Any] | None = None,
    parent_id: str | None = None, across: bool = False,
) -> dict[str, Any]:
    """Store a draft with its grids and answer ``{plan, version, grids, violations, measures}``.

    ``given`` holds facts by label where a grid comes with them; where the code is not among them it is made here:
    without ``given`` by the largest piece of each grid in force, with it as new grids of their communities. ``noted``
    goes into the first entry of its log. Its parent is the plan of its kind in force, unless another is named.
    ``across``: communities that may go beyond the borders of towns.
    """
    plan_id, at = secrets.token_hex(16), ctx.stamp()
    rows = grid_rows(place, ground, labels, violations)
    if given is None:
        _name(rows, place, _codes(ctx, connection, place, ground, rows, labels))
    else:
        known = {label: facts["code"] for label, facts in given.items() if "code" in facts}
        _christen([row for row in rows if row["label"] not in known], place, ground,
                  codes_taken(connection, place.city.code, ground.kind) | set(known.values()))
        for row in rows:
            row.update(given.get(row["label"], {}))
    told = [violation(ground, one) for one in violations]
    version = plans.insert_plan(
        connection, id=plan_id, city=place.city.code, kind=ground.kind, base_id=place.base.id, status="draft",
        name=name, labels=labels,
        parent_id=parent_id or plans.newest(connection, place.city.code, status="in_force", kind=ground.kind),
        grids=len(rows), band_low=band[0], band_high=band[1], seed=seed,
        hash=plans.content_hash(place.base.hash, labels, [row["code"] for row in rows]), revision=1,
        measures=measured, violations=told, across_towns=int(across), created_at=at, created_by=ctx.by,
    )
    plans.insert_grids(connection, [{**row, "plan_id": plan_id} for row in rows])
    record_codes(connection, place.city.code, ground.kind, [row["code"] for row in rows], plan_id=plan_id, at=at)
    plans.log(connection, plan_id, at=at, by=ctx.by, kind=kind, payload={"seed": seed, "band": list(band),
                                                                          **(noted or {})})
    detail = {"plan": plan_id, "version": version, "grids": len(rows)}
    audit.append(connection, at=at, actor=ctx.by, action=f"plan.{kind}", city=place.city.code, detail=detail)
    cities.touch(connection, place.city.code)
    named = [{**one, "region": territory.region_told(place, one["region"])} for one in told]
    return {"plan": plan_id, "version": version, "grids": len(rows), "violations": named, "measures": measured}


def named(text: str) -> str:
    """A name as it is kept. Raises Invalid."""
    name = " ".join(text.split())
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise errors.Invalid("name", f"A name has 1 to {MOST_NAME} printable characters.")
    return name


def codes_taken(connection: Connection, city: str, kind: str) -> set[str]:
    """Every code that a grid, or a community, of the city ever had."""
    return (plans.codes_given if kind == planned.GRIDS else plans.community_codes)(connection, city)


def record_codes(
    connection: Connection, city: str, kind: str, codes_: list[str], *, plan_id: str, at: str
) -> None:
    """Keep the codes that a plan of grids gives for the first time; those of communities are kept with their plans."""
    if kind == planned.GRIDS and codes_:
        known = plans.codes_given(connection, city)
        plans.give_codes(connection, city, [code for code in codes_ if code not in known], plan_id=plan_id, at=at)


def violations_of(ground: Ground, labels: Ints) -> list[Violation]:
    """What is not valid about the cells that have a grid."""
    shown = labels >= 0
    problem = problems.restrict(ground.problem, shown)
    return checks.violations(problem, Partition(problem.cells, labels[shown]))


def measures_of(ground: Ground, labels: Ints) -> dict[str, Any]:
    """The measures of the cells that have a grid."""
    shown = labels >= 0
    problem = problems.restrict(ground.problem, shown)
    return {**measures.as_dict(measures.of_plan(problem, Partition(problem.cells, labels[shown]))), **ground.unit}


def refigure(connection: Connection, place: territory.World, row: dict[str, Any], ground: Ground) -> None:
    """Bring the figures, faults and measures of a stored plan up to the households of today; labels and codes stay."""
    labels = plans.labels_of(connection, row["id"])
    found = violations_of(ground, labels)
    for figures in grid_rows(place, ground, labels, found):
        changed = {name: figures[name] for name in ("households", "load", "deviation", "pieces", "faults")}
        plans.figure(connection, row["id"], figures["label"], **changed)
    kept = [told for told in row["violations"] if told["code"] in NOTED]
    plans.change(
        connection, row["id"], revision=row["revision"],
        measures={**row["measures"], **measures_of(ground, labels)},
        violations=kept + [violation(ground, one) for one in found],
    )


def grid_rows(
    place: territory.World, ground: Ground, labels: NDArray[np.int32], violations: list[Violation]
) -> list[dict[str, Any]]:
    """The facts of every grid, by label; codes, names and kinds still empty. Cells labelled -1 are left out."""
    shown = np.flatnonzero(labels >= 0)
    return rows_of(place, ground, shown, labels[shown], violations)


def rows_of(
    place: territory.World, ground: Ground, mine: NDArray[np.int64], labels: Ints, violations: list[Violation]
) -> list[dict[str, Any]]:
    """``grid_rows`` of the grids that consist of the cells at the positions ``mine`` (ascending), labelled ``labels``
    int32[len(mine)]."""
    partition = Partition(place.base.cells[mine], labels)
    figures = measures.per_grid(nearby.subset(ground.problem, mine), partition)
    at = np.unique(partition.labels, return_inverse=True)[1].astype(np.int32)
    k = figures.labels.size
    area = np.bincount(at, weights=place.base.areas_m2[mine], minlength=k) / 1e6
    homes = np.bincount(at, weights=ground.homes[mine], minlength=k)
    lats, lngs = _middles(partition.cells, at, k)
    boxes = _boxes(partition.cells, at, k)
    if ground.seat is None:
        region = ground.region_ids[_most(at, ground.problem.region[mine], k)]
    else:
        region = _most(at, ground.seat[mine], k)
    faults: dict[int, set[str]] = {}
    for violation in violations:
        if violation.label >= 0:
            faults.setdefault(violation.label, set()).add(violation.code)
    return [
        {
            "label": label, "code": "", "name": "", "kind": BORN[ground.kind],
            "region_id": region_id if region_id >= 0 else None,
            "households": households, "load": load, "cells": size, "area_km2": km2, "deviation": deviation,
            "pieces": pieces, "lat": lat, "lng": lng, **dict(zip(("west", "south", "east", "north"), box, strict=True)),
            "faults": sorted(faults.get(label, ())), "locked": 0,
        }
        for label, region_id, households, load, size, km2, deviation, pieces, lat, lng, box in zip(
            figures.labels.tolist(), region.tolist(), homes.tolist(), figures.households.tolist(),
            figures.cells.tolist(), area.tolist(), figures.deviation.tolist(), figures.pieces.tolist(), lats.tolist(),
            lngs.tolist(), boxes, strict=True,
        )
    ]  # fmt: skip


def unnamed(
    place: territory.World, ground: Ground, pieces: list[NDArray[np.int64]], *, taken: set[str]
) -> list[dict[str, Any]]:
    """Rows of new grids from the positions of their cells, with fresh codes and names from their communities."""
    mine, order = np.unique(np.concatenate(pieces), return_index=True)
    labels = np.repeat(np.arange(len(pieces), dtype=np.int32), [len(piece) for piece in pieces])[order]
    rows = rows_of(place, ground, mine, labels, [])
    _christen(rows, place, ground, taken)
    return rows


def copy(
    ctx: Context, connection: Connection, row: dict[str, Any], labels: NDArray[np.int32], *, name: str,
    parent_id: str | None = None, kind: str = "branched",
) -> str:
    """Store a draft with the same grids as the plan ``row`` (its parent, unless another is named); answers its id."""
    plan_id, at = secrets.token_hex(16), ctx.stamp()
    same = (
        "city", "kind", "base_id", "grids", "band_low", "band_high", "seed", "hash", "measures", "violations",
        "across_towns",
    )  # fmt: skip
    version = plans.insert_plan(
        connection, id=plan_id, status="draft", name=name, parent_id=parent_id or row["id"], labels=labels, revision=1,
        created_at=at, created_by=ctx.by, **{key: row[key] for key in same},
    )
    plans.insert_grids(connection, [{**grid, "plan_id": plan_id} for grid in plans.grids(connection, row["id"])])
    plans.log(connection, plan_id, at=at, by=ctx.by, kind=kind,
              payload={"from": row["id"], "hash": row["hash"]})
    detail = {"plan": plan_id, "version": version, "from": row["id"]}
    audit.append(connection, at=at, actor=ctx.by, action=f"plan.{kind}", city=row["city"], detail=detail)
    cities.touch(connection, row["city"])
    return plan_id


def _middles(ids: NDArray[np.uint64], at: Ints, k: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each grid the centre of that of its cells which lies nearest to the mean of all: always inside the grid."""
    lats, lngs = cells.centres(ids)
    number = np.maximum(np.bincount(at, minlength=k), 1)
    lat0 = (np.bincount(at, weights=lats, minlength=k) / number)[at]
    lng0 = (np.bincount(at, weights=lngs, minlength=k) / number)[at]
    away = (lats - lat0) ** 2 + ((lngs - lng0) * np.cos(np.radians(lat0))) ** 2
    order = np.lexsort((away, at))
    _, first = np.unique(at[order], return_index=True)
    return lats[order[first]], lngs[order[first]]


def _boxes(ids: NDArray[np.uint64], at: Ints, k: int) -> list[list[float]]:
    """West, south, east, north of each grid."""
    lats, lngs, counts = cells.boundaries(ids)
    real = np.arange(lats.shape[1]) < counts[:, None]
    low, high = np.full((k, 2), np.inf), np.full((k, 2), -np.inf)
    for axis, values in enumerate((lngs, lats)):
        np.minimum.at(low[:, axis], at, np.where(real, values, np.inf).min(axis=1))
        np.maximum.at(high[:, axis], at, np.where(real, values, -np.inf).max(axis=1))
    boxes: list[list[float]] = np.hstack([low, high]).tolist()
    return boxes


def _most(at: Ints, region: NDArray[Any], k: int) -> NDArray[np.int64]:
    """For each grid the region number that most of its cells have."""
    pairs, counts = np.unique(np.stack([at, region], axis=1), axis=0, return_counts=True)
    most = np.zeros(k, dtype=np.int64)
    order = np.argsort(counts, kind="stable")
    most[pairs[order, 0]] = pairs[order, 1]
    return most


def _codes(
    ctx: Context, connection: Connection, place: territory.World, ground: Ground, rows: list[dict[str, Any]],
    labels: Ints,
) -> dict[int, str]:
    """A code by label: kept from the plan in force where that has the same cells, else numbered in each community."""
    taken = plans.codes_given(connection, place.city.code)
    before = plans.get(connection, place.city.code, place.city.plan_id) if place.city.plan_id else None
    if before is None or territory.world(ctx, connection, place.city.code, base_id=before["base_id"]).base.hash != (
        place.base.hash
    ):
        return _numbered(place, rows, taken)
    own = {row["label"]: place.regions[row["region_id"]].code for row in rows}
    pattern = _pattern(list(own.values()))
    lats, lngs = {row["label"]: row["lat"] for row in rows}, {row["label"]: row["lng"] for row in rows}
    was = plans.labels_of(connection, before["id"])
    old = {grid["label"]: grid["code"] for grid in plans.grids(connection, before["id"])}
    both = (was >= 0) & (labels >= 0)
    ids = place.base.cells[both]
    return codes.recode(
        pattern, Partition(ids, was[both]), old, Partition(ids, labels[both]), region_codes=own, lats=lats, lngs=lngs,
        households=ground.homes[both], taken=taken, date=ctx.stamp(),
    ).codes


def _numbered(place: territory.World, rows: list[dict[str, Any]], taken: set[str]) -> dict[int, str]:
    """New codes by label, numbered from west to east and north to south in each community."""
    own = [place.regions[row["region_id"]].code for row in rows]
    lats, lngs = np.array([row["lat"] for row in rows]), np.array([row["lng"] for row in rows])
    made = codes.number(_pattern(own), own, lats, lngs, taken=taken) if rows else []
    return dict(zip((row["label"] for row in rows), made, strict=True))


def _christen(rows: list[dict[str, Any]], place: territory.World, ground: Ground, taken: set[str]) -> None:
    """Give new grids, or new communities, a code that is not ``taken`` and a name."""
    if ground.kind == planned.GRIDS:
        return _name(rows, place, _numbered(place, rows, taken))
    used = set(taken)
    for row in rows:
        town = place.regions.get(row["region_id"])
        own = [region for region in place.regions.values() if region.level == place.lowest]
        siblings = [region for region in own if town is None or region.parent_id == town.id]
        row["code"] = region_codes.following(
            [region.code for region in siblings], town=town.code if town else place.city.code, taken=used
        )
        used.add(row["code"])
        chinese = any(_chinese(region.name) for region in siblings)
        row["name"] = f"新设社区{row['code'][-3:]}" if chinese else f"New community {row['code'][-3:]}"
    return None


def _pattern(region_codes: list[str]) -> codes.Pattern:
    """15 digits where the communities have the 12-digit statistical code, else the code, a dash and three digits."""
    official = all(len(code) == 12 and code.isascii() and code.isdigit() for code in region_codes)
    return codes.UNIT_CELL if official else codes.VERBATIM


def _chinese(text: str) -> bool:
    """Whether a name is written in Chinese, so that what is named after it is too."""
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def _name(rows: list[dict[str, Any]], place: territory.World, given: dict[int, str]) -> None:
    """Give each row its code and a name: the community's and the grid's number in it."""
    for row in rows:
        code = given[row["label"]]
        region = place.regions[row["region_id"]]
        sequence = int(code[-3:]) if code[-3:].isdigit() else row["label"] + 1
        row["code"] = code
        numbered = f"第{numerals.chinese(sequence)}网格" if _chinese(region.name) else f" {sequence}"
        row["name"] = region.name + numbered


def violation(ground: Ground, found: Violation) -> dict[str, Any]:
    """A violation as it is stored and told."""
    region = int(ground.region_ids[found.region]) if found.region >= 0 else -1
    return {
        "code": found.code, "reason": found.reason, "region": region if region >= 0 else None, "label": found.label,
        "cells": cells.to_hex(found.cells[:SHOWN_CELLS]), "n_cells": int(found.cells.size),
        "proved": bool(found.proved),
    }
