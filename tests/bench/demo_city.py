"""The demonstration city as a drawing problem, from its files alone: cells, communities, households, barriers, and the
plan that is in force there, drawn by hand and badly."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo import adjacency, boundary, datum, households
from geo.partition import Partition
from geo.problem import Problem

CITY = Path(__file__).resolve().parents[2] / "seed_data" / "city"
BAND = (300.0, 500.0)
RES = 10


def problem() -> Problem:
    """The city with the households of its communities on its buildings, rivers as hard and main roads as soft."""
    ids = boundary.fill(gpd.read_file(CITY / "boundary.geojson").union_all(), RES)
    communities = gpd.read_file(CITY / "communities.geojson")
    buildings = gpd.read_parquet(CITY / "buildings.parquet")
    lived = households.on_cells(gpd.read_file(CITY / "households.geojson"), ids, buildings=buildings)
    lines = gpd.read_file(CITY / "barriers.geojson")
    lines = lines.set_geometry(shapely.transform(lines.geometry.values, _wgs84))
    links = lines["kind"].isin(["bridge", "tunnel"])
    table = adjacency.build(
        ids, barriers=lines[~links].assign(cost=lines["cost"].fillna(np.inf)), links=lines.geometry[links]
    )
    return Problem(
        ids, table, region=boundary.regions_of(ids, communities, nearest=True), households=lived, band=BAND
    )


def plan(city: Problem) -> Partition:
    """The grids in force; a cell that none of them holds goes to the nearest."""
    grids = gpd.read_file(CITY / "grids.geojson")
    return Partition(city.cells, boundary.regions_of(city.cells, grids, nearest=True))


def _wgs84(points: np.ndarray) -> np.ndarray:
    lats, lngs = datum.to_wgs84(points[:, 1], points[:, 0], datum="gcj02")
    return np.stack([lngs, lats], axis=1)
