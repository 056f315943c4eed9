"""Rows of plans: an immutable labelling of a base's cells, the facts of its grids, its log, the codes ever given."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select, update

from server.store import arrays
from server.store.schema import grid_codes, lineage, plan_edits, plan_grids, plans, regions

_LIGHT = [column for column in plans.c if column.name not in ("labels", "violations")]


def insert_plan(connection: Connection, *, labels: NDArray[np.int32], **row: Any) -> int:
    """Add a plan as the city's next version of its kind and return that version. ``hash`` must be ``content_hash``."""
    same = (plans.c.city == row["city"]) & (plans.c.kind == row["kind"])
    last = connection.execute(select(func.max(plans.c.version)).where(same)).scalar()
    version = (last or 0) + 1
    connection.execute(insert(plans).values(**row, version=version, labels=arrays.pack(labels, "<i4")))
    return version


def content_hash(base_hash: str, labels: NDArray[np.int32], codes: Sequence[str]) -> str:
    """The hash of what makes a plan: its cells, their labels, and the code of each label in order."""
    body = hashlib.sha256(f"gezhi-plan:{base_hash}:".encode() + arrays.pack(labels, "<i4"))
    body.update("\n".join(codes).encode())
    return body.hexdigest()


def get(connection: Connection, city: str, plan_id: str) -> dict[str, Any] | None:
    """A plan without its labels, or None."""
    query = select(*_LIGHT, plans.c.violations).where(plans.c.city == city, plans.c.id == plan_id)
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def labels_of(connection: Connection, plan_id: str) -> NDArray[np.int32]:
    """Labels int32[n] aligned with the cells of the plan's base; -1 where no grid covers."""
    data = connection.execute(select(plans.c.labels).where(plans.c.id == plan_id)).scalar_one()
    return arrays.unpack(data, "<i4")


def newest(connection: Connection, city: str, *, status: str, kind: str) -> str | None:
    """Id of the newest plan of a kind with that status, or None."""
    query = select(plans.c.id).where(plans.c.city == city, plans.c.status == status, plans.c.kind == kind)
    return connection.execute(query.order_by(plans.c.version.desc()).limit(1)).scalar()


def of_city(
    connection: Connection, city: str, *, before: int | None, limit: int, kind: str
) -> list[dict[str, Any]]:
    """Plans of a kind with a version below ``before``, newest first, without labels and violations."""
    query = select(*_LIGHT).where(plans.c.city == city, plans.c.kind == kind)
    if before is not None:
        query = query.where(plans.c.version < before)
    return [dict(row) for row in connection.execute(query.order_by(plans.c.version.desc()).limit(limit)).mappings()]


def change(connection: Connection, plan_id: str, *, revision: int, **values: Any) -> bool:
    """Set values of a plan if its revision is still ``revision``, which rises by one; False when it is not."""
    where = (plans.c.id == plan_id) & (plans.c.revision == revision)
    changed = connection.execute(update(plans).where(where).values(revision=revision + 1, **values))
    return changed.rowcount == 1


def supersede(connection: Connection, city: str, *, kind: str, at: str) -> None:
    """Let no plan of a kind be in force any more."""
    where = (plans.c.city == city) & (plans.c.kind == kind) & (plans.c.status == "in_force")
    values = {"status": "superseded", "superseded_at": at, "revision": plans.c.revision + 1}
    connection.execute(update(plans).where(where).values(**values))


def insert_grids(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add the grids of a plan."""
    if rows:
        connection.execute(insert(plan_grids), list(rows))


def grids(connection: Connection, plan_id: str) -> list[dict[str, Any]]:
    """Grids of a plan by label."""
    query = select(plan_grids).where(plan_grids.c.plan_id == plan_id).order_by(plan_grids.c.label)
    return [dict(row) for row in connection.execute(query).mappings()]


def replace_grids(
    connection: Connection, plan_id: str, labels: Sequence[int], rows: Sequence[dict[str, Any]]
) -> None:
    """Put ``rows`` in the place of the grids with these ``labels``."""
    for start in range(0, len(labels), 500):
        part = list(labels[start : start + 500])
        connection.execute(delete(plan_grids).where(plan_grids.c.plan_id == plan_id, plan_grids.c.label.in_(part)))
    insert_grids(connection, rows)


def packed(labels: NDArray[np.int32]) -> bytes:
    """Labels as they are stored."""
    return arrays.pack(labels, "<i4")


def figure(connection: Connection, plan_id: str, label: int, **values: Any) -> None:
    """Set figures of one grid."""
    where = (plan_grids.c.plan_id == plan_id) & (plan_grids.c.label == label)
    connection.execute(update(plan_grids).where(where).values(**values))


def staff(connection: Connection, plan_id: str, rows: Sequence[tuple[int, int | None, int | None]]) -> None:
    """Set (label, worker id, centre id) of grids."""
    for label, worker_id, centre_id in rows:
        connection.execute(
            update(plan_grids).where(plan_grids.c.plan_id == plan_id, plan_grids.c.label == label)
            .values(worker_id=worker_id, centre_id=centre_id)
        )


def log(connection: Connection, plan_id: str, *, at: str, by: str, kind: str, payload: dict[str, Any]) -> int:
    """Append to the plan's log and return the entry's number."""
    last = connection.execute(select(func.max(plan_edits.c.seq)).where(plan_edits.c.plan_id == plan_id)).scalar()
    seq = (last or 0) + 1
    connection.execute(insert(plan_edits).values(plan_id=plan_id, seq=seq, at=at, by=by, kind=kind, payload=payload))
    return seq


def log_of(connection: Connection, plan_id: str) -> list[dict[str, Any]]:
    """The plan's log, oldest first."""
    query = select(plan_edits).where(plan_edits.c.plan_id == plan_id).order_by(plan_edits.c.seq)
    return [dict(row) for row in connection.execute(query).mappings()]


def codes_given(connection: Connection, city: str) -> set[str]:
    """Every grid code ever given in a city."""
    return set(connection.execute(select(grid_codes.c.code).where(grid_codes.c.city == city)).scalars())


def community_codes(connection: Connection, city: str) -> set[str]:
    """Every code that a community of a city ever had, in a base or in a plan of communities."""
    drawn = select(plan_grids.c.code).join(plans, plans.c.id == plan_grids.c.plan_id)
    drawn = drawn.where(plans.c.city == city, plans.c.kind == "communities")
    stored = select(regions.c.code).where(regions.c.city == city)
    return set(connection.execute(stored.union(drawn)).scalars())


def move_home(connection: Connection, plan_id: str, places: dict[int, int]) -> None:
    """Give the grids of a plan the regions of another base: new region id by old."""
    for old, new in places.items():
        where = (plan_grids.c.plan_id == plan_id) & (plan_grids.c.region_id == old)
        connection.execute(update(plan_grids).where(where).values(region_id=new))


def give_codes(connection: Connection, city: str, codes: Sequence[str], *, plan_id: str, at: str) -> None:
    """Record codes that were not given before."""
    if codes:
        rows = [{"city": city, "code": code, "plan_id": plan_id, "since": at} for code in codes]
        connection.execute(insert(grid_codes), rows)


def end_codes(connection: Connection, city: str, codes: Sequence[str], *, at: str) -> None:
    """Close codes that no plan in force uses any more; they stay taken."""
    for start in range(0, len(codes), 500):
        part = list(codes[start : start + 500])
        where = (grid_codes.c.city == city) & grid_codes.c.code.in_(part) & grid_codes.c.until.is_(None)
        connection.execute(update(grid_codes).where(where).values(until=at))


def reopen_codes(connection: Connection, city: str, codes: Sequence[str]) -> None:
    """Open codes again that a plan in force uses."""
    for start in range(0, len(codes), 500):
        part = list(codes[start : start + 500])
        where = (grid_codes.c.city == city) & grid_codes.c.code.in_(part) & grid_codes.c.until.is_not(None)
        connection.execute(update(grid_codes).where(where).values(until=None))


def insert_lineage(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Record where the cells of old grids went."""
    if rows:
        connection.execute(insert(lineage), list(rows))


def lineage_of(connection: Connection, plan_id: str) -> list[dict[str, Any]]:
    """Lineage written when ``plan_id`` came into force."""
    query = select(lineage).where(lineage.c.plan_id == plan_id).order_by(lineage.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]
