"""Outlines of all grids in one pass, beside h3-py called grid by grid and h3ronpy's union of everything.

The grids are squares of about a hundred cells. h3-py does some of them, and its time for all is
taken per cell. Outlines must have h3-py's area and number of points, and cover what h3ronpy's union covers.
"""

from __future__ import annotations

import json as jsonlib
import math
import resource
import time
from collections.abc import Callable
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import shapely

from geo import boundary, cells, outlines

PEERS = ["h3ronpy==0.22.0"]
RADII = (0.05, 0.2, 0.8)  # of a disc in degrees: about 6 000, 96 000 and 1.5 million cells of resolution 10
SIDE_DEG = 0.0115
H3_GRIDS = 1000


def timed(make: Callable[[], Any], runs: int = 3) -> tuple[Any, float]:
    """The result and the least processor time."""
    best = math.inf
    for _ in range(runs):
        started = time.process_time()
        made = make()
        best = min(best, time.process_time() - started)
    return made, best


def measure(radius: float) -> dict[str, Any]:
    from h3ronpy import vector

    ids = boundary.fill(shapely.Point(111.6, 26.4).buffer(radius), 10)
    lats, lngs = cells.centres(ids)
    square = np.floor(lats / SIDE_DEG).astype(np.int64) * 100_000 + np.floor(lngs / SIDE_DEG).astype(np.int64)
    labels = np.unique(square, return_inverse=True)[1].astype(np.int32)
    ours, ours_s = timed(lambda: outlines.outlines(ids, labels))
    some = np.unique(labels)[:: max(1, labels.max() // H3_GRIDS)][:H3_GRIDS]
    members = [ids[labels == label].tolist() for label in some.tolist()]
    true, loop_s = timed(lambda: [shapely.geometry.shape(h3.cells_to_geo(grid)) for grid in members], 1)
    loop_s *= ids.size / sum(map(len, members))
    union, union_s = timed(lambda: vector.cells_to_wkb_polygons(ids, link_cells=True), 1)
    mine = [ours[label] for label in some.tolist()]
    whole = shapely.area(shapely.from_wkb([bytes(w) for w in union.to_pylist()])).sum()
    return {
        "work": "outlines of all grids",
        "size": int(ids.size),
        "grids": len(ours),
        "ours_s": ours_s,
        "h3-py_loop_s": loop_s,
        "h3ronpy_union_s": union_s,
        "h3-py loop over ours": round(loop_s / ours_s, 1),
        "valid": bool(ours.is_valid.all()),
        "points differ from h3-py": int((shapely.get_num_coordinates(mine) != shapely.get_num_coordinates(true)).sum()),
        "worst area difference": float(np.abs(shapely.area(mine) / shapely.area(true) - 1).max()),
        "area against h3ronpy's union": float(abs(shapely.area(ours.to_numpy()).sum() / whole - 1)),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def run(*, radii: tuple[float, ...] = RADII) -> list[dict[str, Any]]:
    measure(0.01)
    rows = [measure(radius) for radius in radii]
    span = math.log(rows[-1]["size"] / rows[0]["size"])
    exponents = {f: round(math.log(rows[-1][f] / rows[0][f]) / span, 2) for f in ("ours_s", "h3-py_loop_s")}
    return [*rows, {"work": "growth exponent", **exponents}]


def main(*, json: bool) -> None:
    for row in run():
        plain = {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()}
        print(jsonlib.dumps(plain) if json else "  ".join(f"{k}={v}" for k, v in plain.items()))
