"""What a planner may ask of a drawing beyond the band, and what comes of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo import cells
from server import checkfile
from server.store import bases, database, imported, plans
from server.usecases import errors
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.drafting import adjusting, checkup, drawing, measuring, offers, sweeping, wishes, workload
from server.usecases.planning import plans as plan_usecases
from server.usecases.workbench import changes, desk, editing, proposing
from tests.server import tiny
from tests.server.conftest import Place

BAND = (150.0, 300.0)


@pytest.fixture
def ctx(city: Place) -> Context:
    return city.open()


def draw(ctx: Context, **more: Any) -> dict[str, Any]:
    return drawing.draw(ctx, "tiny", band=BAND, seed=1, **more)


def rows(ctx: Context, plan: str) -> list[dict[str, Any]]:
    with database.reading(ctx.db) as connection:
        return plans.grids(connection, plan)


def labels(ctx: Context, plan: str) -> np.ndarray:
    with database.reading(ctx.db) as connection:
        return plans.labels_of(connection, plan)


def world(ctx: Context) -> territory.World:
    with database.reading(ctx.db) as connection:
        return territory.world(ctx, connection, "tiny")


def by_community(ctx: Context, plan: str) -> dict[str, int]:
    place, found = world(ctx), {}
    for row in rows(ctx, plan):
        code = place.regions[row["region_id"]].code
        found[code] = found.get(code, 0) + 1
    return found


def test_numbers_are_given_to_communities_towns_and_the_city(ctx: Context) -> None:
    free = by_community(ctx, draw(ctx)["plan"])
    total = sum(free.values()) + 3
    wished = wishes.Wishes(counts={wishes.CITY: total, "T1": free["C11"] + free["C12"], "C11": free["C11"] + 1})
    got = by_community(ctx, draw(ctx, wished=wished)["plan"])
    assert got["C11"] == free["C11"] + 1
    assert got["C11"] + got["C12"] == free["C11"] + free["C12"]
    assert sum(got.values()) == total


@pytest.mark.parametrize("counts", [{"nowhere": 3}, {"T1": 1}, {"C11": 4, "C12": 4, "T1": 9}])
def test_numbers_that_cannot_be_are_refused(ctx: Context, counts: dict[str, int]) -> None:
    with pytest.raises(errors.Invalid):
        draw(ctx, wished=wishes.Wishes(counts=counts))


def test_a_workload_evens_load_and_keeps_real_households(ctx: Context) -> None:
    workload.put(ctx, "tiny", "reports", {"incidents": 1.0})
    assert workload.list_(ctx, "tiny")["reports"] == {"incidents": 1.0}
    made = draw(ctx, wished=wishes.Wishes(workload="reports"))
    assert made["workload"] == made["measures"]["workload"] == "reports"
    plain = draw(ctx)
    assert sum(row["households"] for row in rows(ctx, made["plan"])) == pytest.approx(
        sum(row["households"] for row in rows(ctx, plain["plan"]))
    )
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, "tiny")
        homes = bases.column(connection, place.base.id, "households")
        assert homes is not None
        load = workload.on_cells(ctx, connection, place, workload.find(connection, "tiny", "reports"), homes)
    assert load.sum() == pytest.approx(homes.sum())
    spread = [np.bincount(labels(ctx, one["plan"]), weights=load).std() for one in (made, plain)]
    assert spread[0] < spread[1]
    assert checkup.examine(ctx, "tiny", made["plan"])["counts"].get("OVER_BAND", 0) == 0
    workload.put(ctx, "tiny", "reports", {})
    assert "reports" not in workload.list_(ctx, "tiny")


def drawn_by_reports(ctx: Context) -> tuple[str, np.ndarray, np.ndarray]:
    """A draft evened by reports alone, the load of every cell and its households."""
    workload.put(ctx, "tiny", "reports", {"incidents": 1.0})
    made = draw(ctx, wished=wishes.Wishes(workload="reports"))["plan"]
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, "tiny")
        homes = bases.column(connection, place.base.id, "households")
        assert homes is not None
        wanted = workload.find(connection, "tiny", "reports")
        return made, workload.on_cells(ctx, connection, place, wanted, homes), homes


def test_a_change_on_the_desk_is_weighed_by_the_workload_of_the_plan(ctx: Context) -> None:
    plan, load, homes = drawn_by_reports(ctx)
    was = labels(ctx, plan)
    one = max(rows(ctx, plan), key=lambda row: row["cells"])["label"]
    tag = next(told["tag"] for told in plan_usecases.list_(ctx, "tiny")["items"] if told["id"] == plan)
    editing.apply(ctx, "tiny", plan, changes.Change(op="split", to=one, parts=2), if_match=tag)
    now, low, high = labels(ctx, plan), *BAND
    assert (now != was).any()
    for row in rows(ctx, plan):
        mine = now == row["label"]
        assert row["households"] == pytest.approx(homes[mine].sum())
        assert row["load"] == pytest.approx(load[mine].sum())
        assert (row["deviation"] == 0) == (low * (1 - 1e-9) <= load[mine].sum() <= high * (1 + 1e-9))
        assert ("BELOW_BAND" in row["faults"] or "OVER_BAND" in row["faults"]) <= (row["deviation"] != 0)
    row = plan_usecases.get(ctx, "tiny", plan)
    within = [low <= load[now == label].sum() <= high for label in np.unique(now).tolist()]
    assert row["measures"]["in_band"] == pytest.approx(np.mean(within))
    assert row["measures"]["workload"] == "reports"
    told = plan_usecases.grids(ctx, "tiny", plan)
    assert told["plan"]["workload"] == "reports"
    assert {grid["label"]: grid["load"] for grid in told["grids"]} == pytest.approx(
        {grid["label"]: round(load[now == grid["label"]].sum(), 1) for grid in told["grids"]}
    )


def test_rebalancing_evens_the_load_that_the_plan_was_drawn_by(ctx: Context) -> None:
    plan, load, _ = drawn_by_reports(ctx)
    middle = sum(BAND) / 2
    made = adjusting.rebalance(ctx, "tiny", plan, band=(middle - 60, middle + 60), seed=1)
    assert made["measures"]["workload"] == "reports"
    worst = [
        max(abs(np.bincount(found, weights=load)[np.unique(found)] - middle)) for found in
        (labels(ctx, plan), labels(ctx, made["plan"]))
    ]  # fmt: skip
    assert worst[1] <= worst[0] + 1e-6
    proposed = proposing.propose(ctx, "tiny", plan, only=[row["label"] for row in rows(ctx, plan)], seed=1)
    assert all(grid["load"] == pytest.approx(row["load"], abs=0.1) for grid, row in zip(
        proposed["before"], [row for row in rows(ctx, plan) if row["label"] in {g["label"] for g in proposed["before"]}]
    ))


def test_a_plan_keeps_the_weights_it_was_drawn_by(ctx: Context) -> None:
    plan, load, _ = drawn_by_reports(ctx)
    workload.put(ctx, "tiny", "reports", {"area_km2": 1.0})
    workload.put(ctx, "tiny", "reports", {})
    with database.reading(ctx.db) as connection:
        row = plan_usecases.find(ctx, connection, "tiny", plan)
        seen = desk.look(ctx, connection, row, territory.world(ctx, connection, "tiny"))
        np.testing.assert_allclose(seen.ground.problem.households, load)
        plain = desk.look(
            ctx, connection, {**row, "measures": {}}, territory.world(ctx, connection, "tiny")
        )
    np.testing.assert_allclose(plain.ground.problem.households, seen.ground.homes)


@pytest.mark.parametrize(
    ("name", "weights"),
    [("x", {"persons": 1.0}), ("x", {"households": -1.0}), ("x", {"households": float("nan")}),
     ("x", {"compound.*": 2.0}), ("a b", {"households": 1.0}), ("x", {"place.": 1.0})],
)  # fmt: skip
def test_formulas_that_make_no_sense_are_refused(ctx: Context, name: str, weights: dict[str, float]) -> None:
    with pytest.raises(errors.Invalid):
        workload.put(ctx, "tiny", name, weights)


def test_an_unknown_workload_is_refused(ctx: Context) -> None:
    with pytest.raises(errors.Invalid, match="balanced"):
        draw(ctx, wished=wishes.Wishes(workload="nothing"))


def test_polygons_of_a_file_stay_whole(ctx: Context, tmp_path: Path) -> None:
    south, west = tiny.SOUTH_WEST["tiny"]
    step = tiny.SIZE_DEG / 6
    ring = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    features = [
        {"type": "Feature", "properties": {"code": f"{x}{y}", "name": ""}, "geometry": {
            "type": "Polygon",
            "coordinates": [[[west + (x + a) * step, south + (y + b) * step] for a, b in ring]],
        }}
        for x in range(6) for y in range(6)
    ]  # fmt: skip
    path = tmp_path / "blocks.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    given = wishes.read_units(ctx, path, datum="wgs84")
    made = draw(ctx, wished=wishes.Wishes(units=given))
    assert (made["units"], made["units_without_cells"]) == (36, 0)
    place = world(ctx)
    lats, lngs = cells.centres(place.base.cells)
    block = np.floor((lngs - west) / step) * 6 + np.floor((lats - south) / step)
    inside = (lngs > west) & (lngs < west + tiny.SIZE_DEG) & (lats > south) & (lats < south + tiny.SIZE_DEG)
    drawn = labels(ctx, made["plan"])
    for number in np.unique(block[inside]):
        mine = inside & (block == number)
        assert len({(one, region) for one, region in zip(drawn[mine], place.base.region[mine], strict=True)}) == len(
            np.unique(place.base.region[mine])
        )


def test_locked_and_dedicated_grids_in_force_stay(ctx: Context) -> None:
    with database.writing(ctx.db) as connection:
        plan = territory.world(ctx, connection, "tiny").city.plan_id
        assert plan is not None
        first, second = plans.grids(connection, plan)[:2]
        plans.figure(connection, plan, first["label"], locked=1, name="先锋")
        plans.figure(connection, plan, second["label"], kind="dedicated")
    made = draw(ctx, wished=wishes.Wishes(keep=True))
    was, now = labels(ctx, plan), labels(ctx, made["plan"])
    kept = {row["code"]: row for row in rows(ctx, made["plan"])}
    assert (kept[first["code"]]["name"], kept[first["code"]]["locked"]) == ("先锋", 1)
    assert kept[second["code"]]["kind"] == "dedicated"
    for old in (first, second):
        assert np.array_equal(was == old["label"], now == kept[old["code"]]["label"])


def test_exact_tells_its_gap_and_no_plan_is_below_what_is_proved(ctx: Context) -> None:
    made = draw(ctx, exact=True, seconds=3.0)
    assert 0 <= made["gap"] < 1
    assert {row["code"] for row in made["bounds"]} == {"C11", "C12", "C21", "C22"}
    assert all(row["bound"] <= row["worst"] + 1e-9 and row["fewest"] <= row["grids"] for row in made["bounds"])


def test_a_sweep_stores_nothing(ctx: Context) -> None:
    with database.reading(ctx.db) as connection:
        before = len(plans.of_city(connection, "tiny", before=None, limit=99, kind="grids"))
    found = sweeping.sweep(ctx, "tiny", band=(80.0, 200.0), seconds=0.2)
    grids = [row["grids"] for row in found["grids"]]
    assert grids == sorted(grids)
    assert len(grids) > 1
    assert [row["band"] for row in found["moves"]] == [0.25, 0.2, 0.15, 0.1, 0.05]
    with database.reading(ctx.db) as connection:
        assert len(plans.of_city(connection, "tiny", before=None, limit=99, kind="grids")) == before


def test_rebalancing_by_households_of_a_file(ctx: Context, tmp_path: Path) -> None:
    place = world(ctx)
    with database.reading(ctx.db) as connection:
        old = imported.rows(connection, "households", "tiny", names=("households",))
    lats, lngs = cells.centres(place.base.cells)
    path = tmp_path / "new.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "homes", "lat", "lng"])
        total = sum(row["households"] for row in old)
        east = np.where(lngs > np.median(lngs), 3.0, 1.0)
        for at, homes in enumerate(total * east / east.sum()):
            writer.writerow([at, round(homes, 3), lats[at], lngs[at]])
    given = adjusting.Households(path, {"households": "homes"}, None, "wgs84")
    made = adjusting.rebalance(ctx, "tiny", band=BAND, households=given)
    assert made["lost_households"] == 0
    assert made["moved_households"] >= made["least_households"] > 0
    assert sum(row["households"] for row in made["handover"]) == pytest.approx(made["moved_households"], abs=1)
    assert sum(row["cells"] for row in made["handover"]) == made["moved_cells"]
    assert any(row["from_worker"] for row in made["handover"])
    assert sum(row["households"] for row in rows(ctx, made["plan"])) == pytest.approx(total, rel=1e-3)


def test_a_plan_is_measured_by_grid_community_and_city(ctx: Context) -> None:
    found = measuring.of_plan(ctx, "tiny")
    assert found["city"]["grids"] == len(found["grids"]) == sum(row["grids"] for row in found["communities"])
    assert all(0 < row["roundness"] <= 1 and row["round_m"] >= 0 for row in found["grids"])
    assert found["city"]["area_km2"] == pytest.approx(sum(row["area_km2"] for row in found["grids"]), rel=1e-3)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_examination_on_paper_names_the_city_as_text_and_runs_nothing(ctx: Context, lang: str) -> None:
    text, found = checkfile.make(ctx, "tiny", "current", lang=lang)
    assert tiny.EVIL not in text
    assert "<script" not in text
    assert "http" not in text
    assert text.count("<path") == found["grids"]
    assert found["summary"][lang].replace("&", "&amp;") in text


def test_what_is_offered_is_what_the_city_has_and_every_offer_can_be_taken(ctx: Context) -> None:
    has = offers.of_city(ctx, "tiny")
    assert has["workloads"][0] == "households"
    assert set(has["workloads"]) == set(workload.list_(ctx, "tiny"))
    with database.reading(ctx.db) as connection:
        buildings = imported.rows(connection, "buildings", "tiny")
    uses = [row["use"] for row in buildings if row["use"]]
    assert {one["use"]: one["n"] for one in has["dedicated"]} == {use: uses.count(use) for use in uses}
    compounds = {row["compound"] for row in buildings if row["compound"]}
    assert has["whole"] == {"compounds": len(compounds), "buildings": len(buildings)}
    assert has["kept"] == 0
    whole = tuple(kind for kind, n in has["whole"].items() if n)
    dedicated = tuple(one["use"] for one in has["dedicated"])
    for name in has["workloads"]:
        draw(ctx, seconds=1.0, wished=wishes.Wishes(workload=name, whole=whole, dedicated=dedicated))
