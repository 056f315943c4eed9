"""Claim: the same three places come in alike from every format, encoding and delimiter."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from server import intake
from server.intake import values
from tests.server.bad import documents, reading

PLACES = [
    ("p1", "城关小学", "school", 31.25, 112.125),
    ("p2", "Ostmarkt; „neu“", "market", 31.5, 112.25),
    ("p3", "三元, 车站", "station", 31.75, 112.5),
]
WANTED = [{"id": i, "name": n, "kind": k, "lat": lat, "lng": lng} for i, n, k, lat, lng in PLACES]


def _told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in ("id", "name", "kind", "lat", "lng")} for row in rows]


def _table(delimiter: str) -> str:
    lines = [["编号", "名称", "类型", "纬度", "经度"], *[[str(cell) for cell in place] for place in PLACES]]
    return "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines) + "\r\n"


def _frame(**crs: Any) -> gpd.GeoDataFrame:
    columns = {name: [row[name] for row in WANTED] for name in ("id", "name", "kind")}
    points = [shapely.Point(row["lng"], row["lat"]) for row in WANTED]
    return gpd.GeoDataFrame(columns, geometry=points, **crs)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8 with byte order mark"), ("gb18030", "gb18030"), ("utf-16", "utf-16-le")],
)
def test_a_table_reads_the_same_in_every_encoding_and_delimiter(
    tmp_path: Path, delimiter: str, encoding: str, told: str
) -> None:
    text = _table(delimiter)
    if encoding == "gb18030":
        text = text.replace("„", "<").replace("“", ">")
    path = tmp_path / "places.csv"
    path.write_bytes(text.encode(encoding))
    report, rows, _ = reading.read("places", path)
    assert report.encoding == told
    assert [(row["id"], row["lat"], row["lng"]) for row in rows] == [(p[0], p[3], p[4]) for p in PLACES]
    assert rows[2]["name"] == "三元, 车站"
    assert [one.how for one in report.mapping] == ["guessed"] * 5


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zero_bytes(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "places.csv"
    path.write_bytes("id,name,lat,lng\n1,a,31.5,112.5\n".encode(encoding))
    report, rows, _ = reading.read("places", path)
    assert report.encoding == encoding
    assert rows[0]["lat"] == 31.5


def test_a_packed_table_and_bare_carriage_returns(tmp_path: Path) -> None:
    path = tmp_path / "places.csv.gz"
    path.write_bytes(gzip.compress(_table(",").replace("\r\n", "\r").encode()))
    _, rows, _ = reading.read("places", path)
    assert _told(rows) == WANTED


def test_geojson(tmp_path: Path) -> None:
    path = tmp_path / "places.geojson"
    features = [documents.feature(documents.point(lng, lat), id=i, name=n, kind=k) for i, n, k, lat, lng in PLACES]
    path.write_text(documents.collection(*features), "utf-8")
    report, rows, _ = reading.read("places", path)
    assert _told(rows) == WANTED
    assert (report.format, report.crs) == ("geojson", "OGC:CRS84")


def test_a_single_feature_is_a_file_of_one_row(tmp_path: Path) -> None:
    path = tmp_path / "place.json"
    path.write_text(json.dumps(documents.feature(documents.point(112.5, 31.5), name="一")), "utf-8")
    report, rows, _ = reading.read("places", path)
    assert (report.rows, rows[0]["name"]) == (1, "一")


def test_xlsx_reads_the_only_filled_sheet_and_asks_when_there_are_two(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "场所"
    sheet.append([None])
    sheet.append(["编号", "名称", "类型", "纬度", "经度", None])
    for place in PLACES:
        sheet.append(list(place))
    book.create_sheet("empty")
    path = tmp_path / "places.xlsx"
    book.save(path)
    report, rows, _ = reading.read("places", path)
    assert _told(rows) == WANTED
    assert report.layer == "场所"
    book["empty"].append(["id", "lat", "lng"])
    book.save(path)
    with pytest.raises(values.IntakeError) as refused:
        reading.read("places", path)
    assert refused.value.code == "E_SHEET"
    assert refused.value.detail["sheets"] == ["场所", "empty"]
    _, rows, _ = reading.read("places", path, sheet="场所")
    assert _told(rows) == WANTED


def test_parquet_with_dictionaries_and_geoparquet(tmp_path: Path) -> None:
    plain = tmp_path / "places.parquet"
    table = pa.table({name: [row[name] for row in WANTED] for name in WANTED[0]})
    table = table.set_column(2, "kind", table["kind"].dictionary_encode())
    pq.write_table(table, plain)
    assert _told(reading.read("places", plain)[1]) == WANTED
    located = tmp_path / "located.parquet"
    _frame(crs="EPSG:4326").to_parquet(located)
    report, rows, _ = reading.read("places", located, datum=None, mainland=False)
    assert _told(rows) == WANTED
    assert report.format == "geoparquet"


def test_kml_with_extended_data_and_kmz(tmp_path: Path) -> None:
    marks = "".join(
        f"<Placemark><name>{n}</name><ExtendedData><Data name='id'><value>{i}</value></Data><SchemaData>"
        f"<SimpleData name='kind'>{k}</SimpleData></SchemaData></ExtendedData><Point><coordinates>{lng},{lat},0"
        "</coordinates></Point></Placemark>"
        for i, n, k, lat, lng in PLACES
    )
    text = documents.kml(
        f"<Folder>{marks}<NetworkLink><Link><href>http://127.0.0.1:9/</href></Link></NetworkLink></Folder>"
    )
    path = tmp_path / "places.kml"
    path.write_text(text, "utf-8")
    report, rows, _ = reading.read("places", path)
    assert _told(rows) == WANTED
    assert report.notes == ("1 network links were not followed",)
    packed = tmp_path / "places.kmz"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("doc.kml", text)
    assert _told(reading.read("places", packed)[1]) == WANTED


def test_geopackage_layers_are_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "places.gpkg"
    _frame(crs="EPSG:4490").to_file(path, layer="places", engine="pyogrio")
    report, rows, _ = reading.read("places", path)
    assert _told(rows) == WANTED
    assert (report.layer, report.crs) == ("places", "EPSG:4490")
    _frame(crs="EPSG:4490").to_file(path, layer="other", engine="pyogrio")
    with pytest.raises(values.IntakeError) as refused:
        reading.read("places", path)
    assert refused.value.code == "E_LAYER"
    assert _told(reading.read("places", path, layer="other")[1]) == WANTED


@pytest.mark.parametrize(("encoding", "marked"), [("UTF-8", True), ("GB18030", True), ("GB18030", False)])
def test_shapefile_text_is_decoded_by_its_mark_or_strictly_detected(
    tmp_path: Path, encoding: str, marked: bool
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    frame = _frame(crs="EPSG:4490")
    frame["name"] = ["城关小学", "东市", "三元车站"]
    frame.to_file(folder / "places.shp", engine="pyogrio", encoding=encoding)
    path = tmp_path / "places.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.iterdir()):
            if part.suffix != ".cpg" or marked:
                archive.write(part, f"层/{part.name}")
    parsed = intake.read(
        "places",
        path,
        options=values.Options(datum="cgcs2000", name="places.zip"),
        limits=values.Limits.upload(),
        out_dir=tmp_path / "out",
    )
    assert pq.read_table(parsed.rows)["name"].to_pylist() == ["城关小学", "东市", "三元车站"]
    assert parsed.report.encoding == encoding.lower()
    assert parsed.report.layer == "places"


def test_openstreetmap_xml_gives_roads_by_their_tags(tmp_path: Path) -> None:
    nodes = "".join(f'<node id="{i}" lat="{31 + i / 100}" lon="112.5" version="1"/>' for i in (1, 2, 3))
    cut = '<way id="8" version="1"><nd ref="2"/><nd ref="3"/><nd ref="99"/><tag k="highway" v="residential"/></way>'
    way = (
        '<way id="7" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="name" v="人民路"/>'
        '<tag k="oneway" v="yes"/></way>'
    )
    path = tmp_path / "extract.osm"
    path.write_text(f'<osm version="0.6">{nodes}{way}{cut}</osm>', "utf-8")
    report, rows, _ = reading.read("roads", path, datum=None)
    assert [(row["id"], row["class"], row["name"], row["oneway"]) for row in rows] == [
        ("way/7", "primary", "人民路", True),
        ("way/8", "residential", None, None),
    ]
    assert shapely.from_wkb(rows[1]["geometry"]).wkt == "LINESTRING (112.5 31.02, 112.5 31.03)"
    assert report.notes == ("1 roads are cut at the edge of the extract",)


def test_a_geopackage_of_polygons_keeps_its_shapes(tmp_path: Path) -> None:
    square = shapely.box(112, 31, 113, 32)
    path = tmp_path / "grids.gpkg"
    gpd.GeoDataFrame({"网格编码": ["421000"], "网格名称": ["一号"]}, geometry=[square], crs="EPSG:4326").to_file(
        path, layer="g", engine="pyogrio"
    )
    report, rows, _ = reading.read("grids", path)
    assert shapely.from_wkb(rows[0]["geometry"]).equals(square)
    assert (rows[0]["code"], rows[0]["name"]) == ("421000", "一号")
    assert report.bbox == (112, 31, 113, 32)
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
