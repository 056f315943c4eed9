"""Hot spots: those that were planted in the demonstration city are found and classed, and what is asked is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import flask
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo import adjacency, boundary, cells, households
from layers import payload
from server.usecases import hotspots
from tests.server import tiny

CITY = Path(__file__).resolve().parents[2] / "seed_data" / "city"
SPOTS = json.loads((CITY / "truth.json").read_text(encoding="utf-8"))["hot_spots"]


@pytest.fixture(scope="module")
def lived() -> tuple[Any, Any]:
    """The demonstration city's cells where somebody lives, and how many households do."""
    ids = boundary.fill(gpd.read_file(CITY / "boundary.geojson").geometry.union_all(), 10)
    homes = gpd.read_file(CITY / "households.geojson")
    base = households.on_cells(homes, ids, buildings=gpd.read_parquet(CITY / "buildings.parquet"))
    return ids[base > 0], base[base > 0]


@pytest.fixture(scope="module")
def reported() -> pd.DataFrame:
    """Category, month and cell of every incident that has a place and a time."""
    rows = pd.read_parquet(CITY / "incidents.parquet")
    rows["at"] = pd.to_datetime(rows["time"], format="%Y-%m-%d %H:%M:%S", errors="coerce")
    rows = rows.dropna(subset=["lat", "lng", "at"])
    months = rows["at"].dt.to_period("M").astype(str)
    ids = cells.from_points(rows["lat"].to_numpy(float), rows["lng"].to_numpy(float), 10)
    return pd.DataFrame({"category": rows["category"], "month": months, "cell": ids})


@pytest.mark.parametrize("planted", SPOTS, ids=[one["id"] for one in SPOTS])
def test_a_planted_spot_is_found_where_it_is_and_classed_as_it_came(
    lived: tuple[Any, Any], reported: pd.DataFrame, planted: dict[str, Any]
) -> None:
    ids, base = lived
    own = reported[reported["category"] == planted["category"]]
    at = cells.positions(ids, own["cell"].to_numpy(np.uint64))
    step = own["month"].map({month: k for k, month in enumerate(sorted(planted["planted"]))}).to_numpy(float)
    kept = (at >= 0) & np.isfinite(step)
    cube = np.zeros((ids.size, len(planted["planted"])))
    np.add.at(cube, (at[kept], step[kept].astype(int)), 1.0)
    n = cube.sum(axis=1)
    found = hotspots.test(n, cube, base, adjacency.build(ids))
    told = hotspots.spots(ids, n, base, found, per="household")
    strongest = max(told, key=lambda one: one["z"])
    north_m = (strongest["lat"] - planted["lat"]) * 111_320
    east_m = (strongest["lng"] - planted["lng"]) * 111_320 * np.cos(np.radians(planted["lat"]))
    assert np.hypot(north_m, east_m) < planted["radius_m"]
    assert strongest["class"] == f"hot {planted['expected']}" and strongest["p"] < 1e-9


def test_the_service_tells_cells_classes_and_the_table(steady: flask.Flask) -> None:
    planner = tiny.signed_in(steady, "planner")
    answer = planner.get("/api/cities/tiny/hotspots?per=area")
    assert answer.status_code == 200
    found = payload.decode(answer.data)
    assert list(found.columns) == ["z", "p", "class", "n"]
    assert found.meta["n"] + found.meta["left_out"] == tiny.INCIDENTS
    assert found.cells.size and found.columns["class"].max() < len(found.meta["kinds"])
    south, west = tiny.SOUTH_WEST["tiny"]
    top = found.meta["spots"][0]
    assert abs(top["lat"] - south - 0.0055) < 0.004 and abs(top["lng"] - west - 0.0055) < 0.004
    assert sum(one["count"] for one in found.meta["legend"]["classes"]) <= found.cells.size
    assert planner.get("/api/cities/tiny/hotspots?per=person").status_code == 422
    assert tiny.signed_in(steady, "viewer").get("/api/cities/tiny/hotspots").status_code == 403
