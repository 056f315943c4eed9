"""Rows of cities: the pointers to the base and the plan in force, and the data version that every change raises."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from server.store.schema import cities

_VERSION = select(cities.c.data_version).where(cities.c.code == bindparam("code"))


@dataclass(frozen=True)
class City:
    """A city as stored. ``levels`` from upper to lower; grids nest in regions of the last one."""

    code: str
    name: str
    tz: str
    datum: str
    resolution: int
    levels: list[str]
    base_id: int | None
    plan_id: str | None
    data_version: int
    demo: bool
    created_at: str


def insert_city(connection: Connection, city: City) -> None:
    """Add ``city``. Raises IntegrityError when the code is taken."""
    connection.execute(insert(cities).values(**{**vars(city), "demo": int(city.demo)}))


def get(connection: Connection, code: str) -> City | None:
    """The city of ``code``, or None."""
    row = connection.execute(select(cities).where(cities.c.code == code)).mappings().first()
    return City(**{**row, "demo": bool(row["demo"])}) if row else None


def data_version(connection: Connection, code: str) -> int | None:
    """The data version of a city, or None: asked by every request of map data, so by a statement made once."""
    version: int | None = connection.execute(_VERSION, {"code": code}).scalar()
    return version


def every(connection: Connection) -> list[City]:
    """All cities by code."""
    rows = connection.execute(select(cities).order_by(cities.c.code)).mappings()
    return [City(**{**row, "demo": bool(row["demo"])}) for row in rows]


def touch(connection: Connection, code: str) -> int:
    """Raise the data version by one and return it: called by every change of the city's data."""
    statement = (
        update(cities).where(cities.c.code == code).values(data_version=cities.c.data_version + 1)
        .returning(cities.c.data_version)
    )
    return int(connection.execute(statement).scalar_one())


def set_base(connection: Connection, code: str, *, base_id: int, levels: list[str]) -> None:
    """Make ``base_id`` the city's base."""
    connection.execute(update(cities).where(cities.c.code == code).values(base_id=base_id, levels=levels))


def set_plan(connection: Connection, code: str, *, plan_id: str) -> None:
    """Make ``plan_id`` the plan in force."""
    connection.execute(update(cities).where(cities.c.code == code).values(plan_id=plan_id))
