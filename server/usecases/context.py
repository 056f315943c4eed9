"""What every use case takes first: the database, the data directory, who asks, the clock, and the process's memory.

``Columns`` is what a use case answers where the web sends binary: cells and arrays aligned with them.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from server.rules import permissions
from server.store import database, faults, migrate

_TO_BEGIN = (
    "Start the server once (python3 -m server), make a city with new-city or an account with user add, or name "
    "another data directory with --home (GEZHI_HOME)."
)
Progress = Callable[[float, str], None]
"""Told a share of the work done (0–1) and a sentence; may raise ``errors.Cancelled``."""


def silent(share: float, message: str) -> None:
    """A progress that nobody watches."""


@dataclass(frozen=True)
class Columns:
    """Cells uint64[n] ascending, arrays aligned with them by name (in order), and what the reader must know."""

    cells: NDArray[np.uint64]
    columns: dict[str, NDArray[Any]]
    meta: dict[str, Any]


class Cache:
    """Values kept by key in one process, the least recently used dropped first. Keys hold the data version."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of ``key``, made by ``make`` when it is not kept; two threads may make it at once."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value


Seal = Callable[[Connection, dict[str, Any]], None]
"""Told the result of long work inside the transaction that stores it: a job ends with its rows or not at all."""


def unsealed(connection: Connection, result: dict[str, Any]) -> None:
    """The seal of work that is no job."""


def utc_now() -> datetime:
    """The clock of the host, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """``actor`` is None for someone who has not signed in; ``now`` answers an aware UTC time."""

    db: database.Database
    home: Path
    actor: permissions.Actor | None
    now: Callable[[], datetime] = utc_now
    cache: Cache = field(default_factory=Cache, compare=False)
    seal: Seal = unsealed

    def acting(self, actor: permissions.Actor | None) -> Context:
        """The same context for another actor."""
        return dataclasses.replace(self, actor=actor)

    @property
    def by(self) -> str:
        """The name that goes into records."""
        return self.actor.name if self.actor is not None else ""

    def stamp(self) -> str:
        """Now as it is stored: ISO 8601 UTC to the microsecond, ending in Z."""
        return iso(self.now())

    @property
    def spool(self) -> Path:
        """Where uploads wait for their job; made on first use."""
        return _made(self.home / "spool")

    @property
    def archive(self) -> Path:
        """Where incident segments lie; made on first use."""
        return _made(self.home / "archive")


def iso(at: datetime) -> str:
    """``at`` (aware) as ISO 8601 text in UTC with microseconds, ending in Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def open_(
    home: Path, url: str, *, actor: permissions.Actor | None = None, upgrade: bool = True, make: bool = True
) -> Context:
    """Open the database at ``url`` and bring its tables up to date; with ``make`` a missing ``home`` and an empty
    database are made, unless ``home`` holds files of a service whose database must then have been lost.

    Raises ``faults.DatabaseError`` when the database is missing, damaged, of another release, or of an older one and
    ``upgrade`` is false.
    """
    lost = _holds_files(home)
    if make:
        home.mkdir(parents=True, exist_ok=True)
    try:
        db = database.open(url, make=make and not lost)
        if upgrade:
            migrate.upgrade(db, make=make and not lost)
        else:
            migrate.check(db)
    except faults.Absent as error:
        raise faults.Absent(f"{error} {_after_loss(home) if lost else _TO_BEGIN}") from None
    return Context(db=db, home=home, actor=actor)


def _holds_files(home: Path) -> bool:
    """Whether incidents lie in the data directory: its database is not new then."""
    folder = home / "archive"
    return folder.is_dir() and any(folder.iterdir())


def _after_loss(home: Path) -> str:
    return (
        f"{home / 'archive'} holds its incidents, so no empty one is made in its place: restore it from a backup, or "
        "name an empty data directory with --home."
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
