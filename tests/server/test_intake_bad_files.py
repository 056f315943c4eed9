"""Files that are not what they say are refused with their code; bad rows cost themselves and nothing else."""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.intake import jsonscan, values
from tests.server.bad import archives, documents, reading, tables

Write = Callable[[Path], Path]


def _refused(path: Path, kind: str = "places", **options: object) -> values.IntakeError:
    with pytest.raises(values.IntakeError) as refused:
        reading.read(kind, path, **options)  # type: ignore[arg-type]
    assert documents.SECRET not in refused.value.message
    assert str(path.parent) not in refused.value.message
    return refused.value


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text(f"name,lat,lng\n{documents.SECRET},31,112\n")
    return path


@pytest.mark.parametrize("ending", ["geojson", "json", "kml", "csv", "gpkg", "shp", "vrt", "xml", "gml", ""])
def test_descriptions_of_other_sources_are_never_followed(tmp_path: Path, secret: Path, ending: str) -> None:
    """B09–B12: VRT, GDAL pipelines and web services under any name."""
    path = tmp_path / f"upload.{ending}"
    for text in (
        documents.vrt(str(secret)),
        documents.vrt("/vsicurl/http://127.0.0.1:9/x"),
        documents.web_service("http://127.0.0.1:9/wfs"),
        documents.pipeline(f"gdal vector pipeline ! read {secret}"),
        documents.pipeline("gdal vector pipeline ! read /vsicurl/http://127.0.0.1:9/x ! write --of stream y"),
    ):
        path.write_text(text)
        assert _refused(path).code == "E_TYPE"


@pytest.mark.parametrize(
    "content",
    [
        b'{"type":"Topology","objects":{},"arcs":[]}',
        b'{"geometryType":"esriGeometryPoint","features":[]}',
        b"%PDF-1.7\n",
        b"0\nSECTION\n2\nHEADER\n",
        b"SQLite format 3\x00" + bytes(84),
        b"\x89PNG\r\n\x1a\n",
        b"<html><body>PK\x03\x04</body></html>",
        b"MZ\x90\x00",
        b"BZh91AY&SY",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"[1,2,3]",
        b"null",
        b"{}",
    ],
)
def test_other_formats_under_the_name_of_geojson(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "upload.geojson"
    path.write_bytes(content)
    assert _refused(path).code in ("E_TYPE", "E_TRUNCATED")


@pytest.mark.parametrize("content", [b"", b"x", b"{", b"P", b"\x1f\x8b", b"PAR1", b"PK\x03\x04"])
def test_hardly_any_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "upload.bin"
    path.write_bytes(content)
    assert _refused(path).code in ("E_EMPTY", "E_TYPE", "E_TRUNCATED")


@pytest.mark.parametrize(
    "name", ["../../e.shp", "/abs/e.dbf", "C:\\w.shx", "b\\..\\c.shp", "n" * 300 + ".shp", "CON.shp", "a\nb.txt"]
)
def test_names_that_leave_the_archive(tmp_path: Path, name: str) -> None:
    """B14."""
    assert _refused(archives.with_name(tmp_path / "u.zip", name)).code == "E_ARCHIVE_PATH"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["u.zip", "work-u.zip"]


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (archives.with_link, "E_ARCHIVE_MEMBER"),
        (archives.encrypted, "E_ARCHIVE_MEMBER"),
        (archives.nested, "E_ARCHIVE_MEMBER"),
        (lambda path: archives.with_name(path, "evil.vrt"), "E_ARCHIVE_MEMBER"),
        (lambda path: archives.with_name(path, "evil.py"), "E_ARCHIVE_MEMBER"),
        (lambda path: archives.with_name(path, "evil.exe"), "E_ARCHIVE_MEMBER"),
        (lambda path: archives.with_name(path, "A.SHP"), "E_ARCHIVE"),
        (archives.twice, "E_ARCHIVE"),
        (lambda path: archives.zipped(path, {f"{i}.txt": b"" for i in range(65)}), "E_ARCHIVE"),
        (lambda path: archives.zipped(path, {"a.shp": b"", "b.shp": b""}), "E_LAYER"),
        (lambda path: archives.zipped(path, {"a.shp": b"", "a.dbf": b""}), "E_LAYER"),
        (lambda path: archives.zipped(path, {"a.dbf": b"", "a.shx": b""}), "E_LAYER"),
        (lambda path: archives.zipped(path, {"a.shp": b"", "a.shx": b"", "a.dbf": b""}), "E_TYPE"),
        (lambda path: archives.zipped(path, {"1.kml": b"<kml/>", "2.kml": b"<kml/>"}), "E_LAYER"),
        (lambda path: archives.zipped(path, {"readme.txt": b"hello"}), "E_TYPE"),
        (archives.ratio_bomb, "E_ARCHIVE_RATIO"),
        (archives.lying_size, "E_TRUNCATED"),
        (archives.overlapping, "E_ARCHIVE_RATIO"),
    ],
)
def test_archives_are_judged_before_they_are_inflated(tmp_path: Path, write: Write, code: str) -> None:
    """B15–B18."""
    assert _refused(write(tmp_path / "u.zip")).code == code


def test_a_packed_text_may_not_inflate_without_end(tmp_path: Path) -> None:
    path = tmp_path / "u.csv.gz"
    path.write_bytes(gzip.compress(b"lat,lng\n" + bytes(32 << 20)))
    assert _refused(path).code in ("E_ARCHIVE_RATIO", "E_TYPE")
    path.write_bytes(gzip.compress(b"lat,lng\n" + b"31,112\n" * 1_000_000, 9))
    assert _refused(path).code == "E_ARCHIVE_RATIO"


@pytest.mark.parametrize(
    "head", [documents.BILLION_LAUGHS, documents.EXTERNAL_ENTITY, documents.EXTERNAL_DTD, "<!DOCTYPE kml>"]
)
def test_document_types_are_refused(tmp_path: Path, head: str) -> None:
    """B20."""
    path = tmp_path / "u.kml"
    path.write_text(documents.kml("<Placemark><name>&c;</name></Placemark>", head=head))
    assert _refused(path).code == "E_XML"
    path.write_text("<!--" + "x" * 5_000 + "-->" + documents.kml("", head=head)[38:])
    assert _refused(path).code in ("E_XML", "E_TYPE")


def test_xml_that_nests_or_swells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "u.kml"
    path.write_text(documents.kml("<Folder>" * 5_000 + "</Folder>" * 5_000))
    assert _refused(path).code == "E_DEPTH"
    path.write_text(documents.kml(f"<Placemark><name>{'x' * (33 << 20)}</name></Placemark>"))
    assert _refused(path).code == "E_BUDGET"


def test_only_plain_feature_tables_of_a_geopackage_are_read(tmp_path: Path) -> None:
    """B22: views, virtual tables and triggers."""
    seen = "CREATE VIEW v AS SELECT geom FROM t"
    view = tables.geopackage(tmp_path / "view.gpkg", "CREATE TABLE t (geom BLOB)", seen, *tables.layer("v"))
    assert _refused(view).code == "E_TYPE"
    virtual = tables.geopackage(
        tmp_path / "virtual.gpkg", "CREATE VIRTUAL TABLE v USING fts4(geom)", *tables.layer("v")
    )
    assert _refused(virtual).code == "E_TYPE"
    bare = tmp_path / "bare.gpkg"
    sqlite3.connect(bare).execute("CREATE TABLE t (a)").connection.close()
    assert _refused(bare).code == "E_TYPE"
    many = tables.geopackage(tmp_path / "many.gpkg", *(s for i in range(1_001) for s in tables.layer(f"t{i}")))
    assert _refused(many).code == "E_BUDGET"
    broken = tables.geopackage(tmp_path / "broken.gpkg", "CREATE TABLE t (geom BLOB, name TEXT)", *tables.layer("t"))
    raw = bytearray(broken.read_bytes())
    raw[4096:] = b"\xff" * (len(raw) - 4096)
    broken.write_bytes(bytes(raw))
    assert _refused(broken).code == "E_TRUNCATED"


def test_a_geopackage_beside_a_log_is_read_without_it(tmp_path: Path) -> None:
    path = tables.geopackage(tmp_path / "u.gpkg", "CREATE TABLE t (geom BLOB, name TEXT)", *tables.layer("t"),
                             "INSERT INTO t VALUES (x'00', 'a'), (NULL, 'b'), ('text', 'c')")  # fmt: skip
    before = path.read_bytes()
    (tmp_path / "u.gpkg-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(100))
    report, _, faults = reading.read("grids", path, fields={"code": "name"})
    assert (report.accepted, report.rejected) == (1, 2)
    assert {fault["code"] for fault in faults} == {"geometry.unreadable"}
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 100_000, "E_DEPTH"),
        ('[{"a":' * 100_000, "E_DEPTH"),
        ('{"a":' * 100_000, "E_DEPTH"),
        ('{"type":"FeatureCollection","features":[', "E_TRUNCATED"),
        ('{"type":"FeatureCollection","features":[{"type":"Feature"', "E_TRUNCATED"),
        (documents.collection() + documents.collection(), "E_TRAILING"),
        (documents.collection() + " tail", "E_TRAILING"),
        ('{"type":"FeatureCollection","type":"X","features":[]}', "E_TYPE"),
        ('{"type":"FeatureCollection","features":[],"features":[]}', "E_TYPE"),
        ('{"type":"FeatureCollection","features":{}}', "E_TYPE"),
        ('{"type":"FeatureCollection"}', "E_TYPE"),
        ('{"type":"featurecollection","features":[]}', "E_TYPE"),
        ('{"type":"FeatureCollection","features":[]]', "E_TYPE"),
        ('"text"', "E_TYPE"),
        ('{"type":"FeatureCollection","crs":{"type":"link","properties":{"href":"http://127.0.0.1:9/"}},"features":[]}',
         "E_CRS"),
    ],
)  # fmt: skip
def test_json_documents(tmp_path: Path, text: str, code: str) -> None:
    """B24, B25, B50."""
    path = tmp_path / "u.json"
    path.write_text(text)
    assert _refused(path).code in (code, "E_TRUNCATED" if text[0] in '[{"' and len(text) > 90_000 else code)


GOOD = documents.feature(documents.point(112.5, 31.5), name="good")
_POINT = '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":%s}}'
_OPEN = [[0, 0], [1, 0], [1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (_POINT % "[NaN,31]", "feature.number"),
        ('{"type":"Feature","properties":{"a":-Infinity},"geometry":null}', "feature.number"),
        ('{"type":"Feature","properties":{"a":1e999},"geometry":null}', "feature.number"),
        (_POINT % "[1e999,31]", "geometry.position"),
        ('{"type":"Feature","properties":{"a":1,"a":2},"geometry":null}', "feature.duplicate"),
        ('{"type":"Feature","type":"Feature","properties":{},"geometry":null}', "feature.duplicate"),
        ('{"type":"Feature","properties":{"a":' + "9" * 5_000 + '},"geometry":null}', "feature.json"),
        ('{"type":"Feature","properties":{"a":"\\ud800"},"geometry":null}', "feature.text"),
        ('{"type":"Feature","properties":[],"geometry":null}', "feature.properties"),
        ('{"type":"Feature" "properties":{}}', "feature.json"),
        ('{"type":"Nothing"}', "feature.type"),
        ("7", "feature.type"),
        ("", "feature.json"),
        (documents.feature(None), "geometry.missing"),
        (documents.feature([]), "geometry.object"),
        (documents.feature({"type": "point", "coordinates": [112, 31]}), "geometry.type"),
        (documents.feature({"type": "GeometryCollection", "geometries": []}), "geometry.type"),
        (documents.feature({"type": "Point", "coordinates": None}), "geometry.coordinates"),
        (documents.feature({"type": "Point", "coordinates": ["0", "0"]}), "geometry.position"),
        (documents.feature({"type": "Point", "coordinates": [True, False]}), "geometry.position"),
        (documents.feature({"type": "Point", "coordinates": [1]}), "geometry.position"),
        (documents.feature({"type": "Point", "coordinates": list(range(9))}), "geometry.position"),
        (documents.feature({"type": "Point", "coordinates": []}), "geometry.position"),
        (documents.feature({"type": "Point", "coordinates": [[112, 31]]}), "geometry.position"),
        (documents.feature({"type": "Point", "coordinates": [10**400, 31]}), "geometry.position"),
        (documents.feature({"type": "Polygon", "coordinates": [_OPEN]}), "geometry.unclosed"),
        (documents.feature({"type": "Polygon", "coordinates": [[[0, 0], [1, 0]]]}), "geometry.short"),
        (documents.feature({"type": "Point", "coordinates": [540, 31]}), "geometry.range"),
        (documents.feature(documents.point(112, 31), **{f"p{i}": 1 for i in range(300)}), "feature.properties"),
    ],
)  # fmt: skip
def test_a_bad_feature_costs_one_row(tmp_path: Path, bad: object, code: str) -> None:
    """B23, B25, B31: the rows around it come in."""
    path = tmp_path / "u.geojson"
    path.write_text(documents.collection(GOOD, bad, GOOD), "utf-8")
    report, rows, faults = reading.read("places", path)
    assert (report.rows, [row["row"] for row in rows]) == (3, [1, 3])
    assert [(fault["row"], fault["code"]) for fault in faults] == [(2, code)]


def test_strings_and_escapes_do_not_confuse_the_scan(tmp_path: Path) -> None:
    names = ['a"]}', "\\", '\\"', "[[[{", "}}]],", "a\\\\", "a\u2028b", "{{7*7}}", "</script>"]
    path = tmp_path / "u.geojson"
    path.write_text(documents.collection(*(documents.feature(documents.point(112, 31), name=name) for name in names)))
    assert [row["name"] for row in reading.read("places", path)[1]] == names


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=5), st.integers(1, 64))
def test_any_text_survives_any_block_border(names: list[str], block: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "u.json"
        text = documents.collection(*(documents.feature(None, name=name) for name in names))
        path.write_text(text, "utf-8")
        scan = jsonscan.Scan(path, b"features", values.Limits.upload(), block_bytes=block)
        parts = [raw.decode() for raw, _ in scan.elements()]
        assert ",".join(parts) == text[len('{"type":"FeatureCollection","features":[') : -2]
        assert len(parts) == len(names)
        assert scan.shell == b'{"type":"FeatureCollection","features":[]}'


@pytest.mark.parametrize(
    ("text", "rows", "faults"),
    [
        ("lat,lng,name\n31,112,a\n31,112\n31,112,b,c\n31,112,d\n", [1, 4], {2: "row.columns", 3: "row.columns"}),
        ("lat,lng,name\n\n31,112,a\n\n\n31\n31,112,b\n", [1, 3], {2: "row.columns"}),
        ('lat,lng,name\n31,112,"a\nb"\n31,112,"a"b\n31,112,c\n', [1, 3], {2: "row.quote"}),
        ('lat,lng,name\n31,112,5" pipe\n31,112,c\n', [1, 2], {}),
        ("lat,lng,name\n31,112," + "x" * 200_000 + "\n31,112,a\n", [1, 2], {1: "text.long"}),
        ("lat,lng,name\n31,112,a\x08b\n31,112,a\n", [1, 2], {1: "text.control"}),
        ("lat,lng,name\n31,112,a\u202eb\n", [1], {1: "text.control"}),
        ("lat,lng,name\n31;112,112,a\n91,112,b\n31,181,c\n0,0,d\n,112,e\n31,abc,f\ninf,112,g\n31,112,h", [8],
         {1: "place.unreadable", 2: "place.range", 3: "place.range", 4: "place.zero", 5: "place.missing",
          6: "place.unreadable", 7: "place.unreadable"}),
        ("lat,lng,name\n", [], {}),
        ("lat,lng,name", [], {}),
    ],
)  # fmt: skip
def test_tables_account_for_every_row(tmp_path: Path, text: str, rows: list[int], faults: dict[int, str]) -> None:
    """B46."""
    path = tmp_path / "u.csv"
    path.write_text(text, "utf-8", newline="")
    _, found, told = reading.read("places", path)
    assert [row["row"] for row in found] == rows
    assert {fault["row"]: fault["code"] for fault in told} == faults


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'lat,lng,name\n31,112,"never closed\n31,112,b\n', "E_QUOTE"),
        (b'lat,lng,"name\n31,112,b\n', "E_HEADER"),
        (b"lat,lng\n31,\x00112\n", "E_TYPE"),
        (b"lat,lng\n31,112,\xff\xfe\x80\n", "E_ENCODING"),
        (b"\xff\xfe\x00\x00lat", "E_TYPE"),
        (b"lat,lng;name\tx\n", "E_DELIMITER"),
        (b"\n\n", "E_HEADER"),
        (",".join(f"c{i}" for i in range(10_000)).encode(), "E_BUDGET"),
        (b"a,b\n1,2\n", "E_FIELD"),
    ],
)
def test_tables_that_cannot_come_in(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "u.csv"
    path.write_bytes(content)
    assert _refused(path).code == code


def test_repeated_and_blank_headers_keep_every_column(tmp_path: Path) -> None:
    path = tmp_path / "u.csv"
    path.write_text("lat,lng,name,name,\n31,112,a,b,c\n")
    report, rows, _ = reading.read("places", path, fields={"kind": "name (2)", "id": "column 5"})
    assert (rows[0]["name"], rows[0]["kind"], rows[0]["id"]) == ("a", "b", "c")
    assert report.ignored == ()


def test_a_declared_encoding_is_taken_at_its_word_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "u.csv"
    path.write_bytes("lat,lng,name\n31,112,城\n".encode("gb18030"))
    assert reading.read("places", path, encoding="GBK")[1][0]["name"] == "城"
    assert _refused(path, encoding="utf-8").code == "E_ENCODING"
    assert _refused(path, encoding="klingon").code == "E_ENCODING"


def test_workbooks(tmp_path: Path) -> None:
    """B43–B45."""
    head, body = tables.cells(1, "id", "lat", "lng"), tables.cells(2, "1", "31", "112")
    huge = tables.workbook(tmp_path / "huge.xlsx", tables.sheet(head + body, dimension="A1:XFD1048576"))
    assert reading.read("places", huge)[0].rows == 1
    laughing = tables.workbook(tmp_path / "l.xlsx", tables.sheet(head + body), shared=tables.shared_laughs())
    assert _refused(laughing).code in ("E_XML", "E_TRUNCATED")
    macros = tables.workbook(tmp_path / "m.xlsx", tables.sheet(head), extra={"xl/vbaProject.bin": b"x"})
    assert _refused(macros).code == "E_TYPE"
    empty = tables.workbook(tmp_path / "e.xlsx", tables.sheet(""))
    assert _refused(empty).code == "E_SHEET"
    bomb = tables.workbook(tmp_path / "b.xlsx", tables.sheet(head + " " * (8 << 20)))
    assert _refused(bomb).code == "E_ARCHIVE_RATIO"
    report, rows, faults = reading.read("places", tables.with_formula(tmp_path / "f.xlsx"))
    assert [(row["row"], row["name"]) for row in rows] == [(1, None)]
    assert {(fault["row"], fault["code"]) for fault in faults} == {(1, "text.control"), (2, "place.unreadable")}
    assert report.rejected == 1


def test_parquet_bombs_and_lies(tmp_path: Path) -> None:
    """B47, B48."""
    assert _refused(tables.row_bomb(tmp_path / "rows.parquet", 500_001)).code == "E_BUDGET"
    wide = tables.dictionary_bomb(tmp_path / "wide.parquet", 60_000, 1 << 18)
    assert wide.stat().st_size < 100_000
    assert _refused(wide).code == "E_BUDGET"
    for geo in (
        b"{",
        b'{"primary_column":"lat","columns":{"lat":{}}}',
        b'{"primary_column":"x","columns":{"x":{}}}',
        b"[" * 9_999,
    ):
        path = tmp_path / "lies.parquet"
        pq.write_table(pa.table({"lat": [31.0]}).replace_schema_metadata({"geo": geo}), path)
        assert _refused(path).code == "E_TYPE"
    deep = pa.array([1.0])
    for _ in range(40):
        deep = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), deep)
    path = tmp_path / "deep.parquet"
    pq.write_table(pa.table({"deep": deep, "lat": [31.0], "lng": [112.0]}), path)
    report, rows, _ = reading.read("places", path)
    assert (len(rows), report.notes) == (1, ("column 'deep' has a type that is not read here",))


@pytest.mark.parametrize("ending", ["csv", "geojson", "parquet", "xlsx", "gpkg", "kml"])
def test_files_cut_at_every_tenth_never_break_the_reader(tmp_path: Path, ending: str) -> None:
    """B50: a rest either comes in with all its rows accounted for or is refused."""
    whole = tmp_path / f"whole.{ending}"
    if ending == "csv":
        whole.write_text("id,lat,lng\n" + "".join(f"{i},31,112\n" for i in range(50)))
    elif ending == "geojson":
        whole.write_text(documents.collection(*[GOOD] * 50))
    elif ending == "parquet":
        pq.write_table(pa.table({"lat": [31.0] * 50, "lng": [112.0] * 50}), whole)
    elif ending == "xlsx":
        tables.with_formula(whole)
    elif ending == "gpkg":
        tables.geopackage(whole, "CREATE TABLE t (geom BLOB, name TEXT)", *tables.layer("t"))
    else:
        whole.write_text(documents.kml("<Placemark><Point><coordinates>112,31</coordinates></Point></Placemark>" * 50))
    raw = whole.read_bytes()
    for tenth in range(1, 10):
        path = tmp_path / f"cut{tenth}.{ending}"
        path.write_bytes(raw[: len(raw) * tenth // 10])
        try:
            report, _, _ = reading.read("places", path)
        except values.IntakeError as error:
            assert error.code in ("E_TRUNCATED", "E_TYPE", "E_HEADER", "E_FIELD"), (tenth, error.code)
        else:
            assert ending == "csv"
            assert report.rows <= 50


def test_budgets_are_counted_while_reading(tmp_path: Path) -> None:
    """B29."""
    few = values.Limits(rows=10, vertices=20, vertices_per_feature=8, feature_bytes=2_000)
    path = tmp_path / "u.geojson"
    path.write_text(documents.collection(*[GOOD] * 11))
    with pytest.raises(values.IntakeError) as refused:
        reading.read("places", path, limits=few)
    assert refused.value.code == "E_BUDGET"
    ring = [[112 + i / 100, 31 + (i % 2) / 100] for i in range(9)]
    path.write_text(documents.collection(documents.feature({"type": "LineString", "coordinates": ring})))
    _, _, faults = reading.read("roads", path, limits=few)
    assert [fault["code"] for fault in faults] == ["geometry.vertices"]
    line = {"type": "LineString", "coordinates": ring[:7]}
    path.write_text(documents.collection(*[documents.feature(line)] * 4))
    with pytest.raises(values.IntakeError) as refused:
        reading.read("roads", path, limits=few)
    assert refused.value.code == "E_BUDGET"
    path.write_text(documents.collection(documents.feature({"type": "LineString", "coordinates": ring * 30})))
    with pytest.raises(values.IntakeError) as refused:
        reading.read("roads", path, limits=few)
    assert refused.value.code == "E_BUDGET"
