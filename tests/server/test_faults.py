"""What the database's errors are told as: busy only what passes, everything else by its name; nothing made silently."""

from __future__ import annotations

from pathlib import Path

import flask
import pytest
import sqlalchemy

from server import errors
from server.store import database, faults, schema
from server.usecases import context, health
from tests.server.conftest import Cluster, Place


def _caught(db: database.Database, statement: str) -> Exception:
    with pytest.raises(sqlalchemy.exc.DBAPIError) as caught, database.writing(db) as connection:
        connection.exec_driver_sql(statement)
    return caught.value


def test_a_missing_column_or_table_is_not_busy(city: Place, app: flask.Flask) -> None:
    db = city.open().db
    for statement in ("SELECT nothing FROM plans", "SELECT 1 FROM nowhere", "SELEKT 1"):
        error = _caught(db, statement)
        assert not faults.busy(error)
        with app.test_request_context("/api/cities"):
            assert errors.answer(error).status_code == 500


def test_a_lock_is_busy(city: Place, app: flask.Flask) -> None:
    """One writer holds a row; the other gives up after its time."""
    holder = city.open().db
    other = database.open(city.url, busy_timeout_ms=50)
    statement = sqlalchemy.update(schema.cities).values(name="other")
    with database.writing(holder) as held:
        held.execute(statement)
        with pytest.raises(sqlalchemy.exc.OperationalError) as caught, database.writing(other) as connection:
            if other.dialect == "postgresql":
                connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            connection.execute(statement)
    assert faults.busy(caught.value)
    with app.test_request_context("/api/cities"):
        answer = errors.answer(caught.value)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


def test_no_free_connection_is_busy(city: Place) -> None:
    engine = sqlalchemy.create_engine(city.open().db.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05,
                                      poolclass=sqlalchemy.pool.QueuePool)  # fmt: skip
    with engine.connect(), pytest.raises(sqlalchemy.exc.TimeoutError) as caught:
        engine.connect()
    assert faults.busy(caught.value)


def test_a_lost_connection_is_busy(cluster: Cluster) -> None:
    db = database.open(cluster.url("postgres"))
    with pytest.raises(sqlalchemy.exc.OperationalError) as caught, database.writing(db) as connection:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with database.writing(db) as killer:
            killer.exec_driver_sql(f"SELECT pg_terminate_backend({own}, 5000)")
        connection.exec_driver_sql("SELECT 1")
    assert faults.busy(caught.value)


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(faults.DatabaseError, match="DATABASE_URL") as caught:
        context.open_(tmp_path, "postgresql://someone:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)


def test_an_empty_database_is_made_only_by_what_begins_a_service(place: Place) -> None:
    with pytest.raises(faults.Absent, match="Start the server once"):
        context.open_(place.home, place.url, make=False)
    if place.url.startswith("sqlite"):
        assert not (place.home / "gezhi.sqlite").exists()
    context.open_(place.home, place.url).db.close()
    context.open_(place.home, place.url, make=False).db.close()


def test_a_lost_database_is_not_replaced_by_an_empty_one(place: Place) -> None:
    (place.home / "archive").mkdir(parents=True)
    (place.home / "archive" / ".gezhi-archive").write_text("0123")
    with pytest.raises(faults.DatabaseError, match="restore it from a backup"):
        place.open()
    if place.url.startswith("sqlite"):
        assert not (place.home / "gezhi.sqlite").exists()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The SQLite file of a service that has been closed."""
    home = tmp_path / "home"
    context.open_(home, f"sqlite:///{home / 'gezhi.sqlite'}").db.close()
    return home / "gezhi.sqlite"


def test_a_file_of_something_else_is_named(file: Path) -> None:
    file.write_bytes(b"no database at all" * 500)
    with pytest.raises(faults.DatabaseError, match="restore it from a backup") as caught:
        context.open_(file.parent, f"sqlite:///{file}")
    assert str(file) in str(caught.value)


def test_a_file_that_cannot_be_opened_is_named(file: Path) -> None:
    file.unlink()
    file.mkdir()
    with pytest.raises(faults.DatabaseError, match="can be read and written"):
        context.open_(file.parent, f"sqlite:///{file}")


def test_a_cut_off_file_is_named(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(faults.DatabaseError, match="damaged|restore|Restore"):
        health.examine(context.open_(file.parent, f"sqlite:///{file}"))


def test_damaged_names_are_told(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE", b"CREATE TA\xb7LE"))
    with pytest.raises(faults.DatabaseError, match="restore it from a backup"):
        context.open_(file.parent, f"sqlite:///{file}")


def test_a_damaged_page_is_found_at_the_start(file: Path) -> None:
    content = bytearray(file.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    for start in range(page, len(content), page):
        if content[start] == 10:  # a leaf of an index
            content[start + 3 : start + 7] = b"\xff" * 4
    file.write_bytes(content)
    ctx = context.open_(file.parent, f"sqlite:///{file}")
    with pytest.raises(faults.DatabaseError, match="damaged"):
        health.examine(ctx)
