"""Rows of department layers: nets and their grids, each grid a set of cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from server.store import arrays
from server.store.schema import net_grids, nets


def of_city(connection: Connection, city: str) -> list[dict[str, Any]]:
    """Nets of a city by department."""
    query = select(nets).where(nets.c.city == city).order_by(nets.c.department)
    return [dict(row) for row in connection.execute(query).mappings()]


def get(connection: Connection, city: str, net_id: int) -> dict[str, Any] | None:
    """A net, or None."""
    row = connection.execute(select(nets).where(nets.c.city == city, nets.c.id == net_id)).mappings().first()
    return dict(row) if row else None


def grids(connection: Connection, net_id: int) -> list[dict[str, Any]]:
    """Grids of a net by code: code, name, cells uint64[n]."""
    query = select(net_grids).where(net_grids.c.net_id == net_id).order_by(net_grids.c.code)
    return [
        {"code": row["code"], "name": row["name"], "cells": arrays.unpack(row["cells"], "<u8")}
        for row in connection.execute(query).mappings()
    ]


def put(connection: Connection, row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> int:
    """Put a department's net in the place of the one it had; answers its id."""
    own = (nets.c.city == row["city"]) & (nets.c.department == row["department"])
    for old in list(connection.execute(select(nets.c.id).where(own)).scalars()):
        remove(connection, int(old))
    made = connection.execute(insert(nets).values(**row)).inserted_primary_key
    assert made is not None, "a net has one key"
    net_id = int(made[0])
    if rows:
        packed = [{**one, "net_id": net_id, "cells": arrays.pack(one["cells"], "<u8")} for one in rows]
        connection.execute(insert(net_grids), packed)
    return net_id


def remove(connection: Connection, net_id: int) -> None:
    """Take a net away."""
    connection.execute(delete(net_grids).where(net_grids.c.net_id == net_id))
    connection.execute(delete(nets).where(nets.c.id == net_id))
