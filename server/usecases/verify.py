"""``verify``: what must always be true of the stored data, checked anew (the invariants I1–I14).

Every check is one function: it answers what it looked at and what it found wrong. Nothing is mended here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from sqlalchemy import Connection, func, select

from geo import cells
from server.archive import query
from server.rules import permissions, planned
from server.store import audit, bases, cities, database, imports, plans, regions, schema, segments
from server.usecases.cameras import coverage
from server.usecases.city import territory
from server.usecases.context import Context, Progress, iso, silent
from server.usecases.incidents import archives, facts

SAMPLE = 200
MOST_FINDINGS = 50


@dataclass(frozen=True)
class Check:
    """One invariant: how many things were looked at, and what is wrong (sentences)."""

    id: str
    name: str
    checked: int
    findings: list[str] = field(default_factory=list)


def run(ctx: Context, *, progress: Progress = silent) -> dict[str, Any]:
    """``{"ok": bool, "checks": [{id, name, checked, findings}]}``; needs nobody to stop working meanwhile."""
    own = ctx.acting(permissions.HOST)
    done = []
    with database.reading(ctx.db) as connection:
        for number, (name, check) in enumerate(CHECKS.items()):
            progress(number / len(CHECKS), name)
            done.append(check(own, connection))
    progress(1.0, "done")
    told = [{**vars(check), "findings": check.findings[:MOST_FINDINGS]} for check in done]
    return {"ok": not any(check.findings for check in done), "checks": told}


def _partition(ctx: Context, connection: Connection) -> Check:
    """I1: in every plan each cell of its base is in one grid or in a gap that the plan names; grids are labels."""
    wrong, seen = [], 0
    for row in _plans(connection):
        base = _base(ctx, connection, row["base_id"])
        labels = plans.labels_of(connection, row["id"])
        seen += 1
        if labels.size != base.cells.size:
            wrong.append(f"plan {row['id']}: {labels.size} labels for {base.cells.size} cells")
            continue
        gaps = sum(found["n_cells"] for found in row["violations"] if found["code"] == "GAP")
        if int((labels < 0).sum()) != gaps:
            wrong.append(f"plan {row['id']}: {int((labels < 0).sum())} cells in no grid, {gaps} named as gaps")
        told = {grid["label"]: grid["cells"] for grid in plans.grids(connection, row["id"])}
        used, counts = np.unique(labels[labels >= 0], return_counts=True)
        if dict(zip(used.tolist(), counts.tolist(), strict=True)) != told:
            wrong.append(f"plan {row['id']}: its grids are not its labels")
    for base_id in connection.execute(select(schema.bases.c.id)).scalars():
        base = _base(ctx, connection, base_id)
        if base.hash != bases.content_hash(base.resolution, base.cells) or (np.diff(base.cells) <= 0).any():
            wrong.append(f"base {base_id}: its cells are not those it was made with, sorted and unique")
        if cells.resolution(base.cells) != base.resolution:
            wrong.append(f"base {base_id}: cells of another resolution than {base.resolution}")
    return Check("I1", "partition", seen, wrong)


def _conservation(ctx: Context, connection: Connection) -> Check:
    """I2: rows = accepted + rejected + duplicate of every import, and each refused row is explained."""
    wrong, rows = [], imports.every(connection)
    for row in rows:
        if row["rows"] != row["accepted"] + row["rejected"] + row["duplicate"]:
            wrong.append(f"import {row['id']}: {row['rows']} rows are not accepted + rejected + duplicate")
        explained = imports.rejected_rows(connection, row["id"])
        if explained != row["rejected"]:
            wrong.append(f"import {row['id']}: {row['rejected']} rows refused, {explained} explained")
    return Check("I2", "conservation", len(rows), wrong)


def _counts(ctx: Context, connection: Connection) -> Check:
    """I3: at each resolution the cells add up to all incidents, and a parent is the sum of its children."""
    wrong, seen = [], 0
    for city in cities.every(connection):
        known = facts.of_city(ctx, connection, city.code)
        if known.empty:
            continue
        total = sum(segment.weight for segment in known.segments)
        below = query.counts(known, res=city.resolution)
        if known.live is None and not any(one.replaces for one in known.segments) and int(below.n.sum()) != total:
            wrong.append(f"{city.code}: cells add up to {int(below.n.sum())}, the manifest to {total}")
        for res in range(city.resolution - 1, max(city.resolution - 6, 0), -1):
            seen += 1
            found = query.counts(known, res=res)
            parents, at = np.unique(cells.parents(below.cells, res), return_inverse=True)
            sums = np.bincount(at, weights=below.n)
            if not np.array_equal(parents, found.cells) or not np.array_equal(sums, found.n):
                wrong.append(f"{city.code}: resolution {res} is not the sum of resolution {res + 1}")
            below = found
    return Check("I3", "counts", seen, wrong)


def _assignment(ctx: Context, connection: Connection) -> Check:
    """I5: a grid's worker is of its city, and nobody has more grids in a plan than the capacity allows."""
    wrong, seen = [], 0
    people = {row.id: row for row in connection.execute(select(schema.workers))}
    for row in _plans(connection):
        held: dict[int, int] = {}
        for grid in plans.grids(connection, row["id"]):
            seen += 1
            worker = grid["worker_id"]
            if worker is None:
                continue
            held[worker] = held.get(worker, 0) + 1
            if people[worker].city != row["city"]:
                wrong.append(f"plan {row['id']}: grid {grid['code']} has a worker of another city")
        wrong += [
            f"plan {row['id']}: worker {worker} has {n} grids, the capacity is {people[worker].capacity:g}"
            for worker, n in held.items() if n > max(1, int(people[worker].capacity))
        ]  # fmt: skip
    return Check("I5", "assignment", seen, wrong)


def _history(ctx: Context, connection: Connection) -> Check:
    """I6: every plan is what it was when it was stored; the pointer names the one plan in force."""
    wrong, rows = [], _plans(connection)
    for row in rows:
        base = _base(ctx, connection, row["base_id"])
        codes = [grid["code"] for grid in plans.grids(connection, row["id"])]
        if row["hash"] != plans.content_hash(base.hash, plans.labels_of(connection, row["id"]), codes):
            wrong.append(f"plan {row['id']}: its content is not the one it was stored with")
        lost = {flow["to_code"] for flow in plans.lineage_of(connection, row["id"])} - set(codes)
        if lost:
            wrong.append(f"plan {row['id']}: its lineage leads to grids that it does not have: {sorted(lost)[:5]}")
    for city in cities.every(connection):
        now = [row for row in rows if row["city"] == city.code and row["status"] == "in_force"]
        in_force = [row["id"] for row in now if row["kind"] == planned.GRIDS]
        if in_force != ([city.plan_id] if city.plan_id else []):
            wrong.append(f"{city.code}: plans in force {in_force}, the pointer says {city.plan_id}")
        drawn = [row for row in now if row["kind"] == planned.COMMUNITIES]
        if len(drawn) > 1 or any(row["base_id"] != city.base_id for row in drawn):
            wrong.append(f"{city.code}: borders in force {[row['id'] for row in drawn]} are not those of its base")
    return Check("I6", "history", len(rows), wrong)


def _scope(ctx: Context, connection: Connection) -> Check:
    """I7: pointers resolve within their city, and every cell of a base has a region of that base."""
    wrong, seen = [], 0
    for city in cities.every(connection):
        seen += 1
        own = bases.of_city(connection, city.code)
        if city.base_id not in own:
            wrong.append(f"{city.code}: its base {city.base_id} is not one of its own")
        if city.plan_id is not None and plans.get(connection, city.code, city.plan_id) is None:
            wrong.append(f"{city.code}: its plan in force is not one of its own")
        for base_id in own:
            base = _base(ctx, connection, base_id)
            tree = {region.id: region for region in regions.of_base(connection, base_id)}
            if not np.isin(base.region, list(tree)).all():
                wrong.append(f"base {base_id}: cells without a region of this base")
            wrong += [
                f"region {region.id}: its parent is not of its base"
                for region in tree.values() if region.parent_id is not None and region.parent_id not in tree
            ]  # fmt: skip
    return Check("I7", "scope", seen, wrong)


def _aggregates(ctx: Context, connection: Connection) -> Check:
    """I8: incident cells are those of their points, figures of grids those of their cells, on a sample."""
    wrong, seen = [], 0
    rng = np.random.default_rng(0)
    for row in segments.every(connection):
        path = ctx.archive / row["file"]
        if not path.is_file():
            continue
        table = pq.read_table(path, columns=["lat", "lng", "cell"])
        n = max(min(table.num_rows, SAMPLE), table.num_rows // 100)
        at = rng.choice(table.num_rows, n, replace=False)
        own = table.take(at)
        ids = own["cell"].to_numpy().astype(np.uint64)
        made = cells.from_points(own["lat"].to_numpy(), own["lng"].to_numpy(), cells.resolution(ids[:1]))
        seen += n
        if (made != ids).any():
            wrong.append(f"{row['file']}: {int((made != ids).sum())} of {n} incidents lie in another cell")
    for row in _plans(connection):
        base = _base(ctx, connection, row["base_id"])
        labels = plans.labels_of(connection, row["id"])
        if labels.size != base.cells.size:
            continue  # named by I1
        shown = labels >= 0
        area = np.bincount(labels[shown], weights=base.areas_m2[shown]) / 1e6
        for grid in plans.grids(connection, row["id"]):
            seen += 1
            own = float(area[grid["label"]]) if grid["label"] < area.size else 0.0
            if abs(own - grid["area_km2"]) > 1e-9 * max(1.0, own):
                wrong.append(f"plan {row['id']}: grid {grid['code']} has another area than its cells")
    return Check("I8", "aggregates", seen, wrong)


def _coverage(ctx: Context, connection: Connection) -> Check:
    """I9: camera density per cell recounted one by one on a sample; the seen share is a share."""
    wrong, seen = [], 0
    rng = np.random.default_rng(0)
    for city in cities.every(connection):
        if city.base_id is None:
            continue
        place = territory.world(ctx, connection, city.code)
        found = coverage.covered(ctx, connection, place, city.resolution)
        at = [int(row["cell"]) for row in coverage.near(connection, place)]
        share = found.columns["seen"]
        if ((share < 0) | (share > 1)).any():
            wrong.append(f"{city.code}: seen shares outside 0 to 1")
        areas = cells.areas_m2(found.cells)
        for i in rng.choice(found.cells.size, min(SAMPLE, found.cells.size), replace=False).tolist():
            seen += 1
            expected = at.count(int(found.cells[i])) / (areas[i] / 1e6)
            if abs(expected - found.columns["per_km2"][i]) > 1e-6:
                wrong.append(f"{city.code}: cell {int(found.cells[i]):x} has another camera density than its cameras")
    return Check("I9", "coverage", seen, wrong)


def _audit(ctx: Context, connection: Connection) -> Check:
    """I10: the audit log is one unbroken chain."""
    bad = audit.first_bad(connection)
    last, _ = audit.head(connection)
    wrong = [] if bad is None else [f"event {bad} does not follow from the one before"]
    return Check("I10", "audit chain", last, wrong)


def _jobs(ctx: Context, connection: Connection) -> Check:
    """I11: no job runs without a live lease for longer than a runner needs to find it."""
    running = connection.execute(select(schema.jobs).where(schema.jobs.c.status == "running")).mappings().all()
    now = iso(ctx.now())
    wrong = [f"job {row['id']} runs without a live lease" for row in running if (row["lease_until"] or "") < now]
    total = connection.execute(select(func.count()).select_from(schema.jobs)).scalar_one()
    return Check("I11", "jobs", int(total), wrong)


def _files(ctx: Context, connection: Connection) -> Check:
    """I12: every segment of the manifest is on disk as it was written, and no file is there that it does not name."""
    rows = segments.every(connection)
    found = [
        f"{one['file']}: {one['message']}" for one in archives.disagreements(ctx, connection, rows, strangers=True)
    ]
    waiting = connection.execute(
        select(schema.jobs.c.payload).where(schema.jobs.c.status.in_(("queued", "running")))
    ).scalars()
    wanted = {payload.get("spooled") for payload in waiting}
    found += [f"spool: {path.name} belongs to no job" for path in ctx.spool.glob("*.bin") if path.name not in wanted]
    return Check("I12", "files", len(rows), found)


def _database(ctx: Context, connection: Connection) -> Check:
    """I14: the database finds its own pages, indexes and keys sound."""
    return Check("I14", "database", len(schema.metadata.tables), database.integrity(connection))


CHECKS: dict[str, Callable[[Context, Connection], Check]] = {
    "partition": _partition,
    "conservation": _conservation,
    "counts": _counts,
    "assignment": _assignment,
    "history": _history,
    "scope": _scope,
    "aggregates": _aggregates,
    "coverage": _coverage,
    "audit": _audit,
    "jobs": _jobs,
    "files": _files,
    "database": _database,
}


def _plans(connection: Connection) -> list[dict[str, Any]]:
    found = []
    for city in cities.every(connection):
        rows = [
            row for kind in planned.EVERY
            for row in plans.of_city(connection, city.code, before=None, limit=1_000_000, kind=kind)
        ]  # fmt: skip
        found += [plans.get(connection, city.code, row["id"]) or row for row in rows]
    return found


def _base(ctx: Context, connection: Connection, base_id: int) -> bases.Base:
    made: bases.Base = ctx.cache.get(("base", base_id), lambda: bases.get(connection, base_id))
    return made
