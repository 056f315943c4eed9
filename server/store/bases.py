"""Bases: a version of a city's boundary, regions, resolution and cells, as arrays; and values per cell of a base."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select, update

from server.store import arrays
from server.store.schema import bases, cell_columns


@dataclass(frozen=True)
class Base:
    """``cells`` uint64[n] ascending; ``region`` int32[n], the id of each cell's lowest-level region; ``areas_m2``
    float64[n] true areas; ``boundary`` WKB in WGS-84."""

    id: int
    city: str
    version: int
    resolution: int
    boundary: bytes
    cells: NDArray[np.uint64]
    region: NDArray[np.int32]
    areas_m2: NDArray[np.float64]
    hash: str


def insert_base(
    connection: Connection, city: str, *, resolution: int, boundary: bytes, cells: NDArray[np.uint64],
    areas_m2: NDArray[np.float64], at: str,
) -> int:
    """Add the next version of the city's base, its regions still unset (-1), and return its id."""
    last = connection.execute(select(func.max(bases.c.version)).where(bases.c.city == city)).scalar()
    row = {
        "city": city, "version": (last or 0) + 1, "resolution": resolution, "boundary": boundary, "n": int(cells.size),
        "cells": arrays.pack(cells, "<u8"), "region": arrays.pack(np.full(cells.size, -1), "<i4"),
        "areas_m2": arrays.pack(areas_m2, "<f8"), "hash": content_hash(resolution, cells), "created_at": at,
    }
    return int(connection.execute(insert(bases).values(**row).returning(bases.c.id)).scalar_one())


def set_regions(connection: Connection, base_id: int, region: NDArray[np.int32]) -> None:
    """Store the region id of every cell."""
    connection.execute(update(bases).where(bases.c.id == base_id).values(region=arrays.pack(region, "<i4")))


def get(connection: Connection, base_id: int) -> Base:
    """The base of ``base_id`` with its arrays. Raises NoResultFound."""
    row = connection.execute(select(bases).where(bases.c.id == base_id)).mappings().one()
    return Base(
        id=row["id"], city=row["city"], version=row["version"], resolution=row["resolution"], boundary=row["boundary"],
        cells=arrays.unpack(row["cells"], "<u8"), region=arrays.unpack(row["region"], "<i4"),
        areas_m2=arrays.unpack(row["areas_m2"], "<f8"), hash=row["hash"],
    )


def of_city(connection: Connection, city: str) -> list[int]:
    """Ids of all bases of a city, oldest first."""
    return list(connection.execute(select(bases.c.id).where(bases.c.city == city).order_by(bases.c.version)).scalars())


def size(connection: Connection, base_id: int) -> int:
    """How many cells a base has, without loading them."""
    return int(connection.execute(select(bases.c.n).where(bases.c.id == base_id)).scalar_one())


def content_hash(resolution: int, cells: NDArray[np.uint64]) -> str:
    """The hash that names a set of cells."""
    return hashlib.sha256(f"gezhi-base:{resolution}:".encode() + arrays.pack(cells, "<u8")).hexdigest()


def put_column(
    connection: Connection, base_id: int, name: str, values: NDArray[np.float64], *, source: dict[str, Any], at: str
) -> None:
    """Store or replace the values float64[n] of a named column."""
    row = {"data": arrays.pack(values, "<f8"), "source": source, "updated_at": at}
    where = (cell_columns.c.base_id == base_id) & (cell_columns.c.name == name)
    if connection.execute(update(cell_columns).where(where).values(**row)).rowcount == 0:
        connection.execute(insert(cell_columns).values(base_id=base_id, name=name, **row))


def column(connection: Connection, base_id: int, name: str) -> NDArray[np.float64] | None:
    """The values float64[n] of a column, or None where it was never stored."""
    where = (cell_columns.c.base_id == base_id) & (cell_columns.c.name == name)
    data = connection.execute(select(cell_columns.c.data).where(where)).scalar()
    return None if data is None else arrays.unpack(data, "<f8")


def copy_columns(connection: Connection, base_id: int, *, to: int) -> None:
    """Give the base ``to``, which has the same cells, all columns of a base in place of its own."""
    connection.execute(delete(cell_columns).where(cell_columns.c.base_id == to))
    for row in connection.execute(select(cell_columns).where(cell_columns.c.base_id == base_id)).mappings().all():
        connection.execute(insert(cell_columns).values(**{**row, "base_id": to}))
