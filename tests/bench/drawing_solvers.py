"""The solvers that draw grids: ours and the peers, each run in a process of its own.

``python3 -m tests.bench.drawing_solvers SOLVER CITY.npz OUT.npz LIMIT`` reads a city, draws it and writes labels,
processor seconds (reading, importing and compiling left out) and peak memory. A solver gets LIMIT processor seconds:
so a busy machine takes no peer out.
"""

from __future__ import annotations

import importlib
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from geo import adjacency, cells, drawing
from geo.problem import Problem
from tests.bench import drawing_cities
from tests.bench.drawing_cities import City

SLOW_KAHIP = 10_000
"""Cells from which on KaHIP runs its fast configuration."""

QUICK_S, AGAIN = 3.0, 2
"""What takes less than so long is run so many times more, and the least time counts: other work shares the machine."""


def ours(city: City) -> tuple[np.ndarray, int]:
    """``geo.drawing.draw``: problem made, drawn, checked and measured. Also how many grids are proved to be out of band
    in every plan, beside those with a cell above the cap."""
    mean = city.weight.sum() / city.grids
    table = adjacency.Adjacency(city.indptr, city.indices, np.zeros(len(city.indices), dtype=np.float32))
    band = ((1 - city.reach) * mean, (1 + city.reach) * mean)
    nowhere = np.zeros(len(city.ids), dtype=np.int32)
    problem = Problem(city.ids, table, region=nowhere, households=city.weight, band=band)
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
    """KaHIP's kaffpa, eco configuration for small cities and fast for large ones, the band as its imbalance."""
    module = importlib.import_module("kahip")
    scale = city.grids * 1_000 / city.weight.sum()
    weight = np.maximum(np.rint(city.weight * scale), 0).astype(int).tolist()
    mode = 1 if len(city.ids) < SLOW_KAHIP else 0
    ones = [1] * len(city.indices)
    _, label = module.kaffpa(
        weight, city.indptr.tolist(), ones, city.indices.tolist(), city.grids, city.reach, True, 1, mode
    )
    return np.asarray(label)


def gerrychain(city: City) -> np.ndarray:
    """GerryChain's recursive tree partition within the band."""
    networkx = importlib.import_module("networkx")
    tree = importlib.import_module("gerrychain.tree")
    importlib.import_module("random").seed(1)
    graph = networkx.Graph()
    tails = np.repeat(np.arange(len(city.ids)), np.diff(city.indptr))
    graph.add_nodes_from((node, {"households": float(weight)}) for node, weight in enumerate(city.weight))
    graph.add_edges_from(zip(tails.tolist(), city.indices.tolist()))
    wrapped = importlib.import_module("gerrychain").Graph.from_networkx(graph)
    mean = city.weight.sum() / city.grids
    plan = tree.recursive_tree_part(wrapped, range(city.grids), mean, "households", city.reach)
    return np.array([plan[node] for node in range(len(city.ids))])


def spopt_azp(city: City) -> np.ndarray:
    """spopt's AZP, which knows contiguity but no band."""
    region = importlib.import_module("spopt.region")
    np.random.seed(1)  # noqa: NPY002 - the peer draws from numpy's global generator
    return _spopt(region.AZP(*_table(city), ["households"], city.grids))


def spopt_skater(city: City) -> np.ndarray:
    """spopt's SKATER, which knows contiguity but no band."""
    region = importlib.import_module("spopt.region")
    return _spopt(region.Skater(*_table(city), ["households"], n_clusters=city.grids))


def _table(city: City) -> tuple[Any, Any]:
    """The city as spopt reads it: a table of points and the weights of who touches whom."""
    pandas = importlib.import_module("geopandas")
    weights = importlib.import_module("libpysal.weights")
    rows = np.split(city.indices, city.indptr[1:-1])
    lats, lngs = cells.centres(city.ids)
    frame = pandas.GeoDataFrame({"households": city.weight}, geometry=pandas.points_from_xy(lngs, lats), crs=4326)
    return frame, weights.W({node: row.tolist() for node, row in enumerate(rows)}, silence_warnings=True)


def _spopt(model: Any) -> np.ndarray:
    model.solve()
    return np.unique(np.asarray(model.labels_), return_inverse=True)[1]


RUN: dict[str, Callable[[City], np.ndarray | tuple[np.ndarray, int]]] = {
    "ours": ours,
    "metis contiguous": lambda city: metis(city, contiguous=True),
    "metis": metis,
    "kahip": kahip,
    "gerrychain": gerrychain,
    "spopt azp": spopt_azp,
    "spopt skater": spopt_skater,
}
"""Every solver by the name it has in the table, ours first."""


def child(solver: str, given: Path, taken: Path, limit_s: float) -> None:
    """Run one solver on the city in ``given`` and write what it made to ``taken``."""
    with np.load(given) as found:
        city = City(**{name: found[name] if found[name].ndim else found[name].item() for name in found.files})
    if solver == "ours":
        for shape in drawing_cities.SHAPES:
            ours(drawing_cities.make(470, shape))
        for wet in (False, True):
            ours(drawing_cities.make(7_700, "lumpy", wet=wet))
    began = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(began + limit_s) + 1, resource.RLIM_INFINITY))
    made = RUN[solver](city)
    seconds = time.process_time() - began
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for _ in range(AGAIN if seconds < QUICK_S else 0):
        began = time.process_time()
        RUN[solver](city)
        seconds = min(seconds, time.process_time() - began)
    label, proved = made if isinstance(made, tuple) else (made, 0)
    np.savez(taken, label=label, proved=proved, seconds=seconds, memory_mb=_peak_mb())


def _peak_mb() -> float:
    """The most memory this process held; Linux counts what its parent held into ``ru_maxrss`` too, so not that."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(float(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    child(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
