"""What tables are made of: the metadata, and columns that many of them have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData, Table, UniqueConstraint

from server.store.types import Integer, Real, String

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


def table(name: str, *parts: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True)


def key() -> Column[Any]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def city() -> Column[Any]:
    return Column("city", String, ForeignKey("cities.code"), nullable=False)


def must(name: str, kind: Any, **more: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, **more)


def box() -> list[Column[Any]]:
    return [must(name, Real) for name in ("west", "south", "east", "north")]


def imported() -> list[Any]:
    """Columns of every row that came from a file: the source's identity, and the import that last wrote it."""
    return [
        must("source_id", String),
        must("digest", String),
        Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
        UniqueConstraint("city", "source_id"),
    ]
