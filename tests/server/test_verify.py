"""verify: green on a sound city, and every kind of damage is found by the check that is there for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import update

from server.store import database, schema
from server.usecases import verify
from server.usecases.context import Context
from tests.server.conftest import Place


@pytest.fixture
def ctx(city: Place) -> Context:
    return city.open()


def bad(ctx: Context) -> set[str]:
    return {check["id"] for check in verify.run(ctx)["checks"] if check["findings"]}


def write(ctx: Context, *statements: Any) -> None:
    with database.writing(ctx.db) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_sound_city_has_no_findings(ctx: Context) -> None:
    found = verify.run(ctx)
    assert found["ok"], [check for check in found["checks"] if check["findings"]]
    assert all(check["checked"] > 0 for check in found["checks"] if check["id"] != "I11")
    json.dumps(found)


def test_the_same_answer_twice(ctx: Context) -> None:
    assert verify.run(ctx) == verify.run(ctx)


PLAN, GRID = schema.plans, schema.plan_grids


def _labels(ctx: Context) -> bytes:
    with database.reading(ctx.db) as connection:
        query = sqlalchemy.select(PLAN.c.labels).where(PLAN.c.city == "tiny", PLAN.c.version == 1)
        return bytes(connection.execute(query).scalar_one())


def _plan(**values: Any) -> Any:
    return update(PLAN).where(PLAN.c.city == "tiny", PLAN.c.version == 1).values(**values)


def _imports(**values: Any) -> Any:
    return update(schema.imports).values(**values)


_ACCEPTED, _REJECTED = schema.imports.c.accepted, schema.imports.c.rejected
_LEFT = {
    "id": "j", "kind": "draw", "city": "tiny", "payload": {}, "actor": {}, "status": "running", "progress": 0.0,
    "message": "", "attempts": 1, "fence": 1, "lease_until": "2000-01-01T00:00:00.000000Z", "cancel": 0,
    "created_at": "", "created_by": "",
}  # fmt: skip
DAMAGE: dict[str, tuple[str, Callable[[Context], Any]]] = {
    "labels changed": ("I6", lambda ctx: _plan(labels=_labels(ctx)[4:] + _labels(ctx)[:4])),
    "labels cut": ("I1", lambda ctx: _plan(labels=_labels(ctx)[:-4])),
    "a code changed": ("I6", lambda ctx: update(GRID).where(GRID.c.label == 0).values(code="x")),
    "counts changed": ("I2", lambda ctx: _imports(accepted=_ACCEPTED + 1)),
    "a refused row unexplained": ("I2", lambda ctx: _imports(rejected=_REJECTED + 1, accepted=_ACCEPTED - 1)),
    "manifest changed": ("I12", lambda ctx: update(schema.segments).values(weight=schema.segments.c.weight + 5)),
    "two plans in force": ("I6", lambda ctx: update(PLAN).values(status="in_force")),
    "pointer lost": ("I7", lambda ctx: update(schema.cities).values(plan_id="gone")),
    "area changed": ("I8", lambda ctx: update(GRID).values(area_km2=GRID.c.area_km2 * 1.01)),
    "audit changed": ("I10", lambda ctx: update(schema.audit).where(schema.audit.c.seq == 2).values(actor="nobody")),
    "a dead job": ("I11", lambda ctx: sqlalchemy.insert(schema.jobs).values(**_LEFT)),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found(ctx: Context, kind: str) -> None:
    check, statement = DAMAGE[kind]
    write(ctx, statement(ctx))
    assert check in bad(ctx)


def test_damage_to_files_is_found(ctx: Context) -> None:
    segment = next(ctx.archive.glob("*.parquet"))
    whole = segment.read_bytes()
    middle = len(whole) // 2
    segment.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert "I12" in bad(ctx)
    segment.write_bytes(whole)
    assert bad(ctx) == set()
    Path(ctx.spool / "stray.bin").write_bytes(b"x")
    assert bad(ctx) == {"I12"}
