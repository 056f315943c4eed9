"""Zipped Shapefiles: one layer, all parts there, text decoded strictly.

GDAL reads the files, alone in this child and with its other drivers switched off; it is given server-made names only.
Text is fetched byte for byte and decoded here, by the ``.cpg`` file where it names an encoding, else strictly detected.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio

from server.intake import sandbox, sources, text, values, zips

_NEEDED = ("shp", "shx", "dbf")
_TAKEN = (*_NEEDED, "prj", "cpg")
_IGNORED = frozenset(
    [
        "sbn",
        "sbx",
        "qix",
        "qpj",
        "xml",
        "txt",
        "md",
        "pdf",
        "html",
        "htm",
        "lyr",
        "qml",
        "qmd",
        "sld",
        "fix",
        "ain",
        "aih",
        "atx",
        "ixs",
        "mxs",
        "cst",
        "fbn",
        "fbx",
        "idx",
        "jpg",
        "png",
        "csv",
    ]
)
_PRJ_BYTES = 20_000
_SHP_MAGIC = b"\x00\x00\x27\x0a"


def open_source(path: Path, work: Path, *, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open a zip with one Shapefile. Raises IntakeError E_LAYER, E_ARCHIVE…, E_TYPE, E_CRS, E_TRUNCATED, E_ENCODING."""
    stem, parts = _choose(zips.members(path, limits, ratio=limits.ratio), options.layer)
    for ending, member in parts.items():
        zips.extract(path, member, work / f"layer.{ending}")
    shp = work / "layer.shp"
    _check_structure(shp, limits)
    declared = _projection(work / "layer.prj")
    if set(pyogrio.list_drivers()) != set(sandbox.GDAL_KEPT):
        raise values.IntakeError("E_SANDBOX", "GDAL offers more drivers than it should", outcome="failed")
    try:
        info = pyogrio.read_info(str(shp), encoding="ISO-8859-1", force_total_bounds=False, force_feature_count=True)
    except pyogrio.errors.DataSourceError as error:
        raise values.IntakeError("E_TRUNCATED", "the Shapefile is damaged") from error
    if info["features"] > limits.rows:
        raise values.IntakeError("E_BUDGET", f"the Shapefile has more than {limits.rows} rows")
    encoding, notes = _encoding(work / "layer.cpg", options.encoding)
    encoding = encoding or _detect(shp, info["fields"], limits)
    fields = {_decode(name, encoding): name for name in info["fields"]}

    def batches(wanted: Sequence[str]) -> Iterator[sources.Batch]:
        return _batches(shp, [(name, fields[name]) for name in wanted], encoding, int(info["features"]), limits)

    return sources.Source(
        format="shapefile",
        columns=tuple(fields),
        located=True,
        batches=batches,
        declared=declared,
        encoding=encoding,
        layer=stem,
        notes=notes,
    )


def _choose(members: list[zips.Member], wanted: str | None) -> tuple[str, dict[str, zips.Member]]:
    layers: dict[str, dict[str, zips.Member]] = {}
    for member in members:
        if member.name.startswith("__MACOSX/") or member.name.rsplit("/", 1)[-1].startswith("."):
            continue
        if member.ending in _TAKEN:
            stem = member.name.rsplit(".", 1)[0]
            layers.setdefault(stem.casefold(), {})[member.ending] = member
        elif member.ending not in _IGNORED:
            raise values.IntakeError(
                "E_ARCHIVE_MEMBER", f"the zip file holds a file that is no part of a Shapefile: '{member.name[-60:]}'"
            )
    names = {stem.rsplit("/", 1)[-1]: stem for stem, parts in layers.items() if "shp" in parts}
    if not names:
        raise values.IntakeError("E_TYPE", "the zip file holds no Shapefile (.shp)")
    if wanted is not None and wanted.casefold() in names:
        stem = names[wanted.casefold()]
    elif len(names) == 1 and wanted is None:
        stem = next(iter(names.values()))
    else:
        raise values.IntakeError(
            "E_LAYER",
            f"the zip file holds {len(names)} layers; say which with --layer: " + ", ".join(names),
            detail={"layers": list(names)},
        )
    missing = [f".{ending}" for ending in _NEEDED if ending not in layers[stem]]
    if missing:
        raise values.IntakeError("E_LAYER", f"the Shapefile lacks {', '.join(missing)}", detail={"missing": missing})
    return stem.rsplit("/", 1)[-1], layers[stem]


def _check_structure(shp: Path, limits: values.Limits) -> None:
    size = shp.stat().st_size
    with shp.open("rb") as file:
        head = file.read(100)
    if len(head) < 100 or head[:4] != _SHP_MAGIC:
        raise values.IntakeError("E_TYPE", "the .shp file is not a Shapefile")
    announced = struct.unpack(">I", head[24:28])[0] * 2
    if announced > size:
        raise values.IntakeError("E_TRUNCATED", "the .shp file is cut off")
    with shp.with_suffix(".dbf").open("rb") as file:
        dbf = file.read(32)
    if len(dbf) < 32 or dbf[0] & 0x07 not in (3, 4, 5):
        raise values.IntakeError("E_TYPE", "the .dbf file is not a dBASE table")
    rows = int.from_bytes(dbf[4:8], "little")
    if rows > limits.rows:
        raise values.IntakeError("E_BUDGET", f"the Shapefile announces {rows} rows; {limits.rows} are allowed")


def _projection(path: Path) -> str | None:
    if not path.is_file():
        return None
    if path.stat().st_size > _PRJ_BYTES:
        raise values.IntakeError("E_CRS", "the .prj file is too large to be a coordinate system; give --crs EPSG:N")
    wkt = path.read_text("utf-8", "replace").strip()
    if wkt and not wkt.upper().startswith(("GEOGCS", "PROJCS", "GEOGCRS", "PROJCRS", "GEODCRS", "BOUNDCRS", "COMPD")):
        raise values.IntakeError("E_CRS", "the .prj file holds no coordinate system; give --crs EPSG:N")
    return wkt or None


def _encoding(cpg: Path, given: str | None) -> tuple[str | None, tuple[str, ...]]:
    if given is not None:
        return text.known(given).removesuffix("-sig"), ()
    if not cpg.is_file() or cpg.stat().st_size > 1_000:
        return None, ()
    named = cpg.read_text("ascii", "replace").strip()
    try:
        return text.known(named.removeprefix("ANSI ")).removesuffix("-sig"), ()
    except values.IntakeError:
        return None, (f"the .cpg file names an unknown encoding ('{named[:40]}'); the text itself decided",)


def _read(shp: Path, columns: list[str], skip: int, limits: values.Limits) -> tuple[Any, list[Any], int]:
    try:
        told, _, shapes, data = pyogrio.raw.read(
            str(shp), columns=columns, encoding="ISO-8859-1", skip_features=skip, max_features=limits.batch_rows
        )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, pyogrio.errors.GeometryError) as error:
        raise values.IntakeError("E_TRUNCATED", "the Shapefile is damaged") from error
    by_name = dict(zip(told["fields"].tolist(), data, strict=True))  # they come in the file's order, not in that asked
    return shapes, [by_name[name] for name in columns], len(shapes)


def _batches(
    shp: Path, wanted: list[tuple[str, str]], encoding: str, total: int, limits: values.Limits
) -> Iterator[sources.Batch]:
    row = 0
    while row < total:
        shapes, data, n = _read(shp, [raw for _, raw in wanted], row, limits)
        if n == 0:
            raise values.IntakeError("E_TRUNCATED", "the Shapefile has fewer rows than it announces")
        numbers = np.arange(row + 1, row + 1 + n, dtype=np.int64)
        columns = {name: _array(values_, encoding) for (name, _), values_ in zip(wanted, data)}
        row += n
        yield sources.Batch(numbers, columns, pa.array(shapes, pa.binary()), (), row / total)


def _array(column: np.ndarray, encoding: str) -> pa.Array:
    if column.dtype.kind == "O":
        return pa.array([None if one is None else _decode(str(one), encoding) for one in column], pa.string())
    return pa.array(column, from_pandas=True)


def _decode(raw: str, encoding: str) -> str:
    try:
        return raw.encode("latin-1").decode(encoding)
    except UnicodeError as error:
        raise values.IntakeError(
            "E_ENCODING",
            f"the text of the Shapefile is not {encoding.upper()}; say which encoding it is with --encoding",
        ) from error


def _detect(shp: Path, fields: Sequence[str], limits: values.Limits) -> str:
    """UTF-8 if every text is valid UTF-8, else GB18030 if every text is that."""
    possible = ["utf-8", "gb18030"]
    row = 0
    while True:
        _, data, n = _read(shp, list(fields), row, limits)
        texts = [
            *fields,
            *(str(one) for column in data if column.dtype.kind == "O" for one in column if one is not None),
        ]
        possible = [name for name in possible if _all_valid(texts, name)]
        row += n
        if not possible:
            raise values.IntakeError(
                "E_ENCODING",
                "the text of the Shapefile is neither UTF-8 nor GB18030; say which encoding it is with --encoding",
            )
        if n < limits.batch_rows:
            return possible[0]


def _all_valid(texts: Sequence[str], encoding: str) -> bool:
    try:
        for one in texts:
            one.encode("latin-1").decode(encoding)
    except UnicodeError:
        return False
    return True
