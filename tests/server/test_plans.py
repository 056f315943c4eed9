"""Plans through the use cases: drawn valid, published by one pointer, codes never reused, staffed, exported."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import threading
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import select

from geo import cells
from server.rules import permissions
from server.store import database, schema
from server.store import plans as plan_rows
from server.usecases import errors, verify
from server.usecases.context import Context
from server.usecases.drafting import drawing
from server.usecases.outputs import exports
from server.usecases.planning import grids, plans, publishing, staffing
from tests.server.conftest import Place

BAND = (150.0, 300.0)


@pytest.fixture
def ctx(city: Place) -> Context:
    return city.open()


def draw(ctx: Context, seed: int = 5) -> dict[str, Any]:
    return drawing.draw(ctx, "tiny", band=BAND, seed=seed, seconds=1.0)


def publish(ctx: Context, plan_id: str) -> dict[str, Any]:
    return publishing.publish(ctx, "tiny", plan_id, if_match=plans.get(ctx, "tiny", plan_id)["tag"])


def test_a_drawn_plan_is_complete_connected_and_nested(ctx: Context) -> None:
    made = draw(ctx)
    found = plans.grids(ctx, "tiny", made["plan"])["grids"]
    assert len(found) == made["grids"]
    assert all(grid["pieces"] == 1 for grid in found)
    assert not {"CROSSES_REGION", "CROSSES_BARRIER", "IN_PIECES"} & {one["code"] for one in made["violations"]}
    columns = plans.cells_of(ctx, "tiny", made["plan"])
    assert columns.meta["uncovered"] == 0
    assert np.array_equal(np.unique(columns.columns["grid"]), [grid["label"] for grid in found])
    assert sum(grid["cells"] for grid in found) == columns.cells.size


def test_equal_seeds_give_equal_plans(ctx: Context) -> None:
    first, second = (drawing.draw(ctx, "tiny", band=BAND, seed=9) for _ in range(2))
    one, other = (plans.cells_of(ctx, "tiny", made["plan"]) for made in (first, second))
    assert np.array_equal(one.columns["grid"], other.columns["grid"])


@pytest.mark.parametrize("band", [(0.0, 10.0), (10.0, 10.0), (20.0, 10.0), (-5.0, 10.0)])
def test_a_band_that_makes_no_sense_is_refused(ctx: Context, band: tuple[float, float]) -> None:
    with pytest.raises(errors.Invalid, match="band"):
        drawing.draw(ctx, "tiny", band=band)


def test_drawing_can_be_cancelled_and_stores_nothing(ctx: Context) -> None:
    before = len(plans.list_(ctx, "tiny")["items"])
    with pytest.raises(errors.Cancelled):
        drawing.draw(ctx, "tiny", band=BAND, cancelled=lambda: True)
    assert len(plans.list_(ctx, "tiny")["items"]) == before


def test_publishing_moves_one_pointer(ctx: Context) -> None:
    before = plans.get(ctx, "tiny", "current")
    made = draw(ctx)
    published = publish(ctx, made["plan"])
    assert published["status"] == "in_force"
    assert plans.get(ctx, "tiny", "current")["id"] == made["plan"]
    assert plans.get(ctx, "tiny", before["id"])["status"] == "superseded"
    assert verify.run(ctx)["ok"]


def test_publishing_needs_the_version_that_was_looked_at(ctx: Context) -> None:
    made = draw(ctx)
    with pytest.raises(errors.Required):
        publishing.publish(ctx, "tiny", made["plan"], if_match=None)
    tag = plans.get(ctx, "tiny", made["plan"])["tag"]
    staffing.staff(ctx, "tiny", made["plan"])
    with pytest.raises(errors.Stale):
        publishing.publish(ctx, "tiny", made["plan"], if_match=tag)
    publish(ctx, made["plan"])
    with pytest.raises(errors.Conflict, match="not a draft"):
        publish(ctx, made["plan"])


def test_of_two_planners_who_publish_at_once_one_wins(ctx: Context) -> None:
    made = draw(ctx)
    tag = plans.get(ctx, "tiny", made["plan"])["tag"]
    outcomes: list[str] = []

    def work() -> None:
        try:
            publishing.publish(ctx, "tiny", made["plan"], if_match=tag)
            outcomes.append("done")
        except (errors.Stale, errors.Conflict) as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("done") == 1
    assert len(outcomes) == 4
    assert verify.run(ctx)["ok"]


def test_codes_stay_with_the_largest_piece_and_are_never_reused(ctx: Context) -> None:
    def codes(plan_id: str) -> set[str]:
        return {grid["code"] for grid in plans.grids(ctx, "tiny", plan_id)["grids"]}

    before = plans.get(ctx, "tiny", "current")
    made = [publish(ctx, draw(ctx, seed)["plan"])["id"] for seed in (21, 22)]
    ended = codes(before["id"]) - codes(made[0])
    assert not ended & codes(made[1])
    with database.reading(ctx.db) as connection:
        rows = plan_rows.lineage_of(connection, made[0])
        until = dict(connection.execute(select(schema.grid_codes.c.code, schema.grid_codes.c.until)).all())
    assert {row["from_code"] for row in rows} == codes(before["id"])
    assert {row["to_code"] for row in rows} == codes(made[0])
    assert sum(row["cells"] for row in rows) == plans.cells_of(ctx, "tiny", made[0]).cells.size
    assert all(until[code] is not None for code in ended)


def test_every_grid_has_at_most_one_worker_and_the_rest_is_named(ctx: Context) -> None:
    made = draw(ctx)
    result = staffing.staff(ctx, "tiny", made["plan"])
    found = plans.grids(ctx, "tiny", made["plan"])["grids"]
    workers = [grid["worker"]["id"] for grid in found if grid["worker"]]
    assert len(workers) == len(set(workers)) == result["filled"] == min(result["workers"], len(found))
    assert result["unfilled"] == [grid["code"] for grid in found if grid["worker"] is None]
    assert all(grid["centre"] for grid in found)


def test_the_tree_of_centres_names_what_is_missing(ctx: Context) -> None:
    tree = staffing.tree(ctx, "tiny")
    assert {row["region"]["code"] for row in tree["missing"]} == {"T2", "C12", "C21", "C22"}
    parents = {row["tier"]: row["parent"] for row in tree["items"]}
    ids = {row["tier"]: row["id"] for row in tree["items"]}
    assert parents == {"city": None, "town": ids["city"], "community": ids["town"]}


def test_service_areas_follow_the_regions(ctx: Context) -> None:
    whole = staffing.service_areas(ctx, "tiny", tier="city")
    town = staffing.service_areas(ctx, "tiny", tier="town")
    assert whole.meta["left_out"] == 0
    assert 0 < town.cells.size < whole.cells.size
    assert town.meta["left_out"] == whole.cells.size - town.cells.size
    with pytest.raises(errors.Invalid):
        staffing.service_areas(ctx, "tiny", tier="moon")


def test_one_grid_is_told_with_what_stands_in_it(ctx: Context) -> None:
    rows = plans.grids(ctx, "tiny", "current")["grids"]
    told = [grids.get(ctx, "tiny", "current", grid["label"]) for grid in rows]
    assert all(not {one["label"]} & {near["label"] for near in one["neighbours"]} for one in told)
    near = {one["label"]: {other["label"] for other in one["neighbours"]} for one in told}
    assert all(label in near[other] for label, others in near.items() for other in others)
    assert 0 < sum(month["n"] for one in told for month in one["months"]) <= 900
    with pytest.raises(errors.NotFound):
        grids.get(ctx, "tiny", "current", 10_000)


def test_exports_carry_every_cell_and_grid(ctx: Context) -> None:
    found = plans.grids(ctx, "tiny", "current")["grids"]
    columns = plans.cells_of(ctx, "tiny", "current")
    table = list(csv.DictReader(io.StringIO(exports.plan(ctx, "tiny", "current", format="csv").body.decode())))
    assert [row["cell"] for row in table] == cells.to_hex(columns.cells)
    code_of = {grid["label"]: grid["code"] for grid in found}
    assert [row["grid"] for row in table] == [code_of[label] for label in columns.columns["grid"].tolist()]
    features = json.loads(exports.plan(ctx, "tiny", "current", format="geojson").body)["features"]
    assert [feature["properties"]["code"] for feature in features] == [grid["code"] for grid in found]
    area = sum(shapely.geometry.shape(feature["geometry"]).area for feature in features)
    assert area == pytest.approx(shapely.union_all(
        [shapely.geometry.shape(feature["geometry"]) for feature in features]
    ).area, rel=1e-6), "outlines do not overlap"
    made = exports.plan(ctx, "tiny", "current", format="gpkg")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / made.name
        path.write_bytes(made.body)
        assert list(gpd.read_file(path)["code"]) == [grid["code"] for grid in found]
    with pytest.raises(errors.Invalid):
        exports.plan(ctx, "tiny", "current", format="exe")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_cell_of_a_spreadsheet_becomes_a_formula(text: str) -> None:
    assert exports.safe(text) == f"'{text}"
    assert exports.safe("C11-001") == "C11-001"


def test_a_townsman_sees_the_plan_of_the_town_only(ctx: Context) -> None:
    with database.reading(ctx.db) as connection:
        town = connection.execute(select(schema.regions.c.id).where(schema.regions.c.code == "T1")).scalars().first()
    own = ctx.acting(permissions.Actor("townsman", "operator", "tiny", town))
    every, seen = plans.grids(ctx, "tiny", "current")["grids"], plans.grids(own, "tiny", "current")["grids"]
    assert {grid["town"]["code"] for grid in seen} == {"T1"}
    assert 0 < len(seen) < len(every)
    shown = plans.cells_of(own, "tiny", "current")
    assert set(np.unique(shown.columns["grid"]).tolist()) == {grid["label"] for grid in seen}
    other = next(grid["label"] for grid in every if grid["town"]["code"] == "T2")
    with pytest.raises(errors.NotFound):
        grids.get(own, "tiny", "current", other)
    with pytest.raises(permissions.Denied):
        drawing.draw(own, "tiny", band=BAND)
    with pytest.raises(errors.NotFound):
        plans.grids(own, "other", "current")


def test_plans_are_listed_page_by_page(ctx: Context) -> None:
    whole = plans.list_(ctx, "tiny", limit=100)["items"]
    assert [plan["version"] for plan in whole] == sorted((plan["version"] for plan in whole), reverse=True)
    first = plans.list_(ctx, "tiny", limit=1)
    assert first["items"] == whole[:1]
    assert plans.list_(ctx, "tiny", limit=1, cursor=first["next"])["items"] == whole[1:2]
    with pytest.raises(errors.Invalid):
        plans.list_(ctx, "tiny", cursor="1; DROP TABLE plans")
