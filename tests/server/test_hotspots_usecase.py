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
from server.usecases.importing import imports
from server.usecases.incidents import hotspots
from tests.server import tiny
from tests.server.conftest import Place

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


COPIES = 200


def _limit(share: float) -> float:
    """As many of the copies as a share of them may at most be, with three standard errors."""
    return COPIES * share + 3 * float(np.sqrt(COPIES * share * (1 - share)))


@pytest.fixture(scope="module")
def one_category(lived: tuple[Any, Any], reported: pd.DataFrame) -> Any:
    """Counts of a year of one category on the cells where somebody lives."""
    ids, _ = lived
    own = reported[reported["category"] == "E01.02"]
    at = cells.positions(ids, own["cell"].to_numpy(np.uint64))
    return np.bincount(at[at >= 0], minlength=ids.size).astype(float)


def test_copies_with_shuffled_cells_have_no_more_false_spots_than_stated(
    lived: tuple[Any, Any], one_category: Any
) -> None:
    """Each copy gives every cell the reports and the households of another: nothing gathers, however busy a cell is.
    Where nothing is true, every discovery is false, so the rate is the share of copies with any."""
    ids, base = lived
    beside, rng = adjacency.build(ids), np.random.default_rng(1)
    wrong = 0
    for _ in range(COPIES):
        order = rng.permutation(ids.size)
        wrong += bool(hotspots.test(one_category[order], None, base[order], beside).side.any())
    assert wrong <= _limit(hotspots.Q)


def test_copies_dealt_out_by_households_have_no_more_false_spots_than_stated(
    lived: tuple[Any, Any], one_category: Any
) -> None:
    """Each copy deals the reports out anew in proportion to households; rare ones alike."""
    ids, base = lived
    beside, rng = adjacency.build(ids), np.random.default_rng(2)
    wrong = 0
    for copy in range(COPIES):
        n = rng.multinomial(int(one_category.sum()) // (1 + copy % 20), base / base.sum()).astype(float)
        wrong += bool(hotspots.test(n, None, base, beside).side.any())
    assert wrong <= _limit(hotspots.Q)


def test_the_service_tells_cells_classes_and_the_table(app: flask.Flask, city: Place, tmp_path: Path) -> None:
    south, west = tiny.SOUTH_WEST["tiny"]
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({
        "id": [f"s{n}" for n in range(2_000)], "time": "2025-02-10 10:00:00", "category": "noise",
        "lat": south + 0.0055 + rng.normal(0, 0.002, 2_000).clip(-0.0054, 0.0054),
        "lng": west + 0.0055 + rng.normal(0, 0.002, 2_000).clip(-0.0054, 0.0054), "status": "closed",
    })  # fmt: skip
    rows.to_csv(tmp_path / "spot.csv", index=False)
    ctx = city.open()
    imports.run(ctx, "tiny", tmp_path / "spot.csv", imports.Asked(kind="incidents", fields={}, datum="wgs84"))
    ctx.db.close()
    planner = tiny.signed_in(app, "planner")
    answer = planner.get("/api/cities/tiny/hotspots?per=area")
    assert answer.status_code == 200
    found = payload.decode(answer.data)
    assert list(found.columns) == ["z", "p", "class", "n"]
    assert found.meta["n"] + found.meta["left_out"] == tiny.INCIDENTS + 2_000
    assert found.cells.size and found.columns["class"].max() < len(found.meta["kinds"])
    top = found.meta["spots"][0]
    assert abs(top["lat"] - south - 0.0055) < 0.004 and abs(top["lng"] - west - 0.0055) < 0.004
    assert top["inside"] == "社区1" and set(top["words"]) == {"zh", "en"}
    assert "false discoveries below 5%" in found.meta["legend"]["left_out"]["en"]
    classes = found.meta["class_legend"]["classes"]
    assert [one["count"] for one in classes] == [
        int((found.columns["class"] == one["from"]).sum()) for one in classes
    ]
    assert sum(one["count"] for one in found.meta["legend"]["classes"]) <= found.cells.size
    assert planner.get("/api/cities/tiny/hotspots?per=person").status_code == 422
    assert tiny.signed_in(app, "viewer").get("/api/cities/tiny/hotspots").status_code == 403
