"""Use cases of reading: heat that adds up, coverage, search, what is here, ground, territories, accounts, first use."""

from __future__ import annotations

import dataclasses
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from geo import cells
from server.rules import permissions
from server.store import database, schema
from server.usecases import errors, users, verify
from server.usecases.cameras import coverage
from server.usecases.city import beginning, cities, demo, founding, ground, search, things
from server.usecases.context import Context
from server.usecases.drafting import drawing
from server.usecases.importing import imports
from server.usecases.incidents import counting
from server.usecases.planning import plans
from tests.server import tiny
from tests.server.conftest import Place

SOUTH, WEST = tiny.SOUTH_WEST["tiny"]


@pytest.fixture
def ctx(city: Place) -> Context:
    return city.open()


@pytest.fixture
def town(ctx: Context) -> Context:
    """The context of an operator who is scoped to town T1."""
    with database.reading(ctx.db) as connection:
        query = select(schema.regions.c.id).where(schema.regions.c.code == "T1", schema.regions.c.city == "tiny")
        region = connection.execute(query).scalar_one()
    return ctx.acting(permissions.Actor("townsman", "operator", "tiny", region))


def day(number: int) -> datetime:
    return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=number)


def test_heat_adds_up_at_every_resolution(ctx: Context) -> None:
    found = [counting.heat(ctx, "tiny", res=res) for res in (9, 8, 7, 5)]
    assert {int(one.columns["n"].sum()) for one in found} == {900}
    below, above = found[0], found[1]
    parents, at = np.unique(cells.parents(below.cells, 8), return_inverse=True)
    assert np.array_equal(parents, above.cells)
    assert np.array_equal(np.bincount(at, weights=below.columns["n"]), above.columns["n"])


def test_windows_and_categories_divide_the_whole(ctx: Context) -> None:
    parts = [counting.heat(ctx, "tiny", category=name).meta["n"] for name in tiny.CATEGORIES]
    assert sum(parts) == 900
    halves = [counting.heat(ctx, "tiny", start=day(-5), end=day(30)), counting.heat(ctx, "tiny", start=day(30))]
    assert sum(half.meta["n"] for half in halves) == 900
    assert counting.heat(ctx, "tiny", category="none").cells.size == 0


def test_values_are_per_area_and_per_thousand_households(ctx: Context) -> None:
    raw, area = counting.heat(ctx, "tiny"), counting.heat(ctx, "tiny", per="area")
    expected = raw.columns["n"] / (cells.areas_m2(raw.cells) / 1e6)
    assert np.allclose(area.columns["value"], expected, rtol=1e-6)
    homes = counting.heat(ctx, "tiny", per="household")
    assert homes.meta["n"] + homes.meta["left_out"] == 900
    assert np.isfinite(homes.columns["value"]).all()


def test_smoothing_moves_counts_and_keeps_their_sum(ctx: Context) -> None:
    smooth = counting.heat(ctx, "tiny", smooth=2)
    assert float(smooth.columns["value"].sum()) == pytest.approx(900, rel=1e-4)
    assert smooth.columns["value"].max() < counting.heat(ctx, "tiny").columns["value"].max()


@pytest.mark.parametrize("asked", [{"res": 10}, {"res": -1}, {"smooth": 99}, {"per": "person"}])
def test_heat_that_makes_no_sense_is_refused(ctx: Context, asked: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid):
        counting.heat(ctx, "tiny", **asked)


def test_density_counts_every_camera_and_shares_are_shares(ctx: Context) -> None:
    found = coverage.density(ctx, "tiny")
    sites = things.cameras(ctx, "tiny")["items"]
    at = cells.from_points([site["lat"] for site in sites], [site["lng"] for site in sites], 9)
    assert len(sites) == tiny.CAMERAS
    assert int(found.columns["n"].sum()) == int((cells.positions(found.cells, at) >= 0).sum())
    assert ((found.columns["covered"] >= 0) & (found.columns["covered"] <= 1)).all()
    rates = found.columns["n"] / (cells.areas_m2(found.cells) / 1e6)
    assert np.allclose(found.columns["value"], rates, rtol=1e-5)


def test_gaps_are_incidents_out_of_sight(ctx: Context) -> None:
    seen, found = coverage.density(ctx, "tiny"), coverage.gaps(ctx, "tiny")
    share = seen.columns["covered"][cells.positions(seen.cells, found.cells)]
    assert np.allclose(found.columns["covered"], share)
    assert np.allclose(found.columns["value"], found.columns["n"] * (1 - share), rtol=1e-4, atol=1e-4)


def test_a_townsman_sees_the_town(ctx: Context, town: Context) -> None:
    for ask in (counting.heat, coverage.density, coverage.gaps):
        every, own = ask(ctx, "tiny"), ask(town, "tiny")
        assert 0 < own.cells.size < every.cells.size
        assert set(own.cells.tolist()) < set(every.cells.tolist())
    assert len(things.workers(town, "tiny")["items"]) < len(things.workers(ctx, "tiny")["items"])
    levels = cities.tree(town, "tiny", level="community")["features"]
    assert {one["properties"]["code"] for one in levels} == {"C11", "C12"}
    assert cities.get(town, "tiny")["incidents"]["n"] < 900
    with pytest.raises(errors.NotFound):
        search.here(town, "tiny", lat=SOUTH + 0.01, lng=WEST + 0.015)


def test_another_city_does_not_exist(ctx: Context) -> None:
    own = ctx.acting(permissions.Actor("outsider", "planner", "other"))
    assert [one["code"] for one in cities.list_(own)["cities"]] == ["other"]
    for ask in (cities.get, cities.version, things.workers, things.cameras, counting.heat, coverage.density):
        with pytest.raises(errors.NotFound):
            ask(own, "tiny")


def test_search_finds_grids_regions_places_and_cells(ctx: Context) -> None:
    code = search.find(ctx, "tiny", "C11-00")["results"]
    assert {one["kind"] for one in code} == {"grid"}
    assert {one["kind"] for one in search.find(ctx, "tiny", "镇1")["results"]} >= {"region"}
    assert "place" in {one["kind"] for one in search.find(ctx, "tiny", "学校3")["results"]}
    cell = cells.to_hex(coverage.density(ctx, "tiny").cells[:1])[0]
    assert search.find(ctx, "tiny", cell)["results"][0]["kind"] == "cell"
    for odd in ("%", "_", "\\", "' OR 1=1 --", "  ", "f" * 15):
        assert search.find(ctx, "tiny", odd)["results"] == [] or odd.strip()


def test_here_names_grid_regions_worker_and_centres(ctx: Context) -> None:
    found = search.here(ctx, "tiny", lat=SOUTH + 0.005, lng=WEST + 0.005)
    assert [region["code"] for region in found["regions"]] == ["C11", "T1"]
    assert found["grid"]["region"]["code"] == "C11"
    assert [centre["tier"] for centre in found["centres"]] == ["community", "town", "city"]
    assert search.here(ctx, "tiny", cell=found["cell"])["grid"]["code"] == found["grid"]["code"]
    with pytest.raises(errors.NotFound):
        search.here(ctx, "tiny", lat=0.0, lng=0.0)
    with pytest.raises(errors.Invalid):
        search.here(ctx, "tiny", lat=95.0, lng=0.0)


def test_ground_grows_coarser_far_out(ctx: Context) -> None:
    box = (WEST, SOUTH, WEST + 0.02, SOUTH + 0.02)
    assert len(ground.get(ctx, "tiny", kind="road", bbox=box, zoom=12)["features"]) == 1
    assert len(ground.get(ctx, "tiny", kind="water", bbox=box, zoom=12)["features"]) == 1
    assert ground.get(ctx, "tiny", kind="road", bbox=(0, 0, 1, 1), zoom=12)["features"] == []
    with pytest.raises(errors.Invalid):
        ground.get(ctx, "tiny", kind="moon", bbox=box, zoom=12)


def test_lists_come_in_pages_without_loss(ctx: Context) -> None:
    whole = things.workers(ctx, "tiny")["items"]
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = things.workers(ctx, "tiny", limit=5, cursor=cursor)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole
    assert len(whole) == 12


def test_who_may_not_see_exact_sites_is_denied(ctx: Context) -> None:
    viewer = ctx.acting(permissions.Actor("viewer", "viewer", "tiny"))
    for ask in (things.workers, things.cameras, coverage.gaps):
        with pytest.raises(permissions.Denied):
            ask(viewer, "tiny")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "a b"}, errors.Invalid), ({"code": "x" * 41}, errors.Invalid), ({"name": " "}, errors.Invalid),
        ({"resolution": 4}, errors.Invalid), ({"resolution": 14}, errors.Invalid), ({"tz": "Mars"}, errors.Invalid),
        ({"code": "tiny"}, errors.Conflict), ({"boundary_file": Path("none")}, errors.Refused),
    ],
)  # fmt: skip
def test_a_city_that_makes_no_sense_is_refused(
    ctx: Context, tmp_path: Path, changes: dict[str, Any], error: type[errors.UseCaseError]
) -> None:
    tiny.write(tmp_path, SOUTH, WEST)
    asked = {"code": "new", "name": "n", "boundary_file": tmp_path / "boundary.geojson", "datum": "wgs84", **changes}
    code = asked.pop("code")
    with pytest.raises(error):
        founding.new_city(ctx, code, **asked)
    assert sorted(one["code"] for one in cities.list_(ctx)["cities"]) == ["other", "tiny"]


def test_a_city_too_large_for_its_resolution_is_refused_before_the_work(ctx: Context, tmp_path: Path) -> None:
    tiny._features(tmp_path / "b.geojson", [({}, tiny._box(25.0, 110.0, 10.0, 10.0))])
    with pytest.raises(errors.Invalid, match="5,000,000"):
        founding.new_city(ctx, "huge", name="n", boundary_file=tmp_path / "b.geojson", resolution=12, datum="wgs84")


def test_narrow_regions_are_named(ctx: Context, tmp_path: Path) -> None:
    tiny.write(tmp_path, SOUTH, WEST)
    sliver = ({"code": "thin", "name": "窄"}, tiny._box(SOUTH, WEST, 0.02, 0.00001))
    rest = ({"code": "wide", "name": "宽"}, tiny._box(SOUTH, WEST + 0.00001, 0.02, 0.01999))
    tiny._features(tmp_path / "r.geojson", [sliver, rest])
    made = founding.new_city(
        ctx, "slim", name="n", boundary_file=tmp_path / "boundary.geojson", resolution=9, datum="wgs84",
        region_files=[founding.RegionFile("community", tmp_path / "r.geojson", datum="wgs84")],
    )
    assert [region["code"] for region in made["without_cells"]] == ["thin"]
    assert verify.run(ctx)["ok"]


def test_a_city_without_regions_is_one_community(ctx: Context, tmp_path: Path) -> None:
    tiny.write(tmp_path, SOUTH, WEST)
    founding.new_city(ctx, "one", name="一", boundary_file=tmp_path / "boundary.geojson", resolution=9, datum="wgs84")
    features = cities.tree(ctx, "one", level="community")["features"]
    assert [(one["properties"]["code"], one["properties"]["name"]) for one in features] == [("one", "一")]


def test_a_city_says_whether_it_has_a_plan(ctx: Context, tmp_path: Path) -> None:
    tiny.write(tmp_path, SOUTH, WEST)
    founding.new_city(ctx, "one", name="一", boundary_file=tmp_path / "boundary.geojson", resolution=9, datum="wgs84")
    imports.run(ctx, "one", tmp_path / "households.csv", imports.Asked(kind="households", fields={}, datum="wgs84"))
    assert not cities.get(ctx, "one")["has_plan"]
    with pytest.raises(errors.NotFound):
        plans.get(ctx, "one", "current")
    drawn = drawing.draw(ctx, "one", band=(150.0, 300.0), seed=1, seconds=1.0)
    found = cities.get(ctx, "one")
    assert found["has_plan"] and found["plan_in_force"] is None, "a draft is a plan to look at"
    assert plans.get(ctx, "one", "current")["id"] == drawn["plan"]
    assert cities.get(ctx, "tiny")["has_plan"]


def test_sessions_end(ctx: Context) -> None:
    opened = users.sign_in(ctx, "planner", tiny.PASSWORD, life_s=1000)
    assert users.actor_of(ctx, opened.token, idle_s=100) == opened.actor
    later = dataclasses.replace(ctx, now=lambda: ctx.now() + timedelta(seconds=200))
    assert users.actor_of(later, opened.token, idle_s=100) is None
    expired = dataclasses.replace(ctx, now=lambda: ctx.now() + timedelta(seconds=1001))
    assert users.actor_of(expired, opened.token, idle_s=10_000) is None
    users.disable(ctx, "planner")
    assert users.actor_of(ctx, opened.token, idle_s=100) is None
    with database.reading(ctx.db) as connection:
        assert opened.token not in json.dumps([list(row) for row in connection.execute(select(schema.sessions))])


def test_first_use_loads_the_demonstration_once(place: Place, tmp_path: Path) -> None:
    """The tiny city's files as a demonstration: interrupted, gone on with, and left alone afterwards."""
    tiny.write(tmp_path, SOUTH, WEST)
    kinds = ("households", "barriers", "workers", "centres", "incidents")
    tiny._features(tmp_path / "grids.geojson", [
        ({"code": f"G{i}", "name": f"{i}", "community": "C11"}, tiny._box(SOUTH, WEST + i * 0.01, 0.02, 0.01))
        for i in range(2)
    ])  # fmt: skip
    manifest = {
        "code": "demo", "name": "示范", "resolution": 9, "tz": "Asia/Shanghai",
        "boundary": {"file": "boundary.geojson", "datum": "wgs84"},
        "regions": [{"level": "community", "file": "communities.geojson", "code": "code", "name": "name",
                     "datum": "wgs84"}],
        "imports": [{"kind": kind, "file": next(tmp_path.glob(f"{kind}.*")).name, "datum": "wgs84", "fields": {}}
                    for kind in (*kinds, "grids")],
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    ctx = place.open()

    def stop(share: float, message: str) -> None:
        if message == "workers":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.ensure(ctx, folder=tmp_path, progress=stop)
    assert beginning.wanted(ctx), "a start that was interrupted goes on"
    assert demo.ensure(ctx, folder=tmp_path) == "demo"
    assert not beginning.wanted(ctx)
    found = cities.get(ctx, "demo")
    assert found["demo"]
    assert found["incidents"]["n"] == 900
    assert found["plan_in_force"]["version"] == 1
    shutil.rmtree(tmp_path / "home" / "none", ignore_errors=True)
    assert demo.ensure(ctx, folder=tmp_path / "gone") == "demo", "a second start reads nothing"
    assert verify.run(ctx)["ok"]


def test_a_home_with_a_city_of_its_own_gets_no_demonstration(ctx: Context) -> None:
    assert not beginning.wanted(ctx), "so that no start says that it is loaded, or compiles for it"
    assert demo.ensure(ctx) is None
