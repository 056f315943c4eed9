"""Accounts and sign-in: argon2 hashes of passwords, sessions known by the hash of their token."""

from __future__ import annotations

import hashlib
import math
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import argon2
from sqlalchemy.exc import IntegrityError

from server.rules import permissions
from server.store import accounts, attempts, audit, cities, database, regions
from server.usecases import errors
from server.usecases.context import Context, iso

SHORTEST = 8
LONGEST = 256
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(2)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$eABfk0bf4dnaDnf3WqkAWg$26IVK8L5e4lCTYbDks0KfQq63VbEwaR2cdSN9aJ7QCk"


@dataclass(frozen=True)
class Limits:
    """How many sign-ins may fail within ``window_s`` seconds: of one name, and of all names together."""

    window_s: int = 300
    of_name: int = 10
    of_all: int = 100


LIMITS = Limits()


@dataclass(frozen=True)
class SignedIn:
    """A new session: ``token`` is told to the browser once and stored only as a hash."""

    token: str
    actor: permissions.Actor
    expires_at: str


def exist(ctx: Context) -> bool:
    """Whether any account was ever made."""
    with database.reading(ctx.db) as connection:
        return accounts.count(connection) > 0


def named(ctx: Context, names: Sequence[str]) -> list[str]:
    """Those of the names that an account bears, in the order given."""
    with database.reading(ctx.db) as connection:
        return [name for name in names if accounts.user(connection, name) is not None]


def add(
    ctx: Context, name: str, password: str, *, role: str, city: str | None = None, region: str | None = None
) -> dict[str, Any]:
    """Make an account scoped to a city and, in it, to the region of a code. Raises Invalid and Conflict."""
    if not 1 <= len(name) <= 64 or not name.isprintable() or name != name.strip():
        raise errors.Invalid("user_name", "A name has 1 to 64 printable characters, without spaces around it.")
    if not SHORTEST <= len(password) <= LONGEST:
        raise errors.Invalid("password_length", f"A password has {SHORTEST} to {LONGEST} characters.")
    if role not in permissions.ROLES:
        raise errors.Invalid("role", f"There is no role {role!r}; it is one of {', '.join(permissions.ROLES)}.")
    with _AT_ONCE:
        password_hash = _HASHER.hash(password)
    with database.writing(ctx.db) as connection:
        region_id = _region(connection, city, region)
        try:
            user_id = accounts.insert_user(
                connection, name=name, role=role, city=city, region_id=region_id, password_hash=password_hash,
                created_at=ctx.stamp(),
            )
        except IntegrityError:
            raise errors.Conflict("user_exists", f"There is already a user {name!r}.") from None
        detail = {"user": user_id, "role": role, "region": region}
        audit.append(connection, at=ctx.stamp(), actor=ctx.by, action="user.add", city=city, detail=detail)
    return {"id": str(user_id), "name": name, "role": role, "city": city, "region": region}


def list_(ctx: Context) -> list[dict[str, Any]]:
    """All accounts by name."""
    with database.reading(ctx.db) as connection:
        return [{**row, "id": str(row["id"])} for row in accounts.every(connection)]


def disable(ctx: Context, name: str) -> None:
    """Close an account and end its sessions. Raises NotFound."""
    with database.writing(ctx.db) as connection:
        row = accounts.user(connection, name)
        if row is None:
            raise errors.NotFound("not_found", f"There is no user {name!r}.")
        accounts.change(connection, row["id"], disabled_at=ctx.stamp())
        accounts.end_sessions(connection, user_id=row["id"])
        audit.append(
            connection, at=ctx.stamp(), actor=ctx.by, action="user.disable", city=row["city"],
            detail={"user": row["id"]},
        )


def sign_in(ctx: Context, name: str, password: str, *, life_s: int, limits: Limits = LIMITS) -> SignedIn:
    """Open a session of at most ``life_s`` seconds.

    Raises Unauthenticated, after equal work whoever was named, and Limited after too many failures.
    """
    who = hashlib.sha256(name.encode()).hexdigest()[:24]
    with database.writing(ctx.db) as connection:
        wait_s = attempts.take(
            connection, who, now_s=ctx.now().timestamp(), at=ctx.stamp(), window_s=limits.window_s,
            of_name=limits.of_name, of_all=limits.of_all,
        )
        row = accounts.user(connection, name)
    if wait_s is not None:
        raise errors.Limited("too_many", "Too many failed sign-ins.", seconds=math.ceil(wait_s))
    right = _verify(row["password_hash"] if row else _NOBODY, password) and len(password) <= LONGEST
    if row is None or not right or row["disabled_at"] is not None:
        with database.writing(ctx.db) as connection:
            audit.append(connection, at=ctx.stamp(), actor="", action="session.refused", city=None, detail={})
        raise errors.Unauthenticated("wrong_password", "The name or the password is wrong.")
    token = secrets.token_urlsafe(32)
    expires = iso(ctx.now() + timedelta(seconds=life_s))
    with database.writing(ctx.db) as connection:
        attempts.take_back(connection, who, at=ctx.stamp())
        accounts.end_sessions(connection, before=ctx.stamp())
        accounts.insert_session(
            connection, token_hash=_hash(token), user_id=row["id"], created_at=ctx.stamp(), seen_at=ctx.stamp(),
            expires_at=expires,
        )
        audit.append(
            connection, at=ctx.stamp(), actor=name, action="session.open", city=row["city"], detail={"user": row["id"]}
        )
    return SignedIn(token=token, actor=_actor(row), expires_at=expires)


def actor_of(ctx: Context, token: str, *, idle_s: int) -> permissions.Actor | None:
    """Who holds ``token``; None when the session ended, idled longer than ``idle_s``, or the account was disabled."""
    token_hash = _hash(token)
    with database.reading(ctx.db) as connection:
        row = accounts.session(connection, token_hash)
    now = ctx.now()
    if row is None or row["disabled_at"] is not None or row["expires_at"] <= iso(now):
        return None
    if row["seen_at"] <= iso(now - timedelta(seconds=idle_s)):
        return None
    if row["seen_at"] <= iso(now - timedelta(seconds=min(60, idle_s / 10))):
        with database.writing(ctx.db) as connection:
            accounts.see_session(connection, token_hash, at=iso(now))
    return _actor(row)


def sign_out(ctx: Context, token: str) -> None:
    """End the session of ``token``; nothing happens when there is none."""
    with database.writing(ctx.db) as connection:
        accounts.end_session(connection, _hash(token))


def _actor(row: dict[str, Any]) -> permissions.Actor:
    return permissions.Actor(name=row["name"], role=row["role"], city=row["city"], region_id=row["region_id"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _verify(stored: str, password: str) -> bool:
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


def _region(connection: Any, city: str | None, code: str | None) -> int | None:
    if city is None:
        if code is not None:
            raise errors.Invalid("region", "A region needs its city as well.")
        return None
    found = cities.get(connection, city)
    if found is None:
        raise errors.NotFound("not_found", f"There is no city {city!r}.")
    if code is None:
        return None
    for region in regions.of_base(connection, found.base_id or -1):
        if region.code == code:
            return region.id
    raise errors.NotFound("not_found", f"City {city!r} has no region with code {code!r}.")
