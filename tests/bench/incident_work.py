"""One way of counting points per cell and category, in a process of its own, so that its memory is its own.

``python -m tests.bench.incident_work METHOD DIRECTORY RES LIMIT_S`` prints one JSON line: wall_s and cpu_s of the
counting (imports and warming up left out), peak_mb of the process (both unknown for Spark), the sum of all counts,
their number and a fingerprint that does not depend on the order of rows.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from server.archive import aggregate
from tests.bench import apart
from tests.bench.__main__ import PEERS

Raw = tuple[Any, Any, Any]
"""Cells, categories as text and counts, in the columns that the program itself made."""
Found = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Cells uint64, category codes int64 (their number in alphabetical order) and counts int64."""


def gezhi(files: list[Path], res: int) -> Raw:
    table = aggregate.of_points(files, res=res)
    return (table["cell"], table["category"], table["n"])


def polars(files: list[Path], res: int) -> Raw:
    import polars as pl
    import polars_h3

    counted = (
        pl.scan_parquet([str(file) for file in files])
        .select(polars_h3.latlng_to_cell("lat", "lng", res).alias("cell"), pl.col("category").cast(pl.String))
        .group_by("cell", "category")
        .len()
        .collect(engine="streaming")
    )
    return (counted["cell"], counted["category"], counted["len"])


def h3ronpy(files: list[Path], res: int) -> Raw:
    from h3ronpy import vector

    low, high = np.uint64((1 << 52) - 1), np.uint64(52)
    known: dict[str, int] = {}
    cells, codes, n = (np.zeros(0, kind) for kind in (np.uint64, np.int64, np.int64))
    for file in files:
        for batch in pq.ParquetFile(file, read_dictionary=["category"]).iter_batches(1 << 20):
            lats, lngs = (np.asarray(batch.column(name)) for name in ("lat", "lng"))
            category = batch.column("category")
            code = np.array([known.setdefault(word, len(known)) for word in category.dictionary.to_pylist()])
            own = np.asarray(vector.coordinates_to_cells(lats, lngs, res)).astype(np.uint64)
            key = (own & low) | (code[np.asarray(category.indices)].astype(np.uint64) << high)
            keys, count = np.unique(key, return_counts=True)
            held = (cells & low) | (codes.astype(np.uint64) << high)
            merged, at = np.unique(np.concatenate([held, keys]), return_inverse=True)
            n = np.bincount(at, weights=np.concatenate([n, count])).astype(np.int64)
            cells, codes = (merged & low) | (own[0] & ~low), (merged >> high).astype(np.int64)
    names = np.array(list(known))
    return (pa.array(cells), pa.array(names[codes]), pa.array(n))


def duckdb(files: list[Path], res: int) -> Raw:
    import duckdb as database
    from h3ronpy import vector

    connection = database.connect(":memory:", config={"threads": 2, "memory_limit": "8GB"})

    def cell(lats: Any, lngs: Any) -> Any:
        made = vector.coordinates_to_cells(_one(lats), _one(lngs), res)
        return pa.array(np.asarray(made).astype(np.int64))

    connection.create_function("cell", cell, ["DOUBLE", "DOUBLE"], "BIGINT", type="arrow")
    names = ", ".join(f"'{file}'" for file in files)
    text = f"SELECT cell(lat, lng) AS c, category, count(*) AS n FROM read_parquet([{names}]) GROUP BY 1, 2"
    table = connection.sql(text).to_arrow_table()
    return (table["c"], table["category"], table["n"])


def sjoin(files: list[Path], res: int) -> Raw:
    import geopandas

    from geo import boundary
    from geo import cells as ours

    table = pa.concat_tables([pq.read_table(file) for file in files])
    lats, lngs = table["lat"].to_numpy(), table["lng"].to_numpy()
    ids = np.unique(ours.from_points(lats, lngs, res))
    hexagons = geopandas.GeoDataFrame({"cell": ids}, geometry=boundary.polygons(ids), crs="EPSG:4326")
    points = geopandas.GeoDataFrame(
        {"category": table["category"].cast(pa.string()).to_pandas()},
        geometry=geopandas.points_from_xy(lngs, lats), crs="EPSG:4326",
    )  # fmt: skip
    joined = geopandas.sjoin(points, hexagons, predicate="within")
    counted = joined.groupby(["cell", "category"], observed=True).size().reset_index(name="n")
    return (pa.array(counted["cell"]), pa.array(counted["category"]), pa.array(counted["n"]))


def spark(files: list[Path], res: int) -> Raw:
    from server.archive import spark as engine

    table = engine.aggregate(files, res=res, stored=False)
    return (table["cell"], table["category"], table["n"])


def stored(files: list[Path], res: int) -> Raw:
    table = aggregate.of_cells(files, res=res)
    return (table["cell"], table["category"], table["n"])


def stored_duckdb(files: list[Path], res: int) -> Raw:
    """The SQL of ``sql.aggregate`` by DuckDB as it opens by itself, but for two threads."""
    import duckdb as database

    connection = database.connect(":memory:", config={"threads": 2})
    names = ", ".join(f"'{file}'" for file in files)
    fine = (1 << (3 * (15 - res))) - 1
    keep = ((1 << 63) - 1) & ~((15 << 52) | fine)
    text = (
        f"SELECT (cell & {keep}) | {(res << 52) | fine} AS c, category, sum(weight)::BIGINT AS n "
        f"FROM read_parquet([{names}]) GROUP BY 1, 2"
    )
    table = connection.sql(text).to_arrow_table()
    return (table["c"], table["category"], table["n"])


METHODS: dict[str, Callable[[list[Path], int], Raw]] = {
    "gezhi": gezhi, "polars-h3": polars, "h3ronpy+numpy": h3ronpy, "duckdb+udf": duckdb, "geopandas.sjoin": sjoin,
    "spark": spark, "stored: gezhi": stored, "stored: duckdb": stored_duckdb,
}  # fmt: skip


def _peak_kb() -> int:
    """The most memory of this program; what the system calls its maximum counts the one that started it as well."""
    told = Path("/proc/self/status")
    if not told.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in told.read_text().splitlines() if line.startswith("VmHWM"))


def _one(column: Any) -> np.ndarray:
    return np.asarray(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)


def _arrays(cells: Any, words: Any, n: Any) -> Found:
    words, cells, n = (one.to_arrow() if hasattr(one, "to_arrow") else one for one in (words, cells, n))
    texts = (words.combine_chunks() if isinstance(words, pa.ChunkedArray) else words).cast(pa.string())
    names = sorted(pc.unique(texts).to_pylist())
    codes = pc.index_in(texts, pa.array(names, pa.string()))
    return _one(cells).astype(np.uint64), np.asarray(codes).astype(np.int64), _one(n).astype(np.int64)


def fingerprint(found: Found) -> int:
    """The same for the same counts in any order."""
    cells, codes, n = found
    with np.errstate(over="ignore"):
        mixed = (cells ^ (codes.astype(np.uint64) << np.uint64(56))) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(31)) ^ n.astype(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
        return int(np.bitwise_xor.reduce(mixed ^ (mixed >> np.uint64(27))))


def main(method: str, directory: str, res: str, limit_s: str) -> None:
    apart.limit(float(limit_s))
    sys.path.append(str(PEERS))
    files = sorted(Path(directory).glob("*.parquet"))
    small = Path(directory) / "warm"
    count = METHODS[method]
    if method != "spark":
        count(sorted(small.glob("*.parquet")), int(res))
    started, cpu = time.monotonic(), time.process_time()
    raw = count(files, int(res))
    wall_s, cpu_s = time.monotonic() - started, time.process_time() - cpu
    held = _peak_kb()
    found = _arrays(*raw)
    seen = method != "spark"  # its work is done by processes of its own, which outlive this one
    told = {
        "wall_s": wall_s, "cpu_s": cpu_s if seen else None, "peak_mb": held // 1024 if seen else None,
        "n": int(found[2].sum()),
        "rows": int(found[2].size), "fingerprint": f"{fingerprint(found):016x}",
    }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
