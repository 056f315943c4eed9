"""Bringing a database's tables up to this release (Alembic), and refusing one that is not what this release needs.

A database says its revision; a revision that this release does not know, tables that belong to no revision, and tables
that are not those of the revision are each named as what they are, with the way out.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from server.store import database, faults, schema

FOLDER = Path(__file__).parent / "migrations"
_TOLD = 6
_ELSEWHERE = "or name another data directory with --home (GEZHI_HOME) or another database with DATABASE_URL"


def config() -> Config:
    """Alembic's settings; no ini file."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    return made


def head() -> str:
    """The revision of this release."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    assert found is not None, "the release has no migration"
    return found


def current(connection: Connection) -> str | None:
    """The revision of the database; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(db: database.Database, *, make: bool = True, to: str = "head") -> None:
    """Run the missing migrations up to ``to`` in one transaction. Nothing is done when the database is up to date.

    Raises DatabaseError for a database of another release, one with other tables than its revision has, one that
    cannot be read or written, and, unless ``make``, an empty one.
    """
    with faults.told(db.name):
        at = _known(db, make=make)
        if at != head():
            with database.writing(db) as connection:
                settings = config()
                settings.attributes["connection"] = connection
                settings.attributes["target"] = schema.metadata
                command.upgrade(settings, to)
        if to == "head":
            _refuse_other_tables(db)


def check(db: database.Database) -> None:
    """Raise DatabaseError unless the database is at this release's revision and has its tables."""
    with faults.told(db.name):
        at = _known(db, make=False)
        if at != head():
            raise faults.DatabaseError(
                f"The database {db.name} is at revision {at}, this release needs {head()}; start the server once "
                "(python3 -m server), it brings it up to date."
            )
        _refuse_other_tables(db)


def _known(db: database.Database, *, make: bool) -> str | None:
    """The revision of the database, one of this release's; None for an empty one."""
    with database.reading(db) as connection:
        at = current(connection)
        tables = set(sqlalchemy.inspect(connection).get_table_names())
    if at is None:
        _refuse_unmarked(db, tables, make=make)
    elif at not in {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}:
        raise faults.DatabaseError(
            f"The database {db.name} is at revision {at}, which this release does not know (it needs {head()}): a "
            f"newer release made it. Start that release, {_ELSEWHERE}; nothing has been changed."
        )
    return at


def _refuse_unmarked(db: database.Database, tables: set[str], *, make: bool) -> None:
    held = sorted(tables & set(schema.metadata.tables))
    if held:
        raise faults.DatabaseError(
            f"The database {db.name} holds tables ({', '.join(held[:_TOLD])}) but says no revision (this release needs "
            f"{head()}): it is damaged, or another program's. Restore a backup, {_ELSEWHERE}; nothing has been changed."
        )
    if not make:
        raise faults.Absent(f"There are no tables in the database {db.name} (revision {head()} is needed).")


def _refuse_other_tables(db: database.Database) -> None:
    """Raise DatabaseError where tables or columns are missing, unknown, or differ in whether they may be empty: the
    revision alone does not tell a database that was made while this release was being written, or damaged since."""
    with database.reading(db) as connection:
        inspector = sqlalchemy.inspect(connection)
        found = {key[1]: columns for key, columns in inspector.get_multi_columns().items()}
    wrong = []
    for table in schema.metadata.sorted_tables:
        if table.name not in found:
            wrong.append(f"no table {table.name}")
            continue
        wanted = {column.name: bool(column.nullable) for column in table.columns}
        held = {column["name"]: bool(column["nullable"]) for column in found[table.name]}
        wrong += [f"no column {table.name}.{name}" for name in wanted if name not in held]
        wrong += [f"an unknown column {table.name}.{name}" for name in held if name not in wanted]
        wrong += [
            f"{table.name}.{name} {'must not' if may else 'may'} be empty" for name, may in wanted.items()
            if held.get(name, may) != may
        ]  # fmt: skip
    if wrong:
        more = f" and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
        raise faults.DatabaseError(
            f"The database {db.name} is at revision {head()}, as this release needs, but its tables are others: "
            f"{', '.join(wrong[:_TOLD])}{more}. It was made by a program between two releases, or is damaged. "
            f"Restore a backup, start the program that made it, {_ELSEWHERE}."
        )
