"""The demonstration city is whole, believable and the same each time it is made."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from geo import boundary, cells, datum

ROOT = Path(__file__).parents[2]
CITY = ROOT / "seed_data" / "city"
METRES = "EPSG:4509"


def _json(name: str) -> dict:
    return json.loads((CITY / name).read_text(encoding="utf-8"))


def _wgs84(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A GCJ-02 layer on WGS-84."""

    def moved(coords: np.ndarray) -> np.ndarray:
        lats, lngs = datum.to_wgs84(coords[:, 1], coords[:, 0], datum="gcj02")
        return np.column_stack([lngs, lats])

    shapes = shapely.transform(np.asarray(frame.geometry), moved)
    return frame.drop(columns="geometry").set_geometry(list(shapes), crs="EPSG:4326")


@pytest.fixture(scope="module")
def truth() -> dict:
    return _json("truth.json")


@pytest.fixture(scope="module")
def outline() -> shapely.Polygon:
    return gpd.read_file(CITY / "boundary.geojson").geometry.iloc[0]


@pytest.fixture(scope="module")
def towns() -> gpd.GeoDataFrame:
    return gpd.read_file(CITY / "towns.zip")


@pytest.fixture(scope="module")
def communities() -> gpd.GeoDataFrame:
    return gpd.read_file(CITY / "communities.geojson")


@pytest.fixture(scope="module")
def barriers() -> gpd.GeoDataFrame:
    return _wgs84(gpd.read_file(CITY / "barriers.geojson"))


@pytest.fixture(scope="module")
def buildings() -> gpd.GeoDataFrame:
    return gpd.read_parquet(CITY / "buildings.parquet")


@pytest.fixture(scope="module")
def grids() -> gpd.GeoDataFrame:
    return gpd.read_file(CITY / "grids.geojson").set_index("code")


@pytest.fixture(scope="module")
def incidents() -> pd.DataFrame:
    return pd.read_parquet(CITY / "incidents.parquet")


@pytest.mark.slow
def test_made_again_every_file_has_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "seed_data", "--out", str(tmp_path)], cwd=ROOT, check=True)

    def hashes(folder: Path) -> dict[str, str]:
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}

    assert hashes(tmp_path) == hashes(CITY)


def test_output_is_at_most_eight_megabytes() -> None:
    assert sum(file.stat().st_size for file in CITY.iterdir()) <= 8_000_000


def test_manifest_and_readme_name_every_file() -> None:
    manifest = _json("manifest.json")
    named = {"manifest.json", "disputes.csv", manifest["boundary"]["file"], manifest["categories"], manifest["truth"]}
    named |= {region["file"] for region in manifest["regions"]} | {item["file"] for item in manifest["imports"]}
    assert {file.name for file in CITY.iterdir()} == named
    readme = (ROOT / "seed_data" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in named)


def test_manifest_loads_each_kind_once_with_a_known_datum() -> None:
    manifest = _json("manifest.json")
    kinds = [item["kind"] for item in manifest["imports"]]
    assert sorted(kinds) == sorted(["barriers", "roads", "buildings", "households", "places", "centres", "workers",
                                    "cameras", "grids", "incidents"])
    used = {part["datum"] for part in [manifest["boundary"], *manifest["regions"], *manifest["imports"]]}
    assert used == {"wgs84", "cgcs2000", "gcj02"}


def test_thirteen_towns_and_124_communities_with_nested_codes(
    towns: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> None:
    assert len(towns) == 13
    assert len(communities) == 124
    assert communities.code.is_unique
    assert communities.name.is_unique
    assert communities.code.str.fullmatch(r"439781\d{6}").all()
    assert (communities.code.str[:9] + "000" == communities.parent).all()
    assert set(communities.parent) == set(towns.code)


def test_communities_lie_in_their_towns_and_fill_the_city(
    outline: shapely.Polygon, towns: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> None:
    assert (communities.geom_type == "Polygon").all()
    assert shapely.coverage_is_valid(communities.geometry.values)
    inside = communities.representative_point().reset_index(drop=True)
    home = towns.to_crs(inside.crs).set_index("code").geometry.reindex(communities.parent)
    assert inside.within(home.reset_index(drop=True)).all()
    whole = shapely.union_all(communities.geometry.values)
    assert whole.symmetric_difference(outline).area < 1e-5 * outline.area


def test_city_has_about_fifty_thousand_cells_and_every_community_some(
    outline: shapely.Polygon, communities: gpd.GeoDataFrame
) -> None:
    ids = boundary.fill(outline, 10)
    assert 45_000 <= len(ids) <= 60_000
    assert 700 <= cells.areas_m2(ids).sum() / 1e6 <= 850
    region = boundary.regions_of(ids, communities)
    assert region.min() >= 0
    assert np.bincount(region, minlength=124).min() >= 10


def test_households_of_communities_are_those_of_their_buildings(buildings: gpd.GeoDataFrame, truth: dict) -> None:
    homes = gpd.read_file(CITY / "households.geojson").set_index("id")
    assert 85_000 <= homes.households.sum() == buildings.households.sum() == truth["counts"]["households"] <= 95_000
    spots = gpd.GeoDataFrame({"n": buildings.households}, geometry=buildings.representative_point())
    found = spots.sjoin(homes[["geometry"]].to_crs("EPSG:4326"), predicate="within")
    sums = found.groupby("id").n.sum().reindex(homes.index)
    assert (abs(sums - homes.households) <= 0.01 * homes.households + 5).all()


def test_households_are_in_the_range_of_their_kind(communities: gpd.GeoDataFrame) -> None:
    homes = gpd.read_file(CITY / "households.geojson").set_index("id").households.reindex(communities.code)
    urban = (communities.kind == "社区").to_numpy()
    assert homes[urban].between(500, 2000).all()
    assert homes[~urban].between(290, 950).all()


def test_buildings_stand_inside_the_city_apart_from_each_other(
    outline: shapely.Polygon, buildings: gpd.GeoDataFrame
) -> None:
    assert 22_000 <= len(buildings) <= 30_000
    assert buildings.geometry.is_valid.all()
    assert buildings.within(outline).all()
    flat = buildings.to_crs(METRES).buffer(-0.3).values
    first, second = shapely.STRtree(flat).query(flat, predicate="intersects")
    assert not (first != second).any()


def test_roads_are_one_connected_piece_with_every_class(truth: dict) -> None:
    roads = gpd.read_file(CITY / "roads.zip")
    assert len(roads) == truth["counts"]["roads"]
    assert set(roads["class"]) == {"trunk", "primary", "secondary", "tertiary", "residential", "unclassified"}
    ends = np.array([(*line.coords[0], *line.coords[-1]) for line in roads.geometry]).reshape(-1, 2)
    _, number = np.unique(ends, axis=0, return_inverse=True)
    a, b = number.reshape(-1, 2).T
    n = int(number.max()) + 1
    pieces, _ = csgraph.connected_components(sparse.coo_array((np.ones(len(a)), (a, b)), shape=(n, n)))
    assert pieces == 1


def test_roads_lie_on_wgs84_once_shifted_back(outline: shapely.Polygon, buildings: gpd.GeoDataFrame) -> None:
    """As delivered they run through houses; taken as GCJ-02 they do not."""
    roads = gpd.read_file(CITY / "roads.zip")
    houses = shapely.STRtree(buildings.to_crs(METRES).buffer(-1.0).values)

    def hits(lines: gpd.GeoSeries) -> int:
        return len(set(houses.query(lines.to_crs(METRES).values, predicate="intersects")[1]))

    assert hits(_wgs84(roads).geometry) < 30
    assert hits(roads.set_crs("EPSG:4326", allow_override=True).geometry) > 2000


def test_every_bridge_joins_both_banks(barriers: gpd.GeoDataFrame, truth: dict) -> None:
    flat = barriers.to_crs(METRES)
    river = flat[(flat.kind == "river") & flat.cost.isna()].geometry.iloc[0]
    area = flat[(flat.kind == "river") & flat.geom_type.isin(["Polygon", "MultiPolygon"])].geometry.iloc[0]
    bridges = flat[flat.kind == "bridge"]
    assert 4 <= len(bridges) == truth["counts"]["bridges"]
    for line in bridges.geometry:
        assert line.intersects(river)
        assert not shapely.Point(line.coords[0]).within(area)
        assert not shapely.Point(line.coords[-1]).within(area)


def test_two_trunk_roads_and_a_railway_are_soft_barriers(barriers: gpd.GeoDataFrame) -> None:
    costs = barriers.groupby("kind").cost
    assert len(costs.get_group("road")) == 2
    assert (costs.get_group("road") > 0).all()
    assert (costs.get_group("rail") > 0).all()


def test_incidents_have_the_dirt_the_truth_states(
    incidents: pd.DataFrame, outline: shapely.Polygon, truth: dict
) -> None:
    told = truth["incidents"]
    twice = incidents.duplicated()
    once = incidents[~twice]
    missing = once.lat.isna() | once.lng.isna()
    bad = pd.to_datetime(once.time, format="%Y-%m-%d %H:%M:%S", errors="coerce").isna()
    outside = ~missing & ~shapely.contains_xy(outline, once.lng, once.lat)
    assert len(incidents) == told["rows"]
    assert twice.sum() == told["duplicate"] == incidents.id.duplicated().sum()
    assert (missing.sum(), bad.sum(), outside.sum()) == (
        told["missing_coordinates"], told["bad_time"], told["out_of_city"])
    assert (~missing & ~bad & ~outside).sum() == told["good"]
    assert told["rows"] == sum(n for fault, n in told.items() if fault != "rows")


def test_incidents_cover_the_year_with_known_categories(incidents: pd.DataFrame) -> None:
    book = _json("categories.json")
    groups = {group["code"] for group in book["groups"]}
    codes = {item["code"] for item in book["categories"]}
    assert {code[:3] for code in codes} == groups
    assert set(incidents.category) == {code for code in codes if not code.startswith("G07")}
    assert all(item["zh"] and item["en"] for item in book["groups"] + book["categories"])
    times = pd.to_datetime(incidents.time, errors="coerce").dropna()
    assert times.dt.strftime("%Y-%m").nunique() == 12
    assert times.min() >= pd.Timestamp("2025-07-01")
    assert times.max() < pd.Timestamp("2026-07-01")


def test_incidents_follow_the_day_and_the_week_of_their_category(incidents: pd.DataFrame) -> None:
    times = pd.to_datetime(incidents.time, errors="coerce")
    hour, weekend = times.dt.hour, times.dt.weekday >= 5
    stalls, stickers = incidents.category == "E05.01", incidents.category == "E02.01"
    assert hour[stalls].between(17, 21).mean() > 0.45
    assert hour[stickers].between(8, 17).mean() > 0.75
    assert weekend[stickers].mean() < 2 / 7 < weekend[stalls].mean()


def test_disputes_come_as_counts_by_community_only(communities: gpd.GeoDataFrame) -> None:
    disputes = pd.read_csv(CITY / "disputes.csv", dtype={"region": str})
    assert list(disputes.columns) == ["month", "category", "region", "n"]
    assert disputes.category.str.startswith("G07").all()
    assert set(disputes.region) <= set(communities.code)
    assert disputes.n.min() >= 1


def _near(incidents: pd.DataFrame, spot: dict, radius_m: float) -> pd.Series:
    """Incidents of the spot's category within a radius, by month."""
    north = (incidents.lat - spot["lat"]) * 110_800
    east = (incidents.lng - spot["lng"]) * 100_600
    close = (np.hypot(north, east) < radius_m) & (incidents.category == spot["category"])
    months = pd.to_datetime(incidents.time[close], errors="coerce").dt.strftime("%Y-%m")
    return months.value_counts().reindex(list(spot["planted"]), fill_value=0)


@pytest.mark.parametrize("number", range(4))
def test_hot_spots_are_where_and_when_the_truth_says(incidents: pd.DataFrame, truth: dict, number: int) -> None:
    spot = truth["hot_spots"][number]
    planted = pd.Series(spot["planted"])
    here = _near(incidents, spot, spot["radius_m"])
    around = _near(incidents, spot, 4 * spot["radius_m"]) - here
    hot = planted > 0
    assert (here[hot] >= 0.95 * planted[hot]).all()
    assert (here[hot] > 5 * around[hot] / 15).all()
    assert (here[~hot] < 0.3 * planted[hot].min()).all()


def test_three_hot_spots_and_an_emerging_one(truth: dict) -> None:
    classes = [spot["expected"] for spot in truth["hot_spots"]]
    assert classes == ["persistent", "intensifying", "sporadic", "consecutive"]
    assert [month for month, n in truth["hot_spots"][3]["planted"].items() if n] == ["2026-04", "2026-05", "2026-06"]


def test_cameras_have_codes_states_and_directions() -> None:
    text = (CITY / "cameras.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        text.decode("utf-8")
    cameras = pd.read_csv(CITY / "cameras.csv", encoding="gb18030", dtype={"国标编码": str})
    assert len(cameras) == 900
    assert cameras["国标编码"].is_unique
    assert cameras["国标编码"].str.fullmatch(r"439781\d{14}").all()
    assert 0.03 <= (cameras["状态"] == "离线").mean() <= 0.09
    fixed = cameras["类型"] == "枪机"
    assert 0.02 <= cameras["方位角"][fixed].isna().mean() <= 0.15
    assert cameras["方位角"].dropna().between(0, 359).all()
    assert (cameras["视场角"][~fixed] == 360).all()


def test_grids_carry_the_faults_the_truth_states(
    grids: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, truth: dict
) -> None:
    told = truth["grids"]
    assert 220 <= len(grids) == told["count"] <= 260
    assert set(grids.community) == set(communities.code)
    assert (grids.index.str[:12] == grids.community).all()
    assert sorted(grids.index[grids.geom_type == "MultiPolygon"]) == told["split"]
    flat, areas = grids.to_crs(METRES), communities.to_crs(METRES).set_index("code")
    river = barriers[(barriers.kind == "river") & barriers.cost.isna()].to_crs(METRES).geometry.iloc[0]
    for code in told["over_river"]:
        banks = shapely.get_parts(flat.geometry[code].difference(river.buffer(1)))
        assert sum(part.area > 50_000 for part in banks) >= 2
    for code in told["overlap"]:
        others = flat.drop(index=code)
        assert others.intersection(flat.geometry[code]).area.sum() > 10_000
    drawn = shapely.union_all(flat.geometry.values)
    for code in told["gap"]:
        left = areas.geometry[flat.community[code]].difference(drawn)
        assert left.intersection(flat.geometry[code].buffer(80)).area > 3_000


def test_grids_are_unbalanced(grids: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> None:
    spots = gpd.GeoDataFrame({"n": buildings.households}, geometry=buildings.representative_point())
    homes = spots.sjoin(grids[["geometry"]].to_crs("EPSG:4326"), predicate="within").groupby("code").n.sum()
    assert homes.quantile(0.9) > 3 * homes.quantile(0.1)
    assert 300 < homes.mean() < 500


def test_workers_are_a_few_fewer_than_grids(grids: gpd.GeoDataFrame, outline: shapely.Polygon) -> None:
    workers = pd.read_excel(CITY / "workers.xlsx")
    assert 0 < len(grids) - len(workers) <= 15
    assert workers["工号"].is_unique
    assert set(workers["岗位"]) == {"专职网格员", "兼职网格员"}
    assert shapely.contains_xy(outline, workers["经度"], workers["纬度"]).all()


def test_centres_stand_in_their_regions_and_miss_those_the_truth_states(
    towns: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, truth: dict
) -> None:
    centres = pd.read_csv(CITY / "centres.csv", encoding="utf-8-sig", dtype={"region": str})
    missing = truth["centres"]["missing"]
    for tier, regions in (("town", towns), ("community", communities)):
        has = centres[centres.tier == tier].set_index("region")
        lost = set(regions.code) - set(has.index)
        assert set(missing[tier]) == lost
        shapes = regions.to_crs(METRES).set_index("code").geometry.reindex(has.index).buffer(60)
        spots = gpd.points_from_xy(has.lng, has.lat, crs="EPSG:4326").to_crs(METRES)
        assert shapes.contains(gpd.GeoSeries(spots, index=has.index)).all()
    assert (centres.tier == "city").sum() == (centres.tier == "county").sum() == 1


def test_shapefiles_say_their_encoding() -> None:
    for name, encoding in (("towns.zip", "GBK"), ("roads.zip", "UTF-8")):
        with zipfile.ZipFile(CITY / name) as archive:
            assert archive.read(name.replace(".zip", ".cpg")).decode().strip() in (encoding, "CP936")
            assert {entry.date_time for entry in archive.infolist()} == {(2026, 7, 1, 0, 0, 0)}


def test_every_key_place_kind_is_there_in_the_city(outline: shapely.Polygon) -> None:
    text = (CITY / "places.kml").read_text(encoding="utf-8")
    kinds = {part.split("</value>")[0] for part in text.split('<Data name="kind"><value>')[1:]}
    assert kinds == {"school", "hospital", "market", "station", "government", "park", "mall"}
    points = [part.split("</coordinates>")[0].split(",") for part in text.split("<coordinates>")[1:]]
    lngs, lats = np.array(points, float).T
    there = datum.to_wgs84(lats, lngs, datum="gcj02")
    assert shapely.contains_xy(outline, there[1], there[0]).all()
