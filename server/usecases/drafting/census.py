"""New households from a file, on the city's cells, without importing them: what if people lived like this?"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import households
from server.store import imported
from server.usecases import errors, reading
from server.usecases.city import territory
from server.usecases.context import Context


def on_cells(
    ctx: Context, connection: Connection, place: territory.World, path: Path, *, fields: dict[str, str],
    crs: str | None, datum: str | None,
) -> tuple[NDArray[np.float64], float]:
    """Households of every cell of the base by the file, float64[n], and how many of them lie outside it.

    Areas are shared out by the city's buildings as an import does. Raises Refused for a file at fault or empty.
    """
    parsed = reading.read(ctx, "households", path, reading.plain(fields=fields, crs=crs, datum=datum))
    reading.refuse_unknown_datum(parsed, crs=crs, datum=datum)
    table = parsed.table
    if table.empty:
        raise errors.Refused("E_EMPTY", f"There are no households in {path.name!r}.")
    sources = gpd.GeoDataFrame(
        {"households": table["households"].to_numpy(dtype=np.float64)},
        geometry=gpd.GeoSeries(shapely.from_wkb(table["geometry"].to_numpy(dtype=object)), crs="EPSG:4326"),
    )
    rows = imported.rows(connection, "buildings", place.city.code, names=("floors", "households", "geometry"))
    placed = households.place(sources, place.base.cells, buildings=_buildings(rows) if rows else None)
    return placed.values, placed.lost


def _buildings(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in ("floors", "households")}
    shapes = shapely.from_wkb(np.array([row["geometry"] for row in rows], dtype=object))
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"))
