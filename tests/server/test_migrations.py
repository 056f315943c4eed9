"""Migrations: what they make is the schema, twice is once, and a newer database is refused."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from server.store import database, faults, migrate, schema

VERSIONS = migrate.FOLDER / "versions"
RELEASED = {"0001_first.py": "6ffb968456481028"}


@pytest.fixture
def empty(database_url: str) -> database.Database:
    return database.open(database_url)


def test_migrations_make_the_very_schema(empty: database.Database) -> None:
    migrate.upgrade(empty)
    with database.reading(empty) as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), schema.metadata)
        assert migrate.current(connection) == migrate.head()
    assert found == []


def test_upgrading_twice_changes_nothing(empty: database.Database) -> None:
    migrate.upgrade(empty)
    with database.writing(empty) as connection:
        connection.execute(sqlalchemy.insert(schema.settings).values(name="kept", value=[1], updated_at="now"))
    migrate.upgrade(empty)
    with database.reading(empty) as connection:
        assert connection.execute(sqlalchemy.select(schema.settings.c.value)).scalar() == [1]


def test_a_database_of_a_newer_release_is_refused(empty: database.Database) -> None:
    migrate.upgrade(empty)
    with database.writing(empty) as connection:
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(faults.DatabaseError, match="9999.*newer"):
        migrate.upgrade(empty)
    with pytest.raises(faults.DatabaseError, match="newer"):
        migrate.check(empty)


def test_an_empty_database_is_not_used_without_upgrading(empty: database.Database) -> None:
    with pytest.raises(faults.Absent, match="no tables"):
        migrate.check(empty)
    with pytest.raises(faults.Absent, match="no tables"):
        migrate.upgrade(empty, make=False)
    assert sqlalchemy.inspect(empty.engine).get_table_names() == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [("DROP TABLE plan_notes", "no table plan_notes"),
     ("ALTER TABLE plan_notes DROP COLUMN text", r"no column plan_notes\.text"),
     ("ALTER TABLE plan_notes ADD COLUMN later TEXT", r"an unknown column plan_notes\.later")],
)  # fmt: skip
def test_the_same_revision_with_other_tables_is_refused(empty: database.Database, damage: str, told: str) -> None:
    migrate.upgrade(empty)
    with database.writing(empty) as connection:
        connection.execute(sqlalchemy.text(damage))
    for opened in (migrate.upgrade, migrate.check):
        with pytest.raises(faults.DatabaseError, match=told) as caught:
            opened(empty)
        assert migrate.head() in str(caught.value)
        assert empty.name in str(caught.value)


def test_tables_without_a_revision_are_refused(empty: database.Database) -> None:
    with database.writing(empty) as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE plans (id INTEGER)"))
    with pytest.raises(faults.DatabaseError, match="says no revision"):
        migrate.upgrade(empty)


def test_released_migrations_stay_what_they_were() -> None:
    """A home that was made by one would not be told from one that was not: a change is a migration of its own."""
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in VERSIONS.glob("*.py")}
    assert found == RELEASED


def test_a_failing_migration_leaves_nothing_behind(empty: database.Database) -> None:
    with pytest.raises(RuntimeError), database.writing(empty) as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError
    assert sqlalchemy.inspect(empty.engine).get_table_names() == []
