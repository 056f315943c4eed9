"""Counting very many incidents: one SQL text, two engines, the same bytes."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections import Counter
from pathlib import Path

import h3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from geo import cells
from server import cli
from server.archive import aggregate, tally, values

WITHOUT_SPARK = importlib.util.find_spec("pyspark") is None or shutil.which("java") is None


@pytest.fixture
def points(tmp_path: Path) -> Path:
    """Two files of points, some without a category, some nowhere."""
    folder = tmp_path / "points"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for number in range(2):
        lats, lngs = 26 + rng.normal(0, 0.05, 4_000), 111 + rng.normal(0, 0.05, 4_000)
        lats[:7], lngs[7:9] = np.nan, 200
        words = rng.choice(np.array(["E01.02", "P01", "市容", None], object), 4_000)
        table = {"lat": lats, "lng": lngs, "category": pa.array(words, pa.string())}
        pq.write_table(pa.table(table), folder / f"{number}.parquet")
    return folder


@pytest.fixture
def stored(points: Path, tmp_path: Path) -> Path:
    """The same with their cells."""
    folder = tmp_path / "cells"
    folder.mkdir()
    for file in points.glob("*.parquet"):
        table = pq.read_table(file)
        lats, lngs = table["lat"].to_numpy(), table["lng"].to_numpy()
        there = (np.abs(lats) <= 90) & (np.abs(lngs) <= 180)
        ids = cells.from_points(lats[there], lngs[there], 11).astype(np.int64)
        category = table["category"].filter(pa.array(there))
        weight = pa.array(np.ones(ids.size), pa.int32())
        pq.write_table(pa.table({"cell": ids, "category": category, "weight": weight}), folder / file.name)
    return folder


def test_counts_are_those_of_a_loop(points: Path, tmp_path: Path) -> None:
    made = aggregate.directory(points, tmp_path / "out", res=8)
    wanted: Counter[tuple[int, str | None]] = Counter()
    for file in points.glob("*.parquet"):
        for row in pq.read_table(file).to_pylist():
            if abs(row["lat"]) <= 90 and abs(row["lng"]) <= 180:
                wanted[h3.str_to_int(h3.latlng_to_cell(row["lat"], row["lng"], 8)), row["category"]] += 1
    rows = pq.read_table(made.file).to_pylist()
    assert {(row["cell"], row["category"]): row["n"] for row in rows} == dict(wanted)
    assert [(row["cell"], row["category"] or chr(0x10FFFF)) for row in rows] == sorted(
        (cell, category or chr(0x10FFFF)) for cell, category in wanted
    )
    assert (made.n, made.rows) == (wanted.total(), len(wanted))


@pytest.mark.parametrize(("limit", "places", "kinds"), [(3, 500, 24), (1 << 31, 3_000, 24), (1 << 31, 500, 4_094)])
def test_a_table_that_grows_and_goes_beyond_its_limit_counts_like_a_counter(
    limit: int, places: int, kinds: int
) -> None:
    rng, wanted, table = np.random.default_rng(limit + kinds), Counter[tuple[int, int]](), tally.Tally(limit=limit)
    known = rng.permutation(kinds).astype(np.int32)
    for _ in range(3):
        ids = np.uint64(0x8A << 52) | (rng.integers(1, places + 1, 9_000).astype(np.uint64) << np.uint64(15))
        codes = np.minimum(rng.exponential(kinds / 5, ids.size), kinds - 1).astype(np.int32)
        table.add(ids, codes, known)
        wanted.update(zip(ids.tolist(), known[codes].tolist(), strict=True))
    rank = rng.permutation(kinds)
    found, codes, n = table.result(rank)
    assert dict(zip(zip(found.tolist(), codes.tolist(), strict=True), n.tolist(), strict=True)) == dict(wanted)
    order = list(zip(found.tolist(), rank[codes].tolist(), strict=True))
    assert order == sorted(order)
    for threads in (2, 3, 7, 64):
        for one, other in zip((found, codes, n), table.result(rank, threads=threads), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_table_without_anything_tells_nothing() -> None:
    for threads in (1, 2):
        assert [column.size for column in tally.Tally().result(np.zeros(0, np.int64), threads=threads)] == [0, 0, 0]


def test_the_command_writes_the_counts(stored: Path, tmp_path: Path) -> None:
    asked = ["aggregate", "--input", str(stored), "--out", str(tmp_path / "out"), "--res", "9", "--json"]
    done = CliRunner().invoke(cli.cli, asked)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["n"] == 8_000 - 18 and Path(told["file"]).is_file() and told["engine"] == "duckdb"


def test_spark_that_is_not_there_is_named(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    with pytest.raises(values.ArchiveError) as refused:
        aggregate.directory(stored, tmp_path / "out", res=9, by="spark")
    assert refused.value.code == "E_NO_SPARK" and "requirements-spark.txt" in refused.value.message


@pytest.mark.slow
@pytest.mark.skipif(WITHOUT_SPARK, reason="Spark or Java is not installed (server/archive/requirements-spark.txt)")
@pytest.mark.parametrize("kind", ["points", "cells"])
def test_both_engines_write_the_same_bytes(points: Path, stored: Path, tmp_path: Path, kind: str) -> None:
    source = points if kind == "points" else stored
    for res in (11, 8):
        made = [aggregate.directory(source, tmp_path / by, res=res, by=by) for by in aggregate.ENGINES]
        assert made[0].n == made[1].n == 8_000 - 18
        assert made[0].file.read_bytes() == made[1].file.read_bytes()
