"""Drawing: ours beside METIS (contiguous and not), KaHIP, GerryChain and spopt on the same synthetic cities.

A city is a disk of H3 cells around the demonstration city's latitude; grids of 67 cells on average (87 in the largest)
and a band of ±10 % about the mean. Weights: *smooth* (a gentle swell), *lumpy* (Pareto, no cell above 40 % of a grid),
*heavy* (Pareto with cells up to 30 grids). *wet*: the same with two rivers without bridges and three islands. Every
solver runs in a process of its own and reads the same graph; its seconds are processor seconds (all solvers use one
core) and leave out reading, importing and, for ours, compiling (once per installation). What it returns is judged here
by scipy alone, not by our own checks.

whole: share of grids that are one piece · in band: share of grids within ±10 %, those that hold a cell above the cap
left out · proved: of the others, grids out of band of which ours proved that no plan has them in band · cut:
touching pairs in different grids · round: perimeter of the roundest grid of that many cells over the
real one, mean · empty: grids asked for and not made.
"""

from __future__ import annotations

import importlib
import json as jsonlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from geo import adjacency, cells, drawing
from geo.problem import Problem

PEERS = ["kahip==3.25", "gerrychain==1.0.0", "spopt==0.7.0"]
CENTRE_LAT, CENTRE_LNG, RES = 26.4, 112.4, 10
RINGS = {470: 12, 5_000: 40, 50_000: 128, 187_000: 249, 1_300_000: 658}
SHAPES = ("smooth", "lumpy", "heavy")
LIMIT_S = {"gerrychain": 60.0, "spopt azp": 60.0}
LARGEST = {"gerrychain": 5_000, "spopt azp": 470, "kahip": 187_000}
SOLVERS = ("ours", "metis contiguous", "metis", "kahip", "gerrychain", "spopt azp")


@dataclass(frozen=True)
class Row:
    """One solver on one city."""

    cells: int
    shape: str
    wet: bool
    solver: str
    grids: int
    whole: float
    in_band: float
    worst: float
    mean: float
    cut: int
    round: float
    empty: int
    proved: int
    seconds: float
    memory_mb: float
    note: str = ""


@dataclass(frozen=True, eq=False)
class City:
    """``indptr``, ``indices`` of the open graph, ``near`` of the dry one, ``weight`` float64[n], ``grids`` wanted."""

    ids: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    weight: np.ndarray
    grids: int
    around: np.ndarray


def main(*, json: bool, sizes: tuple[int, ...] = tuple(RINGS)) -> None:
    """Run every size, shape and solver; a table, or one JSON line per row and one of growth."""
    rows = []
    for size in sizes:
        for wet in (False, True):
            for shape in SHAPES if size < 1_300_000 else ("lumpy",):
                if wet and (shape == "smooth" or not 50_000 <= size < 1_300_000):
                    continue
                rows += _city_rows(size, shape, wet, json)
    growth = _growth(rows)
    print(jsonlib.dumps({"growth": growth}) if json else f"growth of seconds with cells (exponent): {growth}")


def make(size: int, shape: str, *, wet: bool = False, seed: int = 1) -> City:
    """A synthetic city of about ``size`` cells."""
    centre = int(cells.from_points(np.array([CENTRE_LAT]), np.array([CENTRE_LNG]), RES)[0])
    ids = cells.disk(centre, RINGS[size])
    table = adjacency.build(ids)
    lats, lngs = cells.centres(ids)
    tails = np.repeat(np.arange(len(ids)), np.diff(table.indptr))
    kept = np.ones(len(tails), dtype=np.bool_)
    if wet:
        banks = _banks(lats, lngs)
        kept = banks[tails] == banks[table.indices]
    per = 87 if size >= 1_300_000 else 67
    weight = _weights(shape, lats, lngs, per, np.random.default_rng(seed))
    return City(
        ids=ids,
        indptr=np.concatenate([[0], np.cumsum(np.bincount(tails[kept], minlength=len(ids)))]).astype(np.int32),
        indices=table.indices[kept],
        weight=weight,
        grids=max(1, len(ids) // per),
        around=np.diff(table.indptr),
    )


def _banks(lats: np.ndarray, lngs: np.ndarray) -> np.ndarray:
    """Which bank of two winding rivers, or which of three islands, a cell lies on."""
    east = (lngs - CENTRE_LNG) / np.ptp(lngs) * 2
    north = (lats - CENTRE_LAT) / np.ptp(lats) * 2
    bank = (north > 0.3 + 0.1 * np.sin(6 * east)).astype(np.int64) + 2 * (east > 0.4 + 0.1 * np.sin(5 * north))
    for number, (x, y) in enumerate(((-0.5, -0.4), (0.1, -0.6), (-0.3, 0.7))):
        bank[np.hypot(east - x, north - y) < 0.12] = 4 + number
    return bank


def _weights(shape: str, lats: np.ndarray, lngs: np.ndarray, per: int, rng: np.random.Generator) -> np.ndarray:
    if shape == "smooth":
        swell = 5 + 3 * np.sin((lats - CENTRE_LAT) * 400) * np.cos((lngs - CENTRE_LNG) * 300)
        return np.asarray(swell + rng.random(len(lats)))
    if shape == "lumpy":
        lumps = rng.pareto(1.2, len(lats))
        return np.asarray(np.minimum(lumps, 0.4 * per * lumps.mean()))
    lumps = rng.pareto(1.05, len(lats))
    return np.asarray(np.minimum(lumps, 30 * per * np.median(lumps)))


def _city_rows(size: int, shape: str, wet: bool, json: bool) -> list[Row]:
    city = make(size, shape, wet=wet)
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        given = Path(directory) / "city.npz"
        np.savez(given, **asdict(city))
        for solver in SOLVERS:
            if size > LARGEST.get(solver, size) or (wet and solver in ("gerrychain", "spopt azp")):
                continue
            row = _run(city, size, shape, wet, solver, given)
            rows.append(row)
            print(jsonlib.dumps(asdict(row)) if json else _line(row, rows[0]), flush=True)
    return rows


def _run(city: City, size: int, shape: str, wet: bool, solver: str, given: Path) -> Row:
    taken = given.with_suffix(".out.npz")
    taken.unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.bench_drawing", solver, str(given), str(taken)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    try:
        limit = LIMIT_S.get(solver, 900.0)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit, check=False)
        note = "" if taken.exists() else (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1][:60]
    except subprocess.TimeoutExpired:
        note = f"not in {limit:.0f} s"
    if note:
        return Row(size, shape, wet, solver, 0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0, 0, 0.0, 0.0, note)
    with np.load(taken) as out:
        judged = judge(city, out["label"])
        seconds, memory_mb, proved = float(out["seconds"]), float(out["memory_mb"]), int(out["proved"])
        return Row(size, shape, wet, solver, **judged, proved=proved, seconds=seconds, memory_mb=memory_mb)


def judge(city: City, label: np.ndarray) -> dict[str, Any]:
    """What a plan is worth, by scipy alone."""
    tails = np.repeat(np.arange(len(label)), np.diff(city.indptr))
    inside = label[tails] == label[city.indices]
    graph = sparse.coo_matrix((np.ones(inside.sum()), (tails[inside], city.indices[inside])), (len(label),) * 2)
    _, piece = sparse.csgraph.connected_components(graph, directed=False)
    used, first, at = np.unique(label, return_index=True, return_inverse=True)
    pieces = np.bincount(at[np.unique(piece, return_index=True)[1]])
    load, size = np.bincount(at, weights=city.weight), np.bincount(at)
    mean = city.weight.sum() / city.grids
    heavy = np.zeros(len(used), dtype=np.bool_)
    heavy[at[city.weight > 1.1 * mean]] = True
    off = np.abs(load / mean - 1)[~heavy]
    perimeter = 6 * size - np.bincount(at[tails[inside]], minlength=len(used))
    roundest = 2 * np.ceil(np.sqrt(12 * size - 3))
    return {
        "grids": len(used),
        "whole": float((pieces == 1).mean()),
        "in_band": float((off <= 0.1 + 1e-9).mean()),
        "worst": float(off.max()),
        "mean": float(off.mean()),
        "cut": int((~inside).sum()) // 2,
        "round": float((roundest / perimeter).mean()),
        "empty": max(0, city.grids - len(used)) if not heavy.any() else 0,
    }


def _line(row: Row, ours: Row) -> str:
    head = f"{row.cells:>9,} {row.shape:<6} {'wet' if row.wet else 'dry':<4} {row.solver:<17}"
    if row.note:
        return f"{head} {row.note}"
    ratio = f" {ours.seconds / row.seconds:5.2f}x ours" if row.solver != "ours" and row.seconds else ""
    return (
        f"{head} {row.grids:>6} grids  whole {row.whole:7.2%}  in band {row.in_band:7.2%}  worst {row.worst:6.1%}"
        f"  mean {row.mean:5.1%}  cut {row.cut:>7,}  round {row.round:.3f}  empty {row.empty:>3}"
        f"  proved {row.proved:>2}"
        f"  {row.seconds:7.2f} s  {row.memory_mb:6.0f} MB{ratio}"
    )


def _growth(rows: list[Row]) -> dict[str, float]:
    """The slope of log seconds over log cells, by solver, on dry lumpy cities of 5 000 cells and more."""
    found = {}
    for solver in SOLVERS:
        mine = [row for row in rows if row.solver == solver and row.shape == "lumpy" and not row.wet and not row.note]
        mine = [row for row in mine if row.cells >= 5_000 and row.seconds > 0]
        if len(mine) >= 2:
            sizes, seconds = np.log([row.cells for row in mine]), np.log([row.seconds for row in mine])
            found[solver] = round(float(np.polyfit(sizes, seconds, 1)[0]), 2)
    return found


# -------------------------------------------------------------------------------- solvers, each in its own process


def ours(city: City) -> tuple[np.ndarray, int]:
    """``geo.drawing.draw``: problem made, drawn, checked and measured."""
    mean = city.weight.sum() / city.grids
    table = adjacency.Adjacency(city.indptr, city.indices, np.zeros(len(city.indices), dtype=np.float32))
    nowhere = np.zeros(len(city.ids), dtype=np.int32)
    problem = Problem(
        city.ids, table, region=nowhere, households=city.weight, band=(0.9 * mean, 1.1 * mean)
    )
    drawn = drawing.draw(problem, rng=np.random.default_rng(1))
    return drawn.partition.labels, sum(found.proved and found.code != "CELL_OVER_BAND" for found in drawn.violations)


def metis(city: City, *, contiguous: bool = False) -> np.ndarray:
    """pymetis k-way with its defaults."""
    pymetis = importlib.import_module("pymetis")
    scale = city.grids * 10_000 / city.weight.sum()
    options = pymetis.Options(contig=int(contiguous), seed=1)
    result = pymetis.part_graph(
        city.grids,
        pymetis.CSRAdjacency(city.indptr, city.indices),
        vweights=np.rint(city.weight * scale).astype(np.int64),
        options=options,
    )
    return np.asarray(result.vertex_part)


def kahip(city: City) -> np.ndarray:
    """KaHIP's kaffpa, eco configuration below 10 000 cells and fast above, 10 % imbalance."""
    module = importlib.import_module("kahip")
    scale = city.grids * 1_000 / city.weight.sum()
    weight = np.maximum(np.rint(city.weight * scale), 0).astype(int).tolist()
    mode = 1 if len(city.ids) < 10_000 else 0
    ones = [1] * len(city.indices)
    _, label = module.kaffpa(
        weight, city.indptr.tolist(), ones, city.indices.tolist(), city.grids, 0.1, True, 1, mode
    )
    return np.asarray(label)


def gerrychain(city: City) -> np.ndarray:
    """GerryChain's recursive tree partition, ±10 %."""
    networkx = importlib.import_module("networkx")
    tree = importlib.import_module("gerrychain.tree")
    importlib.import_module("random").seed(1)
    graph = networkx.Graph()
    tails = np.repeat(np.arange(len(city.ids)), np.diff(city.indptr))
    graph.add_nodes_from((node, {"households": float(weight)}) for node, weight in enumerate(city.weight))
    graph.add_edges_from(zip(tails.tolist(), city.indices.tolist()))
    wrapped = importlib.import_module("gerrychain").Graph.from_networkx(graph)
    mean = city.weight.sum() / city.grids
    plan = tree.recursive_tree_part(wrapped, range(city.grids), mean, "households", 0.1)
    return np.array([plan[node] for node in range(len(city.ids))])


def spopt_azp(city: City) -> np.ndarray:
    """spopt's AZP, which knows contiguity but no band."""
    pandas = importlib.import_module("geopandas")
    weights = importlib.import_module("libpysal.weights")
    region = importlib.import_module("spopt.region")
    around = {
        node: city.indices[city.indptr[node] : city.indptr[node + 1]].tolist() for node in range(len(city.ids))
    }
    lats, lngs = cells.centres(city.ids)
    frame = pandas.GeoDataFrame({"households": city.weight}, geometry=pandas.points_from_xy(lngs, lats), crs=4326)
    np.random.seed(1)  # noqa: NPY002 - the peer draws from numpy's global generator
    model = region.AZP(frame, weights.W(around), ["households"], city.grids)
    model.solve()
    return np.unique(np.asarray(model.labels_), return_inverse=True)[1]


RUN: dict[str, Callable[[City], np.ndarray | tuple[np.ndarray, int]]] = {
    "ours": ours,
    "metis contiguous": lambda city: metis(city, contiguous=True),
    "metis": metis,
    "kahip": kahip,
    "gerrychain": gerrychain,
    "spopt azp": spopt_azp,
}


def child(solver: str, given: Path, taken: Path) -> None:
    """Run one solver on the city in ``given`` and write its labels, seconds and peak memory to ``taken``."""
    with np.load(given) as found:
        city = City(**{name: found[name] if found[name].ndim else int(found[name]) for name in found.files})
    if solver == "ours":
        for shape in SHAPES:
            ours(make(470, shape))
    began = time.process_time()
    made = RUN[solver](city)
    seconds = time.process_time() - began
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    label, proved = made if isinstance(made, tuple) else (made, 0)
    np.savez(taken, label=label, proved=proved, seconds=seconds, memory_mb=memory_mb)


if __name__ == "__main__":
    child(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
