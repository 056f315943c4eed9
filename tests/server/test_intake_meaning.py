"""What a file means: which column is which, where its coordinates lie, and what is personal and stays outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import datum as datums
from server.intake import faults as fault_lists
from server.intake import kinds, mapping, personal, places, shapes, values
from tests.server.bad import binaries, documents, reading

LAT, LNG = 31.9, 112.1


def _csv(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


# --- Columns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "header", "found"),
    [
        ("incidents", "服务编号,上报时间,事件类型,经度,纬度,状态",
         {"time": "上报时间", "category": "事件类型", "lng": "经度", "lat": "纬度", "status": "状态"}),
        ("incidents", "Complaint,Date Occur,Description,Count,Latitude,LONGITUDE",
         {"time": "Date Occur", "category": "Description", "weight": "Count", "lat": "Latitude", "lng": "LONGITUDE"}),
        ("cameras", "设备编码,点位名称,摄像机类型,方位角,安装高度,x,y",
         {"code": "设备编码", "name": "点位名称", "kind": "摄像机类型", "heading": "方位角", "height": "安装高度",
          "lat": "y", "lng": "x"}),
        ("households", "户数,lat,lng", {"households": "户数", "lat": "lat", "lng": "lng"}),
        ("centres", "名称,级别,lat,lon,行政区划代码",
         {"name": "名称", "tier": "级别", "lat": "lat", "lng": "lon", "region": "行政区划代码"}),
        ("grids", "网格编码,网格名称,社区编码", {"code": "网格编码", "name": "网格名称", "community": "社区编码"}),
    ],
)  # fmt: skip
def test_common_names_are_guessed_and_shown(kind: str, header: str, found: dict[str, str]) -> None:
    made = mapping.decide(kinds.KINDS[kind], header.split(","), given={}, located=False, projected=False)
    assert made.columns == found
    assert {one.how for one in made.mapped} == {"guessed"}
    assert set(made.ignored) == set(header.split(",")) - set(found.values())


def test_a_given_mapping_beats_every_guess_and_a_column_is_used_once() -> None:
    columns = ["time", "when", "lat", "lng", "type"]
    made = mapping.decide(kinds.KINDS["incidents"], columns, given={"time": "WHEN", "status": "type"}, located=False,
                          projected=False)  # fmt: skip
    assert made.columns == {"time": "when", "status": "type", "lat": "lat", "lng": "lng"}
    assert made.ignored == ("time",)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"when": "time"}, "have no field 'when'"),
        ({"time": "moment"}, "no column 'moment'"),
        ({}, "no column found for time"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_what_there_is(given: dict[str, str], message: str) -> None:
    with pytest.raises(values.IntakeError, match=message) as refused:
        mapping.decide(kinds.KINDS["incidents"], ["a", "lat", "lng"], given=given, located=False, projected=False)
    assert refused.value.code == "E_FIELD"


def test_every_kind_says_the_same_thing_once() -> None:
    for kind in kinds.KINDS.values():
        names = [field.name for field in kind.fields]
        assert len(names) == len(set(names))
        for field in kind.fields:
            assert field.names, (kind.name, field.name)
            assert all(mapping.normal(name) == name for name in field.names)


@pytest.mark.parametrize(
    ("text", "heading", "others", "code"),
    [("265", 265, None, None), ("-90", 270, None, None), ("N", 0, None, None), ("西北", 315, None, None),
     ("朝正东", 90, None, None), ("SSW", 202.5, None, None), ("120;300", 120, "120;300", "heading.several"),
     ("350-10", 0, None, "heading.arc"), ("45°", 45, None, None), ("forward", None, None, "heading.unknown"),
     ("150000099", None, None, "heading.unknown"), ("", None, None, None)],
)  # fmt: skip
def test_messy_directions(
    tmp_path: Path, text: str, heading: float | None, others: str | None, code: str | None
) -> None:
    path = _csv(tmp_path / "c.csv", f"lat,lng,direction\n31,112,{text}\n")
    _, rows, faults = reading.read("cameras", path)
    assert (rows[0]["heading"], rows[0]["headings"]) == (heading, others)
    assert [(fault["code"], fault["rejects"]) for fault in faults] == ([(code, False)] if code else [])


def test_words_numbers_and_flags_of_optional_fields_are_left_empty_when_wrong(tmp_path: Path) -> None:
    path = _csv(
        tmp_path / "c.csv", "lat,lng,kind,status,range,height\n31,112,枪机,在线,50 m,3.5米\n31,112,laser,?,-3,tall\n"
    )
    report, rows, faults = reading.read("cameras", path)
    assert [(row["kind"], row["status"], row["range"], row["height"]) for row in rows] == [
        ("fixed", "online", 50.0, 3.5), (None, None, None, None)]  # fmt: skip
    assert {(fault["row"], fault["field"], fault["code"]) for fault in faults} == {
        (2, "kind", "choice.unknown"), (2, "status", "choice.unknown"), (2, "range", "number.range"),
        (2, "height", "number.unreadable")}  # fmt: skip
    assert report.rejected == 0
    path = _csv(tmp_path / "z.csv", "name,tier,lat,lng\na,镇级,31,112\nb,galactic,31,112\nc,,31,112\n")
    report, rows, faults = reading.read("centres", path)
    assert [row["tier"] for row in rows] == ["town"]
    assert [(fault["row"], fault["code"]) for fault in faults] == [(2, "choice.unknown"), (3, "tier.missing")]


def test_rows_without_an_id_are_known_by_file_and_row(tmp_path: Path) -> None:
    path = _csv(tmp_path / "p.csv", "id,lat,lng\nx7,31,112\n,31,112\n")
    report, rows, _ = reading.read("places", path)
    assert [row["identity"] for row in rows] == ["x7", f"{report.sha256[:16]}:2"]
    assert reading.read("places", path)[1] == rows


# --- Places ----------------------------------------------------------------------------------------------------------


def test_a_layer_of_unknown_datum_is_refused_with_advice(tmp_path: Path) -> None:
    table = _csv(tmp_path / "p.csv", "lat,lng\n31,112\n")
    labelled = _csv(tmp_path / "p.geojson", documents.collection(documents.feature(documents.point(LNG, LAT))))
    for path, mainland in ((table, True), (table, False), (labelled, True)):
        with pytest.raises(values.IntakeError, match="--datum") as refused:
            reading.read("places", path, datum=None, mainland=mainland)
        assert refused.value.code == "E_DATUM"
    assert reading.read("places", labelled, datum=None, mainland=False)[0].crs == "OGC:CRS84"
    grids = _csv(tmp_path / "g.csv", "code,name,community\n1,a,2\n")
    assert reading.read("grids", grids, datum=None)[1][0]["geometry"] is None


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000", "wgs84"])
def test_shifted_coordinates_come_back_to_where_they_are(tmp_path: Path, datum: str) -> None:
    lats, lngs = datums.from_wgs84([LAT], [LNG], datum=datum)
    path = _csv(tmp_path / "p.csv", f"lat,lng\n{float(lats[0])!r},{float(lngs[0])!r}\n")
    report, rows, _ = reading.read("places", path, datum=datum)
    assert (rows[0]["lat"], rows[0]["lng"]) == pytest.approx((LAT, LNG), abs=1e-8)
    assert report.datum == datum


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:4547", "ESRI:102696", "EPSG:32649"])
def test_projected_coordinates_are_taken_by_their_own_names(tmp_path: Path, crs: str) -> None:
    lat, lng = (38.6, -90.2) if crs.startswith("ESRI") else (LAT, LNG)
    x, y = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lng, lat)
    path = _csv(tmp_path / "p.csv", f"lat,X-Coord,Y-Coord\n1,{x!r},{y!r}\n2,0,0\n3,,\n")
    report, rows, faults = reading.read("places", path, datum=None, crs=crs)
    assert (rows[0]["lat"], rows[0]["lng"]) == pytest.approx((lat, lng), abs=1e-6)
    assert (report.crs, {fault["code"] for fault in faults}) == (crs, {"place.zero", "place.missing"})


def test_a_shifted_mercator_is_unprojected_first_and_unshifted_then(tmp_path: Path) -> None:
    lats, lngs = datums.from_wgs84([LAT], [LNG], datum="gcj02")
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=gpd.points_from_xy(lngs, lats, crs="EPSG:4326")).to_crs(3857)
    frame.to_parquet(tmp_path / "p.parquet")
    row = reading.read("places", tmp_path / "p.parquet", datum="gcj02")[1][0]
    assert (row["lat"], row["lng"]) == pytest.approx((LAT, LNG), abs=1e-7)


@pytest.mark.parametrize(
    "crs", ["EPSG:999999", "nonsense", "http://127.0.0.1:9/x", "/etc/passwd", "+init=epsg:4326", "+proj=x +nadgrids=@a",
            "+proj=longlat +nadgrids=/etc/passwd", "{" * 500, "GEOGCS[" + "A[" * 5_000],
)  # fmt: skip
def test_only_real_coordinate_systems_are_taken(tmp_path: Path, crs: str) -> None:
    """B13, B34."""
    path = _csv(tmp_path / "p.csv", "lat,lng\n31,112\n")
    with pytest.raises(values.IntakeError) as refused:
        reading.read("places", path, crs=crs)
    assert refused.value.code == "E_CRS"
    with pytest.raises(values.IntakeError) as refused:
        reading.read("places", path, datum=crs)
    assert refused.value.code == "E_DATUM"


@pytest.mark.parametrize(
    ("rows", "hint"),
    [("13522000,3663000\n13522100,3663100\n", "--crs"), ("121.5,31.2\n121.4,31.3\n", "swapped")],
)
def test_most_coordinates_off_the_globe_refuse_the_file_with_a_hint(tmp_path: Path, rows: str, hint: str) -> None:
    """B33."""
    path = _csv(tmp_path / "p.csv", "lat,lng\n" + rows)
    with pytest.raises(values.IntakeError, match=hint) as refused:
        reading.read("places", path)
    assert refused.value.code == "E_EXTENT"


def test_swapped_coordinates_are_known_by_the_city(tmp_path: Path) -> None:
    path = _csv(tmp_path / "p.csv", "lat,lng\n25.1,31.1\n25.2,31.2\n")
    extent = (31.0, 25.0, 31.5, 25.5)
    assert reading.read("places", _csv(tmp_path / "q.csv", "lat,lng\n25.1,31.1\n"), extent=extent)[0].accepted == 1
    swapped = _csv(tmp_path / "r.csv", path.read_text().replace("lat,lng", "lng,lat"))
    with pytest.raises(values.IntakeError, match="swapped") as refused:
        reading.read("places", swapped, extent=extent)
    assert refused.value.code == "E_EXTENT"


# --- Shapes ----------------------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([
    "POINT (1 2)", "POINT Z (1 2 3)", "LINESTRING (0 0, 1 1)", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "MULTIPOINT ((1 2))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))", "MULTILINESTRING Z ((0 0 1, 1 1 1))",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))", "POLYGON EMPTY",
]), st.booleans(), st.sampled_from(["extended", "iso"]), st.integers(0, 200))  # fmt: skip
def test_the_walk_passes_real_geometries_and_no_cut_ones(text: str, big: bool, flavor: str, cut: int) -> None:
    wkb = shapely.to_wkb(shapely.from_wkt(text), byte_order=0 if big else 1, flavor=flavor)
    assert shapes.walk(wkb) is None
    if 0 < cut < len(wkb):
        assert shapes.walk(wkb[:cut]) is not None
    assert shapes.walk(wkb + b"x") == "trailing"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_the_walk_never_fails_on_any_bytes(raw: bytes) -> None:
    shapes.walk(raw)


def _settled(tmp_path: Path, wkbs: list[bytes], kind: str = "grids") -> list[dict[str, Any]]:
    with fault_lists.Faults(tmp_path / "f.parquet") as found:
        shapes.settle(
            pa.array(wkbs, pa.binary()), np.arange(1, len(wkbs) + 1), kind=kinds.KINDS[kind],
            system=places.System("EPSG:4326", "wgs84", False, None), budget=shapes.Budget(values.Limits()),
            faults=found, required=True)  # fmt: skip
    return pq.read_table(tmp_path / "f.parquet").to_pylist()


SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]


def test_a_ring_that_touches_itself_is_cut_there_and_said_so(tmp_path: Path) -> None:
    """Two squares in one ring that meet at a corner: what ground is meant is beyond doubt."""
    corners = [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (1, 2), (1, 1), (0, 1), (0, 0)]
    squares = [(float(x), float(y)) for x, y in corners]
    crossing = [(0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0), (0.0, 0.0)]
    wkbs = [binaries.polygon([ring]) for ring in (squares, crossing, SQUARE)]
    with fault_lists.Faults(tmp_path / "f.parquet") as found:
        made, bad = shapes.settle(
            pa.array(wkbs, pa.binary()), np.arange(1, 4), kind=kinds.KINDS["regions"],
            system=places.System("EPSG:4326", "wgs84", False, None), budget=shapes.Budget(values.Limits()),
            faults=found, required=True)  # fmt: skip
    told = pq.read_table(tmp_path / "f.parquet").to_pylist()
    assert [(one["row"], one["code"], one["rejects"]) for one in told] == [
        (1, "geometry.mended", False), (2, "geometry.invalid", True),
    ]  # fmt: skip
    assert bad.tolist() == [False, True, False] and made[1] is None
    assert made[0].is_valid and made[0].area == pytest.approx(2)


@pytest.mark.parametrize(
    ("wkb", "code"),
    [
        (binaries.nested(5_000), "geometry.depth"),
        (binaries.nested(40_000), "geometry.depth"),
        (binaries.nested(3), "geometry.type"),
        (binaries.lying_line(4_000_000_000), "geometry.unreadable"),
        (binaries.point(112, 31), "geometry.type"),
        (binaries.polygon([SQUARE[:-1]]), "geometry.unreadable"),
        (binaries.polygon([[(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]]), "geometry.invalid"),
        (binaries.polygon([SQUARE, [(5, 5), (6, 5), (6, 6), (5, 5)]]), "geometry.invalid"),
        (binaries.polygon([[(0, 0), (float("nan"), 0), (1, 1), (0, 0)]]), "geometry.range"),
        (binaries.polygon([[(0, 0), (540, 0), (1, 1), (0, 0)]]), "geometry.range"),
        (binaries.polygon([]), "geometry.empty"),
        (b"", "geometry.missing"),
        (b"\x02abcdefgh", "geometry.unreadable"),
        (b"\x01\x08\x00\x00\x00", "geometry.unreadable"),
    ],
)
def test_bad_bytes_are_a_fault_of_their_row(tmp_path: Path, wkb: bytes, code: str) -> None:
    """B26, B27, B32: also the two that crash shapely itself."""
    found = _settled(tmp_path, [binaries.polygon([SQUARE]), wkb])
    assert [(fault["row"], fault["code"], fault["rejects"]) for fault in found] == [(2, code, True)]


def test_an_invalid_ring_of_thousands_of_vertices_is_told_quickly_with_its_place(tmp_path: Path) -> None:
    """B30."""
    rng = np.random.default_rng(3)
    ring = [(float(x), float(y)) for x, y in rng.random((3_000, 2))]
    found = _settled(tmp_path, [binaries.polygon([[*ring, ring[0]]])])
    assert found[0]["code"] == "geometry.invalid"
    assert "Self-intersection" in found[0]["value"]


def test_wkt_columns_are_read_without_collections(tmp_path: Path) -> None:
    deep = "GEOMETRYCOLLECTION(" * 50_000 + "POINT(1 2)" + ")" * 50_000
    path = tmp_path / "g.csv"
    path.write_text("code;wkt\n1;POLYGON((112 31, 113 31, 113 32, 112 31))\n2;" + deep + "\n3;POLYGON((((\n4;\n")
    _, rows, faults = reading.read("grids", path)
    assert [row["code"] for row in rows] == ["1", "4"]
    assert {fault["row"]: fault["code"] for fault in faults} == {2: "geometry.unreadable", 3: "geometry.unreadable"}


def test_larger_shapes_of_a_point_kind_become_a_point_on_them(tmp_path: Path) -> None:
    ring = [[112, 31], [113, 31], [113, 32], [112, 31]]
    path = _csv(
        tmp_path / "p.geojson", documents.collection(documents.feature({"type": "Polygon", "coordinates": [ring]}))
    )
    report, rows, faults = reading.read("places", path)
    assert shapely.Polygon(ring).contains(shapely.Point(rows[0]["lng"], rows[0]["lat"]))
    assert [(fault["code"], fault["rejects"]) for fault in faults] == [("geometry.point", False)]
    assert report.accepted == 1


# --- Persons ---------------------------------------------------------------------------------------------------------

IDENTITY = "11010519491231002X"  # the published example of GB 11643


@pytest.mark.parametrize(
    ("text", "valid"),
    [(IDENTITY, True), (IDENTITY.lower(), True), ("110105194912310021", False), ("11010519491331002X", False),
     ("440524188001010014", True), ("420602001001GD00001", False), ("1" * 18, False), ("", False)],
)  # fmt: skip
def test_identity_numbers_are_proved_by_date_and_check_digit(text: str, valid: bool) -> None:
    assert personal.valid_identity_number(text) is valid


@pytest.mark.parametrize(
    ("header", "values_", "what"),
    [
        ("报警人身份证号", ["x"], "identity number"), ("联系电话", ["x"], "telephone number"),
        ("车牌号码", ["x"], "number plate"), ("当事人", ["x"], "name of a person"),
        ("Victim Name", ["x"], "name of a person"), ("E-mail", ["x"], "e-mail address"),
        ("a", [IDENTITY] * 3, "identity number"), ("b", ["13812345678", "13912345678", ""], "telephone number"),
        ("c", ["鄂F12345", "京AD12345"], "number plate"), ("d", ["a@b.example", "c@d.example"], "e-mail address"),
        ("e", ["123-45-6789"] * 2, "identity number"), ("f", ["(314) 555-1234"] * 2, "telephone number"),
        ("osm_id", ["13812345678", "13912345678"], None), ("设备编码", ["42060200001320000001"], None),
        ("name", ["人民路13号", "第138号"], None), ("code", ["420602001001001"], None), ("cell", ["8a2f"], None),
    ],
)  # fmt: skip
def test_personal_columns_are_known_by_header_and_by_value(header: str, values_: list[str], what: str | None) -> None:
    found = personal.columns("incidents", [header], {header: pa.array(values_)})
    assert [one["what"] for one in found] == ([what] if what else [])


def test_a_personal_column_is_named_not_read_and_the_file_goes_on(tmp_path: Path) -> None:
    path = _csv(
        tmp_path / "i.csv",
        f"id,时间,报警人,备注号,类别,lat,lng\n1,2023-05-03,张三丰,{IDENTITY},噪声,31,112\n"
        f"2,2023-05-04,李四光,{IDENTITY},打电话13812345678,31,112\n")  # fmt: skip
    report, rows, faults = reading.read("incidents", path, fields={"status": "报警人"})
    assert [(one["column"], one["what"], one["by"]) for one in report.personal] == [
        ("报警人", "name of a person", "header"), ("备注号", "identity number", "values")]  # fmt: skip
    assert [row["category"] for row in rows] == ["噪声", None]
    assert [(fault["row"], fault["code"], fault["rejects"]) for fault in faults] == [(2, "text.personal", False)]
    told = str(report.as_json()) + str(rows) + str(faults)
    for canary in ("张三丰", "李四光", IDENTITY, "13812345678"):
        assert canary not in told


def test_a_worker_has_a_display_name_and_nothing_more(tmp_path: Path) -> None:
    path = _csv(tmp_path / "w.csv", "工号,姓名,手机,岗位,lat,lng\nw1,王芳,13812345678,网格员,31,112\n")
    report, rows, _ = reading.read("workers", path)
    assert rows[0]["name"] == "王芳"
    assert [one["column"] for one in report.personal] == ["手机"]
