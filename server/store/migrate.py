"""Bringing a database's tables up to this release (Alembic), and refusing a database from a newer one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from server.store import database, schema

FOLDER = Path(__file__).parent / "migrations"


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


def upgrade(db: database.Database) -> None:
    """Run the missing migrations, each in one transaction. Nothing is done when the database is up to date.

    Raises DatabaseError for a database of a newer release.
    """
    with database.reading(db) as connection:
        at = current(connection)
    if at == head():
        return
    _refuse_newer(at)
    with database.writing(db) as connection:
        settings = config()
        settings.attributes["connection"] = connection
        settings.attributes["target"] = schema.metadata
        command.upgrade(settings, "head")


def check(db: database.Database) -> None:
    """Raise DatabaseError unless the database is at this release's revision."""
    with database.reading(db) as connection:
        at = current(connection)
    _refuse_newer(at)
    if at != head():
        raise database.DatabaseError(f"The tables are at {at}, this release needs {head()}; start the server once.")


def _refuse_newer(at: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if at is not None and at not in known:
        raise database.DatabaseError(f"The database is of a newer release (revision {at}); start that release.")
