"""The audit log: who did what, each row chained to the one before by hash, so that a change or a loss shows.

The hash covers the row's own text and the hash before it. Rows are only ever added.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, insert, select, text

from server.store.schema import audit

FIRST = "0" * 64
_LOCK = 0x67657A68  # PostgreSQL's advisory lock of the chain; SQLite writers already take turns


def append(
    connection: Connection, *, at: str, actor: str, action: str, city: str | None, detail: dict[str, Any]
) -> int:
    """Add an event and return its number. ``detail`` holds counts, codes and ids; never a personal value."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, FIRST)
    row = {"seq": seq, "at": at, "actor": actor, "action": action, "city": city, "detail": detail}
    connection.execute(insert(audit).values(**row, previous=previous, hash=digest(row, previous)))
    return seq


def digest(row: dict[str, Any], previous: str) -> str:
    """The hash of a row that follows ``previous``."""
    body = json.dumps(
        [previous, *(row[name] for name in ("seq", "at", "actor", "action", "city", "detail"))],
        ensure_ascii=False, sort_keys=True, separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()


def first_bad(connection: Connection) -> int | None:
    """The number of the first event that does not follow from the one before it; None when the chain is whole."""
    previous, expected = FIRST, 1
    for row in connection.execute(select(audit).order_by(audit.c.seq)).mappings():
        if row["seq"] != expected or row["previous"] != previous or row["hash"] != digest(dict(row), previous):
            return int(row["seq"])
        previous, expected = row["hash"], expected + 1
    return None


def head(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last event; (0, zeros) when there is none. Kept elsewhere, it shows a cut tail."""
    last = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
    return (last.seq, last.hash) if last else (0, FIRST)
