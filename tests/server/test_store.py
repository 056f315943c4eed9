"""The store: settings of the database, arrays as bytes, the audit chain, and what the schema never holds."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from server.store import arrays, audit, bases, cities, database, faults, migrate, plans, schema
from server.store import settings as kept


@pytest.fixture
def db(database_url: str) -> database.Database:
    made = database.open(database_url)
    migrate.upgrade(made)
    return made


AT = "2026-01-01T00:00:00.000000Z"
CITY = cities.City("c", "C", "Asia/Shanghai", "wgs84", 10, ["community"], None, None, 1, False, AT)
WHO = {"worker", "user", "resident", "person", "reporter", "name", "by", "actor"}


def test_no_table_follows_a_person_or_holds_residents() -> None:
    """No table has a person, a time and a place together; nobody is named but staff and accounts."""
    for table in schema.metadata.tables.values():
        names = {column.name for column in table.columns}
        timed = {name for name in names if name in ("at", "time", "seen_at") or name.endswith("_at")}
        placed = {"lat", "lng", "geometry", "cell"} & names
        person = {name for name in names if any(word in name for word in ("worker", "user", "person", "actor"))}
        assert not (timed and placed and (person or table.name == "workers")), table.name
    assert {"lat", "lng", "geometry"}.isdisjoint(schema.workers.c.keys()), "a worker has a home cell, never a point"
    forbidden = ("resident", "phone", "identity_number", "reporter", "victim", "plate", "face", "birth", "religion")
    for table in schema.metadata.tables.values():
        for name in (table.name, *table.columns.keys()):
            assert not any(word in name for word in forbidden), f"{table.name}.{name}"
    assert "value" not in schema.rejects.c, "why a row was refused, never what stood in it"


def test_every_table_is_strict_and_keyed() -> None:
    for table in schema.metadata.tables.values():
        assert table.dialect_options["sqlite"]["strict"] is True, table.name
        assert len(table.primary_key.columns) > 0, table.name


def test_sqlite_is_pinned(tmp_path: Path) -> None:
    db = database.open(f"sqlite:///{tmp_path / 'a.sqlite'}")
    expected = {
        "journal_mode": database.journal_for(tuple(database.sqlite_library().sqlite_version_info)), "synchronous": 2,
        "foreign_keys": 1, "trusted_schema": 0, "mmap_size": 0, "cell_size_check": 1, "busy_timeout": 5000,
        "journal_size_limit": 67108864,
    }  # fmt: skip
    with database.reading(db) as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected


@pytest.mark.parametrize(
    ("version", "journal"),
    [((3, 51, 3), "wal"), ((3, 53, 4), "wal"), ((3, 51, 2), "delete"), ((3, 44, 6), "wal"), ((3, 44, 5), "delete"),
     ((3, 50, 7), "wal"), ((3, 50, 6), "delete"), ((3, 40, 1), "delete")],
)  # fmt: skip
def test_the_log_is_used_only_where_it_loses_no_commit(version: tuple[int, ...], journal: str) -> None:
    assert database.journal_for(version) == journal


@pytest.mark.parametrize("url", ["mysql://a/b", "oracle://a"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(faults.DatabaseError, match="sqlite or postgresql"):
        database.open(url)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(faults.DatabaseError, match="does not exist"):
        database.open(f"sqlite:///{tmp_path / 'none' / 'a.sqlite'}")


def test_writing_commits_whole_or_not_at_all(db: database.Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing(db) as connection:
        kept.put(connection, "a", 1, at=AT)
        _ = 1 / 0
    with database.reading(db) as connection:
        assert kept.get(connection, "a") is None
    with database.writing(db) as connection:
        kept.put(connection, "a", {"ä": [1, None]}, at=AT)
    with database.reading(db) as connection:
        assert kept.get(connection, "a") == {"ä": [1, None]}


def test_reading_never_writes(db: database.Database) -> None:
    try:
        with database.reading(db) as connection:
            kept.put(connection, "a", 1, at=AT)
    except sqlalchemy.exc.DBAPIError:
        pass
    with database.reading(db) as connection:
        assert kept.get(connection, "a") is None


def test_a_foreign_key_is_held(db: database.Database) -> None:
    with pytest.raises(sqlalchemy.exc.IntegrityError), database.writing(db) as connection:
        connection.execute(
            sqlalchemy.insert(schema.bases).values(
                city="nowhere",
                version=1,
                resolution=10,
                boundary=b"",
                n=0,
                cells=b"",
                region=b"",
                areas_m2=b"",
                hash="",
                created_at=AT,
            )
        )


@given(st.lists(st.integers(0, 2**63 - 1), max_size=50))
def test_arrays_come_back_as_they_went(values: list[int]) -> None:
    array = np.array(values, dtype=np.uint64)
    assert np.array_equal(arrays.unpack(arrays.pack(array, "<u8"), "<u8"), array)


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowError):
        arrays.pack(np.array([2**31]), "<i4")


def test_cells_keep_all_their_bits(db: database.Database) -> None:
    ids = np.array([0x8A1FB466659FFFF, 0x8A1FB46665AFFFF], dtype=np.uint64)
    with database.writing(db) as connection:
        cities.insert_city(connection, CITY)
        base_id = bases.insert_base(
            connection, "c", resolution=10, boundary=b"x", cells=ids, areas_m2=np.array([1.0, 2.0]), at=AT
        )
    with database.reading(db) as connection:
        base = bases.get(connection, base_id)
    assert base.cells.tolist() == ids.tolist()
    assert base.hash == bases.content_hash(10, ids)


def test_touching_a_city_counts_up(db: database.Database) -> None:
    with database.writing(db) as connection:
        cities.insert_city(connection, CITY)
        assert [cities.touch(connection, "c") for _ in range(3)] == [2, 3, 4]


def test_a_plan_is_changed_only_at_its_revision(db: database.Database) -> None:
    with database.writing(db) as connection:
        cities.insert_city(connection, CITY)
        base_id = bases.insert_base(
            connection, "c", resolution=10, boundary=b"x", cells=np.array([1], np.uint64), areas_m2=np.ones(1), at=AT
        )
        version = plans.insert_plan(
            connection,
            labels=np.zeros(1, np.int32),
            id="p",
            city="c",
            base_id=base_id,
            status="draft",
                kind="grids",
            name="",
            hash="h",
            grids=1,
            band_low=1.0,
            band_high=2.0,
            revision=1,
            measures={},
            violations=[],
            created_at=AT,
            created_by="t",
        )
        assert version == 1
        assert plans.change(connection, "p", revision=1, name="first")
        assert not plans.change(connection, "p", revision=1, name="second")
        assert (plans.get(connection, "c", "p") or {})["name"] == "first"


def _event(connection: sqlalchemy.Connection, n: int) -> None:
    audit.append(connection, at=AT, actor="t", action="test", city=None, detail={"n": n})


TAMPERINGS = {
    "changed": "UPDATE audit SET detail = '{\"n\":99}' WHERE seq = 3",
    "deleted": "DELETE FROM audit WHERE seq = 3",
    "swapped": "UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 4) WHERE seq = 3",
    "renumbered": "UPDATE audit SET seq = 30 WHERE seq = 3",
    "first cut": "DELETE FROM audit WHERE seq = 1",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_the_audit_chain_names_the_first_bad_event(db: database.Database, statement: str) -> None:
    with database.writing(db) as connection:
        for n in range(5):
            _event(connection, n)
        assert audit.first_bad(connection) is None
        connection.execute(sqlalchemy.text(statement.replace(":", "\\:")))
        bad = audit.first_bad(connection)
    assert bad in (2, 3, 4)


def test_a_cut_tail_shows_against_a_head_kept_elsewhere(db: database.Database) -> None:
    with database.writing(db) as connection:
        for n in range(5):
            _event(connection, n)
        before = audit.head(connection)
        connection.execute(sqlalchemy.text("DELETE FROM audit WHERE seq = 5"))
        assert audit.first_bad(connection) is None
        assert audit.head(connection) != before


def test_many_writers_make_one_chain(db: database.Database) -> None:
    def work(number: int) -> None:
        for n in range(10):
            with database.writing(db) as connection:
                _event(connection, number * 100 + n)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading(db) as connection:
        assert audit.head(connection)[0] == 40
        assert audit.first_bad(connection) is None
