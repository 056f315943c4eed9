"""Very many incidents: the kernel beside its peers, and counting per cell and category beside whole programs.

Each program runs in a process of its own on the same Parquet files (latitude, longitude, category; invented), two
threads each; wall and processor time leave starting up out, memory is the peak of the process. ``fingerprint`` says
whether the counts are the same to the last one: programs over h3ronpy differ from libh3 on a few points in a million.

geopandas.sjoin is measured at smaller sizes and extrapolated with the exponent of time between them, which is shown.

Options: ``--rows=N,N`` sizes of the comparison, ``--only=M,M`` some of the programs, ``--sjoin=N`` and ``--spark=N``
the largest size measured for these two, ``--large=N`` rows for ours alone, ``--data=DIR`` where files are made and
kept. All of it takes about ten minutes and 25 GB of disk on two cores; ``--rows=1000000 --large=0`` one minute.
"""

from __future__ import annotations

import importlib.util
import json as jsonlib
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geo import cells
from tests.bench import bench_cells

PEERS = ["h3ronpy==0.22.0", "polars==2.1.0", "polars-h3==0.7.1"]
OPTIONS = {
    "rows": "10000000,100000000", "only": "", "sjoin": "1000000", "spark": "100000000", "large": "500000000",
    "data": "",
}  # fmt: skip
RES, FILE_ROWS, CATEGORIES = 10, 10_000_000, 24
RECORDS = 2_300_000_000
DIFFERENT = 10
"""Files of their own; beyond 100 million rows they come again under other names."""
POINTS = ("gezhi", "polars-h3", "h3ronpy+numpy", "duckdb+udf", "spark")
STORED = ("stored: gezhi", "stored: duckdb")
SJOIN = "geopandas.sjoin"


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


def measure(method: str, directory: Path, rows: int) -> dict[str, Any]:
    """One program on one directory."""
    command = [sys.executable, "-m", "tests.bench.incident_work", method, str(directory), str(RES)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"work": method, "size": rows, "failed": done.stderr.strip()[-300:]}
    found: dict[str, Any] = jsonlib.loads(done.stdout.splitlines()[-1])
    return {"work": method, "size": rows, **found, "M_per_s": round(rows / found["wall_s"] / 1e6, 2)}


def compare(rows: list[dict[str, Any]], *, with_: str, targets: dict[str, float]) -> list[dict[str, Any]]:
    """The first row beside each of the others: ratios of time and memory, and whether the counts are the same."""
    ours = rows[0]
    made = []
    for other in rows[1:]:
        if "failed" in other or "failed" in ours:
            continue
        told = {
            "work": f"{ours['work']} over {other['work']}", "size": ours["size"],
            "wall": ours["wall_s"] / other["wall_s"], "same counts": ours["fingerprint"] == other["fingerprint"],
        }  # fmt: skip
        for name, field in (("cpu", "cpu_s"), ("memory", "peak_mb")):
            if ours[field] is not None and other[field] is not None:
                told[name] = ours[field] / other[field]
        if other["work"] == with_:
            told |= {f"target {name}": most for name, most in targets.items()}
            told["met"] = all(told[name] <= most for name, most in targets.items())
        made.append(told)
    return made


def kernel() -> list[dict[str, Any]]:
    """Points → cells: ours, h3ronpy, h3-py (``bench_cells``) and polars-h3, processor time, one core's worth."""
    import polars as pl
    import polars_h3

    sizes = (1_000_000, 10_000_000)
    found = [bench_cells.by_point(size, everywhere=where) for size in sizes for where in (False, True)]
    for row in found:
        lats, lngs = bench_cells.points(row["size"], everywhere=row["work"].endswith("globe"))
        frame = pl.DataFrame({"lat": lats, "lng": lngs})
        _, peer_s = bench_cells.timed(lambda frame=frame: frame.select(polars_h3.latlng_to_cell("lat", "lng", RES)), 2)
        row |= {"polars-h3_M_per_s": round(row["size"] / peer_s / 1e6, 1), "target h3ronpy over ours": 15}
    return found


def joined(folder: Path, options: dict[str, str]) -> list[dict[str, Any]]:
    """geopandas.sjoin at three sizes, and what the larger ones would take by the exponent between the last two."""
    largest = int(options["sjoin"])
    made = [measure(SJOIN, points(folder, size), size) for size in (largest // 16, largest // 4, largest)]
    if any("failed" in row for row in made):
        return made
    (first, last), span = made[-2:], math.log(4)
    grows = {field: math.log(last[field] / first[field]) / span for field in ("wall_s", "cpu_s", "peak_mb")}
    return made + [
        {"work": f"{SJOIN}, extrapolated", "size": size, "from": largest,
         **{field: last[field] * (size / largest) ** power for field, power in grows.items()},
         **{f"exponent of {field}": power for field, power in grows.items()}}
        for size in _sizes(options) if size > largest
    ]  # fmt: skip


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


def run(options: dict[str, str]) -> list[dict[str, Any]]:
    folder = Path(options["data"] or tempfile.mkdtemp(prefix="gezhi-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    only = [one for one in options["only"].split(",") if one]
    found = [] if only and "kernel" not in only else kernel()
    _tell(found)
    ours: list[dict[str, Any]] = []
    for rows in _sizes(options):
        source = points(folder, rows)
        for methods, where, peer, targets in (
            (POINTS, source, "polars-h3", {"wall": 0.1, "cpu": 0.1, "memory": 0.5}),
            (STORED, None, "stored: duckdb", {"wall": 1.0, "memory": 1.0}),
        ):
            wanted = [one for one in methods if not only or one in only]
            if "spark" in wanted and (absent() or rows > int(options["spark"])):
                wanted.remove("spark")
            if not wanted:
                continue
            made = []
            for method in wanted:
                made.append(measure(method, where or stored(folder, source, rows), rows))
                _tell(made[-1:])
            ours += made[:1] if wanted[0] == "gezhi" and "failed" not in made[0] else []
            ratios = compare(made, with_=peer, targets=targets)
            _tell(ratios)
            found += [*made, *ratios]
    if not only or SJOIN in only:
        found += joined(folder, options)
    if absent() and (not only or "spark" in only):
        found.append({"work": "spark", "absent": absent()})
    if int(options["large"]):
        rows = int(options["large"])
        made = measure("gezhi", points(folder, rows), rows)
        ours.append(made | {"different files": min(-(-rows // FILE_ROWS), DIFFERENT)})
        _tell(ours[-1:])
        found.append(ours[-1])
    if len(ours) > 1:
        span = math.log(ours[-1]["size"] / ours[0]["size"])
        found.append({
            "work": "growth exponent of ours", "wall_s": math.log(ours[-1]["wall_s"] / ours[0]["wall_s"]) / span,
            "peak_mb": math.log(ours[-1]["peak_mb"] / ours[0]["peak_mb"]) / span,
        })  # fmt: skip
    found += [extrapolated(ours[-1])] if ours else []
    if not options["data"]:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _tell(rows: list[dict[str, Any]]) -> None:
    """Progress, since the large runs take their time."""
    for row in rows:
        print(jsonlib.dumps(row), file=sys.stderr, flush=True)


def _sizes(options: dict[str, str]) -> list[int]:
    return [int(part) for part in options["rows"].split(",") if part]


def main(*, json: bool, options: dict[str, str]) -> None:
    for row in run(options):
        plain = {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()}
        print(jsonlib.dumps(plain, ensure_ascii=False) if json else "  ".join(f"{k}={v}" for k, v in plain.items()))
