"""The SQL texts of the archive, for DuckDB and, unchanged, for Spark: no extension, no dialect of its own.

Values are bound or are numbers made here; no text of a user ever becomes part of a statement. ``facts`` is the one
relation they read: every segment and the live incidents, without rows that a later revision replaced.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.archive import clock

US_PER_HOUR = 3_600_000_000
US_PER_DAY = 24 * US_PER_HOUR
RES_SHIFT = 52
"""Bits of an H3 id below its resolution."""

COLUMNS = "id, us, lat, lng, cell, region, category, weight, source, external_id, revision, status"
EVERY = f"{COLUMNS}, received_us"


def parent(column: str, res: int) -> str:
    """The ancestor at resolution ``res`` of an H3 id column no coarser than it, by bit arithmetic.

    Digits finer than ``res`` are set to 7 (three bits each), the resolution field (bits 52–55) to ``res``.
    """
    if not 0 <= res <= 15:
        raise ValueError(f"resolution {res} is not between 0 and 15")
    fine = (1 << (3 * (15 - res))) - 1
    clear = (15 << RES_SHIFT) | fine
    keep = ((1 << 63) - 1) & ~clear
    return f"(({column} & {keep}) | {(res << RES_SHIFT) | fine})"


def facts(*, segments: bool, live: bool, replaced: bool) -> str:
    """The relation ``facts``. ``replaced``: some row replaces another, so the replaced ones must be left out."""
    parts = []
    if segments:
        parts.append(f"SELECT {EVERY}, replaces FROM segments")
    if live:
        parts.append(f"SELECT {EVERY}, replaces FROM live")
    everything = " UNION ALL ".join(parts)
    if not replaced:
        return f"SELECT {EVERY} FROM ({everything}) AS every_row"
    gone = " UNION ALL ".join(
        f"SELECT replaces FROM {name} WHERE replaces IS NOT NULL"
        for name, there in (("segments", segments), ("live", live))
        if there
    )
    return f"SELECT {EVERY} FROM ({everything}) AS every_row WHERE id NOT IN ({gone})"


def local_us(tz: str, *, first_us: int, last_us: int) -> str:
    """The clock of zone ``tz`` as microseconds, as an expression over ``us`` valid between the two times."""
    return f"(us + {_choice(*clock.offsets(tz, first_us=first_us, last_us=last_us))})"


def _choice(changes: Sequence[int], offsets: Sequence[int]) -> str:
    """The offset that holds at ``us``, as a balanced tree: a dozen years of summer time cost five comparisons."""
    if not changes:
        return str(offsets[0])
    middle = len(changes) // 2
    earlier = _choice(changes[:middle], offsets[: middle + 1])
    later = _choice(changes[middle + 1 :], offsets[middle + 1 :])
    return f"CASE WHEN us < {changes[middle]} THEN {earlier} ELSE {later} END"


def span(edges_us: Sequence[int]) -> str:
    """Which of the spans between ascending edges ``us`` lies in, 0 the first; only for times between the outer two."""
    return _choice(edges_us[1:-1], range(len(edges_us) - 1))


def hour(local: str) -> str:
    """Hour of the day 0–23 of a local time expression (also before 1970)."""
    return f"CAST(floor({local} / {US_PER_HOUR}.0) AS BIGINT) - 24 * CAST(floor({local} / {US_PER_DAY}.0) AS BIGINT)"


def weekday(local: str) -> str:
    """Day of the week of a local time expression, Monday 0 (1970-01-01 was a Thursday, 3)."""
    day = f"(CAST(floor({local} / {US_PER_DAY}.0) AS BIGINT) + 3)"
    return f"({day} - 7 * CAST(floor({day} / 7.0) AS BIGINT))"


def numbers(values: Sequence[int]) -> str:
    """A list of whole numbers as SQL."""
    return "(" + ", ".join(str(int(value)) for value in values) + ")"


def counts(res: int, where: str) -> str:
    """cell, n, rows_ of every ancestor cell at ``res``."""
    return (
        f"SELECT {parent('cell', res)} AS cell, sum(weight) AS n, count(*) AS rows_ FROM facts WHERE {where} "
        "GROUP BY 1 ORDER BY 1"
    )


def aggregate(res: int) -> str:
    """cell, category, n by ancestor cell at ``res`` and category, in no order: the one text for one machine and for
    many."""
    return f"SELECT {parent('cell', res)} AS cell, category, CAST(sum(weight) AS BIGINT) AS n FROM facts GROUP BY 1, 2"


def extent(where: str) -> str:
    """One row: rows_, n, first_us, last_us."""
    return (
        f"SELECT count(*) AS rows_, coalesce(sum(weight), 0) AS n, min(us) AS first_us, max(us) AS last_us "
        f"FROM facts WHERE {where}"
    )


def grouped(expression: str, where: str) -> str:
    """key, n, rows_ by any expression made here."""
    return (
        f"SELECT {expression} AS key_, sum(weight) AS n, count(*) AS rows_ FROM facts WHERE {where} "
        "GROUP BY 1 ORDER BY 1"
    )


def cell_and_step(res: int, step: str, where: str) -> str:
    """cell, step, n by ancestor cell and a step expression."""
    return (
        f"SELECT {parent('cell', res)} AS cell, {step} AS step, sum(weight) AS n FROM facts WHERE {where} "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
