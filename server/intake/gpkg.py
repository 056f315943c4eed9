"""GeoPackage: feature tables of an SQLite file, read with SQLite itself, read-only and immutable.

Only tables listed as features are read, no views and no virtual tables; an authoriser lets nothing but reading pass, so
triggers, functions and extensions of the file never run. A write-ahead log beside the file is not looked at.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from server.intake import sources, values

_APPLICATION_IDS = (0x47503130, 0x47503131, 0x47504B47)
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_FETCH = 5_000
_MOST_LAYERS = 1_000
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)


def open_source(path: Path, work: Path, *, options: values.Options, limits: values.Limits) -> sources.Source:
    """Open a GeoPackage. Raises IntakeError E_TYPE, E_LAYER, E_TRUNCATED, E_BUDGET."""
    _check_size(path)
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            return _read(connection, work, options, limits)
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise values.IntakeError("E_TRUNCATED", "the GeoPackage is damaged") from error


def _check_size(path: Path) -> None:
    """The pages that the header announces must be there (https://sqlite.org/fileformat.html, 1.3)."""
    with path.open("rb") as file:
        head = file.read(100)
    page = int.from_bytes(head[16:18], "big")
    announced = int.from_bytes(head[28:32], "big") * (65_536 if page == 1 else page)
    if len(head) < 100 or announced > path.stat().st_size:
        raise values.IntakeError("E_TRUNCATED", "the GeoPackage is cut off")


def _read(connection: sqlite3.Connection, work: Path, options: values.Options, limits: values.Limits) -> sources.Source:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    marked = connection.execute("PRAGMA application_id").fetchone()[0] in _APPLICATION_IDS
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.feature_bytes)
    connection.set_authorizer(_authorise)
    tables = _feature_tables(connection, marked=marked)
    table = _choose(tables, options.layer)
    column, srs = tables[table]
    columns = _columns(connection, table)
    if column not in columns:
        raise values.IntakeError("E_TYPE", f"the layer '{table}' has no column '{column}' for its geometry")
    if len(columns) > limits.columns:
        raise values.IntakeError("E_BUDGET", f"the layer has more than {limits.columns} columns")
    names = [name for name in columns if name != column]
    chosen = ", ".join(_quoted(name) for name in [column, *names])
    spool = sources.Spool(work, limits, columns=dict.fromkeys(names))
    cursor = connection.execute(f"SELECT {chosen} FROM {_quoted(table)}")
    while rows := cursor.fetchmany(_FETCH):
        for shape, *cells in rows:
            _take(spool, shape, names, cells)
    spool.flush()
    return sources.Source(
        format="gpkg",
        columns=tuple(names),
        located=True,
        batches=spool.batches,
        declared=_declared(connection, srs),
        layer=table,
    )


def _authorise(action: int, first: str | None, second: str | None, database: str | None, source: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED and source is None else sqlite3.SQLITE_DENY


def _feature_tables(connection: sqlite3.Connection, *, marked: bool) -> dict[str, tuple[str, int]]:
    """Layer name → (geometry column, srs id) of the layers that are plain tables."""
    plain = {
        str(name)
        for name, text in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        if not str(text or "").lstrip().upper().startswith("CREATE VIRTUAL")
    }
    if not {"gpkg_contents", "gpkg_geometry_columns"} <= plain:
        kind = "has no feature layers" if marked else "is an SQLite file but no GeoPackage"
        raise values.IntakeError("E_TYPE", f"the file {kind}")
    rows = connection.execute(
        "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c JOIN gpkg_geometry_columns g "
        "ON g.table_name = c.table_name WHERE c.data_type = 'features'"
    ).fetchmany(_MOST_LAYERS + 1)
    if len(rows) > _MOST_LAYERS:
        raise values.IntakeError("E_BUDGET", f"the GeoPackage lists more than {_MOST_LAYERS} layers")
    found = {str(name): (str(column), int(srs or 0)) for name, column, srs in rows if str(name) in plain}
    if not found:
        raise values.IntakeError("E_TYPE", "the GeoPackage has no feature layer that is a plain table")
    return found


def _choose(tables: dict[str, tuple[str, int]], wanted: str | None) -> str:
    if wanted is not None and wanted in tables:
        return wanted
    if len(tables) == 1 and wanted is None:
        return next(iter(tables))
    listed = ", ".join(list(tables)[:20])
    raise values.IntakeError(
        "E_LAYER",
        f"the GeoPackage has {len(tables)} layers; say which with --layer: {listed}",
        detail={"layers": list(tables)[:200]},
    )


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [str(part[0]) for part in connection.execute(f"SELECT * FROM {_quoted(table)} LIMIT 0").description]


def _declared(connection: sqlite3.Connection, srs: int) -> str | None:
    row = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs,)
    ).fetchone()
    if row is None or srs in (-1, 0):
        return None
    organisation, number, definition = row
    if str(organisation).upper() in ("EPSG", "ESRI") and isinstance(number, int) and number > 0:
        return f"{str(organisation).upper()}:{number}"
    return str(definition) if definition and str(definition).lower() != "undefined" else None


def _take(spool: sources.Spool, shape: object, names: list[str], cells: list[object]) -> None:
    if shape is not None and not isinstance(shape, bytes):
        spool.reject("geometry.unreadable", "the geometry is not binary")
        return
    wkb = None if shape is None else _wkb(shape)
    if shape is not None and wkb is None:
        spool.reject("geometry.unreadable", "the geometry is not a GeoPackage geometry")
        return
    spool.add({name: _text(cell) for name, cell in zip(names, cells)}, wkb or None)


def _wkb(blob: bytes) -> bytes | None:
    """The WKB in a GeoPackage binary: behind its header and envelope. Empty for an empty geometry."""
    if len(blob) < 8 or blob[:2] != b"GP":
        return None
    flags = blob[3]
    envelope = (flags >> 1) & 0x07
    if flags & 0x20 or envelope >= len(_ENVELOPE_BYTES):
        return None
    return b"" if flags & 0x10 else blob[8 + _ENVELOPE_BYTES[envelope] :]


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, bytes):
        return None
    return repr(cell) if isinstance(cell, float) else str(cell)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
