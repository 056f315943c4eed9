"""Rows of users, their sessions, and answers kept for repeated requests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from server.store.schema import idempotency, sessions, users


def insert_user(connection: Connection, **row: Any) -> int:
    """Add a user and return the id. Raises IntegrityError when the name is taken."""
    return int(connection.execute(insert(users).values(**row).returning(users.c.id)).scalar_one())


def user(connection: Connection, name: str) -> dict[str, Any] | None:
    """A user by name, disabled ones too, or None."""
    row = connection.execute(select(users).where(users.c.name == name)).mappings().first()
    return dict(row) if row else None


def every(connection: Connection) -> list[dict[str, Any]]:
    """All users by name, without their password hash."""
    columns = [column for column in users.c if column.name != "password_hash"]
    return [dict(row) for row in connection.execute(select(*columns).order_by(users.c.name)).mappings()]


def count(connection: Connection) -> int:
    """How many users there are, disabled ones too."""
    return int(connection.execute(select(func.count()).select_from(users)).scalar_one())


def change(connection: Connection, user_id: int, **values: Any) -> None:
    """Set values of a user."""
    connection.execute(update(users).where(users.c.id == user_id).values(**values))


def insert_session(connection: Connection, **row: Any) -> None:
    """Add a session, known by the hash of its token."""
    connection.execute(insert(sessions).values(**row))


def session(connection: Connection, token_hash: str) -> dict[str, Any] | None:
    """A session joined with its user, or None."""
    query = select(sessions, users).join(users, users.c.id == sessions.c.user_id)
    row = connection.execute(query.where(sessions.c.token_hash == token_hash)).mappings().first()
    return dict(row) if row else None


def see_session(connection: Connection, token_hash: str, *, at: str) -> None:
    """Record that a session was used."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=at))


def end_session(connection: Connection, token_hash: str) -> None:
    """Forget one session."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def end_sessions(connection: Connection, *, user_id: int | None = None, before: str | None = None) -> None:
    """Forget the sessions of a user, or those that expired before a time."""
    query = delete(sessions)
    if user_id is not None:
        query = query.where(sessions.c.user_id == user_id)
    if before is not None:
        query = query.where(sessions.c.expires_at < before)
    connection.execute(query)


def answer(connection: Connection, owner: str, key: str) -> dict[str, Any] | None:
    """The answer kept for a repeated request, or None."""
    where = (idempotency.c.owner == owner) & (idempotency.c.key == key)
    row = connection.execute(select(idempotency).where(where)).mappings().first()
    return dict(row) if row else None


def keep_answer(connection: Connection, **row: Any) -> None:
    """Keep an answer. Raises IntegrityError when the key is already kept."""
    connection.execute(insert(idempotency).values(**row))
