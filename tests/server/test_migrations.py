"""Migrations: what they make is the schema, twice is once, and a newer database is refused."""

from __future__ import annotations

import hashlib
import json

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from server.store import database, faults, migrate, schema

VERSIONS = migrate.FOLDER / "versions"
RELEASED = {"0002_borders.py": "364a60ca34b417f8", "0001_first.py": "6ffb968456481028"}


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


def test_borders_of_the_first_release_keep_what_they_may_and_did(empty: database.Database) -> None:
    """0002: what stood among the measures of communities moves to columns, what else stands there stays."""
    migrate.upgrade(empty, to="0001")
    given = {
        "a": ("communities", {"across": True, "moved_cells": 7, "grids": 3}, (1, 7, {"grids": 3})),
        "b": ("communities", {"grids": 3}, (0, None, {"grids": 3})),
        "c": ("grids", {"across": 1.5}, (0, None, {"across": 1.5})),
    }
    old = sqlalchemy.Table("plans", sqlalchemy.MetaData(), autoload_with=empty.engine)
    with database.writing(empty) as connection:
        connection.execute(sqlalchemy.insert(schema.cities).values(
            code="x", name="x", tz="UTC", datum="wgs84", resolution=10, levels=[], data_version=1, demo=0,
            created_at="",
        ))  # fmt: skip
        base = connection.execute(sqlalchemy.insert(schema.bases).values(
            city="x", version=1, resolution=10, boundary=b"", n=0, cells=b"", region=b"", areas_m2=b"", hash="",
            created_at="",
        )).inserted_primary_key[0]  # fmt: skip
        for version, (plan, (kind, measures, _)) in enumerate(given.items()):
            connection.execute(sqlalchemy.insert(old).values(
                id=plan, city="x", kind=kind, base_id=base, version=version, status="draft", name="", labels=b"",
                hash="", grids=0, band_low=0.0, band_high=1.0, revision=1, measures=json.dumps(measures),
                violations="[]", created_at="", created_by="",
            ))  # fmt: skip
    with pytest.raises(faults.DatabaseError, match="revision 0001, this release needs"):
        migrate.check(empty)
    migrate.upgrade(empty)
    now = schema.plans.c
    with database.reading(empty) as connection:
        found = connection.execute(
            sqlalchemy.select(now.id, now.across_towns, now.moved_cells, now.measures).order_by(now.id)
        ).all()
    assert [tuple(row) for row in found] == [(plan, *expected) for plan, (_, _, expected) in given.items()]


def test_a_failing_migration_leaves_nothing_behind(empty: database.Database) -> None:
    with pytest.raises(RuntimeError), database.writing(empty) as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError
    assert sqlalchemy.inspect(empty.engine).get_table_names() == []
