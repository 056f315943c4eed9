"""Migrations: what they make is the schema, twice is once, and a newer database is refused."""

from __future__ import annotations

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from server.store import database, migrate, schema


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
    with pytest.raises(database.DatabaseError, match="newer"):
        migrate.upgrade(empty)
    with pytest.raises(database.DatabaseError, match="newer"):
        migrate.check(empty)


def test_an_older_database_is_not_used_without_upgrading(empty: database.Database) -> None:
    with pytest.raises(database.DatabaseError, match="needs"):
        migrate.check(empty)


def test_a_failing_migration_leaves_nothing_behind(empty: database.Database) -> None:
    with pytest.raises(RuntimeError), database.writing(empty) as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError
    assert sqlalchemy.inspect(empty.engine).get_table_names() == []
