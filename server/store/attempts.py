"""Failed sign-ins under way and done, kept in the database so that the limit holds across processes.

One row of ``settings`` holds the times (seconds since 1970) of recent attempts by a hash of the name that was tried.
An attempt is written down before the password is looked at and taken back when it was right, so attempts made at the
same moment cannot pass the limit together.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.store.schema import settings

_ROW = "sign_in_attempts"
_NAMES_KEPT = 2_000


def take(
    connection: Connection, who: str, *, now_s: float, at: str, window_s: int, of_name: int, of_all: int
) -> float | None:
    """Write an attempt of ``who`` down; or, where ``of_name`` or ``of_all`` are reached, the seconds to wait."""
    tried = _recent(_locked(connection, at=at), since=now_s - window_s)
    mine, everyone = tried.get(who, []), sorted(time for times in tried.values() for time in times)
    waits = [
        times[len(times) - most] + window_s - now_s
        for times, most in ((mine, of_name), (everyone, of_all))
        if len(times) >= most
    ]
    if waits:
        return max(1.0, *waits)
    tried[who] = [*mine, now_s]
    _write(connection, tried, at=at)
    return None


def take_back(connection: Connection, who: str, *, at: str) -> None:
    """Forget the attempts of ``who``: the password was right."""
    tried = _locked(connection, at=at)
    if tried.pop(who, None) is not None:
        _write(connection, tried, at=at)


def _locked(connection: Connection, *, at: str) -> dict[str, list[float]]:
    """The attempts, held for this transaction alone."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(settings).values(name=_ROW, value={}, updated_at=at)
    connection.execute(new.on_conflict_do_nothing(index_elements=["name"]))
    query = select(settings.c.value).where(settings.c.name == _ROW).with_for_update()
    value: dict[str, list[float]] = connection.execute(query).scalar_one()
    return value


def _recent(tried: dict[str, list[float]], *, since: float) -> dict[str, list[float]]:
    kept = {who: [time for time in times if time > since] for who, times in tried.items()}
    newest = sorted((who for who, times in kept.items() if times), key=lambda who: kept[who][-1])[-_NAMES_KEPT:]
    return {who: sorted(kept[who]) for who in newest}


def _write(connection: Connection, tried: dict[str, list[float]], *, at: str) -> None:
    connection.execute(update(settings).where(settings.c.name == _ROW).values(value=tried, updated_at=at))
