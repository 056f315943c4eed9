"""Coverage through the use cases, on the tiny city with two buildings, a compound and cameras put where they show."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geo import cells
from server.rules import permissions
from server.store import audit, database, imported
from server.usecases import errors, verify
from server.usecases.cameras import (
    camera_gaps,
    camera_ledger,
    camera_proposals,
    camera_sites,
    camera_view,
    cordons,
    coverage,
    coverage_export,
    coverage_figures,
    outages,
    whereabouts,
)
from server.usecases.city import territory
from server.usecases.context import Context
from server.usecases.importing import imports
from tests.server import conftest, tiny

LAT, LNG = 30.5102, 114.3102
"""Open ground in the middle; a wall stands 20 m to the north, a compound 100 m to the east."""
METRE = 1 / 111_195
EAST = METRE / 0.8615
ROAD_LAT = 30.51001
"""The one road of the tiny city runs along this latitude."""
VIEWER = permissions.Actor("v", "viewer", "tiny")
OPERATOR = permissions.Actor("o", "operator", "tiny")


@pytest.fixture
def ctx(city: conftest.Place, tmp_path: Path) -> Iterator[Context]:
    """The tiny city with the buildings and the cameras of this module."""
    made = city.open()
    _buildings(tmp_path / "buildings.geojson")
    _cameras(tmp_path / "cameras.csv", CAMERAS)
    for kind, name in (("buildings", "buildings.geojson"), ("cameras", "cameras.csv")):
        imports.run(made, "tiny", tmp_path / name, imports.Asked(kind=kind, fields={}, datum="wgs84"))
    yield made
    made.db.close()


CAMERAS: list[dict[str, Any]] = [
    {"id": "north", "kind": "fixed", "heading": "0", "angle": 90, "range": 60, "status": "online", "purpose": "安全",
     "legal_basis": "条例", "ownerclass": "一类", "联网": "是", "sign": "有", "code": "43978100001320000001"},
    {"id": "twin", "kind": "fixed", "heading": "0", "angle": 90, "range": 60, "status": "online", "联网": "否",
     "code": "43978100001320000002"},
    {"id": "south", "kind": "fixed", "heading": "180", "angle": 90, "range": 50, "status": "online"},
    {"id": "both", "kind": "fixed", "heading": "90;270", "angle": 60, "range": 50, "status": "online", "up": -300},
    {"id": "masked", "kind": "dome", "range": 40, "status": "online", "masked": "0-180", "up": -600},
    {"id": "off", "kind": "dome", "range": 50, "status": "offline", "statussince": "2025-01-05", "up": 700,
     "code": "43978100001320000001"},
    {"id": "away", "kind": "dome", "range": 50, "status": "online", "up": 300_000},
]  # fmt: skip


def _cameras(path: Path, rows: list[dict[str, Any]]) -> None:
    names = ("id", "code", "lat", "lng", "kind", "heading", "angle", "range", "status", "purpose", "legal_basis",
             "ownerclass", "联网", "sign", "masked", "statussince")  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows({"lat": LAT + row.get("up", 0) * METRE, "lng": LNG, **row} for row in rows)


def _buildings(path: Path) -> None:
    def block(east: float, north: float, width: float, depth: float) -> dict[str, Any]:
        w, s = LNG + east * EAST, LAT + north * METRE
        e, n = w + width * EAST, s + depth * METRE
        return {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}

    shapes = [({"id": "wall"}, block(-40, 20, 80, 5))]
    shapes += [({"id": f"home{n}", "compound": "花园"}, block(100 + 60 * n, -20, 15, 15)) for n in range(2)]
    features = [{"type": "Feature", "properties": says, "geometry": shape} for says, shape in shapes]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def _id(ctx: Context, source: str) -> int:
    found = camera_view.views(ctx, "tiny")["features"]
    with database.reading(ctx.db) as connection:
        from_source = {row["source_id"]: row["id"] for row in coverage.near(connection, _place(ctx, connection))}
    assert str(from_source[source]) in {one["properties"]["id"] for one in found}
    return int(from_source[source])


def _place(ctx: Context, connection: Any) -> Any:
    return territory.world(ctx, connection, "tiny")


def _inside(ctx: Context) -> int:
    """How many cameras stand in a cell of the city."""
    with database.reading(ctx.db) as connection:
        place = _place(ctx, connection)
        ids = set(place.base.cells.tolist())
        return sum(row["cell"] in ids for row in imported.rows(connection, "cameras", "tiny"))


def _area(ctx: Context, source: str) -> float:
    (feature,) = camera_view.views(ctx, "tiny", camera=_id(ctx, source))["features"]
    return float(feature["properties"]["area_m2"])


def test_a_wall_hides_what_is_behind_it_and_a_mask_cuts_its_half(ctx: Context) -> None:
    quarter = 3.14159 * 50**2 / 4
    assert _area(ctx, "south") == pytest.approx(quarter, rel=0.01)
    assert 20**2 * 0.95 < _area(ctx, "north") < 20**2 * 1.1, "a triangle in front of the wall"
    assert _area(ctx, "both") == pytest.approx(2 * 3.14159 * 50**2 / 6, rel=0.01)
    assert _area(ctx, "masked") == pytest.approx(3.14159 * 40**2 / 2, rel=0.01)


def test_seen_ground_is_less_behind_buildings_and_falls_with_k(ctx: Context) -> None:
    shares = [
        float((coverage.density(ctx, "tiny", k=k).columns["covered"]).sum()) for k in (1, 2, 3)
    ]
    plain = float(coverage.density(ctx, "tiny", buildings=False).columns["covered"].sum())
    assert plain > shares[0] > shares[1] > shares[2] >= 0
    with pytest.raises(errors.Invalid):
        coverage.density(ctx, "tiny", k=4)


def test_figures_add_up_over_regions_and_grids(ctx: Context) -> None:
    (city,) = coverage_figures.figures(ctx, "tiny")["items"]
    assert city["cameras"] == _inside(ctx), "the one far away is not in the city"
    for level in ("town", "community", "grid"):
        parts = coverage_figures.figures(ctx, "tiny", level=level)["items"]
        for name in ("cameras", "offline", "places"):
            assert sum(part[name] for part in parts) == city[name], (level, name)
        assert sum(part["area_km2"] for part in parts) == pytest.approx(city["area_km2"], abs=0.01)
    assert city["networked"] == 0.5, "of two that say so one is networked"
    assert city["compounds"] == 1
    assert 0 < city["seen1"] < 0.2
    assert city["seen1"] > city["seen2"] > 0
    assert city["working"] == pytest.approx(city["online"] / (city["online"] + city["offline"]), abs=1e-4)


def test_figures_are_kept_by_data_version(ctx: Context) -> None:
    first = coverage_figures.keep(ctx, "tiny")["items"]
    again = coverage_figures.keep(ctx, "tiny")["items"]
    assert len(first) == len(again) == 1
    assert again[0]["city"]["cameras"] == _inside(ctx)
    assert len(again[0]["towns"]) == 2


def test_gaps_are_ranked_by_need_out_of_sight(ctx: Context) -> None:
    found = camera_gaps.ranked(ctx, "tiny", limit=500)
    values = [one["value"] for one in found["items"]]
    assert values == sorted(values, reverse=True)
    assert sum(values) <= found["unseen"] + 1e-3 <= 1.001
    assert all(one["value"] <= one["need"] + 1e-6 for one in found["items"])
    weights = camera_gaps.rules.Weights(incidents=0, places=1, households=0)
    places = camera_gaps.ranked(ctx, "tiny", weights=weights)
    assert all(one["places"] > 0 for one in places["items"])


def test_a_twin_is_redundant_and_what_it_alone_sees_is_nothing(ctx: Context) -> None:
    spare = {one["id"] for one in camera_gaps.surplus(ctx, "tiny", limit=500)["redundant"]}
    assert {str(_id(ctx, "north")), str(_id(ctx, "twin"))} <= spare
    assert str(_id(ctx, "south")) not in spare
    assert outages.loss(ctx, "tiny", _id(ctx, "twin"))["area_m2"] == 0
    lost = outages.loss(ctx, "tiny", _id(ctx, "south"))
    assert sum(one["m2"] for one in lost["cells"]) == pytest.approx(3.14159 * 50**2 / 4, rel=0.03)


def test_outages_name_the_offline_the_idle_and_the_critical(ctx: Context) -> None:
    found = outages.outages(ctx, "tiny", limit=500)
    off = {one["id"]: one for one in found["offline"]}
    assert off[str(_id(ctx, "off"))]["since"] == "2025-01-05"
    assert str(_id(ctx, "twin")) in {one["id"] for one in found["idle"]}
    assert not off.keys() & {one["id"] for one in found["critical"]}


def test_a_change_of_status_is_kept_with_what_it_was(ctx: Context, tmp_path: Path) -> None:
    number = _id(ctx, "off")
    _cameras(tmp_path / "again.csv", [{**row, "status": "online"} for row in CAMERAS])
    report = imports.run(ctx, "tiny", tmp_path / "again.csv", imports.Asked("cameras", {}, datum="wgs84"))
    assert (report["accepted"], report["duplicate"]) == (1, len(CAMERAS) - 1)
    found = outages.loss(ctx, "tiny", number)
    assert found["camera"]["status"] == "online"
    assert [(one["status"], one["since"]) for one in found["states"]] == [("offline", "2025-01-05")]


def test_trying_a_camera_out_tells_what_it_adds_and_where_it_may_not_look(ctx: Context) -> None:
    open_ground = {"kind": "fixed", "lat": LAT - 400 * METRE, "lng": LNG + 700 * EAST, "heading_deg": 180.0,
                   "angle_deg": 90.0, "range_m": 40.0}  # fmt: skip
    found = camera_view.look(ctx, "tiny", open_ground)
    assert found["area_m2"] == pytest.approx(3.14159 * 40**2 / 4, rel=0.01)
    assert found["gained_m2"] == pytest.approx(found["area_m2"], rel=0.03)
    assert found["lost_m2"] == 0
    assert all(one["after"] >= one["before"] for one in found["cells"])
    south = {"kind": "fixed", "lat": LAT, "lng": LNG, "heading_deg": 180.0, "angle_deg": 90.0, "range_m": 50.0}
    same = camera_view.look(ctx, "tiny", south, camera=_id(ctx, "south"))
    assert (same["gained_m2"], same["lost_m2"]) == (0, 0)
    towards = {**south, "lng": LNG + 90 * EAST, "heading_deg": 90.0}
    assert camera_view.look(ctx, "tiny", towards)["compounds"] == ["花园"]
    with pytest.raises(errors.Invalid, match="private"):
        camera_proposals.propose(ctx, "tiny", towards)
    with pytest.raises(errors.NotFound):
        camera_view.look(ctx, "tiny", {**south, "lat": 0.0, "lng": 0.0})


def test_a_proposal_is_approved_only_with_purpose_and_basis(ctx: Context) -> None:
    given = {"kind": "dome", "lat": LAT - 400 * METRE, "lng": LNG + 700 * EAST, "angle_deg": 360.0, "range_m": 30.0}
    made = camera_proposals.propose(ctx, "tiny", given)
    number = int(made["id"])
    with pytest.raises(errors.Invalid, match="purpose and legal_basis"):
        camera_proposals.decide(ctx, "tiny", number, state="approved")
    done = camera_proposals.decide(ctx, "tiny", number, state="approved", purpose="安全", legal_basis="条例")
    assert done["state"] == "approved"
    camera_proposals.decide(ctx, "tiny", number, state="withdrawn")
    assert camera_proposals.list_(ctx, "tiny")["items"] == []
    with pytest.raises(errors.NotFound):
        camera_proposals.decide(ctx, "tiny", number, state="approved")


def test_a_cell_is_told_with_its_reports_and_its_share_in_view(ctx: Context) -> None:
    ranked = camera_gaps.ranked(ctx, "tiny", limit=500)["items"]
    for one in ranked[:5]:
        told = camera_gaps.cell(ctx, "tiny", one["cell"])
        assert {name: told[name] for name in one if name != "rank"} == {n: v for n, v in one.items() if n != "rank"}
    with_camera = camera_gaps.cell(ctx, "tiny", _cell_at(LAT, LNG))
    assert with_camera["cameras"] >= 1
    assert with_camera["seen"] > 0
    none = camera_gaps.cell(ctx, "tiny", one["cell"], category="nothing of the kind")
    assert none["incidents"] == 0
    for wrong in ("890000000000000", "nonsense", _cell_at(0.0, 0.0)):
        with pytest.raises(errors.NotFound):
            camera_gaps.cell(ctx, "tiny", wrong)


def _cell_at(lat: float, lng: float) -> str:
    return cells.to_hex(cells.from_points([lat], [lng], 9))[0]


def test_a_point_is_told_by_its_road_or_else_by_a_key_place_within_its_community(ctx: Context) -> None:
    with database.reading(ctx.db) as connection:
        place = territory.world(ctx, connection, "tiny")
        school = next(row for row in imported.rows(connection, "places", "tiny") if abs(row["lat"] - ROAD_LAT) > 0.001)
        lats, lngs = [ROAD_LAT + 20 * METRE, school["lat"], 0.0], [LNG, school["lng"] + 100 * EAST, 0.0]
        road, near, nowhere = whereabouts.of(ctx, connection, place, lats=lats, lngs=lngs)
    assert road["roads"] == [f"路 {tiny.EVIL}"]
    assert road["near"] is None
    assert road["region"]["code"].startswith("C")
    assert (near["roads"], near["near"]) == ([], school["name"])
    assert nowhere == {"region": None, "grid": None, "roads": [], "near": None}


def test_next_sites_add_need_under_their_bound_and_look_into_nothing_forbidden(ctx: Context) -> None:
    poles = tuple((30.502 + 0.002 * i, 114.302 + 0.002 * j) for i in range(8) for j in range(8))
    asked = camera_sites.Asked(number=4, poles=poles)
    found = camera_sites.next_sites(ctx, "tiny", asked)
    assert 1 <= len(found["items"]) <= 4
    assert found["seen_before"] < found["seen_after"] <= found["bound"] + 1e-9
    gains = sum(one["gain"] for one in found["items"])
    assert found["seen_after"] - found["seen_before"] == pytest.approx(gains, abs=1e-5)
    everywhere = (((114.29, 30.49), (114.33, 30.49), (114.33, 30.53), (114.29, 30.53)),)
    nowhere = camera_sites.next_sites(ctx, "tiny", camera_sites.Asked(number=4, poles=poles, forbidden=everywhere))
    assert nowhere["items"] == []
    cheap = camera_sites.next_sites(ctx, "tiny", camera_sites.Asked(number=None, budget=2.0, poles=poles))
    assert cheap["cost"] <= 2.0
    with pytest.raises(errors.Invalid):
        camera_sites.next_sites(ctx, "tiny", camera_sites.Asked(number=None))


def test_a_cordon_is_open_where_a_road_crosses_out_of_sight(ctx: Context) -> None:
    towns = cordons.closure(ctx, "tiny", region="T1")["cordons"]
    assert [one["n"] for one in towns] == [2], "the one road crosses the town's western and eastern edge"
    ring = [(114.305, 30.505), (114.315, 30.505), (114.315, 30.515), (114.305, 30.515)]
    (drawn,) = cordons.closure(ctx, "tiny", ring=ring)["cordons"]
    assert (drawn["n"], drawn["seen"], drawn["closure"]) == (2, 0, 0.0)
    for wrong in (ring[:2], [ring[0], ring[2], ring[1], ring[3]]):
        with pytest.raises(errors.Invalid):
            cordons.closure(ctx, "tiny", ring=wrong)
    with pytest.raises(errors.NotFound):
        cordons.closure(ctx, "tiny", region="nowhere")


def test_the_ledger_finds_what_is_wrong_with_the_register(ctx: Context) -> None:
    found = camera_ledger.examine(ctx, "tiny")
    n = {one["code"]: one["n"] for one in found["checks"]}
    assert n["same_code"] == 2
    assert n["same_place"] == 2
    assert n["outside"] == 1
    assert n["incomplete"] == found["cameras"] - 1
    assert found["codes"]["A"] == 3


def test_the_safe_export_is_the_default_and_the_exact_one_leaves_a_mark(ctx: Context) -> None:
    safe = coverage_export.export(ctx.acting(VIEWER), "tiny").body.decode("utf-8-sig")
    assert safe.splitlines()[0] == "cell,lat,lng,band"
    assert tiny.EVIL not in safe
    with pytest.raises(permissions.Denied):
        coverage_export.export(ctx.acting(OPERATOR), "tiny", exact=True, audience="派出所")
    with pytest.raises(errors.Invalid, match="whom"):
        coverage_export.export(ctx, "tiny", exact=True)
    exact = coverage_export.export(ctx, "tiny", exact=True, audience="派出所").body.decode("utf-8-sig")
    rows = list(csv.DictReader(exact.splitlines()))
    assert len(rows) >= tiny.CAMERAS
    assert all("派出所" in row["watermark"] for row in rows)
    with database.reading(ctx.db) as connection:
        assert audit.first_bad(connection) is None


def test_a_region_scoped_operator_hears_nothing_of_the_other_half(ctx: Context) -> None:
    with database.reading(ctx.db) as connection:
        west = next(one.id for one in _place(ctx, connection).regions.values() if one.code == "T1")
    own = ctx.acting(permissions.Actor("o", "operator", "tiny", region_id=west))
    border = 114.31
    assert all(one["lng"] < border + 0.002 for one in camera_gaps.ranked(own, "tiny", limit=500)["items"])
    mine = outages.outages(own, "tiny", limit=500)
    assert all(one["lng"] < border + 0.002 for name in ("offline", "idle", "critical") for one in mine[name])
    whole = {one["id"] for one in outages.outages(ctx, "tiny", limit=500)["critical"]}
    assert {one["id"] for one in mine["critical"]} < whole
    assert [one["code"] for one in coverage_figures.figures(own, "tiny", level="town")["items"]] == ["T1"]
    with pytest.raises(errors.NotFound):
        cordons.closure(own, "tiny", region="T2")
    theirs = max(camera_gaps.ranked(ctx, "tiny", limit=500)["items"], key=lambda one: one["lng"])
    with pytest.raises(errors.NotFound):
        camera_gaps.cell(own, "tiny", theirs["cell"])
    with pytest.raises(permissions.Denied):
        camera_proposals.propose(own, "tiny", {})


def test_a_viewer_is_told_of_no_gap_no_site_and_no_view(ctx: Context) -> None:
    viewer = ctx.acting(VIEWER)
    for ask in (
        camera_gaps.ranked, camera_gaps.surplus, camera_gaps.corridors, outages.outages, coverage_figures.figures,
        coverage_figures.history, camera_ledger.examine, camera_view.views, cordons.closure, camera_proposals.list_,
    ):  # fmt: skip
        with pytest.raises(permissions.Denied):
            ask(viewer, "tiny")  # type: ignore[operator]
    with pytest.raises(permissions.Denied):
        camera_gaps.cell(viewer, "tiny", _cell_at(LAT, LNG))


def test_the_invariants_hold(ctx: Context) -> None:
    found = {one["id"]: one for one in verify.run(ctx)["checks"]}
    assert found["I9"]["findings"] == []
