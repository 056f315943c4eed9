"""What a file is, told from its bytes and never from its name, and the reader for it.

The name only says what the sender expected: a file of ours under the name of another of ours is read for what it is.
Descriptions that point elsewhere (VRT, GDAL pipelines, web services) are none of ours and never reach a reader.
"""

from __future__ import annotations

import codecs
import gzip
import importlib
import re
import zlib
from pathlib import Path
from typing import Any

from server.intake import sources, values, zips

#: Reader modules by what a file was recognised as. Only the one that is needed is loaded, with its native library.
_READERS = {
    "geojson": "geojson",
    "delimited": "delimited",
    "parquet": "parquet",
    "gpkg": "gpkg",
    "shapefile": "shapefile",
    "xlsx": "xlsx",
    "kml": "kml",
    "open311": "open311",
}
_HEAD = 4_096
_TABLES = ("csv", "tsv", "txt", "tab", "csv.gz", "tsv.gz", "txt.gz")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\x28\xb5\x2f\xfd", "an archive"),
    (b"\xfd7zXZ", "an archive"),
    (_OLE, "an old or encrypted Office file"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"RIFF", "a media file"),
)


def open_source(path: Path, work: Path, *, kind: str, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open the file with the reader its bytes call for. Raises IntakeError E_TYPE, E_EMPTY and the reader's own."""
    found = recognise(path, options.name, limits)
    if found.startswith("osm"):
        opened: sources.Source = _reader("osm").open_source(path, work, kind=kind, suffix=found, limits=limits)
        return opened
    source: sources.Source = _reader(_READERS[found]).open_source(path, work, options=options, limits=limits)
    return source


def _reader(name: str) -> Any:
    return importlib.import_module(f"server.intake.{name}")


def recognise(path: Path, name: str | None, limits: values.Limits) -> str:
    """The reader for the file, or for OpenStreetMap extracts their osmium format (osm, osm.bz2, osm.gz, osm.pbf).
    Raises IntakeError E_EMPTY, E_TYPE or E_TRUNCATED."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise values.IntakeError("E_EMPTY", "the file is empty")
    if head[:2] == b"PK":
        return _zip(path, limits)
    if head[:3] == b"BZh":
        if (name or "").lower().endswith(".osm.bz2"):
            return "osm.bz2"
        raise _not_ours("a compressed file (bzip2)")
    packed = head[:2] == b"\x1f\x8b"
    if packed:
        head = _inflated_head(path)
    if head[:4] == b"PAR1" and not packed:
        return "parquet"
    if head[:16] == b"SQLite format 3\x00" and not packed:
        return "gpkg"
    if head[4:15] == b"\x0a\x09OSMHeader" and not packed:
        return "osm.pbf"
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise _not_ours(what)
    return _text(head, name, packed=packed)


def _text(head: bytes, name: str | None, *, packed: bool) -> str:
    start = _as_text(head).lstrip()
    if start.startswith("["):
        return "open311"
    if start.startswith("{"):
        return "geojson"
    if start.startswith("<"):
        root = _root_element(start)
        if root == "kml":
            return "kml"
        if root == "osm":
            return "osm.gz" if packed else "osm"
        if root == "service_requests":
            return "open311"
        raise _not_ours(f"XML with the root '{root[:40]}'")
    if "\x00" in start:
        raise _not_ours("a binary file")
    ending = (name or "").lower()
    if name is not None and "." in name and not ending.endswith(_TABLES):
        raise values.IntakeError(
            "E_TYPE",
            f"the file is named .{ending.rsplit('.', 1)[-1][:12]} but holds plain text; a "
            "table of text is named .csv or .tsv",
        )
    return "delimited"


def _as_text(head: bytes) -> str:
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return head[len(mark) :].decode(codec, "ignore")
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) // 10 and min(even, odd) * 20 < max(even, odd):
        return head.decode("utf-16-be" if even > odd else "utf-16-le", "ignore")
    return head.decode("latin-1")


def _root_element(start: str) -> str:
    """The name of the root element without its prefix. Raises IntakeError E_XML for a document type."""
    rest = re.sub(r"^(\s*(<\?.*?\?>|<!--.*?-->))*\s*", "", start, flags=re.DOTALL)
    if rest[:9].upper().startswith("<!DOCTYPE"):
        raise values.IntakeError("E_XML", "the file declares a document type; that is not allowed")
    found = re.match(r"<(?:[\w.-]+:)?([\w.-]+)", rest)
    return found.group(1) if found else ""


def _zip(path: Path, limits: values.Limits) -> str:
    names = [member.name for member in zips.members(path, limits, ratio=max(limits.ratio, 300), nested=True)]
    if "[Content_Types].xml" in names:
        if "xl/workbook.xml" in names:
            return "xlsx"
        raise _not_ours("an Office document that is no .xlsx workbook")
    if any(name.lower().endswith(".shp") for name in names):
        return "shapefile"
    if any(name.lower().endswith(".kml") for name in names):
        return "kml"
    if any(name.lower().endswith((".dbf", ".shx")) for name in names):
        raise values.IntakeError("E_LAYER", "the Shapefile lacks .shp", detail={"missing": [".shp"]})
    zips.members(path, limits, ratio=limits.ratio)
    raise values.IntakeError("E_TYPE", "the zip file holds neither a Shapefile nor a KML document")


def _inflated_head(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as packed:
            return packed.read(_HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise values.IntakeError("E_TRUNCATED", "the compressed file is cut off or damaged") from error


def _not_ours(what: str) -> values.IntakeError:
    return values.IntakeError(
        "E_TYPE",
        f"the file is {what}; taken are GeoJSON, GeoPackage, zipped Shapefile, CSV, XLSX, Parquet, GeoParquet, "
        "KML, OpenStreetMap extracts and Open311 service requests",
    )
