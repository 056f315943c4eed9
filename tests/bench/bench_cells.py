"""Points → cells, polygon → cells, parents and neighbours: ours beside h3ronpy (Rust) and h3-py (C), at three sizes.

Processor time of the whole process is compared, not the clock, so that other work on the machine and threads of the
peers do not tilt it; the best of several runs counts. Every row says how many results differ from libh3's, and the
last rows ask libh3 about every point of a large set made to be mistaken (``tests.hard_points``).

Options: ``--exact=N`` how many points that set has over all resolutions, ``--only=exact`` nothing else.
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

from geo import boundary, cells
from tests import hard_points

PEERS = ["h3ronpy==0.22.0"]
OPTIONS = {"exact": "10000000", "only": ""}
POINTS = (100_000, 1_000_000, 10_000_000)
RADII = (0.05, 0.2, 0.8)  # of a disc in degrees: about 6 000, 96 000 and 1.5 million cells of resolution 10
LAT, LNG, RES = 26.4, 111.6, 10
LIBH3_POINTS = 1_000_000  # libh3 is asked about so many of the points
KINDS = 11  # of hard points


def timed(make: Callable[[], Any], runs: int = 5) -> tuple[Any, float]:
    """The result and the least processor time."""
    best = math.inf
    for _ in range(runs):
        started = time.process_time()
        made = make()
        best = min(best, time.process_time() - started)
    return made, best


def points(number: int, *, everywhere: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    if everywhere:
        return np.degrees(np.arcsin(rng.uniform(-1, 1, number))), rng.uniform(-180, 180, number)
    return LAT + rng.normal(0, 0.1, number), LNG + rng.normal(0, 0.1, number)


def by_point(number: int, *, everywhere: bool) -> dict[str, Any]:
    from h3ronpy import vector

    lats, lngs = points(number, everywhere=everywhere)
    ours, ours_s = timed(lambda: cells.from_points(lats, lngs, RES))
    theirs, peer_s = timed(lambda: vector.coordinates_to_cells(lats, lngs, RES), 2)
    asked = slice(0, LIBH3_POINTS)
    true, libh3_s = timed(
        lambda: [h3.latlng_to_cell(a, b, RES) for a, b in zip(lats[asked].tolist(), lngs[asked].tolist())], 1
    )
    return {
        "work": "points → cells, " + ("the globe" if everywhere else "a city"),
        "size": number,
        "ours_s": ours_s,
        "h3ronpy_s": peer_s,
        "ours_M_per_s": round(number / ours_s / 1e6, 1),
        "h3ronpy_M_per_s": round(number / peer_s / 1e6, 1),
        "h3-py_M_per_s": round(len(true) / libh3_s / 1e6, 1),
        "h3ronpy over ours": round(peer_s / ours_s, 1),
        "differ from libh3": int((ours[asked] != np.array(true, np.uint64)).sum()),
        "h3ronpy differs from libh3": int((np.asarray(theirs)[asked] != np.array(true, np.uint64)).sum()),
    }


def by_polygon(radius: float) -> dict[str, Any]:
    from h3ronpy import vector

    rng = np.random.default_rng(8)
    turns = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    wavy = radius * (1 + 0.02 * np.cumsum(rng.normal(size=2000)) / 45)
    city = shapely.Polygon(np.column_stack((LNG + wavy * np.cos(turns), LAT + wavy * np.sin(turns)))).buffer(0)
    ours, ours_s = timed(lambda: boundary.fill(city, RES))
    theirs, peer_s = timed(lambda: vector.geometry_to_cells(city, RES), 3)
    ring = [(y, x) for x, y in city.exterior.coords[:-1]]
    true, libh3_s = timed(lambda: h3.h3shape_to_cells(h3.LatLngPoly(ring), RES), 1)
    return {
        "work": "polygon of 2 000 points → cells",
        "size": int(ours.size),
        "ours_s": ours_s,
        "h3ronpy_s": peer_s,
        "h3-py_s": libh3_s,
        "ours over h3ronpy": round(ours_s / peer_s, 3),
        "differ from libh3": int(np.setxor1d(ours, np.sort(np.array(true, np.uint64))).size),
        "h3ronpy differs from libh3": len(set(np.asarray(theirs).tolist()) ^ set(true)),
    }


def by_set(radius: float) -> dict[str, Any]:
    import h3ronpy

    ids = boundary.fill(shapely.Point(LNG, LAT).buffer(radius), RES)
    parents, ours_s = timed(lambda: cells.parents(ids, 7))
    theirs, peer_s = timed(lambda: h3ronpy.change_resolution(ids, 7))
    near, near_s = timed(lambda: cells.neighbours(ids))
    around, disk_s = timed(lambda: h3ronpy.grid_disk(ids, 1, flatten=True), 2)
    return {
        "work": "parents and neighbours",
        "size": int(ids.size),
        "ours_s": ours_s,
        "h3ronpy_s": peer_s,
        "h3ronpy over ours, parents": round(peer_s / ours_s, 1),
        "parents differ": int((parents != np.asarray(theirs)).sum()),
        "neighbours_s": near_s,
        "h3ronpy_grid_disk_s": disk_s,
        "neighbours missing": int(np.isin(np.asarray(around), ids).sum() - ids.size - (near >= 0).sum()),
    }


def exactness(number: int) -> list[dict[str, Any]]:
    """Every point of random and hard ones (``number`` over all resolutions) beside libh3's answer, by kind."""
    wrong: dict[str, list[int]] = {}
    asked: dict[str, int] = {}
    for res in range(16):
        for kind, lats, lngs in hard_points.by_kind(np.random.default_rng(res), res, -(-number // (16 * KINDS))):
            true = np.array([h3.latlng_to_cell(a, b, res) for a, b in zip(lats.tolist(), lngs.tolist())], np.uint64)
            differ = int((cells.from_points(lats, lngs, res) != true).sum())
            wrong.setdefault(kind, []).append(differ)
            asked[kind] = asked.get(kind, 0) + true.size
    rows = [
        {"work": f"equal to libh3, {kind}", "size": asked[kind], "differ from libh3": sum(by_res),
         "at resolutions 0-15": " ".join(map(str, by_res))}
        for kind, by_res in wrong.items()
    ]  # fmt: skip
    every = sum(row["differ from libh3"] for row in rows)
    return [*rows, {"work": "equal to libh3, all", "size": sum(asked.values()), "differ from libh3": every}]


def growth(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The exponent of time over size between the smallest and the largest."""
    span = math.log(rows[-1]["size"] / rows[0]["size"])
    return {
        "work": rows[0]["work"] + ": growth exponent",
        **{f: round(math.log(rows[-1][f] / rows[0][f]) / span, 2) for f in ("ours_s", "h3ronpy_s")},
    }


def run(options: dict[str, str]) -> list[dict[str, Any]]:
    """All rows, or with ``only`` just those of exactness."""
    found = [] if options["only"] == "exact" else speed()
    return found + exactness(int(options["exact"]))


def speed(*, sizes: tuple[int, ...] = POINTS, radii: tuple[float, ...] = RADII) -> list[dict[str, Any]]:
    by_point(1000, everywhere=False)
    by_polygon(0.01)
    by_set(0.01)
    found = []
    for rows in (
        [by_point(n, everywhere=False) for n in sizes],
        [by_point(n, everywhere=True) for n in sizes],
        [by_polygon(radius) for radius in radii],
        [by_set(radius) for radius in radii],
    ):
        found += [*rows, growth(rows)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return [{**row, "memory_mb": memory} for row in found]


def main(*, json: bool, options: dict[str, str]) -> None:
    for row in run(options):
        plain = {k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()}
        print(jsonlib.dumps(plain, ensure_ascii=False) if json else "  ".join(f"{k}={v}" for k, v in plain.items()))
