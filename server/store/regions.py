"""Rows of regions: the tree of administrative divisions of a base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from server.store.schema import regions

LEVELS = ("county", "town", "community")
"""From upper to lower."""


@dataclass(frozen=True)
class Region:
    """A division without its geometry. ``cells`` how many cells of the base lie in it."""

    id: int
    city: str
    base_id: int
    level: str
    code: str
    name: str
    parent_id: int | None
    cells: int
    area_km2: float
    west: float
    south: float
    east: float
    north: float


_COLUMNS = [regions.c[name] for name in Region.__dataclass_fields__]


def insert_regions(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Add rows of one level and return their ids in the order given."""
    statement = insert(regions).returning(regions.c.id)
    return [int(connection.execute(statement.values(**row)).scalar_one()) for row in rows]


def of_base(connection: Connection, base_id: int, *, level: str | None = None) -> list[Region]:
    """Regions of a base, of one level or all, by level and code."""
    query = select(*_COLUMNS).where(regions.c.base_id == base_id)
    if level is not None:
        query = query.where(regions.c.level == level)
    found = [Region(**row) for row in connection.execute(query).mappings()]
    return sorted(found, key=lambda region: (LEVELS.index(region.level), region.code))


def get(connection: Connection, region_id: int) -> Region | None:
    """One region, or None."""
    row = connection.execute(select(*_COLUMNS).where(regions.c.id == region_id)).mappings().first()
    return Region(**row) if row else None


def geometries(connection: Connection, base_id: int, *, level: str) -> dict[int, bytes]:
    """WKB by region id of one level."""
    query = select(regions.c.id, regions.c.geometry).where(regions.c.base_id == base_id, regions.c.level == level)
    return {row.id: row.geometry for row in connection.execute(query)}


def whole(connection: Connection, base_id: int, *, level: str) -> list[dict[str, Any]]:
    """The rows of one level with their geometries, by code."""
    query = select(regions).where(regions.c.base_id == base_id, regions.c.level == level).order_by(regions.c.code)
    return [dict(row) for row in connection.execute(query).mappings()]
