"""Questions to the archive: counts per cell, month, step, hour of the week; what is already known.

Every answer is computed by one SQL text over segments and live incidents together. Empty archives give empty answers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from server.archive import engine, sql, values

Cancelled = Callable[[], bool] | None
DEFAULT = values.Engine()
_EVERYTHING = values.Select()
KEYS = "id, source, external_id, revision"


def counts(
    facts: values.Facts,
    *,
    res: int,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> values.Counts:
    """Incidents per cell at resolution ``res`` (no finer than the stored one): parents of the stored cells."""
    with asked(facts, select, run) as (connection, where, bound):
        table = engine.fetch(connection, sql.counts(res, where), bound, cancelled=cancelled)
    return values.Counts(
        engine.column(table, "cell", np.int64).astype(np.uint64),
        engine.column(table, "n", np.int64),
        engine.column(table, "rows_", np.int64),
    )


def extent(
    facts: values.Facts,
    *,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> values.Extent:
    """How many incidents there are, and the first and the last time."""
    with asked(facts, select, run) as (connection, where, bound):
        row = engine.fetch(connection, sql.extent(where), bound, cancelled=cancelled).to_pylist()[0]
    return values.Extent(int(row["rows_"]), int(row["n"]), row["first_us"], row["last_us"])


def categories(
    facts: values.Facts,
    *,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> list[tuple[str | None, int]]:
    """(category, n), the most frequent first; None for incidents without one."""
    found = _grouped(facts, "category", select, run, cancelled)
    return sorted(((key, n) for key, n in found), key=lambda pair: (-pair[1], pair[0] or ""))


def by_region(
    facts: values.Facts,
    *,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> dict[int | None, int]:
    """n by region of the exact point; None where none was recorded."""
    return dict(_grouped(facts, "region", select, run, cancelled))


def by_month(
    facts: values.Facts,
    *,
    tz: str,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> list[tuple[str, int]]:
    """("2019-03", n) for every month with incidents, months being those of zone ``tz``."""
    months: dict[str, int] = {}
    for day, n in by_day(facts, tz=tz, select=select, run=run, cancelled=cancelled):
        months[day[:7]] = months.get(day[:7], 0) + n
    return sorted(months.items())


def by_day(
    facts: values.Facts,
    *,
    tz: str,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> list[tuple[str, int]]:
    """("2019-03-31", n) for every day with incidents, days being those of zone ``tz``."""
    day = f"CAST(floor({_local(facts, tz)} / {sql.US_PER_DAY}.0) AS BIGINT)"
    epoch = date(1970, 1, 1).toordinal()
    found = _grouped(facts, day, select, run, cancelled)
    return [(date.fromordinal(epoch + int(key)).isoformat(), n) for key, n in found]


def by_hour(
    facts: values.Facts,
    *,
    tz: str,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(hours, n), both int64[k]: every hour with incidents on the clock of ``tz``, counted from 1970-01-01T00."""
    text = f"CAST(floor({_local(facts, tz)} / {sql.US_PER_HOUR}.0) AS BIGINT)"
    found = _grouped(facts, text, select, run, cancelled)
    return np.array([key for key, _ in found], np.int64), np.array([n for _, n in found], np.int64)


def hour_of_week(
    facts: values.Facts,
    *,
    tz: str,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> np.ndarray:
    """int64[7, 24]: n by weekday (Monday first) and hour on the clock of ``tz``."""
    local = _local(facts, tz)
    made = np.zeros((7, 24), np.int64)
    for key, n in _grouped(facts, f"24 * {sql.weekday(local)} + {sql.hour(local)}", select, run, cancelled):
        made[int(key) // 24, int(key) % 24] = n
    return made


def histogram(
    facts: values.Facts,
    *,
    start_us: int,
    end_us: int,
    step_us: int,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> np.ndarray:
    """n int64[k] of the k equal steps from ``start_us`` to ``end_us`` (excluded; the last step may be cut off)."""
    made = np.zeros(_steps(start_us, end_us, step_us), np.int64)
    inside = _within(select, start_us, end_us)
    for key, n in _grouped(facts, f"CAST(floor((us - {start_us}) / {step_us}.0) AS BIGINT)", inside, run, cancelled):
        made[int(key)] = n
    return made


def by_cell_and_step(
    facts: values.Facts,
    *,
    res: int,
    start_us: int,
    end_us: int,
    step_us: int,
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> values.Steps:
    """n by cell at ``res`` and equal time step, only pairs that have incidents; sorted by cell, then step."""
    _steps(start_us, end_us, step_us)
    inside = _within(select, start_us, end_us)
    step = f"CAST(floor((us - {start_us}) / {step_us}.0) AS BIGINT)"
    with asked(facts, inside, run) as (connection, where, bound):
        table = engine.fetch(connection, sql.cell_and_step(res, step, where), bound, cancelled=cancelled)
    return values.Steps(
        engine.column(table, "cell", np.int64).astype(np.uint64),
        engine.column(table, "step", np.int64),
        engine.column(table, "n", np.int64),
    )


def by_cell_and_span(
    facts: values.Facts,
    *,
    res: int,
    edges_us: Sequence[int],
    select: values.Select = _EVERYTHING,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> values.Steps:
    """n by cell at ``res`` and span between ascending edges (months differ in length), only pairs with incidents."""
    inside = _within(select, edges_us[0], edges_us[-1])
    with asked(facts, inside, run) as (connection, where, bound):
        text = sql.cell_and_step(res, sql.span(edges_us), where)
        table = engine.fetch(connection, text, bound, cancelled=cancelled)
    return values.Steps(
        engine.column(table, "cell", np.int64).astype(np.uint64),
        engine.column(table, "step", np.int64),
        engine.column(table, "n", np.int64),
    )


def incidents(
    facts: values.Facts,
    *,
    select: values.Select = _EVERYTHING,
    limit: int = 1_000,
    after_id: int | None = None,
    run: values.Engine = DEFAULT,
    cancelled: Cancelled = None,
) -> pa.Table:
    """Single incidents ordered by id, at most ``limit``, those after ``after_id``; ``us`` is the time."""
    with asked(facts, select, run) as (connection, where, bound):
        text = f"SELECT {sql.COLUMNS} FROM facts WHERE {where} AND id > $after ORDER BY id LIMIT {int(limit)}"
        bound["after"] = -(2**63) if after_id is None else after_id
        return engine.fetch(connection, text, bound, cancelled=cancelled)


def known(
    facts: values.Facts, keys: pa.Table, *, run: values.Engine = DEFAULT, cancelled: Cancelled = None
) -> pa.Table:
    """What the archive already holds of ``keys`` (columns source, external_id, revision).

    Answers one row per key that is known in any revision, in no order: ``position`` (row of ``keys``), ``id`` and
    ``revision`` of the newest one held, ``same`` (that very revision is held) and ``older`` (the key's revision is
    lower than the newest).
    """
    asked = keys.select(["source", "external_id", "revision"]).append_column(
        "position", pa.array(np.arange(keys.num_rows), pa.int64())
    )
    with engine.open_facts(facts, run) as connection:
        connection.register("asked", asked)
        text = (
            "SELECT a.position AS position, max_by(e.id, e.revision) AS id, max(e.revision) AS revision, "
            "bool_or(e.revision = a.revision) AS same, max(e.revision) > any_value(a.revision) AS older "
            f"FROM asked a JOIN ({_every_row(facts, KEYS)}) e ON e.external_id = a.external_id AND e.source = a.source "
            "GROUP BY a.position"
        )
        return engine.fetch(connection, text, cancelled=cancelled)


def sources(directory: Path, segment: values.Segment) -> frozenset[str]:
    """The sources whose incidents a segment holds. Raises ArchiveError E_SEGMENT_MISSING."""
    with engine.open_facts(values.Facts(directory, (segment,)), DEFAULT) as connection:
        return frozenset(engine.fetch(connection, "SELECT DISTINCT source FROM segments")["source"].to_pylist())


def loose_ids(facts: values.Facts, *, run: values.Engine = DEFAULT) -> tuple[int, int]:
    """(rows whose id another row has, rows that replace an id that no row has), of all rows, also replaced ones."""
    rows = _every_row(facts, "id, replaces")
    text = (
        f"SELECT (SELECT count(*) - count(DISTINCT id) FROM ({rows}) AS held) AS twice, (SELECT count(*) FROM ({rows}) "
        f"AS later WHERE replaces IS NOT NULL AND replaces NOT IN (SELECT id FROM ({rows}) AS earlier)) AS lost"
    )
    with engine.open_facts(facts, run) as connection:
        row = engine.fetch(connection, text).to_pylist()[0]
    return int(row["twice"]), int(row["lost"])


def _every_row(facts: values.Facts, columns: str) -> str:
    parts = [f"SELECT {columns} FROM segments"] if facts.segments else []
    if facts.live is not None and facts.live.num_rows or not parts:
        parts.append(f"SELECT {columns} FROM live")
    return " UNION ALL ".join(parts)


@contextlib.contextmanager
def asked(
    facts: values.Facts, select: values.Select, run: values.Engine
) -> Iterator[tuple[duckdb.DuckDBPyConnection, str, dict[str, Any]]]:
    """A connection with ``facts``, the condition of ``select`` and its bound values."""
    with engine.open_facts(facts, run, start_us=select.start_us, end_us=select.end_us) as connection:
        terms: list[str] = ["1 = 1"]
        bound: dict[str, Any] = {}
        if select.start_us is not None:
            terms.append(f"us >= {int(select.start_us)}")
        if select.end_us is not None:
            terms.append(f"us < {int(select.end_us)}")
        for name, wanted in (("category", select.categories), ("source", select.sources)):
            if wanted is not None:
                marks = [f"{name}_{i}" for i in range(len(wanted))]
                bound |= dict(zip(marks, wanted))
                terms.append(f"{name} IN ({', '.join('$' + mark for mark in marks)})" if marks else "1 = 0")
        if select.regions is not None:
            terms.append(f"region IN {sql.numbers(select.regions)}" if select.regions else "1 = 0")
        if select.cells is not None:
            connection.register("wanted_cells", pa.table({"cell": pa.array(select.cells.astype(np.int64))}))
            terms.append("cell IN (SELECT cell FROM wanted_cells)")
        terms += _clock_terms(facts, select)
        yield connection, " AND ".join(terms), bound


def _grouped(
    facts: values.Facts, expression: str, select: values.Select, run: values.Engine, cancelled: Cancelled
) -> list[tuple[Any, int]]:
    with asked(facts, select, run) as (connection, where, bound):
        table = engine.fetch(connection, sql.grouped(expression, where), bound, cancelled=cancelled)
    return [(key, int(n)) for key, n in zip(table["key_"].to_pylist(), table["n"].to_pylist())]


def _clock_terms(facts: values.Facts, select: values.Select) -> list[str]:
    if select.hours is None and select.weekdays is None:
        return []
    if select.tz is None:
        raise ValueError("hours and weekdays need the zone whose clock is meant (tz)")
    local = _local(facts, select.tz)
    terms = []
    if select.hours is not None:
        terms.append(f"({sql.hour(local)}) IN {sql.numbers(select.hours)}" if select.hours else "1 = 0")
    if select.weekdays is not None:
        terms.append(f"({sql.weekday(local)}) IN {sql.numbers(select.weekdays)}" if select.weekdays else "1 = 0")
    return terms


def _local(facts: values.Facts, tz: str) -> str:
    """The clock of ``tz`` over all times the facts can have."""
    lows = [segment.min_us for segment in facts.segments]
    highs = [segment.max_us for segment in facts.segments]
    if facts.live is not None and facts.live.num_rows:
        span = pc.min_max(facts.live["time"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())).as_py()
        lows.append(span["min"])
        highs.append(span["max"])
    return sql.local_us(tz, first_us=min(lows, default=0), last_us=max(highs, default=0))


def _steps(start_us: int, end_us: int, step_us: int) -> int:
    if step_us <= 0 or end_us <= start_us:
        raise ValueError("a histogram needs a step above zero and an end after its start")
    return -((start_us - end_us) // step_us)


def _within(select: values.Select, start_us: int, end_us: int) -> values.Select:
    low = start_us if select.start_us is None else max(start_us, select.start_us)
    high = end_us if select.end_us is None else min(end_us, select.end_us)
    return values.Select(
        low,
        high,
        select.categories,
        select.regions,
        select.sources,
        select.cells,
        select.hours,
        select.weekdays,
        select.tz,
    )
