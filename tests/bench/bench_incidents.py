"""Very many incidents: the kernel beside its peers, and counting per cell and category beside whole programs.

Each program runs in a process of its own on the same Parquet files (latitude, longitude, category; invented), two
threads each; wall and processor time leave starting up out, memory is the peak of the process. ``fingerprint`` says
whether the counts are the same to the last one: programs over h3ronpy differ from libh3 on a few points in a million.

Stored cells are counted by ours and by DuckDB alone: the same SQL text, on files sorted by cell as the archive keeps
them. Ours sums rows of one cell and category that lie together before they reach the SQL, which DuckDB answers part by
part; DuckDB alone is opened as it opens by itself, but for two threads. Files in no order ours leaves to DuckDB.

geopandas.sjoin is measured at smaller sizes and extrapolated with the exponent of time between them, which is shown.

A program that takes longer than its limit is named with it and not run on more rows; one that fails is named with what
it said last. Options: ``--rows=N,N`` sizes of the comparison, ``--only=M,M`` some of the programs, ``--sjoin=N`` and
``--spark=N`` the largest size measured for these two, ``--large=N`` rows for ours alone, ``--limit=S`` seconds of
processor time for one program, ``--data=DIR`` where files are made and kept, ``--keep=FILE`` writes each measurement to
a file as soon as it is known and begins where an earlier run ended. All of it takes about ten minutes and 25 GB of disk
on two cores; ``--rows=1000000 --large=0`` one minute.
"""

from __future__ import annotations

import importlib.util
import json as jsonlib
import math
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geo import cells
from server import bootstrap
from tests.bench import apart, bench_cells

SPARK = (bootstrap.ROOT / "server" / "archive" / "requirements-spark.txt").read_text("utf-8").splitlines()
PEERS = ["h3ronpy==0.22.0", "polars==2.1.0", "polars-h3==0.7.1", *(line for line in SPARK if line[:1].isalpha())]
OPTIONS = {
    "rows": "10000000,100000000", "only": "", "sjoin": "1000000", "spark": "100000000", "large": "500000000",
    "limit": "1800", "data": "", "keep": "",
}  # fmt: skip
RES, FILE_ROWS, CATEGORIES = 10, 10_000_000, 24
RECORDS = 2_300_000_000
JUDGED = 100_000_000
"""The targets are named for so many rows; of fewer, what every program needs once weighs too much."""
DIFFERENT = 10
"""Files of their own; beyond 100 million rows they come again under other names."""
POINTS = ("gezhi", "polars-h3", "h3ronpy+numpy", "duckdb+udf", "spark")
STORED = ("stored: gezhi", "stored: duckdb")
COMPARED = "rows sorted by cell: summed by cell before the SQL in DuckDB, over the same SQL in DuckDB alone"
SJOIN = "geopandas.sjoin"
PATIENCE = 4
"""A program is waited for so many times its limit of processor time."""
Row = dict[str, Any]


def points(folder: Path, rows: int) -> Path:
    """A directory of ``rows`` invented incidents of one city, made once; a small one to warm up with lies in it."""
    made = folder / f"points-{rows}"
    for directory, number in ((made / "warm", 2_000), (made, rows)):
        if (directory / "done").exists():
            continue
        directory.mkdir(parents=True, exist_ok=True)
        words = pa.array([f"{'PEG'[k % 3]}{k % 5 + 1:02d}.{k % 7 + 1:02d}" for k in range(CATEGORIES)])
        for file, start in enumerate(range(0, number, FILE_ROWS)):
            path = directory / f"{file:04d}.parquet"
            if file >= DIFFERENT:
                path.hardlink_to(directory / f"{file % DIFFERENT:04d}.parquet")
                continue
            rng, n = np.random.default_rng(file), min(FILE_ROWS, number - start)
            lats = np.round(bench_cells.LAT + rng.normal(0, 0.1, n), 6)
            lngs = np.round(bench_cells.LNG + rng.normal(0, 0.1, n), 6)
            codes = np.minimum(rng.exponential(5.0, n).astype(np.int32), CATEGORIES - 1)
            category = pa.DictionaryArray.from_arrays(pa.array(codes), words)
            table = pa.table({"lat": lats, "lng": lngs, "category": category})
            pq.write_table(table, path)
        (directory / "done").touch()
    return made


def stored(folder: Path, source: Path, rows: int) -> Path:
    """The same incidents with their cells, as the archive keeps them: by cell, in small row groups."""
    made = folder / f"cells-{rows}"
    for directory, from_ in ((made / "warm", source / "warm"), (made, source)):
        if (directory / "done").exists():
            continue
        directory.mkdir(parents=True, exist_ok=True)
        for file in sorted(from_.glob("*.parquet")):
            table = pq.read_table(file)
            ids = cells.from_points(table["lat"].to_numpy(), table["lng"].to_numpy(), RES).astype(np.int64)
            weight, category = pa.array(np.ones(ids.size, np.int32)), table["category"].cast(pa.string())
            kept = pa.table({"cell": ids, "category": category, "weight": weight}).sort_by("cell")
            pq.write_table(kept, directory / file.name, row_group_size=122_880, compression="zstd")
        (directory / "done").touch()
    return made


def measured(
    method: str, rows: int, where: Callable[[], Path], options: dict[str, str], before: list[Row]
) -> Row:
    """One program on so many rows, run or taken from what an earlier run kept; added to ``before``."""
    slow = next((row for row in before if row["work"] == method and row.get("over_limit")), None)
    row = _known(method, rows, options)
    if row is None and slow is not None:
        row = {"work": method, "size": rows, "note": f"not run: {slow['size']:,} rows are {slow['note']}"}
    elif row is None:
        row = _run(method, rows, where(), options)
        apart.keep(options["keep"], row)
    before.append(row)
    return row


def _known(work: str, size: int, options: dict[str, str]) -> Row | None:
    return next((row for row in apart.kept(options["keep"]) if (row["work"], row["size"]) == (work, size)), None)


def _run(method: str, rows: int, directory: Path, options: dict[str, str]) -> Row:
    limit_s = float(options["limit"])
    command = [sys.executable, "-m", "tests.bench.incident_work", method, str(directory), str(RES), str(limit_s)]
    ended = apart.run(command, limit_s=limit_s, patience=PATIENCE)
    if ended.note:
        return {"work": method, "size": rows, "note": ended.note, "over_limit": ended.over_limit}
    found: Row = jsonlib.loads(ended.said.splitlines()[-1])
    return {"work": method, "size": rows, **found, "M_per_s": round(rows / found["wall_s"] / 1e6, 2)}


def compare(rows: list[Row], *, with_: str, targets: dict[str, float]) -> list[Row]:
    """The first row beside each of the others: ratios of time and memory, and whether the counts are the same."""
    ours = rows[0]
    made = []
    for other in rows[1:]:
        if "note" in other or "note" in ours:
            continue
        told = {
            "work": f"{ours['work']} over {other['work']}", "size": ours["size"],
            "wall": ours["wall_s"] / other["wall_s"], "same counts": ours["fingerprint"] == other["fingerprint"],
        }  # fmt: skip
        for name, field in (("cpu", "cpu_s"), ("memory", "peak_mb")):
            if ours[field] is not None and other[field] is not None:
                told[name] = ours[field] / other[field]
        if other["work"] == with_ and ours["size"] >= JUDGED:
            told |= {f"target {name}": most for name, most in targets.items()}
            told["met"] = all(told[name] <= most for name, most in targets.items())
        made.append(told)
    return made


def kernel(options: dict[str, str]) -> Iterator[Row]:
    """Points → cells: ours, h3ronpy, h3-py (``bench_cells``) and polars-h3, processor time, one core's worth."""
    for size in (1_000_000, 10_000_000):
        for where in (False, True):
            row = _known(f"points → cells, {'the globe' if where else 'a city'}", size, options)
            if row is None:
                row = _kernel(size, everywhere=where)
                apart.keep(options["keep"], row)
            yield row


def _kernel(size: int, *, everywhere: bool) -> Row:
    import polars as pl
    import polars_h3

    row = bench_cells.by_point(size, everywhere=everywhere)
    lats, lngs = bench_cells.points(size, everywhere=everywhere)
    frame = pl.DataFrame({"lat": lats, "lng": lngs})
    _, peer_s = bench_cells.timed(lambda: frame.select(polars_h3.latlng_to_cell("lat", "lng", RES)), 2)
    return row | {"polars-h3_M_per_s": round(size / peer_s / 1e6, 1), "target h3ronpy over ours": 15}


def joined(folder: Path, options: dict[str, str], before: list[Row]) -> Iterator[Row]:
    """geopandas.sjoin at three sizes, and what the larger ones would take by the exponent between the last two."""
    largest = int(options["sjoin"])
    made = []
    for size in (largest // 16, largest // 4, largest):
        made.append(measured(SJOIN, size, lambda size=size: points(folder, size), options, before))  # type: ignore[misc]
        yield made[-1]
    if any("note" in row for row in made):
        return
    (first, last), span = made[-2:], math.log(4)
    grows = {field: math.log(last[field] / first[field]) / span for field in ("wall_s", "cpu_s", "peak_mb")}
    for size in (one for one in _sizes(options) if one > largest):
        yield {
            "work": f"{SJOIN}, extrapolated", "size": size, "from": largest,
            **{field: last[field] * (size / largest) ** power for field, power in grows.items()},
            **{f"exponent of {field}": power for field, power in grows.items()},
        }  # fmt: skip


def absent() -> str | None:
    """Why Spark cannot be run here."""
    there = {"pyspark": importlib.util.find_spec("pyspark"), "Java": shutil.which("java")}
    lacking = [name for name, found in there.items() if found is None]
    return f"{' and '.join(lacking)} not installed (server/archive/requirements-spark.txt)" if lacking else None


def extrapolated(row: dict[str, Any]) -> dict[str, Any]:
    """What ours would take for all the records of a province's platform: the same rate, the same memory."""
    return {
        "work": "extrapolated to 2.3 billion records", "size": RECORDS, "from": row["size"],
        "wall_s": row["wall_s"] * RECORDS / row["size"], "peak_mb": row["peak_mb"],
        "assuming": "time grows with rows (files are read once), memory with threads and pairs of cell and category,"
        " not with rows; the disk delivers what it delivered here",
    }  # fmt: skip


def run(options: dict[str, str]) -> Iterator[Row]:
    """Every row as soon as it is known."""
    folder = Path(options["data"] or tempfile.mkdtemp(prefix="gezhi-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    only, before = [one for one in options["only"].split(",") if one], list[Row]()
    if not only or "kernel" in only:
        yield from kernel(options)
    for rows in _sizes(options):
        yield from counted(folder, rows, only, options, before)
    if not only or SJOIN in only:
        yield from joined(folder, options, before)
    if large := int(options["large"]):
        row = measured("gezhi", large, lambda: points(folder, large), options, before)
        yield row | {"different files": min(-(-large // FILE_ROWS), DIFFERENT)}
    yield from _ahead([row for row in before if row["work"] == "gezhi" and "note" not in row])
    if not options["data"]:
        shutil.rmtree(folder, ignore_errors=True)


def counted(folder: Path, rows: int, only: list[str], options: dict[str, str], before: list[Row]) -> Iterator[Row]:
    """Every program on so many points, then on as many stored cells, with the ratios of ours to each."""
    for methods, where, peer, targets in (
        (POINTS, lambda: points(folder, rows), "polars-h3", {"wall": 0.1, "cpu": 0.1, "memory": 0.5}),
        (STORED, lambda: stored(folder, points(folder, rows), rows), "stored: duckdb", {"wall": 1.0, "memory": 1.0}),
    ):
        made = []
        for method in (one for one in methods if not only or one in only):
            why = _spared(rows, options) if method == "spark" else None
            if why is None:
                made.append(measured(method, rows, where, options, before))
            yield made[-1] if why is None else {"work": method, "size": rows, "note": f"not run: {why}"}
        if made:
            told = {"compared": COMPARED} if methods == STORED else {}
            yield from (row | told for row in compare(made, with_=peer, targets=targets))


def _spared(rows: int, options: dict[str, str]) -> str | None:
    """Why Spark is not run on so many rows."""
    return absent() or (f"more than --spark={options['spark']}" if rows > int(options["spark"]) else None)


def _ahead(ours: list[Row]) -> Iterator[Row]:
    """How time and memory of ours grow, and what all the records of a province would take."""
    if len(ours) > 1:
        span = math.log(ours[-1]["size"] / ours[0]["size"])
        grows = {name: math.log(ours[-1][name] / ours[0][name]) / span for name in ("wall_s", "peak_mb")}
        yield {"work": "growth exponent of ours", "size": ours[-1]["size"], **grows}
    if ours:
        yield extrapolated(ours[-1])


def _sizes(options: dict[str, str]) -> list[int]:
    return [int(part) for part in options["rows"].split(",") if part]


def main(*, json: bool, options: dict[str, str]) -> None:
    for row in run(options):
        plain = {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()}
        line = jsonlib.dumps(plain, ensure_ascii=False) if json else "  ".join(f"{k}={v}" for k, v in plain.items())
        print(line, flush=True)
