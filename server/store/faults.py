"""What the database's own errors mean: busy for now, or wrong until somebody mends it.

Only a lock, a time limit, a want of connections and a lost connection are *busy*: asking again may help. A missing
column or a damaged page is what it is however often one asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

_SQLITE_BUSY: Final = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED; the extended codes carry them in their low byte
_SQLITE_DAMAGED: Final = (11, 26)  # SQLITE_CORRUPT, SQLITE_NOTADB
_SQLITE_SHUT: Final = (3, 8, 10, 14)  # SQLITE_PERM, SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN
# PostgreSQL: lost connections, serialisation and deadlock, too many connections, shutting down or starting, cancelled
# by a time limit, lock not available, idle in a transaction for too long.
_SQLSTATES_BUSY: Final = ("08", "40", "53300", "57P0", "57014", "55P03", "25P03")


class DatabaseError(RuntimeError):
    """The database cannot be used as it is: unknown kind, missing, damaged, or of another release's tables."""


class Absent(DatabaseError):
    """There is no database yet, or an empty one, where one is needed."""


def busy(error: BaseException) -> bool:
    """Whether ``error`` of SQLAlchemy says that the database is busy or away, so that asking again may help."""
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    code, state = _sqlite_code(error), getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or code in _SQLITE_BUSY:
        return True
    if state is not None:
        return str(state).startswith(_SQLSTATES_BUSY)
    return code is None and isinstance(error, exc.OperationalError) and hasattr(error.orig, "sqlstate")


@contextmanager
def told(name: str) -> Iterator[None]:
    """Tell an error of the database ``name`` within the block as a DatabaseError: what is wrong, and what to do."""
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError, UnicodeDecodeError) as error:  # the last: damage in SQLite's own names
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise DatabaseError(f"The database {name} cannot be used ({reason}). {_advice(error)}") from error


def _advice(error: BaseException) -> str:
    code = _sqlite_code(error)
    if code in _SQLITE_DAMAGED or isinstance(error, UnicodeDecodeError):
        return "The file is damaged, or is none of SQLite: restore it from a backup, or name another --home."
    if code in _SQLITE_SHUT:
        return "Look whether the file, its folder and the disk can be read and written by this user."
    if busy(error):
        if code is not None:
            return "Another program holds it: wait until that is done, or end it."
        return "Look whether the database server runs and DATABASE_URL is right."
    return "Restore it from a backup, start the release that made it, or name another one."


def _sqlite_code(error: BaseException) -> int | None:
    """SQLite's primary result code; None for another database."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF
