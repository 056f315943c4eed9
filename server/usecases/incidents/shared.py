"""Which directory belongs to which database: incidents lie in files beside it, so several hosts must share one home.

The archive's directory and the database know each other by a name that is made with the first incident. A host that
looks into another directory is told so at start-up and before it writes, instead of finding incidents missing.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection

from server.store import database, settings
from server.usecases import errors
from server.usecases.context import Context

_SETTING = "archive"
_MARK = ".gezhi-archive"


def claim(ctx: Context, connection: Connection) -> None:
    """Before writing: join this directory and this database, or raise Conflict where they are not each other's."""
    name = settings.get(connection, _SETTING)
    held = _held(ctx)
    if name is not None:
        _compare(ctx, str(name), held)
        return
    if held is None:
        held = secrets.token_hex(16)
        (ctx.archive / _MARK).write_text(held, encoding="ascii")
    settings.put(connection, _SETTING, held, at=ctx.stamp())


def check(ctx: Context) -> None:
    """At start-up: raise Conflict when the database's incidents lie in another directory than this host's."""
    with database.reading(ctx.db) as connection:
        name = settings.get(connection, _SETTING)
    if name is not None:
        _compare(ctx, str(name), _held(ctx))


def _held(ctx: Context) -> str | None:
    path = ctx.archive / _MARK
    return path.read_text(encoding="ascii").strip() if path.is_file() else None


def _compare(ctx: Context, name: str, held: str | None) -> None:
    if name != held:
        raise errors.Conflict(
            "archive_elsewhere",
            f"The incidents of this database do not lie in {ctx.archive.absolute()}. Several hosts of one database "
            "must share one data directory: mount it here and name it with --home (GEZHI_HOME).",
        )
