"""``archive check`` finds and names each kind of damage; a sound archive has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy
from click.testing import CliRunner

from server import cli
from server.archive import values
from server.store import database, schema
from server.usecases.context import Context
from server.usecases.incidents import archives, facts
from tests.server.conftest import Place


@pytest.fixture
def backend() -> str:
    """Files are the same on both databases; rows of the manifest are read by the same statements."""
    return "sqlite"


@pytest.fixture
def ctx(city: Place) -> Context:
    return city.open()


def _file(ctx: Context) -> Path:
    with database.reading(ctx.db) as connection:
        return ctx.archive / facts.of_city(ctx, connection, "tiny").segments[0].file


def _rewritten(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(path)), path)


def _column(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        def changed(table: pa.Table) -> pa.Table:
            held = table[name].cast(pa.int64()) if name == "time" else table[name]
            made = pa.array(change(held.to_numpy().copy()), held.type).cast(table.schema.field(name).type)
            return table.set_column(table.column_names.index(name), table.schema.field(name), made)

        _rewritten(path, changed)

    return damage


def _first(to: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(held: np.ndarray) -> np.ndarray:
        held[0] = held[1] if np.isnan(to) else held[0] + to
        return held

    return change


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _replaced(path: Path) -> None:
    path.write_bytes(b"PAR1 but not really PAR1")


DAMAGES: list[tuple[Callable[[Path], None], set[str]]] = [
    (Path.unlink, {"missing"}),
    (_cut, {"hash", "unreadable"}),
    (_emptied, {"hash", "unreadable"}),
    (_replaced, {"hash", "unreadable"}),
    (lambda path: _rewritten(path, lambda table: table), {"hash"}),
    (lambda path: _rewritten(path, lambda table: table.slice(1)), {"hash", "rows", "weight", "cell_sum", "import"}),
    (lambda path: _rewritten(path, lambda table: table.take(np.arange(table.num_rows)[::-1])), {"hash", "order"}),
    (_column("weight", _first(5)), {"hash", "weight"}),
    (_column("time", _first(-(10**15))), {"hash", "min_us"}),
    (_column("id", _first(float("nan"))), {"hash", "ids"}),
    (_column("lat", _first(0.01)), {"hash", "cell"}),
    (lambda path: (path.parent / "incidents-x-0123456789abcdef.parquet").write_bytes(b"?") and None, {"stranger"}),
    (lambda path: (path.parent / ".incidents-x-0123456789abcdef.parquet.part").touch(), {"unfinished"}),
]


@pytest.mark.parametrize(("damage", "kinds"), DAMAGES)
def test_each_kind_of_damage_is_found_and_named(
    ctx: Context, damage: Callable[[Path], None], kinds: set[str]
) -> None:
    path = _file(ctx)
    damage(path)
    found = archives.check(ctx)
    assert not found["ok"]
    codes = {one["code"] for one in found["findings"]}
    assert kinds - {"import"} <= codes <= kinds | {"bytes", "ids", "cell_sum", "weight"}
    if not codes & {"stranger", "unfinished"}:
        assert {one["file"] for one in found["findings"]} <= {path.name, "tiny"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rows": 1}, "rows"), ({"weight": 1}, "weight"), ({"cell_sum": "7"}, "cell_sum"), ({"min_us": 0}, "min_us"),
        ({"max_us": 0}, "max_us"), ({"sha256": "0" * 64}, "hash"), ({"replaces": 3}, "replaces"),
        ({"bytes": 3}, "bytes"),
    ],
)  # fmt: skip
def test_a_changed_manifest_is_found_and_named(ctx: Context, change: dict[str, Any], code: str) -> None:
    name = _file(ctx).name
    with database.writing(ctx.db) as connection:
        segments = schema.segments
        connection.execute(sqlalchemy.update(segments).where(segments.c.file == name).values(**change))
    found = archives.check(ctx, "tiny")
    assert (name, code) in {(one["file"], one["code"]) for one in found["findings"]}
    assert archives.check(ctx, "other")["ok"]


def test_an_import_that_accepted_other_rows_is_named(ctx: Context) -> None:
    with database.writing(ctx.db) as connection:
        of = (schema.imports.c.city == "tiny") & (schema.imports.c.kind == "incidents")
        connection.execute(sqlalchemy.update(schema.imports).where(of).values(accepted=1))
    assert [one["code"] for one in archives.check(ctx, "tiny")["findings"]] == ["import"]


def test_a_correction_of_nothing_is_named(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(ctx)

    def lost(table: pa.Table) -> pa.Table:
        made = pa.array([10**9] + [None] * (table.num_rows - 1), pa.int64())
        return table.set_column(table.column_names.index("replaces"), values.SCHEMA.field("replaces"), made)

    _rewritten(path, lost)
    assert ("tiny", "replaces") in {(one["file"], one["code"]) for one in archives.check(ctx)["findings"]}


def test_the_command_says_what_is_wrong_and_ends_with_one(city: Place, ctx: Context) -> None:
    runner, home = CliRunner(), ["--home", str(city.home)]
    sound = runner.invoke(cli.cli, ["archive", "check", "--json", *home])
    assert sound.exit_code == 0, sound.output
    told = json.loads(sound.stdout)
    assert told["ok"] and told["segments"] == 1 and told["findings"] == []
    path = _file(ctx)
    _cut(path)
    damaged = runner.invoke(cli.cli, ["archive", "check", *home])
    assert damaged.exit_code == 1 and path.name in damaged.output and "hash" in damaged.output
