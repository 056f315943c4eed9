"""Compiles the loops that first readers would wait for, in a process of its own beside the first load of a city.

``python -m server.kernels``: numba keeps what it compiles beside the sources, so every process that comes later finds
it there. The loops are run on a made-up place; nothing of a city is read, and nothing else is written.
"""

from __future__ import annotations

import subprocess
import sys

import geopandas as gpd
import numpy as np
import shapely

from geo import adjacency, cameras, cells, drawing, hotspots, outlines, staffing, visibility
from geo.problem import Problem

LAT, LNG = 25.0, 112.0
RESOLUTION, RINGS = 10, 14
COMMUNITIES = 3
HOMES = 120
"""Households of a cell where there are any: a few cells make a grid, so that all kinds of moves are tried."""


def start() -> None:
    """Begin compiling beside this process and do not wait for it: it ends by itself, and nobody depends on it."""
    subprocess.Popen(
        [sys.executable, "-m", "server.kernels"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def main() -> None:
    """Run every such loop once, those first that are waited for first."""
    middle = int(cells.from_points(np.array([LAT]), np.array([LNG]), RESOLUTION)[0])
    ids = cells.disk(middle, RINGS)
    lats, lngs = cells.centres(ids)
    staffing.assign(lats[:9], lngs[:9], lats[:8], lngs[:8], capacity=np.full(9, 1))
    _sight(ids)
    _grids(ids)


def _sight(ids: cells.Cells) -> None:
    """Some cameras among some buildings: a sector, one that looks all round, one above the roofs."""
    lats, lngs = np.full(3, LAT), LNG + np.array([0.0, 0.0004, 0.0009])
    houses = gpd.GeoSeries([shapely.box(x, LAT, x + 0.0002, LAT + 0.0002) for x in lngs + 0.0001], crs="EPSG:4326")
    walls = visibility.walls(houses, heights_m=np.array([9.0, np.nan, 30.0]))
    lats, lngs, _ = visibility.to_wall(lats, lngs, buildings=walls, within_m=5.0)
    looks = {
        "heading_deg": np.array([90.0, np.nan, 200.0]), "angle_deg": np.array([60.0, 360.0, 90.0]),
        "range_m": np.full(3, 120.0), "height_m": np.array([4.0, -np.inf, 40.0]),
    }  # fmt: skip
    tilts, masked = np.array([10.0, np.nan, 30.0]), [[], [(10.0, 40.0)], []]
    seen = cameras.views(lats, lngs, **looks, buildings=walls, tilt_deg=tilts, masked=masked)
    sites = gpd.GeoDataFrame({"lat": lats, "lng": lngs, **looks, "online": True}, geometry=seen)
    cameras.coverage(ids, sites, buildings=walls, private=houses.buffer(0.0001).values, seen_by=seen)
    cameras.seen_share(ids, seen)


def _grids(ids: cells.Cells) -> None:
    """A made-up town drawn, changed, rebalanced, outlined, and searched for hot spots."""
    random = np.random.default_rng(1)
    table = adjacency.build(ids)
    region = (np.arange(ids.size) * COMMUNITIES // ids.size).astype(np.int32)
    lived = np.where(random.random(ids.size) < 0.4, HOMES * random.random(ids.size), 0.0)
    problem = Problem(ids, table, region=region, households=lived, band=(300.0, 500.0))
    made = drawing.draw(problem, rng=random)
    outlines.outlines(problem.cells, made.partition.labels)
    hotspots.getis_ord(lived, table)
    changed = lived * random.uniform(0.7, 1.3, ids.size)
    later = Problem(ids, table, region=region, households=changed, band=(300.0, 500.0))
    drawing.rebalance(later, made.partition, rng=random)


if __name__ == "__main__":
    main()
