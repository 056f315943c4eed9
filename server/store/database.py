"""Opening the database, and the two ways of using it: ``reading`` and ``writing``.

SQLite by default (the newest library at hand; write-ahead log only where its lost-commit fault is mended), PostgreSQL
by URL. One connection per thread and never across a fork. Store functions take the connection first and never commit:
``writing`` commits when its block ends well and rolls back otherwise.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool

from server.store import faults

try:
    import pysqlite3.dbapi2 as _newer
except ImportError:  # no wheel for this platform: the interpreter's own library, with the journal that is safe there
    _newer = None

BUSY_TIMEOUT_MS = 5_000
# Releases from which a WAL commit cannot be lost with several connections: mainline, and the two mended branches.
_WAL_SAFE = (3, 51, 3)
_WAL_MENDED = ((3, 44, 6), (3, 50, 7))
_POSTGRESQL = ("synchronous_commit=on", "idle_in_transaction_session_timeout=600000", "timezone=UTC")


@dataclass(frozen=True)
class Database:
    """An open engine and its dialect, ``sqlite`` or ``postgresql``; ``journal`` is SQLite's journal mode."""

    engine: Engine
    dialect: str
    journal: str | None = None

    @property
    def name(self) -> str:
        """The file, or the address without its password: what messages call this database."""
        return _name(self.engine.url)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open(  # noqa: A001 - the natural name
    url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, make: bool = True
) -> Database:
    """Open ``url`` (``sqlite:///path``, ``postgresql://…`` or ``postgres://…``) and pin its settings.

    Raises ``DatabaseError`` for another kind of database, an SQLite folder that does not exist and, unless ``make``,
    an SQLite file that does not exist or is empty: connecting would make one silently. The tables are made by
    ``migrate``, not here.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not make and not _begun(parsed):
            raise faults.Absent(f"There is no database at {_name(parsed)}.")
        return _sqlite(parsed, busy_timeout_ms=busy_timeout_ms)
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return _postgresql(parsed)
    kind = parsed.get_backend_name()
    raise faults.DatabaseError(f"{kind!r} is no database of this service; use sqlite or postgresql.")


@contextmanager
def reading(db: Database) -> Iterator[Connection]:
    """A connection with one consistent view, closed without writing."""
    with db.engine.connect() as connection:
        if db.dialect == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        try:
            yield connection
        finally:
            connection.rollback()


@contextmanager
def writing(db: Database) -> Iterator[Connection]:
    """A connection that holds the write lock from the start and commits at the end of its block."""
    with db.engine.connect() as connection:
        if db.dialect == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def examine(db: Database) -> None:
    """Raise DatabaseError where SQLite finds its pages damaged; what a start can afford (2 ms for a megabyte).
    PostgreSQL looks after its own."""
    if db.dialect == "sqlite":
        with faults.told(db.name), reading(db) as connection:
            found = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check(3)") if row[0] != "ok"]
        if found:
            raise faults.DatabaseError(
                f"The database {db.name} is damaged ({'; '.join(found)[:300]}). Restore it from a backup, or name "
                "another --home; nothing has been changed."
            )


def sqlite_library() -> ModuleType:
    """The SQLite binding in use: pysqlite3 where it has a wheel, else the standard library's."""
    return _newer if _newer is not None else sqlite3


def journal_for(version: tuple[int, ...]) -> str:
    """``wal`` where that SQLite version cannot lose commits, else ``delete``."""
    mended = any(version[:2] == fixed[:2] and version >= fixed for fixed in _WAL_MENDED)
    return "wal" if version >= _WAL_SAFE or mended else "delete"


def integrity(connection: Connection) -> list[str]:
    """What the database itself finds wrong with its pages and foreign keys; empty when sound."""
    if connection.dialect.name != "sqlite":
        invalid = connection.execute(text("SELECT conname FROM pg_constraint WHERE NOT convalidated"))
        return [f"constraint {name} is not validated" for (name,) in invalid]
    found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
    keys = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return found + [f"{row[0]} row {row[1]} points at a missing {row[2]}" for row in keys]


def _name(url: URL) -> str:
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _begun(url: URL) -> bool:
    """Whether an SQLite file has something in it. A leftover log beside an empty file is no database."""
    file = Path(url.database or "")
    return url.database in (None, "", ":memory:") or (file.is_file() and file.stat().st_size > 0)


def _sqlite(url: URL, *, busy_timeout_ms: int) -> Database:
    if url.database and url.database != ":memory:" and not Path(url.database).parent.is_dir():
        raise faults.DatabaseError(f"The folder of {url.database} does not exist; make it or name another --home.")
    library = sqlite_library()
    journal = journal_for(tuple(library.sqlite_version_info))
    engine = create_engine(
        url.set(drivername="sqlite"), module=library, poolclass=QueuePool, pool_size=8, max_overflow=24,
        connect_args={"timeout": busy_timeout_ms / 1000, "check_same_thread": False},
    )

    def pin(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # transactions begin where `reading` and `writing` say
        cursor = raw.cursor()
        for pragma in (
            f"busy_timeout={busy_timeout_ms}", f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON",
            "trusted_schema=OFF", "mmap_size=0", "cell_size_check=ON", "journal_size_limit=67108864",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", pin)
    return Database(engine=engine, dialect="sqlite", journal=journal)


def _postgresql(url: URL) -> Database:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=8, max_overflow=24,
        connect_args={"options": " ".join(f"-c {setting}" for setting in _POSTGRESQL)},
    )
    return Database(engine=engine, dialect="postgresql")
