"""Workbooks, Parquet files and databases that ask for more than they hold."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override '
    'PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
    'worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(path: Path, sheet: str, *, shared: str | None = None, extra: dict[str, bytes] | None = None) -> Path:
    """A minimal workbook whose only sheet has this XML."""
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r" '
            f'Type="{_REL}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets><sheet name="s" '
            'sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="rId1" '
            f'Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
            f'Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", shared or f'<sst xmlns="{_MAIN}"/>')
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


def sheet(rows: str, *, dimension: str = "A1:C2") -> str:
    """The XML of a sheet around its rows."""
    return f'<worksheet xmlns="{_MAIN}"><dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'


def cells(number: int, *texts: str) -> str:
    """One row of inline text cells."""
    inner = "".join(
        f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for i, text in enumerate(texts)
    )
    return f'<row r="{number}">{inner}</row>'


def shared_laughs() -> str:
    """Shared strings that expand without end."""
    return (
        '<!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        f'<sst xmlns="{_MAIN}"><si><t>&b;</t></si></sst>'
    )


def with_formula(path: Path) -> Path:
    """A workbook with a formula for a latitude and one for a name."""
    book = openpyxl.Workbook()
    page = book.active
    page.append(["id", "name", "lat", "lng"])
    page.append(["1", '=HYPERLINK("http://127.0.0.1:9")', 31, 112])
    page.append(["2", "b", "=30+1", 112])
    book.save(path)
    return path


def row_bomb(path: Path, rows: int) -> Path:
    """Very many rows in very few bytes."""
    table = pa.table({"lat": pa.array([31.0]).take(pa.array([0] * rows)), "lng": pa.array([112.0] * rows)})
    pq.write_table(table, path, compression="zstd", use_dictionary=True)
    return path


def dictionary_bomb(path: Path, rows: int, width: int) -> Path:
    """One long text, repeated through a dictionary."""
    name = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * width]))
    table = pa.table({"name": name, "lat": [31.0] * rows, "lng": [112.0] * rows})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=1 << 30)
    return path


def geopackage(path: Path, *statements: str) -> Path:
    """A bare GeoPackage with the tables that every one has, then more statements."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 0x47504B47")
    for statement in (
        "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER, organization TEXT, "
        "organization_coordsys_id INTEGER, definition TEXT)",
        "INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, 'undefined')",
        "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, identifier TEXT)",
        "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER)",
        *statements,
    ):
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def layer(name: str) -> tuple[str, str]:
    """The statements that list a layer of that name."""
    return (
        f"INSERT INTO gpkg_contents VALUES ('{name}', 'features', '{name}')",
        f"INSERT INTO gpkg_geometry_columns VALUES ('{name}', 'geom', 4326)",
    )
