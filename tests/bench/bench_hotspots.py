"""Getis-Ord Gi* of every cell, analytic: ours beside esda, at three sizes, with the largest difference of z.

Processor time is compared; the neighbour table, which both sides need, is given beside it (libpysal's weights for
esda). Ours is timed over several runs, esda over one.
"""

from __future__ import annotations

import json as jsonlib
import math
import resource
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from geo import adjacency, boundary, hotspots

PEERS = ["esda==2.9.0"]
RADII = (0.05, 0.12, 0.28)  # of a disc in degrees: about 6 000, 35 000 and 187 000 cells of resolution 10


def timed(make: Callable[[], Any], runs: int) -> tuple[Any, float]:
    """The result and the least processor time."""
    best = math.inf
    for _ in range(runs):
        started = time.process_time()
        made = make()
        best = min(best, time.process_time() - started)
    return made, best


def measure(radius: float) -> dict[str, Any]:
    import esda
    import libpysal

    ids = boundary.fill(shapely.Point(111.6, 26.4).buffer(radius), 10)
    graph, graph_s = timed(lambda: adjacency.build(ids), 3)
    values = np.random.default_rng(1).poisson(2, ids.size).astype(float)
    ours, ours_s = timed(lambda: hotspots.getis_ord(values, graph), 5)
    rows = np.split(graph.indices, graph.indptr[1:-1])
    near = {n: row.tolist() for n, row in enumerate(rows)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights, weights_s = timed(lambda: libpysal.weights.W(near, silence_warnings=True), 1)
        theirs, peer_s = timed(lambda: esda.G_Local(values, weights, transform="B", star=True, permutations=0), 1)
    return {
        "work": "Gi*",
        "size": int(ids.size),
        "ours_s": ours_s,
        "esda_s": peer_s,
        "esda over ours": round(peer_s / ours_s),
        "neighbours_s": graph_s,
        "libpysal_weights_s": weights_s,
        "largest difference of z": float(np.abs(ours.z - theirs.Zs).max()),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def run(*, radii: tuple[float, ...] = RADII) -> list[dict[str, Any]]:
    measure(0.01)
    rows = [measure(radius) for radius in radii]
    span = math.log(rows[-1]["size"] / rows[0]["size"])
    exponents = {f: round(math.log(rows[-1][f] / rows[0][f]) / span, 2) for f in ("ours_s", "esda_s")}
    return [*rows, {"work": "growth exponent", **exponents}]


def main(*, json: bool) -> None:
    for row in run():
        plain = {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()}
        print(jsonlib.dumps(plain) if json else "  ".join(f"{k}={v}" for k, v in plain.items()))
